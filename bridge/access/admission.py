"""May this viewer enter that room."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeGuard

from bridge import owner
from bridge.access.guesses import Guesses
from bridge.access.login import Authority, Login
from bridge.access.passwords import Passwords
from bridge.directory import Directory
from bridge.errors import ProviderError, Refused
from bridge.model import RESERVED_SLUGS, GuildInfo
from bridge.protocol import (
    LOGIN_NEEDED,
    NO_SUCH_SERVER,
    NOT_A_MEMBER,
    NOT_THERE_YET,
    TOO_MANY_TRIES,
    WRONG_PASSWORD,
    Credentials,
)
from bridge.providers.feed import TIMEOUT, Feed
from bridge.room import Room

log = logging.getLogger(__name__)

Validator = Callable[[str, Mapping[str, Any], str], Awaitable[bool | datetime]]
Prepare = Callable[[Room], Awaitable[None]]

# Wrong tries at one guild's door, from anywhere, that cost nothing, and the seconds at most that the next has
# to wait: guessing from many addresses becomes slow, and nobody can lock out others for long.
FREE_AT_ONE_DOOR: Final = 100
LONGEST_AT_ONE_DOOR: Final = 10.0
LONGEST_WAIT: Final = 300.0  # seconds, for one address
MAX_FAMILIAR: Final = 10_000  # addresses from which somebody got through a door
DOORS_AT_ONCE: Final = 100  # that are tried in one turn of the loop, for who has no choice


async def _ready_already(_: Room) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: from which address, and who they are if they logged in on our page."""

    address: str = "?"
    login: Login | None = None

    @property
    def current_login(self) -> Login | None:
        """Their login, unless it has ended: a connection may last longer."""
        return self.login if self.login is not None and self.login.until > time.time() else None


NOBODY: Final = Visitor()


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
    trouble: str | None = None


