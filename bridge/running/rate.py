"""How often something may happen: so many at once, and so many a second in the long run."""

from itertools import islice
from typing import Final

MAX_KEYS: Final = 50_000  # remembered by one `Rates`: some 10 MB
ROOM_AT_ONCE: Final = 10  # a tenth of them is forgotten together


class Rate:
    """A token bucket that keeps nothing itself (the generic cell rate algorithm, ITU-T I.371).

    What it needs to know of somebody is one number, which they keep: when their bucket is full again, in
    seconds of a clock that only goes forward. At first that is 0.
    """

    __slots__ = ("_each", "_full")

    def __init__(self, per_second: float, at_once: float) -> None:
        self._each = 1 / per_second  # seconds that one takes to come back
        self._full = at_once / per_second

    def spend(self, full_at: float, now: float, amount: float = 1) -> float | None:
        """Take `amount` out of a bucket; return when it is full again, or None if there is not as much."""
        full_at = max(full_at, now) + amount * self._each
        return full_at if full_at - now <= self._full else None

    def wait(self, full_at: float, now: float) -> float:
        """Tell in how many seconds there is something again in an overdrawn bucket; 0 or less: now."""
        return full_at - now - self._full

    def spent(self, full_at: float, now: float) -> float:
        """Tell how much is missing in a bucket."""
        return max(0.0, full_at - now) / self._each

    def charge(self, full_at: float, now: float, amount: float, longest: float) -> float:
        """Take `amount` out of a bucket even if there is not as much; return when it is full again.

        However much that was, in `longest` seconds there is something again.
        """
        return min(max(full_at, now) + amount * self._each, now + self._full + longest)


class Rates:
    """A rate for each of many keys, of which only those count that are not full again."""

    def __init__(self, rate: Rate, max_keys: int = MAX_KEYS) -> None:
        self._rate = rate
        self._max_keys = max_keys
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def allow(self, key: str, now: float) -> bool:
        """Tell whether it may happen once more, and count it if so."""
        full_at = self._rate.spend(self._full_at.get(key, 0.0), now)
        if full_at is None:
            return False
        if key not in self._full_at and len(self._full_at) >= self._max_keys:
            self.make_room(now)
        self._full_at[key] = full_at
        return True

    def wait(self, key: str, now: float) -> float:
        """Tell in how many seconds somebody has something again who spent too much; 0 or less: now."""
        return self._rate.wait(self._full_at.get(key, 0.0), now)

    def charge(self, key: str, now: float, amount: float, longest: float) -> None:
        """Take from somebody even what they don't have, as `Rate.charge`."""
        full_at = self._rate.charge(self._full_at.get(key, 0.0), now, amount, longest)
        if key not in self._full_at and len(self._full_at) >= self._max_keys:
            self.make_room(now)
        self._full_at[key] = full_at

    def drain(self, key: str, now: float) -> float:
        """Tell how much somebody has spent that hasn't come back yet, and forget it."""
        return self._rate.spent(self._full_at.pop(key, 0.0), now)

    def make_room(self, now: float) -> None:
        """Forget those whose bucket is full; where nearly all are in use, those who came first.

        Some at once: a look at all of them for each newcomer would be dear.
        """
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        too_many = len(self._full_at) - self._max_keys + 1 + self._max_keys // ROOM_AT_ONCE
        for key in list(islice(self._full_at, max(0, too_many))):
            del self._full_at[key]
