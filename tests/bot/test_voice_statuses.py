"""The lines over voice channels: heard, kept as long as the channel is there, and asked for with patience."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord.ext import commands
from discord.http import Route

from bot.client import INTENTS
from bot.internals import voice
from bot.internals.voice import VoiceStatuses
from tests.bot import world as model
from tests.bridge.watchers import until

Payload = dict[str, Any]


class Connection:
    """A connection to the gateway that takes what it is told."""

    def __init__(self) -> None:
        self.open = True
        self.limited = False
        self.broken = False
        self.sent: list[Payload] = []

    def is_ratelimited(self) -> bool:
        return self.limited

    async def send_as_json(self, payload: Payload) -> None:
        if self.broken:
            raise ConnectionResetError
        self.sent.append(payload)


class Client(commands.AutoShardedBot):
    """A client of one shard that notes of which guilds there is news."""

    def __init__(self) -> None:
        super().__init__("!", intents=INTENTS, chunk_guilds_at_startup=False, shard_count=1)
        self.connection = Connection()
        self.me = model.User("zone", bot=True)
        self.news: list[int] = []
        self.tries = 0
        self.statuses = VoiceStatuses(self)
        self._connection.shard_count = 1
        data: Any = self.me.payload()
        self._connection.user = discord.ClientUser(state=self._connection, data=data)

    def _get_websocket(self, guild_id: int | None = None, *, shard_id: int | None = None) -> Any:
        self.tries += 1
        return self.connection

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "voice_channel_status":
            self.news.append(args[0].id)
        elif event in {"guild_available", "guild_join", "guild_remove", "guild_channel_delete"}:
            super().dispatch(event, *args, **kwargs)

    def hear(self, event: str, payload: Any) -> None:
        self._connection.parsers[event](copy.deepcopy(payload))

    def line(self, channel: model.Channel) -> str | None:
        assert channel.guild is not None
        guild = self.get_guild(channel.guild.id)
        found = guild.get_channel(channel.id) if guild else None
        return self.statuses.of(found) if found else None

    def questions(self) -> list[str]:
        return [payload["d"]["guild_id"] for payload in self.connection.sent]


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave discord.py to the tests that follow as it was, and be quick."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(voice, "PACE", 0.001)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client() as client:
        yield client
        await client.statuses.stop()


@pytest.fixture
def guild() -> model.Guild:
    return model.Guild("Home", model.User("owner"))


@pytest.fixture
def lounge(guild: model.Guild, client: Client) -> model.Channel:
    """A voice channel in a guild that the client knows, and in which it is."""
    channel = guild.channel("Lounge", model.VOICE)
    create(client, guild)
    return channel


def create(client: Client, guild: model.Guild, **extra: Any) -> None:
    if client.me.id not in guild.members:
        guild.settle(client.me)
    client.hear("GUILD_CREATE", guild.payload(client.me) | {"unavailable": False} | extra)


def told(channel: model.Channel, status: object) -> Payload:
    assert channel.guild is not None
    return {"id": str(channel.id), "guild_id": str(channel.guild.id), "status": status}


async def settled(client: Client, questions: int) -> None:
    """Wait until so many questions were asked in all, and nothing is left to be asked."""
    asking = client.statuses._asking
    await until(lambda: len(client.connection.sent) >= questions and not asking, f"{questions} questions")


# Heard


async def test_a_line_comes_and_goes(client: Client, guild: model.Guild, lounge: model.Channel) -> None:
    """Each change is news, once."""
    for status in ("movie night", "movie night", "chess", None, "", " "):
        client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, status))
        assert client.line(lounge) == ((status or "").strip() or None)
    assert client.news == [guild.id] * 3


async def test_a_line_has_no_end(client: Client, lounge: model.Channel) -> None:
    """Discord's has."""
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, "x" * 10_000))
    assert client.line(lounge) == "x" * 500


async def test_all_lines_of_a_guild(client: Client, guild: model.Guild, lounge: model.Channel) -> None:
    """What isn't named any more is gone."""
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, "movie night"))
    client.hear("CHANNEL_INFO", {"guild_id": str(guild.id), "channels": [told(lounge, "chess")]})
    assert client.line(lounge) == "chess"
    client.hear("CHANNEL_INFO", {"guild_id": str(guild.id), "channels": []})
    assert client.line(lounge) is None


async def test_channels_that_there_are_not(client: Client, guild: model.Guild, lounge: model.Channel) -> None:
    """Of those, and of those that have no line, nothing is kept."""
    strangers = [{"id": str(number), "status": "x"} for number in range(1_000)]
    client.hear(
        "CHANNEL_INFO", {"guild_id": str(guild.id), "channels": [*strangers, told(guild.public, "x")]}
    )
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", {"id": "7", "guild_id": str(guild.id), "status": "x"})
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", {"id": "7", "guild_id": "8", "status": "x"})
    assert not client.statuses._statuses
    assert not client.news


RUBBISH: list[Any] = [
    None, [], "x", {}, {"id": "7"}, {"guild_id": None, "id": "7", "status": "x"},
    {"guild_id": "x", "channels": [], "id": "7"}, {"guild_id": "7" * 30, "id": "7", "channels": 7},
]  # fmt: skip


