"""A turnstile: however many come at once, few of them have their turn in one round of the loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

BUDGET: Final = 0.0005  # CPU seconds that a round may take before fewer have their turn in the next one
MOST: Final = 4  # of them, in one round


class Turnstile:
    """Gives those who wait their turns, address by address: who comes with many has no more of them for it.

    Nobody knows what a turn costs before it is over, nor what else there is to do. So it begins with one in a
    round of the loop, goes on with twice as many while rounds are short, and with half as many when they are
    not: what waits for the end of a round, such as an event for all who watch, never waits for long.

    `queue_of` names with whom an address shares its turns.
    """

    def __init__(
        self, clock: Callable[[], float] = time.thread_time, queue_of: Callable[[str], str] = str
    ) -> None:
        self._clock = clock
        self._queue_of = queue_of
        self._waiting: dict[str, deque[Callable[[], None]]] = {}  # by address, whose turn is next first
        self._share = self._left = 1  # turns in a round; those that nobody has had in this one
        self._is_moving = False
        self._began = 0.0

    def add(self, whose: str, work: Callable[[], None]) -> None:
        """Do some work for an address when it has its turn."""
        self._waiting.setdefault(self._queue_of(whose), deque()).append(work)
        self._move()

    async def turn(self, whose: str) -> None:
        """Return when somebody from an address has their turn."""
        if self._left and not self._waiting:
            self._left -= 1
            self._move()
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.add(whose, partial(_call, mine))
        await mine

    @property
    def has_time(self) -> bool:
        """Whether a small piece of work may be done at once, and need not be added."""
        if self._is_moving:
            return self._clock() - self._began < BUDGET
        self._move()
        return True

    def _move(self) -> None:
        if not self._is_moving:
            self._is_moving = True
            self._began = self._clock()
            asyncio.get_running_loop().call_soon(self._come_round)

    def _come_round(self) -> None:
        """Begin with another round, unless nothing happened in this one."""
        now = self._clock()
        spent, self._began = now - self._began, now
        was_idle = self._left == self._share and not self._waiting
        if was_idle:
            self._share = self._left = 1
            self._is_moving = False
            return
        if spent > BUDGET:
            self._share = max(1, self._share // 2)
        elif spent < BUDGET / 2:
            self._share = min(2 * self._share, MOST)
        self._left = self._share
        try:
            while self._left and self._waiting:
                self._left -= 1
                self._take_next()()
        finally:
            asyncio.get_running_loop().call_soon(self._come_round)  # after those whose turn it is now

    def _take_next(self) -> Callable[[], None]:
        whose = next(iter(self._waiting))
        line = self._waiting.pop(whose)
        work = line.popleft()
        if line:
            self._waiting[whose] = line  # at the end: now it is the next one's turn
        return work


def _call(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():  # who waited may have gone
        waiting.set_result(None)
