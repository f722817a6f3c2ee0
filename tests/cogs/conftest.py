"""What the tests of the cogs start from."""

import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import discord
import pytest
from simcord.env import Env

from bot import client
from bot.client import DZoneBot
from bot.config import Config
from bridge.rooms import flush
from tests.bot.memory import MemorySettings
from tests.cogs.quick import QuickEnv, remember_payloads
from tests.cogs.town import Town, Viewer


def as_json(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let a parser get what a gateway could have sent.

    simcord's own payloads have enums in them, and its guilds don't say whether they are for adults.
    """
    more = {"nsfw_level": 0} if event == "GUILD_CREATE" else {}
    return lambda payload: parse(json.loads(json.dumps(more | payload)))


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
    monkeypatch.setattr(client, "OPEN_AFTER", 0.0)
    remember_payloads(monkeypatch)
    bot = DZoneBot(config, MemorySettings())
    bot.shard_count = 1
    # simcord's portal says nothing of the intents, which it grants.
    granted = discord.ApplicationFlags()
    granted.gateway_presence = granted.gateway_guild_members = granted.gateway_message_content = True
    bot._connection.application_flags = granted
    for event, parse in bot._connection.parsers.items():
        bot._connection.parsers[event] = as_json(event, parse)
    # Before Discord is ready: simcord waits for all that the bot does, and a server is never done.
    await bot._open()
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
