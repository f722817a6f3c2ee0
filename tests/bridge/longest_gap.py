"""How long the loop keeps pings waiting: for benchmarks, as tests don't go by the clock."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass
class LongestGap:
    """The most that passed between two turns of the loop, in seconds.

    `wall` is what a ping sees. `cpu` is what of it this thread was at work: on a machine that has other work
    as well, that is what the loop can do something about.
    """

    wall: float = 0.0
    cpu: float = 0.0


@contextlib.asynccontextmanager
async def longest_gap() -> AsyncIterator[LongestGap]:
    """Take a turn of the loop whenever there is one, until the end of the block."""
    gap = LongestGap()
    watch = asyncio.create_task(_watch(gap))
    await asyncio.sleep(0)
    try:
        yield gap
        await asyncio.sleep(0)  # the last turn counts as well
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


async def _watch(gap: LongestGap) -> None:
    wall, cpu = time.monotonic(), time.thread_time()
    while True:
        await asyncio.sleep(0)
        wall_now, cpu_now = time.monotonic(), time.thread_time()
        gap.wall = max(gap.wall, wall_now - wall)
        gap.cpu = max(gap.cpu, cpu_now - cpu)
        wall, cpu = wall_now, cpu_now
