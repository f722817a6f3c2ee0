"""Framed bytes to one viewer's transport: bounded, never waited for."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Final

from bridge.connection import Connection
from bridge.framing import LongMessage
from bridge.protocol import Goodbye, error_frame

log = logging.getLogger(__name__)

MAX_BACKLOG: Final = 1 << 20  # bytes that wait for one viewer; about 8 s at 1 Mbit/s
FRAGMENTS_AT_ONCE: Final = 8  # of a long message that are written in one turn, to one who reads fast


class Outbox:
    """What is owed to one viewer.

    While the viewer reads, frames go straight to the transport. When the transport has enough, they wait
    here, shared with all others they wait for. Past the bound the viewer is behind: what waits is
    dropped, and so is what comes, until the transport takes more; then `renew` is called, which is to
    offer a snapshot that makes up for it. Of a long message no more is written than the transport takes.
    """

    __slots__ = (
        "_backlog",
        "_begun",
        "_behind",
        "_connection",
        "_ended",
        "_flows",
        "_max_backlog",
        "_paused",
        "_renew",
        "_waiting",
        "_write",
        "written",
    )

    def __init__(
        self, connection: Connection, renew: Callable[[], None], max_backlog: int = MAX_BACKLOG
    ) -> None:
        self.written = 0  # bytes that went to the transport
        self._write = connection.transport.write
        self._flows = True  # whether what is offered goes straight there
        self._ended = False
        self._behind = False
        self._paused = False  # whether the transport has enough
        self._begun: Iterator[bytes] | None = None  # a long message that is not through
        self._waiting: list[bytes | LongMessage] = []
        self._backlog = 0  # bytes that wait
        self._max_backlog = max_backlog
        self._renew = renew
        self._connection = connection
        connection.hand_over(self)

    @property
    def unread(self) -> int:
        """How many bytes the system has not taken yet."""
        return self._connection.transport.get_write_buffer_size()

    def offer(self, frames: bytes) -> None:
        """Owe the viewer these frames."""
        if self._flows:  # one look and one call: this is what each event costs for each viewer
            self._write(frames)
            self.written += len(frames)
        elif not self._ended and not self._behind:
            self._keep(frames)

    def present(self, message: bytes | LongMessage) -> None:
        """Owe the viewer a message that may be long."""
        if isinstance(message, bytes):
            self.offer(message)
        elif not self._ended and not self._behind:
            self._waiting.append(message)
            if self._flows:
                self._flows = False
                self._pour()

    def stay_behind(self) -> None:
        """Take nothing for now: what makes up for what was dropped is not ready. `catch_up` when it is."""
        self._behind = True
        self._flows = False

    def catch_up(self) -> None:
        """Have `renew` called, now or when the transport takes more."""
        if self._behind:
            self._pour()

    def dismiss(self, goodbye: Goodbye, message: str | None = None) -> None:
        """Say why, and end the connection."""
        if self._ended:
            return
        if message is not None and self._begun is None:  # between fragments only control frames may go
            self._write(error_frame(message))
        log.info("viewer dismissed: %s", goodbye.name)  # one that is cut off only ever sees 1006
        self._connection.dismiss(goodbye)

    # What the connection tells

    def pause(self) -> None:
        """Keep what comes: the transport has enough."""
        self._paused = True
        self._flows = False

    def resume(self) -> None:
        """Go on: the transport takes more."""
        self._paused = False
        self._pour()

    def end(self) -> None:
        """Take nothing more."""
        self._ended = True
        self._flows = False
        self._begun = None
        self._drop()

    def _pour(self) -> None:
        """Write what waits, in its order, until the transport has enough."""
        fragments = 0
        while not self._paused and not self._ended:
            if self._begun is not None:
                if fragments == FRAGMENTS_AT_ONCE:
                    asyncio.get_running_loop().call_soon(self._pour)
                    return
                fragments += 1
                self._write_fragment(self._begun)
            elif self._behind:
                self._behind = False
                self._flows = True
                self._renew()
                return
            elif self._waiting:
                self._begin_next()
            else:
                self._flows = True
                return

    def _write_fragment(self, message: Iterator[bytes]) -> None:
        fragment = next(message, None)
        if fragment is None:
            self._begun = None
        else:
            self._write(fragment)
            self.written += len(fragment)

    def _begin_next(self) -> None:
        first = self._waiting[0]
        if isinstance(first, LongMessage):
            del self._waiting[0]
            self._begun = first.fragments()
            return
        frames = [each for each in takewhile(_is_frames, self._waiting) if isinstance(each, bytes)]
        del self._waiting[: len(frames)]
        joined = b"".join(frames)
        self._backlog -= len(joined)
        self._write(joined)
        self.written += len(joined)

    def _keep(self, frames: bytes) -> None:
        self._waiting.append(frames)
        self._backlog += len(frames)
        if self._backlog > self._max_backlog:
            self._drop()
            self._behind = True

    def _drop(self) -> None:
        self._waiting.clear()
        self._backlog = 0


def _is_frames(waiting: bytes | LongMessage) -> bool:
    return isinstance(waiting, bytes)
