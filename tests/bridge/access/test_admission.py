"""Who may enter which room."""

import asyncio
import logging
from dataclasses import replace

import pytest

from bridge.access.admission import DOORS_AT_ONCE, Admission
from bridge.access.doorkeeper import Doorkeeper
from bridge.access.guesses import Guesses
from bridge.access.passwords import hash_password
from bridge.access.patience import ASKED_AT_ONCE
from bridge.access.visitor import Pass
from bridge.errors import NoAnswer, NotAMember, Refused
from bridge.model import GuildInfo
from bridge.problems import LOGIN_NEEDED, NO_ANSWER, NO_SUCH_SERVER, WRONG_PASSWORD, too_many_tries
from bridge.providers import CallbackProvider, EmptyProvider
from bridge.providers.refresher import Refresher
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials
from tests.bridge.access.doors import LOGIN, NOBODY, OPEN, THERE, VAULT, Validator, answer, login, refusal
from tests.bridge.clock import Clock
from tests.bridge.source import SECRET, Source

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


async def test_questions_without_an_answer_are_shared_out(
    admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may cost something all the same: one address gets so many, others as many again."""
    Clock(monkeypatch)
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
