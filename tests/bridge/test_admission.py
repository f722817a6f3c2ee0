"""Who may enter which room."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bridge.admission import Admission
from bridge.directory import Directory
from bridge.errors import Refused
from bridge.guesses import Guesses
from bridge.model import GuildInfo, Member
from bridge.passwords import hash_password
from bridge.protocol import LOGIN_NEEDED, NO_SUCH_SERVER, WRONG_PASSWORD, Credentials
from bridge.providers import CallbackProvider, EmptyProvider
from bridge.providers.feed import Feed
from tests.bridge.source import SECRET, Source

OPEN = GuildInfo("1", "open", "Open")
VAULT = GuildInfo("2", "vault", "Vault", protected=True)
NOBODY = Credentials()
LOGIN = Credentials(token="token", user={"id": "7", "username": "Ada"})


@pytest.fixture
async def directory() -> Directory:
    directory = Directory()
    directory.open(OPEN, [Member("7", "Ada")])
    directory.open(VAULT)
    return directory


@pytest.fixture
def admission(directory: Directory) -> Admission:
    return Admission(directory, Feed(directory, EmptyProvider()), Guesses(10, 300))


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


async def refusal(admission: Admission, server: str, credentials: Credentials = NOBODY) -> str:
    with pytest.raises(Refused) as raised:
        await admission.admit(server, credentials)
    return str(raised.value)


# Open rooms


@pytest.mark.parametrize("name", ["open", "1"])
async def test_an_open_room_lets_everybody_in(admission: Admission, directory: Directory, name: str) -> None:
    """By slug or snowflake."""
    entry = await admission.admit(name, NOBODY)
    assert entry.room is directory.rooms["1"]
    assert entry.trouble is None


async def test_an_open_room_asks_no_validator(admission: Admission) -> None:
    """Credentials don't matter there."""
    admission.validate = validator = Validator(False)
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
    admission.validate = Validator(True)
    assert (await admission.admit("vault", LOGIN)).room is directory.rooms["2"]


async def test_the_validator_learns_who_wants_where(admission: Admission) -> None:
    """Token, user and the guild's snowflake."""
    admission.validate = validator = Validator(True)
    await admission.admit("vault", LOGIN)
    assert validator.asked == [("token", {"id": "7", "username": "Ada"}, "2")]


@pytest.mark.parametrize("answer", [False, None, 1, "yes", "True", {"valid": True}, [True], object()])
async def test_only_true_opens_the_door(admission: Admission, answer: object) -> None:
    """Truthy is not enough: a record of an error is truthy, too."""
    admission.validate = Validator(answer)
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


@pytest.mark.parametrize("fault", [RuntimeError(SECRET), KeyError(SECRET), TimeoutError()])
async def test_a_validator_that_raises_keeps_the_door_shut(admission: Admission, fault: Exception) -> None:
    """Whatever it raises."""
    admission.validate = Validator(fault)
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_validator_whose_own_work_was_cancelled_keeps_the_door_shut(admission: Admission) -> None:
    """The viewer is told, like after any other fault."""
    admission.validate = Validator(asyncio.CancelledError())
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_validator_that_hangs_keeps_the_door_shut(
    admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout."""
    monkeypatch.setattr("bridge.admission.TIMEOUT", 0.01)
    admission.validate = Validator(asyncio.Event())
    assert await refusal(admission, "vault", LOGIN) == LOGIN_NEEDED


async def test_a_failing_validator_is_logged_without_secrets(
    admission: Admission, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its words nor the token."""
    admission.validate = Validator(RuntimeError(f"{SECRET} {LOGIN.token}"))
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
    admission.validate = validator = Validator(True)
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
    admission.validate = Validator(True)
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
    return Admission(directory, Feed(directory, provider, 0), Guesses(10, 300))


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
