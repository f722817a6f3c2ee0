"""What is owed to one viewer, over a real connection: bounded, and never waited for."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.protocol import State

from bridge.outbox import Outbox
from bridge.protocol import Goodbye, encode, text_frame
from tests.bridge.wire import PATIENCE, RawViewer, Watcher, handshake, until, watching

BOUND = 64 * 1024  # small, so that a test need not write megabytes


@dataclass
class Line:
    """Both ends' means: the outbox's connections as they come, and the port to dial."""

    port: int
    connections: asyncio.Queue[ServerConnection]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    connections: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def keep(connection: ServerConnection) -> None:
        await connections.put(connection)
        await connection.wait_closed()

    async with serve(keep, "127.0.0.1", 0, compression=None, close_timeout=0.1) as server:
        yield Line(server.sockets[0].getsockname()[1], connections)


@contextlib.asynccontextmanager
async def reading(line: Line) -> AsyncIterator[tuple[Outbox, ServerConnection, Watcher]]:
    """Connect a viewer that reads when the test does."""
    async with watching(line.port, greeted=False) as watcher:
        connection = await line.connections.get()
        yield Outbox(connection, BOUND), connection, watcher


@contextlib.asynccontextmanager
async def not_reading(line: Line) -> AsyncIterator[tuple[Outbox, ServerConnection, RawViewer]]:
    """Connect a viewer that never reads, and fill what the system buffers for it."""
    viewer = await RawViewer.dial(line.port, receive_buffer=4096)
    try:
        await viewer.say(handshake())
        await viewer.hear_handshake()
        connection = await line.connections.get()
        while connection.transport.get_write_buffer_size() == 0:
            connection.transport.write(frame("x" * 65_536))
            await asyncio.sleep(0)
        yield Outbox(connection, BOUND + connection.transport.get_write_buffer_size()), connection, viewer
    finally:
        viewer.hang_up()


def frame(value: object) -> bytes:
    return text_frame(encode(value))


async def test_frames_arrive_in_order(line: Line) -> None:
    """As they were offered."""
    async with reading(line) as (outbox, _, watcher):
        for number in range(100):
            outbox.offer(frame(number))
        assert [json.loads(await watcher.hear_text()) for _ in range(100)] == list(range(100))


async def test_a_viewer_that_does_not_read_is_dismissed(line: Line) -> None:
    """Once it owes more than the bound; until then it keeps its place."""
    async with not_reading(line) as (outbox, connection, _):
        offered = 0
        while connection.state is State.OPEN:
            outbox.offer(frame("x" * 1_000))
            offered += 1_000
        assert BOUND - 2_000 <= offered <= BOUND + 2_000


async def test_a_viewer_that_reads_nothing_is_dismissed_in_a_quiet_room(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing new need come for it; what it owes is far below the bound, and as it was."""
    monkeypatch.setattr("bridge.outbox.STALL", 0.05)
    caplog.set_level("INFO", "bridge.outbox")
    async with not_reading(line) as (outbox, connection, _):
        outbox.offer(frame("x" * 1_000))
        async with asyncio.timeout(PATIENCE):
            await connection.wait_closed()
        assert connection.state is State.CLOSED
    assert "viewer dismissed: SLOW" in caplog.messages


