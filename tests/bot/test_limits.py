"""What becomes of requests while Discord limits all of them."""

import asyncio

import pytest
from discord.http import Route

from bot.client import DZoneBot
from bot.config import Config
from tests.bot.memory import MemorySettings
from tests.e2e.loopback import TOKEN, LoopbackDiscord


async def test_a_request_that_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewer leaves who waited for it, say: that is no reason never to ask Discord anything again."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)  # the bot changes it
    async with LoopbackDiscord() as discord:
        async with DZoneBot(Config(TOKEN, api_url=discord.api_url), MemorySettings()) as bot:
            await bot.http.static_login(TOKEN)
            discord.rest.limits["GET /gateway/bot"] = [{"retry_after": 1_000.0, "global": True}]
            waiting = asyncio.create_task(bot.http.get_bot_gateway())
            while bot.http._global_over.is_set():  # noqa: ASYNC110 - discord.py's own tells only who waits
                await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.wait({waiting})
            async with asyncio.timeout(60):
                shards, _, _ = await bot.http.get_bot_gateway()
        assert shards == 1
