"""Who is still there, over real connections and by a clock that the tests put forward."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.frames import Opcode
from websockets.protocol import State

from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.viewers.connection import Connection
from bridge.viewers.pulse import MAX_STUCK, PERIOD
from bridge.viewers.session import Session
from tests.bridge.clock import Clock
from tests.bridge.conftest import ADA, DWORLD, Start
from tests.bridge.watchers import RawViewer, Watcher, dialled, handshake, masked, until, watching

A_LOOK = PERIOD + 0.5  # seconds in which everybody is looked at once
GONE_BY = 60.0  # seconds after which who vanished must be gone


@pytest.fixture
async def bridge(start: Start, monkeypatch: pytest.MonkeyPatch) -> WebSocketServer:
    """A running bridge with one room that viewers fill as they like."""
    monkeypatch.setattr("bridge.viewers.session.GREETING_PATIENCE", 0.0)
    server = await start(provider=EmptyProvider())
    server.show_guild(DWORLD, [ADA])
    return server


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@contextlib.asynccontextmanager
async def mute(server: WebSocketServer) -> AsyncIterator[tuple[RawViewer, Session]]:
    """Connect a viewer that says nothing by itself, not even pong; it is in the room."""
    before = set(server._sessions)
    async with dialled(server, receive_buffer=4096) as viewer:
        await viewer.say(handshake() + masked(b'{"type":"connect","data":{"server":"dworld","batch":true}}'))
        await viewer.hear_handshake()
        for _ in range(2):
            await viewer.hear()
        [connection] = set(server._sessions) - before
        yield viewer, server._sessions[connection]


async def healthy(server: WebSocketServer, stack: contextlib.AsyncExitStack) -> tuple[Watcher, Session]:
    """Connect a viewer as browsers are: it answers pings, and asks for none."""
    before = set(server._sessions)
    watcher = await stack.enter_async_context(watching(server, ping_interval=None))
    await watcher.enter("dworld", batch=True)
    [connection] = set(server._sessions) - before
    return watcher, server._sessions[connection]


async def fill(server: WebSocketServer, session: Session) -> None:
    """Say so much that bytes wait for a viewer that doesn't read."""
    room = session.room
    assert room is not None
    while not session.outbox.unread:
        await server.broadcast_message(DWORLD.id, "111", "x" * 20_000, "9")  # in one piece
        server._directory.flush()


def is_open(session: Session) -> bool:
    return session.connection.state is State.OPEN


async def test_a_quiet_viewer_is_asked_for_a_sign_of_life(bridge: WebSocketServer, clock: Clock) -> None:
    """An empty ping at each look, and it stays as long as it answers."""
    async with mute(bridge) as (viewer, session):
        for _ in range(10):
            await clock.jump(A_LOOK)
            ping = await viewer.hear_frame()
            assert (ping.opcode, bytes(ping.data)) == (Opcode.PING, b"")
            await viewer.say(masked(b"", Opcode.PONG))
            await until(lambda: session.connection.heard, "its pong")
        assert is_open(session)


async def test_a_healthy_viewer_that_says_nothing_stays(bridge: WebSocketServer, clock: Clock) -> None:
    """Its browser answers for it."""
    async with contextlib.AsyncExitStack() as stack:
        watcher, session = await healthy(bridge, stack)
        for _ in range(10):
            await clock.jump(A_LOOK)
            await until(lambda: session.connection.heard, "its pong")
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await watcher.hear())["data"]["status"] == "dnd"


async def test_anything_it_says_is_a_sign_of_life(bridge: WebSocketServer, clock: Clock) -> None:
    """Also half of a frame from a client that knows no pings."""
    async with mute(bridge) as (viewer, session):
        for byte in masked(b'{"type":"what"}'):
            await clock.jump(A_LOOK)
            await viewer.say(bytes([byte]))
            await until(lambda: session.connection.heard, "its byte")
        assert is_open(session)


