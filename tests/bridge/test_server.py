"""`WebSocketServer`: its life, through real sockets."""

import asyncio
import logging
import socket
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from websockets.exceptions import InvalidHandshake

from bridge.model import GuildInfo
from bridge.problems import LOGIN_NEEDED
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.clock import within
from tests.bridge.conftest import ADA, BEPPO, DWORLD, ENTER_DWORLD, Start, company_of, say_and_hear
from tests.bridge.source import Source
from tests.bridge.watchers import PATIENCE, dialled, fetch, handshake, masked, stuck_viewer, until, watching
from tests.ports import free_port

CLEAN_STOP = 5.0  # seconds within which a stop has to be done, whoever doesn't answer


async def stop_in_time(server: WebSocketServer) -> None:
    async with within(CLEAN_STOP):
        await server.stop()


# Life


async def test_start_returns_when_it_listens(start: Start) -> None:
    """And tells the port that the system chose."""
    server = await start(provider=EmptyProvider())
    assert server.port != 0
    async with watching(server):
        pass


async def test_starting_twice_is_starting_once(bridge: WebSocketServer) -> None:
    """The port stays, viewers stay."""
    port = bridge.port
    async with watching(bridge) as viewer:
        await bridge.start()
        assert bridge.port == port
        await viewer.enter("dworld")


async def test_starting_at_the_same_time_is_starting_once() -> None:
    """Two parts of a program may both want it running."""
    server = WebSocketServer(0, "127.0.0.1")
    await asyncio.gather(server.start(), server.start())
    async with watching(server):
        pass
    await server.stop()


async def test_stopping_twice_is_stopping_once(bridge: WebSocketServer) -> None:
    """Also at the same time."""
    await asyncio.gather(bridge.stop(), bridge.stop())
    await bridge.stop()


async def test_stopping_what_never_started() -> None:
    """There is nothing to do."""
    await WebSocketServer(0, "127.0.0.1").stop()


@pytest.fixture
def lasting() -> WebSocketServer:
    """A bridge with a room, and with a port that nobody else is given while it is stopped."""
    server = WebSocketServer(free_port(), "127.0.0.1", provider=EmptyProvider())
    server.show_guild(DWORLD, [ADA, BEPPO])
    return server


async def test_a_stopped_server_starts_again_on_its_port(start: Start, lasting: WebSocketServer) -> None:
    """With its rooms and members."""
    bridge = await start(lasting)
    port = bridge.port
    await bridge.stop()
    await bridge.start()
    assert bridge.port == port
    async with watching(bridge) as viewer:
        assert (await viewer.enter("dworld"))["users"].keys() == {"111", "222"}
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await viewer.hear())["data"]["status"] == "dnd"


async def test_it_says_whether_it_serves() -> None:
    """Before, while, after."""
    server = WebSocketServer(0, "127.0.0.1")
    said = [server.is_serving]
    await server.start()
    said.append(server.is_serving)
    await server.stop()
    said.append(server.is_serving)
    assert said == [False, True, False]


async def test_a_port_in_use_is_an_os_error() -> None:
    """And no half-started server is left."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        server = WebSocketServer(port, "127.0.0.1")
        with pytest.raises(OSError, match="in use"):
            await server.start()
        assert not server.is_serving
    await server.start()
    async with watching(server):
        pass
    await server.stop()


async def test_localhost_is_reached_at_the_port_it_tells() -> None:
    """By whatever address the name means on this machine."""
    server = WebSocketServer(0, "localhost", provider=EmptyProvider())
    await server.start()
    addresses = {info[4][0] for info in socket.getaddrinfo("localhost", server.port, type=socket.SOCK_STREAM)}
    for address in addresses:
        with socket.create_connection((str(address), server.port), timeout=PATIENCE):
            pass
    await server.stop()


async def test_nobody_new_gets_in_after_the_stop(start: Start, lasting: WebSocketServer) -> None:
    """The port is closed."""
    bridge = await start(lasting)
    await bridge.stop()
    with pytest.raises((OSError, InvalidHandshake)):
        async with watching(bridge):
            pass


async def test_viewers_hear_1001_at_the_stop(bridge: WebSocketServer) -> None:
    """Seated or not: going away, come back."""
    async with watching(bridge) as seated, watching(bridge) as greeted:
        await seated.enter("dworld")
        _, *farewells = await asyncio.gather(stop_in_time(bridge), seated.farewell(), greeted.farewell())
        assert farewells == [(1001, "bridge restarting")] * 2


async def test_what_happened_just_before_the_stop_is_told(bridge: WebSocketServer) -> None:
    """What is pending goes out before the goodbye."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", batch=True)
        for number in range(10):
            await bridge.broadcast_message(DWORLD.id, "111", str(number), "9")
        await stop_in_time(bridge)
        heard: list[str] = []
        while len(heard) < 10:
            heard += [event["data"]["message"] for event in await viewer.hear_events()]
        assert heard == [str(number) for number in range(10)]


