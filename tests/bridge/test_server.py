"""`WebSocketServer`: its life, its callbacks, its broadcasts, through real sockets."""

import asyncio
import contextlib
import itertools
import logging
import socket
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidHandshake
from websockets.frames import Opcode

from bridge.model import Channel, GuildInfo, Member, Voice
from bridge.problems import LOGIN_ENDED, LOGIN_NEEDED, NO_ANSWER, SERVER_HIDDEN
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.viewers.outbox import MAX_BACKLOG
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, Start, patient
from tests.bridge.source import SECRET, Source
from tests.bridge.watchers import (
    PATIENCE,
    Json,
    Watcher,
    dialled,
    fetch,
    handshake,
    masked,
    stuck_viewer,
    unpacked,
    until,
    watching,
)

CLEAN_STOP = 5.0  # seconds within which a stop has to be done, whoever doesn't answer


ENTER_DWORLD = {"type": "connect", "data": {"server": "dworld", "batch": True}}


async def say_and_hear(server: WebSocketServer, viewer: Watcher, words: str = "") -> None:
    """Say something long in `dworld`, and wait until one who listens has heard it."""
    await server.broadcast_message(DWORLD.id, "111", f"{words} {'x' * 65_536}", "9")
    [event] = await viewer.hear_events()
    assert event["data"]["message"].startswith(f"{words} ")


async def company_of(viewer: Watcher, server: WebSocketServer) -> ServerConnection:
    """Let a viewer enter `dworld`; return the bridge's end of the only other connection."""
    await viewer.enter("dworld", batch=True)
    port = viewer.connection.local_address[1]
    [other] = [each for each in server.connections if each.remote_address[1] != port]
    return other


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who don't answer have less time, so that a test need not wait for it."""
    monkeypatch.setattr("bridge.viewers.listening.STOP_GRACE", 0.2)
    monkeypatch.setattr("bridge.viewers.connection.GRACE", 0.2)


@pytest.fixture
def quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at viewers many times a second."""
    monkeypatch.setattr("bridge.viewers.pulse.PERIOD", 0.2)
    monkeypatch.setattr("bridge.viewers.pulse.TICK", 0.01)


async def stop_in_time(server: WebSocketServer) -> None:
    async with asyncio.timeout(CLEAN_STOP):
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


async def test_a_stopped_server_starts_again_on_its_port(bridge: WebSocketServer) -> None:
    """With its rooms and members."""
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
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = WebSocketServer(other.getsockname()[1], "127.0.0.1")
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


async def test_nobody_new_gets_in_after_the_stop(bridge: WebSocketServer) -> None:
    """The port is closed."""
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


def test_one_server_in_two_loops() -> None:
    """Restartable also where each run has a loop of its own."""
    server = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())

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


# Viewers that read slowly


@pytest.mark.usefixtures("quick_pulse", "short_grace")
async def test_a_stuck_viewer_is_let_go_and_the_others_miss_nothing(bridge: WebSocketServer) -> None:
    """Everybody else in the room hears every event before the next is said, while one stopped reading."""
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD):
        stuck = await company_of(healthy, bridge)
        for number in itertools.count():
            await say_and_hear(bridge, healthy, str(number))
            if stuck not in bridge.connections:
                break
        await healthy.has_heard_everything()


@patient
async def test_who_pings_and_reads_nothing_costs_no_memory(bridge: WebSocketServer) -> None:
    """Each ping has an answer; they may not pile up without end for who doesn't read them."""
    ping = masked(b"x" * 125, Opcode.PING)
    async with stuck_viewer(bridge, ENTER_DWORLD) as pinger:
        [connection] = bridge.connections
        most = 0
        for _ in range(1_000):
            pinger.cram(ping * 1_000)
            await asyncio.sleep(0)  # the bridge's turn
            most = max(most, connection.transport.get_write_buffer_size())
        assert most <= 2 * MAX_BACKLOG


async def test_a_broadcast_never_waits_for_a_viewer(bridge: WebSocketServer) -> None:
    """It is done before anybody else had a turn."""
    async with stuck_viewer(bridge, ENTER_DWORLD):
        for _ in range(200):
            broadcast = bridge.broadcast_message(DWORLD.id, "111", "x" * 65_536, "9")
            with pytest.raises(StopIteration):
                broadcast.send(None)


