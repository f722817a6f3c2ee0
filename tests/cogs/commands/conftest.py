"""What all tests of commands start from."""

from collections.abc import AsyncIterator

import pytest

from tests.cogs.office import Office, open_office


@pytest.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """A guild in which commands can be used."""
    async with open_office(monkeypatch) as office:
        yield office
