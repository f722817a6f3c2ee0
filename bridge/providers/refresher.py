"""Keeps rooms true to a provider: asks when somebody needs it, once for all who do, not too often."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from heapq import nsmallest
from itertools import islice
from typing import Final

from bridge.errors import ProviderError
from bridge.model import Member
from bridge.providers import owner
from bridge.providers.changes import UserChanged, UserLeft
from bridge.providers.provider import Provider, Unavailable, client_id_of, close, trouble_of
from bridge.providers.records import Complaints, parse_change, parse_id, parse_servers, parse_users
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.running.rate import Rate, Rates

log = logging.getLogger(__name__)

REFRESH_INTERVAL: Final = 5.0  # seconds for which an answer is good
TIMEOUT: Final = 10.0  # seconds a provider may take
LAST_GOOD_FOR: Final = 3600.0  # seconds for which an answer stands in for one of a source that is away
CLOSE_PATIENCE: Final = 0.5  # seconds a provider has to let go what it holds
READ_AT_ONCE: Final = 1_000  # members, in one turn of the loop
OPENED_AT_ONCE: Final = 100  # guilds
# How often somebody may have a source asked again that fails: at once, so that nobody waits for what has
# recovered, and in the long run.
RETRIED_AT_ONCE: Final = 20
RETRIED_PER_SECOND: Final = 2.0
CHECKED_AT_ONCE: Final = 20  # of what fails; the rest when these are well
SERVERS: Final = ""  # the key of the server list among the keys of guilds


class Refresher:
    """Brings provider and rooms together.

    Rooms that the bridge's owner opened are left to the owner. A failure is never remembered: the next
    who asks, asks the provider. But where the source is away for a while, what it said before stands.
    """

    def __init__(
        self, directory: Directory, provider: Provider, refresh_interval: float = REFRESH_INTERVAL
    ) -> None:
        self.needs_all = False  # whether each room counts as watched
        self._directory = directory
        self._provider = provider
        self._interval = refresh_interval
        self._provided: set[str] = set()  # guilds whose rooms were opened here
        self._read_at: dict[str, float] = {}
        self._good_until: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._touched: dict[str, set[str]] = {}  # who changed while their guild is being read
        self._failing: set[str] = set()
        self._away: set[str] = set()  # of what fails, that whose source can't be reached
        self._retries = Rates(Rate(RETRIED_PER_SECOND, RETRIED_AT_ONCE))
        self._without_client_id: set[str] = set()  # guilds for which it could not be had, which was said
        self._lobby_good_until = 0.0
        self._complained: dict[str, Complaints] = {}

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the data at this moment, each in a line without secrets."""
        troubles = [f"{_what(key)} can't be read" for key in sorted(self._failing)]
        if trouble := trouble_of(self._provider):
            troubles.append(trouble)
        return troubles

    @property
    def has_read_servers(self) -> bool:
        """Whether the provider has ever named its guilds: it is asked when somebody comes."""
        return SERVERS in self._read_at

    async def check(self) -> None:
        """Ask for the list, and once more for what failed: perhaps nobody else would."""
        for key in (SERVERS, *nsmallest(CHECKED_AT_ONCE, self._failing - {SERVERS})):
            with contextlib.suppress(ProviderError):
                await self._refresh(key)

    async def refresh_servers(self) -> None:
        """Bring the list of rooms up to date.

        Raises:
            ProviderError: if the provider can't say.
        """
        await self._refresh(SERVERS)

    async def refresh_room(self, room: Room) -> None:
        """Bring a room's members up to date.

        Raises:
            ProviderError: if the provider can't say.
        """
        if room is not self._directory.lobby:
            await self._refresh(room.info.id)

    async def refresh_lobby(self) -> None:
        """Let the lobby know with which application one logs in: old clients ask for a login only then."""
        lobby, rooms = self._directory.lobby, self._directory.defaults()
        now = asyncio.get_running_loop().time()
        if rooms and lobby.client_id is None and now >= self._lobby_good_until:
            self._lobby_good_until = now + self._interval
            with contextlib.suppress(TimeoutError, owner.OwnWorkCancelledError):
                client_id = await owner.ask(self._client_id(rooms[0].info.id), TIMEOUT)
                if client_id is not None and lobby.client_id is None:
                    lobby.set_client_id(client_id)

    async def read_again(self, key: str) -> None:
        """Read a guild's members or `SERVERS` now: what is being read already may be too old.

        Raises:
            ProviderError: if the provider can't say.
        """
        while earlier := self._running.get(key):
            await asyncio.wait({earlier})
        await self._outcome(self._start(key))

    def expire(self, key: str) -> None:
        """Forget that a guild's data, or the list of `SERVERS`, was asked for just now."""
        self._good_until.pop(key, None)

    def expire_all(self) -> None:
        """Forget that anything was asked for just now."""
        self._good_until.clear()

    def room(self, guild_id: str) -> Room | None:
        """Find the room of a guild whose members were read from the provider. None if there is none."""
        room = self._directory.rooms.get(guild_id)
        return room if guild_id in self._provided and guild_id in self._read_at else None

    def is_needed(self, guild_id: str) -> bool:
        """Tell whether somebody watches a guild, or waits for it to be read."""
        room = self.room(guild_id)
        return guild_id in self._running or (room is not None and (room.is_watched or self.needs_all))

    def provided(self) -> list[Room]:
        """Name the rooms whose members come from the provider."""
        return [room for guild_id, room in self._directory.rooms.items() if guild_id in self._provided]

    def apply(self, change: UserChanged | UserLeft) -> bool:
        """Bring a change of one member into its room; tell whether its guild must be read for it instead.

        What is being read of the guild meanwhile may be older: the change wins.
        """
        guild_id, uid = parse_id(change.server_id), parse_id(change.uid)
        if guild_id is None or uid is None:
            return False
        room = self.room(guild_id)
        if room is None:
            return guild_id in self._touched  # it is being read for the first time
        if guild_id in self._touched:
            self._touched[guild_id].add(uid)
        if isinstance(change, UserLeft):
            room.remove(uid)
            return False
        complaints = Complaints()
        member = parse_change(uid, change.record, room.members.get(uid), complaints)
        if complaints:
            self._complain(f"change of {guild_id}", f"changes of guild {guild_id}", complaints)
        if member is not None:
            room.put_all([_with_what_records_leave_out(room, member)])
        return False

    async def stop(self) -> None:
        """End what is being asked, and let the provider go."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await owner.ask(close(self._provider), CLOSE_PATIENCE)
        except Exception as error:  # noqa: BLE001 - an edge: the owner's code; the bridge stops all the same
            log.warning("the provider can't be closed: %s", owner.describe(error))

    async def _refresh(self, key: str) -> None:
        if asyncio.get_running_loop().time() < self._good_until.get(key, 0.0):
            return
        stands = key in self._away and self._stands(key)
        task = self._running.get(key)
        if task is None and self._may_ask(key):
            task = self._start(key)
        if stands:
            return  # nobody has to wait until it is back
        if task is None:
            raise ProviderError
        try:
            await self._outcome(task)
        except ProviderError:
            if key not in self._away or not self._stands(key):
                raise

    def _may_ask(self, key: str) -> bool:
        """Tell whether to ask: what fails isn't asked again as often as strangers want it."""
        return key not in self._failing or self._retries.allow(key, asyncio.get_running_loop().time())

    def _start(self, key: str) -> asyncio.Task[None]:
        task = self._running[key] = asyncio.create_task(self._ask(key))
        task.add_done_callback(partial(self._asked, key))
        return task

    @staticmethod
    async def _outcome(task: asyncio.Task[None]) -> None:
        # Not awaited itself: one viewer who leaves must not cancel it for the others.
        await asyncio.wait({task})
        if task.cancelled():
            raise ProviderError  # the bridge stops
        task.result()

    def _asked(self, key: str, task: asyncio.Task[None]) -> None:
        del self._running[key]
        owner.look(task)  # those who asked may be gone

    def _stands(self, key: str) -> bool:
        """Tell whether what was read before may stand in for what can't be read now."""
        read_at = self._read_at.get(key)
        return read_at is not None and asyncio.get_running_loop().time() - read_at < LAST_GOOD_FOR

    async def _ask(self, key: str) -> None:
        try:
            await owner.ask(self._load_servers() if key == SERVERS else self._load_room(key), TIMEOUT)
        except Exception as error:
            self._note_failure(key, error)
            raise ProviderError from error
        if key in self._failing:
            log.info("%s can be read again", _what(key))
        self._failing.discard(key)
        self._away.discard(key)
        if self._is_there(key):
            self._read_at[key] = asyncio.get_running_loop().time()
            self._good_until[key] = self._read_at[key] + self._interval

    def _is_there(self, key: str) -> bool:
        """Tell whether there still is what was asked about: a guild may be closed meanwhile."""
        return key == SERVERS or key in self._directory.rooms

    def _note_failure(self, key: str, error: Exception) -> None:
        if not self._is_there(key):
            return
        if key not in self._failing:  # once until it recovers, however many ask meanwhile
            self._failing.add(key)
            log.warning("the provider failed for %s: %s", _what(key), owner.describe(error))
        log.debug("the provider's failure", exc_info=error)
        if isinstance(error, Unavailable):
            self._away.add(key)
        else:
            self._away.discard(key)

    async def _load_servers(self) -> None:
        complaints = Complaints()
        guilds = parse_servers(await self._provider.servers(), complaints)
        self._complain(SERVERS, "server records", complaints)
        for number, info in enumerate(guilds, 1):
            if number % OPENED_AT_ONCE == 0:
                await asyncio.sleep(0)
            if info.id in self._provided or info.id not in self._directory.rooms:
                self._provided.add(info.id)
                self._directory.open(info)
        for guild_id in self._provided - {info.id for info in guilds}:
            self._forget(guild_id)
            self._directory.close(guild_id)

    def _forget(self, guild_id: str) -> None:
        self._provided.discard(guild_id)
        for about in (self._complained, self._good_until, self._read_at):
            about.pop(guild_id, None)
        self._complained.pop(f"change of {guild_id}", None)
        for guilds in (self._failing, self._away, self._without_client_id):
            guilds.discard(guild_id)

    async def _load_room(self, guild_id: str) -> None:
        room = self._directory.rooms.get(guild_id)
        if room is None:
            return
        if guild_id in self._provided:
            await self._load_members(room)
        client_id = await self._client_id(guild_id)
        if client_id is not None and client_id != room.client_id:
            room.set_client_id(client_id)

    async def _load_members(self, room: Room) -> None:
        guild_id = room.info.id
        touched = self._touched[guild_id] = set()
        try:
            raw = await self._provider.users(guild_id)
            complaints = Complaints()
            members: dict[str, Member] = {}
            for few in _portions(raw):
                members.update((member.uid, member) for member in parse_users(few, complaints))
                if len(members) >= READ_AT_ONCE:
                    await asyncio.sleep(0)
            self._complain(guild_id, f"user records of guild {guild_id}", complaints)
            await _bring(room, members, touched)
        finally:
            self._touched.pop(guild_id, None)

    async def _client_id(self, guild_id: str) -> str | None:
        try:
            client_id = parse_id(await client_id_of(self._provider, guild_id))
        except Exception as error:  # noqa: BLE001 - the owner's code; without a client id the world still works
            if guild_id not in self._without_client_id:  # once until it can be had
                self._without_client_id.add(guild_id)
                log.warning("on_get_client_id failed for guild %s: %s", guild_id, owner.describe(error))
            return None
        self._without_client_id.discard(guild_id)
        return client_id

    def _complain(self, key: str, what: str, complaints: Complaints) -> None:
        """Warn about broken records, once as long as they stay the same."""
        if complaints and complaints != self._complained.get(key):
            details = ", ".join(f"{field} ({count})" for field, count in sorted(complaints.items()))
            log.warning("%s: %s", what, details)
        self._complained[key] = complaints