async def test_memory_for_a_stuck_viewer_is_bounded(bridge: WebSocketServer) -> None:
    """It is owed one backlog at the most, however much is said; it is neither let go nor forgotten."""
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD):
        stuck = await company_of(healthy, bridge)
        outbox = bridge._sessions[stuck].outbox
        most = 0
        for _ in range(2 * MAX_BACKLOG // 65_536 + 64):
            await say_and_hear(bridge, healthy)
            most = max(most, outbox._backlog + stuck.transport.get_write_buffer_size())
        assert MAX_BACKLOG // 2 < most <= MAX_BACKLOG + 3 * 65_536
        assert not outbox._waiting
        assert stuck in bridge.connections


@pytest.mark.parametrize("members", [1_000, 1], ids=["at once", "in steps"])
async def test_who_reads_again_is_brought_up_to_date(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch, members: int
) -> None:
    """What it could not be told is dropped, and made up for by a snapshot; then events follow it.

    However few members are encoded in a turn of the loop.
    """
    monkeypatch.setattr("bridge.rooms.pages.ENCODED_AT_ONCE", members)
    monkeypatch.setattr("bridge.rooms.pages.COMPRESSED_AT_ONCE", 2)
    async with watching(bridge) as healthy, stuck_viewer(bridge, ENTER_DWORLD) as sleeper:
        asleep = await company_of(healthy, bridge)
        outbox = bridge._sessions[asleep].outbox
        while not outbox._behind:
            await say_and_hear(bridge, healthy)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        await bridge.broadcast_presence(DWORLD.id, "222", "dnd")
        while (frame := await sleeper.hear())["type"] != "server-join":
            assert frame["type"] in {"server-list", "message", "batch"}
        assert frame["data"]["users"]["111"]["status"] == "dnd"
        await bridge.broadcast_presence(DWORLD.id, "111", "idle")
        assert (await sleeper.hear())["data"] == {"uid": "111", "status": "idle"}


async def test_who_fell_behind_knows_the_servers_there_are(bridge: WebSocketServer) -> None:
    """The list changed meanwhile: a snapshot of a room alone does not make up for that."""
    enter = {"type": "connect", "data": {"server": "dworld", "batch": True, "events": ["servers"]}}
    async with watching(bridge) as healthy, stuck_viewer(bridge, enter) as sleeper:
        outbox = bridge._sessions[await company_of(healthy, bridge)].outbox
        while not outbox._behind:
            await say_and_hear(bridge, healthy)
        bridge.hide_guild(REPOS.id)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        heard: list[Json] = []
        while not heard or heard[-1]["type"] != "error":
            heard += unpacked([await sleeper.hear()])
            if heard[-1]["type"] == "server-join":
                await sleeper.say(masked(b"that was all"))
        lists = [event["data"] for event in heard if event["type"] in {"server-list", "servers"}]
        assert lists
        assert REPOS.id not in lists[-1]


@pytest.mark.usefixtures("quick_pulse", "short_grace")
async def test_questions_whose_answers_nobody_reads_end(bridge: WebSocketServer) -> None:
    """A client that asks for a large guild again and again, and never reads, is let go."""
    bridge.show_guild(DWORLD, [Member(f"9{number:017}", f"Member {number}") for number in range(12_000)])
    question = masked(f'{{"type":"get_user_data","serverId":"{DWORLD.id}"}}'.encode())
    async with dialled(bridge) as asker:
        await asker.say(handshake() + question * 100)
        await until(lambda: bool(bridge.connections), "it is here")
        await until(lambda: not bridge.connections, "it has been let go")


@pytest.mark.parametrize("wishes", [{}, {"batch": True}])
async def test_a_healthy_viewer_survives_a_storm(bridge: WebSocketServer, wishes: Json) -> None:
    """A role that 12,000 members have gets another colour: nobody is too slow for that."""
    members = [Member(f"9{number:017}", f"Member {number}") for number in range(12_000)]
    bridge.show_guild(DWORLD, members)
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", **wishes)
        bridge.show_members(DWORLD.id, [member._replace(role_color="#123456") for member in members])
        await bridge.broadcast_presence(DWORLD.id, members[0].uid, "dnd")
        events: list[Json] = []
        while not events or events[-1]["data"]["status"] != "dnd":
            events += await viewer.hear_events()
        assert [event["data"]["uid"] for event in events] == [each.uid for each in (*members[1:], members[0])]


# Broadcasts


async def watcher_of(server: WebSocketServer, viewer: Watcher) -> Watcher:
    await viewer.enter("dworld", events=["typing", "voice", "reaction", "edit", "activity", "servers"])
    return viewer


async def test_a_message_by_keyword(bridge: WebSocketServer) -> None:
    """The documented names; ids may be numbers."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message(server=int(DWORLD.id), uid=111, message="hi", channel=9)
        assert (await viewer.hear())["data"] == {"uid": "111", "message": "hi", "channel": "9"}


async def test_a_presence_by_position(bridge: WebSocketServer) -> None:
    """server, uid, status, username, role_color, delete."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(int(DWORLD.id), 555, "online", "Chiara", "#ABCDEF", False)
        assert (await viewer.hear())["data"] == {
            "uid": "555", "status": "online", "username": "Chiara", "roleColor": "#abcdef",
        }  # fmt: skip


async def test_a_presence_by_keyword(bridge: WebSocketServer) -> None:
    """A removal is sent as one."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(server=DWORLD.id, uid="111", status="offline", delete=True)
        assert (await viewer.hear())["data"] == {"uid": "111", "status": "offline", "delete": True}


async def test_a_second_color_is_for_who_asked_for_events(bridge: WebSocketServer) -> None:
    """None takes it away; left out, it stays."""
    async with watching(bridge) as viewer, watching(bridge) as old:
        await viewer.enter("dworld", events=["typing"])
        await old.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "online", role_color2="#ABCDEF")
        assert (await viewer.hear())["data"]["roleColor2"] == "#abcdef"
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert "roleColor2" not in (await viewer.hear())["data"]
        await bridge.broadcast_presence(DWORLD.id, "111", "idle", role_color2=None)
        assert (await viewer.hear())["data"]["roleColor2"] is None
        for status in ("dnd", "idle"):
            assert (await old.hear_type("presence"))["data"] == {"uid": "111", "status": status}


@pytest.mark.parametrize(("status", "seen"), [("invisible", "offline"), ("away", "offline"), ("dnd", "dnd")])
async def test_a_status_is_one_that_viewers_know(bridge: WebSocketServer, status: str, seen: str) -> None:
    """Invisible and unknown ones are offline."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", status)
        assert (await viewer.hear())["data"]["status"] == seen


