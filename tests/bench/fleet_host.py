"""The processes of a fleet, which obey JSON lines: `python -m tests.bench.fleet_host ROLE URL CORE SIZES`.

A writer has a guild of each of these sizes, and says in it what time it is; a reader shows what is written.
"""

import asyncio
import contextlib
import gc
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bridge.model import GuildInfo
from bridge.providers import EmptyProvider
from bridge.running.process import GARBAGE_THRESHOLDS
from bridge.server import WebSocketServer
from tests.bench.contestants import HOST, PATIENT
from tests.bench.guild import members
from tests.bench.pipe import serve
from tests.bench.soak_server import guild_of, slugs
from tests.bridge.longest_gap import LongestGap, longest_gap

CHANNEL: Final = "420000000000000000"
EVERYBODY: Final = replace(PATIENT, viewers=10**6, viewers_per_address=10**6)
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LOOK: Final = 0.01  # seconds between two looks whether something is there


class Process:
    """A bridge, and what can be asked of every one."""

    def __init__(self, server: WebSocketServer) -> None:
        self._server = server
        self._measuring: contextlib.AsyncExitStack | None = None
        self._gap = LongestGap()

    async def start(self) -> dict[str, Any]:
        """Listen."""
        await self._server.start()
        return {"port": self._server.port, "pid": os.getpid()}

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; return the answer."""
        do = getattr(self, f"do_{order.pop('do')}")
        return await do(**order) or {}

    async def do_vitals(self) -> dict[str, Any]:
        """Say how much CPU this process has used, in seconds, and what memory is resident, in bytes."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {
            "cpu": time.process_time(), "rss": pages * _PAGE, "viewers": len(self._server.connections),
        }  # fmt: skip

    async def do_watch(self) -> None:
        """Begin to measure how long the loop is held by one turn."""
        self._measuring = contextlib.AsyncExitStack()
        gc.collect()
        self._gap = await self._measuring.enter_async_context(longest_gap())

    async def do_watched(self) -> dict[str, Any]:
        """Stop measuring; say what was found."""
        assert self._measuring is not None
        await self._measuring.aclose()
        return {"cpu": self._gap.cpu, "wall": self._gap.wall}


class Writer(Process):
    """Has guilds, and lets things happen in them."""

    def __init__(self, url: str, sizes: list[int]) -> None:
        super().__init__(WebSocketServer(0, HOST, provider=EmptyProvider(), limits=EVERYBODY, publish_to=url))
        self._slugs = slugs(len(sizes))
        self._uids: dict[str, str] = {}
        self._telling: asyncio.Task[None] | None = None
        for slug, size in zip(self._slugs, sizes, strict=True):
            everybody = members(size)
            self._uids[slug] = everybody[0].uid
            self._server.show_guild(GuildInfo(guild_of(slug), slug, slug), everybody)

    async def do_written(self) -> None:
        """Wait until everything is written."""
        writer = self._server._plane._writer
        assert writer is not None
        while writer._list._unlisted or not all(book.is_written for book in writer._books.values()):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)

    async def do_tell(self, each: int, interval: float) -> None:
        """Begin to say the time so many times in each guild, in turns, once each `interval` seconds."""
        self._telling = asyncio.create_task(self._tell(each * len(self._slugs), interval))

    async def do_told(self) -> None:
        """Wait until it is said."""
        if self._telling is not None:
            await self._telling

    async def _tell(self, count: int, interval: float) -> None:
        start = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number * interval - time.monotonic()))
            slug = self._slugs[number % len(self._slugs)]
            words = f"{time.monotonic():.6f}"
            await self._server.broadcast_message(guild_of(slug), self._uids[slug], words, CHANNEL)


class Reader(Process):
    """Shows what a writer has."""

    def __init__(self, url: str) -> None:
        super().__init__(WebSocketServer(0, HOST, limits=EVERYBODY, follow=url))

    async def do_listed(self, guilds: int) -> None:
        """Wait until there are so many guilds."""
        while len(self._server._directory.rooms) < guilds:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_LOOK)


def main() -> None:
    """Run the process."""
    role, url, core, sizes = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    gc.set_threshold(*GARBAGE_THRESHOLDS)  # as a bridge does
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(role, url, [int(size) for size in sizes.split(",")]))
    os._exit(0)  # ten thousand goodbyes are not what is measured


async def _run(role: str, url: str, sizes: list[int]) -> None:
    await serve(Writer(url, sizes) if role == "writer" else Reader(url))


if __name__ == "__main__":
    main()
