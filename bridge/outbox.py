"""Framed bytes to one viewer's transport: bounded, never waited for."""

import asyncio
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from bridge.protocol import Goodbye, error_frame

MAX_BACKLOG: Final = 1 << 20  # bytes owed to one viewer; about 8 s at 1 Mbit/s
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
        self._largest = 0  # bytes of the largest write beyond the bound that may not be through

    def offer(self, frames: bytes) -> None:
        """Owe the viewer these frames; dismiss one that reads too slowly."""
        backlog = self._connection.transport.get_write_buffer_size()
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
        connection.logger.info("viewer dismissed: %s", goodbye.name)
        connection.protocol.send_close(goodbye.code, goodbye.reason)
        connection.send_data()
        asyncio.get_running_loop().call_later(GRACE, connection.transport.abort)

    def _write(self, data: bytes) -> None:
        if self._connection.state is State.OPEN:
            self._connection.transport.write(data)