async def test_a_presence_keeps_what_it_does_not_speak_of(bridge: WebSocketServer) -> None:
    """Name and colour stay."""
    await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
    async with watching(bridge) as viewer:
        assert (await viewer.enter("dworld"))["users"]["111"] == {
            "uid": "111", "username": "Ada", "status": "dnd", "roleColor": "#5865f2",
        }  # fmt: skip


@pytest.mark.parametrize("color", ["red", "", "#12"])
async def test_a_malformed_color_is_the_default(bridge: WebSocketServer, color: str) -> None:
    """Viewers get a colour that they can draw."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "online", role_color=color)
        assert (await viewer.hear())["data"]["roleColor"] == "#ffffff"


async def test_somebody_new_without_a_name_is_not_shown(bridge: WebSocketServer) -> None:
    """Old clients would show a nameless actor."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "555", "online")
        assert await viewer.has_heard_everything()


async def test_the_removal_of_somebody_unknown_is_not_sent(bridge: WebSocketServer) -> None:
    """Old clients would make an actor of it."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "555", "offline", delete=True)
        assert await viewer.has_heard_everything()


async def test_a_removal_waits_for_the_words_of_who_leaves(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline at once, gone when the bubble is over, by a timer of the bridge's own."""
    monkeypatch.setattr("bridge.rooms.playback._FRAMES", 3_000.0)  # so that it plays fifty times as fast
    async with watching(bridge, origin="http://localhost") as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message(DWORLD.id, "111", "bye", "9")
        await bridge.broadcast_presence(DWORLD.id, "111", "offline", delete=True)
        heard = [(await viewer.hear())["data"] for _ in range(3)]
        assert heard == [
            {"uid": "111", "message": "bye", "channel": "9"},
            {"uid": "111", "status": "offline"},
            {"uid": "111", "status": "offline", "delete": True},
        ]


async def test_broadcasts_to_a_guild_nobody_knows_are_ignored(bridge: WebSocketServer) -> None:
    """A guild may have been hidden a moment ago."""
    await bridge.broadcast_message("1", "111", "hi", "9")
    await bridge.broadcast_presence("1", "111", "online", "Ada")
    await bridge.broadcast_client_id_update("1", "42")
    await bridge.broadcast_message({"type": "refresh_data", "serverId": "1"})
    await bridge.broadcast_typing("1", "111", "9")
    await bridge.broadcast_reaction("1", "111", "9", "🎉")
    await bridge.broadcast_edit("1", "111", "9", "5", None)
    await bridge.broadcast_voice("1", "111", None)
    await bridge.broadcast_activity("1", "111", None)
    bridge.show_members("1", [ADA])
    bridge.hide_guild("1")


