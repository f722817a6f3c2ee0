"""A door for viewers whom another web server brings, such as the one of an application around the bridge.

It is a port of its own that only this process can come in by: each connection is announced, with whose it is.
So all that is true of viewers is true of them, down to how slowly they may read.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from bridge.network.peers import UNKNOWN
from bridge.viewers.connection import Connection


class Guests:
    """Who is on the way in, by the port that they come from."""

    def __init__(self) -> None:
        self._addresses: dict[int, str] = {}
        self._door: tuple[str, int] | None = None

    def open(self) -> socket.socket:
        """Make the door: a socket to listen on."""
        door = socket.create_server(("127.0.0.1", 0))
        self._door = door.getsockname()
        return door

    def address_of(self, port: int) -> str | None:
        """Tell whose connection comes from a port; None if nobody announced it."""
        return self._addresses.get(port)

    @contextlib.asynccontextmanager
    async def bring(self, address: str | None) -> AsyncIterator[socket.socket]:
        """Bring somebody from an address in, for as long as the context lasts; the socket is the caller's.

        Raises:
            OSError: if the bridge doesn't serve.
        """
        if self._door is None:
            raise ConnectionRefusedError("the bridge has not been started")
        sock = socket.socket()
        sock.setblocking(False)  # noqa: FBT003 - that is how sockets have it
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        self._addresses[port] = address or UNKNOWN
        try:
            await _connect(sock, self._door)
            yield sock
        finally:
            del self._addresses[port]


class Guest(Connection):
    """The connection of somebody who was brought. Who wasn't announced is cut off."""

    __slots__ = ()

    guests: Guests

    @property
    def peer(self) -> str:
        """The address from which they came to who brings them."""
        return self._announced or UNKNOWN

    @property
    def _announced(self) -> str | None:
        peer = self._line.get_extra_info("peername")
        return self.guests.address_of(peer[1]) if peer else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if they were announced."""
        peer = transport.get_extra_info("peername")
        if not peer or self.guests.address_of(peer[1]) is None:
            assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as for any stream
            transport.set_protocol(asyncio.Protocol())  # what has not begun needs no end
            transport.abort()
            return
        super().connection_made(transport)


def for_guests(kind: type[Connection], guests: Guests) -> type[Connection]:
    """Make the class of guests' connections out of a bridge's."""
    return type("Guest", (Guest, kind), {"__slots__": (), "guests": guests})


async def _connect(sock: socket.socket, door: tuple[str, int]) -> None:
    try:
        await asyncio.get_running_loop().sock_connect(sock, door)
    except BaseException:
        sock.close()
        raise
