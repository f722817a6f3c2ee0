"""How to look into a store's database, and disturb it."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import Contents
from bot.store import Store


async def contents(url: str) -> Contents:
    """Read what is in a database, as the next start will."""
    opened = await Store.open(url)
    await opened.close()
    return opened._contents


@contextlib.contextmanager
def commits(make: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]) -> Iterator[None]:
    """Let each commit be what a function makes of it."""
    real = AsyncConnection.commit

    async def commit(self: AsyncConnection) -> None:
        await make(lambda: real(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncConnection, "commit", commit)
        yield
