"""Joins: what a snapshot costs, for guilds of all sizes, beside encoding and deflating it each time.

A join is a `connect` request on an open connection, so that the handshake is not in it.
"""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Self

from tests.bench.control import Host
from tests.bench.crowd import OLD, Kind
from tests.bench.report import REPORT, Bar, Table, bar, progress, ratio
from tests.bench.wire import Compression, Decoder, client_frame, upgrade_request

SIZES: Final = (100, 1_000, 10_000, 100_000)
BARRED: Final = 10_000  # the size that has bars
REPETITIONS: Final = 3
LEAST: Final = 3  # joins, however long they take
COLUMNS: Final = (
    "guild, viewer", "unchanged ms", "one change ms", "with handshake ms", "bytes",
    "json+deflate ms", "its bytes", "unchanged/it", "changed/it",
)  # fmt: skip
NOTE: Final = (
    "CPU of the server per join. A change's own CPU, and that of asking for it, is part of its join."
)
EVENTS: Final = Kind(b'{"type":"connect","data":{"server":"dworld","events":["typing","voice","activity"]}}')
KINDS: Final = {
    "deflate": OLD,
    "no deflate": Kind(deflate=False),
    "deflate, events": EVENTS,
}
LISTED: Final = 1_500  # members, as the page asks
CROWD: Final = Kind(
    b'{"type":"connect","data":{"server":"dworld","batch":true,"crowd":%d,' % LISTED
    + b'"events":["typing","voice","reaction","edit","activity"]}}'
)
CROWDS: Final = (5_000, 20_000, 300_000)
LARGEST: Final = 150_000  # bytes, at any size
CROWD_COLUMNS: Final = ("guild", "listed", "unchanged ms", "one change ms", "bytes")
_LAST: Final = 0x80  # of a message's frames
_CONTROL: Final = 0x08


class Visitor:
    """A viewer that joins again and again: reads bytes, and understands only when asked."""

    def __init__(self, port: int, kind: Kind) -> None:
        self._request = client_frame(kind.request)
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.sendall(upgrade_request(port, deflate=kind.deflate))
        self._rest = b""
        self._compression = Compression.agreed(self._response())
        self._hear()  # the greeting

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._sock.close()

    def join(self) -> bytes:
        """Ask for the guild; return the frame that says it. What happens there meanwhile is skipped."""
        self._sock.sendall(self._request)
        while not self._is_join(frame := self._hear()):
            pass
        return frame

    def count_users(self, frame: bytes) -> int:
        """Say how many users a frame of `server-join` shows."""
        return len(json.loads(self._decoded(frame))["data"]["users"])

    def _is_join(self, frame: bytes) -> bool:
        # Anything else in these rooms is a presence, which is far smaller than the smallest snapshot.
        return len(frame) > 1_000

    def _decoded(self, frame: bytes) -> bytes:
        compression = Compression(self._compression.deflate, takeover=False)
        return next(iter(Decoder(compression).feed(frame))).payload

    def _response(self) -> bytes:
        response = b""
        while b"\r\n\r\n" not in response:
            response += self._receive(4096)
        head, _, self._rest = response.partition(b"\r\n\r\n")
        return head

    def read_on(self) -> None:
        """Read whatever comes, until the connection ends."""
        with contextlib.suppress(OSError):
            while True:
                self._receive(1 << 20)

    def _hear(self) -> bytes:
        """Hear a message with all its fragments; a ping may come between those."""
        frames = [self._hear_frame()]
        while not frames[-1][0] & _LAST or frames[-1][0] & _CONTROL:
            frames.append(self._hear_frame())
        return b"".join(frames)

    def _hear_frame(self) -> bytes:
        head = self._read(2)
        size = head[1] & 0x7F
        if size >= 126:
            extended = self._read(2 if size == 126 else 8)
            head, size = head + extended, int.from_bytes(extended)
        return head + self._read(size)

    def _read(self, size: int) -> bytes:
        data = bytearray(self._rest[:size])
        self._rest = self._rest[size:]
        while len(data) < size:
            data += self._receive(min(size - len(data), 1 << 20))
        return bytes(data)

    def _receive(self, size: int) -> bytes:
        data = self._sock.recv(size)
        if not data:
            raise ConnectionError("the server hung up on a visitor")
        return data


@dataclass(frozen=True)
class Cost:
    """CPU seconds and bytes of one join."""

    cpu: float
    size: int


@dataclass(frozen=True)
class Case:
    """A guild of one size, for one kind of viewer."""

    baseline: Cost  # encoding and deflating the same users, in the same process
    unchanged: Cost
    changed: Cost  # one change before each join
    fresh: Cost  # unchanged, with a new connection for each


