"""Guilds and members from a database: a SQLite file or a PostgreSQL server."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncpg
from sqlalchemy import Connection, Row, Select, Table, false, select, text

from bridge.providers import tables
from bridge.providers.changes import AllOutdated, Change
from bridge.providers.notices import Deaf, listen
from bridge.providers.provider import Unavailable
from bridge.providers.retry import persist
from bridge.providers.stream import closing
from bridge.providers.tables import MissingTable, Tables
from bridge.running.interpreter import command
from bridge.storage import address
from bridge.storage.address import PostgresAddress, SqliteAddress
from bridge.storage.database import TROUBLES, cause, create_file, make_engine, reason

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["NoTables", "SqlProvider"]

log = logging.getLogger(__name__)

PATIENCE: Final = 4.0  # seconds for a connection and for each answer
TIMEOUT: Final = 9.0  # seconds for an answer with all attempts: less than the bridge waits
CONNECTIONS: Final = 5  # to a server, at once
PACE: Final = 1.0  # seconds between two looks at a file

# What another attempt doesn't mend: a wrong password, no such database, no such table.
_LASTING: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.SyntaxOrAccessError,
)

T = TypeVar("T")


class NoTables(Unavailable):
    """The database is there, but not the tables."""


class SqlProvider:
    """Reads guilds and members from two tables, and follows what changes there.

    The tables are `servers(server_id, name, passworded, is_default, enabled)` and
    `users(server_id, user_id, username, status, role_color)`; ids are texts or numbers. A column
    `role_color2` of users is read where there is one; more columns do no harm. `create_tables` makes the
    tables. On PostgreSQL the triggers that come with them tell of each
    change when it is committed; a file is looked at once in a second.

    Args:
        url: `sqlite:///file` or `postgresql://user:password@host:5432/database`.

    Raises:
        ValueError: if `url` is no such address.
    """

    def __init__(self, url: str) -> None:
        try:
            self._address = address.parse(url)
        except ValueError as error:
            raise ValueError(f"url {error}") from None
        self._engine: AsyncEngine | None = None
        self._tables: Tables | None = None
        self._warned = False

    async def servers(self) -> Mapping[str, Any]:
        """Read the guilds.

        Raises:
            NoTables: if the tables are missing, or lack a column.
            Unavailable: if the database can't be read for now.
        """
        rows = await self._ask(lambda found: select(*_columns(found.servers, tables.servers)))
        return {
            _text(row.server_id): {
                "name": row.name,
                "passworded": row.passworded,
                "default": row.is_default,
                "enabled": row.enabled,
            }
            for row in rows
        }

    async def users(self, server_id: str) -> Mapping[str, Any]:
        """Read a guild's members.

        Raises:
            NoTables: if the tables are missing, or lack a column.
            Unavailable: if the database can't be read for now.
        """
        rows = await self._ask(lambda found: _members(found.users, server_id))
        return {
            _text(row.user_id): {
                "username": row.username,
                "status": row.status,
                "roleColor": row.role_color,
                **({"roleColor2": row.role_color2} if "role_color2" in row._fields else {}),
            }
            for row in rows
        }

    async def changes(self) -> AsyncIterator[Change]:
        """Tell what changes in the tables.

        Raises:
            Unavailable: if that can't be heard (any more).
        """
        try:
            if isinstance(self._address, PostgresAddress):
                if await self._run(tables.has_triggers):
                    async with closing(listen(self._address)) as changes:
                        async for change in changes:
                            yield change
                else:
                    self._warn_of_silence()
            else:
                async with closing(self._look()) as changes:
                    async for change in changes:
                        yield change
        except (*TROUBLES, Deaf) as error:
            raise Unavailable(reason(error)) from error

    async def create_tables(self) -> None:
        """Make the tables where they are missing and, on PostgreSQL, the triggers. Rows stay as they are.

        Raises:
            Unavailable: if the database can't be reached, or doesn't allow it.
        """
        try:
            if isinstance(self._address, SqliteAddress):
                create_file(self._address.path)
            engine = make_engine(self._address, PATIENCE, altering=True)
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(tables.create)
            finally:
                await engine.dispose()
        except (*TROUBLES, MissingTable) as error:
            raise Unavailable(reason(error)) from error

    async def close(self) -> None:
        """Let the connections go."""
        engine, self._engine, self._tables = self._engine, None, None
        if engine is not None:
            await engine.dispose()

    async def _ask(self, question: Callable[[Tables], Select[Any]]) -> list[Row[Any]]:
        def read(connection: Connection) -> list[Row[Any]]:
            self._tables = self._tables or tables.find(connection)
            return list(connection.execute(question(self._tables)))

        try:
            async with asyncio.timeout(TIMEOUT):
                return await persist(lambda: self._run(read), _may_pass)
        except TimeoutError:
            raise Unavailable("the database didn't answer in time") from None
        except MissingTable as error:
            raise NoTables(f"{error}; `{_making()}` makes tables") from None
        except TROUBLES as error:
            self._tables = None  # perhaps they are others now
            raise Unavailable(reason(error)) from error

    async def _run(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None:
            self._engine = make_engine(self._address, PATIENCE, connections=CONNECTIONS)
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def _look(self) -> AsyncIterator[Change]:
        """Tell when something was written into the file: no more is known of it."""
        engine = make_engine(self._address, PATIENCE)
        async with engine.connect() as connection:
            version = None
            while True:
                before, version = version, await connection.scalar(text("PRAGMA data_version"))
                await connection.rollback()  # or we would see the file as it is now forever
                if version != before:
                    yield AllOutdated()
                await asyncio.sleep(PACE)

    def _warn_of_silence(self) -> None:
        if not self._warned:
            self._warned = True
            log.warning(
                "the tables have no triggers, so that changes are seen when somebody joins; `%s` makes them",
                _making(),
            )


def _making() -> str:
    return f"{command('bridge')} --database ... --init"


def _members(users: Table, server_id: str) -> Select[Any]:
    more = (users.c[name] for name in tables.OPTIONAL if name in users.c)
    found = select(*_columns(users, tables.users), *more)
    value: object = server_id
    with contextlib.suppress(NotImplementedError):  # SQLite's columns may be of no type
        try:
            value = users.c.server_id.type.python_type(server_id)
        except (ValueError, ArithmeticError):
            return found.where(false())  # ids are numbers there, and this is none
    return found.where(users.c.server_id == value)


def _columns(table: Table, wanted: Table) -> list[Any]:
    return [table.c[column.name] for column in wanted.c]


def _text(value: object) -> Any:
    """Write an id as text, whatever the database makes of it."""
    return None if value is None else str(value)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, TROUBLES) and not isinstance(cause(error), _LASTING)
