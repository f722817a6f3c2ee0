"""What PostgreSQL tells: triggers that turn rows into changes, and the ear that hears them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.providers.changes import AllOutdated, Change, ServersOutdated, UserChanged, UserLeft
from bridge.providers.notices import MAX_HEARD, Deaf, Ear, listen, read_notice
from bridge.providers.provider import Unavailable
from bridge.providers.sql import SqlProvider
from bridge.providers.stream import closing
from bridge.providers.tables import CHANNEL
from bridge.storage import address
from bridge.storage.address import PostgresAddress
from tests.bridge.databases import ADA, BEPPO, FIRST, SECOND, PostgresDatabase
from tests.bridge.watchers import PATIENCE, until


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing count as deaf because the machine stands still."""
    monkeypatch.setattr("bridge.providers.notices.PATIENCE", PATIENCE)


END = ServersOutdated()  # what tests let happen last, to know that nothing came before it


class Listener:
    """Hears what is told of a database."""

    def __init__(self, database: PostgresDatabase, changes: AsyncIterator[Change]) -> None:
        self._database = database
        self._changes = changes

    async def hear(self) -> Change:
        async with asyncio.timeout(PATIENCE):
            return await anext(self._changes)

    async def hear_of(self, *statements: str) -> list[Change]:
        """Hear all that these statements cause."""
        for statement in statements:
            await asyncio.to_thread(self._database.sql, statement)
        await asyncio.to_thread(self._database.sql, "UPDATE servers SET name = name WHERE FALSE")
        heard = []
        while (change := await self.hear()) != END:
            heard.append(change)
        return heard


def where(database: PostgresDatabase) -> PostgresAddress:
    found = address.parse(database.url)
    assert isinstance(found, PostgresAddress)
    return found


@pytest.fixture
async def listener(postgres: PostgresDatabase) -> AsyncIterator[Listener]:
    async with closing(listen(where(postgres))) as changes:
        listener = Listener(postgres, changes)
        assert await listener.hear() == AllOutdated()
        yield listener


def changed(
    uid: str, username: str = "Ada", status: str = "online", color: str | None = "#ff0000", guild: str = FIRST
) -> UserChanged:
    return UserChanged(guild, uid, {"username": username, "status": status, "roleColor": color})


# Rows


async def test_a_row_that_changes(listener: Listener) -> None:
    """All that is shown of it is told."""
    assert await listener.hear_of(
        f"UPDATE users SET status = 'dnd' WHERE server_id = '{FIRST}' AND user_id = '{ADA}'"
    ) == [changed(ADA, status="dnd")]


async def test_a_row_that_comes_and_goes(listener: Listener) -> None:
    """A colour may be missing."""
    assert await listener.hear_of(
        f"INSERT INTO users (server_id, user_id, username) VALUES ('{FIRST}', '7', 'O''Hara «x» 👋🏽')",
        "DELETE FROM users WHERE user_id = '7'",
    ) == [changed("7", "O'Hara «x» 👋🏽", "offline", None), UserLeft(FIRST, "7")]


async def test_a_row_that_becomes_somebody_else(listener: Listener) -> None:
    """One leaves, one comes; in another guild likewise."""
    assert await listener.hear_of(
        f"UPDATE users SET user_id = '7' WHERE server_id = '{FIRST}' AND user_id = '{ADA}'",
        f"UPDATE users SET server_id = '{SECOND}' WHERE user_id = '7'",
    ) == [UserLeft(FIRST, ADA), changed("7"), UserLeft(FIRST, "7"), changed("7", guild=SECOND)]


async def test_a_second_color_is_told_where_there_is_a_column(
    listener: Listener, postgres: PostgresDatabase
) -> None:
    """Once the triggers know of it."""
    postgres.sql("ALTER TABLE users ADD COLUMN role_color2 TEXT")
    provider = SqlProvider(postgres.url)
    await provider.create_tables()
    await provider.close()
    [change] = await listener.hear_of(
        f"UPDATE users SET role_color2 = '#0000ff' WHERE server_id = '{FIRST}' AND user_id = '{ADA}'"
    )
    assert isinstance(change, UserChanged)
    assert change.record["roleColor2"] == "#0000ff"


async def test_what_changes_nothing_is_not_told(listener: Listener) -> None:
    """Nor what is none of our columns."""
    assert (
        await listener.hear_of(
            "ALTER TABLE users ADD COLUMN seen TIMESTAMP",
            "UPDATE users SET status = status, seen = now()",
        )
        == []
    )


