"""Who guesses passwords or logins has to wait, and keeps nobody else out."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bridge.access.admission import Admission
from bridge.access.doorkeeper import FREE_WHILE_GUESSED, Doorkeeper
from bridge.access.guesses import FORGOTTEN_AFTER, AddressGuesses, Guesses
from bridge.access.passwords import hash_password
from bridge.access.visitor import Visitor
from bridge.network.peers import household
from bridge.problems import LOGIN_NEEDED, NO_ANSWER, WRONG_PASSWORD, too_many_tries
from bridge.providers import EmptyProvider
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from bridge.wire.protocol import Credentials
from tests.bridge.access.doors import (
    HERE,
    LOCKED,
    LOGIN,
    NOBODY,
    RIGHT,
    THERE,
    VAULT,
    WRONG,
    Validator,
    answer,
    login,
    refused,
)
from tests.bridge.clock import Clock
from tests.bridge.watchers import until


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which nobody has waited long enough because a test had to wait for its machine."""
    return Clock(monkeypatch)


async def test_who_guesses_has_to_wait_longer_each_time(doors: Admission, clock: Clock) -> None:
    """Some seconds, which are said; and after that there is one try more."""
    for _ in range(3):
        assert await answer(doors, WRONG) == WRONG_PASSWORD
    for seconds in (1, 2, 4, 8):
        assert await answer(doors, WRONG) == too_many_tries(seconds)
        assert await answer(doors, RIGHT) == too_many_tries(
            seconds
        )  # or it would be a guess that costs nothing
        await clock.jump(seconds + 0.001)
        assert await answer(doors, WRONG) == WRONG_PASSWORD
    await clock.jump(16.001)
    assert await answer(doors, RIGHT) is None


async def test_guesses_of_one_address_count_at_all_doors(doors: Admission) -> None:
    """Each guild's would otherwise be another chance."""
    for server in ("vault", "cellar", "vault"):
        assert await answer(doors, WRONG, server=server) == WRONG_PASSWORD
    assert await answer(doors, RIGHT, server="cellar") == too_many_tries(1)


async def test_others_go_in_and_out_meanwhile(doors: Admission) -> None:
    """Who guesses locks out nobody but their own address."""
    for _ in range(20):
        await answer(doors, WRONG)
    assert await answer(doors, RIGHT, THERE) is None


async def test_open_rooms_let_in_who_guessed(doors: Admission) -> None:
    """There is nothing to guess."""
    for _ in range(20):
        await answer(doors, WRONG)
    assert await answer(doors, NOBODY, server="open") is None


async def test_passwords_and_logins_count_together(doors: Admission) -> None:
    """Both are ways to guess."""
    doors.doorkeeper.validate = Validator(False)
    assert await answer(doors, WRONG) == WRONG_PASSWORD
    for _ in range(2):
        assert await answer(doors, LOGIN) == LOGIN_NEEDED
    assert await answer(doors, LOGIN) == too_many_tries(1)


async def test_right_tries_cost_nothing(doors: Admission) -> None:
    """However often somebody comes back."""
    doors.doorkeeper.validate = Validator(True)
    for _ in range(30):
        assert await answer(doors, RIGHT) is None
        assert await answer(doors, LOGIN) is None
    assert len(doors.doorkeeper._guesses) == 0
    assert len(doors.doorkeeper._guesses_at_door) == 0


async def test_without_a_try_nothing_counts(doors: Admission) -> None:
    """Old clients knock at every door they know, with empty hands."""
    for _ in range(30):
        assert await answer(doors, NOBODY) == LOGIN_NEEDED
    assert len(doors.doorkeeper._guesses) == 0


async def test_guessing_from_many_addresses_becomes_slow(doors: Admission) -> None:
    """Where many were wrong lately, each address gets two tries at that door, and waits from then on."""
    await besiege(doors)
    for number in range(10):
        visitor = Visitor(f"10.0.1.{number}")
        for _ in range(FREE_WHILE_GUESSED):
            assert await answer(doors, WRONG, visitor) == WRONG_PASSWORD
        assert await answer(doors, WRONG, visitor) == too_many_tries(1)
        assert await answer(doors, WRONG, visitor, "cellar") == WRONG_PASSWORD


