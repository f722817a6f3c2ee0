"""May this viewer enter that room."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeGuard

from bridge.access.familiar import Familiar
from bridge.access.guesses import Guesses
from bridge.access.login import Authority, Login
from bridge.access.passwords import Passwords
from bridge.access.patience import Known, Undecided, shares
from bridge.access.tally import Tally
from bridge.access.withdrawals import Ends, Withdrawals
from bridge.errors import NoAnswer, NotAMember, ProviderError, Refused
from bridge.model import RESERVED_SLUGS, GuildInfo
from bridge.problems import (
    LOGIN_NEEDED,
    NO_ANSWER,
    NO_SUCH_SERVER,
    NOT_A_MEMBER,
    NOT_THERE_YET,
    WRONG_PASSWORD,
    Problem,
    too_many_tries,
)
from bridge.providers import owner
from bridge.providers.keeper import Keeper
from bridge.providers.refresher import TIMEOUT
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials

Validator = Callable[[str, Mapping[str, Any], str], Awaitable[bool | datetime]]
Prepare = Callable[[Room], Awaitable[None]]
Who = Callable[[], "Visitor"]  # tells who somebody is by now: they may log out while they wait

# Wrong tries at one guild's door, from anywhere, beyond which each address may try there only so often before
# it has to wait: guessing from many addresses becomes slow, and nobody is locked out by what others do.
FREE_AT_ONE_DOOR: Final = 100
FREE_WHILE_GUESSED: Final = 2
LONGEST_WAIT: Final = 300.0  # seconds, for one address
DOORS_AT_ONCE: Final = 100  # that are tried in one turn of the loop, for who has no choice


async def _ready_already(_: Room) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: from which address, who they are if they logged in on our page, and with which device."""

    address: str = "?"
    login: Login | None = None
    device: str | None = None

    @property
    def current_login(self) -> Login | None:
        """Their login, unless it has ended: a connection may last longer."""
        return self.login if self.login is not None and self.login.until > time.time() else None


NOBODY: Final = Visitor()


def nobody() -> Visitor:
    """Tell that somebody is nobody."""
    return NOBODY


