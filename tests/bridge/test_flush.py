"""When a room's events go out."""

import asyncio

from bridge.flush import WINDOW, FlushWindow


class Flushes:
    """Notes when it is flushed; asks to be called again as it is told to."""

    def __init__(self, *again: float | None) -> None:
        self.times: list[float] = []
        self.again = list(again)
        self.done = asyncio.Event()

    def __call__(self, now: float) -> float | None:
        self.times.append(now)
        if not self.again:
            self.done.set()
            return None
        wanted = self.again.pop(0)
        if wanted is None:
            return None
        return now + wanted


async def test_the_first_event_after_silence_goes_at_once() -> None:
    """Nobody waits without need."""
    flushes = Flushes()
    FlushWindow(flushes).wake()
    assert len(flushes.times) == 1


async def test_what_follows_inside_the_window_goes_together() -> None:
    """A burst costs one more flush, and not before the window is over."""
    flushes = Flushes(None)
    window = FlushWindow(flushes)
    for _ in range(100):
        window.wake()
    assert len(flushes.times) == 1
    async with asyncio.timeout(10):
        await flushes.done.wait()
    first, second = flushes.times
    assert second - first >= WINDOW * 0.99


async def test_it_comes_back_when_it_was_asked_to() -> None:
    """Words held back have their time."""
    flushes = Flushes(0.05)
    FlushWindow(flushes).wake()
    async with asyncio.timeout(10):
        await flushes.done.wait()
    first, second = flushes.times
    assert second - first >= 0.05 * 0.99


async def test_it_comes_back_no_sooner_than_the_window() -> None:
    """However impatient the room."""
    flushes = Flushes(-1.0)
    FlushWindow(flushes).wake()
    async with asyncio.timeout(10):
        await flushes.done.wait()
    first, second = flushes.times
    assert second - first >= WINDOW * 0.99


async def test_an_earlier_wish_goes_before_a_later_one() -> None:
    """A new event doesn't wait for words that are due in a while."""
    flushes = Flushes(3_600.0)
    window = FlushWindow(flushes)
    window.wake()
    window.wake()
    async with asyncio.timeout(10):
        await flushes.done.wait()
    assert len(flushes.times) == 2


async def test_a_later_wish_does_not_put_off_an_earlier_one() -> None:
    """Waking inside the window leaves a flush that is planned already."""
    flushes = Flushes(0.0)
    window = FlushWindow(flushes)
    window.wake()
    window.wake()
    async with asyncio.timeout(10):
        await flushes.done.wait()
    assert len(flushes.times) == 2


async def test_a_stopped_window_plans_nothing() -> None:
    """What was planned is forgotten."""
    flushes = Flushes(None)
    window = FlushWindow(flushes)
    window.wake()
    window.wake()
    window.stop()
    await asyncio.sleep(3 * WINDOW)  # the time in which it would have come
    assert len(flushes.times) == 1