async def test_guessing_holds_no_door_shut(doors: Admission, directory: Directory) -> None:
    """However many guess, who has the right password or login gets in, also for the first time."""
    await besiege(doors, 500)
    directory.open(replace(VAULT, password=None, password_hash=hash_password("sesame")))
    await besiege(doors)
    doors.doorkeeper.validate = Validator(True)
    for number in range(5):
        assert await answer(doors, RIGHT, Visitor(f"198.51.100.{number}")) is None
        assert await answer(doors, LOGIN, Visitor(f"192.0.2.{number}")) is None


async def test_a_siege_is_forgotten(doors: Admission, clock: Clock) -> None:
    """Some while after its end, others may be wrong as often as ever."""
    await besiege(doors)
    await clock.jump(FORGOTTEN_AFTER + 1)
    for _ in range(3):
        assert await answer(doors, WRONG) == WRONG_PASSWORD


async def besiege(doors: Admission, guesses: int = 30) -> None:
    """Guess the vault's password, from an address each time."""
    for number in range(guesses):
        assert await answer(doors, WRONG, Visitor(f"10.0.{number >> 8}.{number & 255}")) == WRONG_PASSWORD


async def test_who_was_in_before_does_not_wait_for_those_who_guess(doors: Admission) -> None:
    """Guessing from many addresses makes nobody more careful who belongs there."""
    assert await answer(doors, RIGHT, THERE) is None
    await besiege(doors)
    for _ in range(FREE_WHILE_GUESSED):
        assert await answer(doors, WRONG, THERE) == WRONG_PASSWORD
        assert await answer(doors, WRONG, HERE) == WRONG_PASSWORD
    assert await answer(doors, RIGHT, THERE) is None
    assert await answer(doors, RIGHT, HERE) == too_many_tries(1)


async def test_familiar_is_who_knows_the_door_as_it_is(doors: Admission, directory: Directory) -> None:
    """With another password they are strangers like all."""
    assert await answer(doors, RIGHT, THERE) is None
    directory.open(replace(VAULT, password="another"))
    await besiege(doors)
    for _ in range(FREE_WHILE_GUESSED):
        assert await answer(doors, WRONG, THERE) == WRONG_PASSWORD
    assert await answer(doors, Credentials(password="another"), THERE) == too_many_tries(1)


class Held:
    """A validator that knows which tokens are good, and says so when it may."""

    def __init__(self, *good: str) -> None:
        self.good = set(good)
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        self.asked.append(token)
        await self.may_answer.wait()
        return token in self.good


@pytest.mark.parametrize("server", ["vault", "default"])
async def test_logins_at_once_are_tries_all_the_same(
    doors: Admission, directory: Directory, server: str
) -> None:
    """Three hundred in one moment are no three hundred questions; nor are they at the door of no choice."""
    directory.close("1")
    directory.close("3")
    doors.doorkeeper.validate = held = Held()
    asking = [asyncio.create_task(answer(doors, login(f"t{n}"), HERE, server)) for n in range(300)]
    await until(lambda: len(held.asked) >= 3, "as many as cost nothing are asked about")
    held.may_answer.set()
    said = await asyncio.gather(*asking)
    assert len(held.asked) == 3
    if server == "vault":
        assert (said.count(LOGIN_NEEDED), said.count(too_many_tries(1))) == (3, 297)
    else:
        assert set(said) == {None}  # the lobby has them


async def test_good_logins_at_once_are_all_let_in(doors: Admission) -> None:
    """A school comes home to one address: each has to wait for those before, and none is refused."""
    doors.doorkeeper.validate = held = Held(*(f"t{n}" for n in range(40)))
    asking = [asyncio.create_task(answer(doors, login(f"t{n}"))) for n in range(40)]
    await until(lambda: len(held.asked) == 3, "as many as cost nothing are asked about")
    held.may_answer.set()
    assert set(await asyncio.gather(*asking)) == {None}
    assert len(doors.doorkeeper._guesses) == len(doors.doorkeeper._guesses_at_door) == 0