@pytest.mark.parametrize("frame", [{}, {"type": "message"}, {"type": "server-list", "data": {}}])
async def test_other_frames_cannot_be_broadcast(bridge: WebSocketServer, frame: Json) -> None:
    """Only the documented one; a mistake is said at once."""
    with pytest.raises(ValueError, match="refresh_data"):
        await bridge.broadcast_message(frame)


async def test_a_request_to_refresh_takes_a_number(bridge: WebSocketServer) -> None:
    """Ids may be numbers everywhere."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message({"type": "refresh_data", "serverId": int(DWORLD.id)})
        assert (await viewer.hear())["serverId"] == DWORLD.id


async def test_a_reaction(bridge: WebSocketServer) -> None:
    """For those who asked."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_reaction(DWORLD.id, 111, 9, "🎉")
        event = await viewer.hear()
        assert (event["type"], event["data"]) == ("reaction", {"uid": "111", "channel": "9", "emoji": "🎉"})


@pytest.mark.parametrize("words", ["other words", None])
async def test_an_edit(bridge: WebSocketServer, words: str | None) -> None:
    """None is a deletion."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_edit(DWORLD.id, "111", "9", 5, words)
        event = await viewer.hear()
        assert (event["type"], event["data"]) == (
            "edit", {"uid": "111", "channel": "9", "id": "5", "message": words},
        )  # fmt: skip


PICTURES = {":turnip:": "https://cdn.example/1.png"}


async def test_emoji_that_are_pictures(bridge: WebSocketServer) -> None:
    """In messages, edits and reactions."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_message(DWORLD.id, "111", "a :turnip:", "9", id="5", emoji=PICTURES)
        await bridge.broadcast_edit(DWORLD.id, "111", "9", "5", "the :turnip:", emoji=PICTURES)
        await bridge.broadcast_reaction(DWORLD.id, "111", "9", ":turnip:", image=PICTURES[":turnip:"])
        heard = [(await viewer.hear())["data"] for _ in range(3)]
    assert [(data["emoji"], data.get("image")) for data in heard] == [
        (PICTURES, None), (PICTURES, None), (":turnip:", "https://cdn.example/1.png"),
    ]  # fmt: skip


async def test_words_without_pictures(bridge: WebSocketServer) -> None:
    """Nothing is said of emoji; words that are taken back have none either."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_message(DWORLD.id, "111", "hi", "9", emoji={})
        await bridge.broadcast_edit(DWORLD.id, "111", "9", "5", "hi", emoji={})
        await bridge.broadcast_edit(DWORLD.id, "111", "9", "6", None, emoji=PICTURES)
        heard = [(await viewer.hear())["data"] for _ in range(3)]
    assert [data for data in heard if "emoji" in data] == []


async def test_pictures_are_checked_where_they_are_said(bridge: WebSocketServer) -> None:
    """A mistake is the owner's, and no viewer hears of it."""
    wrong: Any = {":turnip:": "http://cdn.example/1.png"}
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        with pytest.raises(ValueError, match="https://"):
            await bridge.broadcast_message(DWORLD.id, "111", "a :turnip:", "9", emoji=wrong)
        with pytest.raises(ValueError, match="https://"):
            await bridge.broadcast_edit(DWORLD.id, "111", "9", "5", "a :turnip:", emoji=wrong)
        with pytest.raises(ValueError, match="https://"):
            await bridge.broadcast_reaction(DWORLD.id, "111", "9", ":turnip:", image="javascript:alert(1)")
        assert await viewer.has_heard_everything()


async def test_voice(bridge: WebSocketServer) -> None:
    """Where somebody talks; it is in later snapshots as well."""
    async with watching(bridge) as viewer, watching(bridge) as late:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_voice(DWORLD.id, 111, Voice("9", "Lounge", streaming=True))
        event = await viewer.hear()
        assert event["type"] == "voice"
        assert event["data"]["channelName"] == "Lounge"
        data = await late.enter("dworld", events=["voice"])
        assert data["users"]["111"]["voice"]["streaming"] is True


async def test_an_activity(bridge: WebSocketServer) -> None:
    """What somebody does."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_activity(DWORLD.id, 111, "Playing Factorio")
        event = await viewer.hear()
        assert (event["type"], event["data"]) == ("activity", {"uid": "111", "text": "Playing Factorio"})


async def test_voice_and_activity_of_somebody_unknown_are_ignored(bridge: WebSocketServer) -> None:
    """There is nobody to show it at."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_voice(DWORLD.id, "555", Voice("9", "Lounge"))
        await bridge.broadcast_activity(DWORLD.id, "555", "Chess")
        assert await viewer.has_heard_everything()


