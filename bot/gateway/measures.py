"""What the bot tells for `/metrics`, beside what the bridge does: of Discord, and of the settings."""

from collections.abc import Iterator
from math import isfinite
from typing import Final, Protocol

from discord.ext import commands

from bot.gateway.arrivals import Arrivals
from bridge.site.measures import Measure, Reading

BOT_GUILDS: Final = Measure("dzone_bot_guilds", "gauge", "Servers that the bot is in")
LATENCY: Final = Measure(
    "dzone_shard_latency_seconds", "gauge", "Time that Discord takes to answer a shard's heartbeat", "shard"
)
CONNECTED: Final = Measure("dzone_shard_connected", "gauge", "Whether a shard has a session", "shard")
FAILURES: Final = Measure(
    "dzone_database_failures_total", "counter", "Decisions that could not be stored in the database"
)
MEASURES: Final = (BOT_GUILDS, LATENCY, CONNECTED, FAILURES)


class Failing(Protocol):
    """What may fail to store something."""

    @property
    def failures(self) -> int:
        """How often it has."""


def read(bot: commands.AutoShardedBot, settings: Failing, arrivals: Arrivals) -> Iterator[Reading]:
    """Read all of it. There are as many shards as Discord asks for, one for some 1,000 servers."""
    shards = bot.shards
    yield BOT_GUILDS, len(bot.guilds)
    yield LATENCY, {str(key): shard.latency for key, shard in shards.items() if isfinite(shard.latency)}
    yield CONNECTED, {str(key): float(arrivals.has(key)) for key in shards}
    yield FAILURES, settings.failures
