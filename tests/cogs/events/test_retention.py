"""What is stored of a guild that removed the bot is deleted when its time has come, and not before."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.store import Store
from cogs.events import retention
from cogs.events.retention import KEPT, Retention
from cogs.needs import Departures
from cogs.settings import GuildSettings, NotSaved
from tests.bot.memory import MemorySettings
from tests.bot.stored import sqlite_url
from tests.bot.test_internals import Listening, create
from tests.bot.test_internals import guild as write_guild

DECIDED = GuildSettings(shown=False, hidden=frozenset({7}))
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


class Calendar:
    """In place of `datetime`: a day that passes when it is told to."""

    today = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self, zone: object) -> datetime:
        assert zone is UTC
        return self.today


class Stuck(MemorySettings):
    """Settings that can't be saved as long as the disk is full."""

    full = False

    async def note_left(self, guild_id: int, when: datetime) -> None:
        self._try()
        await super().note_left(guild_id, when)

    async def note_joined(self, guild_id: int) -> None:
        self._try()
        await super().note_joined(guild_id)

    async def forget_left_before(
        self, when: datetime, among: Callable[[int], bool] = lambda _: True
    ) -> frozenset[int]:
        self._try()
        return await super().forget_left_before(when, among)

    def _try(self) -> None:
        if self.full:
            raise NotSaved("the disk is full")


class Desk:
    """The cog, a bot that is in some guilds, and what is stored about guilds 1 and 2."""

    def __init__(
        self, departures: Departures, calendar: Calendar, has: Callable[[int], bool] = lambda _: True
    ) -> None:
        self.departures = departures
        self.calendar = calendar
        self.bot = SimpleNamespace(guilds=[guild(1), guild(2)])
        self.cog = Retention(cast("Any", self.bot), departures, has)

    async def start(self, *guild_ids: int) -> None:
        """Let the bot find itself in these guilds, all of which are there."""
        self.bot.guilds = [guild(guild_id) for guild_id in guild_ids]
        for each in self.bot.guilds:
            await self.cog.on_guild_available(each)
        await self.be_ready()

    async def remove(self, guild_id: int) -> None:
        """Let a guild remove the bot."""
        self.bot.guilds = [each for each in self.bot.guilds if each.id != guild_id]
        await self.cog.on_guild_remove(guild(guild_id))

    async def join(self, guild_id: int) -> None:
        """Let a guild invite the bot."""
        self.bot.guilds.append(guild(guild_id))
        await self.cog.on_guild_join(guild(guild_id))

    async def be_ready(self) -> None:
        """Let Discord say that it has told everything; what the cog does daily is done by hand here."""
        await self.cog.on_ready()
        self.cog.forget.cancel()

    async def pass_time(self, time: timedelta) -> None:
        """Let time pass, with the look at the end of it."""
        self.calendar.today += time
        await self.cog.forget()

    @property
    def kept(self) -> frozenset[int]:
        """Name the guilds of which something is stored."""
        return self.departures.guild_ids


