"""When a room's events go out: the first after silence at once, what follows once per window."""

import asyncio
import math
from collections.abc import Callable
from typing import Final

WINDOW: Final = 0.016  # seconds; about one animation frame
LONGEST_WINDOW: Final = 0.1  # seconds; what a person still takes for "now"
BUSY: Final = 200.0  # events a second at which the window is the longest
AT_ONCE: Final = -math.inf  # when a flush wants to be gone on with that did not get through
_MOMENT: Final = 0.001  # seconds; what is closer together is one burst


def _soon(work: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(work)


class FlushWindow:
    """Calls `flush(now)` for a room that was woken, at most once per window.

    The window grows with the rate of events: the more there are, the more one write and one compression
    are shared by. `flush` returns the time at which it wants to be called again without being woken, or
    None; with `AT_ONCE` it is called in the next turn of the loop, window or not. Times are those of the
    running loop, in seconds. `run` runs what is due in one of the next turns.
    """

    def __init__(
        self,
        flush: Callable[[float], float | None],
        run: Callable[[Callable[[], None]], None] = _soon,
    ) -> None:
        self._flush = flush
        self._run = run
        self._is_through = True  # the last flush was
        self._began = self._opens = float("-inf")  # when the last flush began, and the next one may come
        self._window = WINDOW
        self._woken = 0  # times since the last flush
        self._timer: asyncio.Handle | None = None
        self._is_due = False  # and waits for its turn
        self._due = float("inf")  # uvloop's timers don't tell theirs when it has passed

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
        if self._is_through:
            self._adapt(now - self._began)
            self._began = now
        self._woken = 0
        due = self._flush(now)
        self._is_through = due != AT_ONCE
        # From the end of it: to many viewers it takes longer than the window, and something else has to run.
        self._opens = loop.time() + self._window
        if not self._is_through:
            self._come_back(now)
        elif due is not None:
            self._come_back(max(due, self._opens))

    def stop(self) -> None:
        """Forget what was planned."""
        self._cancel()
        self._woken = 0

    def _adapt(self, elapsed: float) -> None:
        """Make the window fit the rate since the last flush; it at most doubles, for a burst is no rate."""
        rate = self._woken / max(elapsed, _MOMENT)
        wanted = LONGEST_WINDOW * rate / BUSY
        self._window = max(WINDOW, min(wanted, 2 * self._window, LONGEST_WINDOW))

    def _come_back(self, at: float) -> None:
        if self._is_due:
            return
        loop = asyncio.get_running_loop()
        if at <= loop.time():  # without a timer, which would cost those who watch another turn of the loop
            self._cancel()
            self._ring()
        elif self._timer is None or self._due > at:
            self._cancel()
            self._due = at
            self._timer = loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._is_due = True
        self._run(self._keep_appointment)

    def _keep_appointment(self) -> None:
        if self._is_due:  # neither stopped nor flushed by hand since it was
            self.flush()

    def _cancel(self) -> None:
        self._is_due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
