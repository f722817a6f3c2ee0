"""Guilds and members from a database: what is read, whatever the tables are like, and what can't be read."""

import asyncio
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import Member
from bridge.providers import Unavailable
from bridge.providers.changes import AllOutdated
from bridge.providers.records import Complaints, parse_servers, parse_users
from bridge.providers.sql import NoTables, SqlProvider
from bridge.providers.stream import closing
from bridge.server import WebSocketServer
from tests.bridge.conftest import Start
from tests.bridge.databases import (
    ADA,
    BEPPO,
    FIRST,
    PEOPLE,
    SECOND,
    WORLD,
    Database,
    PostgresDatabase,
    SqliteDatabase,
)
from tests.bridge.watchers import PATIENCE, watching
from tests.ports import free_port


@pytest.fixture
async def provider(database: Database) -> AsyncIterator[SqlProvider]:
    provider = SqlProvider(database.url)
    yield provider
    await provider.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody be given up because the machine stands still."""
    for name in ("PATIENCE", "TIMEOUT"):
        monkeypatch.setattr(f"bridge.providers.sql.{name}", PATIENCE)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once. How long somebody waits before it is the retrying's own matter."""
    monkeypatch.setattr("bridge.providers.retry._pauses", lambda _: 0.0)


# What is read


async def test_guilds_are_read(provider: SqlProvider) -> None:
    """All rows, those that are switched off with them: what they mean is said elsewhere."""
    assert await provider.servers() == WORLD


async def test_members_are_read(provider: SqlProvider) -> None:
    """Of one guild."""
    assert await provider.users(FIRST) == PEOPLE[FIRST]
    assert await provider.users(SECOND) == PEOPLE[SECOND]


async def test_each_answer_is_what_is_there_then(provider: SqlProvider, database: Database) -> None:
    """Nothing is remembered."""
    await provider.users(FIRST)
    database.sql(f"DELETE FROM users WHERE user_id = '{ADA}'")
    assert (await provider.users(FIRST)).keys() == {BEPPO}


@pytest.mark.parametrize("server_id", ["7", "", "x'; DROP TABLE users; --", "9" * 100])
async def test_an_unknown_guild_has_nobody(provider: SqlProvider, server_id: str) -> None:
    """Whatever it is called."""
    assert await provider.users(server_id) == {}
    assert await provider.users(FIRST)


async def test_rows_that_hold_rubbish_are_repaired_or_skipped_and_counted(
    provider: SqlProvider, database: Database
) -> None:
    """A status that is none, a colour that is none, a name that is empty."""
    database.sql(
        "INSERT INTO users VALUES"
        f" ('{FIRST}', '1', 'Chiara', 'dancing', 'red'), ('{FIRST}', '2', '  ', 'idle', NULL)"
    )
    complaints = Complaints()
    members = {member.uid: member for member in parse_users(await provider.users(FIRST), complaints)}
    assert members.keys() == {ADA, BEPPO, "1"}
    assert members["1"] == Member("1", "Chiara", "offline", "#ffffff")
    assert complaints == {"status repaired": 1, "roleColor repaired": 1, "username missing, skipped": 1}


# Tables that somebody else made

NUMBERS = """
    CREATE TABLE servers (server_id BIGINT PRIMARY KEY, name VARCHAR(100), passworded BOOLEAN,
        is_default BOOLEAN, enabled BOOLEAN, created TIMESTAMP)"""
NUMBERED_USERS = """
    CREATE TABLE users (id INTEGER, server_id BIGINT, user_id BIGINT, username VARCHAR(32),
        status VARCHAR(10), role_color VARCHAR(7))"""


@pytest.fixture
def numbered(empty: Database) -> Database:
    """Ids are numbers, columns may be NULL, and there are more of them than we read."""
    empty.sql(NUMBERS)
    empty.sql(NUMBERED_USERS)
    empty.sql(f"INSERT INTO servers VALUES ({FIRST}, 'The First', NULL, TRUE, TRUE, NULL)")
    empty.sql(f"INSERT INTO users VALUES (1, {FIRST}, {ADA}, 'Ada', 'online', NULL)")
    empty.sql(f"INSERT INTO users VALUES (2, {FIRST}, {BEPPO}, NULL, NULL, NULL)")
    return empty