def measure(quick: bool) -> list[Bar]:
    """Measure joins, and what they would cost without anything kept."""
    seconds = 0.2 if quick else 0.7
    rows: list[tuple[str, ...]] = []
    barred: list[Case] = []
    for size in (100, 10_000) if quick else SIZES:
        for number in range(REPETITIONS if size == BARRED and not quick else 1):
            progress(f"joins: guild of {size}, round {number + 1}")
            cases = {name: measure_guild(size, kind, seconds) for name, kind in KINDS.items()}
            if number == 0:
                rows += [_row(f"{size:,}, {name}", case) for name, case in cases.items()]
            if size == BARRED:
                barred.append(cases["deflate"])
    REPORT.show(Table("Joins", COLUMNS, rows, NOTE))
    crowds = measure_crowds(CROWDS[:1] if quick else CROWDS, seconds)
    guild = f"join of a {BARRED}-member guild"
    unchanged = [case.unchanged.cpu / case.baseline.cpu for case in barred]
    changed = [case.changed.cpu / case.baseline.cpu for case in barred]
    return [
        bar(f"{guild}, unchanged, CPU, of json.dumps plus deflate", 1 / 60, unchanged),
        bar(f"{guild}, one change between, CPU, of the same", 1 / 10, changed),
        *crowds,
    ]


def measure_crowds(sizes: Sequence[int], seconds: float) -> list[Bar]:
    """Measure joins of viewers who are told of a crowd by number."""
    rows, bars = [], []
    for size in sizes:
        progress(f"joins: crowd of {size}")
        listed, unchanged, changed = measure_crowd(size, seconds)
        times = (f"{cost.cpu * 1e3:.3f}" for cost in (unchanged, changed))
        rows.append((f"{size:,}", f"{listed:,}", *times, f"{unchanged.size:,}"))
        name = f"join of a crowd of {size:,}, bytes, of {LARGEST // 1000} KB"
        bars.append(bar(name, 1, [unchanged.size / LARGEST]))
    REPORT.show(Table("Joins of a crowd", CROWD_COLUMNS, rows, NOTE))
    return bars


def measure_crowd(size: int, seconds: float) -> tuple[int, Cost, Cost]:
    """Tell how many are listed, and what a join costs, with nothing changed and with one change."""
    with Host("bridge", size) as host, Visitor(host.port, CROWD) as visitor:
        listed = visitor.count_users(visitor.join())
        unchanged = _repeat(host, visitor.join, seconds)
        return listed, unchanged, _repeat(host, partial(_join_after_change, host, visitor), seconds)


def measure_guild(size: int, kind: Kind, seconds: float) -> Case:
    """Measure joins of one guild by one kind of viewer, each figure for so many seconds."""
    with Host("bridge", size) as host:
        found = host.ask("baseline", seconds=seconds, full=kind == EVENTS)
        with Visitor(host.port, kind) as visitor:
            shown = visitor.count_users(visitor.join())
            if shown != size:
                raise RuntimeError(f"a viewer of a guild of {size} was shown {shown}")
            return Case(
                baseline=Cost(found["cpu"], found["size"]),
                unchanged=_repeat(host, visitor.join, seconds),
                changed=_repeat(host, partial(_join_after_change, host, visitor), seconds),
                fresh=_repeat(host, partial(_visit, host.port, kind), seconds),
            )


def _repeat(host: Host, join: Callable[[], bytes], seconds: float) -> Cost:
    size = len(join())  # the first pays for what the others find ready
    cpu, start, joins = host.cpu(), time.monotonic(), 0
    while joins < LEAST or time.monotonic() - start < seconds:
        size = len(join())
        joins += 1
    return Cost((host.cpu() - cpu) / joins, size)


def _join_after_change(host: Host, visitor: Visitor) -> bytes:
    host.ask("change")
    return visitor.join()


def _visit(port: int, kind: Kind) -> bytes:
    with Visitor(port, kind) as visitor:
        return visitor.join()


def _row(name: str, case: Case) -> tuple[str, ...]:
    return (
        name,
        *(f"{cost.cpu * 1e3:.3f}" for cost in (case.unchanged, case.changed, case.fresh)),
        f"{case.unchanged.size:,}",
        f"{case.baseline.cpu * 1e3:.3f}",
        f"{case.baseline.size:,}",
        ratio(case.unchanged.cpu / case.baseline.cpu),
        ratio(case.changed.cpu / case.baseline.cpu),
    )