# Rooms of the owner


async def test_a_guild_that_is_hidden_lets_its_viewers_go(bridge: WebSocketServer) -> None:
    """An error, then 1008; viewers of other rooms stay."""
    async with watching(bridge) as viewer, watching(bridge) as other:
        await viewer.enter("repos")
        await other.enter("dworld")
        bridge.hide_guild(REPOS.id)
        assert await viewer.hear_error() == SERVER_HIDDEN
        assert (await viewer.farewell())[0] == 1008
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await other.hear())["type"] == "presence"


async def test_showing_a_guild_again_shows_the_difference(bridge: WebSocketServer) -> None:
    """Viewers stay, and end with the true state."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", batch=True)
        bridge.show_guild(DWORLD, [BEPPO, Member("555", "Chiara")])
        events: list[Json] = []
        while len(events) < 2:
            events += await viewer.hear_events()
        assert {event["data"]["uid"]: event["data"].get("delete") for event in events} == {
            "111": True,
            "555": None,
        }


async def test_what_viewers_see_of_somebody(bridge: WebSocketServer) -> None:
    """None of somebody, or of a guild, that they don't see."""
    assert bridge.member(DWORLD.id, 111) == ADA
    assert bridge.member(DWORLD.id, "555") is None
    assert bridge.member("1", "111") is None


async def test_members_are_brought_up_to_date_together(bridge: WebSocketServer) -> None:
    """Those not named stay as they are."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        bridge.show_members(DWORLD.id, [ADA._replace(status="dnd"), BEPPO])
        assert (await viewer.hear())["data"] == {"uid": "111", "status": "dnd"}
        assert await viewer.has_heard_everything()


async def test_channels_of_a_guild_that_changed(bridge: WebSocketServer) -> None:
    """Come as a whole."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        bridge.show_guild(DWORLD, channels=[Channel("9", "general")])
        assert (await viewer.hear())["data"].keys() == {"9"}


# Providers


async def test_rooms_of_a_provider(fed: WebSocketServer) -> None:
    """Its guilds are listed, its members are there."""
    async with watching(fed, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}
        data = await viewer.enter(None)
        assert data["users"] == {
            "11": {"uid": "11", "username": "Ada", "status": "online", "roleColor": "#ff0000"}
        }


async def test_concurrent_joiners_share_one_call(start: Start, source: Source) -> None:
    """However many come at once."""
    server = WebSocketServer(0, "127.0.0.1")
    source.feed(server)
    await start(server)
    source.hold("1")
    async with watching(server) as one, watching(server) as two, watching(server) as three:
        for viewer in (one, two, three):
            await viewer.ask("one")
        await source.was_asked("1")
        source.release("1")
        for viewer in (one, two, three):
            assert (await viewer.hear())["data"]["users"].keys() == {"11"}
    assert (source.asked["1"], source.asked["servers"]) == (1, 1)


async def test_a_room_lives_from_broadcasts_between_refreshes(start: Start, source: Source) -> None:
    """The provider is not asked again within the interval."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    async with watching(server) as one, watching(server) as two:
        await one.enter("one")
        await server.broadcast_presence("1", "12", "online", "Dmitri")
        assert (await two.enter("one"))["users"].keys() == {"11", "12"}
    assert source.asked["1"] == 1


async def test_a_request_to_refresh_makes_the_answer_old(start: Start, source: Source) -> None:
    """Viewers who ask again get what the provider says now."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    async with watching(server) as viewer:
        await viewer.enter("one")
        source.users["1"] = {"12": {"username": "Dmitri"}}
        await server.broadcast_message({"type": "refresh_data", "serverId": "1"})
        assert (await viewer.hear())["type"] == "refresh_data"
        await viewer.say({"type": "get_user_data", "serverId": "1"})
        assert (await viewer.hear_type("user_data"))["users"].keys() == {"12"}


async def test_what_a_refresh_changes_reaches_those_who_watch(fed: WebSocketServer, source: Source) -> None:
    """As presence events, whoever asked for the refresh."""
    async with watching(fed) as viewer, watching(fed) as newcomer:
        await viewer.enter("one")
        source.users["1"]["12"] = {"username": "Dmitri", "status": "idle"}
        await newcomer.enter("one")
        assert (await viewer.hear())["data"] == {
            "uid": "12", "status": "idle", "username": "Dmitri", "roleColor": "#ffffff",
        }  # fmt: skip


