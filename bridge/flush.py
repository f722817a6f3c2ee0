"""When a room's events go out: the first after silence at once, what follows once per window."""

import asyncio
from collections.abc import Callable
from typing import Final

WINDOW: Final = 0.016  # seconds; about one animation frame
LONGEST_WINDOW: Final = 0.1  # seconds; what a person still takes for "now"
BUSY: Final = 200.0  # events a second at which the window is the longest
_MOMENT: Final = 0.001  # seconds; what is closer together is one burst


class FlushWindow:
    """Calls `flush(now)` for a room that was woken, at most once per window.

    The window grows with the rate of events: the more there are, the more one write and one compression
    are shared by. `flush` returns the time at which it wants to be called again without being woken, or
    None. Times are those of the running loop, in seconds.
    """

    def __init__(self, flush: Callable[[float], float | None]) -> None:
        self._flush = flush
        self._began = self._opens = float("-inf")  # when the last flush began, and the next one may come
        self._window = WINDOW
        self._woken = 0  # times since the last flush
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Flush as soon as the window allows: at the earliest in the next turn of the loop: more may come."""
        self._woken += 1
        if self._woken == 1:
            self._come_back(self._opens)

    def flush(self) -> None:
        """Flush now."""
        self._cancel()
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._adapt(now - self._began)
        self._began = now
        due = self._flush(now)
        # From the end of it: to many viewers it takes longer than the window, and something else has to run.
        self._opens = loop.time() + self._window
        if due is not None:
            self._come_back(max(due, self._opens))

    def stop(self) -> None:
        """Forget what was planned."""
        self._cancel()
        self._woken = 0

    def _adapt(self, elapsed: float) -> None:
        """Make the window fit the rate since the last flush; it at most doubles, for a burst is no rate."""
        rate = self._woken / max(elapsed, _MOMENT)
        self._woken = 0
        wanted = LONGEST_WINDOW * rate / BUSY
        self._window = max(WINDOW, min(wanted, 2 * self._window, LONGEST_WINDOW))

    def _come_back(self, at: float) -> None:
        if self._timer is None or self._timer.when() > at:
            self._cancel()
            self._timer = asyncio.get_running_loop().call_at(at, self.flush)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
