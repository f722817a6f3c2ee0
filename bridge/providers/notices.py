"""What a PostgreSQL server tells by NOTIFY."""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, Generic, TypeVar

import asyncpg

from bridge.providers.changes import (
    AllOutdated,
    Change,
    ServersOutdated,
    UserChanged,
    UserLeft,
)
from bridge.providers.tables import CHANNEL
from bridge.storage.address import PostgresAddress
from bridge.storage.database import TROUBLES

log = logging.getLogger(__name__)

PATIENCE: Final = 4.0  # seconds for a connection and for each answer
PULSE: Final = 20.0  # seconds of silence after which we make sure that we would hear something
CLOSE_PATIENCE: Final = 0.3  # seconds
MAX_HEARD: Final = 10_000  # changes that wait to be taken; of more than that, only that there were some

_FIELDS: Final = {"username": "username", "status": "status", "role_color": "roleColor"}
_MORE: Final = {"role_color2": "roleColor2"}  # of tables that have such a column


T = TypeVar("T")


class Deaf(Exception):
    """What is told doesn't reach us."""


async def listen(address: PostgresAddress) -> AsyncIterator[Change]:
    """Tell what the triggers tell, after one `AllOutdated`.

    Raises:
        Deaf: if nothing can be heard (any more).
        Exception: of `TROUBLES`, for what else goes wrong.
    """
    connection = await asyncpg.connect(
        dsn=address.dsn, timeout=PATIENCE, command_timeout=PATIENCE, statement_cache_size=0
    )
    ear: Ear[Change] = Ear(connection, CHANNEL, read_notice, AllOutdated())
    try:
        await ear.open()
        yield AllOutdated()
        while True:
            for change in await ear.take():
                yield change
    finally:
        with contextlib.suppress(*TROUBLES, TimeoutError):
            await connection.close(timeout=CLOSE_PATIENCE)


class Ear(Generic[T]):
    """Hears what is told on a channel of one connection, as `read` understands it, until it is taken.

    Where more is told than is taken, the first to be taken is `too_much`.
    """

    def __init__(self, connection: Any, channel: str, read: Callable[[str], T | None], too_much: T) -> None:
        self._connection = connection
        self._channel = channel
        self._read = read
        self._too_much = too_much
        self._pulse = secrets.token_hex(8)
        self._heard: list[T] = []
        self._news = asyncio.Event()
        self._beat = asyncio.Event()

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            Deaf: if nothing is heard.
        """
        self._connection.add_termination_listener(lambda _: self._news.set())
        await self._connection.add_listener(self._channel, self.hear)
        await self._feel_pulse()

    async def take(self) -> list[T]:
        """Wait for changes, and take them all.

        Raises:
            Deaf: if there won't be any more.
        """
        while not self._heard:
            if self._connection.is_closed():
                raise Deaf("the connection broke")
            self._news.clear()
            try:
                async with asyncio.timeout(PULSE):
                    await self._news.wait()
            except TimeoutError:
                await self._feel_pulse()
        taken, self._heard = self._heard, []
        return taken

    def hear(self, _connection: object, _pid: int, _channel: str, text: str) -> None:
        """Take note of a notice."""
        if text == self._pulse:
            self._beat.set()
        elif (change := self._read(text)) is not None:
            if len(self._heard) >= MAX_HEARD:
                self._heard = [self._too_much]
            self._heard.append(change)
            self._news.set()

    async def _feel_pulse(self) -> None:
        """Say something to ourselves: the connection may be dead, or a pooler may swallow what is told."""
        self._beat.clear()
        await self._connection.execute("SELECT pg_notify($1, $2)", self._channel, self._pulse)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._beat.wait()
        except TimeoutError:
            raise Deaf(
                "notices of the database don't come through; connect to the server itself, or to"
                " a pooler that keeps sessions"
            ) from None


def read_notice(text: str) -> Change | None:
    """Read what a trigger tells. None if it is something else."""
    try:
        notice = json.loads(text)
    except ValueError:
        return None  # another bridge's pulse, for one
    match notice:
        case {"outdated": "servers"}:
            return ServersOutdated()
        case {"outdated": "all"}:
            return AllOutdated()
        case {"server_id": str(server_id), "user_id": str(user_id), "username": _}:
            record = {_FIELDS[name]: notice.get(name) for name in _FIELDS}
            record |= {_MORE[name]: notice[name] for name in _MORE if name in notice}
            return UserChanged(server_id, user_id, record)
        case {"server_id": str(server_id), "user_id": str(user_id)}:
            return UserLeft(server_id, user_id)
        case _:
            return None
