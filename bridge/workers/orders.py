"""What a worker is told: its settings at the start, then single words; and what it answers.

All of it goes through a pair of sockets that nobody else has. When the parent is gone, however it ended, the
worker reads the end of it.
"""

import pickle
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from bridge import __version__
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.running.board import Seat

STOP: Final = b"S"  # say goodbye to all, and end
LEAVE: Final = b"L"  # the same without haste: somebody else is there for them
BEAT: Final = b"."  # a worker's loop turns
READY: Final = b"R"  # it has the list of guilds, and serves
BEAT_EVERY: Final = 1.0  # seconds
_SIZE: Final = 4  # bytes


@dataclass(frozen=True, slots=True)
class Orders:
    """How a worker serves: what it has in common with its parent, and where it reads the rooms.

    `doors` are the listening sockets that it inherits, by their numbers; at its `seat` it counts, together
    with the others, who comes from which address. A worker that `replaces` another one serves only if it can
    do so as well. With `counts` it tells its parent now and then what it
    has counted.
    """

    host: str
    limits: Limits
    exposure: Exposure
    health: bool
    pace_old_clients: bool
    static_dir: str
    follow: str = field(repr=False)  # it may hold a password
    log_level: int
    debug_loop: float
    documents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    counts: bool = False
    doors: tuple[int, ...] = ()
    seat: Seat | None = None
    replaces: bool = False


class OtherVersion(Exception):
    """The program was updated while the parent runs."""


def pack(orders: Orders) -> bytes:
    """Write orders for a worker of this version."""
    version, words = __version__.encode(), pickle.dumps(orders)
    return b"".join(len(part).to_bytes(_SIZE, "big") + part for part in (version, words))


class _Readable(Protocol):
    def recv(self, size: int, flags: int, /) -> bytes: ...


def receive(line: _Readable) -> Orders:
    """Wait for the orders, in a worker.

    Raises:
        OtherVersion: if the parent is of another version, whose orders mean something else.
        EOFError: if the parent is gone.
    """
    version, words = _receive_part(line), _receive_part(line)
    if version != __version__.encode():
        raise OtherVersion
    orders: Orders = pickle.loads(words)  # noqa: S301 - nobody else can write to this socket
    return orders


def _receive_part(line: _Readable) -> bytes:
    size = int.from_bytes(_receive_bytes(line, _SIZE), "big")
    return _receive_bytes(line, size)


def _receive_bytes(line: _Readable, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = line.recv(size - len(got), socket.MSG_WAITALL)
        if not more:
            raise EOFError
        got += more
    return got