async def test_a_guild_that_disappears_lets_its_viewers_go(fed: WebSocketServer, source: Source) -> None:
    """An error, then 1008."""
    async with watching(fed) as viewer, watching(fed) as other:
        await viewer.enter("two")
        del source.servers["2"]
        await other.enter("one")
        assert await viewer.hear_error() == SERVER_HIDDEN
        assert (await viewer.farewell())[0] == 1008


async def test_a_viewer_in_the_lobby_moves_when_the_provider_names_a_guild(
    fed: WebSocketServer, source: Source
) -> None:
    """The list is read again when somebody else comes."""
    servers, source.servers = source.servers, {}
    async with watching(fed) as viewer:
        assert (await viewer.enter(None))["users"] == {}
        source.servers = servers
        async with watching(fed):
            data = (await viewer.hear_type("server-join"))["data"]
        assert data["request"] == {"server": "one"}
        assert data["users"].keys() == {"11"}


async def test_no_guild_id_is_special(fed: WebSocketServer, source: Source) -> None:
    """Whatever a provider calls its guilds, their viewers get there."""
    source.servers = {
        "0": {"id": "zero", "name": "Zero"},
        "232769614004748288": {"id": "dworld", "name": "Not the mock's", "default": True},
    }
    source.users |= {"0": {}, "232769614004748288": {}}
    async with watching(fed) as viewer:
        assert (await viewer.enter("dworld"))["serverName"] == "Not the mock's"
        assert (await viewer.enter("0"))["serverName"] == "Zero"


FAULTS: list[BaseException] = [
    RuntimeError(SECRET),
    KeyError(SECRET),
    ConnectionError(SECRET),
    asyncio.CancelledError(SECRET),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_a_list_that_raises_is_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, fault: BaseException
) -> None:
    """Without the exception's text; afterwards all is well again."""
    async with watching(fed) as viewer:
        source.server_fault = fault
        await viewer.ask("one")
        assert SECRET not in await viewer.hear_sentence()
        source.server_fault = None
        await viewer.enter("one")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_members_that_raise_are_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, fault: BaseException
) -> None:
    """Without the exception's text; afterwards all is well again."""
    async with watching(fed) as viewer:
        source.user_fault = fault
        await viewer.ask("one")
        assert SECRET not in await viewer.hear_sentence()
        source.user_fault = None
        await viewer.enter("one")


@pytest.mark.parametrize("about", ["servers", "1"])
async def test_a_provider_that_hangs_is_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, about: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout."""
    async with watching(fed) as viewer:
        monkeypatch.setattr("bridge.providers.refresher.TIMEOUT", 0.05)
        source.hold(about)
        await viewer.ask("one")
        await viewer.hear_sentence()
        source.release(about)
        monkeypatch.undo()
        await viewer.enter("one")


@pytest.mark.parametrize("rubbish", [None, [], "rubbish", 7, [{"id": "one"}]], ids=repr)
async def test_a_list_of_rubbish_is_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, rubbish: object
) -> None:
    """The server lives."""
    async with watching(fed) as viewer:
        source.servers = rubbish
        await viewer.ask("one")
        await viewer.hear_sentence()
        assert await viewer.has_heard_everything()


@pytest.mark.parametrize("rubbish", [None, [], "rubbish", 7, [{"uid": "11"}]], ids=repr)
async def test_members_of_rubbish_are_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, rubbish: object
) -> None:
    """The server lives."""
    async with watching(fed) as viewer:
        source.users["1"] = rubbish
        await viewer.ask("one")
        await viewer.hear_sentence()
        await viewer.enter("two")


async def test_broken_records_are_repaired_or_skipped(fed: WebSocketServer, source: Source) -> None:
    """The whole ones are shown as they are."""
    source.users["1"] = {
        "11": {"username": "Ada", "status": 7, "roleColor": []},
        12: {"username": "Beppo", "uid": 12, "status": "online"},
        "13": {"username": None},
        "14": "rubbish",
        None: {"username": "Nobody"},
        "15": None,
    }
    async with watching(fed) as viewer:
        assert (await viewer.enter("one"))["users"] == {
            "11": {"uid": "11", "username": "Ada", "status": "offline", "roleColor": "#ffffff"},
            "12": {"uid": "12", "username": "Beppo", "status": "online", "roleColor": "#ffffff"},
        }


@pytest.mark.parametrize("part", ["server_fault", "user_fault"])
async def test_the_default_is_an_error_and_then_a_room(
    fed: WebSocketServer, source: Source, part: str
) -> None:
    """In this order: old clients without a world answer an error by asking for the default again."""
    setattr(source, part, RuntimeError(SECRET))
    async with watching(fed) as viewer:
        await viewer.ask(None)
        assert SECRET not in await viewer.hear_sentence()
        assert (await viewer.hear())["type"] == "server-join"
        assert await viewer.has_heard_everything()


async def test_the_greeting_comes_though_the_provider_fails(fed: WebSocketServer, source: Source) -> None:
    """With the last list that could be read, or none."""
    source.server_fault = RuntimeError(SECRET)
    async with watching(fed, greeted=False) as viewer:
        assert await viewer.hear() == {"type": "server-list", "data": {}}
    source.server_fault = None
    async with watching(fed, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}
    source.server_fault = RuntimeError(SECRET)
    async with watching(fed, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}


async def test_a_failure_is_not_remembered(start: Start, source: Source) -> None:
    """The next joiner asks the provider, however long the interval."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    source.user_fault = RuntimeError(SECRET)
    async with watching(server) as viewer:
        await viewer.ask("one")
        await viewer.hear_sentence()
        source.user_fault = None
        assert (await viewer.enter("one"))["users"].keys() == {"11"}


