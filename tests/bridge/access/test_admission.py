"""Who may enter which room."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bridge.access.admission import DOORS_AT_ONCE, Admission
from bridge.access.doorkeeper import FREE_WHILE_GUESSED, Doorkeeper
from bridge.access.guesses import FORGOTTEN_AFTER, AddressGuesses, Guesses
from bridge.access.login import Account, Login
from bridge.access.passwords import hash_password
from bridge.access.patience import ASKED_AT_ONCE
from bridge.access.visitor import Pass, Visitor
from bridge.errors import NoAnswer, NotAMember, Refused
from bridge.model import GuildInfo, Member
from bridge.network.peers import household
from bridge.problems import (
    LOGIN_NEEDED,
    NO_ANSWER,
    NO_SUCH_SERVER,
    NOT_A_MEMBER,
    WRONG_PASSWORD,
    Problem,
    too_many_tries,
)
from bridge.providers import CallbackProvider, EmptyProvider
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials
from tests.bridge.clock import Clock
from tests.bridge.source import SECRET, Source
from tests.bridge.watchers import until

OPEN = GuildInfo("1", "open", "Open")
VAULT = GuildInfo("2", "vault", "Vault", protected=True)
NOBODY = Credentials()
LOGIN = Credentials(token="token", user={"id": "7", "username": "Ada"})


@pytest.fixture
async def directory(monkeypatch: pytest.MonkeyPatch) -> Directory:
    """Two guilds; what it costs to try a password is none of these tests' business."""
    monkeypatch.setattr("bridge.access.passwords._COST", 2**8)
    directory = Directory()
    directory.open(OPEN, [Member("7", "Ada")])
    directory.open(VAULT)
    return directory


@pytest.fixture
def admission(directory: Directory) -> Admission:
    return Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(10, 300)))


class Validator:
    """Answers as it is told, and notes what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, Any], str]] = []

    async def __call__(self, token: str, user: Mapping[str, Any], guild_id: str) -> Any:
        self.asked.append((token, user, guild_id))
        if isinstance(self.answer, BaseException):
            raise self.answer
        if isinstance(self.answer, asyncio.Event):
            await self.answer.wait()
        return self.answer


async def refusal(admission: Admission, server: str, credentials: Credentials = NOBODY) -> Problem:
    with pytest.raises(Refused) as raised:
        await admission.admit(server, credentials)
    return raised.value.problem


# Open rooms


@pytest.mark.parametrize("name", ["open", "1"])
async def test_an_open_room_lets_everybody_in(admission: Admission, directory: Directory, name: str) -> None:
    """By slug or snowflake."""
    entry = await admission.admit(name, NOBODY)
    assert entry.room is directory.rooms["1"]
    assert entry.trouble is None


async def test_an_open_room_asks_no_validator(admission: Admission) -> None:
    """Credentials don't matter there."""
    admission.doorkeeper.validate = validator = Validator(False)
    await admission.admit("open", LOGIN)
    assert validator.asked == []


async def test_an_unknown_room_says_so(admission: Admission) -> None:
    """With the sentence that clients know."""
    assert await refusal(admission, "nowhere") == NO_SUCH_SERVER


# Protected rooms


async def test_without_a_validator_nobody_enters(admission: Admission) -> None:
    """A protected guild is shut until somebody can tell who may enter."""
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_valid_login_enters(admission: Admission, directory: Directory) -> None:
    """True opens the door."""
    admission.doorkeeper.validate = Validator(True)
    assert (await admission.admit("vault", LOGIN)).room is directory.rooms["2"]


async def test_the_validator_learns_who_wants_where(admission: Admission) -> None:
    """Token, user and the guild's snowflake."""
    admission.doorkeeper.validate = validator = Validator(True)
    await admission.admit("vault", LOGIN)
    assert validator.asked == [("token", {"id": "7", "username": "Ada"}, "2")]


