"""The bot stops when it is told to, cleanly, and within five seconds."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.viewer import ALL_EVENTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a signal"),
]

SIGNALS = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
DEADLINE = 5.0  # seconds; hosting platforms kill what takes longer


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_while_people_watch(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, number: signal.Signals
) -> None:
    """Those who watch hear that the bot goes away (1001) and may come back."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    viewers = [await watch(bot, guild), await watch(bot, guild, events=ALL_EVENTS, batch=True)]
    bot.signal(number)
    assert await bot.exited(within=DEADLINE) == 0
    assert [await viewer.closed() for viewer in viewers] == [1001, 1001]
    await discord.disconnected()


async def test_what_is_pending_is_said(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Events that wait for the flush window go out before the goodbye."""
    guild = discord.guild("D-World", "ann", "bob")
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS, batch=True)
    for number in range(20):
        discord.say(guild.public, guild.member("ann"), f"word {number}")
    await viewer.hears("word 0")
    bot.signal(signal.SIGTERM)
    assert await bot.exited(within=DEADLINE) == 0
    assert await viewer.closed() == 1001
    assert viewer.words() == [f"word {number}" for number in range(len(viewer.words()))]


async def test_a_viewer_who_does_not_answer(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """A browser that has stopped reading can't hold up the end."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    viewer = await watch(bot, guild)
    viewer.freeze()
    bot.signal(signal.SIGTERM)
    assert await bot.exited(within=DEADLINE) == 0


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_before_it_is_ready(discord: LoopbackDiscord, run: Run, number: signal.Signals) -> None:
    """A bot that is still logging in stops as well."""
    discord.guild("D-World", "ann")
    bot = await run()
    await discord.identified()
    bot.signal(number)
    assert await bot.exited(within=DEADLINE) == 0


async def test_while_members_are_fetched(discord: LoopbackDiscord, launch: Launch) -> None:
    """An unanswered request for members doesn't hold up the end."""
    discord.guild("Large", *(f"member{number}" for number in range(300)))
    discord.gateway.withhold_members()
    bot = await launch()
    await discord.members_requested()
    bot.signal(signal.SIGTERM)
    assert await bot.exited(within=DEADLINE) == 0


async def test_while_the_gateway_is_lost(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """A bot that waits to reconnect stops as well."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    viewer = await watch(bot, guild)
    discord.gateway.refusing = True
    discord.drop()
    await discord.refused()
    bot.signal(signal.SIGTERM)
    assert await bot.exited(within=DEADLINE) == 0
    assert await viewer.closed() == 1001


async def test_while_a_new_session_begins(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """discord.py waits 5 s before it identifies again; a bot in that wait stops as well."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    viewer = await watch(bot, guild)
    discord.gateway.invalidate(resumable=False)
    await discord.accepted(2)
    bot.signal(signal.SIGTERM)
    assert await bot.exited(within=DEADLINE) == 0
    assert await viewer.closed() == 1001


async def test_the_demo(launch: Launch, watch: Watch) -> None:
    """The demo stops in the same way."""
    bot = await launch("--demo", DISCORD_TOKEN=None)
    viewer = await watch(bot)
    bot.signal(signal.SIGINT)
    assert await bot.exited(within=DEADLINE) == 0
    assert await viewer.closed() == 1001
