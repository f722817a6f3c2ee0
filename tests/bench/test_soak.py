"""The soak runs, for seconds instead of minutes: nothing is lost, and nothing is left."""

import pytest

from tests.bench.soak import Options, Outcome, soak

pytestmark = pytest.mark.timeout(300)  # it waits half a minute for each of several things, at most


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What came of it: viewers are in a hurry, and the pulse beats fast."""
    return soak(
        Options(
            viewers=60,
            duration=7.0,
            checkpoint=2.0,
            period=1.5,
            haste=30.0,
            sizes=(20, 60, 200),
            tight=True,
            drain=False,
        )
    )


def test_nothing_is_lost(outcome: Outcome) -> None:
    """Each view was its room's at each checkpoint, no message was missing, and nobody was thrown out."""
    assert outcome.faults == []


def test_it_was_not_for_nothing(outcome: Outcome) -> None:
    """They came and went in every way, and came back to where they had been."""
    assert outcome.checkpoints >= 2
    assert outcome.views > 60
    assert outcome.tally.messages > 100
    assert outcome.tally.resumed > 0
    assert {"close", "reset", "pause", "move"} <= outcome.done.keys()


def test_nothing_is_left(outcome: Outcome) -> None:
    """Neither sessions nor tasks, when everybody has gone."""
    assert set(outcome.leftovers.values()) == {0}