class Admission:
    """Finds the room that a viewer asked for, brings it up to date and checks the door.

    `validate(token, user, guild_id)` says whether a Discord login may watch a protected guild, and maybe
    until when; without one, no token opens any. `authority` says it of who logged in on our page. `count` is
    told of each refusal that somebody may have to answer for.
    """

    def __init__(
        self,
        directory: Directory,
        feed: Feed,
        guesses: Guesses,
        count: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._directory = directory
        self._feed = feed
        self._guesses = guesses
        self._count = count
        self._guesses_at_door = Guesses(FREE_AT_ONE_DOOR, LONGEST_AT_ONE_DOOR)
        self._passwords = Passwords()
        # Addresses from which somebody got through a door: what others try there doesn't make them wait.
        self._familiar: dict[tuple[object, ...], None] = {}
        self._withdrawals = 0
        self.validate: Validator | None = None
        self.authority: Authority | None = None
        self.expects_more_guilds = False

    def withdraw(self) -> None:
        """Have everybody who is being let in just now checked again: somebody's reason has ended."""
        self._withdrawals += 1

    async def admit(
        self,
        server: str,
        credentials: Credentials,
        visitor: Visitor = NOBODY,
        seated: Room | None = None,
        prepare: Prepare = _ready_already,
    ) -> Entry:
        """Let a viewer into the room that `server` means; `seated` is where they have been admitted to.

        `prepare` makes ready what they get there, which may take a while: it is done before the door is
        checked for the last time.

        Raises:
            Refused: with the sentence for the viewer.
        """
        if server in RESERVED_SLUGS:
            return await self._admit_by_default(credentials, visitor, prepare)
        try:
            await self._feed.refresh_servers()
        except ProviderError as error:
            raise Refused(str(error)) from error
        room = self._directory.resolve(server)
        if room is None:
            raise Refused(NOT_THERE_YET if self.expects_more_guilds else NO_SUCH_SERVER)
        entry = await self._pass(room, credentials, visitor, prepare, seated=room is seated)
        if entry.trouble is not None:
            raise Refused(entry.trouble)
        if self._directory.rooms.get(room.info.id) is not room:
            raise Refused(NO_SUCH_SERVER)  # closed while we waited
        return entry

    async def _admit_by_default(self, credentials: Credentials, visitor: Visitor, prepare: Prepare) -> Entry:
        """Find a room for a viewer without a choice: there is always one, or old clients ask without end.

        A password is for one guild: tried at all of them, it would be wrong nearly everywhere.
        """
        trouble = None
        credentials = replace(credentials, password=None)
        try:
            await self._feed.refresh_servers()
        except ProviderError as error:
            trouble = str(error)
        for number, room in enumerate(self._directory.defaults(), 1):
            if number % DOORS_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                entry = await self._pass(room, credentials, visitor, prepare, counted=False)
            except Refused:
                continue
            if self._directory.rooms.get(room.info.id) is room:
                return replace(entry, trouble=entry.trouble or trouble)
        await self._feed.refresh_lobby()
        return Entry(self._directory.lobby, trouble=trouble)

    async def _pass(
        self,
        room: Room,
        credentials: Credentials,
        visitor: Visitor,
        prepare: Prepare,
        *,
        seated: bool = False,
        counted: bool = True,
    ) -> Entry:
        """Check the door and bring the room up to date; the entry says what went wrong with the latter.

        Both wait, and who may enter may change meanwhile: then it is checked again, also for who is seated.
        A login that is not `counted` may be wrong: nobody tried this very door.
        """
        while True:
            door, withdrawals, trouble = room.info.door, self._withdrawals, None
            permit = Pass() if seated else await self._check(room, credentials, visitor, counted=counted)
            try:
                await self._feed.refresh_room(room)
            except ProviderError as error:
                trouble = str(error)
            await prepare(room)
            if (room.info.door, self._withdrawals) == (door, withdrawals):
                return Entry(room, permit, trouble)
            seated = False

    async def _check(self, room: Room, credentials: Credentials, visitor: Visitor, *, counted: bool) -> Pass:
        info = room.info
        if not info.protected:
            return Pass()
        login = visitor.current_login
        if login is not None and await self._may_watch(login.account.uid, info.id):
            return Pass(login.account.uid, login.key, login.until)
        if info.has_password and credentials.password is not None:
            await self._check_password(credentials.password, info, visitor)
            return Pass()
        if not credentials.token or not credentials.user:
            raise Refused(LOGIN_NEEDED if login is None else NOT_A_MEMBER)
        self._expect_patience(visitor, info)
        until = await self._validate(credentials.token, credentials.user, info.id)
        if until is False:
            self._count("login refused")
            if counted:
                self._note_try(visitor, info)
            raise Refused(LOGIN_NEEDED)
        uid = str(credentials.user.get("id"))
        return Pass(uid, until=until.timestamp() if isinstance(until, datetime) else None)

    async def _check_password(self, password: str, info: GuildInfo, visitor: Visitor) -> None:
        self._expect_patience(visitor, info)
        if await self._passwords.is_known(password, info):
            return  # of the many who come back after a restart, the first alone has to be tried
        # Counted before it is known whether it is right: many at once are many all the same.
        self._note_try(visitor, info)
        if not await self._passwords.fit(password, info):
            self._count("wrong password")
            raise Refused(WRONG_PASSWORD)
        self._forgive(visitor, info)

    async def _may_watch(self, uid: str, guild_id: str) -> bool:
        if self.authority is None:
            return False
        return await _ask("who may watch", guild_id, self.authority.may_watch(uid, guild_id)) is True

    async def _validate(self, token: str, user: Mapping[str, Any], guild_id: str) -> bool | datetime:
        if self.validate is None:
            return False
        answer = await _ask("on_validate_discord_user", guild_id, self.validate(token, user, guild_id))
        return answer if answer is True or _is_ahead(answer) else False

    def _note_try(self, visitor: Visitor, info: GuildInfo) -> None:
        now = asyncio.get_running_loop().time()
        self._guesses.count(visitor.address, now)
        self._guesses_at_door.count(info.id, now)

    def _forgive(self, visitor: Visitor, info: GuildInfo) -> None:
        self._guesses.forgive(visitor.address)
        self._guesses_at_door.forgive(info.id)
        self._remember(visitor, info)

    def _expect_patience(self, visitor: Visitor, info: GuildInfo) -> None:
        """Refuse somebody who has to wait, whatever they bring.

        Raises:
            Refused: which says how long.
        """
        now = asyncio.get_running_loop().time()
        wait = self._guesses.wait(visitor.address, now)
        if (visitor.address, info.id, info.door) not in self._familiar:
            wait = max(wait, self._guesses_at_door.wait(info.id, now))
        if wait > 0:
            self._count("too many tries")
            raise Refused(TOO_MANY_TRIES.format(seconds=math.ceil(wait)))

    def _remember(self, visitor: Visitor, info: GuildInfo) -> None:
        if len(self._familiar) >= MAX_FAMILIAR:
            del self._familiar[next(iter(self._familiar))]
        self._familiar[visitor.address, info.id, info.door] = None


async def _ask(what: str, guild_id: str, answer: Awaitable[object]) -> object:
    """Ask the owner's code about a login. Whatever it raises, the door stays shut."""
    try:
        return await owner.ask(answer, TIMEOUT)
    except Exception as error:  # noqa: BLE001 - an edge
        # Its type alone: the text may repeat the token.
        log.warning("%s failed for guild %s: %s", what, guild_id, type(error).__name__)
        return False


def _is_ahead(answer: object) -> TypeGuard[datetime]:
    return isinstance(answer, datetime) and answer.timestamp() > time.time()
