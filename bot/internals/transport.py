"""Where discord.py sends what it asks, how it waits for an answer, and what it warns of."""

import asyncio
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.internals.commands import sensible

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
