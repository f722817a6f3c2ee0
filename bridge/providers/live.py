"""Brings what a provider tells of changes into the rooms, and reads again what no longer holds."""

import asyncio
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception_type

from bridge.errors import ProviderError
from bridge.providers.changes import (
    AllOutdated,
    Change,
    Said,
    ServersOutdated,
    UserChanged,
    UserLeft,
    UsersOutdated,
)
from bridge.providers.provider import Provider
from bridge.providers.records import parse_id
from bridge.providers.refresher import SERVERS, Refresher
from bridge.providers.retry import growing_pauses
from bridge.providers.stream import BROKEN, Stream
from bridge.rooms.directory import Directory

# Between two attempts to read what couldn't be read; short, because others may be waiting behind it.
_backoff: Final = growing_pauses(longest=5.0)


class Live:
    """Follows a provider's changes."""

    def __init__(self, directory: Directory, provider: Provider, refresher: Refresher) -> None:
        self._directory = directory
        self._refresher = refresher
        self._stream = Stream(provider, self._take)
        self._outdated: set[str] = set()  # guilds, and `SERVERS`
        self._news = asyncio.Event()

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the changes at this moment."""
        return [BROKEN] if self._stream.is_broken else []

    @property
    def tells(self) -> bool:
        """Whether the provider tells of changes, and goes on to do so."""
        return self._stream.has_told and not self._stream.is_broken

    async def follow(self) -> None:
        """Keep the rooms true to what the provider tells, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._catch_up())
                group.create_task(self._stream.follow())
        finally:
            if self._stream.has_told:  # from now on nobody does: who comes next gets what is true then
                self._refresher.expire_all()

    async def _take(self, change: Change) -> None:
        match change:
            case UserChanged() | UserLeft():
                if self._refresher.apply(change):
                    self._outdate(change.server_id)
            case Said(server_id, message):
                if room := self._refresher.room(parse_id(server_id) or ""):
                    room.say(message)
            case UsersOutdated(server_id):
                self._outdate(server_id)
            case ServersOutdated():
                self._read(SERVERS)
            case AllOutdated():
                for guild_id in self._directory.rooms:
                    self._outdate(guild_id)
                self._read(SERVERS)
            case _:
                raise TypeError(f"{type(change).__name__} is no change")

    def _outdate(self, server_id: str) -> None:
        """Read a guild again: now if somebody watches it or is about to, else when somebody comes."""
        guild_id = parse_id(server_id) or ""
        self._refresher.expire(guild_id)
        if self._refresher.is_needed(guild_id):
            self._read(guild_id)

    def _read(self, key: str) -> None:
        self._outdated.add(key)
        self._news.set()

    async def _catch_up(self) -> None:
        retrying = AsyncRetrying(retry=retry_if_exception_type(ProviderError), wait=_backoff)
        while True:
            await self._news.wait()
            self._news.clear()
            await retrying(self._read_what_is_outdated)

    async def _read_what_is_outdated(self) -> None:
        """Read it, the list first; what can't be read stays outdated.

        Raises:
            ProviderError: if there is such.
        """
        trouble = None
        for key in sorted(self._outdated):
            self._outdated.discard(key)  # before: while it is read, it may change again
            try:
                await self._refresher.read_again(key)
            except ProviderError as error:
                self._outdated.add(key)
                trouble = error
        if trouble is not None:
            raise trouble
