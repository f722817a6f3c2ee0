"""Where discord.py sends what it asks, and what it warns of."""

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.internals.commands import sensible


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