@pytest.mark.parametrize("event", ["VOICE_CHANNEL_STATUS_UPDATE", "CHANNEL_INFO"])
async def test_rubbish(client: Client, lounge: model.Channel, event: str) -> None:
    """It changes nothing, and ends nothing."""
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, "movie night"))
    for payload in RUBBISH:
        client.hear(event, payload)
    assert client.line(lounge) == "movie night"


async def test_rubbish_of_a_guild(
    client: Client, guild: model.Guild, lounge: model.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    """Others' lines are read; it is said once, without the words."""
    rubbish: list[Any] = [None, 7, {}, {"id": 7, "status": "secret"}, told(lounge, ["secret"])]
    client.hear("CHANNEL_INFO", {"guild_id": str(guild.id), "channels": [*rubbish, told(lounge, "chess")]})
    assert client.line(lounge) == "chess"
    client.hear("CHANNEL_INFO", {"guild_id": str(guild.id), "channels": None})
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, 7))
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text


# Kept


async def test_a_guild_that_comes_anew(client: Client, guild: model.Guild, lounge: model.Channel) -> None:
    """What stood there before an outage may be gone; an outage itself changes nothing."""
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, "movie night"))
    client.hear("GUILD_DELETE", guild.stub())
    assert client.statuses._statuses
    create(client, guild)
    assert client.line(lounge) is None


async def test_a_guild_that_brings_its_lines(client: Client, guild: model.Guild) -> None:
    """Should Discord send them with the channels, too."""
    lounge = guild.channel("Lounge", model.VOICE)
    create(client, guild, channels=[lounge.payload() | {"status": "chess"}, guild.public.payload()])
    assert client.line(lounge) == "chess"
    client.hear("CHANNEL_UPDATE", lounge.payload() | {"status": "go"})
    assert client.line(lounge) == "go"
    client.hear("CHANNEL_UPDATE", lounge.payload())
    assert client.line(lounge) == "go"


async def test_what_is_gone(client: Client, guild: model.Guild, lounge: model.Channel) -> None:
    """With a channel its line goes, with a guild all of them."""
    bar = guild.channel("Bar", model.VOICE)
    client.hear("CHANNEL_CREATE", bar.payload())
    for channel in (lounge, bar):
        client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(channel, "movie night"))
    client.hear("CHANNEL_DELETE", bar.payload())
    await settled(client, 1)
    assert client.statuses._statuses == {guild.id: {lounge.id: "movie night"}}
    client.hear("GUILD_DELETE", {"id": str(guild.id)})
    await settled(client, 1)
    await asyncio.sleep(0)
    assert not client.statuses._statuses


# Asked


async def test_each_guild_is_asked_about_once(client: Client) -> None:
    """Those that have voice channels."""
    guilds = [model.Guild(f"Guild {number}", model.User("owner")) for number in range(5)]
    for guild in guilds[1:]:
        guild.channel("Lounge", model.VOICE)
        create(client, guild)
    create(client, guilds[0])
    await settled(client, 4)
    assert client.connection.sent[0] == {
        "op": 43, "d": {"guild_id": str(guilds[1].id), "fields": ["status"]},
    }  # fmt: skip
    assert client.questions() == [str(guild.id) for guild in guilds[1:]]
    json.dumps(client.connection.sent)


@pytest.mark.parametrize("trouble", ["limited", "broken", "closed"])
async def test_a_connection_that_can_take_nothing(
    client: Client, guild: model.Guild, lounge: model.Channel, trouble: str
) -> None:
    """The question waits, and nothing else does."""
    connection = client.connection
    connection.limited, connection.broken = trouble == "limited", trouble == "broken"
    connection.open = trouble != "closed"
    await until(lambda: bool(client.statuses._asking), "a question")
    tried = client.tries
    await until(lambda: client.tries > tried + 1, "another try")
    assert not connection.sent
    connection.limited, connection.broken, connection.open = False, False, True
    await settled(client, 1)
    assert client.questions() == [str(guild.id)]


async def test_a_guild_that_is_gone_is_not_asked_about(
    client: Client, guild: model.Guild, lounge: model.Channel
) -> None:
    """Nor one that is unavailable: it comes again."""
    client.hear("GUILD_DELETE", guild.stub())
    await until(lambda: bool(client.statuses._asking), "a question")
    await settled(client, 0)
    assert not client.connection.sent


async def test_a_channel_that_the_bot_may_look_into_again(
    client: Client, guild: model.Guild, lounge: model.Channel
) -> None:
    """Nothing is told of one that it may not: when it may, it asks."""
    await settled(client, 1)
    before = len(client.connection.sent)
    client.hear("VOICE_CHANNEL_STATUS_UPDATE", told(lounge, "movie night"))
    lounge.hidden = True
    client.hear("CHANNEL_UPDATE", lounge.payload())
    assert client.line(lounge) is None
    lounge.name = "Lounge 2"
    client.hear("CHANNEL_UPDATE", lounge.payload())
    await settled(client, before)
    assert len(client.connection.sent) == before
    lounge.hidden = False
    client.hear("CHANNEL_UPDATE", lounge.payload())
    await settled(client, before + 1)


async def test_a_stop_ends_the_questions(client: Client, lounge: model.Channel) -> None:
    """At once."""
    client.connection.limited = True
    await until(lambda: bool(client.statuses._asking), "a question")
    await client.statuses.stop()
    assert not client.statuses._asking
    assert not client.connection.sent
