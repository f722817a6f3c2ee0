"""Ctrl-C and SIGTERM as an event to wait for."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """Provide an event that SIGINT or SIGTERM sets, while the context lasts.

    Outside the main thread, where Python allows no handlers, nothing sets it.
    """
    event = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    loop = asyncio.get_running_loop()
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        # signal.signal and not loop.add_signal_handler: the latter does not exist on Windows.
        before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
