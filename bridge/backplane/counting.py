"""How many watch a guild at other processes. Each reports it now and then; what is old doesn't count."""

from collections.abc import Mapping
from typing import Any, Final

REPORT_EVERY: Final = 5.0  # seconds between two reports
GOOD_FOR: Final = 3 * REPORT_EVERY  # seconds
REPORTED_AT_ONCE: Final = 500  # guilds in one message
MAX_COUNT: Final = 10_000_000  # viewers of one reader
MAX_READERS: Final = 1_000  # that are counted for one guild


def read_report(body: Mapping[str, Any]) -> dict[str, int]:
    """Read a report. What can't be read in it is left out."""
    if len(body) > REPORTED_AT_ONCE:
        return {}
    return {guild_id: count for guild_id, count in body.items() if type(count) is int and count <= MAX_COUNT}


def read_count(answer: Mapping[str, Any]) -> int:
    """Read how many there are; what can't be read is nobody."""
    count = answer.get("count")
    return count if type(count) is int and 0 <= count <= MAX_COUNT else 0


class Reported:
    """What readers report. `now` is in seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._counts: dict[
            str, dict[str, tuple[int, float]]
        ] = {}  # by guild and reader: how many, until when

    def note(self, reader: str, counts: Mapping[str, int], now: float) -> None:
        """Take a report: how many watch which guilds."""
        for guild_id, count in counts.items():
            there = self._counts.setdefault(guild_id, {})
            there.pop(reader, None)
            if count > 0 and len(there) < MAX_READERS:
                there[reader] = count, now + GOOD_FOR
            if not there:
                del self._counts[guild_id]

    def count(self, guild_id: str, now: float, but: str = "") -> int:
        """Count who watches a guild elsewhere, `but` not at one of those who report."""
        there = self._counts.get(guild_id, {})
        return sum(count for reader, (count, until) in there.items() if until > now and reader != but)

    def total(self, now: float) -> int:
        """Count who watches any guild elsewhere."""
        return sum(self.count(guild_id, now) for guild_id in self._counts)

    def tidy(self, now: float) -> None:
        """Forget what isn't good any more."""
        for guild_id, there in list(self._counts.items()):
            for reader in [reader for reader, (_, until) in there.items() if until <= now]:
                del there[reader]
            if not there:
                del self._counts[guild_id]
