"""The server's process: `python -m tests.bench.host NAME GUILD_SIZE CORE`. It obeys JSON lines.

One line in is one order, one line out its answer. What is measured here is this process alone.
"""

import asyncio
import contextlib
import gc
import json
import os
import resource
import sys
import time
import zlib
from pathlib import Path
from typing import Any, Final

from bridge.running.process import GARBAGE_THRESHOLDS
from tests.bench.contestants import CONTESTANTS, ON_BACKPLANE, Bridge, Contestant
from tests.bench.guild import GUILD, Story, changed, members, users
from tests.bench.pipe import serve

GROUP: Final = 25  # events of a burst that fall into one turn of the loop
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LOOK: Final = 0.01  # seconds between two looks whether something is there


class Host:
    """One contestant, and the orders about it."""

    def __init__(self, contestant: Contestant, guild_size: int) -> None:
        self._contestant = contestant
        self._members = members(guild_size)
        self._changes = 0
        self._playing: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, Any]:
        """Listen."""
        return {"port": await self._contestant.start(self._members)}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the answer."""
        do = getattr(self, f"do_{order.pop('do')}")
        return await do(**order) or {}

    async def do_known(self) -> None:
        """Wait until a guild of another process is here."""
        assert isinstance(self._contestant, Bridge)
        while GUILD.id not in self._contestant.server._directory.rooms:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_LOOK)

    async def do_cpu(self) -> dict[str, Any]:
        """Say how much CPU this process has used, in seconds."""
        return {"cpu": time.process_time()}

    async def do_memory(self) -> dict[str, Any]:
        """Say how much memory is resident, in bytes."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {"rss": pages * _PAGE}

    async def do_play(self, story: dict[str, Any], interval: float) -> dict[str, Any]:
        """Begin to show events, one each `interval` seconds; 0 for all at once."""
        events = Story(**story).events()
        self._contestant.prepare(events)
        self._sent: list[float] = []
        gc.collect()  # what was prepared is not part of what is measured
        cpu = time.process_time()
        self._playing = asyncio.create_task(self._play(events, interval))
        return {"cpu": cpu}

    async def do_played(self) -> dict[str, Any]:
        """Wait for the end of the events; say when each was broadcast, and the CPU used so far."""
        if self._playing is not None:
            await self._playing
        return {"cpu": time.process_time(), "sent": self._sent}

    async def do_change(self) -> None:
        """Let one member change."""
        assert isinstance(self._contestant, Bridge)
        place = self._changes % len(self._members)
        self._members[place] = member = changed(self._members[place])
        self._changes += 1
        await self._contestant.server.broadcast_presence(GUILD.id, member.uid, member.status)

    async def do_baseline(self, seconds: float, *, full: bool) -> dict[str, Any]:
        """Say what one join costs who encodes and deflates for each: CPU seconds, and bytes."""
        everybody = users(self._members, full=full)
        gc.collect()
        start, joins, size = time.process_time(), 0, 0
        while joins < 3 or time.process_time() - start < seconds:
            deflater = zlib.compressobj(wbits=-15)
            size = len(deflater.compress(json.dumps(everybody).encode()) + deflater.flush())
            joins += 1
        return {"cpu": (time.process_time() - start) / joins, "size": size}

    async def _play(self, events: list[Any], interval: float) -> None:
        sent, show, clock = self._sent, self._contestant.show, time.monotonic
        start = clock()
        for number, event in enumerate(events):
            if interval:
                await asyncio.sleep(max(0.0, start + number * interval - clock()))
            elif number % GROUP == 0:
                await asyncio.sleep(0)
            sent.append(clock())
            await show(event)


async def _run(name: str, guild_size: int) -> None:
    await serve(Host((CONTESTANTS | ON_BACKPLANE)[name](), guild_size))


def main() -> None:
    """Run the process."""
    name, guild_size, core = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if name.startswith("bridge"):
        gc.set_threshold(*GARBAGE_THRESHOLDS)  # as its own programs do
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(name, int(guild_size)))
    os._exit(0)  # ten thousand goodbyes are not what is measured


if __name__ == "__main__":
    main()
