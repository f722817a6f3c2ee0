"""The parts of the loopback Discord's world, and how Discord writes each of them as JSON."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.guild import Guild

Payload = dict[str, Any]

DISCORD_EPOCH_MS = 1_420_070_400_000
FIRST_MOMENT_MS = 1_704_067_200_000  # 2024-01-01: everything in this world was made after it
JOINED_AT = "2024-01-02T03:04:05.678000+00:00"
ADMINISTRATOR, MANAGE_GUILD, MODERATE_MEMBERS = 1 << 3, 1 << 5, 1 << 40
BAN_MEMBERS = 1 << 2
VIEW_CHANNEL, CONNECT = 1 << 10, 1 << 20
SEND_MESSAGES, EMBED_LINKS = 1 << 11, 1 << 14
EVERYONE_MAY = str(VIEW_CHANNEL | 1 << 11 | 1 << 16 | 1 << 20 | 1 << 21)  # and write, read back, join, speak

PARTLY = 0.25  # of all presences say more of the account than its id

REDACTED, SPOILER = 1 << 17, 1 << 21  # flags of a channel

TEXT, DIRECT, VOICE, CATEGORY, NEWS, STAGE, FORUM = 0, 1, 2, 4, 5, 13, 15
SCHEDULED, ACTIVE, COMPLETED, CANCELED = 1, 2, 3, 4  # what becomes of an event
IN_STAGE, IN_VOICE, EXTERNAL = 1, 2, 3  # where it is
BOOSTED, THREAD_MADE, POLL_CLOSED = 8, 18, 46  # types of messages that Discord itself writes
NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12

POLL: Payload = {
    "question": {"text": "Mars or Venus?"},
    "answers": [{"answer_id": 1, "poll_media": {"text": "Mars"}}],
    "expiry": "2030-01-01T00:00:00+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
    "results": {"is_finalized": False, "answer_counts": []},
}

CHANCE = random.Random(4711)  # what Discord does now and then it does here at the same moments each time

_moments = itertools.count(FIRST_MOMENT_MS - DISCORD_EPOCH_MS)


def snowflake() -> int:
    """Return an id later than all before it; the time in it moves on, so that guilds spread over shards."""
    return next(_moments) << 22


@dataclass(eq=False)
class User:
    """An account. Its presence is the same in every guild it is in."""

    username: str
    global_name: str | None = None
    bot: bool = False
    status: str = "online"
    avatar: str | None = None
    activities: list[Payload] = field(default_factory=list)
    id: int = field(default_factory=snowflake)

    def part(self) -> Payload:
        """Return what a presence says of the account: the id, and perhaps some of the rest."""
        whole = self.payload()
        others = sorted(whole.keys() - {"id"})
        told = CHANCE.sample(others, CHANCE.randrange(len(others))) if CHANCE.random() < PARTLY else []
        return {"id": whole["id"]} | {key: whole[key] for key in told}

    def payload(self) -> Payload:
        """Return the user object."""
        return {
            "id": str(self.id),
            "username": self.username,
            "global_name": self.global_name,
            "discriminator": "0",
            "avatar": self.avatar,
            "avatar_decoration_data": None,
            "public_flags": 0,
            "bot": self.bot,
        }


@dataclass(eq=False)
class Role:
    """A role of a guild; `@everyone` has its guild's id and position 0."""

    name: str
    color: int = 0
    position: int = 1
    permissions: str = EVERYONE_MAY
    secondary: int | None = None
    """The colour that the first one runs into, of a gradient."""
    tertiary: int | None = None
    """Of the holographic style, which has three."""
    id: int = field(default_factory=snowflake)

    def payload(self) -> Payload:
        """Return the role object; `color` is the primary one of its colours."""
        return {
            "id": str(self.id),
            "name": self.name,
            "color": self.color,
            "colors": {
                "primary_color": self.color,
                "secondary_color": self.secondary,
                "tertiary_color": self.tertiary,
            },
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "position": self.position,
            "permissions": self.permissions,
            "managed": False,
            "mentionable": True,
            "flags": 0,
        }


@dataclass(eq=False)
class Emoji:
    """A custom emoji."""

    name: str
    id: int = field(default_factory=snowflake)

    def __str__(self) -> str:
        return f"<:{self.name}:{self.id}>"

    def payload(self) -> Payload:
        """Return the emoji object."""
        return {
            "id": str(self.id),
            "name": self.name,
            "roles": [],
            "require_colons": True,
            "managed": False,
            "animated": False,
            "available": True,
        }


