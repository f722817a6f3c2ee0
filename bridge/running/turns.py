"""Work that is due, a millisecond of it in one turn of the loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from bridge.running.loop import at_end_of_round

Thing = TypeVar("Thing")

BUDGET: Final = 0.001  # seconds; what a piece of work takes beyond it comes on top, so pieces are small


class Turns:
    """Runs what it is given, in order; what doesn't fit into a turn of the loop waits for the next.

    A thousand rooms that have something to say at once, or a long piece of work that adds its next part
    when one is done, so leave time for everybody's pings. Chores, for which nobody waits who watches, come
    after all else, but one of them has its turn each time.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._chores: deque[Callable[[], None]] = deque()
        self._is_planned = False

    def add(self, work: Callable[[], None]) -> None:
        """Run this in one of the next turns."""
        self._waiting.append(work)
        self._plan()

    def add_chore(self, work: Callable[[], None]) -> None:
        """Run this in one of the next turns, when there is time."""
        self._chores.append(work)
        self._plan()

    async def each(self, things: Iterable[Thing], act: Callable[[Thing], None]) -> None:
        """Do something with each of some things, in their order, and return when that is done.

        What was true of a thing before may not be so any more when its turn comes. Where it fails for one of
        them, all others have their turn before the first error is raised: who hides does so in every room.
        """
        loop = asyncio.get_running_loop()
        waiting, done = iter(things), loop.create_future()
        failure: Exception | None = None

        def work() -> None:
            nonlocal failure
            if done.cancelled():
                return
            end = loop.time() + BUDGET
            for thing in waiting:
                try:
                    act(thing)
                except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                    failure = failure or error
                if loop.time() >= end:
                    self.add(work)
                    return
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)

        self.add(work)
        await done

    def _run(self) -> None:
        end = asyncio.get_running_loop().time() + BUDGET
        self._is_planned = False
        try:
            _work_off(self._waiting, end)
            _work_off(self._chores, end)
        finally:
            self._plan()

    def _plan(self) -> None:
        if (self._waiting or self._chores) and not self._is_planned:
            self._is_planned = True
            at_end_of_round(self._run)


def _work_off(waiting: deque[Callable[[], None]], end: float) -> None:
    """Do one piece of what waits, and others until some time has come."""
    clock = asyncio.get_running_loop().time
    for _ in range(len(waiting)):  # what is added meanwhile has its turn later
        waiting.popleft()()
        if clock() >= end:
            break


class Pauses:
    """Lets the loop come round in the middle of a burst: of work of which more is there at once."""

    def __init__(self) -> None:
        self._began: float | None = None  # when something was first done in this turn of the loop

    def begin(self) -> None:
        """Begin with a piece of the work."""
        if self._began is None:
            self._began = time.monotonic()
            asyncio.get_running_loop().call_soon(self._come_round)

    async def take(self) -> None:
        """Pause after a piece, where this turn has lasted long enough."""
        if self._began is not None and time.monotonic() - self._began >= BUDGET:
            await asyncio.sleep(0)

    def _come_round(self) -> None:
        self._began = None
