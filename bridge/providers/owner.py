"""Asking the owner's code: callbacks and providers, which may raise, hang, or be cancelled by themselves."""

import asyncio
import os
import sysconfig
from collections.abc import Awaitable
from pathlib import Path
from traceback import walk_tb
from typing import Final, TypeVar

_OURS: Final = f"{Path(__file__).parent}{os.sep}"
_LIBRARIES: Final = tuple(
    f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib")
)

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


def describe(error: BaseException) -> str:
    """Say in one line of the log what the owner's code did, and where."""
    what = "no answer in time" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
    return " ".join(what.split()) + where(error)


def where(error: BaseException) -> str:
    """Name the file and line at which the owner's code failed, as ` (world.py:12)`. Nothing if it is ours.

    Of what a library raises that is where it was called: what it does inside helps nobody.
    """
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    if not places or places[-1][0].startswith(_OURS):
        return ""
    theirs = [place for place in places if not place[0].startswith((_OURS, *_LIBRARIES, "<frozen "))]
    return f" ({theirs[-1][0]}:{theirs[-1][1]})" if theirs else ""
