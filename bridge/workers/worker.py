"""One worker, as its parent has it: a process, the line to it, and what it logs."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bridge.running.tasks import Tasks
from bridge.workers import orders, voice
from bridge.workers.muster import MARK, Counted

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0  # seconds between two looks whether a worker's loop turns
MAX_SILENT: Final = 10  # looks at which nothing may have been heard of it
MAX_STARTING: Final = 60  # the same before it has said anything: a busy machine takes long to start it
COMMAND: Final = ("-P", "-m", "bridge.worker")  # with the number of the line to the parent
LAST_WORDS: Final = 1.0  # seconds that a worker which hangs has to say where
_PIECE: Final = 64 * 1024
# What a worker inherits of the environment: what a process needs to run. The rest may be secret.
_INHERITED: Final = frozenset(
    {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "LOGNAME", "VIRTUAL_ENV", "XDG_RUNTIME_DIR"}
)
_PREFIXES: Final = ("PYTHON", "COV", "LC_", "LD_", "DYLD_", "MALLOC_", "SSL_CERT_", "OPENSSL_")


class Worker:
    """A process that serves viewers. `name` is how it is called in the log.

    `is_ready` is set as soon as it serves, `has_ended` when it is no more; then `code` is its exit code and
    `last_words` what it said last. `counted` is what it has told last of that.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, line: asyncio.StreamWriter) -> None:
        self.name = name
        self.is_ready = asyncio.Event()
        self.has_ended = asyncio.Event()
        self.last_words = ""
        self.counted = Counted()
        self._process = process
        self._line = line
        self._silent = 0  # looks at which nothing was heard
        self._has_spoken = False
        self._tasks = Tasks(log, name)

    @classmethod
    async def start(cls, name: str, told: orders.Orders, doors: Sequence[socket.socket]) -> "Worker":
        """Start a process that listens on these sockets, which stay open here as well.

        Raises:
            OSError: if the system has no process to give.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            numbers = [door.fileno() for door in doors]
            shared = [] if told.seat is None else [told.seat.number]
            try:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, *COMMAND, str(theirs.fileno())),
                    pass_fds=[theirs.fileno(), *numbers, *shared],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    env=environment(),
                    start_new_session=True,  # a Ctrl-C in the terminal is the parent's: it stops the workers
                )
            except BaseException:
                writer.close()
                raise
        writer.write(orders.pack(replace(told, doors=tuple(numbers))))
        worker = cls(name, process, writer)
        worker._follow(reader)
        return worker

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def code(self) -> int:
        """With what it has ended; a signal's number is negative."""
        code = self._process.returncode
        return 0 if code is None else code

    def tell(self, word: bytes) -> None:
        """Say one of the words of `orders`."""
        if not self.has_ended.is_set():
            self._line.write(word)

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def ends(self, within: float) -> None:
        """Wait until it has ended; after so many seconds, end it."""
        try:
            async with asyncio.timeout(within):
                await self.has_ended.wait()
        except TimeoutError:
            log.warning("%s doesn't stop, and is killed", self.name)
            self.kill()
            await self.has_ended.wait()

    def _follow(self, reader: asyncio.StreamReader) -> None:
        logged = self._tasks.start(self._pass_on_log(), "passing on its log")
        heard = self._tasks.start(self._hear(reader), "hearing it")
        pulse = self._tasks.start(self._feel_pulse(), "feeling its pulse")
        self._tasks.start(self._note_end(logged, heard, pulse), "waiting for its end")

    async def _note_end(
        self, logged: asyncio.Task[None], heard: asyncio.Task[None], pulse: asyncio.Task[None]
    ) -> None:
        await self._process.wait()
        await asyncio.wait({logged}, timeout=LAST_WORDS)  # what it has said last
        for task in (logged, heard, pulse):
            task.cancel()
        self._line.close()
        with contextlib.suppress(OSError):
            await self._line.wait_closed()
        self.has_ended.set()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while heard := await reader.read(_PIECE):
                self._silent, self._has_spoken = 0, True
                if orders.READY in heard:
                    self.is_ready.set()

    async def _feel_pulse(self) -> None:
        # Looks are counted, not seconds: when the machine slept, nobody is to blame.
        while self._silent < (MAX_SILENT if self._has_spoken else MAX_STARTING):
            await asyncio.sleep(LOOK_EVERY)
            self._silent += 1
        log.error("%s hangs: nothing heard for %d s; it is killed", self.name, self._silent * LOOK_EVERY)
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGQUIT)  # at which it says where it is
        await asyncio.sleep(LAST_WORDS)
        self.kill()

    async def _pass_on_log(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe, as asked for
        rest = b""
        while more := await self._process.stdout.read(_PIECE):
            *lines, rest = (rest + more).split(b"\n")
            if len(rest) > voice.MAX_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._pass_on(line)
        self._pass_on(rest)

    def _pass_on(self, line: bytes) -> None:
        if line.startswith(MARK):
            self.counted = Counted.read(line) or self.counted
            return
        self.last_words = voice.tell(self.name, line[: voice.MAX_LINE]) or self.last_words


def environment() -> dict[str, str]:
    """Choose what a worker inherits: nothing that may be a token or a password; and where our modules are."""
    chosen = {
        name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith(_PREFIXES)
    }
    return chosen | {"PYTHONPATH": os.pathsep.join(str(Path(place).resolve()) for place in sys.path)}
