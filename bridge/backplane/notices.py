"""What is announced, between processes: who writes guilds tells it, and all others learn it, also later."""

import json
import time
from collections.abc import Callable
from typing import Final

from bridge.backplane import keys
from bridge.backplane.codec import UNREADABLE
from bridge.backplane.lines import Lines
from bridge.backplane.news import News
from bridge.rooms.notice import Notice

MAX_TEXT: Final = 300  # characters
MAX_TOLD: Final = 4096  # bytes
LONGEST: Final = 100_000.0  # seconds that one stands, with some to spare


class Notices(News):
    """Tells what is announced here, if this process `writes`; else says what was announced elsewhere.

    `own` is what stands here: a server that has lost everything is told it again.
    """

    def __init__(
        self,
        lines: Lines,
        own: Callable[[], Notice | None],
        on_notice: Callable[[Notice], None],
        *,
        writes: bool,
    ) -> None:
        super().__init__(lines)
        self._own = own
        self._on_notice = on_notice
        self._writes = writes
        self._untold: Notice | None = None

    def tell(self, notice: Notice) -> None:
        """Tell others, as soon as there is a way."""
        if self._writes:
            self._untold = notice
            self._is_new.set()

    def look(self) -> None:
        """Learn, or tell, what stands: something may have been missed."""
        if self._writes:
            self._untold = self._own()
        self._is_outdated = not self._writes
        self._is_new.set()

    def hear(self, told: bytes) -> None:
        """Take what was told."""
        if not self._writes and (notice := read(told)) is not None:
            self._on_notice(notice)

    async def _say(self) -> None:
        if (notice := self._news) is not None:
            await self._publish(notice)

    async def _read(self) -> None:
        found = await self._lines.ask(self._lines.commands.get(keys.NOTICE))
        self._is_outdated = False
        if found is not None:
            self.hear(found)

    async def _keep(self) -> None:
        if (notice := self._news) is None:
            return
        until = int(notice.until * 1000)
        await self._lines.ask(self._lines.commands.set(keys.NOTICE, write(notice), pxat=until))
        await self._publish(notice)
        if self._untold is notice:
            self._untold = None

    @property
    def _news(self) -> Notice | None:
        """What is still to be told, if it stands."""
        return self._untold if self._untold is not None and self._untold.until > time.time() else None

    async def _publish(self, notice: Notice) -> None:
        await self._lines.ask(self._lines.commands.publish(keys.NOTICE_LIVE, write(notice)))


def write(notice: Notice) -> bytes:
    """Write it for others."""
    return json.dumps(notice).encode()


def read(told: bytes) -> Notice | None:
    """Read what was told; None if it is nothing of ours."""
    if len(told) > MAX_TOLD:
        return None
    try:
        text, at, until = json.loads(told)
        notice = Notice(text, float(at), float(until))
    except UNREADABLE:
        return None
    is_text = isinstance(text, str) and len(text) <= MAX_TEXT
    # Nor one that stands for ever, or since ever: what isn't finite can't be told either.
    return notice if is_text and 0 <= notice.at <= notice.until <= notice.at + LONGEST else None
