"""The bot with a fault: `python -m bot`, but as soon as it is ready it computes for longer than it may."""

from __future__ import annotations

import sys
import time

from bot import __main__ as process
from bot.client import DZoneBot

SECONDS = 0.6  # of CPU time


class Holding(DZoneBot):
    """Holds up the loop, and with it everybody."""

    async def on_ready(self) -> None:
        """Compute."""
        end = time.thread_time() + SECONDS
        while time.thread_time() < end:
            pass
        await super().on_ready()


if __name__ == "__main__":
    vars(process)["DZoneBot"] = Holding
    sys.exit(process.main())
