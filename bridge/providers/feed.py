"""Keeps rooms true to a provider: asks when somebody needs it, once for all who do, not too often."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from bridge import owner
from bridge.directory import Directory
from bridge.errors import ProviderError
from bridge.model import Member
from bridge.providers.provider import Provider
from bridge.records import Complaints, parse_id, parse_servers, parse_users
from bridge.room import Room

log = logging.getLogger(__name__)

REFRESH_INTERVAL: Final = 5.0  # seconds for which an answer is good
TIMEOUT: Final = 10.0  # seconds a provider may take
_SERVERS: Final = ""  # the key of the server list among the keys of guilds


class Feed:
    """Brings provider and rooms together.

    Rooms that the bridge's owner opened are left to the owner. A failure is never remembered: the next
    who asks, asks the provider.
    """

    def __init__(
        self, directory: Directory, provider: Provider, refresh_interval: float = REFRESH_INTERVAL
    ) -> None:
        self._directory = directory
        self._provider = provider
        self._interval = refresh_interval
        self._provided: set[str] = set()  # guilds whose rooms this feed opened
        self._good_until: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._complained: dict[str, Complaints] = {}

    async def refresh_servers(self) -> None:
        """Bring the list of rooms up to date.

        Raises:
            ProviderError: if the provider can't say.
        """
        await self._refresh(_SERVERS, self._load_servers)

    async def refresh_room(self, room: Room) -> None:
        """Bring a room's members up to date.

        Raises:
            ProviderError: if the provider can't say.
        """
        if room is not self._directory.lobby:
            await self._refresh(room.info.id, partial(self._load_room, room))

    def expire(self, guild_id: str) -> None:
        """Forget that a guild's data was asked for just now."""
        self._good_until.pop(guild_id, None)

    async def stop(self) -> None:
        """End what is being asked."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh(self, key: str, load: Callable[[], Awaitable[None]]) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._good_until.get(key, 0.0):
            return
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._ask(key, load))
            task.add_done_callback(partial(self._asked, key))
        # Not awaited itself: one viewer who leaves must not cancel it for the others.
        await asyncio.wait({task})
        if task.cancelled():
            raise ProviderError  # the bridge stops
        task.result()

    def _asked(self, key: str, task: asyncio.Task[None]) -> None:
        del self._running[key]
        owner.look(task)  # those who asked may be gone

    async def _ask(self, key: str, load: Callable[[], Awaitable[None]]) -> None:
        try:
            await owner.ask(load(), TIMEOUT)
        except Exception as error:
            if key not in self._failing:  # once until it recovers, however many ask meanwhile
                self._failing.add(key)
                what = "the server list" if key == _SERVERS else f"guild {key}"
                log.warning("the provider failed for %s: %s", what, owner.describe(error))
            log.debug("the provider's failure", exc_info=True)
            raise ProviderError from error
        else:
            self._failing.discard(key)
            self._good_until[key] = asyncio.get_running_loop().time() + self._interval

    async def _load_servers(self) -> None:
        complaints = Complaints()
        guilds = parse_servers(await self._provider.servers(), complaints)
        self._complain(_SERVERS, complaints)
        for info in guilds:
            if info.id in self._provided or info.id not in self._directory.rooms:
                self._provided.add(info.id)
                self._directory.open(info)
        for guild_id in self._provided - {info.id for info in guilds}:
            self._provided.discard(guild_id)
            self._complained.pop(guild_id, None)
            self.expire(guild_id)
            self._directory.close(guild_id)

    async def _load_room(self, room: Room) -> None:
        guild_id = room.info.id
        if guild_id in self._provided:
            complaints = Complaints()
            members = parse_users(await self._provider.users(guild_id), complaints)
            self._complain(guild_id, complaints)
            room.reconcile(self._with_what_records_leave_out(room, member) for member in members)
        client_id = await self._client_id(guild_id)
        if client_id is not None and client_id != room.client_id:
            room.set_client_id(client_id)

    @staticmethod
    def _with_what_records_leave_out(room: Room, member: Member) -> Member:
        known = room.members.get(member.uid)
        if known is None:
            return member
        return member._replace(avatar=known.avatar, voice=known.voice, activity=known.activity)

    async def _client_id(self, guild_id: str) -> str | None:
        try:
            return parse_id(await self._provider.client_id(guild_id))
        except Exception as error:  # noqa: BLE001 - the owner's code; without a client id the world still works
            log.warning("on_get_client_id failed for guild %s: %s", guild_id, owner.describe(error))
            return None

    def _complain(self, key: str, complaints: Complaints) -> None:
        """Warn about broken records, once as long as they stay the same."""
        if complaints and complaints != self._complained.get(key):
            what = "server records" if key == _SERVERS else f"user records of guild {key}"
            details = ", ".join(f"{field} ({count})" for field, count in sorted(complaints.items()))
            log.warning("%s: %s", what, details)
        self._complained[key] = complaints
