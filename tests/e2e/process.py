"""The real bot in a process of its own: `python -m bot`, with patience for a slow machine."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.e2e.waiting import PATIENCE, Bell

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]

# All that the bot's process inherits: what a process needs to run, and to be measured. A developer's own
# DISCORD_TOKEN or PORT must not leak in.
INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "SYSTEMROOT", "TEMP", "USERPROFILE", "VIRTUAL_ENV")

BOT = "tests.e2e.patient"  # the module that is run
LONGEST_HOLD = 250  # milliseconds of computing in one turn of the bot's loop
HELD = "the loop was held for"  # what it says of longer ones


class BotProcess:
    """A running bot, with all it has written so far in `stdout` and `stderr`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self.stdout = ""
        self.stderr = ""
        self._process = process
        self._bell = Bell()
        self._ended = asyncio.gather(self._read(process.stdout), self._read(process.stderr), process.wait())
        self._ended.add_done_callback(lambda _: self._bell.ring())

    @classmethod
    async def start(
        cls,
        *args: str,
        folder: Path,
        port: int,
        settings: Mapping[str, str],
        module: str = BOT,
        stdout: int = asyncio.subprocess.PIPE,
        own_session: bool = False,
    ) -> Self:
        """Start the bot in a folder; beside `settings` its environment has only what it needs.

        What goes to another `stdout` than a pipe of ours is not read. In a session of its own it has no
        terminal, as a service has none.
        """
        env = {
            name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("COV")
        }
        env |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
        env |= {"DEBUG_LOOP": str(LONGEST_HOLD), **settings}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *args),
            cwd=folder,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=own_session,
        )
        return cls(process, port)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """With what it has ended, if it has."""
        return self._process.returncode

    @property
    def url(self) -> str:
        """Where viewers connect."""
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def output(self) -> str:
        """All it has written, for a test that doesn't care where."""
        return f"{self.stdout}\n{self.stderr}"

    async def listening(self) -> None:
        """Wait until the port accepts a connection; fail at once if the process ends instead."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._ended.done():
                    with suppress(OSError):
                        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                        writer.close()
                        await writer.wait_closed()
                        return
                    # Nothing tells an outsider that a port opens: knock again.
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"port {self.port} stays closed:\n{self.output}") from None
        raise AssertionError(f"the bot ended with {self._process.returncode}:\n{self.output}")

    async def said(self, words: str, *, within: float = PATIENCE) -> None:
        """Wait until it has written something."""
        await self._bell.until(
            lambda: words in self.output, lambda: f"{words!r} in\n{self.output}", within=within
        )

    async def told(self, words: str, times: int) -> None:
        """Wait until it has written something so many times in all."""
        await self._bell.until(
            lambda: self.output.count(words) >= times, lambda: f"{words!r} in\n{self.output}"
        )

    async def exited(self, within: float = PATIENCE) -> int:
        """Wait until it has ended by itself or by a signal, and return its exit code."""
        await self._bell.until(self._ended.done, lambda: f"the end of\n{self.output}", within=within)
        code: int = self._ended.result()[2]
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def stop(self) -> None:
        """Stop it as an operator would; if it won't, kill it and fail. So too if it ever held its loop."""
        if not self._ended.done():
            self._process.terminate()
        try:
            await self.exited()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._ended
        assert HELD not in self.output, self.output

    async def _read(self, stream: asyncio.StreamReader | None) -> None:
        if stream is None:
            return
        async for line in stream:
            text = line.decode(errors="replace")
            if stream is self._process.stdout:
                self.stdout += text
            else:
                self.stderr += text
            self._bell.ring()
