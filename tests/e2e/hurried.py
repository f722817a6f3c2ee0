"""The bot in a hurry: `python -m bot`, but it waits for less than a second where it waits longer.

That is before it asks for a guild's members again, between two tries to reach the gateway, two shards that
begin, two tries of a request that Discord doesn't answer, and two changes of a live message. And it says as
often as a test may want what Discord didn't take at first.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from discord import http
from discord.webhook import async_ as answers

from bot.__main__ import main
from bot.gateway import loader
from bot.internals import backoff, gateway
from cogs.commands import live, replies
from tests.e2e.patient import be_patient

EVERY = 0.25  # seconds
# What `in_a_hurry` lets Discord's gateway allow: of two questions it may hear the first one late.
ALLOWED = 0.05


class Hasty:
    """What discord.py's requests take for asyncio: no pause in it is a long one."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, EVERY))


if __name__ == "__main__":
    be_patient()
    vars(loader)["EVERY"] = EVERY
    vars(backoff)["LONGEST"] = 0.1
    vars(gateway)["IDENTIFY_PACE"] = EVERY
    vars(http)["asyncio"] = vars(answers)["asyncio"] = Hasty()
    vars(live)["EVERY"], vars(live)["SLOWEST"] = EVERY, 2 * EVERY
    vars(replies)["SOON"] = (EVERY,) * 200
    live.Live.look.change_interval(seconds=EVERY)
    sys.exit(main())
