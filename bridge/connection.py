"""What a connection of the `websockets` library needs beside, to serve pages to slow lines as well."""

import asyncio
import weakref
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

HANDSHAKE_TIMEOUT: Final = 10.0  # seconds until a request must have come in
STALL_TIMEOUT: Final = 30.0  # seconds a download may stand still
CHUNK: Final = 64 * 1024  # bytes

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Connection(ServerConnection):
    """A connection with a limit for its request, but none for reading what it asked for.

    The library has one time limit for the whole handshake, a page's download included, and cuts off what
    is not through by then. `alive` holds the transports of all connections, also of those that never
    finish their handshake.
    """

    alive: weakref.WeakSet[asyncio.Transport]

    def __init__(self, protocol: ServerProtocol, *args: Any, **kwargs: Any) -> None:
        super().__init__(protocol, *args, **kwargs)
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
        self._request_limit = self.loop.call_later(HANDSHAKE_TIMEOUT, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def process_event(self, event: Any) -> None:
        """Take the request, or a frame."""
        if isinstance(event, Request):
            self._stop_waiting()
        super().process_event(event)

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

    def _stop_waiting(self) -> None:
        if self._request_limit is not None:
            self._request_limit.cancel()
            self._request_limit = None
