"""What processes tell each other by a channel and keep beside it, for those who weren't there."""

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Final

from bridge.backplane.lines import Lines
from bridge.backplane.trouble import Trouble

log = logging.getLogger(__name__)

PAUSE: Final = 1.0  # seconds until it is tried again


class News(ABC):
    """Tells what is new here as soon as there is a way, and learns what was told while nothing was heard."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._is_outdated = False  # something may have been told that was never heard
        self._is_new = asyncio.Event()

    async def run(self) -> None:
        """Tell and learn, until cancelled."""
        while True:
            await self._is_new.wait()
            self._is_new.clear()
            try:
                if self._is_outdated:
                    await self._read()
                await self._tell()
            except Trouble as trouble:
                log.debug("of %s nothing can be told: %s", type(self).__name__.lower(), trouble)
                self._is_new.set()
                await asyncio.sleep(PAUSE)

    @abstractmethod
    async def _read(self) -> None:
        """Learn what is kept, and with that be up to date."""

    @abstractmethod
    async def _tell(self) -> None:
        """Tell what is new here, if anything is."""
