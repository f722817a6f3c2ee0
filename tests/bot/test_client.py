"""The client's own life, as far as it needs no gateway; the rest is seen from outside, in `tests/e2e`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot import client
from bot.client import INTENTS, DZoneBot
from bot.config import Config
from tests.bot.memory import MemorySettings


@pytest.fixture
async def bot() -> AsyncIterator[DZoneBot]:
    """A bot that is about to become ready."""
    config = Config("an.invented.token", host="127.0.0.1", port=0, public_url="https://zone.example.org")
    async with DZoneBot(config, MemorySettings()) as bot:
        yield bot


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_intents() -> None:
    """It asks for what it shows, and for nothing else."""
    assert {name for name, on in INTENTS if on} == {
        "guilds",
        "members",
        "moderation",
        "presences",
        "guild_messages",
        "message_content",
        "voice_states",
        "guild_reactions",
        "guild_typing",
        "guild_scheduled_events",
    }


async def test_it_mentions_nobody(bot: DZoneBot) -> None:
    """Whatever it may ever write, nobody's phone rings."""
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.to_dict()["parse"] == []


async def test_ready(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """When Discord is ready the bridge is there, and the log says where, and how to invite the bot."""
    caplog.set_level("INFO", "bot")
    await bot.on_ready()
    assert bot.bridge.is_serving
    assert caplog.messages[0] == "watch at https://zone.example.org"
    assert caplog.messages[1].startswith("invite the bot with https://discord.com/oauth2/authorize?")


async def test_ready_in_no_server(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """A bot that nobody has invited yet says so."""
    await bot.on_ready()
    assert f"the bot is in no server yet: open {bot.invite_link()} and choose one" in caplog.messages


async def test_ready_again(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """A new session is no new start: viewers stay."""
    await bot.on_ready()
    port = bot.bridge.port
    caplog.clear()
    await bot.on_ready()
    assert bot.bridge.port == port
    assert caplog.messages == []


async def test_a_port_in_use(taken: int) -> None:
    """Without a port there is nothing to do: it closes, and remembers why."""
    async with DZoneBot(Config("an.invented.token", host="127.0.0.1", port=taken), MemorySettings()) as bot:
        await bot.on_ready()
        assert isinstance(bot.failure, OSError)
        assert bot.is_closed()


async def test_ready_too_late(bot: DZoneBot) -> None:
    """Who is being stopped starts no bridge any more."""
    await bot.close()
    await bot.on_ready()
    assert not bot.bridge.is_serving


async def test_the_invite_link(bot: DZoneBot) -> None:
    """The link asks for what the bot needs: to see channels, to write of its own, and to have commands."""
    bot._connection.application_id = 4711
    query = parse_qs(urlsplit(bot.invite_link()).query)
    assert query["client_id"] == ["4711"]
    assert query["scope"] == ["bot applications.commands"]
    asked = discord.Permissions(view_channel=True, send_messages=True, embed_links=True)
    assert query["permissions"] == [str(asked.value)]


async def test_a_lost_gateway_is_told_once(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """Not at each try to reach it again."""
    for _ in range(3):
        await bot.on_shard_disconnect(0)
    assert len(caplog.messages) == 1
    assert "viewers keep what they see" in caplog.messages[0]


@pytest.mark.parametrize("way", ["on_shard_ready", "on_shard_resumed"])
async def test_a_gateway_that_is_back(bot: DZoneBot, caplog: pytest.LogCaptureFixture, way: str) -> None:
    """It is told once as well, and a next loss is news again."""
    await bot.on_ready()
    caplog.set_level("INFO", "bot")
    caplog.clear()
    await bot.on_shard_disconnect(0)
    for _ in range(2):
        await getattr(bot, way)(0)
    await bot.on_shard_disconnect(0)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


async def test_the_first_connection_is_no_return(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """What was never lost isn't back."""
    await bot.on_ready()
    caplog.set_level("INFO", "bot")
    caplog.clear()
    await bot.on_shard_ready(0)
    assert caplog.messages == []


async def test_the_first_shard_opens_the_page(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever comes first starts the bridge; that the bot is in no server is known only in the end."""
    caplog.set_level("INFO", "bot")
    await asyncio.gather(bot.on_shard_ready(1), bot.on_shard_ready(0), bot._open())
    assert bot.bridge.is_serving
    assert [message.partition(" ")[0] for message in caplog.messages] == ["watch", "invite"]
    await bot.on_ready()
    assert len(caplog.messages) == 3
    assert "in no server yet" in caplog.messages[2]


async def test_the_page_waits_for_nobody_forever(bot: DZoneBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some time after the login it is there, whatever Discord does."""
    monkeypatch.setattr(client, "OPEN_AFTER", 0.01)
    await bot._open_soon()
    assert bot.bridge.is_serving


async def test_a_port_in_use_when_nothing_is_ready(taken: int) -> None:
    """The task that opens the page may be the one that closes everything."""
    async with DZoneBot(Config("an.invented.token", host="127.0.0.1", port=taken), MemorySettings()) as bot:
        await bot._tasks.start(bot._open(), "opening")
        assert isinstance(bot.failure, OSError)
        assert bot.is_closed()


async def test_the_last_disconnect_is_no_loss(bot: DZoneBot, caplog: pytest.LogCaptureFixture) -> None:
    """When the bot stops, it is no news that the gateway is gone."""
    await bot.close()
    await bot.on_shard_disconnect(0)
    assert caplog.messages == []
