"""Viewers that break, vanish, stall or flood, over real sockets: whoever behaves loses nothing by it."""

import asyncio
import contextlib
import itertools
import json
import logging
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from bridge.server import WebSocketServer
from bridge.viewers.connection import Connection
from bridge.viewers.pulse import PERIOD
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, REPOS, patient
from tests.bridge.watchers import (
    PATIENCE,
    Json,
    RawViewer,
    Watcher,
    dialled,
    handshake,
    masked,
    stuck_viewer,
    until,
    watching,
)
from tests.proxy import Proxy

ENTER: Json = {"type": "connect", "data": {"server": "dworld"}}
ENTER_WITH_CURSOR: Json = {"type": "connect", "data": {"server": "dworld", "cursor": ""}}
WISHES: tuple[Json, ...] = ({}, {"batch": True}, {"cursor": ""}, {"events": ["typing"], "batch": True})
BOUND = 16 * 1024  # small, so that a test need not write megabytes
LONG = "x" * 4_000


class Healthy:
    """A viewer that behaves, and reads whatever comes as soon as it comes."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self._events: deque[Json] = deque()

    async def next_number(self) -> int:
        """Hear the next message, which nothing else may precede but presences; return its number."""
        while True:
            while not self._events:
                self._events += await self.watcher.hear_events()
            event = self._events.popleft()
            if event["type"] == "message":
                return _number(event)
            assert event["type"] == "presence", event


class Company:
    """Healthy viewers of each kind in one room, and a count of what was said there."""

    def __init__(self, bridge: WebSocketServer, viewers: list[Healthy], clock: Clock) -> None:
        self.bridge = bridge
        self.viewers = viewers
        self.clock = clock
        self._seats = {session.connection for session in bridge._sessions.values()}  # the server's ends
        self.number = 0

    @property
    def others(self) -> list[Connection]:
        """The server's ends of whoever else is here."""
        here = [session.connection for session in self.bridge._sessions.values()]
        return [each for each in here if each not in self._seats]

    async def say(self, more: str = "") -> None:
        """Say the next number: each in a channel of its own, so that old clients get it at once.

        In one breath Ada takes it as her colour, so that a snapshot tells which message comes next.
        """
        self.number += 1
        await self.bridge.broadcast_presence(DWORLD.id, ADA.uid, "online", role_color=f"#{self.number:06x}")
        words = f"{self.number} {more}"
        await self.bridge.broadcast_message(DWORLD.id, ADA.uid, words, str(self.number))

    async def hear(self, first: int) -> None:
        """Everybody hears all numbers from `first` to the last said, in order."""
        for viewer in self.viewers:
            for number in range(first, self.number + 1):
                assert await viewer.next_number() == number

    async def tell(self, count: int = 1, more: str = "") -> None:
        """Say some numbers at once; everybody hears them before anything else is said."""
        first = self.number + 1
        for _ in range(count):
            await self.say(more)
        await self.hear(first)

    async def pass_time(self) -> None:
        """Let it be time for another look at everybody; those who behave answer its ping."""
        await self.clock.jump(PERIOD)
        await until(lambda: all(seat.heard for seat in self._seats), "they have answered")

    async def outstay(self) -> None:
        """Let time pass until the others are let go; meanwhile everybody hears each event before the next."""
        while self.others:
            await self.tell()
            await self.pass_time()
        await self.is_alone()

    async def is_alone(self) -> None:
        """Wait until nobody else is here any more, not even a connection; the healthy all are."""
        room, expected = self.bridge._directory.rooms[DWORLD.id], len(self.viewers)
        await until(
            lambda: len(self.bridge._gate.alive) <= expected and len(self.bridge.connections) <= expected,
            "the others are gone",
        )
        assert len(self.bridge._gate.alive) == len(self.bridge.connections) == len(room.viewers) == expected
        await self.tell(3)


@pytest.fixture
async def company(bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Company]:
    """One healthy viewer of each kind: they always read, and answer pings. Who is told to go goes soon."""
    monkeypatch.setattr("bridge.viewers.connection.GRACE", 0.05)
    async with contextlib.AsyncExitStack() as stack:
        viewers = []
        for wishes in WISHES:
            url = f"ws://127.0.0.1:{bridge.port}/"
            connection = await stack.enter_async_context(
                connect(
                    url, max_size=None, max_queue=None, open_timeout=PATIENCE, ping_interval=None, proxy=None
                )
            )
            watcher = Watcher(connection)
            assert (await watcher.hear())["type"] == "server-list"
            await watcher.enter("dworld", **wishes)
            viewers.append(Healthy(watcher))
        yield Company(bridge, viewers, Clock(monkeypatch))


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What viewers do is no error of ours."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let little be owed before it is too much."""
    monkeypatch.setattr("bridge.viewers.connection.SEND_BUFFER", 4096)
    monkeypatch.setattr("bridge.viewers.outbox.MAX_BACKLOG", BOUND)


