"""Stored settings, on both databases: what is saved holds, what is not saved changed nothing."""

import asyncio
import contextlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import migrations, store
from bot.storage.database import CannotOpen, make_draft, put_in_place
from bot.storage.rows import Contents
from bot.store import Store
from bridge.storage import address
from cogs.settings import GuildSettings, MemberSettings, News, NotSaved
from tests.bot.stored import (
    FULL,
    HASH,
    HIDDEN,
    LONG_AGO,
    guild_settings,
    ids,
    member_settings,
    sqlite_url,
    times,
)
from tests.postgres import ESCAPED, PASSWORD, Cluster, nobody
from tests.thorough import tries

ROOT = Path(__file__).parents[3]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights and names")
ANSWER_TIME = 3.0  # seconds that Discord waits for the answer to a command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a database in a file will be."""
    return tmp_path / "dzone.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, file: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        return sqlite_url(file)
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.empty_database()


@pytest.fixture
async def stored(url: str) -> AsyncIterator[Store]:
    """A store in an empty database."""
    opened = await Store.open(url)
    yield opened
    await opened.close()


async def contents(url: str) -> Contents:
    """Read what is in a database, as the next start will."""
    opened = await Store.open(url)
    await opened.close()
    return opened._contents


@contextlib.contextmanager
def commits(make: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]) -> Iterator[None]:
    """Let each commit be what a function makes of it."""
    real = AsyncConnection.commit

    async def commit(self: AsyncConnection) -> None:
        await make(lambda: real(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncConnection, "commit", commit)
        yield


async def broken_before(commit: Callable[[], Awaitable[None]]) -> None:
    """The connection breaks before the database hears that it shall commit."""
    raise ConnectionResetError("broken")


async def broken_after(commit: Callable[[], Awaitable[None]]) -> None:
    """The connection breaks before the database can say that it has committed."""
    await commit()
    raise ConnectionResetError("broken")


# What is saved


async def test_nothing_is_stored(stored: Store) -> None:
    """Where nobody decided anything, the defaults hold."""
    assert stored.guild(1) == GuildSettings()
    assert stored.member(1) == MemberSettings()
    assert stored.default_guild is None
    assert stored.note("tree") is None
    assert stored.guild_ids == frozenset()


async def test_what_is_saved_holds_at_once(stored: Store) -> None:
    """Who saved something reads it."""
    await stored.save_guild(1, FULL)
    await stored.save_member(2, HIDDEN)
    await stored.save_default(1)
    await stored.save_note("tree", "a hash")
    assert stored.guild(1) == FULL
    assert stored.member(2) == HIDDEN
    assert stored.default_guild == 1
    assert stored.note("tree") == "a hash"
    assert stored.guild_ids == {1}


async def test_what_is_saved_holds_after_a_restart(url: str, stored: Store) -> None:
    """The next start reads the same, of all kinds of settings."""
    await stored.save_guild(1, FULL)
    await stored.save_guild(2, GuildSettings())
    await stored.save_member(2, HIDDEN)
    await stored.save_default(1)
    await stored.save_note("tree", "a hash")
    await stored.note_left(1, LONG_AGO)
    assert await contents(url) == stored._contents


async def test_saving_again_replaces_everything(url: str, stored: Store) -> None:
    """What was decided before leaves nothing behind."""
    await stored.save_guild(1, FULL)
    await stored.save_guild(1, GuildSettings(channels={7: False}))
    await stored.save_member(2, HIDDEN)
    await stored.save_member(2, MemberSettings(muted=True))
    read = await contents(url)
    assert read.guilds[1].settings == GuildSettings(channels={7: False})
    assert read.members == {2: MemberSettings(muted=True)}


async def test_of_who_decided_nothing_nothing_is_kept(url: str, stored: Store) -> None:
    """Whoever goes back to how everybody is leaves the database."""
    await stored.save_member(2, HIDDEN)
    await stored.save_member(2, MemberSettings())
    assert stored.member(2) == MemberSettings()
    assert (await contents(url)).members == {}


async def test_nothing_is_noted_any_more(url: str, stored: Store) -> None:
    """A note and the default guild can be taken away."""
    await stored.save_note("tree", "a hash")
    await stored.save_default(1)
    await stored.save_note("tree", None)
    await stored.save_default(None)
    assert stored.note("tree") is None
    assert stored.default_guild is None
    assert (await contents(url)).notes == {}


async def test_forgetting_a_guild(url: str, stored: Store) -> None:
    """Of a guild that is forgotten nothing is left, and of another everything."""
    await stored.save_guild(1, FULL)
    await stored.save_guild(2, FULL)
    await stored.save_default(1)
    await stored.forget_guild(1)
    assert stored.guild(1) == GuildSettings()
    assert stored.guild(2) == FULL
    assert stored.default_guild is None
    assert await contents(url) == stored._contents
    await stored.save_default(2)
    await stored.forget_guild(1)
    assert stored.default_guild == 2


async def test_meeting_guilds(url: str, stored: Store) -> None:
    """That the bot is in a guild is stored once; what is stored already stays as it is."""
    await stored.save_guild(1, FULL)
    assert not stored.is_met(2)
    await stored.meet({1: None, 2: LONG_AGO, 3: None})
    assert (stored.guild(1), stored.guild(2), stored.guild(3)) == (FULL, GuildSettings(), GuildSettings())
    assert all(map(stored.is_met, (1, 2, 3)))
    assert await contents(url) == stored._contents
    await stored.forget_guild(2)
    assert not stored.is_met(2)
    with pytest.raises(ValueError, match="guild_id"):
        await stored.meet({0: None})


async def test_new_guilds_may_be_hidden_at_first(url: str, stored: Store) -> None:
    """Those that are stored stay as they are, whatever the bot is told later."""
    await stored.meet({1: LONG_AGO})
    await stored.close()
    cautious = await Store.open(url, first_shown=False)
    assert cautious.guild(1).shown
    assert not cautious.guild(2).shown
    await cautious.meet({1: LONG_AGO, 2: LONG_AGO})
    assert cautious.guild(1).shown
    assert not cautious.guild(2).shown
    await cautious.close()
    trusting = await Store.open(url)
    assert not trusting.guild(2).shown
    await trusting.close()


async def test_guilds_of_an_older_bot_stay_shown(url: str, stored: Store) -> None:
    """It stored nothing of most of them: when they came tells them from new ones."""
    await stored.save_note("upgraded", str(int(LONG_AGO.timestamp())))
    await stored.close()
    cautious = await Store.open(url, first_shown=False)
    await cautious.meet({1: LONG_AGO - timedelta(days=1), 2: LONG_AGO + timedelta(days=1), 3: None})
    assert [cautious.guild(key).shown for key in (1, 2, 3)] == [True, False, False]
    await cautious.close()


async def test_what_a_caller_holds_may_change(url: str, stored: Store) -> None:
    """Only what is saved holds, not what becomes of the caller's own channels."""
    channels = {1: True}
    await stored.save_guild(1, GuildSettings(channels=channels))
    channels[1] = False
    assert stored.guild(1).channels == {1: True}
    with pytest.raises(TypeError):
        stored.guild(1).channels[1] = False  # type: ignore[index]


@pytest.mark.parametrize(
    "save",
    [
        lambda it: it.save_guild(1, replace(FULL, name="\x00")),
        lambda it: it.save_guild(0, FULL),
        lambda it: it.save_guild(1, replace(FULL, role_id=0)),
        lambda it: it.save_member(-1, HIDDEN),
        lambda it: it.save_member(1, replace(HIDDEN, color="red")),
        lambda it: it.save_default(2**63),
    ],
)
async def test_what_can_not_be(stored: Store, save: Callable[[Store], Awaitable[None]]) -> None:
    """A value that no setting has is a mistake of the caller's, and not of the database."""
    with pytest.raises(ValueError, match="must "):
        await save(stored)
    assert stored._contents == Contents()


# Guilds that the bot was removed from


async def test_a_guild_that_is_left_keeps_its_settings(url: str, stored: Store) -> None:
    """Who invites the bot again finds everything as it was."""
    await stored.save_guild(1, FULL)
    await stored.note_left(1, LONG_AGO)
    assert await stored.forget_left_before(LONG_AGO) == frozenset()
    assert stored.guild(1) == FULL
    await stored.note_joined(1)
    assert await stored.forget_left_before(LONG_AGO + timedelta(days=365)) == frozenset()
    assert (await contents(url)).guilds[1].settings == FULL


async def test_a_guild_that_was_left_long_ago_is_forgotten(url: str, stored: Store) -> None:
    """Nothing stays of it, also if it was the default."""
    for guild_id in (1, 2, 3):
        await stored.save_guild(guild_id, FULL)
    await stored.save_default(1)
    await stored.note_left(1, LONG_AGO)
    await stored.note_left(2, LONG_AGO + timedelta(days=2))
    assert await stored.forget_left_before(LONG_AGO + timedelta(days=1)) == {1}
    assert stored.guild_ids == {2, 3}
    assert stored.default_guild is None
    assert await contents(url) == stored._contents


async def test_the_first_time_counts(stored: Store) -> None:
    """A guild that is noted at every start as gone is forgotten nevertheless."""
    await stored.save_guild(1, FULL)
    await stored.note_left(1, LONG_AGO)
    await stored.note_left(1, LONG_AGO + timedelta(days=9))
    await stored.save_guild(1, GuildSettings())
    assert await stored.forget_left_before(LONG_AGO + timedelta(days=1)) == {1}


async def test_of_an_unknown_guild_nothing_is_noted(url: str, stored: Store) -> None:
    """Where there are no settings there is nothing to forget."""
    await stored.note_left(1, LONG_AGO)
    await stored.note_joined(1)
    assert await contents(url) == Contents()


# One after the other


async def test_the_last_one_wins(url: str, stored: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many who save at once, memory and database agree on the last."""
    monkeypatch.setattr(store, "PATIENCE", 30.0)  # the last one waits for all, on a machine that may be slow
    await asyncio.gather(*(stored.save_guild(1, replace(FULL, name=str(n))) for n in range(20)))
    assert stored.guild(1).name == "19"
    assert (await contents(url)).guilds[1].settings.name == "19"


async def test_who_leaves_and_saves_at_once(url: str, stored: Store) -> None:
    """What is noted about a guild doesn't take back what is being saved."""
    await stored.save_guild(1, FULL)
    await asyncio.gather(stored.save_guild(1, GuildSettings()), stored.note_left(1, LONG_AGO))
    assert stored._contents.guilds[1] == (await contents(url)).guilds[1]
    assert stored.guild(1) == GuildSettings()


async def test_who_comes_back_while_it_is_forgotten(url: str, stored: Store) -> None:
    """A guild that is forgotten stays forgotten."""
    await stored.save_guild(1, FULL)
    await stored.note_left(1, LONG_AGO)
    await asyncio.gather(stored.forget_guild(1), stored.note_joined(1))
    assert await contents(url) == stored._contents == Contents()


async def test_reading_does_not_wait(stored: Store) -> None:
    """While something is being written, what holds is what was there before."""
    saving = asyncio.create_task(stored.save_member(1, HIDDEN))
    seen = set()
    while not saving.done():
        seen.add(stored.member(1).hidden)
        await asyncio.sleep(0)
    await saving
    assert seen in ({False}, {False, True})
    assert stored.member(1) == HIDDEN


async def test_who_wanted_it_is_gone(url: str, stored: Store) -> None:
    """What is being written is written to its end, also if the one who wanted it is cancelled."""
    saving = asyncio.create_task(stored.save_member(1, HIDDEN))
    await asyncio.sleep(0)  # it has begun
    saving.cancel()
    await asyncio.wait({saving})
    await stored.close()
    assert stored._contents == await contents(url)


async def test_once_closed_nothing_is_saved(url: str, stored: Store) -> None:
    """What comes too late is told."""
    await stored.close()
    with pytest.raises(NotSaved):
        await stored.save_member(1, HIDDEN)
    assert await contents(url) == Contents()


async def test_closing_waits_for_what_is_being_written(url: str) -> None:
    """A stop loses nothing."""
    stored = await Store.open(url)
    saving = asyncio.create_task(stored.save_member(1, HIDDEN))
    await asyncio.sleep(0)
    await stored.close()
    await saving
    assert (await contents(url)).members == {1: HIDDEN}


# Writes that fail


@pytest.mark.parametrize("fault", [broken_before, broken_after])
async def test_a_failed_write_changes_nothing(url: str, stored: Store, fault: Any) -> None:
    """Where a write is broken off, what was there holds: now, and after a restart."""
    await stored.save_guild(1, FULL)
    with commits(fault), pytest.raises(NotSaved):
        await stored.save_guild(1, GuildSettings())
    assert stored.guild(1) == FULL
    await stored.save_member(2, HIDDEN)
    assert await contents(url) == stored._contents


async def test_an_uncertain_write_is_taken_back_at_the_end(url: str, stored: Store) -> None:
    """Also if nothing is saved any more before the stop."""
    with commits(broken_after), pytest.raises(NotSaved):
        await stored.save_member(1, HIDDEN)
    assert (await contents(url)).members == {1: HIDDEN}
    await stored.close()
    assert (await contents(url)).members == {}


async def test_a_write_that_takes_too_long(url: str, stored: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited long enough is told that nothing was changed; and that stays true."""
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    committed = asyncio.Event()

    async def slow(commit: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # as if it came at the very moment of success
            await asyncio.Event().wait()
        await commit()
        committed.set()

    with commits(slow), pytest.raises(NotSaved, match="in time"):
        await stored.save_member(1, HIDDEN)
    await committed.wait()
    assert stored.member(1) == MemberSettings()
    monkeypatch.setattr(store, "PATIENCE", 2.0)
    await stored.save_member(2, HIDDEN)
    assert (await contents(url)).members == {2: HIDDEN}


# Whatever happens


class Model:
    """What a store should answer."""

    def __init__(self) -> None:
        self.guilds: dict[int, GuildSettings] = {}
        self.left: dict[int, Any] = {}
        self.members: dict[int, MemberSettings] = {}
        self.default: int | None = None

    def forget(self, guild_id: int) -> None:
        """Forget a guild."""
        self.guilds.pop(guild_id, None)
        self.left.pop(guild_id, None)
        if self.default == guild_id:
            self.default = None

    def take(self, step: tuple[Any, ...]) -> None:
        """Take a step."""
        match step:
            case "save_guild", guild_id, saved:
                self.guilds[guild_id] = saved
            case "save_member", user_id, saved:
                self.members[user_id] = saved
            case "save_default", guild_id:
                self.default = guild_id
            case "note_left", guild_id, when if guild_id in self.guilds:
                self.left.setdefault(guild_id, when)
            case "note_joined", guild_id:
                self.left.pop(guild_id, None)
            case "forget_guild", guild_id:
                self.forget(guild_id)
            case "forget_left_before", when:
                for guild_id in [key for key, left in self.left.items() if left < when]:
                    self.forget(guild_id)

    def check(self, stored: Store) -> None:
        """Compare."""
        assert stored.guild_ids == self.guilds.keys()
        assert stored.default_guild == self.default
        for guild_id in {1, 2, 3, 4, 5, *self.guilds}:
            assert stored.guild(guild_id) == self.guilds.get(guild_id, GuildSettings())
        for user_id in {1, 2, 3, 4, 5, *self.members}:
            assert stored.member(user_id) == self.members.get(user_id, MemberSettings())


STEPS = st.lists(
    st.tuples(
        st.sampled_from([None, None, None, broken_before, broken_after]),
        st.booleans(),
        st.one_of(
            st.tuples(st.just("save_guild"), ids, guild_settings),
            st.tuples(st.just("save_member"), ids, member_settings),
            st.tuples(st.just("save_default"), st.none() | ids),
            st.tuples(st.just("note_left"), ids, times),
            st.tuples(st.just("note_joined"), ids),
            st.tuples(st.just("forget_guild"), ids),
            st.tuples(st.just("forget_left_before"), times),
        ),
    ),
    max_size=8,
)


async def follow(url: str, steps: list[tuple[Any, bool, tuple[Any, ...]]]) -> None:
    """Take steps, some with a broken connection, and start again after some."""
    model = Model()
    stored = await Store.open(url)
    for guild_id in stored.guild_ids:
        await stored.forget_guild(guild_id)
    for user_id in list(stored._contents.members):
        await stored.save_member(user_id, MemberSettings())
    await stored.save_default(None)
    for fault, restart, step in steps:
        name, *arguments = step
        try:
            with commits(fault) if fault else contextlib.nullcontext():
                await getattr(stored, name)(*arguments)
        except NotSaved:
            assert fault
        else:
            model.take(step)
        model.check(stored)
        if restart:
            await stored.close()
            stored = await Store.open(url)
            model.check(stored)
    await stored.close()


@pytest.mark.timeout(120)
@settings(
    max_examples=tries(30), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_a_restart_between_any_two_steps(url: str, steps: list[tuple[Any, bool, tuple[Any, ...]]]) -> None:
    """Whatever is saved, noted and forgotten, and whatever fails: the answers are those of the model."""
    asyncio.run(follow(url, steps))


# Secrets


async def test_secrets_are_not_logged(url: str, stored: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the database's password nor what is stored gets into a log, whether it works or not."""
    caplog.set_level(logging.DEBUG)
    secret = replace(FULL, name="a secret name")
    again = await Store.open(url)
    await again.save_guild(1, secret)
    await again.save_note("key", "a secret note")
    with commits(broken_before), pytest.raises(NotSaved) as caught:
        await again.save_guild(2, secret)
    await again.close()
    assert "statement" not in caplog.text
    for text in (caplog.text, repr(caught.value), repr(again), repr(again._engine)):
        for part in (PASSWORD, ESCAPED, "a secret", HASH):
            assert part not in text


# At start


def opening(url: str) -> subprocess.Popen[str]:
    """Start a process that opens a store and saves something."""
    program = (
        "import asyncio, sys\n"
        "from bot.store import Store\n"
        "from cogs.settings import MemberSettings\n"
        "async def main():\n"
        "    store = await Store.open(sys.argv[1])\n"
        "    for n in range(5):\n"
        "        await store.save_member(int(sys.argv[2]), MemberSettings(hidden=True, muted=n == 4))\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    opening.count += 1  # type: ignore[attr-defined]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, url, str(opening.count)],  # type: ignore[attr-defined]
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


opening.count = 0  # type: ignore[attr-defined]


@pytest.mark.e2e
async def test_two_bots_that_start_at_once(url: str) -> None:
    """Only one makes the tables, and none disturbs the other."""
    bots = [opening(url) for _ in range(3)]
    said = [bot.communicate()[1] for bot in bots]
    assert said == [""] * 3
    read = await contents(url)
    assert list(read.members.values()) == [MemberSettings(hidden=True, muted=True)] * 3


async def run_sql(url: str, cluster: Cluster | None, statement: str) -> None:
    """Change a database behind the bot's back."""
    where = address.parse(url)
    if isinstance(where, address.SqliteAddress):
        with contextlib.closing(sqlite3.connect(where.path)) as connection:
            connection.execute(statement)
            connection.commit()
    else:
        assert cluster is not None
        cluster.sql(statement, url.rpartition("/")[2].partition("?")[0])


@pytest.fixture
def sql(request: pytest.FixtureRequest, url: str) -> Callable[[str], Awaitable[None]]:
    """Change the database behind the bot's back."""
    cluster = request.getfixturevalue("cluster") if url.startswith("postgres") else None
    return lambda statement: run_sql(url, cluster, statement)


async def test_a_newer_version_was_here(
    url: str, stored: Store, sql: Callable[[str], Awaitable[None]]
) -> None:
    """What a newer version has written may mean something else: this one doesn't start."""
    await sql("UPDATE dzone_version SET version_num = '9999'")
    with pytest.raises(CannotOpen, match="a newer version of this bot"):
        await Store.open(url)


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("UPDATE dzone_guilds SET messages = 'backwards'", "guild 1: messages must be one of"),
        ("UPDATE dzone_guilds SET password_hash = 'hunter2'", "guild 1: password_hash must be"),
        ("UPDATE dzone_guilds SET left_at = 99999999999999999", "guild 1: "),
        ("UPDATE dzone_channels SET channel_id = -1 WHERE channel_id = 1", "guild 1: channels must be"),
        ("UPDATE dzone_members SET color = 'red'", "member 2: color must be"),
        ("UPDATE dzone_members SET user_id = -2", "member -2: user_id must be"),
        ("INSERT INTO dzone_notes VALUES ('default_guild', 'x')", "default guild: "),
    ],
)
async def test_what_nobody_has_written(
    url: str, stored: Store, sql: Callable[[str], Awaitable[None]], change: str, row: str
) -> None:
    """A row that can't be understood might hide somebody: the bot says which, and doesn't start."""
    await stored.save_guild(1, FULL)
    await stored.save_member(2, HIDDEN)
    await sql(change)
    with pytest.raises(CannotOpen, match=f"none of this bot's settings: {row}") as caught:
        await Store.open(url)
    assert "hunter2" not in str(caught.value)


async def test_a_table_is_gone(url: str, stored: Store, sql: Callable[[str], Awaitable[None]]) -> None:
    """Half of a database is none."""
    await sql("DROP TABLE dzone_hidden")
    with pytest.raises(CannotOpen, match="dzone_hidden"):
        await Store.open(url)


async def test_no_address() -> None:
    """What is no address is said to be none."""
    with pytest.raises(CannotOpen, match=r"^DATABASE_URL is no address"):
        await Store.open("mysql://x")


# SQLite


@POSIX
async def test_the_file_is_made(file: Path) -> None:
    """The first start makes it; nobody else may read it."""
    await (await Store.open(sqlite_url(file))).close()
    assert file.stat().st_mode & 0o777 == 0o600


async def test_the_file_can_be_copied(file: Path, tmp_path: Path) -> None:
    """Between two writes everything is in the one file."""
    stored = await Store.open(sqlite_url(file))
    await stored.save_member(1, HIDDEN)
    shutil.copy(file, tmp_path / "copy")
    await stored.close()
    assert (await contents(sqlite_url(tmp_path / "copy"))).members == {1: HIDDEN}


@POSIX
@pytest.mark.parametrize("name", ["50% off?mode=memory#x.db", "Größe 👋.db", " "])
async def test_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    """Whatever a file is called, it is that file."""
    stored = await Store.open(sqlite_url(tmp_path / name))
    await stored.save_member(1, HIDDEN)
    await stored.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (await contents(sqlite_url(tmp_path / name))).members == {1: HIDDEN}


async def test_a_file_without_a_folder(tmp_path: Path) -> None:
    """A file that can't be made is told."""
    with pytest.raises(CannotOpen, match="can't be made: No such file or directory"):
        await Store.open(sqlite_url(tmp_path / "nowhere" / "dzone.sqlite3"))


async def test_a_folder_of_that_name(tmp_path: Path) -> None:
    """A folder is no file."""
    with pytest.raises(CannotOpen, match="can't be read: unable to open database file"):
        await Store.open(sqlite_url(tmp_path))


async def test_another_kind_of_file(file: Path) -> None:
    """What is no database is left as it is."""
    file.write_text("my diary " * 100, encoding="utf-8")
    with pytest.raises(CannotOpen, match="can't be read: file is not a database"):
        await Store.open(sqlite_url(file))
    assert file.read_text(encoding="utf-8").startswith("my diary")


@pytest.mark.parametrize("broken_off", ["emptied", "without tables"])
async def test_a_file_that_was_emptied(file: Path, broken_off: str) -> None:
    """A file that is there with nothing in it held settings once: nobody is shown by its loss."""
    if broken_off == "emptied":
        file.touch()
    else:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA user_version = 1")
    before = file.stat().st_size
    for _ in range(2):  # the first try mends nothing
        with pytest.raises(CannotOpen, match="is empty, so what was hidden would be shown") as caught:
            await Store.open(sqlite_url(file))
        assert "delete it if you want to begin with the defaults" in str(caught.value)
    assert file.stat().st_size == before


async def test_a_first_start_that_is_broken_off(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is there with its tables or not at all: the next start is a first one again."""
    with monkeypatch.context() as broken:
        broken.setattr(migrations, "upgrade", Mock(side_effect=ConnectionResetError("broken off")))
        with pytest.raises(CannotOpen):
            await Store.open(sqlite_url(file))
    assert list(file.parent.iterdir()) == []
    await (await Store.open(sqlite_url(file))).close()


async def test_a_disk_without_links(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file can't have two names, it is renamed."""
    monkeypatch.setattr(os, "link", Mock(side_effect=PermissionError(1, "Operation not permitted")))
    await (await Store.open(sqlite_url(file))).close()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("links", [True, False])
async def test_who_is_faster_makes_the_file(
    file: Path, filed: Store, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Of two first starts one makes the file, and the other leaves it as it is."""
    draft = make_draft(file)
    if not links:
        monkeypatch.setattr(os, "link", Mock(side_effect=PermissionError(1, "Operation not permitted")))
    put_in_place(draft, file)
    assert (await contents(sqlite_url(file))).members == {1: HIDDEN}


async def refused(stored: Store) -> str:
    """Try to save something; return why that failed. Nothing was changed, and nobody waited long."""
    before = stored._contents.members.copy()
    started = time.monotonic()
    with pytest.raises(NotSaved) as caught:
        await stored.save_member(9, HIDDEN)
    assert time.monotonic() - started < ANSWER_TIME
    assert stored._contents.members == before
    return str(caught.value.__cause__ or caught.value)


@pytest.fixture
async def filed(file: Path) -> AsyncIterator[Store]:
    """A store in a file, with somebody in it."""
    stored = await Store.open(sqlite_url(file))
    await stored.save_member(1, HIDDEN)
    yield stored
    await stored.close()


async def test_a_file_that_vanished(file: Path, filed: Store) -> None:
    """No empty file takes its place: everybody would be shown at the next start."""
    moved = file.rename(file.with_suffix(".moved"))
    assert "unable to open" in await refused(filed)
    assert not file.exists()
    moved.rename(file)
    await filed.save_member(9, HIDDEN)
    assert (await contents(sqlite_url(file))).members == {1: HIDDEN, 9: HIDDEN}


async def test_a_locked_file(file: Path, filed: Store) -> None:
    """While somebody else writes for long, nothing is saved; afterwards it is."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await refused(filed)
        other.execute("ROLLBACK")
    await filed.save_member(9, HIDDEN)
    assert (await contents(sqlite_url(file))).members == {1: HIDDEN, 9: HIDDEN}


async def test_somebody_reads_the_file(file: Path, filed: Store) -> None:
    """Who reads, such as an export, stops nobody from writing."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN")
        assert len(other.execute("SELECT * FROM dzone_members").fetchall()) == 1
        await filed.save_member(9, HIDDEN)
        assert len(other.execute("SELECT * FROM dzone_members").fetchall()) == 1


async def test_a_full_disk(file: Path, filed: Store) -> None:
    """Where nothing more fits, nothing was changed."""

    def fill(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count = 1")  # it becomes as many as there are
        cursor.close()

    event.listen(filed._engine.sync_engine, "connect", fill)
    with pytest.raises(NotSaved) as caught:
        await filed.save_guild(1, replace(FULL, hidden=frozenset(range(1, 5_000))))
    assert "full" in str(caught.value.__cause__)
    assert filed.guild(1) == GuildSettings()
    event.remove(filed._engine.sync_engine, "connect", fill)
    await filed.save_guild(1, FULL)
    assert (await contents(sqlite_url(file))).guilds[1].settings == FULL


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """A folder, and the rights of somebody who may not write to every file, as root may."""
    user = nobody()
    with tempfile.TemporaryDirectory(prefix="dzone-") as name:
        folder = Path(name)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
            os.seteuid(user.pw_uid)
        try:
            yield folder
        finally:
            if user:
                os.seteuid(0)


@POSIX
async def test_a_read_only_file(folder_of_nobody: Path) -> None:
    """The bot starts with what is in it; nothing is saved until it may be written."""
    file = folder_of_nobody / "dzone.sqlite3"
    stored = await Store.open(sqlite_url(file))
    await stored.save_member(1, HIDDEN)
    file.chmod(0o400)
    assert "readonly" in await refused(stored)
    assert (await contents(sqlite_url(file))).members == {1: HIDDEN}
    for path in folder_of_nobody.iterdir():  # SQLite has made others beside it, with the same rights
        path.chmod(0o600)
    await stored.save_member(9, HIDDEN)
    await stored.close()


# PostgreSQL


@pytest.fixture
def server_url(cluster: Cluster) -> str:
    """An empty database of PostgreSQL."""
    return cluster.empty_database()


@pytest.fixture
async def served(server_url: str) -> AsyncIterator[Store]:
    """A store in PostgreSQL, with somebody in it."""
    stored = await Store.open(server_url)
    await stored.save_member(1, HIDDEN)
    yield stored
    await stored.close()


async def test_a_server_that_stops(cluster: Cluster, server_url: str, served: Store) -> None:
    """While it is away nothing is saved; when it is back, everything is as if nothing had been."""
    cluster.stop()
    try:
        assert "Connect call failed" in await refused(served)
        assert "Connect call failed" in await refused(served)
        assert served.member(1) == HIDDEN
        with pytest.raises(CannotOpen, match=r"can't be used: .*Connect call failed"):
            await Store.open(server_url)
    finally:
        cluster.start()
    await served.save_member(9, HIDDEN)
    assert (await contents(server_url)).members == {1: HIDDEN, 9: HIDDEN}


async def test_a_server_that_starts_again(cluster: Cluster, served: Store) -> None:
    """Who saves nothing meanwhile notices nothing."""
    cluster.stop()
    cluster.start()
    await served.save_member(9, HIDDEN)


async def test_a_server_that_does_not_answer(cluster: Cluster, server_url: str, served: Store) -> None:
    """Who gave a command is answered in time, everyone of several; and closing doesn't hang."""
    with cluster.frozen():
        await asyncio.gather(refused(served), refused(served))
        started = time.monotonic()
        await served.close()
        assert time.monotonic() - started < 1
    assert (await contents(server_url)).members == {1: HIDDEN}


async def test_a_server_that_stops_answering_at_the_commit(
    cluster: Cluster, server_url: str, served: Store
) -> None:
    """It commits when it is thawed; by then it was told that nothing was changed, so it is taken back."""
    freezing = contextlib.ExitStack()

    async def freeze(commit: Callable[[], Awaitable[None]]) -> None:
        freezing.enter_context(cluster.frozen())
        await commit()

    with freezing, commits(freeze):
        await refused(served)
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(NotSaved):
                await served.save_member(2, HIDDEN)
                break
    assert (await contents(server_url)).members == {1: HIDDEN, 2: HIDDEN}


async def test_a_wrong_password(cluster: Cluster, server_url: str) -> None:
    """It is told that it is wrong, and not what it is."""
    with pytest.raises(CannotOpen, match="password authentication failed") as caught:
        await Store.open(server_url.replace(ESCAPED, "hunter2"))
    assert "hunter2" not in str(caught.value)


async def test_no_such_database(cluster: Cluster) -> None:
    """A slip in the name is told."""
    with pytest.raises(CannotOpen, match='database "nowhere" does not exist'):
        await Store.open(cluster.address("nowhere"))


async def test_no_encryption(cluster: Cluster, server_url: str) -> None:
    """Who asks for encryption doesn't go without."""
    with pytest.raises(CannotOpen, match="SSL"):
        await Store.open(server_url.replace("sslmode=prefer", "sslmode=require"))


async def test_another_process_takes_over(url: str) -> None:
    """What it has stored is known here when it is read again, and whoever follows has heard of it by then."""
    here, there = await Store.open(url), await Store.open(url)
    written, heard = 0, []

    def note() -> None:
        nonlocal written
        written += 1

    async def hear(news: News) -> None:
        heard.append(news)

    there.on_written = note
    following = asyncio.create_task(here.follow(hear))
    await there.save_member(7, HIDDEN)
    await there.save_guild(5, FULL)
    assert written == 2
    assert here.member(7) != HIDDEN
    await here.read_again()
    assert (here.member(7), here.guild(5)) == (HIDDEN, FULL)
    assert 7 in heard[-1].members or 7 in heard[0].members
    following.cancel()
    await here.close()
    await there.close()
