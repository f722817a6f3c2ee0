"""What Discord still owes the bot."""

import pytest

from bot.gateway.arrivals import Arrivals


@pytest.fixture
def arrivals() -> Arrivals:
    """Two shards, neither of which has a session."""
    arrivals = Arrivals()
    arrivals.expect([0, 1])
    return arrivals


def test_before_anything_is_known() -> None:
    """As long as nobody knows how many shards there are, anything may come."""
    arrivals = Arrivals()
    arrivals.lose(0)
    arrivals.find(0)
    assert arrivals.are_owed


def test_every_shard_is_waited_for(arrivals: Arrivals) -> None:
    """One that isn't there may have any guild."""
    arrivals.find(0)
    assert arrivals.are_owed
    arrivals.find(1)
    assert not arrivals.are_owed


def test_a_shard_that_is_lost(arrivals: Arrivals) -> None:
    """It is waited for again; how many there are doesn't change."""
    arrivals.find(0)
    arrivals.find(1)
    arrivals.lose(1)
    arrivals.expect([0, 1])
    assert arrivals.are_owed
    arrivals.find(1)
    assert not arrivals.are_owed


def test_guilds_that_were_only_named(arrivals: Arrivals) -> None:
    """A guild of which nothing but the id is known is owed as well."""
    arrivals.name([1, 2])
    arrivals.find(0)
    arrivals.find(1)
    arrivals.tell(1)
    assert arrivals.are_owed
    arrivals.tell(2)
    assert not arrivals.are_owed


def test_a_guild_that_was_told_is_known(arrivals: Arrivals) -> None:
    """Whatever a new session or an outage calls it: its room is there."""
    arrivals.find(0)
    arrivals.find(1)
    arrivals.tell(1)
    arrivals.name([1])
    assert not arrivals.are_owed
