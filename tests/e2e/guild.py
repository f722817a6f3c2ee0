"""A guild of the loopback Discord, its members, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.e2e.model import (
    ADMINISTRATOR,
    EVERYONE_MAY,
    JOINED_AT,
    TEXT,
    Channel,
    Emoji,
    Payload,
    Planned,
    Role,
    User,
    snowflake,
)

EVERYTHING = (1 << 53) - 1  # all permissions
VERY_LARGE = 75_000  # members above which a `GUILD_CREATE` brings only those who talk
LARGE_THRESHOLD = 250  # the `large_threshold` that discord.py sends with its identify
HAS_THREAD, HAS_SNAPSHOT = 1 << 5, 1 << 14  # flags of a message
COMPONENTS_V2 = 1 << 15


@dataclass(eq=False)
class Member:
    """A user in a guild."""

    user: User
    guild: Guild
    nick: str | None = None
    roles: list[Role] = field(default_factory=list)
    joined_at: str | None = JOINED_AT
    boosts_since: str | None = None

    @property
    def id(self) -> int:
        """The user's id."""
        return self.user.id

    @property
    def uid(self) -> str:
        """The user's id as the wire protocol writes it."""
        return str(self.user.id)

    @property
    def mention(self) -> str:
        """The member as a message's text names them."""
        return f"<@{self.user.id}>"

    @property
    def name(self) -> str:
        """The name that people see in this guild."""
        return self.nick or self.user.global_name or self.user.username

    @property
    def color(self) -> str:
        """The colour that people see in this guild; white when no role brings one."""
        # By the guild's own list: a role that was deleted colours nobody.
        coloured = [role for role in self.roles if role.color and role.id in self.guild.roles]
        highest = max(coloured, key=lambda role: role.position, default=None)
        return f"#{highest.color:06x}" if highest else "#ffffff"

    def permissions(self) -> int:
        """Return what this member may do, channels' overwrites aside."""
        combined = 0
        for role in (self.guild.roles[self.guild.id], *self.roles):
            combined |= int(role.permissions)
        return EVERYTHING if self.user is self.guild.owner or combined & ADMINISTRATOR else combined

    def partial(self) -> Payload:
        """Return the member object as messages carry it: without its user."""
        return {
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": self.joined_at,
            "premium_since": self.boosts_since,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None,
        }

    def payload(self) -> Payload:
        """Return the member object."""
        return self.partial() | {"user": self.user.payload()}

    def presence(self, *, full: bool = False) -> Payload:
        """Return the presence; `full` brings the whole user, as Discord does when the account changed."""
        status = "offline" if self.user.status == "invisible" else self.user.status
        return {
            "user": self.user.payload() if full else self.user.part(),
            "guild_id": str(self.guild.id),
            "status": status,
            "activities": self.user.activities,
            "client_status": {} if status == "offline" else {"vr": status, "desktop": status},
        }

    def is_online(self) -> bool:
        """Tell whether others see this member as anything but offline."""
        return self.user.status not in {"offline", "invisible"}


