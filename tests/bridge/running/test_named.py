"""A line of the log says whom it is about."""

import logging

import pytest

from bridge.running.calm import AT_ONCE, PER_SECOND, Calm
from bridge.running.named import Named, of_guild

log = logging.getLogger("bridge.viewers.outbox")


def test_a_line_begins_with_the_name(caplog: pytest.LogCaptureFixture) -> None:
    """And stands where it was written, with what was raised."""
    caplog.set_level("INFO")
    of_guild(log, 7).info("%d of %d are there, %s", 1, 2, "100%")
    try:
        log.setLevel("no level")
    except ValueError:
        Named(log, "connection 9").exception("no answer")
    told, failed = caplog.records
    assert told.getMessage() == "guild 7: 1 of 2 are there, 100%"
    assert failed.getMessage() == "connection 9: no answer"
    assert failed.exc_info is not None
    assert {record.filename for record in caplog.records} == {"test_named.py"}
    assert {record.name for record in caplog.records} == {log.name}


def test_what_is_not_wanted_costs_no_line(caplog: pytest.LogCaptureFixture) -> None:
    """As with any other log."""
    caplog.set_level("WARNING")
    of_guild(log, 7).info("joined")
    assert not caplog.records


def test_a_flood_of_many_is_summed_up(caplog: pytest.LogCaptureFixture) -> None:
    """Each is about another connection, and all say the same."""
    now = [100.0]
    calm = Calm(lambda: now[0])
    caplog.set_level("INFO")
    for number in range(AT_ONCE + 100):
        Named(log, f"connection {number}").info("viewer dismissed: %s", "SLOW")
    assert [calm.filter(record) for record in caplog.records] == [True] * AT_ONCE + [False] * 100
    now[0] += 1 / PER_SECOND
    caplog.clear()
    Named(log, "connection 500").info("viewer dismissed: %s", "SLOW")
    [last] = caplog.records
    assert calm.filter(last)
    assert last.getMessage() == (
        "connection 500: viewer dismissed: SLOW (100 more like this were not logged)"
    )
