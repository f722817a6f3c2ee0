"""Where settings are stored: a file that may vanish or be locked, a server that may stop or lose its word."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import event

from bot import migrations, store
from bot.storage.database import CannotOpen, make_draft, put_in_place
from bot.store import CLOSE_PATIENCE, PATIENCE, Store
from cogs.settings import GuildSettings, News, NotSaved
from tests.bot.storage.stores import commits, contents
from tests.bot.stored import FULL, HIDDEN, sqlite_url
from tests.bridge import watchers
from tests.bridge.clock import Clock
from tests.postgres import ESCAPED, Cluster, nobody

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights and names")
ANSWER_TIME = 3.0  # seconds that Discord waits for the answer to a command


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


def test_who_gave_a_command_hears_in_time() -> None:
    """That it wasn't saved: before Discord gives up on the answer."""
    assert PATIENCE < ANSWER_TIME


async def refused(stored: Store) -> str:
    """Try to save something; return why that failed. Nothing was changed, and nobody waited for ever."""
    before = stored._contents.members.copy()
    async with asyncio.timeout(watchers.PATIENCE):
        with pytest.raises(NotSaved) as caught:
            await stored.save_member(9, HIDDEN)
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


async def test_a_locked_file(file: Path, filed: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody else writes for long, nothing is saved; afterwards it is."""
    with monkeypatch.context() as hasty:
        hasty.setattr(store, "PATIENCE", 0.1)  # SQLite's own, for who holds the lock
        stored = await Store.open(sqlite_url(file))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in await refused(stored)
        other.execute("ROLLBACK")
    await stored.save_member(9, HIDDEN)
    await stored.close()
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


async def test_a_server_that_does_not_answer(
    cluster: Cluster, server_url: str, served: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gave a command is answered in time, everyone of several; and closing doesn't hang."""
    monkeypatch.setattr(store, "PATIENCE", PATIENCE)
    monkeypatch.setattr(store, "CLOSE_PATIENCE", CLOSE_PATIENCE)
    with cluster.frozen():
        await asyncio.gather(refused(served), refused(served))
        async with asyncio.timeout(watchers.PATIENCE):
            await served.close()
    assert (await contents(server_url)).members == {1: HIDDEN}


async def test_a_server_that_stops_answering_at_the_commit(
    cluster: Cluster, server_url: str, served: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It commits when it is thawed; by then it was told that nothing was changed, so it is taken back."""
    clock, is_frozen, freezing = Clock(monkeypatch), asyncio.Event(), contextlib.ExitStack()

    async def freeze(commit: Callable[[], Awaitable[None]]) -> None:
        freezing.enter_context(cluster.frozen())
        is_frozen.set()
        await commit()

    with freezing, commits(freeze):
        refusing = asyncio.create_task(refused(served))
        await is_frozen.wait()
        await clock.jump(store.PATIENCE)
        await refusing
    async with asyncio.timeout(watchers.PATIENCE):
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
