"""What viewers may see, said once more and as plainly as can be; and the world that it is said of.

Nothing here asks the bot: the rules are those that owners were promised, read off the guild as it is written
and off what was decided about it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.slug import slug_of
from bridge.access.passwords import _derive, _encode
from cogs.settings import GuildSettings
from tests.bot.memory import MemorySettings
from tests.e2e.guild import Guild, Member
from tests.e2e.model import FORUM, NEWS, PRIVATE_THREAD, STAGE, TEXT, VIEW_CHANNEL, VOICE, Channel

Json = dict[str, Any]

CROWD = 4  # members above which `auto` hides who is offline, in place of 500
PASSWORD = "sesame"
HASH = f"scrypt$2$8$1${_encode(bytes(16))}${_encode(_derive(PASSWORD, bytes(16), 2, 8, 1))}"  # a cheap one
RESTRICTED = (1, 3)  # levels of a guild that is for adults
KINDS = {TEXT: "text", NEWS: "news", VOICE: "voice", STAGE: "stage", FORUM: "forum"}


@dataclass(eq=False)
class Home(Guild):
    """A guild; the bot may have been thrown out of it."""

    nsfw_level: int = 0
    has_bot: bool = True

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

    def silences(self, member: Member) -> bool:
        """Somebody shall not be known, nor named: they said so, or moderators did."""
        return self.book.member(member.id).hidden or member.id in self.decided.hidden

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
        everybody = int(self.home.roles[self.home.id].permissions) & VIEW_CHANNEL
        public = bool(everybody) and not channel.hidden
        rule = public and not channel.nsfw and self.home.nsfw_level not in RESTRICTED
        return self.decided.channels.get(channel.id, rule)

    def hears(self, author: Member, channel: Channel) -> bool:
        """Tell whether viewers see that somebody says or does something."""
        silent = self.book.member(author.id).muted or self.decided.messages == "off"
        return not silent and self.sees(author) and self.opens(channel)

    def reads(self, author: Member, channel: Channel) -> bool:
        """Tell whether viewers read what somebody says."""
        return self.decided.messages == "full" and self.hears(author, channel)

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
        if not self.shows() or not self.decided.listed:
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

    def bans(self, words: Words) -> bool:
        """Tell whether words may not be read (any more). Whoever went offline or away has said them."""
        return (
            not words.told
            or self.decided.messages != "full"
            or self.hides(words.author)
            or self.book.member(words.author.id).muted
            or not self.opens(words.channel)
        )


def _avatar(member: Member) -> str:
    picture = f"avatars/{member.id}/{member.user.avatar}" if member.user.avatar else ""
    return f"https://cdn.discordapp.com/{picture or f'embed/avatars/{(member.id >> 22) % 6}'}.png?size=64"


def _activity(member: Member) -> str | None:
    for activity in member.user.activities:
        return activity["state"] if activity["type"] == 4 else f"Playing {activity['name']}"
    return None
