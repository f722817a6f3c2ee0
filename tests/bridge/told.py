"""A source of changes that tells what a test wants it to tell, and breaks when the test wants that."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from bridge.providers.changes import Change
from tests.bridge.source import Source
from tests.bridge.watchers import PATIENCE


class Teller:
    """A provider with a source's records, and changes."""

    def __init__(self, source: Source | None = None) -> None:
        self.source = source or Source()
        self.listeners = 0  # who follows now
        self.begun = 0  # how often somebody began
        self.closed = 0
        self.trouble: str | None = None
        self._told: asyncio.Queue[Change | BaseException | None] = asyncio.Queue()

    def tell(self, *changes: Change) -> None:
        """Let changes be told."""
        for change in changes:
            self._told.put_nowait(change)

    def break_off(self, error: BaseException | None = None) -> None:
        """Let it break off after what was told."""
        self._told.put_nowait(error or OSError("the line is dead"))

    async def all_taken(self) -> None:
        """Wait until everything that was told has been taken, and more is wanted."""
        async with asyncio.timeout(PATIENCE):
            await self._told.join()

    def end(self) -> None:
        """Let there be no more changes."""
        self._told.put_nowait(None)

    async def servers(self) -> Any:
        return await self.source.get_servers()

    async def users(self, server_id: str) -> Any:
        return await self.source.get_users(server_id)

    async def changes(self) -> AsyncIterator[Change]:
        self.begun += 1
        self.listeners += 1
        try:
            while (told := await self._told.get()) is not None:
                try:
                    if isinstance(told, BaseException):
                        raise told
                    yield told
                finally:
                    self._told.task_done()
        finally:
            self.listeners -= 1

    async def close(self) -> None:
        self.closed += 1