async def test_who_vanished_is_gone_in_time(
    bridge: WebSocketServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """No FIN, no pong, and nothing to say to it: within a minute nothing is left of it."""
    caplog.set_level("INFO", "bridge.viewers.pulse")
    async with mute(bridge) as (_, session):
        await clock.go_on(3 * PERIOD)
        assert is_open(session), "a moment without an answer is no reason"
        await clock.go_on(GONE_BY - 3 * PERIOD)
        assert not is_open(session)
        await until(lambda: not bridge.connections, "its session is over")
        assert bridge._directory.rooms[DWORLD.id].viewers == []
    assert [record.name for record in caplog.records] == ["bridge.viewers.pulse"]


async def test_who_vanished_with_a_full_buffer_is_gone_in_time(bridge: WebSocketServer, clock: Clock) -> None:
    """Its ping would wait behind all that."""
    async with mute(bridge) as (_, session):
        await fill(bridge, session)
        await clock.go_on(GONE_BY)
        assert not is_open(session)
        await until(lambda: not bridge.connections, "its session is over")


async def test_who_vanished_while_much_is_said_is_gone_in_time(bridge: WebSocketServer, clock: Clock) -> None:
    """Each event that the system still takes is no sign of life."""
    async with mute(bridge) as (_, session):
        for _ in range(round(GONE_BY)):
            await bridge.broadcast_message(DWORLD.id, "111", "x" * 10_000, "9")
            await clock.go_on(1.0)
        assert not is_open(session)


async def test_who_stopped_reading_is_told_so(bridge: WebSocketServer, clock: Clock) -> None:
    """1013, if it reads at last; and no other frame follows."""
    async with mute(bridge) as (viewer, session):
        await fill(bridge, session)
        while is_open(session):
            await clock.go_on(0.5)
        while (frame := await viewer.hear_frame()).opcode is not Opcode.CLOSE:
            assert frame.opcode in (Opcode.TEXT, Opcode.CONT)
        assert bytes(frame.data) == b"\x03\xf5reading too slowly"
        assert await viewer.end() == b""


async def test_pongs_do_not_save_who_reads_nothing(bridge: WebSocketServer, clock: Clock) -> None:
    """A page may hang while its browser is well."""
    async with mute(bridge) as (viewer, session):
        await fill(bridge, session)
        for _ in range(MAX_STUCK):
            assert is_open(session)
            await viewer.say(masked(b"", Opcode.PONG))
            await until(lambda: session.connection.heard, "its pong")
            await clock.jump(A_LOOK)
        assert not is_open(session)


async def test_who_reads_slowly_stays(bridge: WebSocketServer, clock: Clock) -> None:
    """It takes some at each look, and its pong can't come: the ping would be behind all the rest."""
    async with mute(bridge) as (viewer, session):
        for _ in range(4 * MAX_STUCK):
            await fill(bridge, session)
            before = session.outbox.unread
            while session.outbox.unread >= before:
                await viewer.hear_frame()
            await fill(bridge, session)
            await clock.jump(A_LOOK)
            assert is_open(session)


async def test_no_pings_pile_up_behind_what_waits(bridge: WebSocketServer, clock: Clock) -> None:
    """Who doesn't read anyway needs none."""
    async with mute(bridge) as (_, session):
        await fill(bridge, session)
        unread = session.outbox.unread
        await clock.jump(A_LOOK)
        assert session.outbox.unread == unread


async def test_a_standstill_is_nobody_s_fault(bridge: WebSocketServer, clock: Clock) -> None:
    """The loop stood still, or the machine slept, again and again: everybody who answers then stays."""
    async with contextlib.AsyncExitStack() as stack:
        watchers = [await healthy(bridge, stack) for _ in range(3)]
        for _ in range(6):
            await clock.jump(3_600.0)
            for _, session in watchers:
                await until(lambda session=session: session.connection.heard, "its pong")  # type: ignore[misc]
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        for watcher, _ in watchers:
            assert (await watcher.hear())["data"]["status"] == "dnd"


async def test_everybody_is_looked_at(bridge: WebSocketServer, clock: Clock) -> None:
    """Whenever they came: the one who vanished goes, the others stay."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = []
        for _ in range(3):
            sessions.append(await healthy(bridge, stack))
            await clock.jump(2.0)
        _, vanished = await stack.enter_async_context(mute(bridge))
        for _ in range(6):
            await clock.go_on(A_LOOK)
            for _, session in sessions:
                await until(lambda session=session: session.connection.heard, "its pong")  # type: ignore[misc]
        assert [is_open(session) for _, session in sessions] == [True] * 3
        assert not is_open(vanished)


async def test_who_left_is_not_looked_at_any_more(bridge: WebSocketServer, clock: Clock) -> None:
    """Nothing of a viewer stays with the pulse."""
    async with mute(bridge):
        assert len(bridge._pulse._round) == 1
    await until(lambda: not bridge.connections, "it has left")
    await clock.jump(A_LOOK)
    assert not bridge._pulse._round


@pytest.mark.usefixtures("clock")  # a look would ask for another sign
async def test_a_connection_says_whether_it_was_heard(bridge: WebSocketServer) -> None:
    """From its first byte on."""
    async with mute(bridge) as (_, session):
        assert isinstance(session.connection, Connection)
        assert session.connection.heard


async def test_a_crowd_is_looked_at_in_parts(
    bridge: WebSocketServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them came together, or the machine slept: some have their turn after the others."""
    monkeypatch.setattr("bridge.viewers.pulse.LOOKS_AT_ONCE", 1)
    async with contextlib.AsyncExitStack() as stack:
        viewers = [(await stack.enter_async_context(mute(bridge)))[0] for _ in range(5)]
        await clock.jump(A_LOOK)
        for viewer in viewers:
            assert (await viewer.hear_frame()).opcode is Opcode.PING