@pytest.mark.parametrize("answer", [False, None, 1, "yes", "True", {"valid": True}, [True], object()])
async def test_only_true_opens_the_door(admission: Admission, answer: object) -> None:
    """Truthy is not enough: a record of an error is truthy, too."""
    admission.doorkeeper.validate = Validator(answer)
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


@pytest.mark.parametrize("fault", [RuntimeError(SECRET), KeyError(SECRET)])
async def test_a_validator_that_raises_keeps_the_door_shut(admission: Admission, fault: Exception) -> None:
    """Whatever it raises."""
    admission.doorkeeper.validate = Validator(fault)
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_validator_whose_own_work_was_cancelled_keeps_the_door_shut(admission: Admission) -> None:
    """The viewer is told, like after any other fault."""
    admission.doorkeeper.validate = Validator(asyncio.CancelledError())
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_validator_that_hangs_keeps_the_door_shut(
    admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout; that is no answer."""
    monkeypatch.setattr("bridge.access.doorkeeper.TIMEOUT", 0.01)
    admission.doorkeeper.validate = Validator(asyncio.Event())
    assert await refusal(admission, "vault", LOGIN) == NO_ANSWER


@pytest.mark.parametrize("fault", [NoAnswer(), TimeoutError(), ConnectionRefusedError()], ids=repr)
async def test_no_answer_is_no_wrong_answer(admission: Admission, fault: Exception) -> None:
    """However often: who has a good login is let in as soon as there is an answer."""
    admission.doorkeeper.validate = validator = Validator(fault)
    for _ in range(30):
        assert await refusal(admission, "vault", LOGIN) == NO_ANSWER
    assert len(admission.doorkeeper._guesses) == len(admission.doorkeeper._guesses_at_door) == 0
    validator.answer = True
    assert (await admission.admit("vault", LOGIN)).permit == Pass("7")


async def test_who_is_no_member_guesses_nothing(admission: Admission) -> None:
    """A good login of somebody who may not watch is refused, and not counted."""
    admission.doorkeeper.validate = Validator(NotAMember())
    for _ in range(30):
        assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED
    assert len(admission.doorkeeper._guesses) == len(admission.doorkeeper._guesses_at_door) == 0


async def test_questions_without_an_answer_are_shared_out(admission: Admission) -> None:
    """They may cost something all the same: one address gets so many, others as many again."""
    admission.doorkeeper.validate = validator = Validator(NoAnswer())
    said = [await answer(admission, login(str(number))) for number in range(ASKED_AT_ONCE + 10)]
    assert said.count(NO_ANSWER) == len(validator.asked) == ASKED_AT_ONCE
    assert set(said[ASKED_AT_ONCE:]) == {too_many_tries(1)}
    assert await answer(admission, LOGIN, THERE) == NO_ANSWER


async def test_a_viewer_without_a_choice_hears_that_there_is_no_answer(
    admission: Admission, directory: Directory
) -> None:
    """They get another room meanwhile."""
    directory.open(replace(VAULT, default=True))
    admission.doorkeeper.validate = Validator(NoAnswer())
    entry = await admission.admit("default", LOGIN)
    assert (entry.room.info.slug, entry.trouble) == ("open", NO_ANSWER)


async def test_a_failing_validator_is_logged_without_secrets(
    admission: Admission, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its words nor the token."""
    admission.doorkeeper.validate = Validator(RuntimeError(f"{SECRET} {LOGIN.token}"))
    with caplog.at_level(logging.DEBUG):
        await refusal(admission, "vault", LOGIN)
    assert caplog.records
    assert SECRET not in caplog.text
    assert "token" not in caplog.text


@pytest.mark.parametrize(
    "credentials",
    [NOBODY, Credentials(token="t"), Credentials(user={"id": "7"}), Credentials(token="", user={"id": "7"}),
     Credentials(token="t", user={})],
)  # fmt: skip
async def test_half_a_login_is_none(admission: Admission, credentials: Credentials) -> None:
    """The validator isn't even asked."""
    admission.doorkeeper.validate = validator = Validator(True)
    assert await refusal(admission, "vault", credentials) == LOGIN_NEEDED
    assert validator.asked == []


async def test_the_right_password_enters(admission: Admission, directory: Directory) -> None:
    """Where a guild has one."""
    directory.open(replace(VAULT, password="sésame"))
    assert (await admission.admit("vault", Credentials(password="sésame"))).room is directory.rooms["2"]


@pytest.mark.parametrize("password", ["", "sesam", "sesame ", "SESAME", "\ud800"])
async def test_a_wrong_password_says_so(admission: Admission, directory: Directory, password: str) -> None:
    """With the sentence that clients know."""
    directory.open(replace(VAULT, password="sesame"))
    assert await refusal(admission, "vault", Credentials(password=password)) == WRONG_PASSWORD


async def test_a_password_that_is_known_as_a_hash(admission: Admission, directory: Directory) -> None:
    """The right one enters, and no other."""
    directory.open(replace(VAULT, password_hash=hash_password("sésame")))
    assert (await admission.admit("vault", Credentials(password="sésame"))).room is directory.rooms["2"]
    assert await refusal(admission, "vault", Credentials(password="sesame")) == WRONG_PASSWORD


async def test_a_guild_without_a_password_opens_with_none(admission: Admission) -> None:
    """An empty password is no password."""
    assert await refusal(admission, "vault", Credentials(password="")) == LOGIN_NEEDED


async def test_who_sits_in_the_room_is_not_asked_again(admission: Admission, directory: Directory) -> None:
    """They have been admitted."""
    room = directory.rooms["2"]
    assert (await admission.admit("vault", NOBODY, seated=room)).room is room


async def test_who_sits_in_another_room_is_asked(admission: Admission, directory: Directory) -> None:
    """A seat is good for its own room."""
    with pytest.raises(Refused):
        await admission.admit("vault", NOBODY, seated=directory.rooms["1"])


# The default


async def test_the_default_is_the_marked_room(admission: Admission, directory: Directory) -> None:
    """Where one is marked."""
    marked = directory.open(GuildInfo("9", "marked", "Marked", default=True))
    assert (await admission.admit("default", NOBODY)).room is marked


async def test_the_default_is_a_room_that_lets_the_viewer_in(
    admission: Admission, directory: Directory
) -> None:
    """A protected default is passed over: there is always a room."""
    directory.open(replace(VAULT, default=True))
    assert (await admission.admit("default", NOBODY)).room is directory.rooms["1"]


async def test_the_default_may_be_a_protected_room(admission: Admission, directory: Directory) -> None:
    """For a viewer with a login."""
    directory.open(replace(VAULT, default=True))
    admission.doorkeeper.validate = Validator(True)
    assert (await admission.admit("default", LOGIN)).room is directory.rooms["2"]


async def test_the_default_is_the_lobby_if_no_room_is_open(
    admission: Admission, directory: Directory
) -> None:
    """Never an error: old clients would ask without end."""
    directory.close("1")
    assert (await admission.admit("default", NOBODY)).room is directory.lobby


async def test_the_lobby_s_own_name_means_the_default(admission: Admission, directory: Directory) -> None:
    """A page that was in the lobby has its name in the URL."""
    assert (await admission.admit(directory.lobby.info.slug, NOBODY)).room is directory.rooms["1"]


async def test_a_guild_with_the_lobby_s_id_is_a_guild(admission: Admission, directory: Directory) -> None:
    """No guild id is special."""
    room = directory.open(GuildInfo(directory.lobby.info.id, "zero", "Zero"))
    assert (await admission.admit(directory.lobby.info.id, NOBODY)).room is room


# Providers in trouble


@pytest.fixture
def fed(directory: Directory, source: Source) -> Admission:
    """Admission to rooms that `source` provides, beside those of the owner."""
    source.servers = {"5": {"id": "five", "name": "Five"}}
    source.users["5"] = {}
    provider = CallbackProvider(EmptyProvider())
    provider.use_servers(source.get_servers)
    provider.use_users(source.get_users)
    return Admission(directory, Refresher(directory, provider, 0), Doorkeeper(Guesses(10, 300)))


async def test_a_failing_list_refuses_a_named_room(fed: Admission, source: Source) -> None:
    """With a sentence that doesn't repeat the provider's."""
    source.server_fault = RuntimeError(SECRET)
    said = await refusal(fed, "five")
    assert said
    assert SECRET not in said


async def test_failing_members_refuse_a_named_room(fed: Admission, source: Source) -> None:
    """With a sentence that doesn't repeat the provider's."""
    source.user_fault = RuntimeError(SECRET)
    said = await refusal(fed, "five")
    assert said
    assert SECRET not in said


async def test_a_failing_provider_does_not_touch_rooms_of_the_owner(fed: Admission, source: Source) -> None:
    """Nobody asks it for their members."""
    source.user_fault = RuntimeError(SECRET)
    assert (await fed.admit("open", NOBODY)).trouble is None


async def test_the_default_has_a_room_for_all_the_trouble(fed: Admission, source: Source) -> None:
    """And says what is wrong."""
    source.server_fault = RuntimeError(SECRET)
    entry = await fed.admit("default", NOBODY)
    assert entry.room.info.slug == "open"
    assert entry.trouble
    assert SECRET not in entry.trouble


async def test_a_room_that_closes_while_its_members_are_asked_for_is_no_entry(
    fed: Admission, directory: Directory, source: Source
) -> None:
    """Nobody is seated where nothing happens any more."""
    source.hold("5")
    asking = asyncio.create_task(refusal(fed, "five"))
    await source.was_asked("5")
    directory.close("5")
    source.release("5")
    assert await asking == NO_SUCH_SERVER


async def test_a_default_that_closes_meanwhile_is_passed_over(
    fed: Admission, directory: Directory, source: Source
) -> None:
    """The next one serves."""
    source.servers["5"]["default"] = True
    source.hold("5")
    asking = asyncio.create_task(fed.admit("default", NOBODY))
    await source.was_asked("5")
    directory.close("5")
    source.release("5")
    assert (await asking).room.info.slug == "open"


# Guessing

HERE, THERE = Visitor("203.0.113.1"), Visitor("203.0.113.2")
LOCKED = replace(VAULT, password="sesame")
RIGHT, WRONG = Credentials(password="sesame"), Credentials(password="guess")


@pytest.fixture
def doors(directory: Directory) -> Admission:
    """Two guilds with passwords; three wrong tries of one address cost nothing, ten at one door."""
    directory.open(LOCKED)
    directory.open(GuildInfo("3", "cellar", "Cellar", protected=True, password="sesame"))
    admission = Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(3, 300)))
    admission.doorkeeper._guesses_at_door = Guesses(10, 10)
    return admission


