"""What many tests of rooms start from."""

import pytest

from bridge.rooms.room import Room
from tests.bridge.rooms.seats import GUILD


@pytest.fixture
def room() -> Room:
    return Room(GUILD)
