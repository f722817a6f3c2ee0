"""What a connection of the `websockets` library needs beside, to serve many and slow lines as well."""

import asyncio
import socket
from http import HTTPStatus
from typing import Any, Final, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

HANDSHAKE_TIMEOUT: Final = 10.0  # seconds until a request must have come in
STALL_TIMEOUT: Final = 30.0  # seconds a download may stand still
CHUNK: Final = 64 * 1024  # bytes
# Bytes of a viewer's that the system may hold. Left to itself it takes 4 MiB of each stalled one, and for
# as long nobody can see that it stalled.
SEND_BUFFER: Final = 128 * 1024

# No compressor stays with a connection, neither ours nor the client's.
EXTENSIONS: Final = (
    ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True),
)
_WHOLE_WINDOW: Final = 15  # bits of what one part of a compressed frame may refer back to

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Writer(Protocol):
    """Who writes ready frames to a connection's transport, and has to know when that is wise."""

    def pause(self) -> None:
        """Hear that the transport has enough."""

    def resume(self) -> None:
        """Hear that the transport takes more."""

    def end(self) -> None:
        """Hear that nothing may be written any more."""


class Connection(ServerConnection):
    """A connection that others write ready frames to, and that tells whether somebody is there.

    It has a limit for its request, but none for reading what it asked for: the library has one time limit
    for the whole handshake, a page's download included, and cuts off what is not through by then. `alive`
    holds the transports of all connections, also of those that never finish their handshake.

    `heard` is set when anything comes in.
    """

    # Not in the dictionary that the library's own attributes are in: with a few more, every connection
    # would need one of its own, for 1.5 KB.
    __slots__ = ("_request_limit", "_writer", "heard")

    alive: set[asyncio.Transport]

    def __init__(self, protocol: ServerProtocol, *args: Any, **kwargs: Any) -> None:
        super().__init__(protocol, *args, **kwargs)
        self.heard = False
        self._writer: Writer | None = None
        self._request_limit: asyncio.TimerHandle | None = None
        reject = protocol.reject

        def reject_guarded(status: StatusLike, text: str) -> Response:
            response = reject(status, text)
            response.headers.update(SECURITY_HEADERS)
            return response

        protocol.reject = reject_guarded  # type: ignore[method-assign]  # the library's own answers have no hook

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the request."""
        super().connection_made(transport)
        self.alive.add(self.transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._request_limit = self.loop.call_later(HANDSHAKE_TIMEOUT, self.transport.abort)
        self.recv_messages.resume = self._resume_reading

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        self.alive.discard(self.transport)
        super().connection_lost(exc)
        if self._writer is not None:
            self._writer.end()

    def process_event(self, event: Any) -> None:
        """Take the request, or a frame."""
        if isinstance(event, Request):
            self._stop_waiting()
        super().process_event(event)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        self.heard = True
        super().data_received(data)

    def pause_writing(self) -> None:
        """Write no more for now, and read no more: each ping has an answer, which would pile up."""
        super().pause_writing()
        self.transport.pause_reading()
        if self._writer is not None:
            self._writer.pause()

    def resume_writing(self) -> None:
        """Go on writing, and reading."""
        super().resume_writing()
        if not self.recv_messages.paused:
            self._resume_reading()
        if self._writer is not None:
            self._writer.resume()

    def send_data(self) -> None:
        """Send what the library has to say; after a close frame, nothing may follow."""
        if self._writer is not None and self.state is not State.OPEN:
            self._writer.end()
        super().send_data()

    def hand_over(self, writer: Writer) -> None:
        """Let `writer` write to the transport from now on."""
        self._writer = writer
        if self.state is not State.OPEN:
            writer.end()
        elif self.paused:
            writer.pause()

    @property
    def deflates(self) -> bool:
        """Whether the client reads compressed frames that were not made for it alone."""
        return any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == _WHOLE_WINDOW
            for extension in self.protocol.extensions
        )

    def turn_away(self, text: str, retry_after: int) -> Response:
        """Answer a request that nobody has time for now; `retry_after` is in seconds."""
        response = self.respond(HTTPStatus.SERVICE_UNAVAILABLE, text)
        response.headers["Retry-After"] = str(retry_after)
        return response

    def forget_handshake(self) -> None:
        """Drop the headers, which are a third of what a connection weighs."""
        for message in (self.request, self.response):
            if message is not None:
                message.headers = Headers()

    async def send_page(self, response: Response) -> None:
        """Send a whole answer, however slowly it is read, and close."""
        body = memoryview(response.body)
        head = Response(response.status_code, response.reason_phrase, response.headers)
        try:
            self.transport.write(head.serialize())
            for start in range(0, len(body), CHUNK):
                self.transport.write(body[start : start + CHUNK])
                async with asyncio.timeout(STALL_TIMEOUT):
                    await self.drain()
            self.transport.close()
            async with asyncio.timeout(STALL_TIMEOUT):
                await self.wait_closed()
        except (OSError, TimeoutError):
            self.transport.abort()
            await self.wait_closed()

    def _resume_reading(self) -> None:
        if not self.paused:
            self.transport.resume_reading()

    def _stop_waiting(self) -> None:
        if self._request_limit is not None:
            self._request_limit.cancel()
            self._request_limit = None
