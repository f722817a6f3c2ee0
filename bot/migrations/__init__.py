"""Versions of the database's tables, and how one becomes the next.

`env.py`, `script.py.mako` and `versions/` are where Alembic looks for them. A migration stays as it is once
it is released, and imports nothing of the program: the program goes on changing.
"""

import functools
import logging
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.storage.tables import VERSION_TABLE

# Any number, as long as it is always the same: who migrates holds PostgreSQL's lock of that number.
_LOCK: Final = 0x647A6F6E65


class NewerTables(Exception):
    """The tables were made by a newer version of this program."""


def is_current(connection: Connection) -> bool:
    """Tell whether the tables are those of this version.

    Raises:
        NewerTables: if they are those of a newer one.
    """
    known, newest = _versions()
    found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    if not known.issuperset(found):
        raise NewerTables
    return newest == set(found)


def upgrade(connection: Connection) -> None:
    """Bring the tables to this version, in the connection's transaction, which locks SQLite's file.

    Raises:
        NewerTables: if they are those of a newer one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if not is_current(connection):  # another process may have done it while this one waited
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@functools.cache
def _versions() -> tuple[frozenset[str], frozenset[str]]:
    """Tell which versions this program knows, and which of them are the newest.

    To find out is to run each of their files: more work than all else that a start asks of the tables.
    """
    scripts = ScriptDirectory.from_config(_config())
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return known, frozenset(scripts.get_heads())


def _config() -> Config:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # `opening` says in one line what is done
    config = Config()
    config.set_main_option("script_location", "bot:migrations")
    return config
