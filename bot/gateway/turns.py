"""Whose turn it is to begin a session, where several processes have shards of one bot.

Discord takes one identify in five seconds from all shards that it counts together, whichever process they
are in. A turn is a key in Redis that one of them holds while it connects, and for five seconds after that.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Final

from bridge.backplane import keys, scripts

if TYPE_CHECKING:
    from bridge.backplane.lines import Lines

HELD: Final = 10_000  # milliseconds to connect in: who takes longer needs another turn, and delays nobody
PACE: Final = 5_250  # milliseconds after its use until the next; Discord's clock is another
LOOK: Final = 1.0  # seconds at most between two looks whether a turn is free
RELEASE: Final = 0.5  # seconds to give one back that was not used

log = logging.getLogger(__name__)

Use = Callable[[], Awaitable[None]]


class SharedTurns:
    """Takes turns with the processes that use the same backplane. Where it is away, nobody is waited for."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lines: Lines | None = None
        self._is_away = False

    async def close(self) -> None:
        """Hang up."""
        if self._lines is not None:
            await self._lines.close()

    @contextlib.asynccontextmanager
    async def hold(self, bucket: int) -> AsyncIterator[Use]:
        """Wait for a turn of those that Discord counts together, and have it; call `use` to identify."""
        from bridge.backplane.trouble import Trouble  # noqa: PLC0415 - who has no backplane needs no redis

        key, mine, is_used = keys.turn(f"identify-{bucket}"), secrets.token_hex(8), False

        async def use() -> None:
            nonlocal is_used
            is_used = True
            with self._mild(Trouble):
                lines = self._connected()
                if await lines.ask(lines.commands.get(key)) != mine.encode():  # it took too long
                    await self._take(key, mine)
                await lines.ask(lines.commands.set(key, mine, px=PACE))

        with self._mild(Trouble):
            await self._take(key, mine)
        try:
            yield use
        finally:
            if not is_used:
                with contextlib.suppress(TimeoutError), self._mild(Trouble):
                    async with asyncio.timeout(RELEASE):
                        await self._connected().run([(scripts.LEAVE, [key], [mine])])

    async def _take(self, key: str, mine: str) -> None:
        lines = self._connected()
        while not await lines.ask(lines.commands.set(key, mine, nx=True, px=HELD)):
            # Nobody holds it for longer, whatever a stranger, or a server with another clock, says.
            await lines.ask(lines.commands.pexpire(key, HELD, lt=True))
            left = await lines.ask(lines.commands.pttl(key)) / 1000
            await asyncio.sleep(min(max(left, 0.01), LOOK))
        self._is_away = False

    def _connected(self) -> "Lines":
        if self._lines is None:
            from bridge.backplane.lines import Lines  # noqa: PLC0415 - as above

            self._lines = Lines(self._url)
        return self._lines

    @contextlib.contextmanager
    def _mild(self, trouble: type[Exception]) -> Iterator[None]:
        """Go on without the others where they can't be asked; say so once."""
        try:
            yield
        except trouble as error:
            if not self._is_away:
                self._is_away = True
                log.warning("%s Shards connect without waiting for those of other processes.", error)
