"""Strangers can't fill the log."""

import logging
import socket

import pytest

from bridge.running.calm import AT_ONCE, PER_SECOND, Calm
from tests.bridge.clock import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock(100.0)


def record(name: str, text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.INFO, __file__, 1, text, args, None)


@pytest.mark.parametrize(
    "name",
    [
        "asyncio",
        "bridge.viewers.outbox",
        "bridge.viewers.pulse",
        "bridge.viewers.session",
        "bridge.reception",
        "bridge.websockets.x",
        "cogs.commands.replies",
        "bridge.providers.refresher",
        "bridge.broadcasts",
    ],
)
def test_a_flood_is_summed_up(clock: StillClock, name: str) -> None:
    """Some lines, and later one that says how many there were besides."""
    calm = Calm(clock)
    heard = [calm.filter(record(name, "viewer %d is lost", number)) for number in range(AT_ONCE + 100)]
    assert heard == [True] * AT_ONCE + [False] * 100
    assert calm.filter(record(name, "something else"))
    clock.now += 1 / PER_SECOND
    last = record(name, "viewer %d is lost", 500)
    assert calm.filter(last)
    assert last.getMessage() == "viewer 500 is lost (100 more like this were not logged)"
    clock.now += 1 / PER_SECOND
    one_more = record(name, "viewer %d is lost", 501)
    assert calm.filter(one_more)
    assert one_more.getMessage() == "viewer 501 is lost"


def test_what_no_stranger_causes_is_all_written(clock: StillClock) -> None:
    """An operator's thousand guilds are opened, and each says so."""
    calm = Calm(clock)
    records = [record("bridge.rooms.directory", "room %d opened", number) for number in range(1_000)]
    assert all(map(calm.filter, records))


def test_a_name_that_nobody_waits_for(clock: StillClock) -> None:
    """uvloop tells of a failed look-up once more, when whoever asked has given up and said so."""
    calm = Calm(clock)
    late, other = record("asyncio", "Future exception was never retrieved"), record("asyncio", "Another")
    late.exc_info = (socket.gaierror, socket.gaierror(-3, "Temporary failure in name resolution"), None)
    other.exc_info = (OSError, OSError("something else"), None)
    assert not calm.filter(late)
    assert calm.filter(other)
