"""Who got through which door before."""

from dataclasses import replace

from bridge.access.familiar import Familiar
from bridge.model import GuildInfo

VAULT = GuildInfo("2", "vault", "Vault", protected=True, password="sesame")
CELLAR = GuildInfo("3", "cellar", "Cellar", protected=True, password="sesame")


def test_who_got_in_is_known_at_that_door() -> None:
    """As it is: with another password, it is another door; called something else, it is the same."""
    familiar = Familiar()
    familiar.add(VAULT, "ada")
    assert familiar.knows(VAULT, "ada")
    assert familiar.knows(replace(VAULT, slug="safe", name="Safe"), "ada")
    assert not familiar.knows(VAULT, "bob")
    assert not familiar.knows(CELLAR, "ada")
    assert not familiar.knows(replace(VAULT, password="another"), "ada")


def test_whoever_comes_often_is_kept_once() -> None:
    """And longer than those who came once."""
    familiar = Familiar(3)
    for who in ("ada", "bob", "cy", "ada", "dan"):
        familiar.add(VAULT, who)
    assert len(familiar) == 3
    assert [familiar.knows(VAULT, who) for who in ("ada", "bob", "cy", "dan")] == [True, False, True, True]


def test_many_at_one_door_are_forgotten_there() -> None:
    """A stranger has a guild of their own, and as many addresses as they like."""
    familiar = Familiar(10)
    familiar.add(CELLAR, "ada")
    for number in range(100):
        familiar.add(VAULT, f"{number}")
    assert len(familiar) == 10
    assert familiar.knows(CELLAR, "ada")
    assert [familiar.knows(VAULT, f"{number}") for number in (90, 91, 99)] == [False, True, True]


def test_nothing_is_kept_of_a_door_through_which_nobody_is_remembered() -> None:
    """Each change of a password makes another."""
    familiar = Familiar(2)
    for number in range(10):
        familiar.add(replace(VAULT, password=f"{number}"), "ada")
    assert len(familiar) == 2
    assert len(familiar._through) == 2
