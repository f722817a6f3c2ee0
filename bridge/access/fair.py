"""Turns at something that one does at a time: many of one address delay themselves, and hardly others."""

import asyncio
import contextlib
import heapq
from collections import Counter
from collections.abc import AsyncIterator


class Full(Exception):
    """Too many wait already."""


class FairTurns:
    """A lock for which no more than `max_waiting` wait.

    Who has fewer others of the same address before them goes first. Where all places are taken, one of an
    address with more of them gives up theirs.
    """

    def __init__(self, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self._taken = False
        self._come = 0
        self._here: Counter[str] = Counter()  # who waits, or has the turn
        # How many of the same address were before them, as how manieth they came, and what they wait for.
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def turn(self, whose: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it.

        Raises:
            Full: if too many wait.
        """
        rank = self._here[whose]
        self._here[whose] += 1
        try:
            await self._wait(rank)
            try:
                yield
            finally:
                self._pass_on()
        finally:
            self._here[whose] -= 1
            if not self._here[whose]:
                del self._here[whose]

    async def _wait(self, rank: int) -> None:
        if not self._taken:
            self._taken = True
            return
        if len(self._waiting) >= self._max_waiting:
            self._make_room(rank)
        self._come += 1
        place = (rank, self._come, asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiting, place)
        try:
            await place[2]
        except asyncio.CancelledError:
            if place[2].cancelled():
                self._drop(place)
            elif place[2].exception() is None:
                self._pass_on()  # the turn came in the same moment
            raise

    def _make_room(self, rank: int) -> None:
        last = max(self._waiting)
        if last[0] <= rank:
            raise Full
        self._drop(last)
        if not last[2].done():
            last[2].set_exception(Full())

    def _drop(self, place: tuple[int, int, asyncio.Future[None]]) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
            heapq.heapify(self._waiting)

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, coming = heapq.heappop(self._waiting)
            if not coming.done():  # whoever has just gone away is still among them
                coming.set_result(None)
                return
        self._taken = False
