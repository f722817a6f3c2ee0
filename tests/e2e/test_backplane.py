"""A bot writes its rooms to Redis, and `python -m bridge --backplane` shows them: real processes."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.process import BotProcess, free_port
from tests.e2e.viewer import ALL_EVENTS, truth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.redis import RedisServer

    Launch = Callable[..., Awaitable[BotProcess]]
    Bridge = Callable[[], Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bridge(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Bridge]:
    """Start a bridge that shows what the bot writes."""
    running: list[BotProcess] = []

    async def start() -> BotProcess:
        port = free_port()
        options = ("--host", "127.0.0.1", "--port", str(port), "--backplane", redis.url)
        process = await BotProcess.start(*options, folder=tmp_path, port=port, settings={}, module="bridge")
        running.append(process)
        await process.listening()
        await process.said("following the backplane")
        return process

    yield start
    for process in running:
        await process.stop()
        assert "Traceback" not in process.output


async def test_a_bot_and_a_bridge(
    discord: LoopbackDiscord, launch: Launch, bridge: Bridge, watch: Watch, redis: RedisServer
) -> None:
    """Whoever watches at the bridge sees what happens in Discord, once and in order; and who resumes, too."""
    guild = discord.guild("Harbour", "owner", "ann", "bob", "cid")
    other = discord.guild("Garden", "dan")
    bot = await launch(BACKPLANE_URL=redis.url)
    first = await bridge()
    viewer = await watch(first, events=["servers"])
    await viewer.until(lambda: {str(guild.id), str(other.id)} <= viewer.servers.keys())
    curious = await watch(first, guild, events=ALL_EVENTS, batch=True)
    await curious.sees(truth(guild))
    for number in range(30):
        discord.say(guild.public, guild.member("ann"), f"word {number}")
        discord.set_status(guild.member("bob"), ["idle", "dnd"][number % 2])
    await curious.hears("word 29")
    assert curious.words() == [f"word {number}" for number in range(30)]
    await curious.sees(truth(guild))

    # The bridge dies, and another one takes over: nothing is missing, and nobody gets all of it again.
    first.signal(signal.SIGKILL)
    await curious.closed()
    discord.say(guild.public, guild.member("ann"), "while nobody was there")
    second = await bridge()
    again = await watch(second, guild, like=curious, events=ALL_EVENTS, batch=True)
    assert again.joined[0].get("resumed") is True
    await again.hears("while nobody was there")
    assert again.words() == ["while nobody was there"]
    await again.sees(truth(guild))

    # A guild that its managers switch off vanishes at the bridge as well.
    await discord.command(guild.member("owner"), "dzone disable")
    assert await again.closed() == 1008
    later = await watch(second, other)
    assert str(guild.id) not in later.servers
    assert f"{guild.id}" not in redis.ask("KEYS", "*")
    assert (await watch(bot, other)).is_open()
