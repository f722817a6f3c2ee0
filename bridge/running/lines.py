"""Lines of a log, written by a thread of their own: whoever reads them holds up nobody."""

import contextlib
import logging
import os
import queue
import select
import sys
import threading
import time
from typing import Final, TextIO

MAX_WAITING: Final = 5_000  # lines that wait for a reader; what is more is dropped, and counted
PATIENCE: Final = 0.5  # seconds that the end of the program waits for lines to be read
_TELL_OF: Final = "%d lines of this log were dropped: nobody read them fast enough"


class Lines(logging.Handler):
    """Writes records to a stream, in a thread.

    Logging never waits: where the stream takes nothing, `max_waiting` lines are kept and the rest is dropped,
    which is said as soon as there is room. A stream that was closed, or that never was, is silence.
    """

    def __init__(self, stream: TextIO | None, max_waiting: int = MAX_WAITING) -> None:
        super().__init__()
        self._stream = stream
        self._file = _file_of(stream)
        self._waiting: queue.Queue[str | None] = queue.Queue(max_waiting)
        self._dropped = 0
        self._gone = stream is None
        self._written = 0
        self._stuck_at: int | None = None  # how many were written when we gave up waiting for more
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record written soon."""
        try:
            self.write(self.format(record))
        except Exception:  # noqa: BLE001 - an edge: a record that can't be formatted ends nobody's work
            self.handleError(record)

    def write(self, text: str) -> None:
        """Have a line written soon."""
        if self._gone:
            return
        if self._thread is None:  # only now, or a program that forks before would leave it behind
            # A daemon: a reader that has stalled can't hold up the end of the program either.
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()
        if self._dropped and not self._waiting.full():
            self._tell_of_dropped()
        self._keep(text)

    def flush(self) -> None:
        """Wait until all is written; not for long, and not again for a reader that has not moved since."""
        give_up = time.monotonic() + PATIENCE
        while self._waiting.unfinished_tasks and not self._gone and self._stuck_at != self._written:
            if time.monotonic() >= give_up:
                self._stuck_at = self._written
            time.sleep(0.002)

    def close(self) -> None:
        """Write what is left, and end the thread."""
        self.flush()
        if self._dropped:
            self._tell_of_dropped()
            self.flush()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        super().close()

    def _keep(self, text: str) -> None:
        try:
            self._waiting.put_nowait(text + "\n")
        except queue.Full:
            self._dropped += 1

    def _tell_of_dropped(self) -> None:
        told = logging.LogRecord(__name__, logging.WARNING, __file__, 0, _TELL_OF, (self._dropped,), None)
        self._dropped = 0
        self._keep(self.format(told))

    def _run(self) -> None:
        while (text := self._waiting.get()) is not None:
            try:
                self._put(text)
                self._written += 1
            except (OSError, ValueError):  # nobody reads any more, or the stream was closed
                self._gone = True
            self._waiting.task_done()
            if self._gone:
                return
        self._waiting.task_done()

    def _put(self, text: str) -> None:
        if self._stream is None:
            return
        encoding = self._stream.encoding or "utf-8"
        encoded = text.encode(encoding, "backslashreplace")
        if self._file is None:
            self._stream.write(encoded.decode(encoding))
            self._stream.flush()
            return
        # Not through the stream: a thread that waits would hold its lock, which the program's end needs.
        data = memoryview(encoded)
        while data:
            try:
                data = data[os.write(self._file, data) :]
            except BlockingIOError:
                select.select([], [self._file], [])


def _file_of(stream: TextIO | None) -> int | None:
    """Find the file under a stream. A Windows console has none that takes any text."""
    if stream is None or sys.platform == "win32":
        return None
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):  # not a file: a test's, an editor's
        return None
