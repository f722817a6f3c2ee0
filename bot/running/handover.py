"""An update without a break: a new process takes over from this one, which says goodbye to its viewers.

The running process starts the new one, and hands it the sockets on which it listens and a line between them.
The new one logs in beside the old one and shows nothing until it knows all guilds. Then it says so, the old
one lets go of the commands, and the new one lets viewers in: nobody who comes meanwhile is turned away. As
long as both are there, each tells the other when it has stored something.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple, Self

log = logging.getLogger(__name__)

# What the two say to each other, a line each.
READY: Final = b"ready\n"  # the new one: it knows all guilds
YOURS: Final = b"yours\n"  # the old one: commands are the other's from here on
OPEN: Final = b"open\n"  # the new one: it lets viewers in
CHANGED: Final = b"changed\n"  # either: something was stored

OPTION: Final = "--take-over"
NOT_FOR_THE_NEXT: Final = ("--sync",)  # was for the start of this process
HOW: Final = (
    f"{OPTION} is for the new process that a running bot starts by itself: send that one SIGUSR2, as with"
    " `systemctl reload dzone` or `kill -USR2 its-number`."
)


class Line:
    """The line to the other process: what it says, one word after the other. It ends with that process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @contextlib.asynccontextmanager
    async def over(cls, end: socket.socket) -> AsyncIterator[Self]:
        """Have a line over one end of a pair of sockets, for as long as the context lasts."""
        reader, writer = await asyncio.open_connection(sock=end)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def say(self, word: bytes) -> None:
        """Say a word; whether somebody is left to hear it shows when listening."""
        if not self._writer.is_closing():
            self._writer.write(word)

    def tell_of_change(self) -> None:
        """Say that something was stored."""
        self.say(CHANGED)

    async def hears(self, word: bytes, on_change: Callable[[], Awaitable[None]]) -> bool:
        """Wait for a word, and meanwhile follow the other's changes; tell whether it came before the end."""
        with contextlib.suppress(OSError):
            while heard := await self._reader.readline():
                if heard == word:
                    return True
                if heard == CHANGED:
                    await on_change()
        return False


class CannotTakeOver(Exception):
    """There is nothing that this process could take over."""


class Inherited(NamedTuple):
    """What a process has from the one before: the line to it, and the sockets on which it listens."""

    line: socket.socket
    doors: list[socket.socket]


def inherited(text: str) -> Inherited:
    """Find what the process before has left open for this one.

    Raises:
        CannotTakeOver: if it is not there.
    """
    try:
        numbers = [int(number) for number in text.split(",")]
        line, *doors = [socket.socket(fileno=number) for number in numbers]
    except (ValueError, OSError) as error:
        raise CannotTakeOver(HOW) from error
    if not doors:
        line.close()
        raise CannotTakeOver(HOW)
    return Inherited(line, doors)


def successor(doors: Sequence[socket.socket]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the process that is to take over, as this one was started; return it and our end of the line.

    Raises:
        OSError: if the system has no process to give.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        numbers = [theirs.fileno(), *(door.fileno() for door in doors)]
        told = ",".join(map(str, numbers))
        try:
            process = subprocess.Popen(  # noqa: S603 - what runs already
                [sys.executable, *arguments(sys.orig_argv[1:]), OPTION, told], pass_fds=numbers
            )
        except OSError:
            ours.close()
            raise
    return process, ours


def arguments(before: Sequence[str]) -> list[str]:
    """Tell with which arguments the next process is started: those of this one, but for what was its own."""
    kept, given = [], iter(before)
    for argument in given:
        if argument == OPTION:
            next(given, None)
        elif argument not in NOT_FOR_THE_NEXT:
            kept.append(argument)
    return kept


@contextlib.contextmanager
def on_request(act: Callable[[], None]) -> Iterator[None]:
    """Do this at each SIGUSR2 while the context lasts. Windows has none."""
    if sys.platform == "win32":
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR2, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGUSR2)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # one that comes late ends nobody


def obstacle() -> str:
    """Say why whoever started this process would not let it go for another; nothing if they would."""
    if os.getpid() == 1:
        return "a container ends with its first process: restart the container"
    if os.environ.get("SYSTEMD_EXEC_PID") == str(os.getpid()) and "NOTIFY_SOCKET" not in os.environ:
        return "systemd would end both: write NotifyAccess=main into the service, and restart it once"
    return ""


def tell_supervisor(pid: int) -> None:
    """Tell systemd, where it started this process, which one is the service's from here on."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(f"MAINPID={pid}".encode(), address)
        except OSError as error:
            log.warning("systemd doesn't hear which process is the new one: %s", error.strerror)