def guild(guild_id: int) -> discord.Guild:
    """Make what the cog needs of a guild."""
    return cast("discord.Guild", SimpleNamespace(id=guild_id))


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """The cog's calendar."""
    calendar = Calendar()
    monkeypatch.setattr(retention, "datetime", calendar)
    return calendar


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A real store, in which something was decided about two guilds."""
    store = await Store.open(sqlite_url(tmp_path / "dzone.sqlite3"))
    for guild_id in (1, 2):
        await store.save_guild(guild_id, DECIDED)
    yield store
    await store.close()


@pytest.fixture
async def desk(store: Store, calendar: Calendar) -> AsyncIterator[Desk]:
    """The cog with that store."""
    desk = Desk(store, calendar)
    yield desk
    await desk.cog.cog_unload()


@pytest.fixture
async def stuck(calendar: Calendar) -> AsyncIterator[tuple[Desk, Stuck]]:
    """The cog with settings that may be stuck."""
    settings = Stuck(dict.fromkeys((1, 2), DECIDED))
    desk = Desk(settings, calendar)
    yield desk, settings
    await desk.cog.cog_unload()


# How long


async def test_a_guild_that_removed_the_bot(desk: Desk, store: Store) -> None:
    """What is stored of it is kept for 30 days, then deleted; of others it stays."""
    await desk.remove(2)
    await desk.pass_time(KEPT)
    assert desk.kept == {1, 2}
    assert store.guild(2) == DECIDED
    await desk.pass_time(MOMENT)
    assert desk.kept == {1}
    assert store.guild(2) == GuildSettings()


async def test_a_guild_that_has_the_bot(desk: Desk) -> None:
    """It is never forgotten."""
    await desk.start(1, 2)
    await desk.pass_time(100 * KEPT)
    assert desk.kept == {1, 2}


async def test_a_guild_of_which_nothing_is_stored(desk: Desk) -> None:
    """Nothing is stored of it when it goes, either."""
    await desk.remove(3)
    await desk.pass_time(KEPT + DAY)
    assert desk.kept == {1, 2}


async def test_what_is_forgotten_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """The log names the guild, and why."""
    caplog.set_level("INFO", "cogs")
    await desk.remove(2)
    await desk.pass_time(KEPT + DAY)
    assert caplog.messages == ["guild 2: removed the bot 30 days ago: its settings are deleted"]


# While the bot was off


async def test_a_guild_that_went_while_the_bot_was_off(desk: Desk) -> None:
    """Its time begins when that is noticed."""
    await desk.start(1)
    await desk.pass_time(KEPT)
    assert desk.kept == {1, 2}
    await desk.pass_time(MOMENT)
    assert desk.kept == {1}


async def test_each_start_finds_it_gone(desk: Desk) -> None:
    """Its time doesn't begin anew."""
    await desk.start(1)
    for _ in range(31):
        desk.calendar.today += DAY
        await desk.start(1)
    await desk.pass_time(timedelta(0))
    assert desk.kept == {1}


async def test_a_guild_that_came_back_while_the_bot_was_off(desk: Desk) -> None:
    """It is kept, however long it was away."""
    await desk.start(1)
    desk.calendar.today += 2 * KEPT
    await desk.start(1, 2)
    await desk.pass_time(timedelta(0))
    assert desk.kept == {1, 2}


# Come and gone


async def test_a_guild_that_is_back(desk: Desk) -> None:
    """It is kept, and when it goes again its time begins anew."""
    await desk.remove(2)
    await desk.pass_time(20 * DAY)
    await desk.join(2)
    await desk.pass_time(KEPT)
    assert desk.kept == {1, 2}
    await desk.remove(2)
    await desk.pass_time(KEPT)
    assert desk.kept == {1, 2}
    await desk.pass_time(MOMENT)
    assert desk.kept == {1}


async def test_a_guild_that_removes_the_bot_twice(desk: Desk) -> None:
    """A second word of the same departure changes nothing."""
    await desk.remove(2)
    await desk.pass_time(KEPT)
    await desk.remove(2)
    await desk.pass_time(MOMENT)
    assert desk.kept == {1}


# Unavailable


async def in_outage(desk: Desk, *, from_the_start: bool) -> Listening:
    """Let discord.py know of guild 1, and of guild 2 that Discord can't tell more of."""
    bot = Listening()
    there, away = write_guild(), write_guild()
    there.id, away.id = 1, 2
    if not from_the_start:
        bot.hear("GUILD_CREATE", create(away))
        bot.hear("GUILD_DELETE", away.stub())
    else:
        bot.hear("GUILD_CREATE", create(there))
        bot._connection._add_guild_from_data(cast("Any", away.stub()))  # as a READY does
    desk.cog._bot = bot
    return bot


