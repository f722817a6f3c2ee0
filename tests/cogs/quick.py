"""A simulated Discord whose tests don't wait for it."""

from typing import Any, Final

from simcord.env import Env

LOOK_AGAIN: Final = 0.001  # seconds; simcord's own are fifty times as long


class QuickEnv(Env):
    """A simulated Discord that looks more often whether the bot has done."""

    async def _settle_internal(self, **options: Any) -> None:
        await super()._settle_internal(**options | {"idle": LOOK_AGAIN})
