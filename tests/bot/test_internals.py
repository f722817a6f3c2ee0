"""What discord.py doesn't offer in public still does what we take it for: look here after an upgrade."""

import asyncio
import copy
import json
import sys
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import discord
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot import internals
from bot.client import INTENTS, DZoneBot
from bot.config import Config
from bot.internals import gateway, parsing
from bot.internals.backoff import Sessions
from bridge.backplane.parts import Part
from tests.bot import world as model
from tests.bot.memory import MemorySettings
from tests.bridge.clock import Clock
from tests.bridge.watchers import until

Payload = dict[str, Any]


class Listening(DZoneBot):
    """A bot that notes what it is told, instead of acting on it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Config("an.invented.token", **options), MemorySettings())
        self.told: list[tuple[str, int]] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event.startswith("guild_"):
            self.told.append((event, args[0].id))

    def hear(self, event: str, payload: Payload) -> None:
        """Let discord.py hear what the gateway says."""
        self._connection.parsers[event](copy.deepcopy(payload))


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave discord.py to the tests that follow as it was."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.fixture
async def bot() -> AsyncIterator[Listening]:
    """A bot between login and the gateway."""
    async with Listening() as bot:
        yield bot


def guild(*names: str) -> model.Guild:
    """Write a guild with some members."""
    written = model.Guild("Home", model.User("owner"))
    for name in names:
        written.settle(model.User(name))
    return written


def create(written: model.Guild, **extra: Any) -> Payload:
    """Say all of a guild."""
    return written.payload(written.owner) | extra


def ready(*written: model.Guild, shard: int = 0) -> Payload:
    """Begin a new session."""
    return {
        "v": 10,
        "user": model.User("zone", bot=True).payload(),
        "guilds": [each.stub() for each in written],
        "session_id": "s",
        "resume_gateway_url": "wss://localhost",
        "shard": [shard, 2],
        "application": {"id": "1", "flags": 0},
    }


# A guild that is sent whole


async def test_a_guild_is_replaced(bot: Listening) -> None:
    """After an outage, who left isn't there any more, and who went offline is offline."""
    written = guild("ann", "bob")
    bot.hear("GUILD_CREATE", create(written))
    del written.members[written.member("bob").id]
    written.member("ann").user.status = "offline"
    bot.hear("GUILD_CREATE", create(written, unavailable=False))
    (found,) = bot.guilds
    assert [(member.name, member.status) for member in found.members] == [("ann", discord.Status.offline)]


async def test_a_guild_that_is_still_away_is_kept(bot: Listening) -> None:
    """A guild that is only announced isn't sent whole."""
    written = guild("ann")
    bot.hear("GUILD_CREATE", create(written))
    bot.hear("GUILD_CREATE", {"id": str(written.id), "unavailable": True})
    (found,) = bot.guilds
    assert [member.name for member in found.members] == ["ann"]


@pytest.mark.parametrize("event", ["GUILD_CREATE", "GUILD_MEMBER_ADD", "GUILD_MEMBERS_CHUNK"])
async def test_an_account_that_was_renamed_unseen(bot: Listening, event: str) -> None:
    """Whoever tells of a member tells what their account is called now."""
    written, elsewhere = guild("ann"), guild()
    elsewhere.settle(written.member("ann").user)
    for each in (written, elsewhere):
        bot.hear("GUILD_CREATE", create(each))
    written.member("ann").user.username = "anonymous"
    payload = create(written)
    ann = next(member for member in payload["members"] if member["user"]["username"] == "anonymous")
    about = {"guild_id": str(written.id)}
    bot.hear(
        event,
        {
            "GUILD_CREATE": payload,
            "GUILD_MEMBER_ADD": ann | about,
            "GUILD_MEMBERS_CHUNK": about | {"members": [ann], "chunk_index": 0, "chunk_count": 1},
        }[event],
    )
    found = bot.get_user(int(ann["user"]["id"]))
    assert found is not None
    assert found.name == "anonymous"


# A guild that is no longer there


