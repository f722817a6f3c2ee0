"""How long somebody waits who guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.access.guesses import FORGOTTEN_AFTER, Guesses


def guesses(wrong: int, free: int = 3, longest: float = 300.0) -> Guesses:
    """Somebody, `a`, was wrong so often, all at the time of 100 s."""
    tries = Guesses(free, longest)
    for _ in range(wrong):
        tries.count("a", 100.0)
    return tries


@pytest.mark.parametrize(
    ("wrong", "wait"),
    [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 4), (6, 8), (10, 128), (12, 300), (40, 300), (5_000, 300)],
)
def test_the_time_to_wait_doubles(wrong: int, wait: float) -> None:
    """The first few cost nothing; it never gets longer than the longest."""
    assert guesses(wrong).wait("a", 100.0) == wait


def test_with_none_free_already_the_first_costs() -> None:
    """`MAX_WRONG_TRIES=0`."""
    assert guesses(0, free=0).wait("a", 100.0) == 0
    assert guesses(1, free=0).wait("a", 100.0) == 2


def test_the_wait_passes() -> None:
    """And then one more try is there, which makes the next wait longer."""
    tries = guesses(5)
    assert tries.wait("a", 103.0) == 1
    assert tries.wait("a", 104.0) == 0
    tries.count("a", 104.0)
    assert tries.wait("a", 104.0) == 8


def test_others_do_not_wait() -> None:
    """Each key for itself."""
    assert guesses(50).wait("b", 100.0) == 0


def test_who_asks_how_long_is_not_remembered() -> None:
    """Only who tries."""
    tries = guesses(0)
    tries.wait("a", 100.0)
    assert len(tries) == 0


def test_who_was_right_is_forgiven() -> None:
    """Their own try, not those of before: a right password doesn't pay for guessing another."""
    tries = guesses(5)
    tries.count("a", 200.0)
    tries.forgive("a")
    assert tries.wait("a", 200.0) == 4


def test_who_was_only_right_is_not_remembered() -> None:
    """Nothing is kept of those who make no mistakes."""
    tries = guesses(1)
    tries.forgive("a")
    assert len(tries) == 0
    tries.forgive("a")
    assert len(tries) == 0


def test_wrong_tries_are_forgotten_in_time() -> None:
    """After a while without any."""
    tries = guesses(9)
    tries.count("a", 100.0 + FORGOTTEN_AFTER + 1)
    assert tries.wait("a", 100.0 + FORGOTTEN_AFTER + 1) == 0


def test_wrong_tries_now_and_then_are_not_forgotten() -> None:
    """Who guesses slowly all the time stays slow."""
    tries = guesses(9)
    tries.count("a", 100.0 + FORGOTTEN_AFTER - 1)
    assert tries.wait("a", 100.0 + FORGOTTEN_AFTER - 1) == 128


def test_memory_is_bounded() -> None:
    """Whose last try is longest ago is forgotten first, not who keeps trying."""
    tries = Guesses(0, 300.0, max_keys=3)
    for number in range(50):
        tries.count("busy", float(number))
        tries.count(f"passing {number}", float(number))
    assert len(tries) == 3
    assert tries.wait("busy", 49.0) == 300


@given(
    pauses=st.lists(st.floats(0, 400), max_size=80),
    free=st.integers(0, 5),
)
def test_guessing_gets_slow(pauses: list[float], free: int) -> None:
    """However somebody times it: beyond the free ones no more than the doubling waits let through."""
    tries, now, tried = Guesses(free, 60.0), 0.0, 0
    for pause in pauses:
        now += min(pause, FORGOTTEN_AFTER - 1)
        if tries.wait("a", now) == 0:
            tries.count("a", now)
            tried += 1
    least = sum(min(60.0, 2.0**n) for n in range(max(0, tried - free - 1)))
    assert now >= least - 1e-6 * (1 + least)
