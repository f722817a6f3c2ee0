"""Databases of both kinds with the tables that `SqlProvider` reads, and a small world to put into them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from bridge.providers.sql import SqlProvider
from tests.bridge.watchers import PATIENCE
from tests.postgres import Cluster

WORLD: dict[str, dict[str, Any]] = {
    "100000000000000001": {"name": "The First", "passworded": False, "default": True, "enabled": True},
    "100000000000000002": {"name": "The Second", "passworded": True, "default": False, "enabled": True},
    "100000000000000003": {"name": "Switched off", "passworded": False, "default": False, "enabled": False},
}
FIRST, SECOND, _ = WORLD
PEOPLE: dict[str, dict[str, dict[str, Any]]] = {
    FIRST: {
        "200000000000000001": {"username": "Ada", "status": "online", "roleColor": "#ff0000"},
        "200000000000000002": {"username": "Grüße 👋🏽", "status": "idle", "roleColor": None},
    },
    SECOND: {"200000000000000001": {"username": "Ada", "status": "dnd", "roleColor": "#00ff00"}},
}
ADA, BEPPO = PEOPLE[FIRST]


class Database(Protocol):
    """A database that a provider reads and a test writes."""

    url: str

    def sql(self, *statements: str) -> str:
        """Run statements, committed together before it returns; rows have `|` between columns."""


class SqliteDatabase:
    """A file."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self._path = path

    def sql(self, *statements: str) -> str:
        with closing(sqlite3.connect(self._path, PATIENCE, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            if len(statements) > 1:
                statements = "BEGIN", *statements, "COMMIT"
            rows = [row for statement in statements for row in connection.execute(statement)]
        return "\n".join("|".join(map(str, row)) for row in rows)


class PostgresDatabase:
    """A database on a server of our own."""

    def __init__(self, cluster: Cluster, name: str = "test") -> None:
        self.url = cluster.empty_database(name)
        self.cluster = cluster
        self._name = name

    def sql(self, *statements: str) -> str:
        return self.cluster.sql("; ".join(statements), self._name)


async def furnish(database: Database) -> None:
    """Make the tables, with the world in them."""
    provider = SqlProvider(database.url)
    await provider.create_tables()
    await provider.close()
    users = [_user(guild_id, *each) for guild_id, some in PEOPLE.items() for each in some.items()]
    database.sql(  # together: whoever reads it already finds no guild without its people
        f"INSERT INTO servers VALUES {', '.join(map(_server, WORLD.items()))}",
        f"INSERT INTO users VALUES {', '.join(users)}",
    )


def _server(each: tuple[str, dict[str, Any]]) -> str:
    server_id, record = each
    flags = ", ".join(str(record[field]).upper() for field in ("passworded", "default", "enabled"))
    return f"('{server_id}', '{record['name']}', {flags})"


def _user(server_id: str, uid: str, record: dict[str, Any]) -> str:
    color = f"'{record['roleColor']}'" if record["roleColor"] else "NULL"
    return f"('{server_id}', '{uid}', '{record['username']}', '{record['status']}', {color})"
