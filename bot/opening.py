"""What happens with a database at start: its tables are brought to this version, its contents are read."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import migrations, rows
from bot.database import CannotOpen, complaint, create_file
from bot.migrations import NewerTables
from bot.rows import Contents, Unreadable
from bridge.address import Address, SqliteAddress
from bridge.database import BEGIN, TROUBLES, make_engine

PATIENCE: Final = 10.0  # seconds; another process may be at it, and a large one takes its time

log = logging.getLogger(__name__)


async def prepare(address: Address) -> Contents:
    """Make the database ready for this version of the program, and read everything.

    Raises:
        CannotOpen: if that is impossible.
    """
    if isinstance(address, SqliteAddress):
        create_file(address.path)
    async with opened(address, altering=True) as engine:
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


async def _upgrade(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        if await connection.run_sync(migrations.is_current):
            return
    async with engine.connect() as connection:
        await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})  # locks the file against all others
        await connection.run_sync(migrations.upgrade)
        await connection.commit()
    log.info("the tables of the database are those of this version now")
