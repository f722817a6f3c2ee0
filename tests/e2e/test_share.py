"""`--share`: a public address for as long as the bot runs, through programs that say what real ones do."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bot.running.errors import AGAIN, MEND
from tests.e2e.viewer import truth
from tests.e2e.waiting import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.loopback import LoopbackDiscord

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there"),
]

ADDRESS = "https://seasonal-deck-organisms.trycloudflare.com"
HEAD = """#!{python}
import os, pathlib, sys, time
pathlib.Path({noted!r}).write_text(f"{{os.getpid()}} {{' '.join(sys.argv[1:])}}")
def say(text): print("2026-11-30T00:00:00Z INF", text, file=sys.stderr, flush=True)
say("Requesting new quick Tunnel on trycloudflare.com...")
"""
OPENS = f"""
say("|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |")
say("|  {ADDRESS}                                     |")
while True:
    time.sleep(60)
"""
FAILS = """
say("failed to request quick Tunnel: no such host")
sys.exit(1)
"""


class Programs:
    """A folder of programs that the bot finds, and what they note of themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._noted = folder / "noted"

    def put(self, does: str, name: str = "cloudflared") -> str:
        """Install a program; return the PATH with it."""
        file = self.folder / name
        file.write_text(HEAD.format(python=sys.executable, noted=str(self._noted)) + does, encoding="utf-8")
        file.chmod(0o755)
        return f"{self.folder}{os.pathsep}/usr/bin{os.pathsep}/bin"

    @property
    def arguments(self) -> str:
        """With which arguments it was started."""
        return self._noted.read_text().partition(" ")[2]

    @property
    def pid(self) -> int:
        """Its process."""
        return int(self._noted.read_text().split()[0])

    def runs(self) -> bool:
        """Tell whether it still does."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Nothing is installed yet."""
    return Programs(tmp_path_factory.mktemp("programs"))


async def test_everybody_reaches_it(
    discord: LoopbackDiscord, run: Run, watch: Watch, programs: Programs
) -> None:
    """Links lead to the public address; the tunnel ends with the bot."""
    guild = discord.guild("D-World", "ann", "bob")
    bot = await run("--share", PATH=programs.put(OPENS), HOST="localhost")
    await bot.said(f"watch at {ADDRESS}")
    assert programs.arguments == f"tunnel --no-autoupdate --url http://localhost:{bot.port}"
    viewer = await watch(bot, guild)
    await viewer.sees(truth(guild))
    bot.signal(signal.SIGINT)
    assert await bot.exited() == 0, bot.output
    assert not programs.runs()


async def test_another_program(run: Run, programs: Programs) -> None:
    """ngrok says it in another way."""
    says = (
        "print('lvl=info msg=\"started tunnel\" url=https://abc.ngrok-free.app', flush=True)\ntime.sleep(60)"
    )
    bot = await run("--share", "--demo", PATH=programs.put(says, "ngrok"), HOST="localhost")
    await bot.said("watch them at https://abc.ngrok-free.app (Ctrl-C stops)")


async def test_a_tunnel_that_ends(run: Run, programs: Programs) -> None:
    """Nobody reaches the bot under its name any more: whoever restarts it gets a new one."""
    bot = await run("--share", "--demo", PATH=programs.put(OPENS), HOST="localhost")
    await bot.said(f"watch them at {ADDRESS}")
    os.kill(programs.pid, signal.SIGKILL)
    assert await bot.exited() == AGAIN
    assert "The tunnel has ended" in bot.stderr
    assert "Start the bot again" in bot.stderr


async def test_a_bot_that_is_killed(run: Run, programs: Programs) -> None:
    """The tunnel ends all the same: it would lead to whoever has the port next."""
    bot = await run("--share", "--demo", PATH=programs.put(OPENS), HOST="localhost")
    await bot.said(f"watch them at {ADDRESS}")
    bot.signal(signal.SIGKILL)
    await bot.exited()
    async with asyncio.timeout(PATIENCE):
        with suppress(ProcessLookupError):
            while True:
                os.kill(programs.pid, 0)
                await asyncio.sleep(0.02)  # nothing tells of the end of what isn't our child


async def test_a_program_that_is_none(run: Run, programs: Programs) -> None:
    """It is said which one, and why."""
    path = programs.put("")
    (programs.folder / "cloudflared").write_text("\0no program of this system")
    bot = await run("--share", "--demo", PATH=path)
    assert await bot.exited() == AGAIN
    assert "cloudflared can't be started: Exec format error" in bot.stderr


async def test_a_tunnel_that_never_opens(run: Run, programs: Programs) -> None:
    """What the program said last tells why."""
    bot = await run("--share", "--demo", PATH=programs.put(FAILS))
    assert await bot.exited() == AGAIN
    assert re.search("cloudflared opened no tunnel: .*no such host", bot.stderr)


async def test_a_stop_while_it_opens(run: Run, programs: Programs) -> None:
    """Nothing is left behind."""
    bot = await run("--share", "--demo", PATH=programs.put("say('soon')\ntime.sleep(60)"), LOG_LEVEL="DEBUG")
    await bot.said("soon")
    bot.signal(signal.SIGTERM)
    assert await bot.exited() == 0, bot.output
    assert not programs.runs()


async def test_no_program(run: Run, programs: Programs) -> None:
    """Which one to install, and where it is."""
    bot = await run("--share", "--demo", PATH=str(programs.folder))
    assert await bot.exited() == AGAIN
    assert "Install cloudflared" in bot.stderr


async def test_any_port(run: Run) -> None:
    """A tunnel needs to know where it leads."""
    bot = await run("--share", "--demo", PORT="0")
    assert await bot.exited() == MEND
    assert "set PORT" in bot.stderr