@dataclass(eq=False)
class Guild:
    """A guild with all that is in it; what a `GUILD_CREATE` tells."""

    name: str
    owner: User
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    emojis: list[Emoji] = field(default_factory=list)
    voice: dict[int, Payload] = field(default_factory=dict)
    """The voice state of each member who is in a voice channel, by user id."""
    events: dict[int, Planned] = field(default_factory=dict)
    """The scheduled events that aren't over."""
    boosts: int = 0
    available: bool = True
    very_large: int = VERY_LARGE
    """From how many members on only those who talk come by themselves."""
    locale: str = "en-US"
    """The language that its managers have chosen for it."""
    system: Channel | None = None
    """Where Discord itself says who came."""
    miscount: int = 1
    """By how much Discord's number of members is wrong."""
    id: int = field(default_factory=snowflake)

    def __post_init__(self) -> None:
        self.roles[self.id] = Role("@everyone", position=0, id=self.id)
        self.public = self.channel("general")

    def settle(self, user: User, *, nick: str | None = None, roles: tuple[Role, ...] = ()) -> Member:
        """Make a user a member, telling nobody."""
        self.members[user.id] = member = Member(user, self, nick, list(roles))
        return member

    def role(
        self, name: str, color: int = 0, position: int | None = None, *, permissions: int = int(EVERYONE_MAY)
    ) -> Role:
        """Make a role, telling nobody; above those that are there unless `position` says otherwise."""
        role = Role(name, color, len(self.roles) if position is None else position, str(permissions))
        self.roles[role.id] = role
        return role

    def channel(
        self,
        name: str,
        type: int = TEXT,  # noqa: A002  # as Discord calls it
        *,
        nsfw: bool = False,
        hidden: bool = False,
        parent: Channel | None = None,
        locked: bool = False,
        spoiler: bool = False,
        unseen: bool = False,
    ) -> Channel:
        """Make a channel or a thread, telling nobody."""
        channel = Channel(name, self, type, len(self.channels), nsfw, hidden, parent, locked)
        channel.spoiler, channel.unseen = spoiler, unseen
        self.channels[channel.id] = channel
        return channel

    def emoji(self, name: str) -> Emoji:
        """Make a custom emoji, telling nobody."""
        emoji = Emoji(name)
        self.emojis.append(emoji)
        return emoji

    def member(self, name: str) -> Member:
        """Return the member with that username."""
        return next(member for member in self.members.values() if member.user.username == name)

    def stub(self) -> Payload:
        """Return the guild as `READY` and an outage name it."""
        return {"id": str(self.id), "unavailable": True}

    def properties(self) -> Payload:
        """Return the guild object as a `GUILD_UPDATE` has it: without what lives in it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "banner": None,
            "description": None,
            "owner_id": str(self.owner.id),
            "afk_timeout": 300,
            "afk_channel_id": None,
            "verification_level": 1,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_subscription_count": self.boosts,
            "premium_progress_bar_enabled": False,
            "preferred_locale": self.locale,
            "system_channel_id": str(self.system.id) if self.system else None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "features": [],
            "max_members": 500_000,
            "max_video_channel_users": 25,
            "roles": [role.payload() for role in self.roles.values()],
            "emojis": [emoji.payload() for emoji in self.emojis],
            "stickers": [],
        }

    def payload(
        self, me: User, *, presences: bool = True, members: bool = True, events: bool = True
    ) -> Payload:
        """Return the guild object as a `GUILD_CREATE` brings it to the bot `me`, which may know as much."""
        large = len(self.members) > min(LARGE_THRESHOLD, self.very_large)
        online = presences and members and len(self.members) <= self.very_large
        told = list(self.members.values())
        if large or not presences or not members:
            # Discord leaves the rest to be asked for, in chunks.
            told = [
                member
                for member in told
                if (online and member.is_online()) or member.id in self.voice or member.user is me
            ]
        channels = list(self.channels.values())
        return self.properties() | {
            "joined_at": JOINED_AT,
            "large": large,
            "member_count": len(self.members) + self.miscount,
            "members": [member.payload() for member in told],
            "presences": [member.presence() for member in told if member.is_online()] if presences else [],
            "channels": [channel.payload() for channel in channels if not channel.is_thread()],
            "threads": [
                channel.payload() for channel in channels if channel.is_thread() and not channel.is_unseen()
            ],
            "voice_states": list(self.voice.values()),
            "stage_instances": [],
            "guild_scheduled_events": [event.payload() for event in self.events.values() if event.is_seen()]
            if events
            else [],
            "soundboard_sounds": [],
        }


def written(channel: Channel, author: Member | User, text: str, **extra: Any) -> Payload:
    """Return the object of a message as it was written; `extra` adds to its fields or replaces them."""
    user = author.user if isinstance(author, Member) else author
    message: Payload = {
        "id": str(snowflake()),
        "type": 0,
        "channel_id": str(channel.id),
        "channel_type": channel.type,
        "author": user.payload(),
        "content": text,
        "timestamp": JOINED_AT,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
    }
    if channel.guild is not None:
        message["guild_id"] = str(channel.guild.id)
        message["mentions"] = [
            member.user.payload() | {"member": member.partial()}
            for member in channel.guild.members.values()
            if member.mention in text
        ]
        message["mention_roles"] = [
            str(role.id) for role in channel.guild.roles.values() if f"<@&{role.id}>" in text
        ]
    if isinstance(author, Member):
        message["member"] = author.partial()
    return message | extra


def changed(channel: Channel, message: Payload, **changes: Any) -> Payload:
    """Return the object of a message as a `MESSAGE_UPDATE` brings it: with its author as they are now.

    discord.py believes it: an author as they once were would be that again.
    """
    members = channel.guild.members if channel.guild else {}
    author = members.get(int(message["author"]["id"]))
    now = {"author": author.user.payload(), "member": author.partial()} if author else {}
    return message | now | changes


def answering(message: Payload) -> Payload:
    """Return the fields that make a message in a guild an answer.

    Discord leaves out of the answered one its guild, its author as a member, and what that answered itself.
    """
    where = {key: message[key] for key in ("channel_id", "guild_id")} | {"message_id": message["id"]}
    left_out = {"guild_id", "member", "referenced_message"}
    answered = {key: value for key, value in message.items() if key not in left_out}
    return {"type": 19, "message_reference": where, "referenced_message": answered}


def forwarding(message: Payload) -> Payload:
    """Return the fields that make a message without words a forward of another.

    Discord tells what was said, and where; not who said it.
    """
    where = {key: message[key] for key in ("channel_id", "guild_id") if key in message}
    kept = (
        "type", "content", "timestamp", "edited_timestamp", "flags", "mentions", "mention_roles",
        "attachments", "embeds", "components", "sticker_items",
    )  # fmt: skip
    snapshot = {key: message[key] for key in kept if key in message}
    return {
        "message_reference": where | {"type": 1, "message_id": message["id"]},
        "message_snapshots": [{"message": snapshot}],
        "flags": HAS_SNAPSHOT,
    }


def laid_out(*components: Payload) -> Payload:
    """Return the fields of a message whose words stand in components alone, as bots write them."""
    return {"flags": COMPONENTS_V2, "components": list(components)}
