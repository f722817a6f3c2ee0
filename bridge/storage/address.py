"""Where a database is: its address, such as `DATABASE_URL`, taken apart.

The address may hold a password. It stands in no complaint and in no `repr`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

HOW_TO_WRITE: Final = (
    "write sqlite:///dzone.sqlite3 for a file in this folder, "
    "or postgresql://user:password@host:5432/database for PostgreSQL"
)
# What hosting platforms append for other clients, and asyncpg would take for a setting of the server.
# Without channel binding the password stays as safe as `sslmode` makes it.
_FOR_OTHERS: Final = frozenset(
    {"channel_binding", "connect_timeout", "connection_limit", "gssencmode", "keepalives", "pgbouncer"}
)


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A file."""

    path: Path


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A server, as libpq's address without what only libpq knows."""

    dsn: str = field(repr=False)

    @property
    def host(self) -> str:
        """The name of its machine, or the folder of its socket."""
        parts = urlsplit(self.dsn)
        return parts.hostname or dict(parse_qsl(parts.query)).get("host", "")


Address = SqliteAddress | PostgresAddress


def parse(text: str) -> Address:
    """Take an address apart.

    Raises:
        ValueError: if it is none that we know. The message says what to write, after "it".
    """
    scheme = text.partition(":")[0].lower()
    if scheme == "sqlite":
        return _sqlite(text)
    if scheme in ("postgres", "postgresql"):
        return _postgres(text)
    raise ValueError(f"is no address of a database that is known here: {HOW_TO_WRITE}")


def _sqlite(text: str) -> SqliteAddress:
    start, path = text[: len("sqlite:///")], text[len("sqlite:///") :]
    if start.lower() != "sqlite:///" or not path or not path.isprintable():
        raise ValueError(f"names no file: {HOW_TO_WRITE}")
    if path.lower().startswith((":memory:", "file:")):
        raise ValueError(f"must name a file: what is only in memory is forgotten. So {HOW_TO_WRITE}")
    return SqliteAddress(Path(path))


def _postgres(text: str) -> PostgresAddress:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no port
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:  # its text has pieces of the address
        raise ValueError(f"can't be read. {_ESCAPE}, and {HOW_TO_WRITE}") from None
    names = {name for name, _ in query}
    if not (parts.hostname or "host" in names) or parts.fragment or not text.isprintable():
        raise ValueError(f"names no server. {_ESCAPE}, and {HOW_TO_WRITE}")
    if len(parts.path) <= 1 and not names & {"dbname", "database"}:
        raise ValueError(f"names no database: {HOW_TO_WRITE}")
    known = urlencode([(name, value) for name, value in query if name not in _FOR_OTHERS])
    return PostgresAddress(f"postgresql://{parts.netloc}{parts.path}{'?' if known else ''}{known}")


_ESCAPE: Final = "Write # / ? @ : and % in a password as %23 %2F %3F %40 %3A %25"
