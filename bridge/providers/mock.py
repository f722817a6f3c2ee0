"""Four made-up guilds that live: for trying things out and for developing clients."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, get_args

from bridge.model import Member, Message, Status
from bridge.providers.changes import Change, Said, UserChanged

__all__ = ["MockDataProvider"]

PACE: Final = 2.0  # seconds between two things that happen in a guild

_SERVERS: Final[dict[str, dict[str, Any]]] = {
    "232769614004748288": {"id": "dworld", "name": "D-World", "passworded": False, "default": True},
    "482241773318701056": {"id": "docs", "name": "Docs (WIP)", "passworded": False},
    "123456789012345678": {"id": "oauth", "name": "OAuth2 Protected Server", "passworded": True},
    "987654321098765432": {"id": "repos", "name": "My Repos", "passworded": False},
}

_NAMES: Final[dict[str, list[str]]] = {
    "232769614004748288": ["Ada", "Beppo", "Chiara", "Dmitri"],
    "482241773318701056": ["Librarian"],
    "123456789012345678": ["Doorkeeper"],
    "987654321098765432": [
        "Alder", "Birch", "Cedar", "Damson", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper", "Larch",
        "Maple", "Nettle", "Oak", "Pine", "Quince", "Rowan", "Spruce", "Tamarisk", "Willow", "Yew",
    ],
}  # fmt: skip

_COLORS: Final = ["#e06c75", "#e5a04b", "#d9c65d", "#7fb069", "#4fb3a5", "#5b8dd9", "#9a7bd0", "#d977a8"]
_STATUSES: Final[list[Status]] = list(get_args(Status))
_CHANNELS: Final = ["general", "random", "music"]
_WORDS: Final = [
    "Good morning!",
    "Has anyone seen the lighthouse?",
    "I'll be back in five minutes.",
    "That worked on the first try. Suspicious.",
    "Tea, anyone?",
    "Look, the paths are growing back.",
    "Who left the camp fire burning?",
    "Release day! 🎉",
    "Guten Tag zusammen",
    "¿Quién viene esta noche?",
]


class MockDataProvider:
    """Guilds `dworld` (default, 4 members), `docs` (1), `oauth` (protected, 1) and `repos` (21).

    The members start the same each time; then `changes` gives them a life.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311 - whims, not secrets
        self._guilds = {
            guild_id: {member.uid: member for member in _people(prefix, names)}
            for prefix, (guild_id, names) in enumerate(_NAMES.items(), start=1)
        }

    async def servers(self) -> Mapping[str, Any]:
        """Name the guilds."""
        return _SERVERS

    async def users(self, server_id: str) -> Mapping[str, Any]:
        """Name a guild's members as they are now."""
        members = self._guilds.get(server_id, {})
        return {
            uid: {"username": member.username, "status": member.status, "roleColor": member.role_color}
            for uid, member in members.items()
        }

    async def changes(self) -> AsyncIterator[Change]:
        """Let things happen: in each guild, in turn, somebody changes status and somebody talks."""
        while True:
            await asyncio.sleep(PACE)
            for guild_id in self._guilds:
                yield self._change_status(guild_id)
            await asyncio.sleep(PACE)
            for guild_id in self._guilds:
                yield self._talk(guild_id)

    def _change_status(self, guild_id: str) -> UserChanged:
        members = self._guilds[guild_id]
        member = self._rng.choice(list(members.values()))
        status = self._rng.choice([each for each in _STATUSES if each != member.status])
        members[member.uid] = member._replace(status=status)
        return UserChanged(guild_id, member.uid, {"status": status})

    def _talk(self, guild_id: str) -> Said:
        members = list(self._guilds[guild_id].values())
        awake = [member for member in members if member.status != "offline"] or members
        channel = self._rng.randrange(len(_CHANNELS))
        message = Message(
            uid=self._rng.choice(awake).uid,
            message=self._rng.choice(_WORDS),
            channel=str(int(guild_id) + 1 + channel),
            channel_name=_CHANNELS[channel],
        )
        return Said(guild_id, message)


def _people(prefix: int, names: list[str]) -> list[Member]:
    return [
        Member(
            uid=f"{prefix}23456789012345{number:03}",
            username=name,
            status=_STATUSES[(number - 1) % len(_STATUSES)],
            role_color=_COLORS[(number - 1) % len(_COLORS)],
        )
        for number, name in enumerate(names, start=1)
    ]
