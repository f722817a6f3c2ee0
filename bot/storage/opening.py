"""What happens with a database at start: its tables are brought to this version, its contents are read."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import migrations
from bot.migrations import NewerTables
from bot.storage import rows
from bot.storage.database import CannotOpen, complaint, emptied, is_there, make_draft, put_in_place
from bot.storage.rows import Contents, Unreadable
from bridge.storage.address import Address, SqliteAddress
from bridge.storage.database import BEGIN, TROUBLES, make_engine

PATIENCE: Final = 10.0  # seconds; another process may be at it, and a large one takes its time

log = logging.getLogger(__name__)


async def prepare(address: Address) -> Contents:
    """Make the database ready for this version of the program, and read everything.

    Raises:
        CannotOpen: if that is impossible.
    """
    if isinstance(address, SqliteAddress) and not is_there(address.path):
        await _make(address.path)
    async with opened(address, altering=True) as engine:
        if isinstance(address, SqliteAddress) and await _is_bare(engine):
            raise emptied(address.path)
        await _upgrade(engine)
        return await read(engine)


@asynccontextmanager
async def opened(address: Address, *, altering: bool = False) -> AsyncIterator[AsyncEngine]:
    """Reach a database with patience, outside of the bot's life.

    Raises:
        CannotOpen: for all that goes wrong with the database while it is used.
    """
    engine = make_engine(address, PATIENCE, altering=altering)
    try:
        yield engine
    except NewerTables as error:
        raise CannotOpen(
            "The settings in the database are those of a newer version of this bot.\n"
            "Start that version, or name another database with DATABASE_URL."
        ) from error
    except Unreadable as error:
        raise CannotOpen(
            f"What is stored in the database is none of this bot's settings: {error}.\n"
            "Mend or delete that row, or name another database with DATABASE_URL."
        ) from error
    except TROUBLES as error:
        raise complaint(address, error) from error
    finally:
        await engine.dispose()


async def read(engine: AsyncEngine) -> Contents:
    """Read everything as it is at one moment, of tables that are those of this version.

    Raises:
        Unreadable: if a row holds what it can't hold.
    """
    async with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # SQLite does so anyway
            await connection.execution_options(isolation_level="REPEATABLE READ")
        return await rows.read(connection)


async def _make(path: Path) -> None:
    """Make the file of the settings. It gets its name once there are tables in it.

    So an empty file of that name is never a first start that was broken off.
    """
    draft = make_draft(path)
    try:
        async with opened(SqliteAddress(draft), altering=True) as engine:
            await _upgrade(engine)
        put_in_place(draft, path)
    finally:
        for leftover in ("", "-wal", "-shm", "-journal"):  # the latter only where the start was broken off
            draft.with_name(draft.name + leftover).unlink(missing_ok=True)


async def _is_bare(engine: AsyncEngine) -> bool:
    """Tell whether there is no table at all in SQLite's file, neither ours nor anybody else's."""
    async with engine.connect() as connection:
        return not await connection.scalar(text("SELECT count(*) FROM sqlite_master"))


async def _upgrade(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        if await connection.run_sync(migrations.is_current):
            return
    async with engine.connect() as connection:
        await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})  # locks the file against all others
        await connection.run_sync(migrations.upgrade)
        await connection.commit()
    log.info("the tables of the database are those of this version now")
