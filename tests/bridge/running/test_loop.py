"""The loop in small rounds: however many connections are ready, few have their turn in one round."""

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.running.loop import AT_ONCE, small_rounds

READY = 5 * AT_ONCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


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
    """However often a loop is made."""
    before = open_files()
    for _ in range(3):
        with asyncio.Runner(loop_factory=small_rounds()) as runner:
            runner.run(asyncio.sleep(0))
    assert open_files() == before


def test_elsewhere_it_is_python_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert small_rounds() is None