async def test_a_lost_guild(bot: Listening) -> None:
    """A guild that a new session no longer has is gone, and it is told."""
    lost, kept = guild(), guild()
    for written in (lost, kept):
        bot.hear("GUILD_CREATE", create(written))
    bot.told.clear()
    bot.hear("READY", ready(kept))
    assert bot.told == [("guild_remove", lost.id)]
    assert [found.id for found in bot.guilds] == [kept.id]


async def test_a_guild_of_another_shard(bot: Listening) -> None:
    """A session of one shard says nothing about another's guilds."""
    bot._connection.shard_count = 2
    written = guild()
    bot.hear("GUILD_CREATE", create(written))
    bot.told.clear()
    bot.hear("READY", ready(shard=1 - (written.id >> 22) % 2))
    assert bot.told == []
    assert [found.id for found in bot.guilds] == [written.id]


# Listeners that are run at once


class Hasty(commands.Bot):
    """A bot whose `on_typing` is run at once."""

    def __init__(self) -> None:
        super().__init__("!", intents=INTENTS)
        self.failed: list[tuple[str, BaseException | None]] = []
        internals.run_at_once(self, "on_typing")

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        self.failed.append((event_method, sys.exc_info()[1]))


@pytest.fixture
async def hasty() -> AsyncIterator[Hasty]:
    """A bot that never connects."""
    async with Hasty() as bot:
        yield bot


async def test_a_listener_at_once(hasty: Hasty) -> None:
    """It has run when the event is dispatched, with what the event brought; others wait for their task."""
    heard = []

    async def listen(word: str) -> None:
        heard.append(word)

    hasty.add_listener(listen, "on_typing")
    hasty.add_listener(listen, "on_message_edit")
    hasty.dispatch("message_edit", "later")
    hasty.dispatch("typing", "at once")
    assert heard == ["at once"]
    await asyncio.sleep(0)
    assert heard == ["at once", "later"]


async def test_a_listener_that_fails_at_once(hasty: Hasty) -> None:
    """What it raises goes where discord.py sends it, and not to who dispatched."""
    error = KeyError("a")

    async def fail() -> None:
        raise error

    hasty.add_listener(fail, "on_typing")
    hasty.dispatch("typing")
    assert hasty.failed == [("on_typing", error)]


async def test_a_listener_that_waits(hasty: Hasty) -> None:
    """It is ended where it would wait, and that is told: there is no task that could wait."""
    heard = []

    async def wait() -> None:
        heard.append("before")
        await asyncio.sleep(0)
        heard.append("after")

    hasty.add_listener(wait, "on_typing")
    hasty.dispatch("typing")
    await asyncio.sleep(0)
    assert heard == ["before"]
    ((name, error),) = hasty.failed
    assert name == "on_typing"
    assert str(error) == "on_typing may not wait"


# Members


def test_roles_in_no_order() -> None:
    """Somebody's roles are those that discord.py names, without @everyone and what it doesn't know."""
    world = model.World()
    roles = [world.written.role(name) for name in ("first", "second")]
    world.ann.roles = [*roles, model.Role("deleted")]
    ann = world.member(world.ann)
    assert {role.id for role in internals.roles_of(ann)} == {role.id for role in roles}
    assert set(internals.roles_of(ann)) == set(ann.roles[1:])


async def test_presences_are_asked_for() -> None:
    """Members are asked for together with their presences."""
    asked: list[Payload] = []

    class Gateway:
        async def request_chunks(self, guild_id: int, **options: Any) -> None:
            asked.append(options)

    client = discord.Client(intents=INTENTS)
    client.ws = Gateway()  # type: ignore[assignment]
    internals.ask_for_presences(client)
    await client._connection.chunker(4711, nonce="n")
    assert [options["presences"] for options in asked] == [True]


# Another API


async def test_another_api() -> None:
    """Requests go where the setting says."""
    async with Listening(api_url="http://localhost:5000/api"):
        assert Route("GET", "/users/@me").url == "http://localhost:5000/api/users/@me"


