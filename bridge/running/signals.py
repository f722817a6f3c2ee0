"""Ctrl-C, SIGTERM and SIGHUP as an event to wait for."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Final

# A terminal that is closed sends SIGHUP; Windows has none.
STOPPING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextlib.contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """Provide an event that SIGINT, SIGTERM or SIGHUP sets, while the context lasts.

    A SIGHUP that is ignored stays so: `nohup` wants the program to outlive its terminal. Outside the main
    thread, where Python allows no handlers, nothing sets it.
    """
    event = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    loop = asyncio.get_running_loop()
    before = {}
    for number in STOPPING:
        if number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN:
            continue
        before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
        # The loop's own wakes it also where a signal comes just before it goes to sleep. Windows has none.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, event.set)
    try:
        yield event
    finally:
        for number, handler in before.items():
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)
