"""Ctrl-C, SIGTERM and SIGHUP as an event to wait for, where SIGHUP means nothing else."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

# A terminal that is closed sends SIGHUP. Windows has none; SIGBREAK is Ctrl-Break there.
STOPPING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
_on_hangup: list[Callable[[], None]] = []


def on_hangup(act: Callable[[], None]) -> Callable[[], None]:
    """Have a SIGHUP do this, and stop nothing; return what ends that.

    In a terminal it goes on to mean that the terminal was closed.
    """
    if has_terminal():
        return lambda: None
    _on_hangup.append(act)
    return lambda: _on_hangup.remove(act) if act in _on_hangup else None


def has_terminal() -> bool:
    """Tell whether this process belongs to a terminal that may be closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """Provide an event that SIGINT, SIGTERM or SIGHUP sets, while the context lasts; see also `on_hangup`.

    On Windows the closing of the console sets it, as do a log-off and the machine's end. A SIGHUP that is
    ignored stays so: `nohup` wants the program to outlive its terminal. Outside the main thread, where Python
    allows no handlers, nothing sets it.
    """
    event = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    loop = asyncio.get_running_loop()
    before = {}

    def act(number: int) -> None:
        if _on_hangup and number == getattr(signal, "SIGHUP", None):
            _on_hangup[-1]()
        else:
            event.set()

    for number in STOPPING:
        if number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN:
            continue
        before[number] = signal.signal(number, lambda number, _: loop.call_soon_threadsafe(act, number))
        # The loop's own wakes it also where a signal comes just before it goes to sleep. Windows has none.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, act, number)
    try:
        with _told_of_closing(lambda: loop.call_soon_threadsafe(event.set)):
            yield event
    finally:
        for number, handler in before.items():
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)


def ignore_stops() -> dict[int, Any]:
    """Let nobody stop this process any more; return what heeded such signals, by their numbers."""
    if threading.current_thread() is not threading.main_thread():
        return {}  # Python allows no handlers there
    return {number: signal.signal(number, signal.SIG_IGN) or signal.SIG_DFL for number in STOPPING}


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _CLOSING: Final = (2, 5, 6)  # what Windows calls CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT
    _closed: list[object] = []  # what waits for the end of the process

    @contextlib.contextmanager
    def _told_of_closing(act: Callable[[], object]) -> Iterator[None]:
        """Do this, in a thread of Windows', when the console is closed while the context lasts."""
        is_closed = threading.Event()

        @ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)
        def heed(event: int) -> bool:
            if event not in _CLOSING:
                return False
            is_closed.set()
            act()
            threading.Event().wait()  # Windows ends the process when this returns, or after five seconds
            return True

        kernel = ctypes.windll.kernel32
        kernel.SetConsoleCtrlHandler(heed, 1)
        try:
            yield
        finally:
            if is_closed.is_set():
                _closed.append(heed)  # it is still called, and Windows would wait until it isn't
            else:
                kernel.SetConsoleCtrlHandler(heed, 0)

else:

    def _told_of_closing(act: Callable[[], object]) -> contextlib.AbstractContextManager[None]:  # noqa: ARG001
        """Do nothing: a SIGHUP tells of it."""
        return contextlib.nullcontext()