async def test_ids_may_be_numbers(numbered: Database) -> None:
    """They are texts on the way to viewers."""
    provider = SqlProvider(numbered.url)
    [guild] = parse_servers(await provider.servers(), Complaints())
    assert (guild.id, guild.name, guild.protected, guild.default) == (FIRST, "The First", False, True)
    [member] = parse_users(await provider.users(FIRST), Complaints())
    assert member == Member(ADA, "Ada", "online")
    assert await provider.users("not a number") == {}
    await provider.close()


async def test_a_second_color_is_read_where_there_is_a_column(
    provider: SqlProvider, database: Database
) -> None:
    """It need not be there."""
    assert "roleColor2" not in (await provider.users(FIRST))[ADA]
    await provider.close()
    database.sql("ALTER TABLE users ADD COLUMN role_color2 TEXT")
    database.sql(f"UPDATE users SET role_color2 = '#0000FF' WHERE user_id = '{ADA}'")
    members = {each.uid: each.role_color2 for each in parse_users(await provider.users(FIRST), Complaints())}
    assert members == {ADA: "#0000ff", BEPPO: None}


async def test_making_tables_leaves_those_that_are_there(numbered: Database) -> None:
    """With their rows."""
    provider = SqlProvider(numbered.url)
    await provider.create_tables()
    await provider.create_tables()
    assert (await provider.users(FIRST)).keys() == {ADA, BEPPO}
    await provider.close()


async def test_a_missing_table_is_named(empty: Database) -> None:
    """With what makes it. Once it is made, it is read, without a new start."""
    provider = SqlProvider(empty.url)
    if isinstance(empty, SqliteDatabase):
        empty.sql("CREATE TABLE other (id INTEGER)")  # else there is no file
    with pytest.raises(NoTables, match=r"no table servers.*--init"):
        await provider.servers()
    await provider.create_tables()
    assert await provider.servers() == {}
    await provider.close()


async def test_a_missing_column_is_named(empty: Database) -> None:
    """By everybody who needs it."""
    provider = SqlProvider(empty.url)
    empty.sql("CREATE TABLE servers (server_id TEXT PRIMARY KEY, name TEXT, passworded BOOLEAN)")
    with pytest.raises(Unavailable, match="servers has no column is_default, enabled"):
        await provider.create_tables()
    with pytest.raises(NoTables, match="servers has no column is_default, enabled"):
        await provider.servers()
    await provider.close()


@pytest.mark.usefixtures("hasty")
async def test_tables_that_become_others_are_looked_at_again(
    provider: SqlProvider, database: Database
) -> None:
    """After the first failure."""
    await provider.servers()
    database.sql("DROP TABLE users")
    with pytest.raises(Unavailable):
        await provider.users(FIRST)
    database.sql(NUMBERED_USERS)
    database.sql(f"INSERT INTO users VALUES (1, {FIRST}, {ADA}, 'Ada', 'online', NULL)")
    assert (await provider.users(FIRST)).keys() == {ADA}


# What can't be reached


