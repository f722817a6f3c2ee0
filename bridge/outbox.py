"""Framed bytes to one viewer's transport: bounded, never waited for."""

import asyncio
import logging
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from bridge.protocol import Goodbye, error_frame

log = logging.getLogger(__name__)

MAX_BACKLOG: Final = 1 << 20  # bytes owed to one viewer; about 8 s at 1 Mbit/s
STALL: Final = 30.0  # seconds a viewer may read nothing of what it is owed
GRACE: Final = 1.0  # seconds a viewer has to answer a close frame


class Outbox:
    """What is owed to one viewer.

    Bytes are written to the transport, whose buffer is the backlog. A viewer that leaves more than the
    bound unread when something new comes is dismissed. What comes at once may be larger, as the snapshot
    of a large guild is: until it is through, the bound is that much higher, for a slow line must not cost
    a healthy viewer its place.
    """

    def __init__(self, connection: ServerConnection, max_backlog: int = MAX_BACKLOG) -> None:
        self._connection = connection
        self._max_backlog = max_backlog
        self._written = 0  # bytes in all
        self._read = 0  # bytes the transport had got rid of when we last looked
        self._look: asyncio.TimerHandle | None = None
        self._largest = 0  # bytes of the largest write beyond the bound that may not be through

    def offer(self, frames: bytes) -> None:
        """Owe the viewer these frames; dismiss one that reads too slowly."""
        backlog = self._unread()
        if backlog <= self._max_backlog:
            self._largest = 0
        if backlog > self._max_backlog + self._largest:
            self.dismiss(Goodbye.SLOW)
        else:
            if len(frames) > self._max_backlog:
                self._largest = max(self._largest, len(frames))
            self._write(frames)

    def dismiss(self, goodbye: Goodbye, message: str | None = None) -> None:
        """Say why, and end the connection within `GRACE`, whether or not the viewer listens.

        The library's own `close()` waits for the write buffer to drain, which a viewer that stopped
        reading never lets happen.
        """
        connection = self._connection
        if connection.state is not State.OPEN:
            return
        if message is not None:
            self._write(error_frame(message))
        log.info("viewer dismissed: %s", goodbye.name)  # one that is cut off only ever sees 1006
        connection.protocol.send_close(goodbye.code, goodbye.reason)
        connection.send_data()
        asyncio.get_running_loop().call_later(GRACE, connection.transport.abort)

    def _write(self, data: bytes) -> None:
        if self._connection.state is not State.OPEN:
            return
        self._connection.transport.write(data)
        self._written += len(data)
        if self._look is None and self._unread():
            self._look_later()

    def _unread(self) -> int:
        return self._connection.transport.get_write_buffer_size()

    def _look_later(self) -> None:
        self._read = self._written - self._unread()
        self._look = asyncio.get_running_loop().call_later(STALL, self._look_for_progress)

    def _look_for_progress(self) -> None:
        """Dismiss a viewer that has read nothing for `STALL`, which a quiet room would never notice.

        The library's own keepalive doesn't: its ping waits behind the full write buffer.
        """
        self._look = None
        if self._connection.state is not State.OPEN or not self._unread():
            return
        if self._written - self._unread() <= self._read:
            self.dismiss(Goodbye.SLOW)
        else:
            self._look_later()
