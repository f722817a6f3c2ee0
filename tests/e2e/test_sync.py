"""Discord is told of the commands when they changed, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.viewer import truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def told(discord: LoopbackDiscord) -> int:
    """Count how often Discord was told of the commands."""
    return discord.rest.requests.count(f"PUT {discord.rest.commands_path}")


async def test_told_once(discord: LoopbackDiscord, run: Run) -> None:
    """The first start tells Discord; the second doesn't, as it finds that nothing changed; --sync does."""
    discord.guild("D-World", "ann")
    for arguments, words, times in (
        ((), "Discord knows the commands now", 1),
        ((), "commands are unchanged", 1),
        (("--sync",), "Discord knows the commands now", 2),
        ((), "commands are unchanged", 2),
    ):
        bot = await run(*arguments, LOG_LEVEL="DEBUG")
        await bot.said(words)
        await bot.stop()
        assert told(discord) == times
    names = {command["name"] for command in await discord.commands()}
    assert names == {"dzone", "myself", "Hide from d-zone"}


async def test_discord_refuses(discord: LoopbackDiscord, launch: Launch, run: Run, watch: Watch) -> None:
    """Where Discord doesn't take the commands the world is shown all the same; the next start tells again."""
    guild = discord.guild("D-World", "ann")
    discord.rest.broken[discord.rest.commands_path] = 501
    bot = await launch()
    await bot.said("--sync")
    await (await watch(bot, guild)).sees(truth(guild))
    await bot.stop()
    discord.rest.broken.clear()
    again = await run()
    await again.said("Discord knows the commands now")
    assert told(discord) == 2


async def test_discord_has_an_outage(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """While discord.py tries again and again the world is shown, lives, and can be stopped."""
    guild = discord.guild("D-World", "ann")
    discord.rest.broken[discord.rest.commands_path] = 500
    bot = await launch()
    viewer = await watch(bot, guild)
    await discord.requested(f"PUT {discord.rest.commands_path}", times=2)
    discord.set_status(guild.member("ann"), "idle")
    await viewer.sees(truth(guild))
    await bot.stop()
    assert await bot.exited() == 0
