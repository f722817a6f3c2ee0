"""A database's server that isn't there yet: whether waiting for it may help."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import OperationalError

from bot.storage.claim import take
from bot.storage.database import CannotOpen, complaint
from bot.store import Store
from bridge.storage.address import PostgresAddress, parse
from tests.bot.stored import sqlite_url
from tests.ports import free_port
from tests.postgres import ESCAPED, Cluster

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

STARTING = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"


async def refusal(url: str) -> CannotOpen:
    """Try to use a database, as a bot does at its start; return what it says."""
    with pytest.raises(CannotOpen) as caught:
        await take(parse(url), alone=True)
    return caught.value


async def starting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say what PostgreSQL says while it is starting."""
    await reader.readexactly(8)
    writer.write(b"N")  # no TLS
    await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
    writer.write(b"E" + (len(STARTING) + 4).to_bytes(4) + STARTING)
    await writer.drain()
    writer.close()


async def hanging_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be what Docker puts before a port until something listens behind it."""
    writer.close()


@pytest.mark.parametrize(
    ("serve", "mode", "said"),
    [(starting, "prefer", "starting up"), (hanging_up, "prefer", ""), (hanging_up, "disable", "")],
)
async def test_a_server_that_starts(serve: Serve, mode: str, said: str) -> None:
    """It listens, and takes nobody yet."""
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await refusal(f"postgresql://x:y@127.0.0.1:{port}/x?sslmode={mode}")
    assert error.passes
    assert said in str(error)


async def test_no_server_yet() -> None:
    """Nobody listens, or there is no socket yet."""
    assert (await refusal(f"postgresql://x:y@127.0.0.1:{free_port()}/x")).passes
    assert (await refusal("postgresql:///x?host=/nowhere&user=x&password=y")).passes


async def test_a_server_that_lets_nobody_in(cluster: Cluster) -> None:
    """A wrong password, no such database, no TLS, no such certificate: waiting mends none of these."""
    url = cluster.empty_database()
    for wrong in (
        url.replace(ESCAPED, "guess"),
        url.replace("/test?", "/nowhere?"),
        url.replace("prefer", "require"),
        url.replace("prefer", "verify-full&sslrootcert=/nowhere.pem"),
    ):
        assert not (await refusal(wrong)).passes, wrong


async def test_a_file(tmp_path: Path) -> None:
    """It is there or not."""
    with pytest.raises(CannotOpen) as caught:
        await Store.open(sqlite_url(tmp_path / "nowhere" / "dzone.sqlite3"))
    assert not caught.value.passes


def test_what_the_driver_says_through_others() -> None:
    """SQLAlchemy wraps it; and from Python 3.12 on, what takes too long comes of a cancellation."""
    where = PostgresAddress("postgresql://x@y/z")
    inner = Exception("wrapped")
    inner.__cause__ = asyncpg.CannotConnectNowError("the database system is starting up")
    assert complaint(where, OperationalError("SELECT", {}, inner)).passes
    late = TimeoutError()
    late.__cause__ = asyncio.CancelledError()
    said = complaint(where, late)
    assert said.passes
    assert "TimeoutError" in str(said)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql://user:secret@db.example:5432/x", "db.example"),
        ("postgresql:///x?host=/run/postgresql&user=y", "/run/postgresql"),
        ("postgresql://user:secret@[::1]/x", "::1"),
    ],
)
def test_where_a_server_is(url: str, host: str) -> None:
    """That may be said: it has nothing of a password."""
    where = parse(url)
    assert isinstance(where, PostgresAddress)
    assert where.host == host