@dataclass(eq=False)
class Planned:
    """A scheduled event of a guild: in a voice or stage channel, or at a `location`."""

    name: str
    guild: Guild
    creator: User
    channel: Channel | None = None
    location: str | None = None
    status: int = SCHEDULED
    id: int = field(default_factory=snowflake)

    def is_seen(self) -> bool:
        """Tell whether the bot hears of it."""
        return self.channel is None or not self.channel.unseen

    def payload(self) -> Payload:
        """Return the scheduled event object."""
        kind = EXTERNAL if self.channel is None else IN_STAGE if self.channel.type == STAGE else IN_VOICE
        return {
            "id": str(self.id),
            "guild_id": str(self.guild.id),
            "channel_id": str(self.channel.id) if self.channel else None,
            "creator_id": str(self.creator.id),
            "creator": self.creator.payload(),
            "name": self.name,
            "description": "what nobody is shown",
            "scheduled_start_time": JOINED_AT,
            "scheduled_end_time": JOINED_AT if self.channel is None else None,
            "privacy_level": 2,
            "status": self.status,
            "entity_type": kind,
            "entity_id": None,
            "entity_metadata": {"location": self.location} if self.location else None,
            "recurrence_rule": None,
            "image": None,
            "user_count": 3,
        }


@dataclass(eq=False)
class Channel:
    """A channel of a guild, a thread of one, or (with no guild) a direct message channel."""

    name: str
    guild: Guild | None
    type: int = TEXT
    position: int = 0
    nsfw: bool = False
    hidden: bool = False
    """Whether an overwrite denies @everyone to see it."""
    parent: Channel | None = None
    locked: bool = False
    """Whether an overwrite denies @everyone to connect, to a voice channel that all may see."""
    allows: Role | None = None
    """A role that an overwrite allows to see it."""
    spoiler: bool = False
    """Whether people open it knowingly."""
    unseen: bool = False
    """Whether the bot may not view it: of such a one it is told hardly more than the id."""
    status: str | None = None
    """What people put over a voice channel. No channel object has it: it is told and asked for by itself."""
    id: int = field(default_factory=snowflake)

    @property
    def mention(self) -> str:
        """The channel as a message's text names it."""
        return f"<#{self.id}>"

    def is_thread(self) -> bool:
        """Tell whether it is a thread, which Discord lists apart from the channels."""
        return self.type in {NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD}

    def is_unseen(self) -> bool:
        """Tell whether the bot may not view it, or what it is a thread of."""
        return self.unseen or (self.is_thread() and self.parent is not None and self.parent.unseen)

    def payload(self) -> Payload:
        """Return the channel object, or the thread object; redacted where the bot may not view it."""
        assert self.guild is not None
        if self.unseen:
            return self._redacted(self.guild)
        common: Payload = {
            "id": str(self.id),
            "guild_id": str(self.guild.id),
            "name": self.name,
            "type": self.type,
            "parent_id": str(self.parent.id) if self.parent else None,
            "last_message_id": None,
            "rate_limit_per_user": 0,
            "flags": SPOILER if self.spoiler else 0,
        }
        if self.is_thread():
            return common | {
                "owner_id": str(self.guild.owner.id),
                "member_count": 1,
                "message_count": 0,
                "total_message_sent": 0,
                "thread_metadata": {
                    "archived": False,
                    "archive_timestamp": JOINED_AT,
                    "auto_archive_duration": 1440,
                    "locked": False,
                    "create_timestamp": JOINED_AT,
                },
            }
        denied = (VIEW_CHANNEL if self.hidden else 0) | (CONNECT if self.locked else 0)
        deny = [{"id": str(self.guild.id), "type": 0, "allow": "0", "deny": str(denied)}]
        common |= {
            "position": self.position,
            "topic": None,
            "nsfw": self.nsfw,
            "permission_overwrites": [*(deny if denied else []), *self._allowing()],
        }
        if self.type in {VOICE, STAGE}:
            common |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
        if self.type == FORUM:
            common |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
        return common

    def _allowing(self) -> list[Payload]:
        if self.allows is None:
            return []
        return [{"id": str(self.allows.id), "type": 0, "allow": str(VIEW_CHANNEL), "deny": "0"}]

    def _redacted(self, guild: Guild) -> Payload:
        deny = {"id": str(guild.id), "type": 0, "allow": "0", "deny": str(VIEW_CHANNEL)}
        return {
            "id": str(self.id),
            "guild_id": str(guild.id),
            "name": "___hidden___",
            "type": self.type,
            "parent_id": None,
            "position": 0,
            "topic": None,
            "last_message_id": None,
            "flags": REDACTED,
            "permission_overwrites": [deny],
        }