async def test_a_viewer_that_has_read_everything_keeps_its_place(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is looked at, there is nothing left to read, though there was."""
    looks: list[Outbox] = []
    look = Outbox._look_for_progress

    def look_and_tell(outbox: Outbox) -> None:
        look(outbox)
        looks.append(outbox)

    monkeypatch.setattr("bridge.outbox.STALL", 0.05)
    monkeypatch.setattr(Outbox, "_look_for_progress", look_and_tell)
    async with reading(line) as (outbox, connection, watcher):
        outbox.offer(frame("x" * 200 * BOUND))
        await watcher.hear_text()
        await until(lambda: len(looks) > 0, "a look at the viewer")
        assert connection.state is State.OPEN


async def test_memory_for_a_viewer_that_does_not_read_is_bounded(line: Line) -> None:
    """However much is offered."""
    async with not_reading(line) as (outbox, connection, _):
        before = connection.transport.get_write_buffer_size()
        for _ in range(1_000):
            outbox.offer(frame("x" * 10_000))
        assert connection.transport.get_write_buffer_size() - before <= BOUND + 20_000


async def test_one_large_write_is_no_sign_of_slowness(line: Line) -> None:
    """A viewer that owes nothing keeps its place, whatever comes at once."""
    async with reading(line) as (outbox, connection, watcher):
        outbox.offer(b"".join(frame("x" * 1_000) for _ in range(2 * BOUND // 1_000)))
        assert connection.state is State.OPEN
        for _ in range(2 * BOUND // 1_000):
            await watcher.hear_text()


async def test_events_follow_a_large_write_that_is_not_through(line: Line) -> None:
    """What came at once takes its time on a healthy line; it still keeps its place."""
    async with reading(line) as (outbox, connection, watcher):
        outbox.offer(frame("x" * 200 * BOUND))
        assert connection.transport.get_write_buffer_size() > BOUND
        outbox.offer(frame("event"))
        await watcher.hear_text()
        assert json.loads(await watcher.hear_text()) == "event"


async def test_large_writes_do_not_pile_up(line: Line) -> None:
    """One may be owed; who reads nothing of it is dismissed at the second."""
    async with not_reading(line) as (outbox, connection, _):
        for _ in range(3):
            outbox.offer(frame("x" * 4 * BOUND))
        assert connection.state is not State.OPEN


async def test_a_snapshot_may_be_larger_than_the_bound(line: Line) -> None:
    """A large guild is not the viewer's fault."""
    async with reading(line) as (outbox, _, watcher):
        outbox.offer(frame("x" * 100 * BOUND))
        assert len(await watcher.hear_text()) == 100 * BOUND + 2


async def test_events_follow_a_snapshot_that_is_not_through(line: Line) -> None:
    """A slow line does not cost a healthy viewer its place."""
    async with reading(line) as (outbox, connection, watcher):
        outbox.offer(frame("x" * 200 * BOUND))
        assert connection.transport.get_write_buffer_size() > BOUND
        outbox.offer(frame("event"))
        await watcher.hear_text()
        assert json.loads(await watcher.hear_text()) == "event"


async def test_a_viewer_that_does_not_read_its_snapshot_is_dismissed(line: Line) -> None:
    """The bound is higher then, but it is there."""
    async with not_reading(line) as (outbox, connection, _):
        outbox.offer(frame("x" * BOUND))
        for _ in range(10):
            outbox.offer(frame("x" * BOUND))
        assert connection.state is not State.OPEN


async def test_a_second_snapshot_is_not_piled_on_the_first(line: Line) -> None:
    """Who asks again and again without reading is dismissed."""
    async with not_reading(line) as (outbox, connection, _):
        for _ in range(3):
            outbox.offer(frame("x" * 4 * BOUND))
        assert connection.state is not State.OPEN


async def test_a_dismissed_viewer_hears_why(line: Line) -> None:
    """An error, and a close frame with the goodbye's code and reason."""
    async with reading(line) as (outbox, _, watcher):
        outbox.dismiss(Goodbye.REVOKED, "over")
        assert await watcher.hear_error() == "over"
        assert await watcher.farewell() == (1008, "no longer shown")


async def test_a_goodbye_without_a_message(line: Line) -> None:
    """Is a close frame alone."""
    async with reading(line) as (outbox, _, watcher):
        outbox.dismiss(Goodbye.SLOW)
        assert await watcher.farewell() == (1013, "reading too slowly")


async def test_nothing_follows_a_goodbye(line: Line) -> None:
    """Neither frames nor a second goodbye."""
    async with reading(line) as (outbox, _, watcher):
        outbox.dismiss(Goodbye.REVOKED)
        outbox.offer(frame("late"))
        outbox.offer(frame("late"))
        outbox.dismiss(Goodbye.SLOW)
        assert await watcher.farewell() == (1008, "no longer shown")


async def test_a_viewer_that_does_not_listen_is_cut_off(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the grace, though its buffer never drains."""
    monkeypatch.setattr("bridge.outbox.GRACE", 0.05)
    async with not_reading(line) as (outbox, connection, _):
        outbox.dismiss(Goodbye.SLOW)
        await until(lambda: connection.state is State.CLOSED, "the connection is closed")


async def test_the_goodbye_of_one_who_left_is_no_error(line: Line) -> None:
    """They may have gone in the meantime."""
    async with reading(line) as (outbox, connection, watcher):
        await watcher.connection.close()
        await connection.wait_closed()
        outbox.offer(frame("late"))
        outbox.dismiss(Goodbye.RESTART, "over")
