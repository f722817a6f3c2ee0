"""Settings that several processes of one bot share: who writes tells the others, and they read it anew.

PostgreSQL tells it together with what was written, or neither. What is told while somebody can't hear it is
lost to them, so they read everything when they can again.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import Changes
from bridge.providers.notices import CLOSE_PATIENCE, Ear
from bridge.storage.address import PostgresAddress
from bridge.storage.database import TROUBLES

CHANNEL: Final = "dzone_settings"
PATIENCE: Final = 4.0  # seconds for a connection and for each answer
MAX_TOLD: Final = 7_000  # characters; PostgreSQL takes 8,000 bytes
FROZEN: Final = 5_000  # milliseconds without a word after which somebody's transaction is given up
_LOCK: Final = 0x647A6F6E66  # any number, as long as it is always the same: of who changes settings


@dataclass(frozen=True, slots=True)
class Notice:
    """What was written, by its keys; None if it is too much to be named."""

    about: Changes | None


async def lock(connection: AsyncConnection) -> None:
    """Let nobody else change settings until the end of the connection's transaction.

    Whoever is frozen meanwhile loses it: nobody waits for them for ever.
    """
    await connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {FROZEN}"))
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def tell(connection: AsyncConnection, life: str, changes: Changes) -> None:
    """Tell the others what is written, as soon as it is."""
    told = {
        "from": life,
        "guilds": [*changes.guilds],
        "members": [*changes.members],
        "notes": [*changes.notes],
    }
    notice = json.dumps(told)
    if len(notice) > MAX_TOLD:
        notice = json.dumps({"from": life, "all": True})
    await connection.execute(
        text("SELECT pg_notify(:channel, :notice)"), {"channel": CHANNEL, "notice": notice}
    )


@contextlib.asynccontextmanager
async def hearing(address: PostgresAddress, life: str) -> AsyncIterator[Ear[Notice]]:
    """Hear what others tell.

    Raises:
        Deaf: if nothing can be heard.
        Exception: of `TROUBLES`, for what else goes wrong.
    """
    connection = await asyncpg.connect(
        dsn=address.dsn, timeout=PATIENCE, command_timeout=PATIENCE, statement_cache_size=0
    )
    ear = Ear(connection, CHANNEL, reader(life), Notice(None))
    try:
        await ear.open()
        yield ear
    finally:
        with contextlib.suppress(*TROUBLES, TimeoutError):
            await connection.close(timeout=CLOSE_PATIENCE)


def reader(life: str) -> Callable[[str], Notice | None]:
    """Make what reads a notice. Nothing comes of our own, and of what nobody of us has told."""

    def read(notice: str) -> Notice | None:
        try:
            match json.loads(notice):
                case {"from": str(other)} if other == life:
                    return None
                case {"from": str(), "all": True}:
                    return Notice(None)
                case {"from": str(), "guilds": list(guilds), "members": list(members), "notes": list(notes)}:
                    ids = dict.fromkeys(map(int, guilds)), dict.fromkeys(map(int, members))
                    return Notice(Changes(*ids, dict.fromkeys(map(str, notes))))
        except (ValueError, TypeError):  # such as somebody's pulse
            pass
        return None

    return read