@dataclass(frozen=True, slots=True)
class Pass:
    """What opened the door of a protected room, where that may end.

    `uid` is who it was opened for, `login` the key of their login on our page, `until` when it ends
    (Unix time). A password has none of it.
    """

    uid: str | None = None
    login: str | None = None
    until: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it opens nothing any more."""
        return self.until is not None and self.until <= time.time()


@dataclass(frozen=True, slots=True)
class Entry:
    """A room that a viewer may enter now, and why. `trouble` is what they should know first."""

    room: Room
    permit: Pass = Pass()
    trouble: Problem | None = None


class Admission:
    """Finds the room that a viewer asked for, brings it up to date and checks the door.

    `validate(token, user, guild_id)` says whether a Discord login may watch a protected guild, and maybe
    until when; without one, no token opens any. `authority` says it of who logged in on our page. `count` is
    told of each refusal that somebody may have to answer for.
    """

    def __init__(
        self,
        directory: Directory,
        keeper: Keeper,
        guesses: Guesses,
        count: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._directory = directory
        self._keeper = keeper
        self._guesses = guesses
        self._count = count
        self._guesses_at_door = Guesses(FREE_AT_ONE_DOOR, LONGEST_WAIT)
        self._undecided = Undecided()
        self._shares = shares()
        self._known = Known()
        self._failures = Tally("failed")
        self._passwords = Passwords()
        self._familiar = Familiar()
        self._withdrawals: Withdrawals[Pass] = Withdrawals()
        self.validate: Validator | None = None
        self.authority: Authority | None = None
        self.expects_more_guilds = False

    def withdraw(self, ends: "Ends[Pass]", room: Room | None = None) -> None:
        """Have whoever is being let in just now, into one room or any, checked again if their permit ends."""
        self._withdrawals.note(ends, room)

    async def admit(
        self,
        server: str,
        credentials: Credentials,
        who: Who = nobody,
        seated: Room | None = None,
        prepare: Prepare = _ready_already,
    ) -> Entry:
        """Let a viewer into the room that `server` means; `seated` is where they have been admitted to.

        `prepare` makes ready what they get there, which may take a while. The entry is good until the caller
        waits for something.

        Raises:
            Refused: with the sentence for the viewer.
        """
        if server in RESERVED_SLUGS:
            return await self._admit_by_default(credentials, who, prepare)
        try:
            await self._keeper.refresh_servers()
        except ProviderError as error:
            raise Refused(error.problem) from error
        room = self._directory.resolve(server)
        if room is None:
            raise Refused(NOT_THERE_YET if self.expects_more_guilds else NO_SUCH_SERVER)
        entry = await self._pass(room, credentials, who, prepare, seated=room is seated)
        if entry.trouble is not None:
            raise Refused(entry.trouble)
        return entry

    async def _admit_by_default(self, credentials: Credentials, who: Who, prepare: Prepare) -> Entry:
        """Find a room for a viewer without a choice: there is always one, or old clients ask without end.

        A password is for one guild: tried at all of them, it would be wrong nearly everywhere.
        """
        trouble = None
        credentials = replace(credentials, password=None)
        attempt = _Attempt()
        try:
            await self._keeper.refresh_servers()
        except ProviderError as error:
            trouble = error.problem
        for number, room in enumerate(self._directory.defaults(), 1):
            if number % DOORS_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                entry = await self._pass(room, credentials, who, prepare, attempt=attempt)
            except _Unanswered as refused:
                trouble = trouble or refused.problem
                continue
            except Refused:
                continue
            return replace(entry, trouble=entry.trouble or trouble)
        await self._keeper.refresh_lobby()
        return Entry(self._directory.lobby, trouble=trouble)

    async def _pass(
        self,
        room: Room,
        credentials: Credentials,
        who: Who,
        prepare: Prepare,
        *,
        seated: bool = False,
        attempt: "_Attempt | None" = None,
    ) -> Entry:
        """Check the door and bring the room up to date; the entry says what went wrong with the latter.

        What somebody tries at several doors with one `attempt` counts once.

        Raises:
            Refused: if they may not enter, or the room was closed meanwhile.
        """
        attempt = attempt or _Attempt()
        # All that is asked here has to wait, and meanwhile the door may change, somebody's access end, or the
        # viewer log out. An entry counts only if nothing of that happened from before the first question to
        # after the last one, else all is asked again, also for who is seated. Between here and the seat
        # nothing waits: so whoever sits down may, and whatever ends afterwards finds them in their seat.
        while True:
            grounds, trouble = self._grounds(room, who), None
            with self._withdrawals.on_the_way(room) as ended:
                permit = Pass() if seated else await self._check(room, credentials, who(), attempt)
                try:
                    await self._keeper.refresh_room(room)
                except ProviderError as error:
                    trouble = error.problem
                await prepare(room)
            # What let in who is seated, nobody knows here.
            is_withdrawn = bool(ended) if seated else any(ends(permit) for ends in ended)
            if self._grounds(room, who) == grounds and not is_withdrawn:
                break
            seated = False
        if self._directory.rooms.get(room.info.id) is not room:
            raise Refused(NO_SUCH_SERVER)
        return Entry(room, permit, trouble)

    def _grounds(self, room: Room, who: Who) -> tuple[object, ...]:
        """Name all on which it depends whether somebody may enter, and that may change while they wait."""
        return room.info.door, who()

    async def _check(
        self, room: Room, credentials: Credentials, visitor: Visitor, attempt: "_Attempt"
    ) -> Pass:
        info = room.info
        if not info.protected:
            return Pass()
        login, refusal = visitor.current_login, Refused(LOGIN_NEEDED)
        if login is not None:
            refusal = Refused(NOT_A_MEMBER)
            try:
                if await self._may_watch(login.account.uid, info.id):
                    return Pass(login.account.uid, login.key, login.until)
            except NoAnswer:
                refusal = _Unanswered(NO_ANSWER)
        if info.has_password and credentials.password is not None:
            await self._check_password(credentials.password, info, visitor)
            return Pass()
        if not credentials.token or not credentials.user:
            raise refusal
        try:
            until = await self._check_login(credentials.token, credentials.user, info, visitor, attempt)
        except NoAnswer:
            self._count("login unanswered")
            raise _Unanswered(NO_ANSWER) from None
        uid = str(credentials.user.get("id"))
        return Pass(uid, until=until.timestamp() if isinstance(until, datetime) else None)

    async def _check_login(
        self, token: str, user: Mapping[str, Any], info: GuildInfo, visitor: Visitor, attempt: "_Attempt"
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
            self._take_back(whose, _Attempt(info))
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

    def _take_back(self, whose: str, attempt: "_Attempt") -> None:
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


class _Unanswered(Refused):
    """A viewer may not enter because nobody can say whether they may."""


@dataclass(slots=True)
class _Attempt:
    """What one viewer asks for once; at which door a try was counted that may turn out to be wrong."""

    counted_at: GuildInfo | None = None


def _by_device(device: str) -> str:
    """Name a device where addresses are named as well: none of them looks like it."""
    return f"device {device}"


def _is_ahead(answer: object) -> TypeGuard[datetime]:
    return isinstance(answer, datetime) and answer.timestamp() > time.time()
