"""Waiting for something to have happened, without polling and without a fixed sleep."""

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds a test waits for what should take milliseconds: room for a slow, busy CI machine."""
STEP = 0.25
"""Seconds at most that count at a time: while a busy machine lets nobody run, nobody is late."""


class Bell:
    """Rung after every change of what its owner can see; wakes those who wait for a certain sight."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Let every waiter look again."""
        self._rung.set()
        # Waiters hold the old event; whoever waits from here on waits for the next change.
        self._rung = asyncio.Event()

    async def until(
        self, sight: Callable[[], bool], hoped: Callable[[], str], *, within: float = PATIENCE
    ) -> None:
        """Return as soon as `sight()` is true; fail with `hoped()` when it isn't `within` seconds.

        Those are seconds in which this process runs.
        """
        loop = asyncio.get_running_loop()
        waited, now = 0.0, loop.time()
        while not sight():
            if waited >= within:
                raise AssertionError(f"waited {within:g} s in vain: {hoped()}")
            timer = loop.call_later(STEP, self.ring)
            try:
                await self._rung.wait()
            finally:
                timer.cancel()
            before, now = now, loop.time()
            waited += min(now - before, STEP)