async def test_a_viewer_who_leaves_while_the_provider_thinks(fed: WebSocketServer, source: Source) -> None:
    """Is not seated afterwards."""
    async with watching(fed) as viewer:
        source.hold("1")
        await viewer.ask("one")
        await source.was_asked("1")
    source.release("1")
    await until(lambda: not fed.connections, "it has gone")
    async with watching(fed) as other:
        await other.enter("one")
        await fed.broadcast_presence("1", "11", "dnd")
        assert (await other.hear())["data"]["status"] == "dnd"


async def test_a_client_id_comes_from_its_callback(fed: WebSocketServer) -> None:
    """With the join."""

    async def client_id(server_id: str) -> str:
        return f"app of {server_id}"

    fed.on_get_client_id(client_id)
    async with watching(fed) as viewer:
        assert (await viewer.enter("one"))["clientId"] == "app of 1"


async def test_who_gets_in_nowhere_learns_where_to_log_in(fed: WebSocketServer, source: Source) -> None:
    """Old clients ask for a login only where the join names the application."""
    source.servers = {"3": source.servers["3"]}

    async def client_id(server_id: str) -> str:
        return f"app of {server_id}"

    fed.on_get_client_id(client_id)
    async with watching(fed) as viewer:
        joined = await viewer.enter("default")
        assert (joined["request"]["server"], joined["clientId"]) == ("lobby", "app of 3")


# Logins


async def test_a_valid_login_enters(fed: WebSocketServer) -> None:
    """The callback learns token, user and guild."""
    asked: list[tuple[str, Mapping[str, Any], str]] = []

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        asked.append((token, user, guild_id))
        return True

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.enter("three", discordToken="t", discordUser={"id": "7", "username": "Ada"})
    assert asked == [("t", {"id": "7", "username": "Ada"}, "3")]


@pytest.mark.parametrize(
    "answer", [False, None, 1, "yes", {"ok": True}, RuntimeError(SECRET), asyncio.CancelledError()], ids=repr
)
async def test_any_other_answer_keeps_the_door_shut(fed: WebSocketServer, answer: Any) -> None:
    """Truthy, raising, cancelled: the same sentence for all."""

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.ask("three", discordToken="t", discordUser={"id": "7"})
        assert await viewer.hear_error() == LOGIN_NEEDED
        await viewer.enter("one")


@pytest.fixture
async def guarded(fed: WebSocketServer) -> WebSocketServer:
    """The bridge whose third guild asks for a login; every login may watch, until it is told otherwise."""

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        return token != "bad"

    fed.on_validate_discord_user(validate)
    return fed


def login(uid: str, token: str = "good") -> Json:
    return {"discordToken": token, "discordUser": {"id": uid, "username": "Somebody"}}


@pytest.mark.parametrize("uid", ["7", 7, None], ids=repr)
@pytest.mark.parametrize("guild_id", ["3", 3], ids=repr)
async def test_who_loses_their_reason_is_let_go(
    guarded: WebSocketServer, guild_id: str | int, uid: str | int | None
) -> None:
    """They hear why, at once; ids may be numbers, and no uid means everybody."""
    async with watching(guarded) as viewer:
        await viewer.enter("three", **login("7"))
        assert guarded.logged_in(guild_id) == {"7"}
        guarded.revoke(guild_id, uid)
        assert guarded.viewer_count("3") == 0
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert (await viewer.farewell())[0] == 1008
    assert guarded.logged_in(guild_id) == set()