async def answer(
    admission: Admission, credentials: Credentials, visitor: Visitor = HERE, server: str = "vault"
) -> Problem | None:
    """Knock; return what is said, or None if the door opened."""
    try:
        await admission.admit(server, credentials, lambda: visitor)
    except Refused as refused:
        return refused.problem
    return None


async def test_who_guesses_has_to_wait_longer_each_time(
    doors: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some seconds, which are said; and after that there is one try more."""
    clock = Clock(monkeypatch)
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


async def test_a_siege_is_forgotten(doors: Admission, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some while after its end, others may be wrong as often as ever."""
    clock = Clock(monkeypatch)
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


def login(token: str) -> Credentials:
    return Credentials(token=token, user={"id": "7"})


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
    doors: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the address has to wait, their device got in before; the guesser's waits all the same."""
    clock = Clock(monkeypatch)
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


# What opened the door


class Authority:
    """Says of who logged in on our page what they may watch, when it is told to."""

    def __init__(self, *guilds: str) -> None:
        self.guilds = set(guilds)
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        raise NotImplementedError

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        raise NotImplementedError

    async def may_watch(self, uid: str, server_id: str) -> bool:
        self.asked.append(uid)
        said = server_id in self.guilds
        await self.may_answer.wait()
        return said


MEMBER = Visitor("203.0.113.3", Login(Account("7", "Ada"), "key", time.time() + 1_000))


async def test_who_logged_in_on_our_page_enters_what_they_may(admission: Admission) -> None:
    """Until their login ends."""
    admission.doorkeeper.authority = Authority("2")
    entry = await admission.admit("vault", NOBODY, lambda: MEMBER)
    assert MEMBER.login is not None
    assert entry.permit == Pass("7", "key", MEMBER.login.until)


async def test_a_login_that_has_ended_opens_nothing(admission: Admission) -> None:
    """Though the connection that it came with is still open."""
    admission.doorkeeper.authority = authority = Authority("2")
    ended = Visitor("203.0.113.3", Login(Account("7", "Ada"), "key", time.time() - 1))
    assert await answer(admission, NOBODY, ended) == LOGIN_NEEDED
    assert authority.asked == []


async def test_who_may_not_hears_that_it_is_their_account(admission: Admission) -> None:
    """Logging in once more would not help; and it is no guess."""
    admission.doorkeeper.authority = Authority()
    for _ in range(30):
        assert await answer(admission, NOBODY, MEMBER) == NOT_A_MEMBER
    assert len(admission.doorkeeper._guesses) == 0


@pytest.mark.parametrize("said", [1, "yes", None, [True]], ids=repr)
async def test_only_true_opens_the_door_for_a_login(admission: Admission, said: object) -> None:
    """Whatever an authority says."""

    class Odd(Authority):
        async def may_watch(self, uid: str, server_id: str) -> Any:
            return said

    admission.doorkeeper.authority = Odd()
    assert await answer(admission, NOBODY, MEMBER) == NOT_A_MEMBER


async def test_who_may_not_may_still_know_the_password(doors: Admission) -> None:
    """Their pass is the password's then."""
    doors.doorkeeper.authority = Authority()
    assert (await doors.admit("vault", RIGHT, lambda: MEMBER)).permit == Pass()


async def test_a_pass_for_an_open_room_is_nobody_s(admission: Admission) -> None:
    """No login opened it, and none will end it."""
    admission.doorkeeper.authority = Authority("1", "2")
    assert (await admission.admit("open", NOBODY, lambda: MEMBER)).permit == Pass()


async def test_a_token_s_pass_ends_with_it(admission: Admission) -> None:
    """Where the validator knows when."""
    until = datetime.now(UTC) + timedelta(hours=1)
    admission.doorkeeper.validate = Validator(until)
    assert (await admission.admit("vault", LOGIN)).permit == Pass("7", None, until.timestamp())
    admission.doorkeeper.validate = Validator(True)
    assert (await admission.admit("vault", LOGIN)).permit == Pass("7")


@pytest.mark.parametrize("seconds", [0, -1, -86_400])
async def test_a_token_that_has_ended_opens_nothing(admission: Admission, seconds: int) -> None:
    """Also when the validator only says until when."""
    admission.doorkeeper.validate = Validator(datetime.now(UTC) + timedelta(seconds=seconds))
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_reason_that_ends_while_somebody_enters_is_seen(admission: Admission) -> None:
    """They were a member when they were asked about, and were kicked before they were in."""
    admission.doorkeeper.authority = authority = Authority("2")
    authority.may_answer.clear()
    entering = asyncio.create_task(answer(admission, NOBODY, MEMBER))
    await until(lambda: bool(authority.asked), "the authority was asked")
    authority.guilds.clear()
    admission.withdraw(lambda permit: permit.uid == "7")
    authority.may_answer.set()
    assert await entering == NOT_A_MEMBER
    assert authority.asked == ["7", "7"]


async def test_another_s_reason_that_ends_costs_nothing(admission: Admission, directory: Directory) -> None:
    """In thousands of guilds somebody leaves all the time: who enters meanwhile isn't asked about again."""
    admission.doorkeeper.authority = authority = Authority("2")
    authority.may_answer.clear()
    entering = asyncio.create_task(answer(admission, NOBODY, MEMBER))
    await until(lambda: bool(authority.asked), "the authority was asked")
    admission.withdraw(lambda permit: permit.uid == "8")
    admission.withdraw(lambda permit: permit.uid == "7", directory.rooms["1"])
    authority.may_answer.set()
    assert await entering is None
    assert authority.asked == ["7"]


async def test_who_logs_out_while_they_enter_is_nobody_in_the_end(admission: Admission) -> None:
    """What they were let in for is theirs no longer."""
    admission.doorkeeper.authority = authority = Authority("2")
    authority.may_answer.clear()
    visitor = MEMBER
    entering = asyncio.create_task(admission.admit("vault", NOBODY, lambda: visitor))
    await until(lambda: bool(authority.asked), "the authority was asked")
    visitor = replace(MEMBER, login=None)
    authority.may_answer.set()
    with pytest.raises(Refused, match=LOGIN_NEEDED.sentence[:20]):
        await entering
    assert authority.asked == ["7"]


async def test_who_is_seated_is_checked_again_when_a_reason_ends(
    fed: Admission, directory: Directory, source: Source
) -> None:
    """A seat is good only as long as nothing was withdrawn while its room was asked for."""
    source.servers["5"]["passworded"] = True
    await fed.admit("default", NOBODY)
    room = directory.rooms["5"]
    source.hold("5")
    asking = asyncio.create_task(fed.admit("five", NOBODY, seated=room))
    await source.was_asked("5")
    fed.withdraw(lambda permit: permit.uid == "7")
    source.release("5")
    with pytest.raises(Refused, match=LOGIN_NEEDED.sentence[:20]):
        await asking


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


async def refused(admission: Admission, password: str, visitor: Visitor) -> Problem:
    with pytest.raises(Refused) as raised:
        await admission.admit("vault", Credentials(password=password), lambda: visitor)
    return raised.value.problem


# What is prepared


async def test_the_door_is_checked_once_more_when_all_is_prepared(
    admission: Admission, directory: Directory
) -> None:
    """It takes a while, and a lock may come in it."""
    prepared: list[Room] = []

    async def prepare(room: Room) -> None:
        prepared.append(room)
        directory.open(replace(OPEN, protected=True))

    with pytest.raises(Refused, match=LOGIN_NEEDED.sentence[:20]):
        await admission.admit("open", NOBODY, prepare=prepare)
    assert prepared == [directory.rooms["1"]]


async def test_a_guild_may_be_gone_when_all_is_prepared(admission: Admission, directory: Directory) -> None:
    """It is as if it had never been."""

    async def prepare(room: Room) -> None:
        directory.close(room.info.id)

    with pytest.raises(Refused, match=NO_SUCH_SERVER.sentence[:20]):
        await admission.admit("open", NOBODY, prepare=prepare)


async def test_a_thousand_shut_doors_leave_others_their_turns(directory: Directory) -> None:
    """Who has no choice is refused at each before the lobby takes them."""
    directory.close("1")
    for number in range(10 * DOORS_AT_ONCE):
        directory.open(GuildInfo(f"9{number}", f"shut-{number}", "Shut", protected=True))
    admission = Admission(directory, Refresher(directory, EmptyProvider()), Doorkeeper(Guesses(10, 300)))
    asking = asyncio.create_task(admission.admit("default", NOBODY))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0)
        turns += 1
    assert asking.result().room is directory.lobby
    assert turns >= 10
