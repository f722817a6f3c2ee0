"""A guild is read while it goes on."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.backplane.book import Book
from bridge.backplane.follower import Follower
from bridge.backplane.lines import Lines
from bridge.limits import Limits
from bridge.model import GuildInfo, Message, Status
from bridge.rooms.room import Room
from bridge.wire.protocol import Connect, Event, Wants
from tests.bridge.conftest import ADA, BEPPO
from tests.bridge.rooms.seats import GUILD
from tests.bridge.rooms.test_followers import known_to
from tests.bridge.watchers import read_frames
from tests.redis import RedisServer

if TYPE_CHECKING:
    from bridge.backplane.codec import Entry

STATUSES: tuple[Status, ...] = ("online", "idle", "dnd")


class Restless(Lines):
    """Something happens after each answer."""

    happen: Callable[[], Awaitable[None]]

    async def ask(self, answer: Awaitable[Any]) -> Any:
        found = await super().ask(answer)
        await self.happen()
        return found


class Origin:
    """A room that is written, flush by flush."""

    def __init__(self, lines: Lines, limits: Limits, guild: GuildInfo = GUILD) -> None:
        self.room = Room(guild, limits=limits, clock=time.time)
        self.room.reconcile([ADA, BEPPO])
        self.room.flush(0)
        self.hear: Callable[[Entry], None] = lambda _: None
        self._lines = lines
        self._book = Book(self.room, limits, lambda: None, time.monotonic)
        self._times = 0

    async def write_whole(self) -> None:
        """Write all there is."""
        copy = await self._book.copy("1")
        commands: Any = self._lines.commands
        for key, some in self._book.slices(copy):
            await self._lines.ask(commands.hset(key, mapping=some))
        assert await self._lines.run([self._book.install(by_force=False)]) == [b"done"]
        self._book.installed()

    async def happen(self) -> None:
        """Let Ada be in another mood; write it, and tell it."""
        self._times += 1
        self.room.present(ADA.uid, STATUSES[self._times % len(STATUSES)], None)
        self.room.flush(self._times)
        for entry in await self.write():
            self.hear(entry)

    async def write(self) -> list["Entry"]:
        """Write what happened; return what is told of it."""
        assert await self._lines.run([self._book.flush()]) == [b"done"]
        told = self._book.sent
        self._book.arrived()
        return told


def _ignore(_room: Room, _event: Event) -> None:
    """Nobody is here who had logged in."""


@asynccontextmanager
async def lines_to(url: str, kind: type[Lines] = Lines) -> AsyncIterator[Any]:
    """Have connections for a while."""
    lines = kind(url)
    try:
        yield lines
    finally:
        await lines.close()


@pytest.mark.parametrize("history", [0, 1, 1_000])
async def test_a_guild_that_never_rests_is_opened(redis: RedisServer, history: int) -> None:
    """What happens while it is read is heard: the past that is kept need not reach back so far."""
    limits = Limits(history_events=history)
    async with lines_to(redis.url) as lines, lines_to(redis.url, Restless) as restless:
        origin = Origin(lines, limits)
        await origin.write_whole()
        restless.happen = origin.happen
        follower = Follower(
            Room(GUILD, limits=limits), restless, limits, lambda: True, lambda _: None, _ignore
        )
        origin.hear = follower.hear
        await follower.open()
        assert not follower.is_outdated
        assert known_to(follower.room) == known_to(origin.room)


async def test_what_was_said_before_is_read_as_well(redis: RedisServer) -> None:
    """As far as nobody took it back since: then who arrives elsewhere may hear it, with its time."""
    limits = Limits()
    async with lines_to(redis.url) as lines:
        origin = Origin(lines, limits, replace(GUILD, recent=True))
        await origin.write_whole()
        for number in range(4):
            origin.room.say(Message(ADA.uid, f"Words {number}", "1", id=str(number)))
            origin.room.flush(number)
            if number == 2:
                origin.room.forget_messages(["1"])
            if number == 3:
                origin.room.edit(ADA.uid, "1", "2", "Other words", {})
            origin.room.flush(number)
            await origin.write()
        room = Room(replace(GUILD, recent=True), limits=limits)
        follower = Follower(room, lines, limits, lambda: True, lambda _: None, _ignore)
        await follower.open()
        request = Connect("one", wants=Wants(batch=True), recent=True)
        told = read_frames(room.entry(request))[0]["data"]["recent"]
        assert [words["message"] for words in told] == ["Words 0", "Other words", "Words 3"]
        assert told == read_frames(origin.room.entry(request))[0]["data"]["recent"]
