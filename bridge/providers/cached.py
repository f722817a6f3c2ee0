"""Remembers what another provider answered."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bridge.providers import owner
from bridge.providers.changes import (
    AllOutdated,
    Change,
    Said,
    ServersOutdated,
    UserChanged,
    UserLeft,
    UsersOutdated,
)
from bridge.providers.provider import Provider, client_id_of, close, trouble_of
from bridge.providers.records import check_mapping, parse_id
from bridge.providers.stream import BROKEN, Streams, closing

__all__ = ["CachedProvider"]

log = logging.getLogger(__name__)

TIMEOUT: Final = 10.0  # seconds the inner provider may take
MAX_STALE: Final = 3600.0  # seconds
MAX_GUILDS: Final = 1000

_SERVERS: Final = ""  # the key of the server list among the keys of guilds

Records = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    records: Records
    read_at: float  # by the loop's clock


class CachedProvider:
    """Asks `inner` at most once in a while, and answers with what it said then.

    An answer is good for `ttl` seconds. After that it is still given, while `inner` is asked in the
    background, or fails; when what it says then is something else, viewers see that at once. Those who ask
    for the same thing together wait for one answer. What `inner` tells to have changed is not answered
    from memory.

    Args:
        inner: The provider to ask.
        ttl: Seconds for which an answer is good.
        max_stale: Seconds after which an answer is not given any more, whatever happens.
        max_guilds: Guilds whose members are remembered; of more, those that were asked for last.
    """

    def __init__(
        self,
        inner: Provider,
        ttl: float,
        *,
        max_stale: float = MAX_STALE,
        max_guilds: int = MAX_GUILDS,
    ) -> None:
        self._inner = inner
        self._ttl = ttl
        self._max_stale = max(ttl, max_stale)
        self._max_guilds = max_guilds
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._running: dict[str, asyncio.Task[Records]] = {}
        self._tasks: set[asyncio.Task[Records]] = set()  # also those whose answer is outdated already
        self._failing: set[str] = set()
        self._failed_last = False
        self._refreshed = _Refreshed()
        self._streams = Streams(inner, self._refreshed)

    @property
    def trouble(self) -> str | None:
        """What is wrong: with `inner`, or that its answers are missing."""
        if inner := trouble_of(self._inner):
            return inner
        if self._failed_last:
            return "what is remembered can't be renewed"
        return BROKEN if self._streams.is_broken else None

    async def servers(self) -> Records:
        """Name the guilds.

        Raises:
            Exception: what `inner` raised, if there is no answer that can still be given.
        """
        return await self._answer(_SERVERS, self._inner.servers)

    async def users(self, server_id: str) -> Records:
        """Name a guild's members.

        Raises:
            Exception: what `inner` raised, if there is no answer that can still be given.
        """
        return await self._answer(server_id, partial(self._inner.users, server_id))

    async def client_id(self, server_id: str) -> str | None:
        """Ask `inner` for the application that viewers log in with."""
        return await client_id_of(self._inner, server_id)

    async def changes(self) -> AsyncIterator[Change]:
        """Tell what `inner` tells, and where a new answer differs from the old."""
        async with closing(self._streams.changes()) as changes:
            async for place, change in changes:
                if place == 0:
                    self._forget_what_changed(change)
                yield change

    async def close(self) -> None:
        """Forget everything, and let `inner` go."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._entries.clear()
        self._failing.clear()
        self._failed_last = False
        await close(self._inner)

    async def _answer(self, key: str, ask: Callable[[], Awaitable[Records]]) -> Records:
        entry, now = self._entries.get(key), asyncio.get_running_loop().time()
        if entry is not None:
            self._entries.move_to_end(key)
            if now < entry.read_at + self._ttl:
                return entry.records
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._load(ask))
            self._tasks.add(task)
            task.add_done_callback(partial(self._loaded, key))
        if entry is not None and now < entry.read_at + self._max_stale:
            return entry.records
        await asyncio.wait({task})  # not awaited itself: who leaves must not cancel it for the others
        return task.result()

    async def _load(self, ask: Callable[[], Awaitable[Records]]) -> Records:
        records = check_mapping(await owner.ask(ask(), TIMEOUT))
        # A copy: what the inner provider holds may change, and then would not be what it was any more.
        return {key: dict(each) if isinstance(each, Mapping) else each for key, each in records.items()}

    def _loaded(self, key: str, task: asyncio.Task[Records]) -> None:
        self._tasks.discard(task)
        is_current = self._running.get(key) is task
        if is_current:
            del self._running[key]
        if task.cancelled():
            return
        error = task.exception()
        self._failed_last = error is not None
        if isinstance(error, Exception):
            self._note_failure(key, error)
        elif is_current:  # else something changed while it was read
            self._failing.discard(key)
            self._remember(key, task.result())

    def _note_failure(self, key: str, error: Exception) -> None:
        if key not in self._entries:
            return  # it is an error for who asked, who will say so
        if key not in self._failing:  # once until it recovers
            self._failing.add(key)
            what = "the server list" if key == _SERVERS else f"guild {key}"
            limit = f"{self._max_stale:g} seconds"
            log.warning(
                "what is remembered of %s is given for up to %s: %s", what, limit, owner.describe(error)
            )

    def _remember(self, key: str, records: Records) -> None:
        before = self._entries.get(key)
        self._entries[key] = _Entry(records, asyncio.get_running_loop().time())
        self._entries.move_to_end(key)
        if before is not None and before.records != records:
            self._refreshed.note(ServersOutdated() if key == _SERVERS else UsersOutdated(key))
        while len(self._entries) > self._max_guilds + 1:  # and the server list
            oldest = next(each for each in self._entries if each != _SERVERS)
            self._forget(oldest)

    def _forget_what_changed(self, change: Change) -> None:
        match change:
            case UserChanged(server_id) | UserLeft(server_id) | UsersOutdated(server_id):
                self._forget(parse_id(server_id) or "")
            case ServersOutdated():
                self._forget(_SERVERS)
            case AllOutdated():
                for key in self._entries.keys() | self._running.keys():
                    self._forget(key)
            case Said():
                pass

    def _forget(self, key: str) -> None:
        self._entries.pop(key, None)
        self._running.pop(key, None)
        self._failing.discard(key)


class _Refreshed:
    """What was read anew in the background and is no longer what it was."""

    def __init__(self) -> None:
        self._changes: dict[Change, None] = {}
        self._news = asyncio.Event()

    def note(self, change: Change) -> None:
        """Tell it to who follows, once."""
        if len(self._changes) >= MAX_GUILDS:  # nobody follows
            self._changes = {AllOutdated(): None}
        self._changes[change] = None
        self._news.set()

    async def changes(self) -> AsyncIterator[Change]:
        """Tell it."""
        while True:
            await self._news.wait()
            while self._changes:
                change = next(iter(self._changes))
                del self._changes[change]
                yield change
            self._news.clear()
