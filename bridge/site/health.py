"""How the bridge is, for who runs it: `/healthz` says that it lives, `/readyz` whether it can serve."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from bridge.providers.keeper import Keeper
from bridge.providers.live import Live
from bridge.site.http import Probe

PATIENCE: Final = 0.8  # seconds to wait for the provider; who probes often gives up after one


class Health:
    """Answers the two questions that load balancers and orchestrators ask.

    `is_filled` tells whether the guilds are there that come by themselves. Once they were, that is enough:
    when a gateway is lost later, viewers see what was known, and that is better than nothing.
    """

    def __init__(self, keeper: Keeper, live: Live, is_filled: Callable[[], bool] = lambda: True) -> None:
        self._is_filled = is_filled
        self._was_filled = False
        self._keeper = keeper
        self._live = live

    @property
    def probes(self) -> Mapping[str, Probe]:
        """The paths that are answered."""
        return {"/healthz": self.say_alive, "/readyz": self.say_ready}

    async def say_alive(self) -> tuple[HTTPStatus, Mapping[str, object]]:
        """Answer at all: the event loop turns."""
        return HTTPStatus.OK, {"alive": True}

    async def say_ready(self) -> tuple[HTTPStatus, Mapping[str, object]]:
        """Say what is wrong with the data: 503 while something is. Who watches already keeps their world."""
        waiting = ["the provider doesn't answer"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._keeper.check()
                waiting = []
        self._was_filled = self._was_filled or self._is_filled()
        coming = [] if self._was_filled else ["servers are still to come"]
        troubles = [*self._keeper.troubles, *self._live.troubles, *coming] or waiting
        status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
        return status, {"ready": not troubles, "troubles": troubles}
