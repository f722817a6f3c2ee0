"""Who is in a room only because they said something: they leave some time after their last words. Pure."""

from typing import Final

VISIT: Final = 300.0  # seconds
MAX_VISITORS: Final = 100


class Visitors:
    """Those in one room, in the order of their last words. The caller brings the clock, in seconds."""

    def __init__(self) -> None:
        self._until: dict[str, float | None] = {}  # None: they have spoken since the last look at the clock

    def __contains__(self, uid: str) -> bool:
        return uid in self._until

    def note(self, uid: str) -> None:
        """Know that somebody who is only visiting has said something."""
        self._until.pop(uid, None)
        self._until[uid] = None

    def forget(self, uid: str) -> None:
        """Know that somebody is gone, or is here to stay."""
        self._until.pop(uid, None)

    def leaving(self, now: float) -> list[str]:
        """Name whose visit is over, those who came first where there are too many."""
        for uid, until in self._until.items():
            if until is None:
                self._until[uid] = now + VISIT
        over = sum(until is not None and until <= now for until in self._until.values())
        return list(self._until)[: max(over, len(self._until) - MAX_VISITORS)]

    def next_due(self) -> float | None:
        """Tell when the next visit is over, if somebody visits."""
        return next(iter(self._until.values()), None)
