"""Who runs the bot looks after it: in direct messages, and by the numbers that it tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.gateway.measures import MEASURES as OF_THE_BOT
from bridge.site.measures import BACKPLANE, MEASURES, UNWRITTEN, WORKERS
from tests.e2e.process import free_port

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = {"en-US": "Servers: 2, viewers: 2", "de": "Server: 2, Zuschauer: 2", "es-ES": "Servidores: 2, espec"}


async def test_a_day_of_who_runs_it(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """They look, announce, block a server, and are obeyed when it invites again; nobody else is."""
    kept, bad = discord.guild("Kept", "ann"), discord.guild("Bad", "eve")
    place = f"127.0.0.1:{free_port()}"
    bot = await launch(METRICS=place, HEALTH="on")
    owner = kept.member("owner")
    asked, old = await watch(bot, kept, events=["notice"]), await watch(bot, bad)

    assert "Only my operator" in (await discord.command_privately(kept.member("ann"), "host servers")).text
    for locale, words in WORDS.items():
        listed = await discord.command_privately(owner, "host servers", locale=locale)
        assert listed.message is not None
        [embed] = listed.message["embeds"]
        assert words in embed["description"]
        assert f"`{bad.id}` **Bad**" in embed["description"]

    await discord.command_privately(owner, "host announce", text="Back in five minutes")
    await asked.happens("notice")
    assert asked.of("notice")[-1]["text"] == "Back in five minutes"
    late = await watch(bot, kept, events=["notice"])
    await late.happens("notice")

    async with aiohttp.ClientSession() as web:
        async with web.get(f"http://{place}/metrics") as answer:
            told = set(re.findall(r"^# TYPE (dzone_\w+)", await answer.text(), re.MULTILINE))
        async with web.get(f"{bot.url.replace('ws', 'http', 1)}readyz") as answer:
            assert await answer.json() == {"ready": True, "troubles": []}
    assert told == {measure.name for measure in (*MEASURES, *OF_THE_BOT)} - {
        BACKPLANE.name,
        UNWRITTEN.name,
        WORKERS.name,
    }

    question = await discord.command_privately(owner, "host block-server", server=str(bad.id))
    await discord.press(question, "Block it")
    assert await old.closed() == 1008
    assert old.of("notice") == []
    assert bad.id not in discord.guilds

    discord.join(bad)
    await discord.requested(f"DELETE /users/@me/guilds/{bad.id}", times=2)
    assert bad.id not in discord.guilds
    blocked = await discord.command_privately(owner, "host blocked")
    assert str(bad.id) in blocked.text