@pytest.mark.usefixtures("short_grace")
async def test_a_connection_that_never_finishes_its_handshake_does_not_keep_it(
    bridge: WebSocketServer,
) -> None:
    """Silent, or in the middle of a line."""
    async with dialled(bridge) as silent, dialled(bridge) as slow:
        await slow.say(handshake()[:20])
        async with watching(bridge):  # both have been accepted by now
            await stop_in_time(bridge)
        assert await silent.end() == b""
        assert await slow.end() == b""


@pytest.mark.usefixtures("short_grace")
async def test_a_viewer_that_never_reads_does_not_keep_it(bridge: WebSocketServer) -> None:
    """Its buffer is full: not even the goodbye goes through."""
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD):
        stuck = await company_of(healthy, bridge)
        while stuck.transport.get_write_buffer_size() == 0:
            await say_and_hear(bridge, healthy)
        await stop_in_time(bridge)


@pytest.mark.usefixtures("short_grace")
async def test_a_viewer_that_does_not_answer_the_goodbye_does_not_keep_it(bridge: WebSocketServer) -> None:
    """It is cut off."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake())
        await viewer.hear_handshake()
        await viewer.hear()
        await stop_in_time(bridge)


@pytest.mark.usefixtures("short_grace")
@pytest.mark.parametrize("about", ["servers", "1"])
async def test_a_provider_that_hangs_does_not_keep_it(
    fed: WebSocketServer, source: Source, about: str
) -> None:
    """Its viewers wait for an answer that they will not get."""
    async with watching(fed) as viewer:
        source.hold(about)
        await viewer.ask("one")
        await source.was_asked(about, 2 if about == "servers" else 1)
        await stop_in_time(fed)


@pytest.mark.usefixtures("short_grace")
async def test_a_validator_that_hangs_does_not_keep_it(fed: WebSocketServer) -> None:
    """A slow identity service is no reason to stay."""
    asked = asyncio.Event()

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.ask("three", discordToken="t", discordUser={"id": "7"})
        await asked.wait()
        await stop_in_time(fed)


@pytest.mark.usefixtures("short_grace")
async def test_a_page_that_hangs_does_not_keep_it(bridge: WebSocketServer) -> None:
    """An HTTP request in the middle of its answer."""
    asked = asyncio.Event()

    async def page(path: str) -> None:
        asked.set()
        await asyncio.Event().wait()

    bridge.on_static_request(page)
    fetching = asyncio.create_task(fetch(bridge))
    await asked.wait()
    await stop_in_time(bridge)
    await fetching


async def test_nothing_runs_on_after_the_stop(start: Start) -> None:
    """No task of the bridge is left, also after the mock guilds have lived."""
    before = asyncio.all_tasks()
    server = await start()
    async with watching(server) as viewer:
        await viewer.enter("dworld")
        await server.stop()
    assert asyncio.all_tasks() <= before


async def test_connections_are_those_who_are_here(bridge: WebSocketServer) -> None:
    """They come and go."""
    async with watching(bridge), watching(bridge):
        assert len(bridge.connections) == 2
    await until(lambda: not bridge.connections, "both have gone")


async def test_the_log_has_no_word_of_the_traffic(
    bridge: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither messages nor passwords, even in debug."""
    with caplog.at_level(logging.DEBUG):
        async with watching(bridge) as viewer:
            await viewer.enter("vault", password="sesame")
            await viewer.ask("vault", password="wrong-secret", discordToken="token-secret")
            await viewer.hear_sentence()
            await viewer.enter("dworld")
            await bridge.broadcast_message(DWORLD.id, "111", "private words", "9")
            await viewer.hear()
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("bridge"))
    for secret in ("sesame", "secret", "private words"):
        assert secret not in ours


# run_forever


async def test_run_forever_serves_until_it_is_cancelled() -> None:
    """Then it stops, and its viewers hear 1001."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    running = asyncio.create_task(server.run_forever())
    await until(lambda: server.is_serving, "it listens")
    async with watching(server) as viewer:
        running.cancel()
        assert await viewer.farewell() == (1001, "bridge restarting")
    await asyncio.wait([running])
    assert running.cancelled()
    assert not server.is_serving


async def test_run_forever_takes_over_a_started_server(bridge: WebSocketServer) -> None:
    """As a script does that has to know the port first."""
    running = asyncio.create_task(bridge.run_forever())
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        running.cancel()
        assert (await viewer.farewell())[0] == 1001
    await asyncio.wait([running])


async def test_run_forever_with_a_port_in_use() -> None:
    """Is an OSError."""
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        await WebSocketServer(other.getsockname()[1], "127.0.0.1").run_forever()


def test_run_forever_in_a_thread() -> None:
    """Where Python allows no signal handlers, it runs until cancelled."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    served = False

    async def main() -> None:
        nonlocal served
        running = asyncio.create_task(server.run_forever())
        await until(lambda: server.is_serving, "it listens")
        async with watching(server):
            served = True
        running.cancel()
        await asyncio.wait([running])

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join(PATIENCE)
    assert served


