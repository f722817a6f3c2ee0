"""What was refused."""

import logging

import pytest

from bridge.access.tally import PAUSE, Tally


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_refusals_are_counted_by_their_reason() -> None:
    """All of them, since the start."""
    tally = Tally()
    for reason in ("full", "too many frames", "full"):
        tally.count(reason, 5.0)
    assert dict(tally.total) == {"full": 2, "too many frames": 1}


def test_the_first_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever looks after the bridge wants to know now."""
    Tally().count("full", 5.0)
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "refused: full (1)")


def test_a_flood_is_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """It doesn't fill the disk, and what it was is said with how often."""
    tally = Tally()
    for _ in range(1_000):
        tally.count("full", 5.0)
    tally.count("foreign origin", 5.0 + PAUSE / 2)
    tally.count("full", 5.0 + PAUSE)
    assert lines(caplog) == ["refused: full (1)", "refused: full (1000), foreign origin (1)"]
    assert tally.total["full"] == 1_001


def test_after_a_pause_only_what_is_new_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Not again what was."""
    tally = Tally()
    tally.count("full", 5.0)
    tally.count("too many bytes", 5.0 + 10 * PAUSE)
    assert lines(caplog) == ["refused: full (1)", "refused: too many bytes (1)"]
