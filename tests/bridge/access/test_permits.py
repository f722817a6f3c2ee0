"""What opened the door to somebody, and that it ends."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.access.admission import Admission
from bridge.access.login import Account, Login
from bridge.access.visitor import Pass, Visitor
from bridge.errors import Refused
from bridge.problems import LOGIN_NEEDED, NOT_A_MEMBER
from bridge.rooms.directory import Directory
from tests.bridge.access.doors import LOGIN, NOBODY, RIGHT, Validator, answer, refusal
from tests.bridge.watchers import until


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


MEMBER = Visitor("203.0.113.3", Login(Account("7", "Ada"), "key", 1e12))


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
