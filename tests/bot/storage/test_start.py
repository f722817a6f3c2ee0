"""What a store finds when it starts: a newer version's tables, another bot, what nobody has written."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.storage.database import CannotOpen
from bot.store import Store
from bridge.storage import address
from cogs.settings import MemberSettings
from tests.bot.storage.stores import contents
from tests.bot.stored import FULL, HIDDEN
from tests.postgres import Cluster

ROOT = Path(__file__).parents[3]


def opening(url: str) -> subprocess.Popen[str]:
    """Start a process that opens a store and saves something."""
    program = (
        "import asyncio, sys\n"
        "from bot import store as storing\n"
        "from bot.storage import opening\n"
        "from bot.store import Store\n"
        "from cogs.settings import MemberSettings\n"
        "storing.PATIENCE = storing.CLOSE_PATIENCE = opening.PATIENCE = 60.0\n"  # they share a busy machine
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