@pytest.mark.parametrize("from_the_start", [True, False])
async def test_an_unavailable_guild(desk: Desk, from_the_start: bool) -> None:
    """It is not gone: Discord can't tell of it now."""
    async with await in_outage(desk, from_the_start=from_the_start):
        await desk.be_ready()
        await desk.pass_time(2 * KEPT)
        assert 2 in desk.kept


async def test_an_unavailable_guild_that_came_back(desk: Desk) -> None:
    """It was gone for long, and has the bot again: what was hidden in it must stay so when it appears."""
    await desk.start(1)
    desk.calendar.today += 2 * KEPT
    async with await in_outage(desk, from_the_start=True):
        await desk.be_ready()
        await desk.pass_time(timedelta(0))
    assert desk.kept == {1, 2}


# What can't be stored


async def test_a_departure_that_is_not_saved(
    stuck: tuple[Desk, Stuck], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and noted at the next start."""
    desk, settings = stuck
    settings.full = True
    await desk.remove(2)
    assert caplog.messages == ["guild 2: that it removed the bot could not be stored: the disk is full"]
    settings.full = False
    await desk.start(1)
    await desk.pass_time(KEPT + DAY)
    assert desk.kept == {1}


async def test_several_departures_that_are_not_saved(
    stuck: tuple[Desk, Stuck], caplog: pytest.LogCaptureFixture
) -> None:
    """One doesn't keep the others from being tried."""
    desk, settings = stuck
    settings.full = True
    await desk.start()
    assert len([line for line in caplog.messages if "removed the bot could not be stored" in line]) == 2


async def test_a_return_that_is_not_saved(
    stuck: tuple[Desk, Stuck], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and tried again before anything is deleted."""
    desk, settings = stuck
    await desk.remove(2)
    settings.full = True
    await desk.join(2)
    assert caplog.messages == ["guild 2: that it is back could not be stored: the disk is full"]
    settings.full = False
    await desk.pass_time(2 * KEPT)
    assert desk.kept == {1, 2}


async def test_guilds_that_can_not_be_forgotten(
    stuck: tuple[Desk, Stuck], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and tried again the next day."""
    desk, settings = stuck
    await desk.remove(2)
    settings.full = True
    await desk.pass_time(KEPT + DAY)
    assert caplog.messages == [
        "guilds that removed the bot could not be forgotten, tomorrow again: the disk is full"
    ]
    assert desk.kept == {1, 2}
    settings.full = False
    await desk.pass_time(DAY)
    assert desk.kept == {1}


# Every day


async def test_the_daily_look(desk: Desk) -> None:
    """It begins when the bot is ready, goes on when it is again, and ends with the cog."""
    assert desk.cog.forget.hours == 24
    assert not desk.cog.forget.is_running()
    await desk.cog.on_ready()
    task = desk.cog.forget.get_task()
    assert desk.cog.forget.is_running()
    await desk.cog.on_ready()
    assert desk.cog.forget.get_task() is task
    await desk.cog.cog_unload()
    assert task is not None
    await asyncio.wait({task})
    assert not desk.cog.forget.is_running()


async def test_a_bug_does_not_end_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw is in the log, and the next day it is tried again."""
    await desk.start(1)
    monkeypatch.setattr(desk.cog, "_departures", None)
    await desk.pass_time(DAY)
    assert "tomorrow again" in caplog.text
    assert "AttributeError" in caplog.text


async def test_guilds_of_other_processes(store: Store, calendar: Calendar) -> None:
    """Nobody knows of them here whether they are gone, so they are neither noted nor forgotten."""
    desk = Desk(store, calendar, lambda guild_id: guild_id == 1)
    await desk.start()
    await desk.pass_time(KEPT + DAY)
    assert desk.kept == {2}
    await store.note_left(2, calendar.today - 2 * KEPT)
    await desk.pass_time(DAY)
    assert desk.kept == {2}
    await desk.cog.cog_unload()
