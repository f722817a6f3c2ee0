"""A bot whose viewers are served by workers: whichever ends, those who watch go on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.conftest import settings_for
from tests.e2e.loopback import TOKEN
from tests.e2e.process import BotProcess
from tests.e2e.viewer import ALL_EVENTS, truth
from tests.e2e.waiting import PATIENCE
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.viewer import Viewer
    from tests.redis import RedisServer

    Lead = Callable[..., Awaitable[BotProcess]]

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform != "linux", reason="it looks at processes in /proc"),
]

VIEWERS = 50
DEADLINE = 5.0  # seconds that a stop may take


@pytest_asyncio.fixture(loop_scope="session")
async def lead(discord: LoopbackDiscord, tmp_path: Path) -> AsyncIterator[Lead]:
    """Start a bot with two workers, as a service does, and wait until they serve."""
    running: list[BotProcess] = []

    async def start(**settings: str) -> BotProcess:
        port = free_port()
        given = {**settings_for(discord, port), "WORKERS": "2", "TMPDIR": str(tmp_path), **settings}
        bot = await BotProcess.start(folder=tmp_path, port=port, settings=given, own_session=True)
        running.append(bot)
        await bot.listening()
        await discord.heard()
        for number in (1, 2):
            await bot.said(f"worker {number}: following the backplane")
        return bot

    yield start
    for bot in running:
        await bot.stop()
        assert TOKEN not in bot.output
        assert "Traceback" not in bot.output, bot.output


def family(pid: int) -> dict[int, str]:
    """Find the processes under one, by their command lines."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = {}, list(children.get(pid, ()))
    while todo:
        one = todo.pop()
        todo += children.get(one, ())
        found[one] = command_line(one)
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def workers_of(bot: BotProcess) -> list[int]:
    return [pid for pid, line in family(bot.pid).items() if "bridge.worker " in line]


async def all_end(pids: list[int]) -> None:
    """Wait until these processes are no more. Nothing tells of the end of somebody else's child."""
    async with asyncio.timeout(PATIENCE):
        while any(map(command_line, pids)):  # noqa: ASYNC110 - as said; a dead one has none
            await asyncio.sleep(0.02)


async def enter(watch: Watch, bot: BotProcess, guild: Guild) -> Viewer:
    """Come to a worker, which may not have heard of the guild yet, and enter it as soon as it has."""
    viewer = await watch(bot, None, events=["servers"])
    await viewer.until(lambda: str(guild.id) in viewer.servers)
    await viewer.join(str(guild.id), events=ALL_EVENTS, batch=True)
    return viewer


async def test_whichever_worker_dies(
    discord: LoopbackDiscord, lead: Lead, watch: Watch, tmp_path: Path
) -> None:
    """Its viewers go on at another one, where they were; and in the end nothing of it all is left."""
    guild = discord.guild("Harbour", "ann", "bob")
    bot = await lead()
    processes = family(bot.pid)
    workers = workers_of(bot)
    assert len(workers) == 2
    for pid, line in processes.items():
        environment = Path(f"/proc/{pid}/environ").read_text()
        assert not any(secret in text for secret in (TOKEN, "DATABASE") for text in (line, environment))
    here = [await enter(watch, bot, guild) for _ in range(6)]
    for viewer in here:
        await viewer.sees(truth(guild))

    os.kill(workers[0], signal.SIGKILL)
    await bot.said("has ended (signal 9): a new one is started")
    await bot.told("following the backplane", 3)
    os.kill(workers[1], signal.SIGKILL)
    for viewer in here:
        await viewer.closed()
    await bot.told("following the backplane", 4)
    discord.say(guild.public, guild.member("ann"), "while nobody was there")
    again = [await watch(bot, guild, like=viewer, events=ALL_EVENTS, batch=True) for viewer in here]
    for viewer in again:
        await viewer.hears("while nobody was there")
        assert viewer.joined[0].get("resumed") is True

    [folder] = tmp_path.glob("dzone-*/")
    assert folder.stat().st_mode & 0o077 == 0
    bot.signal(signal.SIGTERM)
    assert await bot.exited(within=DEADLINE) == 0
    assert [await viewer.closed() for viewer in again] == [1001] * len(again)
    await all_end(list(processes))
    assert not folder.exists()


async def test_the_bot_is_killed(discord: LoopbackDiscord, lead: Lead, watch: Watch, tmp_path: Path) -> None:
    """Its workers and its private backplane end by themselves."""
    guild = discord.guild("Harbour", "ann")
    bot = await lead()
    viewer = await enter(watch, bot, guild)
    processes = family(bot.pid)
    bot.signal(signal.SIGKILL)
    assert await bot.exited() == -signal.SIGKILL
    assert await viewer.closed() == 1001
    await all_end(list(processes))
    assert not list(tmp_path.glob("dzone-*/"))


class Faithful:
    """Somebody who comes back whenever they are sent away, with their cursor, and notes what they hear."""

    def __init__(self, watch: Watch, bot: BotProcess, guild: Guild) -> None:
        self.words: list[str] = []
        self.resumed: list[bool] = []
        self.viewer: Viewer | None = None
        self._watch, self._bot, self._guild = watch, bot, guild

    async def come(self) -> None:
        if self.viewer is None:
            self.viewer = await enter(self._watch, self._bot, self._guild)
        else:
            self.viewer = await self._watch(
                self._bot, self._guild, like=self.viewer, events=ALL_EVENTS, batch=True
            )

    async def stay(self, last: str) -> None:
        """Watch until a word is heard."""
        while last not in self.words:
            assert self.viewer is not None
            await self.viewer.hears_or_ends(last)
            self.words += self.viewer.words()
            if last not in self.words:
                await self.come()
                self.resumed.append(bool(self.viewer.joined[0].get("resumed")))


async def test_replaced_under_load(
    discord: LoopbackDiscord, lead: Lead, watch: Watch, redis: RedisServer
) -> None:
    """Two workers are replaced, one after the other, while much is said: nobody misses or repeats a word."""
    guild = discord.guild("Harbour", "ann", "bob")
    bot = await lead(BACKPLANE_URL=redis.url, HISTORY_EVENTS="100000")
    before = workers_of(bot)
    crowd = [Faithful(watch, bot, guild) for _ in range(VIEWERS)]
    for one in crowd:
        await one.come()
    staying = asyncio.gather(*(one.stay("the end") for one in crowd))
    said: list[str] = []

    async def talk() -> None:
        while True:
            said.append(f"word {len(said)}")
            discord.say(guild.public, guild.member("ann"), said[-1])
            await asyncio.sleep(0.004)

    talking = asyncio.create_task(talk())
    bot.signal(signal.SIGHUP)
    await bot.said("all workers were replaced", within=2 * PATIENCE)
    talking.cancel()
    discord.say(guild.public, guild.member("ann"), "the end")
    async with asyncio.timeout(PATIENCE):
        await staying
    assert [one.words for one in crowd] == [[*said, "the end"]] * VIEWERS
    moves = [resumed for one in crowd for resumed in one.resumed]
    assert len(moves) >= VIEWERS
    assert all(moves), f"{moves.count(False)} of {len(moves)} were sent everything anew"
    assert not set(before) & set(workers_of(bot))
