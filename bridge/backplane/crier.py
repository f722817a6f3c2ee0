"""Tells other processes, once a second, from which addresses many come here. Nobody waits for it."""

import asyncio
import contextlib
import logging
import secrets
from typing import Final

from bridge.backplane import households, keys
from bridge.backplane.households import KEY_SIZE, Households
from bridge.backplane.lines import Lines
from bridge.backplane.trouble import Trouble

log = logging.getLogger(__name__)

KEY_LIVES: Final = 3_600  # seconds: what was recorded longer ago says nothing to whoever reads the next one


class Crier:
    """Tells it by `lines`. Addresses are named by a key that the first of all processes has made."""

    def __init__(self, lines: Lines, households: Households) -> None:
        self._lines = lines
        self._households = households
        self._news = asyncio.Event()

    def tell_now(self) -> None:
        """Tell it without waiting for the next time."""
        self._news.set()

    async def run(self) -> None:
        """Tell it, until cancelled. While that can't be done, each process judges by itself."""
        while True:
            try:
                await self._tell()
            except Trouble as trouble:
                log.debug("of addresses nothing can be told: %s", trouble)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(households.TELL_EVERY):
                    await self._news.wait()
            self._news.clear()

    async def _tell(self) -> None:
        new, commands = secrets.token_bytes(KEY_SIZE), self._lines.commands
        old = await self._lines.ask(commands.set(keys.ADDRESSES_KEY, new, nx=True, ex=KEY_LIVES, get=True))
        key = new if old is None else old
        if len(key) == KEY_SIZE:  # else it is nothing of ours
            self._households.use(key)
        if (told := self._households.report()) is not None:
            await self._lines.ask(commands.publish(keys.ADDRESSES_LIVE, told))
