"""An update without a break: a new process takes over from the running one, which says goodbye."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.e2e.viewer import ALL_EVENTS
from tests.e2e.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows hands no sockets on"),
]


async def successor(bot: BotProcess) -> int:
    """Have a new process take over, and return its number."""
    bot.signal(signal.SIGUSR2)
    await bot.said("has taken over")
    found = re.search(r"process (\d+) has taken over", bot.output)
    assert found
    return int(found[1])


async def gone(pid: int) -> None:
    """Wait until a process that isn't our child has ended."""
    async with asyncio.timeout(PATIENCE):
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                await asyncio.sleep(0.02)


async def reaped(bot: BotProcess) -> int:
    """Wait until a bot has ended, and we have heard with what: a little later than it is gone."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if bot.returncode is not None:
                return bot.returncode
            await asyncio.sleep(0.02)


async def knock(port: int) -> int:
    """Ask for something again and again, until cancelled; whoever is turned away fails. Return how often."""
    times = 0
    with suppress(asyncio.CancelledError):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert await reader.read(8) == b"HTTP/1.1"
            writer.close()
            times += 1
            await asyncio.sleep(0.1)
    return times


async def test_a_new_process_takes_over(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, tmp_path: Path
) -> None:
    """Viewers hear 1001 and find everything at the new one, decisions included; nobody is turned away."""
    guild = discord.guild("D-World", "ann", "bob", "cid")
    ann, bob = guild.member("ann"), guild.member("bob")
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(place))
        bot = await launch(NOTIFY_SOCKET=str(place))
        before = await watch(bot, guild, events=ALL_EVENTS, batch=True)
        await discord.command(bob, "myself hide")
        await before.until(lambda: bob.uid not in before.users)
        knocking = asyncio.create_task(knock(bot.port))
        new = await successor(bot)
        try:
            assert await before.closed() == 1001
            assert await reaped(bot) == 0  # the new one has its pipes: they tell of no end
            knocking.cancel()
            assert await knocking
            assert systemd.recv(100) == f"MAINPID={new}".encode()
            after = await watch(bot, guild, events=ALL_EVENTS, batch=True)
            assert ann.uid in after.users
            assert bob.uid not in after.users
            discord.say(guild.public, ann, "still there")
            await after.hears("still there")
            assert after.words() == ["still there"]
            await discord.command(bob, "myself show")
            await after.until(lambda: bob.uid in after.users)
        finally:
            os.kill(new, signal.SIGTERM)
            await gone(new)
    assert await after.closed() == 1001


async def test_a_new_one_that_does_not_get_there(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, tmp_path: Path
) -> None:
    """Who has mistyped something in `.env` reads so in the log; viewers and commands stay where they are."""
    guild = discord.guild("D-World", "ann", "bob")
    bob = guild.member("bob")
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS, batch=True)
    env = tmp_path / ".env"
    env.write_text("HISTORY_EVENT=5\n")
    bot.signal(signal.SIGUSR2)
    await bot.said("before it took over: this one goes on")
    await bot.said("unknown setting HISTORY_EVENT")
    await discord.command(bob, "myself hide")
    await viewer.until(lambda: bob.uid not in viewer.users)

    env.unlink()
    discord.gateway.refusing = True  # so that the next one never knows all guilds
    bot.signal(signal.SIGUSR2)
    await discord.refused()
    assert viewer.is_open()
    bot.signal(signal.SIGTERM)
    assert await bot.exited() == 0  # both are gone: they have the same pipes
