"""Long work in short turns: whatever the number of guilds and members, the loop is free again at once."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

TURN: Final = 0.005  # seconds that one turn of the loop is held

Thing = TypeVar("Thing")


class Turns:
    """Does work on many things, some of them in each turn of the loop.

    All that is under way at the same time takes turns as well: a thousand guilds that come back together hold
    the loop no longer than one of them. What was true of a thing before may not be so any more when its turn
    comes.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def each(self, things: Iterable[Thing], act: Callable[[Thing], None]) -> None:
        """Do something with each of some things, in their order."""
        waiting = iter(things)
        over = False
        while not over:
            async with self._turn:
                over = _act_for_a_while(waiting, act)
                await asyncio.sleep(
                    0
                )  # with the turn in hand: who is next begins in another turn of the loop


def _act_for_a_while(things: Iterable[Thing], act: Callable[[Thing], None]) -> bool:
    """Work until the time is up; tell whether everything is done."""
    end = time.perf_counter() + TURN
    for thing in things:
        act(thing)
        if time.perf_counter() >= end:
            return False
    return True
