"""How a database is reached, and what went wrong with it."""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bridge.running import reach
from bridge.storage.address import Address, PostgresAddress, SqliteAddress

BEGIN: Final = "sqlite_begin"  # an option of a connection: how its transactions begin
MAX_REASON: Final = 200  # characters
# All that a database or the way to it may raise. The last comes where a connection is used at the moment at
# which the server has said that it ends it, and hasn't done so yet.
TROUBLES: Final = (
    SQLAlchemyError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def make_engine(
    address: Address, patience: float, *, altering: bool = False, connections: int = 1
) -> AsyncEngine:
    """Prepare to reach a database; nothing is reached yet.

    `patience` is how many seconds to wait for a connection, for each answer, and for who holds a lock.
    `altering` is for changing tables: SQLite must not follow references while one takes another's place.
    `connections` is how many there may be at once to a server. One is enough where one writes at a time.
    """
    logging.getLogger("aiosqlite").setLevel(logging.INFO)  # below, it logs statements with what is in them
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # who uses the engine says what failed
    if isinstance(address, PostgresAddress):
        return _postgres(address, patience, connections)
    return _sqlite(address, patience, follow_references=not altering)


def _postgres(address: PostgresAddress, patience: float, connections: int) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",  # the address itself, which may hold a password, is only in connect_args
        connect_args={
            "dsn": address.dsn,
            "timeout": patience,
            "command_timeout": patience,
            # Nothing is kept prepared, and no name comes twice: between here and the server may be a pooler.
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"dzone_{uuid4()}",
        },
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience,
    )


def _sqlite(address: SqliteAddress, patience: float, *, follow_references: bool) -> AsyncEngine:
    # mode=rw: a file that vanished is an error, and not an empty file in which nobody is hidden.
    file = address.path.absolute().as_uri()
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=file, query={"mode": "rw", "uri": "true"}),
        connect_args={"timeout": patience, "isolation_level": None},  # transactions begin below
        hide_parameters=True,
        poolclass=NullPool,  # between two writes the file is closed, and can be copied
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def probe(_: object, __: object, arguments: Sequence[Any], options: dict[str, Any]) -> None:
        # What can't be opened fails here and not in aiosqlite, whose thread then may outlive the event loop.
        sqlite3.connect(*arguments, **options).close()

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        if follow_references:
            cursor.execute("PRAGMA foreign_keys = ON")
        else:
            # So that who reads stops nobody from writing. The file stays that way. One that is read-only, or
            # that another process holds at this moment, does without; one that is broken fails soon enough.
            with contextlib.suppress(sqlite3.DatabaseError):
                cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    return engine


def create_file(path: Path) -> bool:
    """Make an empty SQLite file that only its owner may read; tell whether there was none.

    Raises:
        OSError: if it can't be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return False
    return True


def may_come(address: Address, error: BaseException) -> bool:
    """Tell whether a server can't be used since it isn't there yet, so that waiting may help. A file is."""
    if isinstance(address, SqliteAddress):
        return False
    first = cause(error)
    match first:
        case asyncpg.CannotConnectNowError() | asyncpg.ConnectionDoesNotExistError():
            return True  # it is starting, or what stands before it until then hangs up
        case FileNotFoundError():
            return address.host.startswith("/")  # its socket; else a certificate that is named
        case _:
            return reach.may_come(first) or _was_hung_up(first)


def _was_hung_up(error: BaseException) -> bool:
    """Tell whether the other side hung up before it said anything: asyncpg makes no number of that."""
    return type(error) is ConnectionError and "SSL" not in str(error)  # else it wants no TLS


def reason(error: BaseException) -> str:
    """Say in one line what a database complained about, without what was to be stored."""
    first = cause(error)
    text = str(first).strip().partition("\n")[0][:MAX_REASON]
    return text or type(first).__name__


def cause(error: BaseException) -> BaseException:
    """Find what a driver raised in what SQLAlchemy made of it, which says less."""
    wrapped: BaseException = getattr(error, "orig", None) or error
    if isinstance(wrapped, TimeoutError):  # asyncio's comes of a cancellation, from Python 3.12 on
        return wrapped
    return wrapped.__cause__ or wrapped
