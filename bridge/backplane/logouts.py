"""Logins that were ended before their time: known to all processes, and to those that start later."""

import re
import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from bridge.backplane import keys, scripts
from bridge.backplane.lines import Lines
from bridge.backplane.news import News

MAX_ENDED: Final = 10_000
LIVES: Final = 31 * 86_400  # seconds that nothing is known for longer
SLACK: Final = 86_400  # seconds that one is kept for longer than it would have been good: clocks differ
TOLD_AT_ONCE: Final = 500
_NAME: Final = re.compile(rb"[A-Za-z0-9_-]{1,100}")
_TOLD: Final = re.compile(rb"([A-Za-z0-9_-]{1,100}) ([0-9]{1,12}(?:\.[0-9]{1,9})?)")

OnEnded = Callable[[Mapping[str, float]], None]  # takes logins, and until when each would have been good


class Logouts(News):
    """Tells all processes of logins that end here, and says which ended elsewhere.

    `own` names those that this process knows of itself: after an outage that may be all that is left.
    """

    def __init__(self, lines: Lines, own: Callable[[], Mapping[str, float]], on_ended: OnEnded) -> None:
        super().__init__(lines)
        self._own = own
        self._on_ended = on_ended
        self._untold: dict[str, float] = {}
        self._unheard: dict[str, float] = {}  # those of which whoever is there hasn't been told

    def tell(self, login: str, until: float) -> None:
        """Tell of a login that ended, as soon as there is a way."""
        self._untold[login] = self._unheard[login] = until
        self._is_new.set()

    def look(self) -> None:
        """Learn of what was told while nothing was heard, and tell of it oneself."""
        self._untold.update(self._own())
        self._is_outdated = True
        self._is_new.set()

    def hear(self, told: bytes) -> None:
        """Take what was told."""
        if found := _TOLD.fullmatch(told):
            self._on_ended({found[1].decode(): float(found[2])})

    async def _say(self) -> None:
        while self._unheard:
            few = dict(islice(self._unheard.items(), TOLD_AT_ONCE))
            pipeline: Any = self._lines.commands.pipeline(transaction=False)
            for login, until in few.items():
                pipeline.publish(keys.LOGINS_LIVE, f"{login} {until:.3f}")
            await self._lines.ask(pipeline.execute())
            for login in few:
                self._unheard.pop(login, None)

    async def _read(self) -> None:
        found = await self._lines.ask(
            self._lines.commands.zrange(keys.LOGINS_ENDED, -MAX_ENDED, -1, withscores=True)
        )
        self._is_outdated = False
        self._on_ended({login.decode(): until for login, until in found if _NAME.fullmatch(login)})

    async def _keep(self) -> None:
        names = [keys.LOGINS_ENDED, keys.LOGINS_LIVE]
        while self._untold:
            few = dict(islice(self._untold.items(), TOLD_AT_ONCE))
            pairs = [part for login, until in few.items() for part in (login, f"{until:.3f}")]
            before = str(time.time() - SLACK)
            await self._lines.run([(scripts.END_LOGINS, names, [before, MAX_ENDED, LIVES, *pairs])])
            for login in few:
                self._untold.pop(login, None)
