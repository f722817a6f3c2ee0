"""Processes of one machine count together who comes from which address."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bridge.access.gate import SPARE_PER_ADDRESS, Gate
from bridge.limits import Limits
from bridge.problems import CROWDED
from bridge.running.board import Board, Table
from bridge.running.rate import Rate
from tests.bridge.clock import StillClock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no workers on Windows")


@pytest.fixture
def table() -> Iterator[Table]:
    table = Table(3)
    yield table
    table.close()


async def test_viewers_of_an_address_are_counted_everywhere(table: Table) -> None:
    """At whichever process; who goes, or ends with their process, makes room."""
    seats = [table.take_seat() for _ in range(2)]
    here, there = (Gate(Limits(viewers_per_address=3), board=Board(seat)) for seat in seats)
    here.seat("a")
    for _ in range(2):
        there.seat("a")
    assert here.check_viewer("a", 1) is CROWDED
    assert there.check_viewer("a", 2) is CROWDED
    assert here.check_viewer("b", 1) is None
    there.unseat("a")
    assert here.check_viewer("a", 1) is None
    here.seat("a")
    assert there.check_viewer("a", 1) is CROWDED
    table.leave_seat(seats[0])  # it was killed
    assert there.check_viewer("a", 1) is None
    assert Gate(Limits(viewers_per_address=3), board=Board(table.take_seat())).check_viewer("a", 0) is None


async def test_handshakes_of_an_address_are_counted_everywhere(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And are bounded together; other addresses have theirs."""
    monkeypatch.setattr(asyncio.get_running_loop(), "time", StillClock(1_000.0))  # or one would come back
    gates = [Gate(Limits(handshakes_per_minute=4), board=Board(table.take_seat())) for _ in range(2)]
    refused = [gates[number % 2].check_handshake("a", None) is not None for number in range(6)]
    assert refused == [False] * 4 + [True] * 2
    assert gates[1].check_handshake("b", None) is None


async def test_connections_of_an_address_are_counted_everywhere(table: Table) -> None:
    """Those that became no viewers, too."""
    here, there = (Gate(Limits(viewers_per_address=1), board=Board(table.take_seat())) for _ in range(2))
    for _ in range(1 + SPARE_PER_ADDRESS):
        here._connections.add("a")
    assert there.check_handshake("a", None) is None
    here._connections.add("a")
    assert there.check_handshake("a", None) is not None


def test_who_shares_a_place_with_others(table: Table) -> None:
    """Nobody is counted for many because of all who are there."""
    here, there = (Board(table.take_seat()).counts("viewers") for _ in range(2))
    for number in range(20_000):
        there.add(f"2001:db8:{number:x}::/64")
    strangers = [here.of(f"198.51.{number >> 8}.{number & 255}") for number in range(2_000)]
    assert max(strangers) < 10


def test_what_comes_back(table: Table) -> None:
    """A rate is one in all processes, and each kind has its own."""
    rate = Rate(1, 2)
    boards = [Board(table.take_seat()) for _ in range(2)]
    here, there = (board.rates("requests", rate) for board in boards)
    assert [here.allow("a", 100.0), there.allow("a", 100.0), here.allow("a", 100.0)] == [True, True, False]
    assert there.allow("a", 101.0)
    assert not here.allow("a", 101.0)
    assert boards[0].rates("handshakes", rate).allow("a", 101.0)


def test_another_process_has_the_same(table: Table) -> None:
    """By the memory's number, which it inherits."""
    seat, own = table.take_seat(), Board(table.take_seat()).counts("viewers")
    program = (
        "from bridge.running.board import Board, Seat;"
        f"Board(Seat({seat.number}, {seat.column}, {seat.columns}, {seat.key!r})).counts('viewers').add('a')"
    )
    os.set_inheritable(seat.number, True)
    subprocess.run([sys.executable, "-c", program], pass_fds=[seat.number], check=True)
    assert own.of("a") == 1


def test_where_memory_has_no_name(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that nobody else can open does as well."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    other = Table(2)
    try:
        here, there = (Board(other.take_seat()).counts("viewers") for _ in range(2))
        here.add("a")
        assert there.of("a") == 1
    finally:
        other.close()
    assert Board(table.take_seat()).counts("viewers").of("a") == 0
