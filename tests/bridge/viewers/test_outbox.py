"""What is owed to one viewer, over a real connection: bounded, and never waited for."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Opcode
from websockets.protocol import State

from bridge.access.gate import Gate
from bridge.access.ledger import Ledger
from bridge.problems import FULL_HOUSE, LOGIN_ENDED
from bridge.running.rate import Rate
from bridge.running.turnstile import MOST
from bridge.viewers import connection
from bridge.viewers.connection import Connection
from bridge.viewers.outbox import FRAGMENTS_AT_ONCE, LOOKED_THROUGH, Outbox
from bridge.wire.framing import FRAGMENT, LongMessage, Quoting, text_frame
from bridge.wire.protocol import Goodbye, encode
from tests.bridge.watchers import PATIENCE, Json, RawViewer, Watcher, handshake, masked, until, watching

BOUND = 64 * 1024  # small, so that a test need not write megabytes
MEBIBYTE = 1 << 20
KEPT = b"x" * 1_000


class Connected(Connection):
    """A connection of no server's: there is none to keep account of it."""

    gate = Gate()
    tls = None
    frame_rate = byte_rate = Rate(1e9, 1e9)


@dataclass
class Line:
    """The bridge's ends as they come, and the port to dial."""

    port: int
    connections: asyncio.Queue[Connection]


class Owed:
    """A viewer's outbox, and what it asked for: each renewal is announced by a frame."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.renewals = 0
        self.renewal = b""  # what it takes beside
        self.outbox = Outbox(connection, self._renew)
        self.outbox._max_backlog = BOUND

    def _renew(self) -> None:
        self.renewals += 1
        self.outbox.offer(frame({"renewal": self.renewals}) + self.renewal)

    def fall_behind(self) -> None:
        """Owe more than the bound."""
        for _ in range(BOUND // len(KEPT) + 1):
            self.outbox.offer(frame({"dropped": KEPT.decode()}))

    @property
    def ledger(self) -> Ledger:
        return self.connection.gate.ledger

    @property
    def in_memory(self) -> int:
        return self.outbox.unread + sum(map(len, self.outbox._waiting))


@dataclass
class Sleeper:
    """A viewer that reads when it is told to, and what it heard."""

    viewer: RawViewer
    heard: list[Json] = field(default_factory=list)

    async def hear_until(self, key: str) -> list[Json]:
        """Read up to a frame with this key; return what came, but for what only filled the line."""
        while True:
            frame = await self.viewer.hear()
            if "fill" not in frame:
                self.heard.append(frame)
            if key in frame:
                return self.heard


@pytest.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr(Connected, "gate", Gate())  # its turnstile belongs to one loop
    for patience in ("GRACE", "FAREWELL"):  # a test may take its time to read, and then hear the goodbye
        monkeypatch.setattr(connection, patience, PATIENCE)
    connections: asyncio.Queue[Connection] = asyncio.Queue()

    async def keep(connection: ServerConnection) -> None:
        assert isinstance(connection, Connection)
        await connections.put(connection)
        await connection.wait_closed()

    async with serve(
        keep, "127.0.0.1", 0, create_connection=Connected, compression=None, close_timeout=0.1
    ) as server:
        yield Line(server.sockets[0].getsockname()[1], connections)


@contextlib.asynccontextmanager
async def reading(line: Line) -> AsyncIterator[tuple[Owed, Watcher]]:
    """Connect a viewer whose client reads all the time."""
    async with watching(line.port, greeted=False) as watcher:
        yield Owed(await line.connections.get()), watcher


@contextlib.asynccontextmanager
async def not_reading(line: Line) -> AsyncIterator[tuple[Owed, Sleeper]]:
    """Connect a viewer that doesn't read, and fill what the system buffers for it."""
    viewer = await RawViewer.dial(line.port, receive_buffer=4096)
    try:
        await viewer.say(handshake())
        await viewer.hear_handshake()
        owed = Owed(await line.connections.get())
        while not owed.connection.paused:
            owed.outbox.offer(frame({"fill": "x" * 16_384}))
            await asyncio.sleep(0)
        yield owed, Sleeper(viewer)
    finally:
        viewer.hang_up()


def frame(value: object) -> bytes:
    return text_frame(encode(value))


