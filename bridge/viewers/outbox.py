"""Framed bytes to one viewer's transport: bounded, never waited for."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from bridge.access.ledger import Thing
from bridge.problems import Problem
from bridge.viewers.connection import Connection
from bridge.wire.framing import FRAGMENT, LONGEST_FRAME, LongMessage, pieces, quoted_in
from bridge.wire.protocol import Goodbye, error_frame

log = logging.getLogger(__name__)

MAX_BACKLOG: Final = 1 << 20  # bytes that wait for one viewer; about 8 s at 1 Mbit/s
FRAGMENTS_AT_ONCE: Final = 1  # that are written in one turn, to one who reads fast
# That waited for one who has gone, in one turn; or a single long message, with all its parts.
RELEASED_AT_ONCE: Final = 100  # frames
LOOKED_THROUGH: Final = 50  # frames that wait, for what is quoted in them


def _nothing() -> None:
    pass


def _may_say(thing: Thing, quoted: Set[str] | None) -> bool:
    if quoted is None:
        return isinstance(thing, bytes) or bool(thing.quoted)
    return not quoted.isdisjoint(quoted_in(thing))


class Outbox:
    """What is owed to one viewer.

    While the viewer reads, frames go straight to the transport. When the transport has enough, they wait
    here, shared with all others they wait for. Past the bound the viewer is behind: what waits is
    dropped, and so is what comes, until the transport takes more; then `renew` is called, which is to
    offer a snapshot that makes up for it. Of a long message, and of what waited, no more is written than the
    transport takes: what is written is a copy of this viewer's own, and what waits is shared, and counted for
    all together.
    """

    __slots__ = (
        "_backlog",
        "_begun",
        "_behind",
        "_connection",
        "_ended",
        "_flows",
        "_held",
        "_is_put_off",
        "_ledger",
        "_max_backlog",
        "_paused",
        "_paying",
        "_renew",
        "_waiting",
        "_write",
        "written",
    )

    def __init__(
        self,
        connection: Connection,
        renew: Callable[[], None],
        paying: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.written = 0  # bytes that went to the transport
        self._write = connection.transport.write
        self._flows = True  # whether what is offered goes straight there
        self._ended = False
        self._behind = False
        self._paused = False  # whether the transport has enough
        self._is_put_off = False  # whether the rest of what it takes waits for its turn
        self._begun: Iterator[bytes | memoryview] | None = None  # what is being written, and not through
        self._held: Thing | None = None  # the same, as a whole
        self._waiting: deque[Thing] = deque()
        self._backlog = 0  # bytes that wait
        self._max_backlog = MAX_BACKLOG
        self._renew = renew
        self._paying = paying
        self._connection = connection
        self._ledger = connection.gate.ledger
        connection.hand_over(self)

    @property
    def unread(self) -> int:
        """How many bytes the system has not taken yet."""
        return self._connection.transport.get_write_buffer_size()

    def offer(self, frames: bytes) -> None:
        """Owe the viewer these frames."""
        # Two looks and one call: this is what each event costs for each viewer.
        if self._flows and len(frames) <= LONGEST_FRAME:
            self._write(frames)
            self.written += len(frames)
        elif self._flows:
            self.present(frames)
        elif not self._ended and not self._behind:
            self._keep(frames)

    def present(self, message: Thing) -> None:
        """Owe the viewer a message that may be long."""
        if isinstance(message, bytes) and not (self._flows and len(message) > LONGEST_FRAME):
            self.offer(message)
        elif not self._ended and not self._behind:
            if self._flows:
                self._flows = False
                self._begin(message)
                self._pour()
            else:
                self._wait_with(message)

    def stay_behind(self) -> None:
        """Take nothing for now: what makes up for what was dropped is not ready. `catch_up` when it is."""
        self._behind = True
        self._flows = False

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Write nothing of what waits: it may say what nobody may be told any more. `renew` makes up for it.

        With `quoted`, only if one of these is quoted in it; of very much that waits, one surely is.

        A long snapshot that was begun goes on, if it quotes nothing. Words that were begun, and that the line
        doesn't take, can be stopped only with the connection.
        """
        if self._paused and self._held is not None and _may_say(self._held, quoted):
            self.dismiss(Goodbye.SLOW)
            self.end()
        elif self._waiting and (
            quoted is None
            or len(self._waiting) > LOOKED_THROUGH
            or any(not quoted.isdisjoint(quoted_in(thing)) for thing in self._waiting)
        ):
            self._drop()
            self._behind = True

    def leave_words_out(self) -> None:
        """Write no words that wait: whoever leaves a room isn't reached when they are taken back there."""
        kept = [thing for thing in self._waiting if not quoted_in(thing)]
        if len(kept) == len(self._waiting):
            return
        for thing in self._waiting:
            if quoted_in(thing):
                self._ledger.release(thing)
        self._waiting = deque(kept)
        self._backlog = sum(len(thing) for thing in kept if isinstance(thing, bytes))
        self._forget_if_empty()

    def start_over(self) -> None:
        """Forget what waits: it is of a world that is no more. Then as in `stay_behind`."""
        self._drop()
        self.stay_behind()

    def catch_up(self) -> None:
        """Have `renew` called, now or when the transport takes more."""
        if self._behind:
            self._pour()

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Say why, and end the connection."""
        if self._ended:
            return
        if problem is not None and self._begun is None:  # between fragments only control frames may go
            self._write(error_frame(problem))
        # One that is cut off only ever sees 1006.
        self._connection.named(log).info("viewer dismissed: %s", goodbye.name)
        self._connection.dismiss(goodbye)

    # What the connection tells

    def pause(self) -> None:
        """Keep what comes: the transport has enough."""
        self._paused = True
        self._flows = False

    def resume(self) -> None:
        """Go on: the transport takes more."""
        self._paused = False
        if not self._is_put_off:
            self._pour()

    def end(self) -> None:
        """Take nothing more."""
        self._ended = True
        self._flows = False
        self._finish()
        self._let_go()
        self._renew, self._paying = _nothing, nullcontext  # they lead back to whose this is

    # What the ledger tells

    def give_way(self) -> None:
        """Let go of everything. What was begun can't be taken back: then the connection ends."""
        self._connection.gate.count("too much unread")
        if self._begun is not None:
            self.dismiss(Goodbye.SLOW)
            self.end()
        else:
            self._drop()
            self._behind = True

    def _pour(self) -> None:
        """Write what waits, in its order, until the transport has enough."""
        written = 0
        # Nor to who has hung up: the system would complain of each piece.
        while not self._paused and not self._ended and not self._connection.transport.is_closing():
            if written == FRAGMENTS_AT_ONCE:
                self._put_off()
                return
            if self._begun is not None:
                written += self._write_piece(self._begun)
            elif self._behind:
                self._behind = False
                self._flows = True
                self._renew()
                return
            elif self._waiting:
                written += self._write_next()
            else:
                self._flows = True
                return

    def _put_off(self) -> None:
        if not self._is_put_off:
            self._is_put_off = True
            self._connection.gate.budgets.turnstile.add(self._connection.address, self._go_on)

    def _go_on(self) -> None:
        self._is_put_off = False
        with self._paying():
            self._pour()

    def _write_piece(self, pieces_: Iterator[bytes | memoryview]) -> bool:
        """Write a piece of what was begun; tell whether there was one."""
        piece = next(pieces_, None)
        if piece is None:
            self._finish()
            return False
        self._write(piece)
        self.written += len(piece)
        return True

    def _write_next(self) -> bool:
        """Write some of the frames that wait, or begin what is long; tell whether that was written."""
        frames, size = [], 0
        while self._waiting:
            thing = self._waiting[0]
            if isinstance(thing, LongMessage) or size + len(thing) > FRAGMENT:
                break
            frames.append(thing)
            size += len(thing)
            self._take_next()
            self._ledger.release(thing)
        if not frames:
            thing = self._take_next()
            self._ledger.release(thing)
            self._begin(thing)
            return False
        self._forget_if_empty()
        self._write(b"".join(frames))
        self.written += size
        return True

    def _begin(self, thing: Thing) -> None:
        self._begun = thing.fragments() if isinstance(thing, LongMessage) else pieces(thing)
        self._held = thing
        self._ledger.hold(self, self._connection.address, thing)

    def _finish(self) -> None:
        """Be through with what was begun, if anything was."""
        held, self._begun, self._held = self._held, None, None
        if held is not None:
            self._ledger.release(held)
            self._forget_if_empty()

    def _keep(self, frames: bytes) -> None:
        self._backlog += len(frames)
        if self._backlog > self._max_backlog:
            self._drop()
            self._behind = True
        else:
            self._wait_with(frames)

    def _wait_with(self, thing: Thing) -> None:
        self._waiting.append(thing)
        self._ledger.hold(self, self._connection.address, thing)

    def _take_next(self) -> Thing:
        thing = self._waiting.popleft()
        if isinstance(thing, bytes):
            self._backlog -= len(thing)
        return thing

    def _let_go(self) -> None:
        """Drop what waits, a little in each turn: it may be a hundred snapshots, and there is no hurry."""
        for _ in range(RELEASED_AT_ONCE):
            if not self._waiting:
                break
            thing = self._take_next()
            self._ledger.release(thing)
            if isinstance(thing, LongMessage):
                break
        self._forget_if_empty()
        if self._waiting:
            self._connection.gate.budgets.turnstile.add(self._connection.address, self._let_go)

    def _drop(self) -> None:
        for thing in self._waiting:
            self._ledger.release(thing)
        self._waiting.clear()
        self._backlog = 0
        self._forget_if_empty()

    def _forget_if_empty(self) -> None:
        if self._held is None and not self._waiting:
            self._ledger.leave(self, self._connection.address)
