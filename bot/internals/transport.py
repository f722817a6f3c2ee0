"""Where discord.py sends what it asks, how it waits for an answer, and what it warns of."""

import asyncio
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.internals.commands import sensible
from bot.running.waiting import until_there
from bridge.running.reach import may_come
from bridge.running.words import one_line

# ruff: noqa: SLF001 - as in `internals`


def expect_no_voice() -> None:
    """Keep discord.py from warning about libraries for talking, which this bot never does."""
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False


def use_api(url: str) -> None:
    """Send REST requests to this base."""
    Route.BASE = url


async def use_gateway_of_api(client: discord.Client) -> None:
    """Make the API's own gateway the one for every connection.

    discord.py takes it for the first connection only, and Discord's for later ones.
    """
    _, url, _ = await sensible(client.http.get_bot_gateway())
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)


def outlive_limits(client: discord.Client) -> None:
    """Let other requests go on when one is cancelled while Discord limits all of them.

    discord.py has everybody wait until it has waited itself, and forgets to wake them if it is cancelled:
    the bot would never ask Discord anything again.
    """
    http = client.http
    ask = http.request

    async def request(*args: Any, **kwargs: Any) -> Any:
        try:
            return await ask(*args, **kwargs)
        except asyncio.CancelledError:
            http._global_over.set()  # at worst the next one is told to wait, too
            raise

    http.request = request  # type: ignore[method-assign]


def wait_for_network(client: discord.AutoShardedClient) -> None:
    """Let the start wait for a network that comes up later than the bot does, as where a machine starts both.

    discord.py tries once. Later on, shards try again by themselves, and others know what to do.
    """
    http = client.http
    ask = http.request

    async def request(*args: Any, **kwargs: Any) -> Any:
        if client._connection.shard_count is not None:  # told, and the shards begin to connect
            return await ask(*args, **kwargs)
        return await until_there("Discord", lambda: ask(*args, **kwargs), _what_is_missing)

    http.request = request  # type: ignore[method-assign]


def _what_is_missing(error: BaseException) -> str:
    return (one_line(str(error)) or type(error).__name__) if may_come(error) else ""
