"""Asking the owner's code: callbacks and providers, which may raise, hang, or be cancelled by themselves."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class OwnWorkCancelledError(Exception):
    """The owner's code gave up by a cancellation that was not ours."""


async def ask(answer: Awaitable[T], timeout: float) -> T:  # noqa: ASYNC109 - bounds code that may swallow cancellation
    """Wait for an answer, in a task of its own: whatever happens there does not end the asker.

    Raises:
        TimeoutError: if there is none within `timeout` seconds.
        OwnWorkCancelledError: if the work was cancelled from within.
        Exception: what the owner's code raised.
    """
    task = asyncio.ensure_future(answer)
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout)
    finally:
        task.cancel()
        task.add_done_callback(look)
    if not done:
        raise TimeoutError
    if task.cancelled():
        raise OwnWorkCancelledError
    return task.result()


def look(task: asyncio.Future[T]) -> None:
    """Take note of what work ended with when nobody waits for it any more, or asyncio complains."""
    if not task.cancelled():
        task.exception()


def describe(error: Exception) -> str:
    """Say in one line of the log what the owner's code did."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return " ".join(f"{type(error).__name__}: {error}".split())