async def test_a_crowd_loses_its_reason(guarded: WebSocketServer) -> None:
    """All are out at once, and who asks on the way out gets nothing that they were let in for."""
    async with contextlib.AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(watching(guarded)) for _ in range(5)]
        for number, viewer in enumerate(viewers):
            await viewer.enter("three", **login(str(number)))
        guarded.revoke("3")
        assert guarded.viewer_count("3") == 0
        for viewer in viewers:
            assert await viewer.hear_error() == LOGIN_NEEDED
            assert (await viewer.farewell())[0] == 1008


async def test_others_watch_on(guarded: WebSocketServer) -> None:
    """Of the same guild, in another room, or with a password, which nobody's kick takes away."""
    guarded.show_guild(GuildInfo("9", "vault", "Vault", protected=True, password="sesame"), [ADA])
    async with watching(guarded) as other, watching(guarded) as elsewhere, watching(guarded) as knowing:
        await other.enter("three", **login("8"))
        await elsewhere.enter("one", **login("7"))
        await knowing.enter("vault", password="sesame")
        guarded.revoke("3", "7")
        guarded.revoke("9")
        guarded.revoke("1")
        guarded.revoke("unknown", "7")
        for viewer in (other, elsewhere, knowing):
            assert await viewer.has_heard_everything()
        assert [guarded.viewer_count(guild_id) for guild_id in ("1", "3", "9")] == [1, 1, 1]


async def test_a_kick_while_somebody_enters_leaves_nobody_seated(
    guarded: WebSocketServer, source: Source
) -> None:
    """They were let in, and lost their reason before they had their seat."""
    asked: list[str] = []

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        asked.append(token)
        return len(asked) == 1

    guarded.on_validate_discord_user(validate)
    async with watching(guarded) as viewer:
        source.hold("3")
        await viewer.ask("three", **login("7"))
        await source.was_asked("3")
        guarded.revoke("3", "7")
        source.release("3")
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert len(asked) == 2
        assert guarded.viewer_count("3") == 0


async def test_a_kick_while_somebody_enters_again_leaves_nobody_seated(
    guarded: WebSocketServer, source: Source
) -> None:
    """They sit there already, ask once more, and are let go in the middle of it."""
    async with watching(guarded) as viewer:
        await viewer.enter("three", **login("7"))
        source.hold("3")
        await viewer.ask("three", **login("7"))
        await source.was_asked("3", 2)
        guarded.revoke("3", "7")
        source.release("3")
        assert await viewer.hear_error() == LOGIN_NEEDED
        assert (await viewer.farewell())[0] == 1008
        await until(lambda: not guarded.connections, "it is gone")
        assert guarded.viewer_count("3") == 0
        assert not guarded._directory.rooms["3"].viewers


async def test_a_login_ends_when_it_said(guarded: WebSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is good until then, and its viewer no longer."""
    clock = Clock(monkeypatch)

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=600)

    guarded.on_validate_discord_user(validate)
    async with (
        watching(guarded, ping_interval=None) as viewer,
        watching(guarded, ping_interval=None) as moved,
    ):
        await viewer.enter("three", **login("7"))
        await moved.enter("three", **login("8"))
        await moved.enter("one")
        await clock.jump(590.0)
        assert await viewer.has_heard_everything()
        await clock.jump(11.0)
        assert await viewer.hear_error() == LOGIN_ENDED
        assert (await viewer.farewell())[0] == 1008
        assert await moved.has_heard_everything()


async def test_a_refused_change_does_not_make_a_login_last(
    guarded: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for another room and is refused sits where they sat, and as long."""
    clock = Clock(monkeypatch)

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> Any:
        return token == "good" and datetime.now(UTC) + timedelta(seconds=600)

    guarded.on_validate_discord_user(validate)
    async with watching(guarded, ping_interval=None) as viewer:
        await viewer.enter("three", **login("7"))
        for server, token in (("three", "bad"), ("nowhere", "good")):
            await viewer.ask(server, **login("7", token))
            await viewer.hear_sentence()
        await clock.jump(601.0)
        assert await viewer.hear_error() == LOGIN_ENDED


async def test_a_validator_that_hangs_keeps_the_door_shut(
    fed: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout, which is no answer."""
    monkeypatch.setattr("bridge.access.doorkeeper.TIMEOUT", 0.05)

    async def validate(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        await asyncio.Event().wait()
        return True

    fed.on_validate_discord_user(validate)
    async with watching(fed) as viewer:
        await viewer.ask("three", discordToken="t", discordUser={"id": "7"})
        assert await viewer.hear_error() == NO_ANSWER


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
