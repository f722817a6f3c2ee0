"""Python's own event loop in small rounds: who is due waits for little of what else there is to do."""

import asyncio
import math
import os
import selectors
import sys
from collections.abc import Callable
from typing import Final

# So many connections that are ready have their turn in one round of the loop, all others in the next ones:
# what is due, and what is to be told to those who watch, comes between the rounds.
AT_ONCE: Final = 4


def small_rounds() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Find such a loop. Without Linux there is none: None means Python's own as it is."""
    if sys.platform != "linux":
        return None
    return lambda: asyncio.SelectorEventLoop(FewAtATime())


if sys.platform == "linux":
    import select

    class FewAtATime(selectors.EpollSelector):
        """Tells of a few that are ready; those it told of are at the end of the line then."""

        def __init__(self) -> None:
            super().__init__()
            self._line = select.epoll.fromfd(os.dup(self.fileno()))  # the same one, asked in another way

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Wait for so many seconds, or without end, until any are ready."""
            seconds = -1 if timeout is None else math.ceil(max(timeout, 0.0) * 1e3) * 1e-3  # at least so long
            ready, known = self._line.poll(seconds, AT_ONCE), self.get_map()
            return [(key, _asked(events) & key.events) for fd, events in ready if (key := known.get(fd))]

        def close(self) -> None:
            """Have nobody wait here any more."""
            self._line.close()
            super().close()

    def _asked(events: int) -> int:
        """Say what an event is to who asked to read or write: an error is both."""
        reads = selectors.EVENT_READ if events & ~select.EPOLLOUT else 0
        writes = selectors.EVENT_WRITE if events & ~select.EPOLLIN else 0
        return reads | writes
