"""How a program around a bridge runs: on the fastest event loop there is, with files for every viewer."""

import asyncio
import contextlib
import gc
import importlib
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, NoReturn, TypeVar

from bridge.running.loop import small_rounds
from bridge.running.signals import ignore_stops

log = logging.getLogger(__name__)

OPEN_MAX: Final = 10_240  # files that macOS allows, where it names no limit and refuses more all the same
# Beside one per viewer: a thousand for those who are turned away, the others for pages, Discord, databases.
SPARE_FILES: Final = 1_500
KEPT_FILES: Final = 500  # that connections may not take, or an eighth where there are few

# How much may have been made before Python looks for garbage among it, and how many looks before it looks at
# what is older, and at everything. With 50,000 members to look at, the usual (700, 10, 10) hold up everybody
# for 60 ms again and again while many connect; nearly all that a bridge makes goes without being looked for.
# The first look takes a quarter of a millisecond: after four times as much it would hold up an event as long
# as two rounds of the loop. The second one takes two milliseconds: after forty times as much it held the loop
# for a tenth of a second, where ten thousand connections had come and gone.
GARBAGE_THRESHOLDS: Final = (500, 20, 2_000)

CLOSES_WITHIN: Final = 1.0  # seconds that a loop has for what can't be called off

T = TypeVar("T")

_closing: list[threading.Thread] = []  # loops that wait for such things still


def run(main: Coroutine[Any, Any, T], *, viewers: int) -> T:
    """Run a coroutine to its end, with a file for each of so many viewers if the system allows."""
    allow_files(viewers + SPARE_FILES)
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    runner = asyncio.Runner(loop_factory=fastest_loop())
    try:
        return runner.run(main)
    finally:
        with contextlib.ExitStack() as held:
            for number, before in ignore_stops().items():
                held.callback(signal.signal, number, before)
            _close(runner)


def _close(runner: asyncio.Runner) -> None:
    """Close the loop, but don't wait long: where nobody answers, looking up a name takes half a minute."""
    closing = threading.Thread(target=runner.close, name="closing the loop", daemon=True)
    closing.start()
    closing.join(CLOSES_WITHIN)
    asyncio.set_event_loop(None)  # of this thread
    if closing.is_alive():
        _closing.append(closing)


def leave(code: int) -> NoReturn:
    """End the process, also where the loop still waits: Python would wait for its threads.

    It ends already: who presses Ctrl-C once more changes nothing.
    """
    ignore_stops()
    if any(closing.is_alive() for closing in _closing):
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                stream.flush()
        os._exit(code)
    sys.exit(code)


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Find uvloop, which `pip install dzone-bot[speed]` brings; else Python's own loop, in small rounds.

    None means that loop as it is.
    """
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return small_rounds()
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def allow_files(wanted: int) -> None:
    """Raise this process's limit of open files, each connection being one: many systems begin with 1,024.

    Windows has no such limit. Where the system allows less, that much is taken, and said.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    for files in (possible, min(possible, OPEN_MAX)):
        if soft != resource.RLIM_INFINITY and soft < files:
            with contextlib.suppress(OSError, ValueError):  # macOS has a lower bound than it tells
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
                soft = files
    if soft != resource.RLIM_INFINITY and soft < wanted:
        log.warning(
            "the system allows this program %d open files, enough for about %d viewers;"
            " `ulimit -n %d` before the start allows more",
            soft,
            _to_spare(soft),
            wanted,
        )


def files_to_spare() -> float:
    """Tell how many files this process may have open for connections.

    Where these had taken all that the system allows, nothing could be stored any more, and no connection to
    Discord be made.
    """
    if sys.platform == "win32":
        return math.inf
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else _to_spare(soft)


def _to_spare(allowed: int) -> int:
    return allowed - min(KEPT_FILES, allowed // 8)
