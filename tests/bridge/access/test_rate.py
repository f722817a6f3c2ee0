"""How often something may happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.running.rate import Rate, Rates

TEN = Rate(2, at_once=10)  # ten at once, and two a second


def spend(rate: Rate, full_at: float, now: float, times: int) -> float:
    """Take one out of a bucket so often."""
    for _ in range(times):
        after = rate.spend(full_at, now)
        assert after is not None
        full_at = after
    return full_at


def test_so_many_at_once() -> None:
    """And not one more."""
    assert TEN.spend(spend(TEN, 0.0, 100.0, 10), 100.0) is None


def test_one_after_the_other_comes_back() -> None:
    """Two a second, when all have been spent."""
    empty = spend(TEN, 0.0, 100.0, 10)
    assert TEN.spend(empty, 100.4) is None
    assert TEN.spend(spend(TEN, empty, 100.5, 1), 100.5) is None
    assert TEN.spend(spend(TEN, empty, 102.0, 4), 102.0) is None


def test_a_bucket_holds_no_more_than_it_can() -> None:
    """Who was away for a year may not do a year's worth at once."""
    full_at = spend(TEN, 0.0, 100.0, 1)
    assert TEN.spend(spend(TEN, full_at, 1e7, 10), 1e7) is None


def test_what_is_refused_costs_nothing() -> None:
    """Who knocks on and on gets in as soon as who waits."""
    empty = spend(TEN, 0.0, 100.0, 10)
    assert all(TEN.spend(empty, 100.1) is None for _ in range(100))
    assert TEN.spend(empty, 100.5) is not None


def test_an_amount_may_be_more_than_one() -> None:
    """As bytes are."""
    full_at = TEN.spend(0.0, 100.0, 7.5)
    assert full_at is not None
    assert TEN.spend(full_at, 100.0, 3) is None
    assert TEN.spend(full_at, 100.0, 2.5) is not None


def test_more_than_a_bucket_holds_is_never_there() -> None:
    """However long one waits."""
    assert TEN.spend(0.0, 1e9, 10.5) is None


@given(
    per_second=st.floats(0.01, 1e6),
    at_once=st.integers(1, 1_000),
    pauses=st.lists(st.floats(0, 10), max_size=60),
)
def test_in_the_long_run_it_is_never_more(per_second: float, at_once: int, pauses: list[float]) -> None:
    """Whatever somebody does: what was there at first, and what has come back since."""
    rate, now, full_at, passed = Rate(per_second, at_once), 50.0, 0.0, 0
    for pause in pauses:
        now += pause
        after = rate.spend(full_at, now)
        if after is not None:
            passed += 1
            full_at = after
    assert passed <= at_once + (now - 50.0) * per_second * (1 + 1e-9) + 1e-6


def test_each_key_has_its_own_bucket() -> None:
    """What one does costs another nothing."""
    rates = Rates(Rate(1, at_once=2))
    assert [rates.allow("a", 5.0) for _ in range(3)] == [True, True, False]
    assert rates.allow("b", 5.0)
    assert rates.allow("a", 6.0)


def test_who_is_full_again_is_forgotten_when_room_is_needed() -> None:
    """Memory stays bounded, and who is in the middle of it is remembered."""
    rates = Rates(Rate(1, at_once=3), max_keys=3)
    for key in ("a", "b"):
        rates.allow(key, 0.0)
    for _ in range(3):
        rates.allow("busy", 1.5)
    assert len(rates) == 3
    rates.allow("new", 1.5)
    assert len(rates) == 2
    assert not rates.allow("busy", 1.5)


def test_where_all_are_in_use_the_first_is_forgotten() -> None:
    """A flood of addresses takes no more memory than it may."""
    rates = Rates(Rate(1, at_once=1), max_keys=3)
    for key in ("a", "b", "c", "d"):
        assert rates.allow(key, 0.0)
    assert len(rates) == 3
    assert [rates.allow(key, 0.0) for key in ("b", "c", "d")] == [False] * 3


@pytest.mark.parametrize("flood", [1_000])
def test_a_flood_of_keys_stays_bounded(flood: int) -> None:
    """Also where nobody is refused."""
    rates = Rates(Rate(0.01, at_once=5), max_keys=50)
    assert all(rates.allow(str(key), key / 100) for key in range(flood))
    assert len(rates) <= 50


def test_a_flood_of_keys_is_looked_through_now_and_then() -> None:
    """Where all are in use, one look makes room for many."""
    rates = Rates(Rate(0.01, at_once=5), max_keys=1_000)
    looks, before = 0, None
    for key in range(3_000):
        assert rates.allow(str(key), 0.0)
        looks += before is not None and before is not rates._full_at
        before = rates._full_at
    assert looks == 20
