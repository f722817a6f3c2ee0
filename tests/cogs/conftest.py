"""What the tests of the cogs start from."""

import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from simcord.env import Env

from bot.client import DZoneBot
from bot.config import Config
from bridge import flush
from tests.bot.house import ALL_GRANTED
from tests.bot.memory import MemorySettings
from tests.cogs.town import Town, Viewer


class QuickEnv(Env):
    """A simulated Discord that looks more often whether the bot has done."""

    async def _settle_internal(self, **options: Any) -> None:
        await super()._settle_internal(**{"idle": 0.001} | options)


@pytest.fixture
def config() -> Config:
    """How the bot runs."""
    return Config("an.invented.token", host="127.0.0.1", port=0)


@pytest.fixture
async def bot(monkeypatch: pytest.MonkeyPatch, config: Config) -> AsyncIterator[DZoneBot]:
    """The real bot with all its cogs, and its bridge on a port of its own."""
    # Nothing waits for a window: the bot lives in simcord's time, which stands still. What a window does is
    # the bridge's own matter.
    monkeypatch.setattr(flush, "WINDOW", -math.inf)
    bot = DZoneBot(config, MemorySettings())
    bot.shard_count = 1
    bot._connection.application_flags = ALL_GRANTED
    # Before Discord is ready: simcord waits for all that the bot does, and a server is never done.
    await bot.bridge.start()
    bot._loader.start()
    yield bot
    await bot._loader.stop()
    await bot.bridge.stop()


@pytest.fixture
async def env(bot: DZoneBot) -> AsyncIterator[Env]:
    """A simulated Discord, to which the bot is connected; what a cog raises fails the test."""
    env = QuickEnv(bot)
    await env.start()
    yield env
    await env.shutdown()
    env.raise_errors()


@pytest.fixture
async def town(env: Env, bot: DZoneBot) -> AsyncIterator[Town]:
    """A guild with two people, and nobody who watches."""
    town = Town(env, bot)
    await town.settle()
    yield town
    await town.close()


@pytest.fixture
async def viewer(town: Town) -> Viewer:
    """Somebody who watches that guild, and asked for every event."""
    return await town.viewer()
