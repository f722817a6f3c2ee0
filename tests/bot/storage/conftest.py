"""What tests of stored settings start from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.bot.stored import sqlite_url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a database in a file will be."""
    return tmp_path / "dzone.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, file: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        return sqlite_url(file)
    empty: str = request.getfixturevalue("cluster").empty_database()
    return empty


@pytest.fixture
async def stored(url: str) -> AsyncIterator[Store]:
    """A store in an empty database."""
    opened = await Store.open(url)
    yield opened
    await opened.close()