async def test_the_gateway_of_another_api() -> None:
    """Every connection goes to the gateway that this API names, the later ones as well."""

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/gateway/bot"):
            content: Payload = {"url": "ws://localhost:5001", "shards": 1, "session_start_limit": {}}
        else:
            content = model.User("zone", bot=True).payload()
        # As bytes: discord.py takes an answer for JSON only if its type names no charset.
        return web.Response(body=json.dumps(content).encode(), content_type="application/json")

    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", answer)
    async with TestServer(app) as server, Listening(api_url=str(server.make_url("/")).rstrip("/")) as bot:
        await bot.http.static_login("an.invented.token")
        await internals.use_gateway_of_api(bot)
    assert URL("ws://localhost:5001") == DiscordWebSocket.DEFAULT_GATEWAY


# Shards


class TwoShards(DZoneBot):
    """A bot with two shards that notes what it is told."""

    def __init__(self) -> None:
        super().__init__(Config("an.invented.token"), MemorySettings())
        self._connection.shard_count = self.shard_count = 2
        self._connection.shard_ids = range(2)
        self._connection.guild_ready_timeout = 1_000
        self.told: list[tuple[object, ...]] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event in {"ready", "shard_ready", "guild_available"}:
            self.told.append((event, *(getattr(arg, "id", arg) for arg in args)))


async def test_a_shard_that_begins_anew_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the guilds of the other shard goes on waiting for them."""
    clock = Clock(monkeypatch)
    async with TwoShards() as bot:
        here = guild()
        shard = (here.id >> 22) % 2
        for number in (shard, 1 - shard, 1 - shard):
            bot._connection.parsers["READY"](ready(*([here] if number == shard else []), shard=number))
            await asyncio.sleep(0)
        bot._connection.parsers["GUILD_CREATE"](create(here, unavailable=False))
        await until(lambda: ("guild_available", here.id) in bot.told, "the guild")
        await clock.jump(bot._connection.guild_ready_timeout)
        await until(lambda: ("ready",) in bot.told, "ready")
        assert {("guild_available", here.id), ("shard_ready", 0), ("shard_ready", 1)} <= set(bot.told)
        assert bot._connection._ready_states == {}


@pytest.mark.parametrize(("advised", "warns"), [(1, False), (8, False), (9, True)])
async def test_a_part_of_the_shards(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, advised: int, *, warns: bool
) -> None:
    """They are connected, whatever Discord advises, and have their share of a day's sessions."""
    connected: list[int] = []

    async def connect(_: object, __: object, shard_id: int) -> None:
        connected.append(shard_id)

    limits = {"total": 1_000, "remaining": 999, "reset_after": 0, "max_concurrency": 16}
    monkeypatch.setattr(gateway.Shards, "_connect", connect)
    async with DZoneBot(Config("an.invented.token", shards=Part(2, 3, 8)), MemorySettings()) as bot:
        answer = mock.AsyncMock(return_value=(advised, "wss://localhost", limits))
        monkeypatch.setattr(bot.http, "get_bot_gateway", answer)
        await bot._shards.launch()
        await asyncio.sleep(0)
        assert connected == [*bot._shards.ids] == [2, 3]
        assert bot.shard_count == bot._connection.shard_count == 8
        assert bot._shards.sessions._rate._each == pytest.approx(Sessions(250)._rate._each)
        assert ("think of a larger total" in caplog.text) == warns


