"""What was refused, and how often: counted for whoever asks, and now and then a line in the log."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Final

log = logging.getLogger(__name__)

PAUSE: Final = 60.0  # seconds between two lines


class Tally:
    """Counts what happened, refusals for one, by their reason. A flood of them is one line a minute."""

    def __init__(self, what: str = "refused") -> None:
        self._what = what
        self._total: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()
        self._tell_at = 0.0

    @property
    def total(self) -> Mapping[str, int]:
        """All since the start."""
        return self._total

    def note(self, reason: str) -> None:
        """Count what is no news: it happens every day."""
        self._total[reason] += 1

    def count(self, reason: str, now: float) -> None:
        """Count one; `now` is in seconds of a clock that only goes forward."""
        self._total[reason] += 1
        self._untold[reason] += 1
        if now >= self._tell_at:
            self._tell_at = now + PAUSE
            reasons = ", ".join(f"{name} ({count})" for name, count in self._untold.items())
            log.warning("%s: %s", self._what, reasons)
            self._untold.clear()
