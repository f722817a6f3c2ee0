"""What the processes of one machine count together, by address, in memory that all of them have.

Nobody waits for anybody: each process writes where the others only read, or writes what is hardly wrong if
two do so at once. A key has two places by its digest, and of what is found there the lower number counts: it
is too high only where others share both places, and never too low.
"""

import contextlib
import mmap
import os
import secrets
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from bridge.running.rate import Rate, Rates

PLACES: Final = 1 << 14  # in each of two rows: a few for each whom a machine serves
COUNTED: Final = ("connections", "viewers")
RATED: Final = ("arrivals", "handshakes", "requests")
_ROWS: Final = 2
_COUNT: Final = 4  # bytes
_TIME: Final = 8
_TIMES: Final = len(RATED) * _ROWS * PLACES


@dataclass(frozen=True, slots=True)
class Seat:
    """What a process needs to count with others: the memory's number there, and which column is its own."""

    number: int
    column: int
    columns: int
    key: bytes = field(repr=False)  # who knows it could choose addresses that share others' places
    sharers: int = 1  # processes that count there, as a rule

    @property
    def house(self) -> str:
        """Name all who count there, for others."""
        return blake2b(b"house", key=self.key, digest_size=16).hexdigest()


class Counts(Counter[str]):
    """How many there are of each key, as long as nobody else counts."""

    def of(self, key: str) -> int:
        """Tell how many there are."""
        return self[key]

    def add(self, key: str) -> None:
        """Count one more."""
        self[key] += 1

    def take(self, key: str) -> None:
        """Count one less."""
        self[key] -= 1
        if not self[key]:
            del self[key]


class Board:
    """The memory, as the process has it that sits at `seat`."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._memory = memoryview(mmap.mmap(seat.number, _size(seat.columns)))
        self._times = self._memory[: _TIMES * _TIME].cast("d")
        self._counts = self._memory[_TIMES * _TIME :].cast("I")

    def counts(self, name: str) -> "SharedCounts":
        """Give what counts one of `COUNTED`."""
        cells = PLACES * _ROWS * self.seat.columns
        first = COUNTED.index(name) * cells
        return SharedCounts(self, self._counts[first : first + cells], self.seat)

    def rates(self, name: str, rate: Rate) -> "SharedRates":
        """Give what bounds one of `RATED`."""
        cells = PLACES * _ROWS
        first = RATED.index(name) * cells
        return SharedRates(rate, self, self._times[first : first + cells])

    def places(self, key: str) -> tuple[int, int]:
        """Tell where a key is counted."""
        digest = blake2b(key.encode(), key=self.seat.key, digest_size=8).digest()
        first, second = (int.from_bytes(part) % PLACES for part in (digest[:4], digest[4:]))
        return first, PLACES + second

    def clear(self) -> None:
        """Have nothing counted that was counted in the own column: whoever did so is gone."""
        self._counts[self.seat.column :: self.seat.columns] = memoryview(
            bytes(len(COUNTED) * _ROWS * PLACES * _COUNT)
        ).cast("I")


class SharedCounts(Counts):
    """How many there are of each key in all processes."""

    def __init__(self, board: Board, cells: "memoryview[int]", seat: Seat) -> None:
        super().__init__()
        self._board = board
        self._cells = cells
        self._seat = seat

    def of(self, key: str) -> int:
        """Tell how many there are: as for the own ones, exactly."""
        column, columns = self._seat.column, self._seat.columns
        elsewhere = (
            sum(self._cells[place * columns : (place + 1) * columns]) - self._cells[place * columns + column]
            for place in self._board.places(key)
        )
        return self[key] + min(elsewhere)

    def add(self, key: str) -> None:
        """Count one more."""
        super().add(key)
        self._change(key, 1)

    def take(self, key: str) -> None:
        """Count one less."""
        super().take(key)
        self._change(key, -1)

    def _change(self, key: str, by: int) -> None:
        for place in self._board.places(key):
            self._cells[place * self._seat.columns + self._seat.column] += by


class SharedRates(Rates):
    """A rate for each of many keys, whichever process they come to. All have the same clock."""

    def __init__(self, rate: Rate, board: Board, cells: "memoryview[float]") -> None:
        super().__init__(rate)
        self._board = board
        self._cells = cells

    def allow(self, key: str, now: float) -> bool:
        """Tell whether it may happen once more, and count it if so."""
        places = self._board.places(key)
        full_at = self._rate.spend(min(self._cells[place] for place in places), now)
        if full_at is None:
            return False
        self._note(places, full_at)
        return True

    def charge(self, key: str, now: float, amount: float, longest: float) -> None:
        """Take from somebody even what they don't have, as `Rate.charge`."""
        places = self._board.places(key)
        full_at = min(self._cells[place] for place in places)
        self._note(places, self._rate.charge(full_at, now, amount, longest))

    def _note(self, places: tuple[int, int], full_at: float) -> None:
        for place in places:
            self._cells[place] = max(full_at, self._cells[place])


class Table:
    """The memory as the parent has it, who gives seats to processes and clears them when these have ended."""

    def __init__(self, columns: int, sharers: int = 1) -> None:
        self._number = _memory(_size(columns))
        self._columns = columns
        self._sharers = sharers
        self._key = secrets.token_bytes(16)
        self._free = list(range(columns))

    def take_seat(self) -> Seat:
        """Give a process a seat."""
        return Seat(self._number, self._free.pop(), self._columns, self._key, self._sharers)

    def leave_seat(self, seat: Seat) -> None:
        """Count nothing any more of what the process at a seat has counted, which has ended."""
        Board(seat).clear()
        self._free.append(seat.column)

    def close(self) -> None:
        """Give the memory back, which is there for others as long as they have it."""
        os.close(self._number)


def _size(columns: int) -> int:
    return _TIMES * _TIME + len(COUNTED) * _ROWS * PLACES * columns * _COUNT


def _memory(size: int) -> int:
    """Have some memory that processes may share, all zeros; return its number."""
    number = -1
    if hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError):
            number = os.memfd_create("dzone")
    if number < 0:
        with tempfile.TemporaryFile() as file:  # which has no name by now
            number = os.dup(file.fileno())
    os.ftruncate(number, size)
    return number
