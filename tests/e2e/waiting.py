"""Waiting for something to have happened, without polling and without a fixed sleep."""

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds a test waits for what should take milliseconds: room for a slow, busy CI machine."""


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
        """Return as soon as `sight()` is true; fail with `hoped()` when it isn't `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while not sight():
                    await self._rung.wait()
        except TimeoutError:
            complaint = f"waited {within:g} s in vain: {hoped()}"
            raise AssertionError(complaint) from None
