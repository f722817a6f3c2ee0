"""What viewers may see, said once more and as plainly as can be; and the world that it is said of.

Nothing here asks the bot: the rules are those that owners were promised, read off the guild as it is written
and off what was decided about it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.words.slug import slug_of
from bridge.access.passwords import _derive, _encode
from cogs.settings import GuildSettings
from tests.bot.memory import MemorySettings
from tests.e2e.guild import Guild, Member
from tests.e2e.model import (
    ADMINISTRATOR,
    CATEGORY,
    FORUM,
    NEWS,
    PRIVATE_THREAD,
    STAGE,
    TEXT,
    VIEW_CHANNEL,
    VOICE,
    Channel,
    Role,
)

Json = dict[str, Any]

CROWD = 4  # members above which `auto` hides who is offline, in place of 500
PASSWORD = "sesame"
HASH = f"scrypt$2$8$1${_encode(bytes(16))}${_encode(_derive(PASSWORD, bytes(16), 2, 8, 1))}"  # a cheap one
RESTRICTED = (1, 3)  # levels of a guild that is for adults
KINDS = {TEXT: "text", NEWS: "news", VOICE: "voice", STAGE: "stage", FORUM: "forum"}


@dataclass(eq=False)
class Home(Guild):
    """A guild; the bot may have been thrown out of it."""

    miscount: int = 0
    nsfw_level: int = 0
    has_bot: bool = True
    away: bool = False
    """Whether Discord has an outage: of what happens the bot hears nothing, but people decide."""
    visits: dict[str, float] = field(default_factory=dict)
    """Who may be there until when, only because they said something, by uid."""

    def properties(self) -> Json:
        return super().properties() | {"nsfw_level": self.nsfw_level}

    def talking(self, member: Member) -> Channel | None:
        """Tell in which channel somebody talks."""
        state = self.voice.get(member.id)
        return self.channels.get(int(state["channel_id"])) if state else None


@dataclass(eq=False)
class Words:
    """Something said, known by a word that nobody else ever says. `told` is whether viewers might read it."""

    token: str
    author: Member
    channel: Channel
    payload: Json
    told: bool
    by_webhook: bool = False
    banned: bool = False
    """Whether its author was banned since."""


@dataclass
class Memory:
    """Everything that was ever said in a guild, and what its people and channels were ever called."""

    words: list[Words] = field(default_factory=list)
    names: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


class Law:
    """The rules of one guild, as its managers and members have decided."""

    def __init__(self, home: Home, book: MemorySettings) -> None:
        self.home = home
        self.book = book

    @property
    def decided(self) -> GuildSettings:
        return self.book.guild(self.home.id)

    # What may be seen

    def shows(self) -> bool:
        """A guild that is switched off, or that has no bot, is not shown."""
        return self.home.has_bot and self.decided.shown

    def admits(self, password: str | None) -> bool:
        """Nobody can log in here, so that only an open door or the password lets in."""
        if self.decided.protection == "password":
            return self.shows() and password == PASSWORD
        return self.shows() and self.decided.protection == "off"

    def everybody(self) -> Role | None:
        """The role that counts as everybody; an administrator's can't."""
        chosen = self.decided.audience
        role = self.home.roles.get(self.home.id if chosen is None else chosen)
        return None if role is None or int(role.permissions) & ADMINISTRATOR else role

    def gated(self) -> bool:
        """Nobody is shown where nothing is public, until somebody decides; or where that decision is void."""
        if self.decided.audience is not None:
            return self.everybody() is None
        places = (each for each in self.home.channels.values() if not each.is_thread())
        return not any(each.type != CATEGORY and not each.unseen and self.is_open(each) for each in places)

    def belongs(self, member: Member) -> bool:
        """Who doesn't have the role that counts as everybody isn't shown, nor named."""
        if self.gated():
            return False
        chosen = self.decided.audience
        return chosen in (None, self.home.id) or any(
            role.id == chosen and role.id in self.home.roles for role in member.roles
        )

    def silences(self, member: Member) -> bool:
        """Somebody shall not be known, nor named: they said so, or moderators, or they are no part of it."""
        return self.is_silenced(member.id) or not self.belongs(member)

    def is_silenced(self, user_id: int) -> bool:
        """Tell whether somebody has decided to be hidden, or moderators have."""
        return self.book.member(user_id).hidden or user_id in self.decided.hidden

    def hides(self, member: Member) -> bool:
        """Somebody is not there for viewers; managers may also want no bots, which others may still name."""
        return self.silences(member) or (member.user.bot and not self.decided.bots)

    def shows_offline(self) -> bool:
        """Who is offline is shown if managers say so, or if they leave it to the guild and that is small."""
        small = len(self.home.members) <= CROWD
        return {"show": True, "hide": False, "auto": small}[self.decided.offline]

    def sees(self, member: Member) -> bool:
        """Tell whether viewers see somebody."""
        return not self.hides(member) and (member.is_online() or self.shows_offline())

    def opens(self, channel: Channel) -> bool:
        """A channel is shown if managers say so, or if they say nothing and it is public and for all ages."""
        if channel.is_thread():
            return (
                channel.type != PRIVATE_THREAD and channel.parent is not None and self.opens(channel.parent)
            )
        if channel.unseen or channel.id not in self.home.channels:
            return False  # whatever was decided
        restricted = channel.nsfw or channel.spoiler or self.home.nsfw_level in RESTRICTED
        return self.decided.channels.get(channel.id, self.is_open(channel) and not restricted)

    def is_open(self, channel: Channel) -> bool:
        """Tell whether everybody, whoever that is here, can view a channel."""
        role = self.everybody()
        if role is None:
            return False
        may = int(self.home.roles[self.home.id].permissions) | int(role.permissions)
        return channel.allows is role or (bool(may & VIEW_CHANNEL) and not channel.hidden)

    def chats(self, channel: Channel) -> bool:
        """What is written in a voice channel is for those who can connect."""
        if channel.type in (VOICE, STAGE) and not self.decided.channels.get(channel.id):
            return self.opens(channel) and not channel.locked
        if channel.is_thread() and channel.id not in self.home.channels:
            return False
        return self.opens(channel)

    def hears(self, author: Member, channel: Channel) -> bool:
        """Tell whether viewers see that somebody does something."""
        return self.sees(author) and self.hears_words(author, channel)

    def hears_words(self, author: Member, channel: Channel) -> bool:
        """Tell whether viewers see that somebody says something: who is offline is seen by that."""
        silent = self.book.member(author.id).muted or self.decided.messages == "off"
        return not silent and not self.hides(author) and self.chats(channel)

    def hears_proxy(self, channel: Channel) -> bool:
        """Tell whether viewers see what a webhook says."""
        place = channel.parent if channel.is_thread() else channel
        wanted = place is not None and place.id in self.decided.proxies
        return wanted and self.decided.messages != "off" and self.chats(channel) and not self.gated()

    def reads(self, author: Member, channel: Channel) -> bool:
        """Tell whether viewers read what somebody says."""
        return self.decided.messages == "full" and self.hears_words(author, channel)

    # What viewers hold

    def members(self, *, full: bool) -> dict[str, Json]:
        return {
            member.uid: self._member(member, full)
            for member in self.home.members.values()
            if self.sees(member)
        }

    def _member(self, member: Member, full: bool) -> Json:
        chosen = self.book.member(member.id).color
        seen: Json = {
            "uid": member.uid,
            "username": member.name,
            "status": member.user.status,
            "roleColor": chosen or member.color,
        }
        if full:
            seen |= {
                "bot": member.user.bot,
                "avatar": _avatar(member),
                "voice": self._voice(member),
                "activity": _activity(member),
            }
        return seen

    def _voice(self, member: Member) -> Json | None:
        channel = self.home.talking(member)
        if channel is None or not self.opens(channel):
            return None
        state = self.home.voice[member.id]
        voice = {
            "channel": str(channel.id),
            "channelName": channel.name,
            "muted": state["self_mute"],
            "deafened": state["self_deaf"],
            "streaming": state["self_stream"],
        }
        may_speak = channel.type == STAGE and not state["suppress"]
        return voice | {"speaker": True} if may_speak else voice

    def channels(self) -> dict[str, Json]:
        return {
            str(channel.id): {
                "name": channel.name,
                "kind": KINDS[channel.type],
                "category": channel.parent.name if channel.parent and self.opens(channel.parent) else None,
                "position": channel.position,
            }
            for channel in self.home.channels.values()
            if channel.type in KINDS and self.opens(channel)
        }

    def entry(self) -> Json | None:
        """Write this guild's line in the list of servers. None if it has none."""
        if not self.shows() or not self.decided.listed or self.gated():
            return None
        name = self.decided.name or self.home.name
        entry = {
            "id": slug_of(name, self.home.id),
            "name": name,
            "passworded": self.decided.protection != "off",
        }
        return entry | {"default": True} if self.book.default_guild == self.home.id else entry

    # What viewers may not be told

    def secrets(self, memory: Memory) -> Iterator[str]:
        """Name every text that no frame may have now."""
        if self.home.away:
            yield from self._decided_secrets(memory)
            return
        yield "___hidden___"
        for member in self.home.members.values():
            if self.hides(member):
                yield member.uid
            if self.silences(member):
                yield from memory.names[member.id]
        for channel in self.home.channels.values():
            if not self.opens(channel):
                yield from memory.names[channel.id]
        for words in memory.words:
            if self.bans(words):
                yield words.token

    def _decided_secrets(self, memory: Memory) -> Iterator[str]:
        """Name what people have decided to hide, all that is sure while Discord tells nothing."""
        for member in self.home.members.values():
            if self.is_silenced(member.id):
                yield member.uid
                yield from memory.names[member.id]
        hidden = {key for key, shown in self.decided.channels.items() if not shown}
        for channel_id in hidden:
            yield from memory.names[channel_id]
        for words in memory.words:
            if not words.told or words.channel.id in hidden or self.is_silenced(words.author.id):
                yield words.token

    def takes_back(self, words: Words) -> bool:
        """Tell whether words vanish from open pages: by a decision, or with the place they were said in."""
        silenced = self.is_silenced(words.author.id) or self.book.member(words.author.id).muted
        return (
            self.decided.messages != "full"
            or (silenced and not words.by_webhook)
            or words.banned
            or not self.chats(words.channel)
        )

    def bans(self, words: Words) -> bool:
        """Tell whether words may not be read (any more). Whoever went offline or away has said them."""
        return (
            not words.told
            or self.decided.messages != "full"
            or (not words.by_webhook and self.hides(words.author))
            or (not words.by_webhook and self.book.member(words.author.id).muted)
            or not self.chats(words.channel)
        )


def _avatar(member: Member) -> str:
    picture = f"avatars/{member.id}/{member.user.avatar}" if member.user.avatar else ""
    return f"https://cdn.discordapp.com/{picture or f'embed/avatars/{(member.id >> 22) % 6}'}.png?size=64"


def _activity(member: Member) -> str | None:
    for activity in member.user.activities:
        return activity["state"] if activity["type"] == 4 else f"Playing {activity['name']}"
    return None


def visitor(webhook: int, name: str) -> str:
    """Name who speaks behind a webhook: there are as many as there are names."""
    return str(int.from_bytes(hashlib.blake2b(f"{webhook} {name}".encode(), digest_size=8).digest()) >> 1)
