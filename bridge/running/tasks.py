"""Tasks with an owner: each says how it ended, and all of them end with whoever owns them."""

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """The tasks of one owner. `log` hears at once of each that fails, with `owner` as whose it was."""

    def __init__(self, log: logging.Logger, owner: str) -> None:
        self._log = log
        self._owner = owner
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Begin with some work; `name` says in the log what it was."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(partial(self._ended, name))
        return task

    async def stop(self) -> None:
        """End them all, in the middle of what they do. Whoever calls this from one of them goes on."""
        others = self._running - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)

    def _ended(self, name: str, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            self._log.error("a task of %s failed: %s", self._owner, name, exc_info=error)
        else:
            self._log.debug("%s has ended", name)
