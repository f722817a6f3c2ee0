"""May this viewer enter that room."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bridge.access.doorkeeper import Attempt, Door, Doorkeeper, Unanswered
from bridge.access.visitor import FREELY, Pass, Visitor, nobody
from bridge.access.withdrawals import Ends, Withdrawals
from bridge.errors import ProviderError, Refused
from bridge.model import RESERVED_SLUGS
from bridge.problems import NO_SUCH_SERVER, NOT_THERE_YET, Problem
from bridge.providers.keeper import Keeper
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.wire.protocol import Credentials

if TYPE_CHECKING:
    from bridge.access.crowding import Crowding

Prepare = Callable[[Room], Awaitable[None]]
Who = Callable[[], Visitor]  # tells who somebody is by now: they may log out while they wait

Comes = Callable[[Room], bool]  # tells whether there would be one more viewer in a room

DOORS_AT_ONCE: Final = 100  # that are tried in one turn of the loop, for who has no choice


async def _ready_already(_: Room) -> None:
    """Prepare nothing."""


def _only_asks(_: Room) -> bool:
    """Add nobody."""
    return False


@dataclass(frozen=True, slots=True)
class Entry:
    """A room that a viewer may enter now, and why. `trouble` is what they should know first."""

    room: Room
    permit: Pass = FREELY
    trouble: Problem | None = None


class Admission:
    """Finds the room that a viewer asked for, brings it up to date and checks the door.

    The `doorkeeper` decides, or `elsewhere` the one of another process. That one is told what is asked here
    by `vouch`.
    """

    def __init__(
        self, directory: Directory, keeper: Keeper, doorkeeper: Doorkeeper, elsewhere: Door | None = None
    ) -> None:
        self._directory = directory
        self._keeper = keeper
        self.doorkeeper = doorkeeper
        self._door: Door = elsewhere or doorkeeper
        self.crowding: Crowding | None = None  # how many may watch one guild, if not any number
        self._withdrawals: Withdrawals[Pass] = Withdrawals()
        self.expects_more_guilds = False

    def withdraw(self, ends: "Ends[Pass]", room: Room | None = None) -> None:
        """Have whoever is being let in just now, into one room or any, checked again if their permit ends."""
        self._withdrawals.note(ends, room)

    def ends(self, room: Room) -> AbstractContextManager[list[Ends[Pass]]]:
        """Note what ends at a room's door from here on."""
        return self._withdrawals.on_the_way(room)

    async def admit(
        self,
        server: str,
        credentials: Credentials,
        who: Who = nobody,
        seated: Room | None = None,
        prepare: Prepare = _ready_already,
        comes: Comes = _only_asks,
    ) -> Entry:
        """Let a viewer into the room that `server` means; `seated` is where they have been admitted to.

        `comes` tells whether there would be one more viewer in a room.

        `prepare` makes ready what they get there, which may take a while. The entry is good until the caller
        waits for something.

        Raises:
            Refused: with the sentence for the viewer.
        """
        if server in RESERVED_SLUGS:
            return await self._admit_by_default(credentials, who, prepare, comes)
        try:
            await self._keeper.refresh_servers()
        except ProviderError as error:
            raise Refused(error.problem) from error
        room = self._directory.resolve(server)
        if room is None:
            raise Refused(self._missing)
        entry = await self._pass(room, credentials, who, prepare, comes, seated=room is seated)
        if entry.trouble is not None:
            raise Refused(entry.trouble)
        return entry

    async def vouch(self, guild_id: str, credentials: Credentials, who: Who) -> Pass:
        """Tell another process, which shows a guild to a viewer, what lets them in.

        Raises:
            Unanswered: if nobody can say.
            Refused: with the sentence for the viewer.
        """
        room = await self._find(guild_id)
        if room is None:
            raise Refused(self._missing)
        return (await self._pass(room, credentials, who, _ready_already)).permit

    async def vouch_for_first(
        self, guild_ids: Sequence[str], credentials: Credentials, who: Who
    ) -> tuple[str | None, int, Problem | None]:
        """Tell which of these guilds is the first that lets a viewer in, if one does.

        Returns:
            It, how many were looked at, no further than to one that isn't here, and what kept others from
            being decided.
        """
        attempt, trouble, looked_at = Attempt(), None, 0
        credentials = replace(credentials, password=None)  # which is for one guild
        for guild_id in guild_ids:
            try:
                room = await self._find(guild_id)
                if room is None and looked_at:
                    break  # whoever has it can tell
                looked_at += 1
                if room is not None:
                    await self._pass(room, credentials, who, _ready_already, attempt=attempt)
                    return guild_id, looked_at, trouble
            except Unanswered as refused:
                trouble = trouble or refused.problem
            except Refused:
                continue
        return None, max(1, looked_at), trouble

    @property
    def _missing(self) -> Problem:
        return NOT_THERE_YET if self.expects_more_guilds else NO_SUCH_SERVER

    async def _find(self, guild_id: str) -> Room | None:
        try:
            await self._keeper.refresh_servers()
        except ProviderError as error:
            raise Refused(error.problem) from error
        return self._directory.rooms.get(guild_id)

    async def _admit_by_default(
        self, credentials: Credentials, who: Who, prepare: Prepare, comes: Comes
    ) -> Entry:
        """Find a room for a viewer without a choice: there is always one, or old clients ask without end.

        A password is for one guild: tried at all of them, it would be wrong nearly everywhere.
        """
        trouble = None
        credentials = replace(credentials, password=None)
        attempt = Attempt()
        try:
            await self._keeper.refresh_servers()
        except ProviderError as error:
            trouble = error.problem
        rooms, silence = await self._door.shortlist(self._directory.defaults(), credentials, who())
        trouble = trouble or silence
        for number, room in enumerate(rooms, 1):
            if number % DOORS_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                entry = await self._pass(room, credentials, who, prepare, comes, attempt=attempt)
            except Unanswered as refused:
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
        comes: Comes = _only_asks,
        *,
        seated: bool = False,
        attempt: Attempt | None = None,
    ) -> Entry:
        """Check the door and bring the room up to date; the entry says what went wrong with the latter.

        What somebody tries at several doors with one `attempt` counts once.

        Raises:
            Refused: if they may not enter, or the room was closed meanwhile.
        """
        attempt = attempt or Attempt()
        # All that is asked here has to wait, and meanwhile the door may change, somebody's access end, or the
        # viewer log out. An entry counts only if nothing of that happened from before the first question to
        # after the last one, else all is asked again, also for who is seated. Between here and the seat
        # nothing waits: so whoever sits down may, and whatever ends afterwards finds them in their seat.
        while True:
            grounds, trouble = self._grounds(room, who), None
            with self._withdrawals.on_the_way(room) as ended:
                permit = FREELY if seated else await self._check(room, credentials, who(), attempt)
                try:
                    await self._keeper.refresh_room(room)
                except ProviderError as error:
                    trouble = error.problem
                await prepare(room)
                if self.crowding is not None and comes(room):
                    await self.crowding.look(room)
            # What let in who is seated, nobody knows here.
            is_withdrawn = bool(ended) if seated else any(ends(permit) for ends in ended)
            if self._grounds(room, who) == grounds and not is_withdrawn:
                break
            seated = False
        if self._directory.rooms.get(room.info.id) is not room:
            raise Refused(NO_SUCH_SERVER)
        if self.crowding is not None and comes(room):
            self.crowding.check(room)
        return Entry(room, permit, trouble)

    def _grounds(self, room: Room, who: Who) -> tuple[object, ...]:
        """Name all on which it depends whether somebody may enter, and that may change while they wait.

        Of what ended before a room was opened that another process writes, nothing is heard.
        """
        return room.info.door, room.epoch, who()

    async def _check(self, room: Room, credentials: Credentials, visitor: Visitor, attempt: Attempt) -> Pass:
        return (
            await self._door.check(room.info, credentials, visitor, attempt)
            if room.info.protected
            else FREELY
        )