def test_one_server_in_two_loops(lasting: WebSocketServer) -> None:
    """Restartable also where each run has a loop of its own."""
    server = lasting

    async def serve_once() -> None:
        await server.start()
        server.show_guild(DWORLD, [ADA])
        async with watching(server) as viewer:
            await viewer.enter("dworld", batch=True)
            await server.broadcast_presence(DWORLD.id, "111", "dnd")
            assert (await viewer.hear())["type"] == "presence"
        await server.stop()

    asyncio.run(serve_once())
    asyncio.run(serve_once())


def test_guilds_can_be_shown_before_the_start() -> None:
    """A script says what there is, and starts afterwards."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    server.show_guild(DWORLD, [ADA])

    async def serve_once() -> None:
        await server.start()
        async with watching(server) as viewer:
            assert (await viewer.enter("dworld"))["users"].keys() == {"111"}
        await server.stop()

    asyncio.run(serve_once())


# Without callbacks


async def test_without_callbacks_there_are_four_guilds(start: Start) -> None:
    """The default has four members, one is protected."""
    async with watching(await start(), greeted=False) as viewer:
        listing = (await viewer.hear())["data"]
        assert [guild["id"] for guild in listing.values()] == ["dworld", "docs", "oauth", "repos"]
        assert len((await viewer.enter(None))["users"]) == 4
        await viewer.ask("oauth")
        assert await viewer.hear_error() == LOGIN_NEEDED


async def test_the_made_up_guilds_live_while_somebody_watches(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People change and talk; with nobody there, nothing happens."""
    monkeypatch.setattr("bridge.providers.mock.PACE", 0.02)
    server = await start()
    for _ in range(2):
        async with watching(server) as viewer:
            await viewer.enter("repos", cursor="")  # new clients wait for no bubble
            await viewer.hear_type("presence")
            await viewer.hear_type("message")
        await until(lambda: not server.connections, "it has gone")
        assert server._following is None


async def test_a_callback_ends_the_made_up_guilds(start: Start, source: Source) -> None:
    """One is enough."""
    server = WebSocketServer(0, "127.0.0.1")
    server.on_get_server_data(source.get_servers)
    server.on_get_user_data(source.get_users)
    async with watching(await start(server), greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}


async def test_a_guild_whose_slug_is_taken_is_named_by_its_snowflake(start: Start) -> None:
    """Two guilds of an owner with one slug: each is reached somehow."""
    server = await start(provider=EmptyProvider())
    server.show_guild(GuildInfo("1", "one", "First"))
    server.show_guild(GuildInfo("2", "one", "Second"))
    async with watching(server) as viewer:
        assert (await viewer.enter("2"))["serverName"] == "Second"


async def test_a_viewer_that_asks_before_its_handshake_is_done_is_served(bridge: WebSocketServer) -> None:
    """Request and handshake in one packet, byte by byte."""
    everything = handshake() + masked(b'{"type":"connect","data":{"server":"repos"}}')
    async with dialled(bridge) as viewer:
        for start_ in range(0, len(everything), 40):
            await viewer.say(everything[start_ : start_ + 40])
        await viewer.hear_handshake()
        types = {(await viewer.hear())["type"] for _ in range(2)}
        assert types == {"server-list", "server-join"}


@pytest.mark.parametrize("field", ["uid", "message", "channel"])
async def test_what_is_no_text_is_refused_where_it_is_said(bridge: WebSocketServer, field: str) -> None:
    """And nothing else that happens at the same time is lost by it."""
    said: dict[str, Any] = {"uid": "111", "message": "hi", "channel": "9"} | {field: b"bytes"}
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "222", "idle")
        with pytest.raises(TypeError, match="text"):
            await bridge.broadcast_message(DWORLD.id, **said)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await viewer.hear())["data"]["status"] == "idle"
        assert (await viewer.hear())["data"]["status"] == "dnd"


@pytest.mark.parametrize("guild_id", [DWORLD.id, int(DWORLD.id)], ids=repr)
async def test_who_is_shown(bridge: WebSocketServer, guild_id: str | int) -> None:
    """By uid, and as they are now; nobody can be brought in that way."""
    shown = bridge.shown(guild_id)
    assert shown == {"111": ADA, "222": BEPPO}
    bridge.hide_members(guild_id, ["222"])
    assert shown == {"111": ADA}
    with pytest.raises(TypeError):
        shown["222"] = BEPPO  # type: ignore[index]  # just so
    assert bridge.shown("unknown") == {}
