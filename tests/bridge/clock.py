"""Time that passes when a test says so."""

import asyncio
from collections.abc import Callable

import pytest


class Clock:
    """The running loop's clock, which can be put forward; what gets due by that happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, stands_still: bool = False) -> None:
        """With `stands_still` no time passes by itself: what comes back by and by doesn't meanwhile."""
        loop = asyncio.get_running_loop()
        time = StillClock(loop.time()) if stands_still else loop.time
        self._ahead = 0.0
        monkeypatch.setattr(loop, "time", lambda: time() + self._ahead)

    async def jump(self, seconds: float) -> None:
        """Let time pass in one moment, as when a machine slept or the loop stood still."""
        self._ahead += seconds
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
