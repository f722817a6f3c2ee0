"""The other end of the wire: viewers that behave, viewers that don't, and plain HTTP requests."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from bridge.problems import Problem
from bridge.server import WebSocketServer
from bridge.wire.framing import LongMessage

PATIENCE = 60.0  # seconds a test waits for what should take milliseconds, on a busy machine

Json = dict[str, Any]


class Watcher:
    """A well-behaved viewer: speaks and hears JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def hear_text(self) -> str:
        """Hear the next frame as it is; it must be a text frame."""
        async with asyncio.timeout(PATIENCE):
            frame = await self.connection.recv()
        assert isinstance(frame, str)
        return frame

    async def hear(self) -> Json:
        """Hear the next frame."""
        frame = json.loads(await self.hear_text())
        assert isinstance(frame, dict)
        return frame

    async def hear_type(self, type: str) -> Json:  # noqa: A002 - the protocol's word
        """Hear the next frame of a type; skip what comes before it."""
        while True:
            frame = await self.hear()
            if frame["type"] == type:
                return frame

    async def hear_error(self) -> Problem:
        """Hear the next frame, which must be an error, and return what it says."""
        frame = await self.hear()
        assert frame["type"] == "error", frame
        assert frame.keys() == {"type", "data"}
        assert frame["data"].keys() == {"message", "code"}
        return Problem(frame["data"]["code"], frame["data"]["message"])

    async def hear_sentence(self) -> str:
        """Hear the next frame, which must be an error, and return its sentence."""
        return (await self.hear_error()).sentence

    async def hear_events(self) -> list[Json]:
        """Hear the next frame, and unpack it if it is a batch."""
        frame = await self.hear()
        return list(frame["events"]) if frame["type"] == "batch" else [frame]

    async def say(self, frame: object) -> None:
        """Say a frame: text and bytes as they are, a list of fragments as one message, the rest as JSON."""
        if isinstance(frame, str | bytes):
            await self.connection.send(frame)
        else:
            await self.connection.send(json.dumps(frame))

    async def say_in_fragments(self, fragments: Sequence[str] | Sequence[bytes]) -> None:
        """Say one message in several frames."""
        await self.connection.send(fragments)

    async def ask(self, server: object = "default", **fields: object) -> None:
        """Ask to enter a room."""
        await self.say({"type": "connect", "data": {"server": server, **fields}})

    async def enter(self, server: object = "default", **fields: object) -> Json:
        """Ask to enter a room; return the answer's data."""
        await self.ask(server, **fields)
        frame = await self.hear()
        assert frame["type"] == "server-join", frame
        data = frame["data"]
        assert isinstance(data, dict)
        return data

    async def has_heard_everything(self) -> bool:
        """Tell whether nothing more was said to this viewer than it has heard already."""
        await self.say({"type": "is there more?"})
        return await self.hear() == {
            "type": "error",
            "data": {"message": "Unknown event type", "code": "unknown-type"},
        }

    async def farewell(self) -> tuple[int, str]:
        """Hear everything until the connection is closed; return how: code and reason."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@contextlib.asynccontextmanager
async def watching(
    server: WebSocketServer | int, *, greeted: bool = True, **options: Any
) -> AsyncIterator[Watcher]:
    """Connect a viewer to a server or a port; it has heard the greeting unless it shall hear it itself.

    `options` are those of the library's client.
    """
    port = server if isinstance(server, int) else server.port
    options = {"open_timeout": PATIENCE, **options}
    async with connect(f"ws://127.0.0.1:{port}/", max_size=None, proxy=None, **options) as connection:
        watcher = Watcher(connection)
        if greeted:
            greeting = await watcher.hear()
            assert greeting["type"] == "server-list"
        yield watcher


class RawViewer:
    """A TCP connection that speaks WebSocket by hand, and reads only when told to.

    `heard` counts the bytes of the frames that were read.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.heard = 0
        self._sock = sock
        self._reader = StreamReader()

    @classmethod
    async def dial(cls, port: int, *, receive_buffer: int | None = None) -> Self:
        """Open the TCP connection, with no byte said yet."""
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return cls(sock)

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.get_running_loop().sock_sendall(self._sock, data)

    def cram(self, data: bytes) -> None:
        """Send as many of these bytes as the system takes at once."""
        with contextlib.suppress(BlockingIOError):
            self._sock.send(data)

    async def hear(self) -> Json:
        """Read the next JSON message, in however many frames it comes; pings go unanswered."""
        part = await self.hear_answer()
        data = bytes(part.data)
        while not part.fin:
            part = await self.hear_frame()
            data += bytes(part.data)
        frame = json.loads(data)
        assert isinstance(frame, dict)
        return frame

    async def hear_answer(self) -> Frame:
        """Read the next frame that is no ping: those come by the clock."""
        while (frame := await self.hear_frame()).opcode is Opcode.PING:
            pass
        return frame

    async def hear_frame(self) -> Frame:
        """Read the next frame, of whatever kind."""
        parsing = parse_frame(self._reader)
        self.heard += len(self._reader.buffer)
        while True:
            try:
                next(parsing)
            except StopIteration as parsed:
                frame = parsed.value
                assert isinstance(frame, Frame)
                self.heard -= len(self._reader.buffer)
                return frame
            data = await self._receive()
            assert data, "the connection ended in the middle of a frame"
            self._reader.feed_data(data)
            self.heard += len(data)

    async def hear_handshake(self) -> list[str]:
        """Read the answer to the handshake; return its lines."""
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = await self._receive()
            assert data, answer
            answer += data
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert b" 101 " in head.splitlines()[0], head
        self._reader.feed_data(rest)
        return head.decode().split("\r\n")

    async def end(self) -> bytes:
        """Read until the other side ends the connection; return what was not heard yet."""
        data = bytes(self._reader.buffer)
        with contextlib.suppress(ConnectionResetError):
            while chunk := await self._receive():
                data += chunk
        return data

    async def some(self) -> bytes:
        """Read what comes next, as it is."""
        return bytes(self._reader.buffer) or await self._receive()

    async def _receive(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.get_running_loop().sock_recv(self._sock, 1 << 16)

    def drain(self) -> None:
        """Read whatever the system has, at both ends, while nobody else does anything."""
        with contextlib.suppress(BlockingIOError):
            while self._sock.recv(1 << 16):
                pass

    def hang_up(self) -> None:
        """Close the TCP connection without a word."""
        self._sock.close()

    def reset(self) -> None:
        """Close the TCP connection as if it had failed."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


@contextlib.asynccontextmanager
async def dialled(
    server: WebSocketServer | int, *, receive_buffer: int | None = None
) -> AsyncIterator[RawViewer]:
    """Open a TCP connection to a server or a port."""
    port = server if isinstance(server, int) else server.port
    viewer = await RawViewer.dial(port, receive_buffer=receive_buffer)
    try:
        yield viewer
    finally:
        viewer.hang_up()


@contextlib.asynccontextmanager
async def stuck_viewer(server: WebSocketServer, request: Json) -> AsyncIterator[RawViewer]:
    """Connect a viewer that enters a room and then never reads again."""
    async with dialled(server, receive_buffer=4096) as viewer:
        await viewer.say(handshake() + masked(json.dumps(request).encode()))
        await viewer.hear_handshake()
        while (await viewer.hear())["type"] != "server-join":
            pass
        yield viewer


def handshake(*headers: str) -> bytes:
    """Write the request that opens a WebSocket, with more headers if they are given."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET / HTTP/1.1",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def masked(payload: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
    """Frame a payload as a client does."""
    return Frame(opcode, payload).serialize(mask=True)


def parse_frame(reader: StreamReader) -> Generator[None, None, Frame]:
    """Parse one frame, which may be compressed without context takeover."""
    inflate = PerMessageDeflate(
        remote_no_context_takeover=True,
        local_no_context_takeover=True,
        remote_max_window_bits=15,
        local_max_window_bits=15,
    )
    return Frame.parse(reader.read_exact, mask=False, extensions=[inflate])


def read_frames(data: bytes | LongMessage) -> list[Json]:
    """Read JSON out of framed bytes with the library's own parser."""
    reader = StreamReader()
    reader.feed_data(data if isinstance(data, bytes) else joined(data.fragments()))
    reader.feed_eof()
    frames = []
    while reader.buffer:
        parsing = parse_frame(reader)
        try:
            next(parsing)
        except StopIteration as parsed:
            frame = parsed.value
        assert frame.opcode is Opcode.TEXT
        assert frame.fin
        frames.append(json.loads(bytes(frame.data).decode()))
    return frames


def joined(fragments: Iterable[bytes]) -> bytes:
    """Put the fragments of a message into one frame, of which each has the header that it needs."""
    first, payload = 0, b""
    for number, fragment in enumerate(fragments):
        assert first & 0x80 == 0, "something follows the last"
        assert bool(fragment[0] & 0x4F) is (number == 0)
        first |= fragment[0]
        payload += fragment[{126: 4, 127: 10}.get(fragment[1], 2) :]
    assert first & 0x80, "the last is missing"
    return bytes([first, 127]) + len(payload).to_bytes(8) + payload


def unpacked(frames: Iterable[Json]) -> list[Json]:
    """Take events out of their batches."""
    return [event for frame in frames for event in frame.get("events", [frame])]


@dataclass(frozen=True)
class Answer:
    """What came back for a plain HTTP request."""

    status: int
    headers: dict[str, str]
    body: bytes


async def fetch(
    server: WebSocketServer | int, target: str | bytes = "/", method: str = "GET", headers: Sequence[str] = ()
) -> Answer:
    """Make an HTTP request with exactly this target: nothing normalises it."""
    if isinstance(target, str):
        target = target.encode()
    rest = "".join(f"{line}\r\n" for line in ("Host: localhost", *headers))
    async with dialled(server) as viewer:
        await viewer.say(method.encode() + b" " + target + b" HTTP/1.1\r\n" + rest.encode() + b"\r\n")
        raw = await viewer.end()
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("iso-8859-1").split("\r\n")
    fields = [line.partition(":") for line in lines]
    return Answer(
        status=int(status.split()[1]) if status else 0,
        headers={name.lower(): value.strip() for name, _, value in fields},
        body=body,
    )


async def until(sight: Callable[[], bool], hoped: str) -> None:
    """Return as soon as something is true that rings no bell of its own."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not sight():  # noqa: ASYNC110 - it has no event to wait for
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE:g} s in vain: {hoped}") from None
