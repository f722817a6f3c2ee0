"""The load generator: thousands of viewers on one core.

Most viewers only walk over frame headers, count, and answer pings. A few are listeners, and decode
everything. As all viewers of a kind get the same bytes, what the listeners decoded tells where in the
stream each event ends, and so when it reached any viewer that noted its arrivals.
"""

import errno
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, TypeVar

from tests.bench.wire import PING, PONG, Compression, Decoder, Heard, client_frame, upgrade_request

BUFFER: Final = bytearray(1 << 18)
AT_ONCE: Final = 64  # connections under way while a crowd gathers; a server's queue has 100 places
TICK: Final = 0.05  # seconds until conditions are looked at again in silence
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: no port stays behind in TIME_WAIT


@dataclass(frozen=True)
class Kind:
    """How a viewer connects, and what it asks for in `connect`, as JSON."""

    request: bytes = b'{"type":"connect","data":{"server":"dworld"}}'
    deflate: bool = True
    receive_buffer: int | None = None  # bytes; small for viewers that shall stall
    address: str | None = None  # where it comes from, if that matters


OLD: Final = Kind()
BATCH: Final = Kind(b'{"type":"connect","data":{"server":"dworld","batch":true}}')


class Viewer:
    """One viewer, from the TCP connection on. `step` is what it does next when its socket is ready."""

    __slots__ = (
        "_part", "_skip", "arrivals", "called", "fd", "frames", "gone", "joined", "kind", "response",
        "size", "sock", "step",
    )  # fmt: skip

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if kind.receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, kind.receive_buffer)
        self.fd = self.sock.fileno()
        self.step: Callable[[], None] = self._upgrade
        self.called = 0.0
        self.joined: float | None = None
        self.gone = False
        self.response = b""
        self.frames = 0  # messages' frames begun
        self.size = 0  # their bytes, headers included
        self.arrivals: list[tuple[float, int]] | None = None  # when how many bytes were there
        self._skip = 0  # bytes to come of the frame that was begun
        self._part = b""  # of a header, or of a control frame

    @property
    def received(self) -> int:
        """Bytes of messages that are here, headers included."""
        return self.size - self._skip

    @property
    def has_whole_frames(self) -> bool:
        """Whether nothing is missing of the last frame."""
        return not self._skip and not self._part

    def call(self, port: int) -> None:
        """Connect."""
        if self.kind.address is not None:
            self.sock.bind((self.kind.address, 0))
        self.called = time.monotonic()
        code = self.sock.connect_ex(("127.0.0.1", port))
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, errno.errorcode.get(code, "cannot connect"))

    def _upgrade(self) -> None:
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.gone = True
            return
        self.sock.send(upgrade_request(self.sock.getpeername()[1], deflate=self.kind.deflate))
        self.step = self._be_upgraded

    def _be_upgraded(self) -> None:
        if not (size := self._receive()):
            return
        self.response += BUFFER[:size]
        head, blank, rest = self.response.partition(b"\r\n\r\n")
        if not blank:
            return
        self.gone = not head.startswith(b"HTTP/1.1 101 ")
        self.response = head
        self.step = self._be_greeted
        if rest:
            self._take(rest, len(rest))
            self._ask_to_join()

    def _be_greeted(self) -> None:
        if size := self._receive():
            self._take(BUFFER, size)
            self._ask_to_join()

    def _ask_to_join(self) -> None:
        if self.frames and self.has_whole_frames:
            self.sock.send(client_frame(self.kind.request))
            self.step = self._be_seated

    def _be_seated(self) -> None:
        if size := self._receive():
            self._take(BUFFER, size)
            if self.frames > 1 and self.has_whole_frames:
                self.joined = time.monotonic()
                self.step = self.watch

    def watch(self) -> None:
        """Read what there is."""
        if size := self._receive():
            self._take(BUFFER, size)
            if self.arrivals is not None:
                self.arrivals.append((time.monotonic(), self.size - self._skip))

    def _receive(self) -> int:
        try:
            size = self.sock.recv_into(BUFFER)
        except BlockingIOError:
            return 0
        except OSError:
            size = 0
        if not size:
            self.gone = True
        return size

    def _take(self, data: bytes | bytearray, end: int) -> None:
        """Walk over the frames. This is the load generator's hot loop: it runs once per event and viewer."""
        if self._part:
            data = self._part + data[:end]
            end = len(data)
            self._part = b""
        position = self._skip
        while position < end:
            left = end - position
            size = data[position + 1] & 0x7F if left > 1 else 0
            head = 2 if size < 126 else 4 if size == 126 else 10
            if left < head:
                break
            if head > 2:
                size = int.from_bytes(data[position + 2 : position + head])
            if data[position] & 0x8:
                if left < head + size:
                    break
                self._control(data[position] & 0xF, bytes(data[position + head : position + head + size]))
            else:
                self.frames += 1
                self.size += head + size
            position += head + size
        self._skip = max(0, position - end)
        if position < end:
            self._part = bytes(data[position:end])

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.sock.send(client_frame(payload, PONG))
        else:
            self.gone = True

    def hang_up(self) -> None:
        """Go, without a word."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.sock.close()


class Listener(Viewer):
    """A viewer that understands everything, and keeps it in `heard`."""

    __slots__ = ("_decoder", "heard")

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self._decoder: Decoder | None = None
        self.heard: list[Heard] = []

    def _take(self, data: bytes | bytearray, end: int) -> None:
        if self._decoder is None:
            self._decoder = Decoder(Compression.agreed(self.response))
        self.heard += self._decoder.feed(bytes(data[:end]))
        super()._take(data, end)


V = TypeVar("V", bound=Viewer)


@dataclass
class Crowd:
    """Viewers, and the loop that lets them read. `with` it, so that they are gone in the end."""

    viewers: list[Viewer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._epoll = select.epoll()
        self._by_fd: dict[int, Viewer] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for viewer in self.viewers:
            viewer.hang_up()
        self._epoll.close()

    @property
    def listeners(self) -> Iterator[Listener]:
        """Those who decode."""
        return (viewer for viewer in self.viewers if isinstance(viewer, Listener))

    def gather(
        self,
        count: int,
        port: int,
        kind: Kind,
        *,
        listeners: int = 10,
        at_once: int = AT_ONCE,
        patience: float = 60,
    ) -> list[Viewer]:
        """Let viewers connect and join; return those of them who got in.

        Listeners are spread evenly among them.
        """
        every = max(1, count // max(1, listeners))
        viewers = [Listener(kind) if number % every == 0 else Viewer(kind) for number in range(count)]
        return self.seat(viewers, port, at_once=at_once, patience=patience)

    def seat(
        self, viewers: Sequence[V], port: int, *, at_once: int = AT_ONCE, patience: float = 60
    ) -> list[V]:
        """Let these connect and join; return those of them who got in."""
        waiting = list(viewers[::-1])
        newcomers: list[V] = []
        under_way: list[V] = []
        deadline = time.monotonic() + patience
        while (waiting or under_way) and time.monotonic() < deadline:
            while waiting and len(under_way) < at_once:
                viewer = waiting.pop()
                self._enter(viewer, port)
                newcomers.append(viewer)
                under_way.append(viewer)
            self._poll(TICK)
            if at_once < len(viewers) or all(viewer.joined or viewer.gone for viewer in under_way):
                under_way = [viewer for viewer in under_way if not (viewer.joined or viewer.gone)]
        for viewer in waiting:
            viewer.hang_up()
        return [viewer for viewer in newcomers if viewer.joined and not viewer.gone]

    def read_until(self, done: Callable[[], bool], patience: float) -> bool:
        """Let everybody read until something is so; tell whether it is."""
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                return False
            self._poll(TICK)
        return True

    def read_for(self, seconds: float) -> None:
        """Let everybody read for a while."""
        end = time.monotonic() + seconds
        self.read_until(lambda: time.monotonic() >= end, seconds + 1)

    def stall(self, viewers: Sequence[Viewer]) -> None:
        """Let these read no more."""
        for viewer in viewers:
            self._epoll.unregister(viewer.fd)

    def wake(self, viewers: Sequence[Viewer]) -> None:
        """Let these read again."""
        for viewer in viewers:
            self._epoll.register(viewer.fd, select.EPOLLIN)

    def _enter(self, viewer: Viewer, port: int) -> None:
        self.viewers.append(viewer)
        self._by_fd[viewer.fd] = viewer
        viewer.call(port)
        self._epoll.register(viewer.fd, select.EPOLLOUT)

    def _poll(self, timeout: float) -> None:
        by_fd, epoll = self._by_fd, self._epoll
        for fd, ready in epoll.poll(timeout, 1024):
            viewer = by_fd[fd]
            viewer.step()
            if viewer.gone:
                epoll.unregister(fd)
            elif ready & select.EPOLLOUT:
                epoll.modify(fd, select.EPOLLIN)