async def test_who_waits_for_their_turn_does_not_wait_for_ever(
    doors: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is answered they hear so, and none of it counts."""
    monkeypatch.setattr("bridge.access.doorkeeper.TIMEOUT", 0.05)
    doors.doorkeeper.validate = Held()
    said = await asyncio.gather(*(answer(doors, login(f"t{n}")) for n in range(40)))
    assert set(said) == {NO_ANSWER}
    assert len(doors.doorkeeper._guesses) == 0


async def test_a_login_that_was_good_does_not_wait_for_those_who_guess(doors: Admission) -> None:
    """Others behind the same address may guess what they like."""
    doors.doorkeeper.validate = held = Held("ada")
    held.may_answer.set()
    assert await answer(doors, login("ada")) is None
    for number in range(10):
        await answer(doors, login(f"guess-{number}"))
    assert await answer(doors, login("bob")) == too_many_tries(1)
    assert await answer(doors, login("ada")) is None
    assert await answer(doors, login("ada"), server="cellar") == too_many_tries(1)
    held.good.clear()
    assert await answer(doors, login("ada")) == LOGIN_NEEDED
    assert await answer(doors, login("ada")) == too_many_tries(1)


async def test_the_tries_of_a_wide_network_count_together(directory: Directory) -> None:
    """Whoever has 65,536 networks to guess from gets ten times as many tries as an address, not more."""
    directory.open(LOCKED)
    admission = Admission(
        directory, Refresher(directory, EmptyProvider()), Doorkeeper(AddressGuesses(3, 300))
    )
    said = [
        await answer(admission, WRONG, Visitor(household(f"2001:db8:0:{number << 8:x}::1")))
        for number in range(40)
    ]
    assert said.count(WRONG_PASSWORD) == 30
    assert await answer(admission, RIGHT, Visitor(household("2001:db8:1::1"))) is None


async def test_who_is_familiar_may_not_guess_without_end(doors: Admission) -> None:
    """Their own address counts all the same."""
    assert await answer(doors, RIGHT) is None
    for _ in range(3):
        assert await answer(doors, WRONG) == WRONG_PASSWORD
    assert await answer(doors, WRONG) == too_many_tries(1)


# Who shares an address with somebody who guesses

ADA, EVE = Visitor("203.0.113.1", device="ada's"), Visitor("203.0.113.1", device="eve's")


async def test_who_was_in_before_does_not_wait_for_a_housemate_who_guesses(
    doors: Admission, clock: Clock
) -> None:
    """However long the address has to wait, their device got in before; the guesser's waits all the same."""
    assert await answer(doors, RIGHT, ADA) is None
    for _ in range(3):
        assert await answer(doors, WRONG, EVE) == WRONG_PASSWORD
    for seconds in (1, 2, 4, 8):
        for _ in range(20):
            assert await answer(doors, RIGHT, ADA) is None
            assert await answer(doors, WRONG, EVE) == too_many_tries(seconds)
            assert await answer(doors, RIGHT, EVE) == too_many_tries(seconds)
        await clock.jump(seconds + 0.001)
        assert await answer(doors, WRONG, EVE) == WRONG_PASSWORD


async def test_a_housemate_s_guesses_fill_no_queue(doors: Admission, directory: Directory) -> None:
    """Nor do they where each try takes a while."""
    directory.open(replace(VAULT, password_hash=hash_password("sesame")))
    assert await answer(doors, RIGHT, ADA) is None
    guesses = [answer(doors, Credentials(password=f"guess {number}"), EVE) for number in range(50)]
    said = await asyncio.gather(*guesses, answer(doors, RIGHT, ADA))
    assert said.count(WRONG_PASSWORD) == 3
    assert said.pop() is None


async def test_a_device_that_got_in_may_not_guess_without_end(doors: Admission) -> None:
    """It waits as an address does, and its address for nothing that it tries."""
    assert await answer(doors, RIGHT, ADA) is None
    for _ in range(3):
        assert await answer(doors, WRONG, ADA) == WRONG_PASSWORD
    assert await answer(doors, RIGHT, ADA) == too_many_tries(1)
    assert await answer(doors, RIGHT, HERE) is None


async def test_a_device_is_known_at_the_door_where_it_got_in(doors: Admission, directory: Directory) -> None:
    """Behind others, and behind the same one with another password, it is one of its address's."""
    assert await answer(doors, RIGHT, ADA) is None
    for _ in range(3):
        await answer(doors, WRONG, EVE)
    assert await answer(doors, RIGHT, ADA, "cellar") == too_many_tries(1)
    directory.open(replace(VAULT, password="another"))
    assert await answer(doors, Credentials(password="another"), ADA) == too_many_tries(1)


async def test_a_device_is_known_wherever_it_comes_from(doors: Admission) -> None:
    """It was carried into a house in which somebody guesses."""
    assert await answer(doors, RIGHT, replace(ADA, address="198.51.100.9")) is None
    for _ in range(3):
        await answer(doors, WRONG, EVE)
    assert await answer(doors, RIGHT, ADA) is None


async def test_many_devices_are_no_more_tries(doors: Admission) -> None:
    """A number is had for the asking; only those that got in count by themselves."""
    said = [await answer(doors, WRONG, Visitor("203.0.113.1", device=f"{number}")) for number in range(10)]
    assert said == [WRONG_PASSWORD] * 3 + [too_many_tries(1)] * 7


async def test_whoever_brings_what_is_known_is_remembered(doors: Admission, directory: Directory) -> None:
    """Of those with the same password only the first has to be tried; all of them were let in."""
    directory.open(replace(VAULT, password_hash=hash_password("sesame")))
    for visitor in (THERE, HERE, ADA):
        assert await answer(doors, RIGHT, visitor) is None
    await besiege(doors)
    for _ in range(FREE_WHILE_GUESSED):
        assert await answer(doors, WRONG) == WRONG_PASSWORD
    assert await answer(doors, RIGHT) is None
    await answer(doors, WRONG)
    assert await answer(doors, RIGHT) == too_many_tries(1)
    assert await answer(doors, RIGHT, ADA) is None


async def test_guesses_at_once_are_guesses_all_the_same(doors: Admission, directory: Directory) -> None:
    """They are counted before they are looked at: a hundred in one moment are no hundred tries."""
    directory.open(replace(VAULT, password_hash=hash_password("sesame")))
    tries = [Credentials(password=f"guess {number}") for number in range(50)]
    answers = await asyncio.gather(*(answer(doors, credentials) for credentials in tries))
    assert answers.count(WRONG_PASSWORD) == 3
    assert answers.count(too_many_tries(1)) == 47


async def test_a_default_tries_no_password(doors: Admission, directory: Directory) -> None:
    """It is meant for one guild, and wrong at nearly all."""
    directory.close("1")
    assert (await doors.admit("default", RIGHT, lambda: HERE)).room is directory.lobby
    assert len(doors.doorkeeper._guesses) == 0


async def test_a_default_counts_a_login_once(doors: Admission, directory: Directory) -> None:
    """However many doors it was tried at; who has tried too often is asked about no more."""
    directory.close("1")
    doors.doorkeeper.validate = validator = Validator(False)
    for _ in range(10):
        assert (await doors.admit("default", LOGIN, lambda: HERE)).room is directory.lobby
    assert [asked[2] for asked in validator.asked] == ["2", "3"] * 3
    assert await answer(doors, LOGIN) == too_many_tries(1)


async def test_a_default_counts_no_login_that_is_good_somewhere(
    doors: Admission, directory: Directory
) -> None:
    """An old client sends its token everywhere, and is a member only here and there."""
    directory.close("1")

    async def only_the_cellar(token: str, user: Mapping[str, Any], guild_id: str) -> bool:
        return guild_id == "3"

    doors.doorkeeper.validate = only_the_cellar
    for _ in range(10):
        assert (await doors.admit("default", LOGIN, lambda: HERE)).room is directory.rooms["3"]
    assert len(doors.doorkeeper._guesses) == len(doors.doorkeeper._guesses_at_door) == 0


async def test_a_default_asks_nobody_for_who_has_to_wait(doors: Admission, directory: Directory) -> None:
    """Or it would be another way to try tokens."""
    for _ in range(4):
        await answer(doors, WRONG)
    directory.close("1")
    doors.doorkeeper.validate = validator = Validator(True)
    assert (await doors.admit("default", LOGIN, lambda: HERE)).room is directory.lobby
    assert validator.asked == []


async def test_the_same_right_password_is_tried_once_for_all(directory: Directory) -> None:
    """After a restart a thousand viewers come at once: none of them has to wait for being many."""
    directory.open(replace(VAULT, password_hash=hash_password("sesame")))
    admission = Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(1, 300)))
    key = Credentials(password="sesame")
    addresses = [f"10.0.{number // 250}.{number % 250}" for number in range(1_000)]
    comers = [admission.admit("vault", key, partial(Visitor, address)) for address in addresses]
    entries = await asyncio.gather(*comers)
    assert {entry.room for entry in entries} == {directory.rooms["2"]}


async def test_who_has_to_wait_is_not_told_whether_it_was_right(directory: Directory) -> None:
    """A right password that others have given is no way round the waiting time: one could guess on."""
    directory.open(replace(VAULT, password_hash=hash_password("sesame")))
    admission = Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(1, 300)))
    await admission.admit("vault", Credentials(password="sesame"), lambda: Visitor("10.0.0.1"))
    guesser = Visitor("10.0.0.2")
    assert await refused(admission, "wrong", guesser) == WRONG_PASSWORD
    assert (await refused(admission, "sesame", guesser)).code == "too-many-tries"
