"""Finds out what holds the event loop up: while one piece of work runs, nobody else is served."""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

log = logging.getLogger(__name__)

PACE: Final = 0.02  # seconds between two knocks
_limits: list[float] = []  # of the watches there are
_HOUSE: Final = Path(__file__).parents[2]


def current_limit() -> float:
    """Tell from when on somebody warns in this process; 0 is never."""
    return min(_limits, default=0.0)


@contextmanager
def watched(limit: float) -> Iterator[None]:
    """Warn whenever the running loop is held for longer than `limit` seconds, of CPU time; 0 is never.

    What a machine gives to other programs meanwhile doesn't count.
    """
    if not limit:
        yield
        return
    watch = _Watch(asyncio.get_running_loop(), limit)
    watch.start()
    _limits.append(limit)
    try:
        yield
    finally:
        _limits.remove(limit)
        watch.stop()


class _Watch(threading.Thread):
    """Knocks at the loop from outside, again and again, and sees how long nobody opens.

    What counts is the CPU time that the loop's thread has spent from the knock until it opened. Where nobody
    else can tell what a thread has spent, it is what it has spent since it opened last, or how long that took
    from the knock, if that is less.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        super().__init__(name="loopwatch", daemon=True)
        self._loop = loop
        self._limit = limit
        self._watched = threading.get_ident()
        self._stopped = threading.Event()
        self._opened = threading.Event()
        self._clock = time.pthread_getcpuclockid(self._watched) if sys.platform == "linux" else None
        self._spent = time.thread_time()  # by whom is watched, when they opened last
        self._opened_at = 0.0  # noted by who opens: on a busy machine it takes a while until that is seen

    def stop(self) -> None:
        """Knock no more. Called where the loop runs, which may be about to close."""
        self._stopped.set()
        self._opened.set()
        self.join()

    def run(self) -> None:
        while not self._stopped.wait(PACE):
            self._opened.clear()
            if self._stopped.is_set():  # meanwhile, and nobody would open any more
                return
            spent, knocked = self._spent_by_now(), time.monotonic()
            self._loop.call_soon_threadsafe(self._open)
            place = self._wait_until(knocked + self._limit)
            held = min(self._opened_at - knocked, self._spent - spent)
            if held >= self._limit and not self._stopped.is_set():
                log.warning("the loop was held for %d ms of CPU time, %s", held * 1000, place or "unseen")

    def _wait_until(self, late: float) -> str | None:
        """Wait until somebody opens; if that is late, tell where they are at that moment."""
        if self._opened.wait(max(0.0, late - time.monotonic())):
            return None
        place = _place(sys._current_frames().get(self._watched))  # noqa: SLF001 - there is no other way
        self._opened.wait()
        return place

    def _spent_by_now(self) -> float:
        return self._spent if self._clock is None else time.clock_gettime(self._clock)

    def _open(self) -> None:
        self._spent = time.thread_time()
        self._opened_at = time.monotonic()
        self._opened.set()


def _place(frame: FrameType | None) -> str | None:
    """Name the innermost line of ours that runs, else the innermost at all."""
    innermost = None
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        is_ours = file.is_relative_to(_HOUSE) and "site-packages" not in file.parts
        if innermost is None or is_ours:
            name = file.relative_to(_HOUSE) if is_ours else file.name
            innermost = f"in {name}:{frame.f_lineno} ({frame.f_code.co_name})"
        if is_ours:
            break
        frame = frame.f_back
    return innermost