@pytest.mark.parametrize("url", ["", "mysql://u:secret@h/d", "sqlite://", "postgres://u:secret@"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    """Without its password."""
    with pytest.raises(ValueError, match="url") as refused:
        SqlProvider(url)
    assert "secret" not in str(refused.value)


@pytest.mark.usefixtures("hasty")
async def test_a_file_that_is_not_there_is_not_made(empty_file: SqliteDatabase, tmp_path: Path) -> None:
    """An empty one would close every guild."""
    provider = SqlProvider(empty_file.url)
    with pytest.raises(Unavailable, match="open"):
        await provider.servers()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
async def test_a_file_that_is_made_is_its_owners_alone(file: SqliteDatabase, tmp_path: Path) -> None:
    """Others on the machine have no business there."""
    assert stat.S_IMODE((tmp_path / "world.sqlite3").stat().st_mode) == 0o600


@pytest.mark.usefixtures("hasty")
async def test_a_file_that_is_none_is_unavailable(tmp_path: Path) -> None:
    """In a line."""
    (tmp_path / "rubbish").write_text("this is no database, and never was" * 100)
    with pytest.raises(Unavailable, match="not a database"):
        await SqlProvider(f"sqlite:///{tmp_path / 'rubbish'}").servers()


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_is_not_there() -> None:
    """It is tried again, and then unavailable."""
    provider = SqlProvider(f"postgresql://u:secret@127.0.0.1:{free_port()}/d")
    with pytest.raises(Unavailable) as raised:
        await provider.servers()
    assert "secret" not in str(raised.value)
    await provider.close()


async def test_a_wrong_password_is_not_tried_again(
    postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It doesn't get better."""
    provider = SqlProvider(f"postgresql://owner:wrong@127.0.0.1:{postgres.cluster.port}/test")
    monkeypatch.setattr("bridge.providers.retry._pauses", lambda _: pytest.fail("it was tried again"))
    with pytest.raises(Unavailable, match="password authentication failed"):
        await provider.servers()
    await provider.close()


async def test_a_server_that_does_not_answer(
    postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for longer than the bridge does."""
    provider = SqlProvider(postgres.url)
    await provider.servers()
    with monkeypatch.context() as patch, postgres.cluster.frozen():
        patch.setattr("bridge.providers.sql.TIMEOUT", 0.2)
        with pytest.raises(Unavailable, match="in time"):
            await provider.servers()
    assert await provider.servers() == WORLD
    await provider.close()


async def test_a_server_that_starts_again_is_asked_again(postgres: PostgresDatabase) -> None:
    """The connections that broke are not the question's trouble."""
    provider = SqlProvider(postgres.url)
    await asyncio.gather(*(provider.servers() for _ in range(5)))
    postgres.cluster.stop()
    postgres.cluster.start()
    assert await provider.servers() == WORLD
    await provider.close()


# Changes in a file


async def test_a_file_tells_when_it_was_written(
    file: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first, and then once for each commit that is seen."""
    monkeypatch.setattr("bridge.providers.sql.PACE", 0.005)
    async with closing(SqlProvider(file.url).changes()) as changes, asyncio.timeout(PATIENCE):
        assert await anext(changes) == AllOutdated()
        for status in ("idle", "dnd"):
            file.sql(f"UPDATE users SET status = '{status}' WHERE user_id = '{ADA}'")
            assert await anext(changes) == AllOutdated()


async def test_a_file_that_vanished_tells_nothing(empty_file: SqliteDatabase) -> None:
    """That can be mended."""
    with pytest.raises(Unavailable):
        await anext(SqlProvider(empty_file.url).changes())


async def test_viewers_see_what_is_written(
    start: Start, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without anybody joining: somebody changes, comes, and goes."""
    monkeypatch.setattr("bridge.providers.sql.PACE", 0.01)
    server = await start(provider=SqlProvider(database.url), refresh_interval=3600)
    async with watching(server) as viewer:
        await viewer.enter(FIRST, cursor="")
        database.sql(f"UPDATE users SET status = 'dnd' WHERE user_id = '{ADA}' AND server_id = '{FIRST}'")
        assert (await viewer.hear())["data"] == {"uid": ADA, "status": "dnd"}
        database.sql(f"INSERT INTO users (server_id, user_id, username) VALUES ('{FIRST}', '7', 'Chiara')")
        assert (await viewer.hear())["data"] == {
            "uid": "7", "status": "offline", "username": "Chiara", "roleColor": "#ffffff",
        }  # fmt: skip
        database.sql("DELETE FROM users WHERE user_id = '7'")
        assert (await viewer.hear())["data"] == {"uid": "7", "status": "offline", "delete": True}


async def test_viewers_see_guilds_come_and_go(
    start: Start, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is switched off is closed at once."""
    monkeypatch.setattr("bridge.providers.sql.PACE", 0.01)
    server = await start(provider=SqlProvider(database.url), refresh_interval=3600)
    async with watching(server) as viewer:
        await viewer.enter(FIRST, cursor="", events=["servers"])
        database.sql("UPDATE servers SET enabled = TRUE WHERE name = 'Switched off'")
        assert len((await viewer.hear_type("servers"))["data"]) == 3
        database.sql(f"UPDATE servers SET enabled = FALSE WHERE server_id = '{FIRST}'")
        assert (await viewer.farewell())[0] == 1008


async def test_the_bridge_closes_its_provider(start: Start, database: Database) -> None:
    """A stop leaves no connection; a new start opens new ones."""
    provider = SqlProvider(database.url)
    server = WebSocketServer(0, "127.0.0.1", provider=provider)
    for _ in range(2):
        await start(server)
        async with watching(server) as viewer:
            assert (await viewer.enter(FIRST))["users"].keys() == {ADA, BEPPO}
        await server.stop()
        assert provider._engine is None
        server.port = 0
