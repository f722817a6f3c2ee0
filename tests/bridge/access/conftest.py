"""Guilds with doors of every kind."""

import pytest

from bridge.access.admission import Admission
from bridge.access.doorkeeper import Doorkeeper
from bridge.access.guesses import Guesses
from bridge.model import GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from tests.bridge.access.doors import LOCKED, OPEN, VAULT


@pytest.fixture
async def directory(monkeypatch: pytest.MonkeyPatch) -> Directory:
    """Two guilds; what it costs to try a password is none of these tests' business."""
    monkeypatch.setattr("bridge.access.passwords._COST", 2**8)
    directory = Directory()
    directory.open(OPEN, [Member("7", "Ada")])
    directory.open(VAULT)
    return directory


@pytest.fixture
def admission(directory: Directory) -> Admission:
    return Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(10, 300)))


@pytest.fixture
def doors(directory: Directory) -> Admission:
    """Two guilds with passwords; three wrong tries of one address cost nothing, ten at one door."""
    directory.open(LOCKED)
    directory.open(GuildInfo("3", "cellar", "Cellar", protected=True, password="sesame"))
    admission = Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(3, 300)))
    admission.doorkeeper._guesses_at_door = Guesses(10, 10)
    return admission
