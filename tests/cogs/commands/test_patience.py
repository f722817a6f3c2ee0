"""Who uses the bot all the time has to wait, and so has a guild."""

import pytest

from bridge.running.rate import Rate
from cogs.commands import patience
from cogs.commands.patience import Patience
from tests.bridge.clock import Clock


def at_once(name: str) -> int:
    rate = vars(patience)[name]
    assert isinstance(rate, Rate)
    return round(rate._full / rate._each)


async def test_one_person_may_only_use_it_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever they do; it comes back, and others have their own."""
    clock, patient = Clock(monkeypatch, stands_still=True), Patience()
    allowed = [patient.allows(1, number % 20 or None) for number in range(at_once("EACH") + 2)]
    assert allowed.count(True) == at_once("EACH")
    assert not allowed[-1]
    assert patient.allows(2, 7)
    await clock.jump(1)
    assert patient.allows(1, 7)


async def test_so_may_all_in_one_guild_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are; what they do in private, and other guilds, don't count."""
    clock, patient = Clock(monkeypatch, stands_still=True), Patience()
    allowed = [patient.allows(user, 7) for user in range(at_once("TOGETHER") + 2)]
    assert allowed.count(True) == at_once("TOGETHER")
    assert patient.allows(1, None)
    assert patient.allows(1, 8)
    await clock.jump(1)
    assert patient.allows(1, 7)


async def test_a_few_hear_that_they_have_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer costs as much as a small command."""
    Clock(monkeypatch, stands_still=True)
    patient = Patience()
    told = [patient.tells(user, 7) for user in range(20)]
    assert told == [True] * at_once("REFUSALS") + [False] * (20 - at_once("REFUSALS"))
    assert patient.tells(1, None)


async def test_they_begin_one_after_the_other() -> None:
    """In one round of the loop a few at most."""
    patient = Patience()
    await patient.turn(1, 7)
    await patient.turn(1, None)
