"""The database itself: how it is reached, and what is wrong with it in the words of who can mend it."""

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

from bot.address import Address, PostgresAddress, SqliteAddress

BEGIN: Final = "sqlite_begin"  # an option of a connection: how its transactions begin
MAX_REASON: Final = 200  # characters
# All that a database or the way to it may raise.
TROUBLES: Final = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = logging.getLogger(__name__)


class CannotOpen(Exception):
    """The database can't be used. The message says what is wrong and what to do."""


def make_engine(address: Address, patience: float, *, altering: bool = False) -> AsyncEngine:
    """Prepare to reach a database; nothing is reached yet.

    `patience` is how many seconds to wait for a connection, for each answer, and for who holds a lock.
    `altering` is for changing tables: SQLite must not follow references while one takes another's place.
    """
    logging.getLogger("aiosqlite").setLevel(logging.INFO)  # below, it logs statements with what is in them
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # who uses the engine says what failed
    if isinstance(address, PostgresAddress):
        return _postgres(address, patience)
    return _sqlite(address, patience, follow_references=not altering)


def _postgres(address: PostgresAddress, patience: float) -> AsyncEngine:
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
        pool_size=1,  # one writes at a time
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


def create_file(path: Path) -> None:
    """Make an empty SQLite file that only its owner may read, if there is none.

    Raises:
        CannotOpen: if it can't be made.
    """
    try:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            log.info("settings are stored in the new file %s", path.absolute())
    except OSError as error:
        raise CannotOpen(
            f"The file {path.absolute()} for the settings can't be made: {error.strerror}.\n"
            "Check that its folder is there and writable, or name another file with DATABASE_URL."
        ) from error


def reason(error: BaseException) -> str:
    """Say in one line what a database complained about, without what was to be stored."""
    cause = getattr(error, "orig", None) or error
    cause = cause.__cause__ or cause  # SQLAlchemy's wrapper says less than what it wraps
    text = str(cause).strip().partition("\n")[0][:MAX_REASON]
    return text or type(cause).__name__


def complaint(address: Address, error: BaseException) -> CannotOpen:
    """Say that a database can't be used, and what to do."""
    if isinstance(address, SqliteAddress):
        return CannotOpen(
            f"The settings in {address.path.absolute()} can't be read: {reason(error)}.\n"
            "Check that the file is there, writable and whole, or name another with DATABASE_URL."
        )
    return CannotOpen(
        f"The database in which the settings are can't be used: {reason(error)}.\n"
        "Check that it runs, and DATABASE_URL."
    )
