"""How one bot process takes over from another, seen from both sides; see `bot.running.handover`."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import TYPE_CHECKING

from bot.client import DZoneBot
from bot.config import Config
from bot.running.handover import (
    OPEN,
    READY,
    YOURS,
    Inherited,
    Line,
    obstacle,
    on_request,
    successor,
    tell_supervisor,
)
from bot.store import Store
from bridge.running.signals import on_hangup
from bridge.running.tasks import Tasks

if TYPE_CHECKING:
    from subprocess import Popen

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def changing(
    bot: DZoneBot, store: Store, stopped: asyncio.Event, before: Inherited | None, *, shares: bool
) -> AsyncIterator[None]:
    """Take over from the process `before`, and from then on let the next one take over at a SIGUSR2.

    `stopped` is set when it has. `shares` is whether this process has a tunnel, which ends with it.
    """
    change = _Change(bot, store, stopped, obstacle() or _not_with(bot.config, shares=shares))
    with on_request(change.begin):
        if before is not None:
            change.follow(before)
        try:
            yield
        finally:
            await change.end()


@contextlib.contextmanager
def nothing_changes(*, workers: bool) -> Iterator[None]:
    """Say so where somebody asks for it too early or too late: before the bot serves, or while it ends.

    A SIGUSR2 would end the process. So would a SIGHUP, which asks for new `workers`, and a supervisor that
    sent it believes that this was wanted.
    """
    say = partial(log.error, "nothing takes over: this process has not begun to serve, or is about to end")
    with on_request(say), contextlib.ExitStack() as held:
        if workers:
            held.callback(on_hangup(say))
        yield


def _not_with(config: Config, *, shares: bool) -> str:
    if shares:
        return "the tunnel of --share ends with this process: start it again, and its address is another"
    if config.backplane_url or config.shards:
        return (
            "with BACKPLANE_URL or SHARDS, start it again: viewers at bridges keep what they see, and all"
            " others come back by themselves"
        )
    if config.workers:
        return "with WORKERS, start it again: viewers come back by themselves"
    return ""


class _Change:
    """One process's part in it."""

    def __init__(self, bot: DZoneBot, store: Store, stopped: asyncio.Event, obstacle: str) -> None:
        self._bot = bot
        self._store = store
        self._stopped = stopped
        self._obstacle = obstacle
        self._tasks = Tasks(log, "the change of processes")
        self._next: Popen[bytes] | None = None  # until it has taken over
        self._is_busy = False

    def begin(self) -> None:
        """Let a new process take over, unless that is under way."""
        obstacle = self._obstacle
        if not obstacle and (self._is_busy or not self._bot.bridge.is_serving):
            obstacle = "this one has not begun to serve, or another one is about to take over"
        if obstacle:
            log.error("no new process takes over: %s", obstacle)
            return
        self._is_busy = True
        self._tasks.start(self._hand_over(), "handing over")

    def follow(self, before: Inherited) -> None:
        """Take over as soon as that is possible."""
        self._is_busy = True
        self._tasks.start(self._take_over(before.line), "taking over")

    async def end(self) -> None:
        """End, also a process that has not taken over yet: who stops the bot means both."""
        await self._tasks.stop()
        self._store.on_written = lambda: None
        if self._next is not None:
            self._next.terminate()

    # The old process

    async def _hand_over(self) -> None:
        doors = self._bot.bridge.doors()
        try:
            self._next, end = successor(doors)
        except OSError as error:
            log.warning("no new process takes over: it can't be started: %s", error.strerror)
            self._is_busy = False
            return
        finally:
            for door in doors:
                door.close()
        log.info("process %d is starting, to take over", self._next.pid)
        async with Line.over(end) as line:
            if await self._has_taken_over(line):
                await self._leave(line)
            else:
                await self._go_on()

    async def _has_taken_over(self, line: Line) -> bool:
        if not await line.hears(READY, self._bot.catch_up):
            return False
        self._bot.leave_charge()
        self._store.on_written = line.tell_of_change  # by commands that are under way
        line.say(YOURS)
        return await line.hears(OPEN, self._bot.catch_up)

    async def _go_on(self) -> None:
        self._store.on_written = lambda: None
        await self._bot.stay_in_charge()
        process, self._next = self._next, None
        if process is not None:
            code = await asyncio.to_thread(process.wait)
            log.error("the new process ended with %d before it took over: this one goes on", code)
        self._is_busy = False

    async def _leave(self, line: Line) -> None:
        """Let all viewers go to the next process, in portions; meanwhile show them what is decided there."""
        assert self._next is not None  # noqa: S101 - it has just spoken
        log.info("process %d has taken over: viewers go there, and this one ends", self._next.pid)
        tell_supervisor(self._next.pid)
        self._next = None
        following = self._tasks.start(line.hears(b"", self._bot.catch_up), "following the next process")
        await self._bot.bridge.let_go(lambda: not self._stopped.is_set())
        following.cancel()
        self._stopped.set()

    # The new one

    async def _take_over(self, end: socket.socket) -> None:
        async with Line.over(end) as line:
            await self._bot.is_prepared.wait()
            line.say(READY)
            # Where the old one is gone without a word, nobody else is there to go on.
            await line.hears(YOURS, self._bot.catch_up)
            self._store.on_written = line.tell_of_change
            await self._bot.take_charge()
            if not self._bot.bridge.is_serving:
                return  # what failed ends this process, and the old one goes on
            line.say(OPEN)
            self._is_busy = False
            await line.hears(b"", self._bot.catch_up)  # until the old one has ended
            self._store.on_written = lambda: None
