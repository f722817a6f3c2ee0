"""The servers that are compared. Each greets, admits and seats a viewer as the protocol has it."""

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from websockets.asyncio.server import ServerConnection, broadcast, serve

from bridge.limits import Limits
from bridge.model import Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bench.guild import GUILD, Happening, users
from tests.bench.wire import accept, server_frame

HOST: Final = "127.0.0.1"
# All viewers come from this machine, at once, and some ask for a room again and again.
ONE_ADDRESS: Final = Limits(
    viewers=20_000,
    viewers_per_address=20_000,
    handshakes_per_minute=10**6,
    frames_per_second=1e6,
    cpu_per_viewer=1e6,
    cpu_per_address=1e6,
    cpu_in_all=1e6,
)
# Where they come from may stand still, as while it starts another process: who has begun goes on after that.
PATIENT: Final = replace(ONE_ADDRESS, handshake_seconds=120.0, connect_seconds=120.0)
WINDOW: Final = 0.016  # seconds; of the floor that writes once per window


class Contestant(Protocol):
    """A server with one guild."""

    async def start(self, members: Sequence[Member]) -> int:
        """Listen; return the port."""

    def prepare(self, events: Iterable[Happening]) -> None:
        """Do what may be done before the clock runs."""

    async def show(self, event: Happening) -> None:
        """Broadcast it, and wait for nobody."""


class Bridge:
    """This bridge, as a bot uses it."""

    def __init__(self, **options: Any) -> None:
        self.server = WebSocketServer(port=0, host=HOST, limits=ONE_ADDRESS, **options)

    async def start(self, members: Sequence[Member]) -> int:
        await self.server.start()
        self.server.show_guild(GUILD, members)
        return self.server.port

    def prepare(self, events: Iterable[Happening]) -> None:
        pass

    async def show(self, event: Happening) -> None:
        if event.words is None:
            await self.server.broadcast_presence(GUILD.id, event.uid, event.status)
        else:
            await self.server.broadcast_message(GUILD.id, event.uid, event.words, event.channel)


class Plain:
    """`websockets.broadcast` in its plainest good form."""

    def __init__(self, compression: str | None = "deflate") -> None:
        self._compression = compression
        self._viewers: set[ServerConnection] = set()
        self._join = ""

    async def start(self, members: Sequence[Member]) -> int:
        self._join = server_join(members)
        server = await serve(self._talk, HOST, 0, compression=self._compression)
        return int(server.sockets[0].getsockname()[1])

    def prepare(self, events: Iterable[Happening]) -> None:
        pass

    async def show(self, event: Happening) -> None:
        broadcast(self._viewers, event.json())

    async def _talk(self, connection: ServerConnection) -> None:
        await connection.send(SERVER_LIST)
        await connection.recv()
        await connection.send(self._join)
        self._viewers.add(connection)
        try:
            await connection.wait_closed()
        finally:
            self._viewers.discard(connection)


class Raw:
    """Frames built beforehand, written to each transport: one write per event."""

    def __init__(self) -> None:
        self._seats: set[asyncio.Transport] = set()
        self._frames: dict[Happening, bytes] = {}
        self._join = b""

    async def start(self, members: Sequence[Member]) -> int:
        self._join = server_frame(server_join(members).encode())
        server = await asyncio.get_running_loop().create_server(self._admit, HOST, 0)
        return int(server.sockets[0].getsockname()[1])

    def prepare(self, events: Iterable[Happening]) -> None:
        self._frames = {event: server_frame(event.json().encode()) for event in events}

    async def show(self, event: Happening) -> None:
        self._write(self._frames[event])

    def _admit(self) -> "_RawViewer":
        return _RawViewer(self._join, self._seats)

    def _write(self, frames: bytes) -> None:
        for transport in self._seats:
            transport.write(frames)


class RawWindow(Raw):
    """The floor: the same, with one write per window."""

    def __init__(self) -> None:
        super().__init__()
        self._pending: list[bytes] = []

    async def show(self, event: Happening) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_later(WINDOW, self._flush)
        self._pending.append(self._frames[event])

    def _flush(self) -> None:
        self._write(b"".join(self._pending))
        self._pending.clear()


class _RawViewer(asyncio.Protocol):
    """Just enough of a conversation to get a viewer seated."""

    def __init__(self, join: bytes, seats: set[asyncio.Transport]) -> None:
        self._join = join
        self._seats = seats
        self._request = b""
        self._greeted = False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._seats.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._greeted:
            self._transport.write(self._join)
            self._seats.add(self._transport)
            return
        self._request += data
        if b"\r\n\r\n" in self._request:
            self._greeted = True
            self._transport.write(_switch(self._request) + server_frame(SERVER_LIST.encode()))


def _switch(request: bytes) -> bytes:
    key = request.split(b"Sec-WebSocket-Key: ", 1)[1].split(b"\r\n", 1)[0]
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accept(key) + b"\r\n\r\n"


SERVER_LIST: Final = json.dumps(
    {
        "type": "server-list",
        "data": {GUILD.id: {"id": GUILD.slug, "name": GUILD.name, "passworded": False, "default": True}},
    }
)


def server_join(members: Iterable[Member]) -> str:
    """Encode a snapshot the way anybody would."""
    data = {"users": users(members), "request": {"server": GUILD.slug}, "serverName": GUILD.name}
    return json.dumps({"type": "server-join", "data": data})


CONTESTANTS: Final[dict[str, Callable[[], Contestant]]] = {
    "bridge": Bridge,
    "websockets": Plain,
    "websockets-plain": lambda: Plain(compression=None),
    "raw": Raw,
    "raw-window": RawWindow,
}

# With a Redis between, whose address is in the environment: one that has the guild, and one that shows it.
BACKPLANE: Final = "BENCH_BACKPLANE"


class Reader(Bridge):
    """This bridge, as it shows what another process has."""

    async def start(self, members: Sequence[Member]) -> int:
        await self.server.start()
        return self.server.port


ON_BACKPLANE: Final[dict[str, Callable[[], Contestant]]] = {
    "bridge-writer": lambda: Bridge(provider=EmptyProvider(), publish_to=os.environ[BACKPLANE]),
    "bridge-reader": lambda: Reader(follow=os.environ[BACKPLANE]),
}
