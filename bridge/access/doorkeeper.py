"""Decides at the doors of protected rooms: who logged in, who knows the password, who has to wait."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeGuard

from bridge.access.familiar import Familiar
from bridge.access.guesses import Guesses
from bridge.access.passwords import Passwords
from bridge.access.patience import Known, Undecided, shares
from bridge.access.tally import Tally
from bridge.access.visitor import Pass, Visitor
from bridge.errors import NoAnswer, NotAMember, Refused
from bridge.model import GuildInfo
from bridge.problems import LOGIN_NEEDED, NO_ANSWER, NOT_A_MEMBER, WRONG_PASSWORD, Problem, too_many_tries
from bridge.providers import owner
from bridge.providers.refresher import TIMEOUT
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials

if TYPE_CHECKING:
    from bridge.access.login import Authority

Validator = Callable[[str, Mapping[str, Any], str], Awaitable[bool | datetime]]

# Wrong tries at one guild's door, from anywhere, beyond which each address may try there only so often before
# it has to wait: guessing from many addresses becomes slow, and nobody is locked out by what others do.
FREE_AT_ONE_DOOR: Final = 100
FREE_WHILE_GUESSED: Final = 2
LONGEST_WAIT: Final = 300.0  # seconds, for one address


class Unanswered(Refused):
    """A viewer may not enter because nobody can say whether they may."""


@dataclass(slots=True)
class Attempt:
    """What one viewer asks for once; at which door a try was counted that may turn out to be wrong."""

    counted_at: GuildInfo | None = None


class Door(Protocol):
    """Decides who may enter: here, or where those are asked who can."""

    async def shortlist(
        self, rooms: Sequence[Room], credentials: Credentials, visitor: Visitor
    ) -> tuple[Sequence[Room], Problem | None]:
        """Name those of these rooms that are worth a try, in their order, and what went wrong with others."""

    async def check(
        self, info: GuildInfo, credentials: Credentials, visitor: Visitor, attempt: Attempt
    ) -> Pass:
        """Tell what lets somebody in. What they try at several doors with one `attempt` counts once.

        Raises:
            Unanswered: if nobody can say.
            Refused: if nothing does.
        """


class Doorkeeper:
    """Knows who may enter, or whom to ask.

    `validate(token, user, guild_id)` says whether a Discord login may watch a protected guild, and maybe
    until when; without one, no token opens any. `authority` says it of who logged in on our page. `count` is
    told of each refusal that somebody may have to answer for.
    """

    def __init__(self, guesses: Guesses, count: Callable[[str], None] = lambda _: None) -> None:
        self._guesses = guesses
        self._count = count
        self._guesses_at_door = Guesses(FREE_AT_ONE_DOOR, LONGEST_WAIT)
        self._undecided = Undecided()
        self._shares = shares()
        self._known = Known()
        self._failures = Tally("failed")
        self._passwords = Passwords()
        self._familiar = Familiar()
        self.validate: Validator | None = None
        self.authority: Authority | None = None

    async def shortlist(
        self,
        rooms: Sequence[Room],
        credentials: Credentials,  # noqa: ARG002
        visitor: Visitor,  # noqa: ARG002
    ) -> tuple[Sequence[Room], Problem | None]:
        """Leave all of them: a look at each costs next to nothing."""
        return rooms, None

    async def check(
        self, info: GuildInfo, credentials: Credentials, visitor: Visitor, attempt: Attempt
    ) -> Pass:
        """Tell what lets somebody in. What they try at several doors with one `attempt` counts once.

        Raises:
            Unanswered: if nobody can say.
            Refused: if nothing does.
        """
        login, refusal = visitor.current_login, Refused(LOGIN_NEEDED)
        if login is not None:
            refusal = Refused(NOT_A_MEMBER)
            try:
                if await self._may_watch(login.account.uid, info.id):
                    return Pass(login.account.uid, login.key, login.until)
            except NoAnswer:
                refusal = Unanswered(NO_ANSWER)
        if info.has_password and credentials.password is not None:
            await self._check_password(credentials.password, info, visitor)
            return Pass()
        if not credentials.token or not credentials.user:
            raise refusal
        try:
            until = await self._check_login(credentials.token, credentials.user, info, visitor, attempt)
        except NoAnswer:
            self._count("login unanswered")
            raise Unanswered(NO_ANSWER) from None
        uid = str(credentials.user.get("id"))
        return Pass(uid, until=until.timestamp() if isinstance(until, datetime) else None)

    async def still_admits(self, uid: str, guild_id: str) -> bool:
        """Tell whether somebody may watch who was let in by a login, here or elsewhere.

        Raises:
            NoAnswer: if nobody can say.
        """
        if self.authority is None:
            raise NoAnswer
        return await self._may_watch(uid, guild_id)

    async def _check_login(
        self, token: str, user: Mapping[str, Any], info: GuildInfo, visitor: Visitor, attempt: Attempt
    ) -> bool | datetime:
        """Ask about a login, which counts as a try until it is known to be good; return until when it is.

        Raises:
            NoAnswer: if nobody can say.
            Refused: if it isn't good.
        """
        digest = self._known.digest(token, info.id)
        is_known = digest in self._known
        if not is_known and attempt.counted_at is None:
            await self._wait_for_turn(visitor, info)
            self._note_try(visitor.address, info)
            attempt.counted_at = info
        try:
            with self._undecided.one(visitor.address):
                until = await self._validate(token, user, info.id)
        except NotAMember:
            until, is_known = False, True
        except NoAnswer:
            self._take_back(visitor.address, attempt)
            raise
        # From here to the end of the try nothing waits: who waits for it to be decided finds it taken back.
        if until is not False or is_known:
            self._take_back(visitor.address, attempt)
        if until is False:
            self._known.drop(digest)
            self._count("login refused")
            raise Refused(LOGIN_NEEDED)
        self._known.add(digest)
        return until

    async def _wait_for_turn(self, visitor: Visitor, info: GuildInfo) -> None:
        """Wait for what else this address has tried and isn't decided; refuse who has to wait for longer.

        Raises:
            NoAnswer: if the answers don't come.
            Refused: which says how long to wait.
        """
        try:
            async with asyncio.timeout(TIMEOUT):
                wait = await self._undecided.wait(visitor.address, lambda: self._wait(visitor.address, info))
        except TimeoutError:
            raise NoAnswer from None
        now = asyncio.get_running_loop().time()
        if wait <= 0 and not self._shares.allow(visitor.address, now):
            wait = 1.0
        self._refuse_for(wait)

    async def _check_password(self, password: str, info: GuildInfo, visitor: Visitor) -> None:
        whose = self._who_guesses(visitor, info)
        self._refuse_for(self._wait(whose, info))
        # Of the many who come back after a restart, the first alone has to be tried.
        if not await self._passwords.is_known(password, info):
            # Counted before it is known whether it is right: many at once are many all the same.
            self._note_try(whose, info)
            if not await self._passwords.fit(password, info, whose):
                self._count("wrong password")
                raise Refused(WRONG_PASSWORD)
            self._take_back(whose, Attempt(info))
        self._familiar.add(info, visitor.address)
        if visitor.device is not None:
            self._familiar.add(info, _by_device(visitor.device))

    def _who_guesses(self, visitor: Visitor, info: GuildInfo) -> str:
        """Name whose guess a password is: a device's that got in before, else its address's.

        Who guesses behind the same address makes no such device wait, and can't pass for it. Nor do they
        learn anything sooner: with theirs, which never got in, they wait as ever, whatever they bring.
        """
        device = visitor.device and _by_device(visitor.device)
        return device if device and self._familiar.knows(info, device) else visitor.address

    async def _may_watch(self, uid: str, guild_id: str) -> bool:
        if self.authority is None:
            return False
        return await self._ask("may_watch", guild_id, self.authority.may_watch(uid, guild_id)) is True

    async def _validate(self, token: str, user: Mapping[str, Any], guild_id: str) -> bool | datetime:
        if self.validate is None:
            return False
        answer = await self._ask("on_validate_discord_user", guild_id, self.validate(token, user, guild_id))
        return answer if answer is True or _is_ahead(answer) else False

    async def _ask(self, what: str, guild_id: str, answer: Awaitable[object]) -> object:
        """Ask the owner's code about a login. Whatever it raises, the door stays shut.

        Raises:
            NoAnswer: if it can't say, hangs, or can't reach whom it asks.
            NotAMember: if it says so.
        """
        try:
            return await owner.ask(answer, TIMEOUT)
        except (NoAnswer, NotAMember):
            raise
        except Exception as error:  # noqa: BLE001 - an edge
            # Its type alone: the text may repeat the token.
            now = asyncio.get_running_loop().time()
            self._failures.count(
                f"{what} for guild {guild_id}: {type(error).__name__}{owner.where(error)}", now
            )
            if isinstance(error, OSError):  # as TimeoutError is
                raise NoAnswer from None
            return False

    def _note_try(self, whose: str, info: GuildInfo) -> None:
        now = asyncio.get_running_loop().time()
        self._guesses.count(whose, now)
        self._guesses_at_door.count(info.id, now)

    def _take_back(self, whose: str, attempt: Attempt) -> None:
        """Have a try that is counted, if there is one, not be wrong."""
        if attempt.counted_at is not None:
            self._guesses.forgive(whose)
            self._guesses_at_door.forgive(attempt.counted_at.id)
            attempt.counted_at = None

    def _wait(self, whose: str, info: GuildInfo) -> float:
        """Tell how long somebody has to wait, whatever they bring."""
        now = asyncio.get_running_loop().time()
        careful = self._guesses_at_door.has_many(info.id, now) and not self._familiar.knows(info, whose)
        return self._guesses.wait(whose, now, FREE_WHILE_GUESSED if careful else None)

    def _refuse_for(self, wait: float) -> None:
        """Refuse somebody who has to wait for so many seconds.

        Raises:
            Refused: which says how long.
        """
        if wait > 0:
            self._count("too many tries")
            raise Refused(too_many_tries(math.ceil(wait)))


def _by_device(device: str) -> str:
    """Name a device where addresses are named as well: none of them looks like it."""
    return f"device {device}"


def _is_ahead(answer: object) -> TypeGuard[datetime]:
    return isinstance(answer, datetime) and answer.timestamp() > time.time()
