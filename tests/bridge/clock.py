"""Time that passes when a test says so, or only as long as the loop runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import pytest

MOST: Final = 0.005  # seconds that pass in a round of the loop that waits for nothing
TICK: Final = 0.05  # seconds


@contextlib.asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Give up after so many seconds in which the loop ran: none pass while the machine keeps it from that.

    Raises:
        TimeoutError: if they have passed.
    """
    loop = asyncio.get_running_loop()
    ticks = round(seconds / TICK)
    async with asyncio.timeout(None) as limit:
        timer: asyncio.TimerHandle

        def pass_time() -> None:
            nonlocal ticks, timer
            ticks -= 1
            if ticks:
                timer = loop.call_later(TICK, pass_time)
            else:
                limit.reschedule(loop.time())

        timer = loop.call_later(TICK, pass_time)
        try:
            yield
        finally:
            timer.cancel()


class Clock:
    """The running loop's clock, which can be put forward; what gets due by that happens.

    It goes by what the loop waits for: while there is nothing else to do, as fast as any clock, and else no
    more than `MOST` in one round. Where a test stands still because its machine has other work, so does the
    clock, and what is limited by the second is limited as ever.

    With `stands_still` no time passes by itself, however long the machine takes: what comes back by and by
    doesn't meanwhile. Each look takes a moment, for sums of fractions are never quite exact.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, stands_still: bool = False) -> None:
        loop = asyncio.get_running_loop()
        self._real = StillClock(loop.time()) if stands_still else loop.time
        self._moment = 1e-6 if stands_still else 0.0
        self._seen = self._now = loop.time()  # in reality, and here, when the loop last looked who is ready
        selector = vars(loop)["_selector"]
        select = selector.select

        def select_and_count(timeout: float | None = None) -> Sequence[object]:
            ready: Sequence[object] = select(timeout)
            self._come_round(0.0 if ready else timeout or 0.0)
            return ready

        monkeypatch.setattr(selector, "select", select_and_count)
        monkeypatch.setattr(loop, "time", self._time)

    def _time(self) -> float:
        self._now += self._moment
        return self._now + min(self._real() - self._seen, MOST)

    def _come_round(self, waited: float) -> None:
        real = self._real()
        self._now += min(real - self._seen, max(waited, MOST))
        self._seen = real

    def put_forward(self, seconds: float) -> None:
        """Let it be later, in the middle of what the loop does."""
        self._now += seconds

    async def jump(self, seconds: float) -> None:
        """Let time pass in one moment, as when a machine slept or the loop stood still."""
        self.put_forward(seconds)
        for _ in range(4):  # turns of the loop: what is due, what follows from it, and what ends by that
            await asyncio.sleep(0)

    async def go_on(self, seconds: float) -> None:
        """Let time pass, half a second after the other."""
        for _ in range(round(2 * seconds)):
            await self.jump(0.5)


class StillClock:
    """A clock that stands still until somebody sets it: `now` is what it tells."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class StillTimer:
    """Something planned."""

    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self._at = at
        self.callback = callback
        self.is_cancelled = False

    def when(self) -> float:
        return self._at

    def cancel(self) -> None:
        self.is_cancelled = True


class StillLoop:
    """As much of a loop as who only plans needs; its time stands still but for `run_until`."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.timers: list[StillTimer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> StillTimer:
        timer = StillTimer(when, callback)
        self.timers.append(timer)
        return timer

    def call_soon(self, callback: Callable[[], None]) -> StillTimer:
        return self.call_at(self.now, callback)

    def run_until(self, moment: float) -> None:
        """Do what is planned up to a moment, in order."""
        while due := [timer for timer in self.timers if timer.when() <= moment and not timer.is_cancelled]:
            timer = min(due, key=StillTimer.when)
            self.timers.remove(timer)
            self.now = max(self.now, timer.when())
            timer.callback()
        self.now = moment
