"""Framed bytes to one viewer's transport: bounded, never waited for."""

import logging
from collections.abc import Callable
from typing import Final

from bridge.connection import Connection
from bridge.protocol import Goodbye, error_frame

log = logging.getLogger(__name__)

MAX_BACKLOG: Final = 1 << 20  # bytes that wait for one viewer; about 8 s at 1 Mbit/s


class Outbox:
    """What is owed to one viewer.

    While the viewer reads, frames go straight to the transport. When the transport has enough, they wait
    here, shared with all others they wait for. Past the bound the viewer is behind: what waits is
    dropped, and so is what comes, until the transport takes more; then `renew` is called, which is to
    offer a snapshot that makes up for it.
    """

    __slots__ = (
        "_backlog",
        "_behind",
        "_connection",
        "_ended",
        "_flows",
        "_max_backlog",
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
        self._waiting: list[bytes] = []
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

    def dismiss(self, goodbye: Goodbye, message: str | None = None) -> None:
        """Say why, and end the connection."""
        if self._ended:
            return
        if message is not None:
            self._write(error_frame(message))
        log.info("viewer dismissed: %s", goodbye.name)  # one that is cut off only ever sees 1006
        self._connection.dismiss(goodbye)

    # What the connection tells

    def pause(self) -> None:
        """Keep what comes: the transport has enough."""
        self._flows = False

    def resume(self) -> None:
        """Go on: the transport takes more."""
        if self._ended:
            return
        self._flows = True
        if self._behind:
            self._behind = False
            self._renew()
        elif self._waiting:
            frames = b"".join(self._waiting)
            self._drop()
            self.offer(frames)

    def end(self) -> None:
        """Take nothing more."""
        self._ended = True
        self._flows = False
        self._drop()

    def _keep(self, frames: bytes) -> None:
        self._waiting.append(frames)
        self._backlog += len(frames)
        if self._backlog > self._max_backlog:
            self._drop()
            self._behind = True

    def _drop(self) -> None:
        self._waiting.clear()
        self._backlog = 0
