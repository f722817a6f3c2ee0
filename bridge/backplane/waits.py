"""How long a server that is away is left alone before it is tried again: each time twice as long."""

import asyncio
from typing import Final

from bridge.backplane.trouble import Trouble

SHORTEST: Final = 0.2  # seconds
LONGEST: Final = 5.0
LONGEST_UNFIT: Final = 30.0  # the same where somebody has to mend it


class Waits:
    """The waits of one who tries again and again."""

    def __init__(self) -> None:
        self._next = SHORTEST

    def begin_again(self) -> None:
        """Know that all was well: the next wait is a short one."""
        self._next = SHORTEST

    async def one(self, trouble: Trouble | None) -> None:
        """Wait, after a trouble if there was one."""
        longest = LONGEST if trouble is None or trouble.passes else LONGEST_UNFIT
        await asyncio.sleep(self._next)
        self._next = min(2 * self._next, longest)