async def test_what_is_taken_back_is_not_told(listener: Listener) -> None:
    """A transaction that fails did nothing."""
    assert await listener.hear_of("BEGIN; UPDATE users SET status = 'dnd'; ROLLBACK") == []


async def test_a_transaction_is_told_in_order(listener: Listener) -> None:
    """When it is committed."""
    assert await listener.hear_of(
        f"BEGIN; DELETE FROM users WHERE user_id = '{BEPPO}';"
        f" INSERT INTO users VALUES ('{FIRST}', '{BEPPO}', 'Beppo', 'idle', NULL); COMMIT"
    ) == [UserLeft(FIRST, BEPPO), changed(BEPPO, "Beppo", "idle", None)]


async def test_upserts_and_copies_are_told(listener: Listener) -> None:
    """However rows come in."""
    assert await listener.hear_of(
        f"INSERT INTO users VALUES ('{FIRST}', '{ADA}', 'Ada', 'idle', '#ff0000')"
        " ON CONFLICT (server_id, user_id) DO UPDATE SET status = EXCLUDED.status",
        "INSERT INTO users SELECT server_id, '7', username, status, role_color FROM users"
        f" WHERE server_id = '{SECOND}'",
    ) == [changed(ADA, status="idle"), changed("7", status="dnd", color="#00ff00", guild=SECOND)]


async def test_an_emptied_table_is_read_again(listener: Listener) -> None:
    """TRUNCATE names no rows."""
    assert await listener.hear_of("TRUNCATE users") == [AllOutdated()]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO servers (server_id, name) VALUES ('7', 'Seventh')",
        f"UPDATE servers SET enabled = FALSE WHERE server_id = '{FIRST}'",
        "DELETE FROM servers WHERE name = 'Switched off'",
    ],
    ids=["insert", "update", "delete"],
)
async def test_a_guild_that_changes(listener: Listener, postgres: PostgresDatabase, statement: str) -> None:
    """The list is read again."""
    await asyncio.to_thread(postgres.sql, statement)
    assert await listener.hear() == ServersOutdated()


async def test_a_guild_that_is_deleted_takes_its_members_with_it(
    listener: Listener, postgres: PostgresDatabase
) -> None:
    """Both are told."""
    await asyncio.to_thread(postgres.sql, f"DELETE FROM servers WHERE server_id = '{SECOND}'")
    assert {await listener.hear(), await listener.hear()} == {UserLeft(SECOND, ADA), ServersOutdated()}


async def test_what_is_too_long_to_be_told_is_cut_and_stored_whole(
    listener: Listener, postgres: PostgresDatabase
) -> None:
    """A notice has 8000 bytes at most. One that is longer would undo what somebody writes."""
    [change] = await listener.hear_of(
        f"INSERT INTO users VALUES ('{FIRST}', repeat(chr(1), 9000), repeat('👋', 9000),"
        " repeat(chr(2), 9000), repeat(chr(3), 9000))"
    )
    assert isinstance(change, UserChanged)
    assert change.record["username"] == "👋" * 200
    assert postgres.sql("SELECT max(length(username)) FROM users") == "9000"


async def test_who_writes_needs_no_search_path(listener: Listener) -> None:
    """Nor may they do harm by one: what triggers call is PostgreSQL's own."""
    heard = await listener.hear_of(
        "CREATE SCHEMA other",
        "SET search_path TO other; DELETE FROM public.users WHERE user_id = '7';"
        f" UPDATE public.users SET status = 'dnd' WHERE server_id = '{FIRST}' AND user_id = '{ADA}'",
    )
    assert heard == [changed(ADA, status="dnd")]


async def test_ids_that_are_numbers(cluster: Any) -> None:
    """They are told as texts, to the last digit."""
    database = PostgresDatabase(cluster)
    database.sql(
        "CREATE TABLE servers (server_id BIGINT, name TEXT, passworded BOOLEAN, is_default BOOLEAN,"
        " enabled BOOLEAN)"
    )
    database.sql(
        "CREATE TABLE users (server_id BIGINT, user_id NUMERIC, username TEXT, status TEXT, role_color TEXT)"
    )
    provider = SqlProvider(database.url)
    await provider.create_tables()
    await provider.close()
    async with closing(listen(where(database))) as changes:
        listener = Listener(database, changes)
        await listener.hear()
        heard = await listener.hear_of(f"INSERT INTO users VALUES ({FIRST}, {ADA}, 'Ada', 'online', NULL)")
    assert heard == [changed(ADA, color=None)]