async def test_a_bot_that_was_started_too_often(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It waits with its session, and says why: one too many, and Discord resets the token."""
    monkeypatch.setattr(DiscordWebSocket, "from_client", connecting := mock.AsyncMock())
    limits = {"total": 1_000, "remaining": 4, "reset_after": 14_400_000, "max_concurrency": 1}
    async with DZoneBot(Config("an.invented.token"), MemorySettings()) as bot:
        monkeypatch.setattr(
            bot.http, "get_bot_gateway", mock.AsyncMock(return_value=(1, "wss://localhost", limits))
        )
        await bot._shards.launch()
        await asyncio.sleep(0)
        assert bot._shards.sessions.wait(asyncio.get_running_loop().time()) == pytest.approx(3_600, abs=60)
    connecting.assert_not_called()
    assert (
        "connect only 4 more times within 240 min, or resets its token; connecting in 3600 s" in caplog.text
    )


async def test_identifies_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord counts those of a group together: one after the other, and other groups don't wait."""
    monkeypatch.setattr(gateway, "IDENTIFY_PACE", 1000)
    async with DZoneBot(Config("an.invented.token"), MemorySettings()) as bot:
        bot._shards._turns = [gateway._Turn(), gateway._Turn()]
        turns = [asyncio.create_task(bot.before_identify_hook(shard_id)) for shard_id in range(4)]
        await asyncio.wait(turns[:2])
        for _ in range(10):
            await asyncio.sleep(0)
        assert [turn.done() for turn in turns] == [True, True, False, False]
        for turn in turns[2:]:
            turn.cancel()
        await asyncio.wait(turns)


@given(
    # Nothing, to view channels, to administer all, to write.
    everyone=st.sampled_from([0, model.VIEW_CHANNEL, 1 << 3, 1 << 11]),
    kind=st.sampled_from([model.TEXT, model.VOICE, model.STAGE, model.FORUM]),
    overwrites=st.lists(
        st.tuples(
            st.sampled_from(["guild", "role", "7"]),
            st.sampled_from([0, 1]),
            *[st.sampled_from([0, model.VIEW_CHANNEL, 1 << 11])] * 2,
        ),
        max_size=4,
        unique_by=lambda overwrite: overwrite[0],
    ),
)
def test_what_everyone_sees(everyone: int, kind: int, overwrites: list[tuple[str, int, int, int]]) -> None:
    """It is what discord.py says, in less time."""
    world = model.World()
    written = world.written
    written.roles[written.id].permissions = str(everyone)
    role, channel = written.role("role"), written.channel("place", kind)
    ids = {"guild": str(written.id), "role": str(role.id)}
    told = [
        {
            "id": ids.get(whose, whose),
            "type": 0 if whose in ids else of,
            "allow": str(allow),
            "deny": str(deny),
        }
        for whose, of, allow, deny in overwrites
    ]
    found = world.channel(channel, permission_overwrites=told)
    assert isinstance(found, discord.abc.GuildChannel)
    expected = found.permissions_for(found.guild.default_role).view_channel
    assert internals.is_seen_by_everyone(found) is expected


async def test_a_channel_whose_flags_are_left_out(bot: Listening) -> None:
    """It goes on being what it was: nobody guesses that there are no spoilers any more."""
    home = guild()
    channel = home.channel("endings", spoiler=True)
    bot.hear("GUILD_CREATE", create(home))
    told = channel.payload()
    for flags, limited in ((None, True), ("odd", True), (0, False), (None, False)):
        bot.hear("CHANNEL_UPDATE", told | {"flags": flags})
        known = bot.get_channel(channel.id)
        assert isinstance(known, discord.TextChannel)
        assert known.nsfw is limited


# A burst of events


@pytest.mark.parametrize(("budget", "rounds"), [(0.0, 20), (1e9, 0)], ids=["long", "short"])
async def test_a_burst_leaves_turns_of_the_loop(
    monkeypatch: pytest.MonkeyPatch, budget: float, rounds: int
) -> None:
    """Frames that are there at once need not wait for each other: others have their turn in between."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def receive(socket: object, frame: object) -> None:
        """Take no time."""

    monkeypatch.setattr("bridge.running.turns.BUDGET", budget)
    monkeypatch.setattr(parsing, "_receive", receive)
    socket: Any = SimpleNamespace(_connection=SimpleNamespace())
    counting = asyncio.create_task(count())
    await asyncio.sleep(0)
    for _ in range(20):
        await parsing._receive_anything(socket, "{}")
    assert turns == rounds
    counting.cancel()
