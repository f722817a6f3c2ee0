"""Snapshots that take long to make are made in steps, once for all who wait for them."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bridge.rooms.entrance import Kind
from bridge.rooms.room import Room
from bridge.running.turns import Turns
from bridge.wire.protocol import Connect

_Key = tuple[Room, Kind]
GoOn = Callable[[float], None]  # takes the CPU seconds that one of those who waited has to pay

LET_IN_AT_ONCE: Final = 8  # of those who waited, in one turn of the loop


@dataclass(slots=True)
class _Preparation:
    """What such clients get of a room, and who waits for it."""

    room: Room
    request: Connect  # of the first of them
    steps: int  # that are left; where members change all the time it would never be through
    spent: float = 0.0  # CPU seconds that nobody has paid for
    waiting: deque[tuple[Connect, GoOn]] = field(default_factory=deque)


class Preparations:
    """Has snapshots prepared while everybody else has their turns."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._running: dict[_Key, _Preparation] = {}

    async def ready(self, room: Room, request: Connect) -> float:
        """Return when a viewer with this request can be let in without keeping others waiting.

        Returns:
            The viewer's share of what that cost, in CPU seconds.
        """
        if room.is_prepared(request):
            return 0.0
        through: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.when_ready(room, request, partial(_fulfil, through))
        return await through

    def when_ready(self, room: Room, request: Connect, go_on: GoOn) -> None:
        """Prepare what a viewer with this request gets, and call `go_on` with their share of what it cost."""
        key = (room, room.prepares(request))
        preparation = self._running.get(key)
        if preparation is None:
            # Twice what it takes if nothing changes: by then what isn't ready is what changed last.
            preparation = self._running[key] = _Preparation(room, request, 2 * room.steps(request))
            self._turns.add_chore(partial(self._go_on, key, preparation))
        preparation.waiting.append((request, go_on))

    def _go_on(self, key: _Key, preparation: _Preparation) -> None:
        if preparation.room.prepares(preparation.request) != key[1]:
            self._begin_anew(key, preparation)
            return
        preparation.steps -= 1
        began = time.thread_time()
        ready = preparation.room.prepare(preparation.request)
        preparation.spent += time.thread_time() - began
        if ready or preparation.steps <= 0:
            share = preparation.spent / len(preparation.waiting)
            for _ in range(min(LET_IN_AT_ONCE, len(preparation.waiting))):
                preparation.spent -= share
                preparation.waiting.popleft()[1](share)
        if preparation.waiting:
            self._turns.add_chore(partial(self._go_on, key, preparation))
        else:
            del self._running[key]

    def _begin_anew(self, key: _Key, preparation: _Preparation) -> None:
        """Prepare something else for those who wait: what they missed is not there any more, or too much."""
        del self._running[key]
        for request, go_on in preparation.waiting:
            self.when_ready(preparation.room, request, go_on)
        self._running[preparation.room, preparation.room.prepares(request)].spent += preparation.spent


def _fulfil(through: asyncio.Future[float], share: float) -> None:
    if not through.done():  # who waited may be gone
        through.set_result(share)
