"""Python's own event loop in small rounds: who is due waits for little of what else there is to do."""

import asyncio
import math
import os
import selectors
import sys
import time
from collections.abc import Callable
from typing import Final

# So many connections that are ready have their turn in one round of the loop, all others in the next ones:
# what is due, and what is to be told to those who watch, comes between the rounds.
AT_ONCE: Final = 4
BUDGET: Final = 0.0005  # CPU seconds that a round may take before fewer have their turn in the next one

Work = Callable[[], object]


def small_rounds() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Find such a loop. Without Linux there is none: None means Python's own as it is."""
    if sys.platform != "linux":
        return None
    return SmallRounds


def at_end_of_round(work: Work) -> None:
    """Do some work when everybody had their turn who has one in this round, and before anybody else has.

    A loop that has no such rounds does it in its next one, among all else.
    """
    loop = asyncio.get_running_loop()
    (loop.at_end_of_round if hasattr(loop, "at_end_of_round") else loop.call_soon)(work)


if sys.platform == "linux":
    import select

    class FewAtATime(selectors.EpollSelector):
        """Tells of a few that are ready; those it told of are at the end of the line then.

        Nobody knows what will follow when one of them has their turn. So after a long round it tells of half
        as many, and of twice as many after a short one.
        """

        def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
            super().__init__()
            self.end_round: Callable[[], bool] = bool  # called before anybody else is told of
            self._line = select.epoll.fromfd(os.dup(self.fileno()))  # the same one, asked in another way
            self._clock = clock
            self._began = clock()
            self._few = AT_ONCE

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Wait for so many seconds, or without end, until any are ready."""
            self._adapt(self._clock() - self._began)
            if self.end_round():
                timeout = 0.0  # there may be more to do since somebody said for how long there isn't
            seconds = -1 if timeout is None else math.ceil(max(timeout, 0.0) * 1e3) * 1e-3  # at least so long
            ready, known = self._line.poll(seconds, self._few), self.get_map()
            self._began = self._clock()
            return [(key, _asked(events) & key.events) for fd, events in ready if (key := known.get(fd))]

        def _adapt(self, spent: float) -> None:
            if spent > BUDGET:
                self._few = max(1, self._few // 2)
            elif spent < BUDGET / 2:
                self._few = min(2 * self._few, AT_ONCE)

        def close(self) -> None:
            """Have nobody wait here any more."""
            self._line.close()
            super().close()

    def _asked(events: int) -> int:
        """Say what an event is to who asked to read or write: an error is both."""
        reads = selectors.EVENT_READ if events & ~select.EPOLLOUT else 0
        writes = selectors.EVENT_WRITE if events & ~select.EPOLLIN else 0
        return reads | writes

    class SmallRounds(asyncio.SelectorEventLoop):
        """The loop with such a selector, in which something may be left for the end of a round."""

        def __init__(self, selector: FewAtATime | None = None) -> None:
            selector = selector or FewAtATime()
            super().__init__(selector)
            selector.end_round = self._end_round
            self._last: list[Work] = []  # what is to be done at the end of this round

        def at_end_of_round(self, work: Work) -> None:
            """Do some work when everybody had their turn who has one in this round."""
            self._last.append(work)

        def _end_round(self) -> bool:
            """Do what was left for the end; tell whether there was anything."""
            last, self._last = self._last, []  # what is left meanwhile is for the end of the next one
            for work in last:
                try:
                    work()
                except Exception as error:  # noqa: BLE001 - an edge, as where the loop runs anything else
                    self.call_exception_handler({"message": f"Exception in {work!r}", "exception": error})
            return bool(last)
