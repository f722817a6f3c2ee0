"""Keeps all rooms true to a provider, whether somebody watches them here or not: others may show them."""

import asyncio
import contextlib
from typing import Final

from bridge.errors import ProviderError
from bridge.providers.live import Live
from bridge.providers.refresher import Refresher

PACE: Final = 1.0  # seconds at least between two rounds
IF_TOLD: Final = 60.0  # seconds between two, while the provider tells of changes by itself


class Whole:
    """Asks a provider for all of its guilds, round after round."""

    def __init__(self, refresher: Refresher, live: Live, interval: float) -> None:
        self._refresher = refresher
        self._live = live
        self._interval = interval

    async def keep(self) -> None:
        """Ask, until cancelled."""
        self._refresher.needs_all = True
        while True:
            with contextlib.suppress(ProviderError):  # which was said
                await self._refresher.refresh_servers()
            for room in self._refresher.provided():
                with contextlib.suppress(ProviderError):
                    await self._refresher.refresh_room(room)
            await asyncio.sleep(IF_TOLD if self._live.tells else max(self._interval, PACE))
