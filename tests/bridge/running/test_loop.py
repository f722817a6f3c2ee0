"""The loop in small rounds: however many connections are ready, few have their turn in one round."""

import asyncio
import selectors
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bridge.running.loop import AT_ONCE, BUDGET, FewAtATime, at_end_of_round, small_rounds
from bridge.running.turns import Turns

READY = 5 * AT_ONCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them")


def open_files() -> Counter[str]:
    """Name what is open, as often as it is."""
    names = Counter[str]()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # this look itself; and what others have just closed
            names[str(file.readlink())] += 1
    return names


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=small_rounds()) as runner:
        yield runner


def test_many_who_are_ready_take_turns(runner: asyncio.Runner) -> None:
    """A few in each round, and none for a second time before all others."""

    async def main() -> None:
        loop, counts = asyncio.get_running_loop(), Counter[int]()
        with ExitStack() as stack:
            for number in range(READY):
                here, there = map(stack.enter_context, socket.socketpair())
                there.send(b"!")
                loop.add_reader(here, counts.update, [number])
                stack.callback(loop.remove_reader, here)
            before = 0
            while counts.total() < 3 * READY:
                await asyncio.sleep(0)
                assert counts.total() - before <= AT_ONCE
                before = counts.total()
            assert len(counts) == READY
            assert max(counts.values()) - min(counts.values()) <= 1

    runner.run(main())


def test_what_is_due_comes_between_them(runner: asyncio.Runner) -> None:
    """Not after all who are ready."""

    async def main() -> None:
        loop, read = asyncio.get_running_loop(), 0
        with ExitStack() as stack:

            def note() -> None:
                nonlocal read
                read += 1

            for _ in range(READY):
                here, there = map(stack.enter_context, socket.socketpair())
                there.send(b"!")
                loop.add_reader(here, note)
                stack.callback(loop.remove_reader, here)
            due = loop.create_future()
            loop.call_at(loop.time(), due.set_result, None)
            await due
            assert read <= 2 * AT_ONCE

    runner.run(main())


def test_after_long_rounds_fewer_have_their_turn() -> None:
    """Nobody knows what follows of it when somebody is read; after short rounds it is as many as before."""
    spent = 0.0
    with FewAtATime(lambda: spent) as selector, ExitStack() as stack:
        for _ in range(READY):
            here, there = map(stack.enter_context, socket.socketpair())
            there.send(b"!")
            selector.register(here, selectors.EVENT_READ)
        counts = []
        for each in (2 * BUDGET,) * 4 + (BUDGET,) * 2 + (BUDGET / 4,) * 4:
            spent += each
            counts.append(len(selector.select(0)))
    assert AT_ONCE == 4
    assert counts == [2, 1, 1, 1, 1, 1, 2, 4, 4, 4]


def test_the_end_of_a_round_comes_before_the_next_one(runner: asyncio.Runner) -> None:
    """And before all that waits for that already."""
    order: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().call_soon(order.append, "soon")
        at_end_of_round(lambda: order.append("end"))
        await asyncio.sleep(0)

    runner.run(main())
    assert order == ["end", "soon"]


def test_an_end_may_leave_something_for_the_next_one(runner: asyncio.Runner) -> None:
    """Nobody has to wake the loop for it, and others have their turn between."""
    order: list[str] = []

    async def main() -> None:
        over = asyncio.Event()

        def end() -> None:
            order.append("end")
            at_end_of_round(over.set)

        at_end_of_round(end)
        asyncio.get_running_loop().call_soon(order.append, "soon")
        await over.wait()

    runner.run(main())
    assert order == ["end", "soon"]


def test_what_fails_at_the_end_stops_nobody(runner: asyncio.Runner) -> None:
    """It is told as whatever else fails in the loop."""
    told: list[str] = []

    async def main() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(lambda _, context: told.append(repr(context["exception"])))
        at_end_of_round(lambda: 1 // 0)
        at_end_of_round(over.set)
        await over.wait()

    runner.run(main())
    assert len(told) == 1
    assert "ZeroDivisionError" in told[0]


def test_news_goes_out_before_whatever_else_is_to_do(runner: asyncio.Runner) -> None:
    """However many are waiting for their turn: those who watch don't wait for them."""

    async def main() -> None:
        loop, turns, had = asyncio.get_running_loop(), Turns(), list[int]()
        for number in range(READY):
            loop.call_soon(had.append, number)
        told = loop.create_future()
        turns.add(lambda: told.set_result(len(had)))
        assert await told == 0

    runner.run(main())


def test_an_end_is_heard_by_who_writes(runner: asyncio.Runner) -> None:
    """Also where nobody reads: an error is both."""

    async def main() -> None:
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            heard = asyncio.Event()
            while True:
                try:
                    here.send(bytes(1 << 16))
                except BlockingIOError:
                    break
            asyncio.get_running_loop().add_writer(here, heard.set)
            there.close()
            await heard.wait()
            asyncio.get_running_loop().remove_writer(here)

    runner.run(main())


def test_no_file_stays_open() -> None:
    """However often a loop is made; what earlier tests have left open may be closed meanwhile."""
    before = open_files()
    for _ in range(3):
        with asyncio.Runner(loop_factory=small_rounds()) as runner:
            runner.run(asyncio.sleep(0))
    assert not open_files() - before


def test_elsewhere_it_is_python_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert small_rounds() is None
