"""Where the database is: what is taken for an address, and what is answered to a mistake."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.storage import address
from bridge.storage.address import PostgresAddress, SqliteAddress


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("sqlite:///dzone.sqlite3", "dzone.sqlite3"),
        ("sqlite:///data/my bot.db", "data/my bot.db"),
        ("sqlite:////var/lib/dzone.sqlite3", "/var/lib/dzone.sqlite3"),
        ("sqlite:///C:\\bots\\dzone.sqlite3", "C:\\bots\\dzone.sqlite3"),
        ("sqlite:///C:/bots/dzone.sqlite3", "C:/bots/dzone.sqlite3"),
        ("SQLite:///50%?a#b", "50%?a#b"),
    ],
)
def test_a_file(written: str, path: str) -> None:
    """What comes after three slashes is a path, as it is."""
    assert address.parse(written) == SqliteAddress(Path(path))


@pytest.mark.parametrize(
    ("written", "dsn"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgres://u:p@h:5433/d", "postgresql://u:p@h:5433/d"),
        ("postgres://u:p%40@h/d?sslmode=require", "postgresql://u:p%40@h/d?sslmode=require"),
        ("postgresql://u:p@[::1]:5432/d", "postgresql://u:p@[::1]:5432/d"),
        ("postgresql:///d?host=/run/postgresql", "postgresql:///d?host=%2Frun%2Fpostgresql"),
        ("postgresql://u@h/?dbname=d", "postgresql://u@h/?dbname=d"),
        (
            "postgresql://u:p@h/d?sslmode=require&channel_binding=require&pgbouncer=true&connect_timeout=10",
            "postgresql://u:p@h/d?sslmode=require",
        ),
    ],
)
def test_a_server(written: str, dsn: str) -> None:
    """Hosting platforms write it in several ways; what only other clients know is left out."""
    assert address.parse(written) == PostgresAddress(dsn)


def test_a_password_is_not_in_the_repr() -> None:
    """An address that is printed or logged gives nothing away."""
    assert "secret" not in repr(address.parse("postgres://u:secret@h/d"))


WRONG = [
    "",
    "dzone.sqlite3",
    "mysql://u:secret@h/d",
    "postgresql+asyncpg://u:secret@h/d",
    "sqlite:",
    "sqlite://",
    "sqlite:///",
    "sqlite://secret",
    "sqlite:///a\x00b",
    "sqlite:///a\nb",
    "sqlite:///:memory:",
    "sqlite:///file:secret?mode=memory",
    "postgres:",
    "postgres://",
    "postgres://u:secret@",
    "postgres://u:secret@h",
    "postgres://u:secret@h/",
    "postgres://u:sec#ret@h/d",
    "postgres://u:sec/ret@h/d",
    "postgres://u:sec?ret@h/d",
    "postgres://u:secret@h:port/d",
    "postgres://u:secret@h:99999/d",
    "postgres://u:secret@[::1/d",
    "postgres://u:secret@h/d?secret",
    "postgres://u:sec\nret@h/d",
    "u:secret@h/d",
]


@pytest.mark.parametrize("written", WRONG)
def test_what_is_no_address(written: str) -> None:
    """What can't be an address is answered with one that can; there may be a password in it."""
    with pytest.raises(ValueError, match=r"sqlite:///dzone\.sqlite3") as caught:
        address.parse(written)
    said = str(caught.value)
    assert "postgresql://user:password@host:5432/database" in said
    assert "sec" not in said
    assert "ret@" not in said


@given(
    st.text() | st.from_regex(r"(postgres|sqlite|postgresql)://?[a-z:@/?#\[\]%=0-9]{0,20}", fullmatch=True)
)
def test_whatever_is_written(written: str) -> None:
    """Any text is an address, or a ValueError."""
    with contextlib.suppress(ValueError):
        assert isinstance(address.parse(written), SqliteAddress | PostgresAddress)
