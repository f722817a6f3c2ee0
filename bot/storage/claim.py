"""Whose the settings are: a second bot that knows nothing of the first must not decide beside it.

Each bot reads the settings once and then believes its memory, so two of them on one database would each show
whom somebody has hidden at the other. Whoever runs holds a claim, which ends with the process, however that
ends: an advisory lock at a server, a lock of the system on a file beside a file.
"""

import asyncio
import contextlib
import logging
import math
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol

import asyncpg

from bot.storage.database import CannotOpen, complaint
from bridge.providers.notices import CLOSE_PATIENCE
from bridge.storage.address import Address, PostgresAddress, SqliteAddress
from bridge.storage.database import TROUBLES

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE: Final = 15.0  # seconds for another bot to end: a restart begins before the old process is through
AGAIN: Final = 0.2  # seconds between two tries
ANSWER: Final = 5.0  # seconds for a server to answer
PULSE: Final = 10.0  # seconds between two looks whether a server still knows of the claim
_KEY: Final = 0x647A6F6E  # any number, as long as it is always the same

log = logging.getLogger(__name__)


class InUse(CannotOpen):
    """Another bot runs with these settings."""


class Claim(Protocol):
    """That a bot runs with some settings."""

    async def release(self) -> None:
        """Let another one have them."""


async def take(where: Address, *, alone: bool, patience: float | None = None) -> Claim:
    """Claim settings, for one bot `alone` or together with others that know of each other.

    Raises:
        InUse: if another bot has them, and has not ended within so many seconds.
        CannotOpen: if nobody can say.
    """
    claim = _FileClaim(where, alone=alone) if isinstance(where, SqliteAddress) else _ServerClaim(where, alone)
    try:
        await _try_until(claim.take, PATIENCE if patience is None else patience)
    except BaseException:
        await claim.release()
        raise
    return claim


async def _try_until(take_it: Callable[[], Awaitable[bool]], patience: float) -> None:
    now = asyncio.get_running_loop().time
    give_up, is_told = now() + patience, False
    while not await take_it():
        if now() >= give_up:
            raise InUse(
                "Another bot runs with the same settings: what is decided at one, the other wouldn't know.\n"
                "Stop it, or name another database with DATABASE_URL."
            )
        if not is_told and give_up < math.inf:  # who takes over from another one knows of it
            is_told = True
            log.info("another bot runs with the same settings: waiting for its end")
        await asyncio.sleep(AGAIN)


class _FileClaim:
    """A lock on a file beside that of the settings."""

    def __init__(self, where: SqliteAddress, *, alone: bool) -> None:
        path = Path(os.path.realpath(where.path))
        self._path = path.with_name(path.name + ".lock")
        self._alone = alone
        self._file: int | None = None

    async def take(self) -> bool:
        """Try to have it; tell whether that may be. Where there are no locks, everybody may."""
        if self._file is None:
            try:
                self._file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            except (
                OSError
            ):  # no such folder, or none that may be written to: whoever opens the settings says so
                return True
        return _lock(self._file, alone=self._alone)

    async def release(self) -> None:
        """Let go of it. The file stays: whoever waits has it open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":

    def _lock(file: int, *, alone: bool) -> bool:
        if alone:  # there are no locks to share
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            except OSError:
                return False
        return True

else:

    def _lock(file: int, *, alone: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:  # as on some shares of a network
            log.debug("there are no locks where the settings are: %s", error.strerror)
        return True


class _ServerClaim:
    """A lock that lasts as long as a transaction, and that as long as a connection.

    So a pooler, which may give a connection's session to others, can't keep it beyond its end.
    """

    def __init__(self, where: PostgresAddress, alone: bool) -> None:  # noqa: FBT001 - private
        self._where = where
        self._lock = f"pg_try_advisory_xact_lock{'' if alone else '_shared'}"
        self._connection: asyncpg.Connection | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def take(self) -> bool:
        """Try to have it; tell whether that succeeded.

        Raises:
            CannotOpen: if the server can't be used.
        """
        try:
            has_it = await self._try()
        except (*TROUBLES, TimeoutError) as error:
            raise complaint(self._where, error) from error
        if has_it:
            self._keeping = asyncio.create_task(self._keep())
        return has_it

    async def release(self) -> None:
        """Let go of it."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
            self._keeping = None
        await self._hang_up()

    async def _try(self) -> bool:
        if self._connection is None:
            self._connection = await asyncpg.connect(
                dsn=self._where.dsn, timeout=ANSWER, command_timeout=ANSWER, statement_cache_size=0
            )
            # A machine that is cut off holds nothing for longer than a restart waits.
            await self._connection.execute(
                "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL tcp_keepalives_idle = 5;"
                " SET LOCAL tcp_keepalives_interval = 2; SET LOCAL tcp_keepalives_count = 3"
            )
        # By schema: several bots may share a database and know each other's tables not.
        locked = f"SELECT {self._lock}({_KEY}, hashtext(coalesce(current_schema(), '')))"
        return bool(await self._connection.fetchval(locked))

    async def _keep(self) -> None:
        """Notice that the connection is lost, and claim the settings again."""
        is_told = False
        while True:
            await asyncio.sleep(PULSE)
            try:
                has_it = await self._try()  # as often as one likes
            except (*TROUBLES, TimeoutError):
                await self._hang_up()
                continue
            if not has_it and not is_told:
                log.error("another bot took the settings while the database was away: stop one of the two")
            is_told = not has_it

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*TROUBLES, TimeoutError):
                await connection.close(timeout=CLOSE_PATIENCE)
