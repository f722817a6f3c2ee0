"""A guild that looks real, and what happens in it. The same seed gives both processes the same guild."""

import json
import random
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.model import GuildInfo, Member, Status

GUILD: Final = GuildInfo(id="410912345678901234", slug="dworld", name="D-World", default=True)
MIXED_MESSAGES: Final = 0.3  # the share of messages among mixed events

_COLORS: Final = ("#ffffff", "#ffffff", "#ffffff", "#5865f2", "#e74c3c", "#2ecc71", "#f1c40f", "#9b59b6")
_STATUSES: Final[tuple[Status, ...]] = ("online", "idle", "dnd", "offline")
_OFTEN: Final = (35, 15, 10, 40)  # percent of each status in a guild of middle age
_FIRST: Final = (
    "silent", "Red", "pixel", "Lord", "miss", "dark", "tiny", "Captain", "lazy", "neo", "Мария", "雪", "xX",
    "the_real", "Sir", "cosmic", "mellow", "Dr", "old", "frosty", "jolly", "glitch", "sly", "quantum",
)  # fmt: skip
_SECOND: Final = (
    "fox", "Otter", "wizard", "Bean", "panda", "_night", "Storm", "raven", "toast", "Potato", "кот", "太郎",
    "Moon", "gamer", "Byte", "walrus", "Knight", "noodle", "duck", "phoenix", "Ghost", "smith", "🌸", "yeti",
)  # fmt: skip
_WORDS: Final = (
    "the", "a", "is", "it", "that", "anyone", "game", "tonight", "lol", "yes", "no", "maybe", "server",
    "update", "stream", "look", "at", "this", "where", "when", "who", "build", "works", "for", "me", "patch",
    "nice", "again", "why", "new", "old", "map", "boss", "raid", "time", "team", "need", "help", "found",
    "really", "good", "bad", "think", "know", "see", "going", "home", "work", "music", "cat", "picture",
)  # fmt: skip


def members(count: int) -> list[Member]:
    """Make up the members of a guild: snowflakes, names, statuses, colours, avatars."""
    chance = random.Random(count)
    return [_member(100_000_000_000_000_000 + chance.randrange(9 * 10**17), chance) for _ in range(count)]


def _member(snowflake: int, chance: random.Random) -> Member:
    uid = str(snowflake)
    number = str(chance.randrange(10_000)) if chance.random() < 0.6 else ""
    return Member(
        uid=uid,
        username=chance.choice(_FIRST) + chance.choice(_SECOND) + number,
        status=chance.choices(_STATUSES, _OFTEN)[0],
        role_color=chance.choice(_COLORS),
        bot=chance.random() < 0.02,
        avatar=f"https://cdn.discordapp.com/avatars/{uid}/{chance.getrandbits(128):032x}.png?size=64",
    )


def words(chance: random.Random) -> str:
    """Make up a message of everyday length."""
    return " ".join(chance.choices(_WORDS, k=chance.randint(1, 16)))


def other_status(status: Status, turns: int = 1) -> Status:
    """Return another status: a presence that changes nothing might be left out."""
    return _STATUSES[(_STATUSES.index(status) + turns) % len(_STATUSES)]


def changed(member: Member, turns: int = 1) -> Member:
    """Return the member with another status."""
    return member._replace(status=other_status(member.status, turns))


def users(everybody: Iterable[Member], *, full: bool = False) -> dict[str, dict[str, Any]]:
    """Write members as the protocol's `users`, as a server that keeps no encoded pieces has to.

    `full` is for viewers who asked for events.
    """
    return {member.uid: _user(member) | (_extras(member) if full else {}) for member in everybody}


def _user(member: Member) -> dict[str, Any]:
    return {
        "uid": member.uid,
        "username": member.username,
        "status": member.status,
        "roleColor": member.role_color,
    }


def _extras(member: Member) -> dict[str, Any]:
    return {"bot": member.bot, "avatar": member.avatar, "voice": None, "activity": None}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens in the guild: a presence, or a message where it has `words`."""

    uid: str
    status: Status
    words: str | None = None
    channel: str = ""

    def json(self) -> str:
        """Encode it just as the bridge does, as a frame of its own."""
        return json.dumps(self._frame(), ensure_ascii=False, separators=(",", ":"))

    def _frame(self) -> dict[str, Any]:
        if self.words is None:
            return {"type": "presence", "server": GUILD.id, "data": {"uid": self.uid, "status": self.status}}
        data = {"uid": self.uid, "message": self.words, "channel": self.channel}
        return {"type": "message", "server": GUILD.id, "data": data}

    @property
    def key(self) -> str:
        """What tells it from the others of its phase."""
        return self.uid if self.words is None else self.words


def key_of(event: Mapping[str, Any]) -> str:
    """Read a `Happening.key` from what a viewer got."""
    data = event["data"]
    return str(data["message"] if event["type"] == "message" else data["uid"])


@dataclass(frozen=True, slots=True)
class Story:
    """What happens in one phase: `count` events in a guild of `guild_size` members.

    No member has two presences in a phase: a server may leave out the first of two, and would
    look faster than it is. `turn` tells the phases apart, so that each presence is news. `kind` is
    `presence`, `mixed` with messages of everyday length, or `long` for messages of 4,000 characters
    that compress badly.
    """

    guild_size: int
    count: int
    kind: str = "presence"
    turn: int = 1

    def events(self) -> list[Happening]:
        """Tell it, in order."""
        chance = random.Random(self.turn)
        everybody = members(self.guild_size)
        if self.kind != "long" and self.count > self.guild_size:
            raise ValueError("a phase needs as many members as it has events")
        return [
            self._event(number, everybody[number % self.guild_size], chance) for number in range(self.count)
        ]

    def _event(self, number: int, member: Member, chance: random.Random) -> Happening:
        status = other_status(member.status, self.turn)
        channel = str(420_000_000_000_000_000 + chance.randrange(5))
        if self.kind == "long":
            return Happening(
                member.uid, status, f"{number} {b64encode(chance.randbytes(3_000)).decode()}", channel
            )
        if self.kind == "mixed" and chance.random() < MIXED_MESSAGES:
            return Happening(member.uid, status, f"{number} {words(chance)}", channel)
        return Happening(member.uid, status)
