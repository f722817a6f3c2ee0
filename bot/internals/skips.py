"""What could not be read or dealt with: a line for each kind, then only how often."""

import asyncio
import logging
import traceback
from collections import Counter
from types import TracebackType
from typing import Final

log = logging.getLogger(__name__)

SUM_UP_EVERY: Final = 60.0  # seconds

Kind = tuple[str, str, str]  # the event, what went wrong, where


class Unreadable(Exception):
    """Something that Discord sent lacks what it can't do without: `what`, a name out of our own source."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Skips:
    """Counts what is skipped.

    What Discord sent never gets into the log, not even by way of an error's words: only the names of types
    and of places in the source do, and keys that stand in the source.
    """

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        """How often something was skipped, by event or listener."""
        self._known: set[Kind] = set()
        self._untold: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def unreadable(self, event: str, error: Exception) -> None:
        """Note an event, or a part of one such as `GUILD_CREATE.members`, that could not be read."""
        kind = event, type(error).__name__, _what(error)
        if self._is_new(kind):
            log.warning("skipped a %s that could not be read: %s", event, _told(error))

    def failed(self, listener: str, error: BaseException) -> None:
        """Note a listener that failed: that is a bug of ours, and its place is told once."""
        kind = listener, type(error).__name__, _place(error.__traceback__)
        if self._is_new(kind):
            stack = "".join(traceback.format_tb(error.__traceback__))
            log.error(
                "%s failed\nTraceback (most recent call last):\n%s%s", listener, stack, type(error).__name__
            )

    def sum_up(self) -> None:
        """Tell how much more was skipped since the last time."""
        self._timer = None
        for name, count in sorted(self._untold.items()):
            log.warning("skipped %d more %s", count, name)
        self._untold.clear()

    def _is_new(self, kind: Kind) -> bool:
        self.count[kind[0]] += 1
        if kind not in self._known:
            self._known.add(kind)
            return True
        self._untold[kind[0]] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SUM_UP_EVERY, self.sum_up)
        return False


def _told(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return f"{error.what} is missing or odd"
    return f"{type(error).__name__} {_what(error)}"


def _what(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return error.what
    place = _place(error.__traceback__)
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    return f"{key!r} in {place}" if isinstance(key, str) and _is_literal(key, error) else f"in {place}"


def _is_literal(key: str, error: Exception) -> bool:
    """Tell whether a key stands in the source where it was looked up, and wasn't sent by somebody."""
    frame = _last(error.__traceback__)
    return frame is not None and key in frame.tb_frame.f_code.co_consts


def _place(place: TracebackType | None) -> str:
    last = _last(place)
    if last is None:
        return "an unknown place"
    code = last.tb_frame.f_code
    return f"{last.tb_frame.f_globals.get('__name__', '?')}.{code.co_qualname}:{last.tb_lineno}"


def _last(place: TracebackType | None) -> TracebackType | None:
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place
