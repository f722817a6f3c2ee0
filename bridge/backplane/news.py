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
        self._said = ""  # what is wrong with it alone, as the log knows it

    async def run(self) -> None:
        """Tell and learn, until cancelled."""
        while True:
            await self._is_new.wait()
            self._is_new.clear()
            try:
                await self._say()
                if self._is_outdated:
                    await self._read()
                await self._keep()
                self._said = ""
            except Trouble as trouble:
                self._complain(trouble)
                self._is_new.set()
                await asyncio.sleep(PAUSE)

    def _complain(self, trouble: Trouble) -> None:
        """Say what is wrong with it alone; of all else whoever reads or writes rooms there says so."""
        what = type(self).__name__.lower()
        if not trouble.is_of_stranger:
            log.debug("of %s nothing can be told: %s", what, trouble)
        elif str(trouble) != self._said:
            self._said = str(trouble)
            log.warning("%s Until then processes that start later don't learn of %s.", trouble, what)

    @abstractmethod
    async def _say(self) -> None:
        """Tell those who are there what is new here, also where nothing can be kept: memory may lack."""

    @abstractmethod
    async def _read(self) -> None:
        """Learn what is kept, and with that be up to date."""

    @abstractmethod
    async def _keep(self) -> None:
        """Keep what is new here, and tell it again: somebody may have come in between."""
