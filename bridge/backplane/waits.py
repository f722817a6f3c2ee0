"""How long a server that is away is left alone before it is tried again: each time twice as long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bridge.backplane.lines import Lines
from bridge.backplane.trouble import Trouble, first

SHORTEST: Final = 0.2  # seconds
LONGEST: Final = 5.0
LONGEST_UNFIT: Final = 30.0  # the same where somebody has to mend it


class Tries:
    """Tries something again and again, whatever is wrong with the server.

    `fail` hears of each trouble; then all that was asked for is given up, and new connections are made.
    """

    def __init__(
        self, lines: Lines, work: Callable[[], Awaitable[None]], fail: Callable[[Trouble], None]
    ) -> None:
        self._lines = lines
        self._work = work
        self._fail = fail
        self._next = SHORTEST
        self._is_over = False

    async def run(self) -> None:
        """Try, until cancelled."""
        self._is_over, self._next = False, SHORTEST
        while True:
            trouble: Trouble | None = None
            try:
                await self._work()
            except* Trouble as group:
                trouble = first(group)
            if self._is_over:  # a group that fails forgets that it was cancelled too
                return
            if trouble is not None:  # not above: a cancellation there would become part of a group
                self._fail(trouble)
                await self._lines.hang_up()
            await self._wait(trouble)

    def begin_again(self) -> None:
        """Know that all is well: the next wait is a short one."""
        self._next = SHORTEST

    def end(self) -> None:
        """Try nothing again: a stop follows."""
        self._is_over = True

    async def _wait(self, trouble: Trouble | None) -> None:
        longest = LONGEST if trouble is None or trouble.passes else LONGEST_UNFIT
        await asyncio.sleep(self._next)
        self._next = min(2 * self._next, longest)
