"""The server's process for `freeze`: `python -m tests.bench.freeze_host`. It obeys JSON lines.

Each order lets something large happen, and answers with the longest that the loop was held by one turn.
"""

import asyncio
import contextlib
import copy
import gc
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from bot.client import DZoneBot
from bridge.model import GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.running.process import GARBAGE_THRESHOLDS
from bridge.server import WebSocketServer
from cogs.commands.myself import Myself
from cogs.events.guilds import Guilds
from tests.bench.control import AVAILABLE
from tests.bench.gateway import Watcher, lonely_bot
from tests.bench.guild import GUILD, members
from tests.bench.pipe import serve
from tests.bridge.longest_gap import longest_gap
from tests.e2e.guild import Guild
from tests.e2e.model import User

SLICE: Final = 500  # members that are told of in one turn
ARRIVALS: Final = 10  # guilds that arrive in one turn
COLORS: Final = (0x2ECC71, 0x3498DB, 0)


class House:
    """A bridge, and what happens to it."""

    def __init__(self) -> None:
        self._server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
        self._people: list[Member] = []

    async def start(self) -> dict[str, Any]:
        """Listen."""
        await self._server.start()
        return {"port": self._server.port}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the answer."""
        do = getattr(self, f"do_{order.pop('do')}")
        return await do(**order) or {}

    async def do_furnish(self, size: int) -> None:
        """Have one guild of this size."""
        self._people = members(size)
        self._server.show_guild(GUILD, self._people)

    async def do_open(self, count: int) -> dict[str, Any]:
        """Open so many guilds as they arrive after a start."""
        async with self._measured() as found:
            for number in range(count):
                slug = f"guild-{number}"
                info = GuildInfo(str(10**17 + number), slug, f"Guild {number}", alias=f"x{number}")
                self._server.show_guild(info, [Member("1", "Ada")])
                self._server._directory.resolve(slug)  # somebody asks for it
                if number % ARRIVALS == 0:
                    await asyncio.sleep(0)
            await self._quiet()
        return found

    async def do_recolour(self) -> dict[str, Any]:
        """Give everybody another colour, as a role does, in slices."""
        async with self._measured() as found:
            for start in range(0, len(self._people), SLICE):
                some = self._people[start : start + SLICE]
                self._server.show_members(
                    GUILD.id, [member._replace(role_color="#123456") for member in some]
                )
                await asyncio.sleep(0)
            await self._quiet()
        return found

    async def do_watch(self) -> None:
        """Begin to measure; the answer to `watched` is what was found until then."""
        self._measuring = contextlib.AsyncExitStack()
        self._found = await self._measuring.enter_async_context(self._measured())

    async def do_watched(self) -> dict[str, Any]:
        """Stop measuring."""
        await self._measuring.aclose()
        return self._found

    async def do_resume(self, guilds: int, size: int) -> dict[str, Any]:
        """Resume the session of a bot that is in so many guilds of that size."""
        bot = await _bot_in(guilds, size)
        for room in bot.bridge._directory.rooms.values():
            room.seat(Watcher())
        cog = bot.get_cog("Guilds")
        assert isinstance(cog, Guilds)
        async with self._measured() as found:
            await cog.on_shard_resumed(0)
        return found

    async def do_hide(self, guilds: int) -> dict[str, Any]:
        """Let a member of so many guilds, who said something in each, hide and show themselves."""
        bot = await _bot_in(guilds, 3)
        (uid, *_) = bot.bridge.shown(bot.guilds[0].id)
        for room in bot.bridge._directory.rooms.values():
            room.seat(Watcher())
            await bot.bridge.broadcast_message(room.info.id, uid, "I was here", "1")
        cog = bot.get_cog("Myself")
        assert isinstance(cog, Myself)
        async with self._measured() as found:
            for hidden in (True, False):
                await cog._decisions.change_member(int(uid), partial(replace, hidden=hidden))
        return found

    @contextlib.asynccontextmanager
    async def _measured(self) -> AsyncIterator[dict[str, Any]]:
        found: dict[str, Any] = {}
        gc.collect()
        start = time.monotonic()
        async with longest_gap() as gap:
            yield found
        found.update(wall=gap.wall, cpu=gap.cpu, seconds=time.monotonic() - start)

    async def _quiet(self) -> None:
        """Wait until everybody has been told everything."""
        directory = self._server._directory
        while not all(_knows(directory, room) for room in directory.rooms.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _knows(directory: Directory, room: Room) -> bool:
    return room.is_through and (not room.is_watched or directory._told.get(room) == directory.edition)


async def _bot_in(guilds: int, size: int) -> DZoneBot:
    """Let a real bot know so many guilds; nothing comes from a network."""
    bot = await lonely_bot()
    people = [User(f"member{number}", f"Member {number}") for number in range(size)]
    for number in range(guilds):
        payload = _guild(number, people)
        bot._connection.parsers["GUILD_CREATE"](copy.deepcopy(payload))  # parsers take payloads apart
        await asyncio.sleep(0)
    while len(bot.bridge._directory.rooms) < guilds:  # noqa: ASYNC110 - tasks of discord.py's make them
        await asyncio.sleep(0)
    return bot


def _guild(number: int, people: list[User]) -> dict[str, Any]:
    guild = Guild(f"Guild {number}", people[0])
    roles = [guild.role(f"role {color}", color) for color in COLORS]
    for place, user in enumerate(people):
        guild.settle(user, roles=(roles[place % len(roles)],))
    return guild.payload(guild.owner)


def main() -> None:
    """Run the process."""
    os.sched_setaffinity(0, {AVAILABLE[0]})
    gc.set_threshold(*GARBAGE_THRESHOLDS)  # as a bridge and a bot do
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(House()))
    os._exit(0)


if __name__ == "__main__":
    main()
