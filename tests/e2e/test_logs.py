"""What is never written down."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import settings_for
from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.e2e.process import BotProcess
from tests.e2e.viewer import ALL_EVENTS, truth
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from tests.e2e.conftest import Watch

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_most_talkative_log(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Not even at DEBUG: the token, what members say, what viewers send to get in."""
    guild = discord.guild("D-World", "ann", "bob")
    den = guild.channel("den", hidden=True)
    bot = await launch(LOG_LEVEL="DEBUG")
    secrets: dict[str, Any] = {"password": "open-sesame", "discordToken": "a-viewers-token"}
    viewer = await watch(bot, guild, events=ALL_EVENTS, **secrets)
    discord.say(den, guild.member("ann"), "the secret plan")
    message = discord.say(guild.public, guild.member("ann"), "the public plan")
    discord.edit(guild.public, message, "the edited plan")
    discord.write_privately(guild.member("ann").user, "the private plan")
    discord.drop()
    await discord.resumed()
    discord.set_status(guild.member("bob"), "idle")
    await viewer.sees(truth(guild))
    await viewer.close()
    await bot.stop()
    for secret in (TOKEN, *secrets.values(), "plan"):
        assert secret not in bot.output


async def test_the_life_is_logged(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """At INFO an operator sees the bot come up, lose the gateway and find it again, and go."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    await watch(bot, guild)
    await bot.said("INFO")
    before = bot.stdout
    discord.drop()
    await discord.resumed()
    await bot.stop()
    assert " WARNING " in bot.stdout.removeprefix(before)
    assert bot.stderr == ""


@pytest.fixture
def stalled() -> Iterator[int]:
    """A pipe that is full, and that nobody reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(writing, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(writing, True)
    yield writing
    os.close(reading)
    os.close(writing)


@pytest.fixture
def broken() -> Iterator[int]:
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other pipes, and no signals")
@pytest.mark.parametrize("arguments", [(), ("--demo",)], ids=["live", "demo"])
@pytest.mark.parametrize("stdout", ["stalled", "broken"])
async def test_a_log_that_nobody_reads(
    discord: LoopbackDiscord,
    watch: Watch,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    stdout: str,
    arguments: tuple[str, ...],
) -> None:
    """It keeps nobody from watching, nor the bot from stopping; and no word of it goes to stderr."""
    guild = discord.guild("D-World", "ann", "bob")
    port, pipe = free_port(), request.getfixturevalue(stdout)
    settings = settings_for(discord, port) | {"LOG_LEVEL": "DEBUG"}
    bot = await BotProcess.start(*arguments, folder=tmp_path, port=port, settings=settings, stdout=pipe)
    try:
        await bot.listening()
        viewer = await watch(bot, None if arguments else guild, events=ALL_EVENTS)
        if not arguments:
            discord.set_status(guild.member("bob"), "idle")
            await viewer.sees(truth(guild))
        bot.signal(signal.SIGTERM)
        assert await bot.exited(within=5) == 0
        assert await viewer.closed() == 1001
    finally:
        await bot.stop()
    assert bot.stderr == ""
