"""The tables that `SqlProvider` reads, and the triggers by which PostgreSQL tells what changes in them."""

from typing import Final, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.exc import NoSuchTableError

CHANNEL: Final = "dzone_changes"  # of NOTIFY
TRIGGERS: Final = ("dzone_servers_changed", "dzone_user_changed", "dzone_users_emptied")

metadata: Final = MetaData()

servers: Final = Table(
    "servers",
    metadata,
    Column("server_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("passworded", Boolean, nullable=False, server_default=false()),
    Column("is_default", Boolean, nullable=False, server_default=false()),
    Column("enabled", Boolean, nullable=False, server_default=true()),
)

users: Final = Table(
    "users",
    metadata,
    Column("server_id", Text, ForeignKey(servers.c.server_id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("username", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'offline'")),
    Column("role_color", Text),
)
OPTIONAL: Final = ("role_color2",)  # columns of `users` that are read where they are there


def _object(row: str, *columns: str) -> str:
    """Write the SQL that makes an object of some columns of a row.

    A notice has at most 8000 bytes, and one that is longer would undo what somebody writes: so values are
    cut, to more than is ever shown.
    """
    fields = (f"'{name}', left({row}.{name}::text, 200)" for name in columns)
    return f"json_build_object({', '.join(fields)})"


def _columns(row: str, *columns: str) -> str:
    return f"({', '.join(f'{row}.{name}' for name in columns)})"


_KEY: Final = ("server_id", "user_id")
_ALL: Final = (*_KEY, "username", "status", "role_color")


def _tell_user(columns: tuple[str, ...]) -> str:
    """Write the function that tells what is in these columns of a row."""
    return f"""
    CREATE OR REPLACE FUNCTION dzone_tell_user() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF {_columns("OLD", *columns)} IS NOT DISTINCT FROM {_columns("NEW", *columns)} THEN
                RETURN NULL;
            END IF;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            IF TG_OP = 'DELETE' OR {_columns("OLD", *_KEY)} IS DISTINCT FROM {_columns("NEW", *_KEY)} THEN
                PERFORM pg_notify('{CHANNEL}', {_object("OLD", *_KEY)}::text);
            END IF;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            PERFORM pg_notify('{CHANNEL}', {_object("NEW", *columns)}::text);
        END IF;
        RETURN NULL;
    END
    $body$"""


_STATEMENTS: Final = (
    f"""
    CREATE OR REPLACE FUNCTION dzone_tell_outdated() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        PERFORM pg_notify('{CHANNEL}', jsonb_build_object('outdated', TG_ARGV[0])::text);
        RETURN NULL;
    END
    $body$""",
    "DROP TRIGGER IF EXISTS dzone_user_changed ON users",
    """
    CREATE TRIGGER dzone_user_changed AFTER INSERT OR UPDATE OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION dzone_tell_user()""",
    "DROP TRIGGER IF EXISTS dzone_users_emptied ON users",
    """
    CREATE TRIGGER dzone_users_emptied AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION dzone_tell_outdated('all')""",
    "DROP TRIGGER IF EXISTS dzone_servers_changed ON servers",
    """
    CREATE TRIGGER dzone_servers_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON servers
    FOR EACH STATEMENT EXECUTE FUNCTION dzone_tell_outdated('servers')""",
)


class MissingTable(Exception):
    """A table isn't there, or lacks a column. The message says which."""


class Tables(NamedTuple):
    """The tables as they are in a database: ids may be texts or numbers there."""

    servers: Table
    users: Table


def create(connection: Connection) -> None:
    """Make the tables that are not there, and the triggers anew.

    Raises:
        MissingTable: if there is a table of that name which lacks a column.
    """
    metadata.create_all(connection)
    found = find(connection)
    if connection.dialect.name == "postgresql":
        more = (name for name in OPTIONAL if name in found.users.c)
        for statement in (_tell_user((*_ALL, *more)), *_STATEMENTS):
            connection.exec_driver_sql(statement)


def find(connection: Connection) -> Tables:
    """Look at the tables that are there.

    Raises:
        MissingTable: if one isn't, or lacks a column.
    """
    return Tables(*(_find(connection, table) for table in (servers, users)))


def has_triggers(connection: Connection) -> bool:
    """Tell whether a PostgreSQL server tells of changes in the tables."""
    found = connection.execute(
        text(
            "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'D' AND tgname = ANY (:names)"
            " AND tgrelid IN (to_regclass('servers'), to_regclass('users'))"
        ),
        {"names": list(TRIGGERS)},
    )
    return bool(found.scalar_one() == len(TRIGGERS))


def _find(connection: Connection, wanted: Table) -> Table:
    try:
        table = Table(wanted.name, MetaData(), autoload_with=connection, resolve_fks=False)
    except NoSuchTableError as error:
        raise MissingTable(f"there is no table {wanted.name}") from error
    lacks = [column.name for column in wanted.c if column.name not in table.c]
    if lacks:
        raise MissingTable(f"the table {wanted.name} has no column {', '.join(lacks)}")
    return table