def _what(key: str) -> str:
    return "the server list" if key == SERVERS else f"guild {key}"


def _portions(raw: object) -> Iterator[object]:
    """Take records apart into as many as are read in one turn of the loop."""
    if not isinstance(raw, Mapping) or len(raw) <= READ_AT_ONCE:
        yield raw
        return
    records = iter(raw.items())
    while few := dict(islice(records, READ_AT_ONCE)):
        yield few


async def _bring(room: Room, members: Mapping[str, Member], touched: Collection[str]) -> None:
    """Make these the room's members, but for those who were touched meanwhile; a few in one turn."""
    gone = room.missing_from(members)
    for start in range(0, len(gone), READ_AT_ONCE):
        for uid in gone[start : start + READ_AT_ONCE]:
            if uid not in touched:
                room.remove(uid)
        if start + READ_AT_ONCE < len(gone):
            await asyncio.sleep(0)
    some = iter(members.values())
    while few := list(islice(some, READ_AT_ONCE)):
        room.put_all(_with_what_records_leave_out(room, each) for each in few if each.uid not in touched)
        if len(few) == READ_AT_ONCE:
            await asyncio.sleep(0)


def _with_what_records_leave_out(room: Room, member: Member) -> Member:
    known = room.members.get(member.uid)
    if known is None:
        return member
    return member._replace(avatar=known.avatar, voice=known.voice, activity=known.activity)