def reset(viewer: RawViewer) -> None:
    """End a connection with a TCP reset."""
    viewer._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    viewer.hang_up()


def _number(message: Json) -> int:
    return int(message["data"]["message"].partition(" ")[0])


async def enter(viewer: RawViewer, request: Json = ENTER) -> Json:
    """Enter a room by hand; return the answer's data."""
    await viewer.say(handshake())
    await viewer.hear_handshake()
    assert (await viewer.hear())["type"] == "server-list"
    await viewer.say(masked(json.dumps(request).encode()))
    frame = await viewer.hear()
    assert frame["type"] == "server-join"
    data = frame["data"]
    assert isinstance(data, dict)
    return data


# Resets


QUESTION = masked(json.dumps(ENTER | {"padding": "x" * 300}).encode())


@pytest.mark.parametrize("length", [1, 3, 6, 50, len(QUESTION) - 1])
async def test_a_reset_in_the_middle_of_a_frame(company: Company, length: int) -> None:
    """In its header, its mask or its payload."""
    async with dialled(company.bridge) as viewer:
        await enter(viewer)
        await company.tell()
        await viewer.say(QUESTION[:length])
        await company.say()
        reset(viewer)
        await company.hear(company.number)
        await company.is_alone()


async def test_a_reset_between_two_fragments(company: Company) -> None:
    """Half a request is none."""
    async with dialled(company.bridge) as viewer:
        await enter(viewer)
        await viewer.say(Frame(Opcode.TEXT, b'{"type":"conn', fin=False).serialize(mask=True))
        reset(viewer)
        await company.is_alone()


async def test_resets_in_a_storm(company: Company) -> None:
    """Many at once, each while a frame is on its way to it."""
    async with contextlib.AsyncExitStack() as stack:
        viewers = []
        for _ in range(30):  # one after the other: nobody may take long for a handshake
            viewers.append(await stack.enter_async_context(dialled(company.bridge)))
            await enter(viewers[-1])
        first = company.number + 1
        for viewer in viewers:
            await company.say(LONG)
            reset(viewer)
            await company.say(LONG)
            await asyncio.sleep(0)
        await company.hear(first)
        await company.is_alone()


async def test_a_reset_by_a_viewer_that_owes_much(company: Company) -> None:
    """What waited for it is forgotten with it."""
    async with stuck_viewer(company.bridge, ENTER) as viewer:
        [connection] = company.others
        while not connection.transport.get_write_buffer_size():
            await company.tell(50, LONG)
        reset(viewer)
        await company.is_alone()


# Peers that are not there any more