# The ear


class Mute:
    """A connection on which nothing is ever told."""

    def add_termination_listener(self, callback: object) -> None:
        pass

    async def add_listener(self, channel: str, callback: object) -> None:
        pass

    async def execute(self, *_: object) -> None:
        pass

    def is_closed(self) -> bool:
        return False


def ear_of(connection: object) -> Ear[Change]:
    return Ear(connection, CHANNEL, read_notice, AllOutdated())


async def test_where_nothing_comes_through_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pooler that gives each statement another connection swallows notices."""
    monkeypatch.setattr("bridge.providers.notices.PATIENCE", 0.01)
    with pytest.raises(Deaf, match="pooler"):
        await ear_of(Mute()).open()


async def test_silence_is_looked_into(
    listener: Listener, postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection may be dead without a word. One that lives says so, and goes on."""
    pulses = 0
    feel = Ear._feel_pulse

    async def count(ear: Ear[Change]) -> None:
        nonlocal pulses
        await feel(ear)
        pulses += 1

    monkeypatch.setattr(Ear, "_feel_pulse", count)
    monkeypatch.setattr("bridge.providers.notices.PULSE", 0.01)
    hearing = asyncio.create_task(listener.hear())
    await until(lambda: pulses >= 3, "its pulse is felt")
    monkeypatch.undo()
    await asyncio.to_thread(postgres.sql, "TRUNCATE users")
    assert await hearing == AllOutdated()


async def test_a_connection_that_swallows_everything(
    postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is found out, although it never breaks."""
    monkeypatch.setattr("bridge.providers.notices.PULSE", 0.01)
    provider = SqlProvider(postgres.url)
    async with closing(provider.changes()) as changes:
        assert await anext(changes) == AllOutdated()
        monkeypatch.setattr(asyncpg.Connection, "execute", _too_late)
        with pytest.raises(Unavailable):
            await anext(changes)
    await provider.close()


async def _too_late(*_: object) -> None:
    raise TimeoutError


async def test_a_connection_that_breaks(postgres: PostgresDatabase) -> None:
    """Ends it, with what was heard before."""
    provider = SqlProvider(postgres.url)
    async with closing(provider.changes()) as changes, asyncio.timeout(PATIENCE):
        assert await anext(changes) == AllOutdated()
        await asyncio.to_thread(
            postgres.sql, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )  # fmt: skip
        with pytest.raises(Unavailable, match="the connection broke"):
            await anext(changes)
    await provider.close()


async def test_nothing_is_left_when_nobody_listens_any_more(postgres: PostgresDatabase) -> None:
    """The connection is closed."""
    connected = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    async with closing(listen(where(postgres))) as changes:
        await anext(changes)
        await until(lambda: postgres.sql(connected) == "2", "it is there, with the one that asks")
    await until(lambda: postgres.sql(connected) == "1", "it has gone")


async def test_without_triggers_it_is_said_once(
    postgres: PostgresDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """And what makes them; the data is served all the same."""
    postgres.sql("DROP TRIGGER dzone_user_changed ON users")
    provider = SqlProvider(postgres.url)
    with caplog.at_level(logging.WARNING):
        assert [change async for change in provider.changes()] == []
        assert [change async for change in provider.changes()] == []
    [warning] = [record.getMessage() for record in caplog.records]
    assert "--init" in warning
    await provider.close()


def test_of_too_much_only_that_it_was_much() -> None:
    """Memory is bounded while nobody takes what is heard."""
    ear = ear_of(Mute())
    for number in range(3 * MAX_HEARD):
        ear.hear(None, 0, CHANNEL, json.dumps({"server_id": "1", "user_id": str(number)}))
    assert len(ear._heard) <= MAX_HEARD
    assert ear._heard[0] == AllOutdated()
    assert ear._heard[-1] == UserLeft("1", str(3 * MAX_HEARD - 1))


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_whatever_is_told(text: str) -> None:
    """Others may use the channel: what is no notice of ours is nothing."""
    with contextlib.suppress(RecursionError):
        assert read_notice(text) is None