def note_writes(owed: Owed) -> list[int]:
    """Note how large each write to the transport is from now on."""
    written: list[int] = []
    write = owed.outbox._write

    def note(data: bytes | bytearray | memoryview) -> None:
        written.append(len(data))
        write(data)

    owed.outbox._write = note
    return written


# Who reads


async def test_frames_arrive_in_order(line: Line) -> None:
    """As they were offered."""
    async with reading(line) as (owed, watcher):
        for number in range(100):
            owed.outbox.offer(frame(number))
        assert [json.loads(await watcher.hear_text()) for _ in range(100)] == list(range(100))


async def test_one_large_write_is_no_sign_of_slowness(line: Line) -> None:
    """A viewer that owes nothing keeps its place, whatever comes at once."""
    async with reading(line) as (owed, watcher):
        owed.outbox.offer(b"".join(frame("x" * 1_000) for _ in range(20 * BOUND // 1_000)))
        for _ in range(20 * BOUND // 1_000):
            await watcher.hear_text()
        assert owed.renewals == 0


async def test_events_follow_a_snapshot_that_is_not_through(line: Line) -> None:
    """A slow line costs a healthy viewer neither its place nor an event, however large its guild is."""
    async with reading(line) as (owed, watcher):
        owed.outbox.offer(frame("x" * 200 * BOUND))
        assert owed.outbox._begun is not None
        for number in range(100):
            owed.outbox.offer(frame(number))
        assert len(await watcher.hear_text()) == 200 * BOUND + 2
        assert [json.loads(await watcher.hear_text()) for _ in range(100)] == list(range(100))
        assert owed.renewals == 0


# Who doesn't


async def test_what_comes_while_nothing_is_read_waits(line: Line) -> None:
    """Up to the bound nothing is lost; it is kept as the same bytes for all whom it waits for."""
    async with not_reading(line) as (owed, sleeper):
        full = owed.outbox.unread
        frames = [frame({"kept": number}) for number in range(100)]
        for each in frames:
            owed.outbox.offer(each)
        assert owed.outbox.unread == full
        assert list(owed.outbox._waiting) == frames
        assert owed.outbox._waiting[0] is frames[0]
        owed.outbox.offer(frame({"end": True}))
        assert await sleeper.hear_until("end") == [{"kept": number} for number in range(100)] + [
            {"end": True}
        ]
        assert owed.renewals == 0


async def test_what_waited_is_copied_in_pieces(line: Line) -> None:
    """A slow viewer takes no more of it than the line does: the rest stays what all share."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox._max_backlog = MEBIBYTE
        frames = [frame({"kept": "x" * 10_000}) for _ in range(100)]
        for each in frames:
            owed.outbox.offer(each)
        assert owed.ledger.size == sum(map(len, frames))
        written = note_writes(owed)
        owed.outbox.offer(frame({"end": True}))
        assert len(await sleeper.hear_until("end")) == 101
        assert max(written) <= FRAGMENT
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)


async def test_a_large_frame_is_not_copied_either(line: Line) -> None:
    """It is cut into fragments, and reads as it would in one piece."""
    async with reading(line) as (owed, watcher):
        written = note_writes(owed)
        several = frame({"number": 1}) + frame("x" * MEBIBYTE) + frame({"number": 2})
        owed.outbox.offer(several)
        owed.outbox.offer(frame({"number": 3}))
        heard = [json.loads(await watcher.hear_text()) for _ in range(4)]
        assert heard == [{"number": 1}, "x" * MEBIBYTE, {"number": 2}, {"number": 3}]
        assert max(written) <= FRAGMENT + 10
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)


async def test_who_gives_way_is_renewed(line: Line) -> None:
    """Where too much waits for all together, it is as if they had fallen behind."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.offer(frame({"dropped": True}))
        owed.outbox.give_way()
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)
        assert await sleeper.hear_until("renewal") == [{"renewal": 1}]


async def test_who_gives_way_in_the_middle_of_a_message_is_let_go(line: Line) -> None:
    """What was begun would have to be kept until its end."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.present(long_message(3 * MEBIBYTE))
        while owed.outbox._begun is None:
            await sleeper.viewer.hear_frame()
        await until(lambda: owed.connection.paused, "the line has enough")
        assert owed.ledger.size > 0
        owed.outbox.give_way()
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)
        while (part := await sleeper.viewer.hear_frame()).opcode is not Opcode.CLOSE:
            pass
        assert bytes(part.data) == b"\x03\xf5reading too slowly"


async def test_what_waited_for_one_who_has_gone_is_dropped_in_parts(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred snapshots of a large guild would else hold the loop for as many parts as they have."""
    async with not_reading(line) as (owed, _):
        for thing in (long_message(MEBIBYTE), long_message(MEBIBYTE), b"1", b"2", long_message(MEBIBYTE)):
            owed.outbox.present(thing)
        turns: list[Callable[[], None]] = []
        monkeypatch.setattr(owed.connection.gate.budgets.turnstile, "add", lambda _, work: turns.append(work))
        owed.outbox.end()
        left = [len(owed.outbox._waiting)]
        while turns:
            turns.pop()()
            left.append(len(owed.outbox._waiting))
        assert left == [4, 3, 0]
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)


async def test_what_waits_can_be_forgotten(line: Line) -> None:
    """What is offered from then on is made up for as well; whoever owes nothing is left alone."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.forget()
        owed.outbox.offer(frame({"kept": True}))
        await sleeper.hear_until("kept")
        await until(lambda: not owed.connection.paused, "the line takes more")
        owed.outbox.forget()
        assert owed.renewals == 0
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.offer(frame({"forgotten": True}))
        owed.outbox.forget()
        owed.outbox.offer(frame({"forgotten": "too"}))
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)
        assert await sleeper.hear_until("renewal") == [{"renewal": 1}]


async def test_words_of_a_room_that_was_left_are_left_out(line: Line) -> None:
    """Nobody could take them back any more; an answer to what was asked still comes."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.offer(frame({"answer": True}))
        owed.outbox.leave_words_out()
        owed.outbox.offer(Quoting(frame({"words": True}), ["5"]))
        owed.outbox.offer(frame({"end": True}))
        owed.outbox.leave_words_out()
        assert await sleeper.hear_until("end") == [{"answer": True}, {"end": True}]
        await until(lambda: not owed.connection.paused, "the line takes more")
        assert (owed.ledger.size, len(owed.ledger)) == (0, 0)


@pytest.mark.parametrize("how", ["quoted", "other words", "very much"])
async def test_what_quotes_nothing_of_it_goes_on_waiting(line: Line, how: str) -> None:
    """Somebody edits what they said: who waits for other words needs no snapshot for it."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.offer(Quoting(frame({"words": True}), ["6" if how == "other words" else "5"]))
        if how == "very much":
            for _ in range(LOOKED_THROUGH):
                owed.outbox.offer(frame({"more": True}))
        owed.outbox.forget({"7" if how == "very much" else "5"})
        owed.outbox.offer(frame({"end": True}))
        if how == "other words":
            assert await sleeper.hear_until("end") == [{"words": True}, {"end": True}]
        else:
            assert await sleeper.hear_until("renewal") == [{"renewal": 1}]


@pytest.mark.parametrize(
    ("is_snapshot", "quoted", "about"),
    [(False, "", None), (True, "", None), (True, "5", "5"), (False, "5", "6")],
)
async def test_words_that_were_begun_are_not_finished(
    line: Line, quoted: str, about: str | None, *, is_snapshot: bool
) -> None:
    """The rest of them can be kept back only with the connection; most snapshots have no words."""
    async with not_reading(line) as (owed, sleeper):
        size = 3 * MEBIBYTE
        owed.outbox._max_backlog = 2 * size
        snapshot = long_message(size)
        snapshot.quoted = frozenset(quoted)
        owed.outbox.present(snapshot if is_snapshot else Quoting(frame("x" * size), quoted))
        while owed.outbox._begun is None:
            await sleeper.viewer.hear_frame()
        await until(lambda: owed.connection.paused, "the line has enough")
        owed.outbox.forget({about} if about else None)
        heard = 0
        while heard < size and (part := await sleeper.viewer.hear_frame()).opcode is not Opcode.CLOSE:
            heard += len(part.data)
        goes_on = quoted != about if about else is_snapshot and not quoted
        assert (heard >= size) is goes_on


async def test_past_the_bound_it_is_renewed_instead(line: Line) -> None:
    """Once it reads again, and once: what was dropped is not told any more, what comes then is."""
    async with not_reading(line) as (owed, sleeper):
        owed.fall_behind()
        owed.outbox.offer(frame({"dropped": "too"}))
        assert owed.renewals == 0
        await sleeper.hear_until("renewal")
        owed.outbox.offer(frame({"end": True}))
        assert await sleeper.hear_until("end") == [{"renewal": 1}, {"end": True}]


async def test_up_to_the_bound_nothing_is_dropped(line: Line) -> None:
    """One byte more is too much."""
    for excess in (0, 1):
        async with not_reading(line) as (owed, sleeper):
            first = frame({"kept": True})
            rest = BOUND + excess - len(first)
            owed.outbox.offer(first)
            owed.outbox.offer(text_frame(b"{" + b" " * (rest - 6) + b"}"))
            assert sum(map(len, owed.outbox._waiting)) == (0 if excess else BOUND)
            await sleeper.hear_until("renewal" if excess else "kept")
            assert sleeper.heard == ([{"renewal": 1}] if excess else [{"kept": True}])


async def test_memory_for_a_viewer_that_does_not_read_is_bounded(line: Line) -> None:
    """However much is offered, and in however large pieces."""
    async with not_reading(line) as (owed, _):
        full = owed.outbox.unread
        for size in (10_000, 100, 4 * BOUND, 100, 10_000) * 200:
            owed.outbox.offer(frame("x" * size))
            assert owed.in_memory <= full + BOUND
        assert owed.connection.state is State.OPEN


async def test_a_renewal_may_be_larger_than_the_bound(line: Line) -> None:
    """Then events wait behind it as behind any other write, and it is not renewed for that."""
    async with not_reading(line) as (owed, sleeper):
        owed.renewal = frame({"fill": "x" * 100 * BOUND})
        owed.fall_behind()
        await sleeper.hear_until("renewal")
        for number in range(10):
            owed.outbox.offer(frame({"after": number}))
        owed.outbox.offer(frame({"end": True}))
        assert (await sleeper.hear_until("end"))[1:-1] == [{"after": number} for number in range(10)]
        assert owed.renewals == 1


async def test_who_falls_behind_again_is_renewed_again(line: Line) -> None:
    """As often as it takes."""
    async with not_reading(line) as (owed, sleeper):
        owed.renewal = frame({"fill": "x" * 100 * BOUND})
        owed.fall_behind()
        for number in (1, 2, 3):
            assert (await sleeper.hear_until("renewal"))[-1] == {"renewal": number}
            await until(lambda: owed.connection.paused, "the line has enough")
            owed.fall_behind()


async def test_who_hangs_up_while_behind_is_not_renewed(line: Line) -> None:
    """There is nobody to renew."""
    async with not_reading(line) as (owed, sleeper):
        owed.fall_behind()
        sleeper.viewer.hang_up()
        await owed.connection.wait_closed()
        owed.outbox.offer(frame("late"))
        assert (owed.renewals, len(owed.outbox._waiting)) == (0, 0)


# Long messages


def long_message(size: int) -> LongMessage:
    """Make a text in quotation marks, of parts of a thousand bytes."""
    return LongMessage([b'"', *[b"x" * 1_000] * (size // 1_000), b'"'], 0x81)


async def test_a_long_message_arrives_whole_and_in_its_place(line: Line) -> None:
    """Between what was offered before and after it."""
    async with reading(line) as (owed, watcher):
        owed.outbox.offer(frame("before"))
        for size in (3 * MEBIBYTE, 1 * MEBIBYTE):
            owed.outbox.present(long_message(size))
            owed.outbox.offer(frame("after"))
        heard = [len(json.loads(await watcher.hear_text())) for _ in range(5)]
        assert heard == [6, 3 * MEBIBYTE // 1_000 * 1_000, 5, MEBIBYTE // 1_000 * 1_000, 5]
        assert owed.renewals == 0


async def test_of_a_long_message_no_more_is_written_than_the_line_takes(line: Line) -> None:
    """For a viewer who doesn't read it waits as references, however long it is."""
    async with not_reading(line) as (owed, sleeper):
        full = owed.outbox.unread
        owed.outbox.present(long_message(20 * MEBIBYTE))
        owed.outbox.offer(frame({"end": True}))
        assert owed.outbox.unread == full
        while owed.connection.paused:
            await sleeper.viewer.some()
        assert owed.outbox.unread <= 4 * FRAGMENT
        assert owed.renewals == 0


async def test_many_long_messages_take_turns(line: Line) -> None:
    """In a round of the loop few of them go on: who is told something else meanwhile doesn't wait."""
    async with contextlib.AsyncExitStack() as stack:
        all_owed = [(await stack.enter_async_context(reading(line)))[0] for _ in range(4 * MOST)]
        written: list[int] = []
        for owed in all_owed:
            owed.outbox._write = lambda data: written.append(len(data))
        for owed in all_owed:
            before = len(written)
            owed.outbox.present(long_message(20 * FRAGMENT))
            assert len(written) - before == FRAGMENTS_AT_ONCE
        most = 0
        while not all(owed.outbox._flows for owed in all_owed):
            before = len(written)
            await asyncio.sleep(0)
            most = max(most, len(written) - before)
        assert most <= MOST


async def test_what_is_written_later_is_paid_for_as_well(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whom it is written to; but for what goes when the line takes more, of which it is one piece."""
    paid: list[int] = []
    resumed: list[int] = []
    resume = Outbox.resume

    def resuming(outbox: Outbox) -> None:
        before = len(written)
        resume(outbox)
        resumed.append(len(written) - before)

    monkeypatch.setattr(Outbox, "resume", resuming)
    async with reading(line) as (owed, _):
        written = note_writes(owed)

        @contextlib.contextmanager
        def paying() -> Iterator[None]:
            before = len(written)
            yield
            paid.append(len(written) - before)

        owed.outbox._paying = paying
        owed.outbox.present(long_message(MEBIBYTE))
        assert len(written) == FRAGMENTS_AT_ONCE
        await until(lambda: owed.outbox._flows, "the message is through")
        assert len(written) == FRAGMENTS_AT_ONCE + sum(paid) + sum(resumed)
        assert sum(paid) > 0
        assert max(resumed, default=0) <= FRAGMENTS_AT_ONCE


async def test_one_turn_writes_a_few_fragments_at_most(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to a line that takes everything."""
    async with reading(line) as (owed, watcher):
        written: list[int] = []
        owed.outbox._write = lambda data: written.append(len(data))
        owed.outbox.present(long_message(4 * MEBIBYTE))
        assert sum(written) <= FRAGMENTS_AT_ONCE * (FRAGMENT + 2_000)
        await until(lambda: owed.outbox._flows, "the message is through")
        assert sum(written) > 4 * MEBIBYTE - 1_000
        assert watcher.connection.state is State.OPEN


async def test_a_ping_may_come_in_the_middle(line: Line) -> None:
    """Clients send them, and the library answers at once."""
    async with reading(line) as (owed, watcher):
        owed.outbox.present(long_message(20 * MEBIBYTE))
        async with asyncio.timeout(PATIENCE):
            pong = await watcher.connection.ping()
            assert len(json.loads(await watcher.hear_text())) == 20 * MEBIBYTE // 1_000 * 1_000
            await pong


async def test_who_falls_behind_in_the_middle_gets_the_rest_and_is_renewed(line: Line) -> None:
    """A message that was begun has to end before another may follow."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.present(long_message(3 * MEBIBYTE))
        while owed.outbox._begun is None:
            await sleeper.viewer.hear_frame()
        await until(lambda: owed.connection.paused, "the line has enough")
        owed.fall_behind()
        owed.outbox.present(long_message(1_000))
        while not (part := await sleeper.viewer.hear_frame()).fin or part.opcode is Opcode.TEXT:
            pass
        assert await sleeper.hear_until("renewal") == [{"renewal": 1}]


async def test_a_goodbye_in_the_middle_is_a_close_frame(line: Line) -> None:
    """The reason in words would have to wait for the rest."""
    async with reading(line) as (owed, watcher):
        owed.outbox.present(long_message(20 * MEBIBYTE))
        assert owed.outbox._begun is not None
        owed.outbox.dismiss(Goodbye.REVOKED, LOGIN_ENDED)
        assert await watcher.farewell() == (1008, "no longer shown")


async def test_who_has_to_wait_for_a_renewal_takes_nothing_meanwhile(line: Line) -> None:
    """It is called for again when it is ready, as soon as the line takes it."""
    async with reading(line) as (owed, watcher):
        owed.outbox.stay_behind()
        owed.outbox.offer(frame({"dropped": True}))
        owed.outbox.present(long_message(1_000))
        owed.outbox.catch_up()
        owed.outbox.catch_up()
        owed.outbox.offer(frame({"end": True}))
        heard = [json.loads(await watcher.hear_text()) for _ in range(2)]
        assert heard == [{"renewal": 1}, {"end": True}]


# Goodbyes


async def test_a_dismissed_viewer_hears_why(line: Line) -> None:
    """An error, and a close frame with the goodbye's code and reason."""
    async with reading(line) as (owed, watcher):
        owed.outbox.dismiss(Goodbye.REVOKED, LOGIN_ENDED)
        assert await watcher.hear_error() == LOGIN_ENDED
        assert await watcher.farewell() == (1008, "no longer shown")


async def test_a_goodbye_without_a_message(line: Line) -> None:
    """Is a close frame alone."""
    async with reading(line) as (owed, watcher):
        owed.outbox.dismiss(Goodbye.SLOW)
        assert await watcher.farewell() == (1013, "reading too slowly")


async def test_nothing_follows_a_goodbye(line: Line) -> None:
    """Neither frames nor a second goodbye."""
    async with reading(line) as (owed, watcher):
        owed.outbox.dismiss(Goodbye.REVOKED)
        owed.outbox.offer(frame("late"))
        owed.outbox.offer(frame("late"))
        owed.outbox.dismiss(Goodbye.SLOW)
        assert await watcher.farewell() == (1008, "no longer shown")


@pytest.mark.parametrize("behind", [False, True])
async def test_a_dismissed_viewer_that_reads_at_last_hears_why(line: Line, behind: bool) -> None:
    """And nothing that was still owed to it comes between, or after: no renewal either."""
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.offer(frame({"dropped": True}))
        if behind:
            owed.fall_behind()
        owed.outbox.dismiss(Goodbye.REVOKED, LOGIN_ENDED)
        assert await sleeper.hear_until("type") == [
            {"type": "error", "data": {"message": LOGIN_ENDED.sentence, "code": LOGIN_ENDED.code}}
        ]
        close = await sleeper.viewer.hear_frame()
        assert bytes(close.data) == b"\x03\xf0no longer shown"
        await sleeper.viewer.say(masked(b"\x03\xf0", Opcode.CLOSE))
        assert await sleeper.viewer.end() == b""
        assert owed.renewals == 0


async def test_a_viewer_that_does_not_listen_is_cut_off(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the grace, though its buffer never drains."""
    monkeypatch.setattr("bridge.viewers.connection.GRACE", 0.05)
    async with not_reading(line) as (owed, _):
        owed.outbox.dismiss(Goodbye.SLOW)
        await until(lambda: owed.connection.state is State.CLOSED, "the connection is closed")


async def test_the_goodbye_of_one_who_left_is_no_error(line: Line) -> None:
    """They may have gone in the meantime."""
    async with reading(line) as (owed, watcher):
        await watcher.connection.close()
        await owed.connection.wait_closed()
        owed.outbox.offer(frame("late"))
        owed.outbox.dismiss(Goodbye.RESTART, LOGIN_ENDED)


async def test_an_outbox_for_who_left_already_takes_nothing(line: Line) -> None:
    """The connection may end before its session begins."""
    async with watching(line.port, greeted=False) as watcher:
        connection = await line.connections.get()
        await watcher.connection.close()
        await connection.wait_closed()
    owed = Owed(connection)
    owed.outbox.offer(frame("late"))
    owed.outbox.dismiss(Goodbye.FULL, FULL_HOUSE)
    assert owed.outbox.written == 0


# Lines that break


async def test_a_line_that_breaks_as_it_takes_more(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """What waited is written as soon as there is room, and that may fail: the connection ends, and once."""
    async with not_reading(line) as (owed, sleeper):
        renew = owed.outbox._renew

        def renew_too_late() -> None:
            sleeper.viewer.reset()
            renew()

        owed.outbox._renew = renew_too_late
        owed.fall_behind()
        sleeper.viewer.drain()
        await owed.connection.wait_closed()
        await asyncio.sleep(0)
        assert owed.renewals == 1
        assert caplog.messages == []


async def test_who_goes_after_a_goodbye_is_not_cut_off_as_well(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A transport that ended by itself may not be told to."""
    monkeypatch.setattr(connection, "GRACE", 0.05)
    async with not_reading(line) as (owed, sleeper):
        owed.outbox.dismiss(Goodbye.SLOW)
        owed.connection.transport.close()  # as at an end of file, when all is written
        await sleeper.viewer.end()
        await owed.connection.wait_closed()
        await asyncio.sleep(2 * connection.GRACE)
        assert caplog.messages == []