async def test_a_line_that_went_dead(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    """Without a FIN: its viewer is let go though nothing is owed to it, and the others hear everything."""
    caplog.set_level("INFO", "bridge.viewers.pulse")
    async with Proxy.to(company.bridge) as (proxy, port), dialled(port) as viewer:
        await enter(viewer)
        await company.tell()
        assert (await viewer.hear())["type"] == "presence"
        proxy.cut()
        await company.outstay()
    assert any("viewer lost" in message for message in caplog.messages)


async def test_many_peers_that_vanished(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    """Who neither reads nor answers pings is let go, though the system still takes what is written."""
    caplog.set_level("INFO", "bridge.viewers.pulse")
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(10):
            await enter(await stack.enter_async_context(dialled(company.bridge)))
        await company.outstay()
    assert len([message for message in caplog.messages if "viewer lost" in message]) == 10


async def test_a_peer_that_only_answers_pings_stays(company: Company) -> None:
    """It watches, and has nothing to say."""
    async with dialled(company.bridge) as viewer:
        await enter(viewer)
        [connection] = company.others
        answering = asyncio.create_task(answer_pings(viewer))
        for _ in range(10):
            await company.pass_time()
            await until(lambda: connection.heard, "it has answered as well")
        assert company.others == [connection]
        answering.cancel()
        await company.outstay()


async def answer_pings(viewer: RawViewer) -> None:
    """Say pong whenever something comes: in a quiet room that is a ping."""
    while await viewer._receive():
        await viewer.say(masked(b"", Opcode.PONG))


# Peers that don't read, or hardly


async def test_a_zero_window(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    """Its peer is let go while much is said, and the others hear each event before the next."""
    caplog.set_level("INFO", "bridge.viewers.outbox")
    async with stuck_viewer(company.bridge, ENTER):
        [connection] = company.others
        while not connection.transport.get_write_buffer_size():
            await company.tell(10, LONG)
        while company.others:
            await company.tell(10, LONG)
            await company.pass_time()
        await company.is_alone()
    assert "viewer dismissed: SLOW" in caplog.text


@pytest.mark.usefixtures("no_pulse")
@pytest.mark.parametrize("request_", [ENTER, ENTER_WITH_CURSOR], ids=["old", "page"])
async def test_who_reads_late_hears_nothing_of_who_hid_meanwhile(
    bridge: WebSocketServer, request_: Json
) -> None:
    """Words that wait for a slow line were framed before, and go no further for that."""
    async with stuck_viewer(bridge, request_) as viewer:
        (connection,) = bridge.connections
        room = bridge._directory.rooms[DWORLD.id]

        async def say(uid: str, words: str, channel: str) -> None:
            await bridge.broadcast_message(DWORLD.id, uid, words, channel)
            await until(lambda: room.is_through, "the words are with the viewer's line")

        channels = map(str, itertools.count(10))  # old clients play one message a channel at a time
        while not connection.paused:
            await say("222", LONG, next(channels))
        await say(ADA.uid, "secret", "9")
        bridge.forget_words(DWORLD.id, ADA.uid)
        bridge.hide_members(DWORLD.id, [ADA.uid])
        while (frame := await viewer.hear())["type"] != "server-join":
            assert frame["data"]["message"] == LONG
        assert ADA.uid not in frame["data"]["users"]


@patient
async def test_a_viewer_that_talks_and_never_reads(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    """A sign of life is not enough: it is let go as too slow, in a room that is quiet by then."""
    caplog.set_level("INFO", "bridge.viewers.outbox")
    async with stuck_viewer(company.bridge, ENTER) as viewer:
        [connection] = company.others
        while not connection.transport.get_write_buffer_size():
            await company.tell(50, LONG)
        while company.others:
            with contextlib.suppress(ConnectionError):
                await viewer.say(masked(b"", Opcode.PONG))
            await company.pass_time()
        await company.is_alone()
    assert "viewer dismissed: SLOW" in caplog.text


@pytest.mark.usefixtures("small_buffers", "no_pulse")
async def test_a_zero_window_owes_no_more_than_the_bound(company: Company) -> None:
    """However much is said."""
    async with stuck_viewer(company.bridge, ENTER_WITH_CURSOR):
        [connection] = company.others
        session = company.bridge._sessions[connection]
        most = 0
        for _ in range(15):
            await company.tell(10, LONG)
            most = max(most, session.outbox.unread + session.outbox._backlog)
        assert BOUND < most < BOUND + 128 * 1024


async def test_zero_windows_in_a_quiet_room(company: Company) -> None:
    """Nothing more has to be said for them to be let go."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(stuck_viewer(company.bridge, ENTER))
        await company.tell(150, LONG * 2)
        while company.others:
            await company.pass_time()
        await company.is_alone()


class ByteReader(RawViewer):
    """Reads one byte at a time."""

    async def _receive(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._sock, 1)


@contextlib.asynccontextmanager
async def byte_reader(bridge: WebSocketServer) -> AsyncIterator[ByteReader]:
    """Connect one whose system buffers next to nothing."""
    viewer = await ByteReader.dial(bridge.port, receive_buffer=2048)
    try:
        yield viewer
    finally:
        viewer.hang_up()


@pytest.mark.usefixtures("no_pulse")
async def test_a_reader_of_one_byte_at_a_time(company: Company) -> None:
    """What it is owed within the bound comes whole and in order."""
    async with byte_reader(company.bridge) as viewer:
        await enter(viewer, ENTER_WITH_CURSOR)
        await company.tell(100, "x" * 500)
        for number in range(1, 101):
            while (frame := await viewer.hear())["type"] == "presence":
                pass
            assert _number(frame) == number
            assert len(frame["data"]["message"]) > 500


@pytest.mark.usefixtures("small_buffers", "no_pulse")
async def test_a_reader_of_one_byte_at_a_time_that_falls_behind(company: Company) -> None:
    """Past the bound it hears a beginning, then a fresh snapshot, and from there on everything."""
    async with byte_reader(company.bridge) as viewer:
        await enter(viewer, ENTER_WITH_CURSOR)
        last, snapshots = 0, 0
        storming = True
        for turn in itertools.count():
            if turn % 10 == 0 and storming:  # reads on while more is said
                await company.tell(25, LONG)
            frame = await viewer.hear()
            if frame["type"] == "server-join":
                snapshots += 1
                last = int(frame["data"]["users"][ADA.uid]["roleColor"][1:], 16)
                storming = snapshots < 2
            elif frame["type"] == "message":
                assert _number(frame) == last + 1
                last += 1
            else:
                assert frame["type"] == "presence"
            if not storming and last == company.number:
                break
        await company.tell()
        assert (await viewer.hear())["type"] == "presence"
        assert _number(await viewer.hear()) == company.number
        assert snapshots >= 2


# Floods


def flood() -> Iterator[tuple[bytes, str]]:
    """Make up a flood: each request with the type of its answer."""
    kinds = [
        (json.dumps(ENTER_WITH_CURSOR).encode(), "server-join"),
        (json.dumps({"type": "get_user_data", "serverId": DWORLD.id}).encode(), "user_data"),
        (b'{"type":"connect","data":{"server":"nowhere"}}', "error"),
        (b'{"type":', "error"),
        (b"[" * 2_000, "error"),
        (b'{"type":"connect","data":7}', "error"),
    ]
    for number in range(3_000):
        payload, answer = kinds[number % len(kinds)]
        if number % 7 == 0:  # in fragments, with a ping between
            half = len(payload) // 2
            frames = (
                Frame(Opcode.TEXT, payload[:half], fin=False),
                Frame(Opcode.PING, b""),
                Frame(Opcode.CONT, b"", fin=False),
                Frame(Opcode.CONT, payload[half:]),
            )
            yield b"".join(frame.serialize(mask=True) for frame in frames), answer
        else:
            yield masked(payload, (Opcode.TEXT, Opcode.BINARY)[number % 2]), answer


@patient
@pytest.mark.usefixtures("no_pulse")
async def test_a_flood_of_frames(company: Company) -> None:
    """Each is answered, in order; meanwhile everybody hears each event before the next is said."""
    requests = list(flood())
    async with dialled(company.bridge) as viewer:
        await enter(viewer)
        pouring = asyncio.create_task(pour(viewer, requests))
        answering = asyncio.create_task(hear_answers(viewer, len(requests)))
        while not answering.done():
            await company.tell(more=LONG)
        await pouring
        assert await answering == [answer for _, answer in requests]
    await company.is_alone()


async def pour(viewer: RawViewer, requests: list[tuple[bytes, str]]) -> None:
    """Say all of it, many to a packet."""
    for start in range(0, len(requests), 100):
        await viewer.say(b"".join(request for request, _ in requests[start : start + 100]))


async def hear_answers(viewer: RawViewer, count: int) -> list[str]:
    """Hear so many answers, and what is said in the room between; return their types."""
    answers: list[str] = []
    reading = Reading(viewer)
    while len(answers) < count:
        kind = (await reading.hear())["type"]
        if kind not in {"presence", "message"}:
            answers.append(kind)
    return answers


class Reading:
    """Reads JSON from a raw viewer, and skips pongs."""

    def __init__(self, viewer: RawViewer) -> None:
        self._viewer = viewer

    async def hear(self) -> Json:
        """Hear the next frame that is no pong."""
        while True:
            with contextlib.suppress(json.JSONDecodeError):  # a pong is empty
                return await self._viewer.hear()


async def test_a_flood_whose_answers_nobody_reads(company: Company) -> None:
    """Costs no more than the bound, and ends with its viewer."""
    requests = list(flood())
    async with dialled(company.bridge, receive_buffer=4096) as viewer:
        await enter(viewer)
        [connection] = company.others
        pouring = asyncio.create_task(pour(viewer, requests * 20))
        owed = 0
        while company.others:
            await company.tell()
            owed = max(owed, connection.transport.get_write_buffer_size())
            await company.pass_time()
        assert owed < 256 * 1024
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
    await company.is_alone()


# The loop stands still


async def test_the_loop_stalls_in_a_storm(company: Company) -> None:
    """For many periods of the pulse: nobody is to blame for that, and nobody is let go."""
    for _ in range(2):
        first = company.number + 1
        for number in range(100):
            await company.say(LONG)
            if number == 50:
                await company.clock.jump(10 * PERIOD)
            if number % 10 == 0:
                await asyncio.sleep(0)
        await company.hear(first)
    for _ in range(10):
        await company.pass_time()
    await company.is_alone()


# Coming and going


@pytest.mark.parametrize("how", ["reset", "hang up", "goodbye"])
async def test_viewers_that_come_and_go_in_a_storm(company: Company, how: str) -> None:
    """Nothing of them stays, and nobody else notices."""

    async def come_and_go() -> None:
        for number in range(25):
            async with dialled(company.bridge) as viewer:
                await viewer.say(handshake() + masked(json.dumps(ENTER_WITH_CURSOR).encode()))
                await viewer.hear_handshake()
                if number % 2:
                    await viewer.hear()
                if how == "reset":
                    reset(viewer)
                elif how == "goodbye":
                    await viewer.say(masked(b"\x03\xe8", Opcode.CLOSE))
                    await viewer.end()

    async with asyncio.TaskGroup() as group:
        guests = [group.create_task(come_and_go()) for _ in range(4)]
        while not all(guest.done() for guest in guests):
            await company.tell(5)
    await company.is_alone()


REQUEST = handshake()


@pytest.mark.parametrize("how", ["reset", "hang up"])
@pytest.mark.parametrize("length", [0, 1, 20, len(REQUEST) - 1, len(REQUEST)])
async def test_an_abort_during_the_handshake(company: Company, length: int, how: str) -> None:
    """Wherever it comes: there was no viewer yet, and there is none."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            viewer = await stack.enter_async_context(dialled(company.bridge))
            await viewer.say(REQUEST[:length])
            await company.tell()
            if how == "reset":
                reset(viewer)
            else:
                viewer.hang_up()
        await company.is_alone()


# What a snapshot does not show


async def test_a_list_that_changed_between_greeting_and_entry(company: Company) -> None:
    """Who asks for `servers` knows the list as it is, not as it was at the greeting."""
    async with watching(company.bridge) as viewer:
        company.bridge.show_guild(replace(REPOS, name="Renamed"))
        await viewer.enter("dworld", events=["servers"])
        assert not await viewer.has_heard_everything()


async def test_a_list_that_changed_during_a_move(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changes room in the window in which the list changed hears of it."""
    async with watching(company.bridge) as viewer:
        await viewer.enter("dworld", events=["servers"])
        monkeypatch.setattr("bridge.rooms.flush.WINDOW", 600)
        monkeypatch.setattr("bridge.rooms.flush.LONGEST_WINDOW", 600)
        await company.tell()  # opens a window that never ends
        assert (await viewer.hear())["type"] == "presence"
        company.bridge.show_guild(replace(REPOS, name="Renamed"))
        await viewer.ask("repos", events=["servers"])
        names = []
        while (frame := await viewer.hear())["type"] != "error":
            if frame["type"] == "servers":
                names.append(frame["data"][REPOS.id]["name"])
            if frame["type"] == "server-join":
                await viewer.say({"type": "is there more?"})
        assert names == ["Renamed"]


async def test_a_resumption_after_a_snapshot_in_the_window_of_a_newcomer(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who saw somebody come in a snapshot hears that they went, though their coming was told later."""
    monkeypatch.setattr("bridge.rooms.flush.WINDOW", 600)
    monkeypatch.setattr("bridge.rooms.flush.LONGEST_WINDOW", 600)
    bridge = company.bridge
    await company.tell()  # opens a window that never ends
    await bridge.broadcast_presence(DWORLD.id, "777", "online", username="Mo")
    async with watching(bridge) as viewer:
        join = await viewer.enter("dworld", cursor="")
    assert "777" in join["users"]
    await bridge.broadcast_presence(DWORLD.id, "777", "idle")
    bridge._directory.flush()
    await bridge.broadcast_presence(DWORLD.id, "777", "offline", delete=True)
    bridge._directory.flush()
    async with watching(bridge) as viewer:
        join = await viewer.enter("dworld", cursor=join["cursor"])
        if join.get("resumed"):
            gone = await viewer.hear_type("presence")
            while "delete" not in gone["data"]:
                gone = await viewer.hear_type("presence")
            assert gone["data"]["uid"] == "777"
        else:
            assert "777" not in join["users"]
