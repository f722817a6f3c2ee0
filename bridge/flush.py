"""When a room's events go out: the first after silence at once, what follows once per window."""

import asyncio
from collections.abc import Callable
from typing import Final

WINDOW: Final = 0.016  # seconds; about one animation frame


class FlushWindow:
    """Calls `flush(now)` for a room that was woken, at most once per window.

    `flush` returns the time at which it wants to be called again without being woken, or None.
    Times are those of the running loop, in seconds.
    """

    def __init__(self, flush: Callable[[float], float | None]) -> None:
        self._flush = flush
        self._opens = 0.0  # the next flush may not be earlier
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Flush as soon as the window allows."""
        now = asyncio.get_running_loop().time()
        if now >= self._opens:
            self.flush()
        else:
            self._come_back(self._opens)

    def flush(self) -> None:
        """Flush now."""
        self.stop()
        now = asyncio.get_running_loop().time()
        self._opens = now + WINDOW
        due = self._flush(now)
        if due is not None:
            self._come_back(max(due, self._opens))

    def stop(self) -> None:
        """Forget what was planned."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _come_back(self, at: float) -> None:
        if self._timer is None or self._timer.when() > at:
            self.stop()
            self._timer = asyncio.get_running_loop().call_at(at, self.flush)
