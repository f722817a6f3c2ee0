"""What tests of stored settings start from."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from bot import store
from bot.storage import claim, opening, sharing
from bot.store import Store
from bridge.providers import notices
from tests.bot.stored import sqlite_url
from tests.bridge.watchers import PATIENCE

LONG: Final = PATIENCE / 2  # seconds


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine stand still for longer than the bot would wait; who tests that waits for less."""
    for module, names in (
        (store, ("PATIENCE", "CLOSE_PATIENCE")),
        (opening, ("PATIENCE",)),
        (claim, ("PATIENCE", "ANSWER", "CLOSE_PATIENCE")),
        (sharing, ("PATIENCE", "CLOSE_PATIENCE")),
        (notices, ("PATIENCE",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, LONG)
    monkeypatch.setattr(sharing, "FROZEN", int(LONG * 1_000))


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
