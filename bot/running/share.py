"""A public address for as long as the bot runs, through a tunnel program that its owner has installed."""

import asyncio
import contextlib
import logging
import re
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.running.words import one_line

log = logging.getLogger(__name__)

PATIENCE: Final = 40.0  # seconds until a tunnel has an address
GRACE: Final = 3.0  # seconds that a tunnel may take to end
# Ends the tunnel as soon as this process is gone, also where that was killed.
GUARD: Final = ("-P", "-m", "bridge.running.guard", "")
INSTALL: Final = "https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads"
_LAST_LINES: Final = 3  # of a tunnel that fails, as its owner reads them


@dataclass(frozen=True)
class Program:
    """A program that makes tunnels: with which arguments, and how it says what the address is."""

    name: str
    arguments: tuple[str, ...]
    address: re.Pattern[str]


# The first that is installed is taken. What they write: cloudflared since 2021, ngrok 3 with --log=stdout.
PROGRAMS: Final = (
    Program(
        "cloudflared",
        ("tunnel", "--no-autoupdate", "--url"),
        re.compile(r"\s(https://[a-z0-9-]+\.trycloudflare\.com)\b"),
    ),
    Program("ngrok", ("http", "--log=stdout"), re.compile(r"\burl=(https://[a-zA-Z0-9.-]+)")),
)


class NoTunnel(Exception):
    """Why there is no public address (any more), in a sentence."""


class Tunnel:
    """A tunnel that runs. `address` is what it is reached at."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self.program = program
        self.address = ""
        self._process = process
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._found = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def opened(self) -> None:
        """Wait for the address.

        Raises:
            NoTunnel: if there is none.
        """
        finding = asyncio.create_task(self._found.wait())
        await asyncio.wait({finding, self._reading}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        finding.cancel()
        if not self.address:
            raise NoTunnel(f"{self.program.name} opened no tunnel: {self._last_words()}")

    async def ended(self) -> NoTunnel:
        """Wait until it ends, as it shouldn't, and say why."""
        await asyncio.wait({self._reading})
        return NoTunnel(
            f"The tunnel has ended, and its address with it: {self._last_words()}\n"
            "Start the bot again for a new one."
        )

    async def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.close()
        _, slow = await asyncio.wait({self._reading}, timeout=GRACE)
        if slow:
            self._process.kill()
            await asyncio.wait({self._reading})

    async def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - a pipe was asked for
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than any line that concerns us
                continue
            if not line:
                break
            text = line.decode(errors="replace")
            if text.strip():
                self._said.append(one_line(text))
                log.debug("%s: %s", self.program.name, self._said[-1])
            if (found := self.program.address.search(text)) and not self.address:
                self.address = found[1]
                self._found.set()
        await self._process.wait()

    def _last_words(self) -> str:
        return " / ".join(self._said) or "it said nothing."


@contextlib.asynccontextmanager
async def tunnel(url: str) -> AsyncIterator[Tunnel]:
    """Have a tunnel to `url`, an address on this machine, while the context lasts.

    Raises:
        NoTunnel: if no program for one is installed, or it opens none.
    """
    program, path = _installed()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *GUARD, path, *program.arguments, url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            **_apart(),
        )
    except OSError as error:
        raise NoTunnel(f"{program.name} can't be started: {error.strerror}.") from error
    opening = Tunnel(program, process)
    try:
        await opening.opened()
        yield opening
    finally:
        await opening.close()


def _installed() -> tuple[Program, str]:
    for program in PROGRAMS:
        if path := shutil.which(program.name):
            return program, path
    raise NoTunnel(
        f"--share needs a tunnel program. Install cloudflared, which asks for no account: {INSTALL}"
    )


def _apart() -> Mapping[str, Any]:
    """Keep it out of our group: a Ctrl-C is for the bot, which then ends the tunnel after the goodbyes."""
    if sys.platform == "win32":
        import subprocess  # noqa: PLC0415 - the number is there on Windows only

        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
