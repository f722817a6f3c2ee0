"""Versions of the tables: what they become, and that nothing gets lost on the way."""

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot import migrations
from bot.storage import tables
from bot.storage.rows import Contents, StoredGuild
from bot.store import Store
from bridge.storage import address
from bridge.storage.database import make_engine
from tests.bot.stored import FULL, HASH, HIDDEN, LONG_AGO, sqlite_url
from tests.bridge.watchers import PATIENCE

NAME: Final = FULL.name
BIG: Final = 2**63 - 1
# For each version, what a program of that version has written.
WRITTEN: Final = {
    "0001": [
        (
            "INSERT INTO dzone_guilds VALUES (1, false, false,"
            f"'{NAME}', 'bubble', 'hide', false, 'password', {BIG}, '{HASH}', NULL)"
        ),
        (
            "INSERT INTO dzone_guilds VALUES (2, true, true, NULL, 'full', 'auto', true, 'off', NULL, NULL,"
            f"{int(LONG_AGO.timestamp())})"
        ),
        f"INSERT INTO dzone_channels VALUES (1, 1, true), (1, 2, false), (1, {BIG}, true)",
        f"INSERT INTO dzone_hidden VALUES (1, 3), (1, {BIG})",
        "INSERT INTO dzone_members VALUES (4, true, true, '#5865F2')",
        "INSERT INTO dzone_notes VALUES ('default_guild', '1'), ('tree', 'a hash')",
    ],
}
WRITTEN["0002"] = [
    *(statement.replace("NULL)", "NULL, 5)") for statement in WRITTEN["0001"][:1]),
    WRITTEN["0001"][1].replace(f"{int(LONG_AGO.timestamp())})", f"{int(LONG_AGO.timestamp())}, NULL)"),
    *WRITTEN["0001"][2:],
    f"INSERT INTO dzone_proxies VALUES (1, 1), (1, {BIG})",
]
WRITTEN["0003"] = WRITTEN["0002"]
WRITTEN["0004"] = [
    WRITTEN["0003"][0].replace("NULL, 5)", f"NULL, 5, 6, {BIG}, 'forbidden')"),
    WRITTEN["0003"][1].replace(", NULL)", ", NULL, NULL, NULL, NULL)"),
    *WRITTEN["0003"][2:],
]
WRITTEN["0005"] = [
    WRITTEN["0004"][0].replace("'forbidden')", "'forbidden', true)"),
    WRITTEN["0004"][1].replace(", NULL)", ", NULL, false)"),
    *WRITTEN["0004"][2:4],
    "INSERT INTO dzone_members VALUES (4, true, true, '#5865F2', true, 'Grüße 👋🏽')",
    *WRITTEN["0004"][5:],
    f"INSERT INTO dzone_hidden_roles VALUES (1, 8), (1, {BIG})",
]
WRITTEN["0006"] = [
    WRITTEN["0005"][0].replace("true)", "true, false)"),
    WRITTEN["0005"][1].replace("false)", "false, true)"),
    *WRITTEN["0005"][2:],
]
WRITTEN["0007"] = [
    WRITTEN["0006"][0].replace("false)", "false, true)"),
    WRITTEN["0006"][1].replace("true)", "true, false)"),
    *WRITTEN["0006"][2:],
]


def read(version: str) -> Contents:
    """Tell what that is for a program of today."""
    full, hidden = FULL, HIDDEN
    if version < "0007":
        full = replace(full, role_names=False)
    if version < "0006":
        full = replace(full, gestures=True)
    if version < "0005":
        full = replace(full, hidden_roles=frozenset(), optin=False)
        hidden = replace(hidden, agreed=False, line=None)
    if version < "0004":
        full = replace(full, live_channel=None, live_message=None, live_ended=None)
    if version < "0002":
        full = replace(full, audience=None, proxies=frozenset())
    return Contents(
        guilds={1: StoredGuild(full), 2: StoredGuild(type(FULL)(), LONG_AGO)},
        members={4: hidden},
        notes={"default_guild": "1", "tree": "a hash"},
    )


VERSIONS: Final = [
    script.revision for script in ScriptDirectory.from_config(migrations._config()).walk_revisions()
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        with contextlib.closing(sqlite3.connect(tmp_path / "dzone.sqlite3")) as connection:
            connection.execute("CREATE TABLE of_others (id INTEGER)")  # or it would be an emptied file
        return sqlite_url(tmp_path / "dzone.sqlite3")
    return str(request.getfixturevalue("cluster").empty_database())


async def on(url: str, work: Callable[[Connection], Any]) -> Any:
    """Do something in a database and commit it."""
    engine = make_engine(address.parse(url), PATIENCE, altering=True)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        connection = await stack.enter_async_context(engine.begin())
        return await connection.run_sync(work)


async def test_migrations_lead_to_the_tables(url: str) -> None:
    """What migrations make is what the program believes there is."""

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": tables.VERSION_TABLE,
                "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or name.startswith(tables.PREFIX),
            },
        )
        differences: list[Any] = compare_metadata(context, tables.metadata)
        return differences

    await on(url, migrations.upgrade)
    assert await on(url, compare) == []


async def test_upgrading_again_does_nothing(url: str) -> None:
    """What is current stays so."""
    assert not await on(url, migrations.is_current)
    await on(url, migrations.upgrade)
    assert await on(url, migrations.is_current)
    await on(url, migrations.upgrade)
    assert await on(url, migrations.is_current)


def test_every_version_is_tried() -> None:
    """Who adds a migration writes down what the version before has written."""
    assert set(WRITTEN) == set(VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
async def test_from_every_version_everything_is_kept(url: str, version: str) -> None:
    """Whatever version the bot had before, its settings are those of today."""

    def write(connection: Connection) -> None:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        for statement in WRITTEN[version]:
            connection.exec_driver_sql(statement)

    await on(url, write)
    stored = await Store.open(url)
    await stored.close()
    # Each guild is stored from the third version on: those of before are told from new ones by the time.
    upgraded = stored._contents.notes.pop("upgraded", None)
    assert (upgraded is not None) == (version < "0003")
    assert stored._contents == read(version)


async def test_a_migration_is_made_or_not(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails half-way leaves the tables as they were."""

    def fail(connection: Connection) -> None:
        migrations.upgrade(connection)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await on(url, fail)
    assert not await on(url, migrations.is_current)
    await (await Store.open(url)).close()


async def test_the_tables_of_others_stay(url: str) -> None:
    """A database may be shared with a program that has tables of the most obvious names."""
    await on(url, lambda connection: connection.exec_driver_sql("CREATE TABLE guilds (id INTEGER)"))
    await on(url, lambda connection: connection.exec_driver_sql("CREATE TABLE alembic_version (x TEXT)"))
    await on(url, migrations.upgrade)
    stored = await Store.open(url)
    await stored.save_guild(1, FULL)
    await stored.close()
    assert await on(url, lambda it: it.exec_driver_sql("SELECT count(*) FROM guilds").scalar()) == 0
