"""How much of the loop's time what a guild's owners do may take: for each guild, and for all together."""

import time

from bridge.running.rate import Rate, Rates


class Allowance:
    """What one guild may take, and all of them `together`, in seconds; who took too much waits.

    However much that was, nobody waits for more than `longest` seconds.
    """

    def __init__(self, each: Rate, together: Rate, longest: float) -> None:
        self._spent = Rates(each)  # by guild
        self._together = together
        self._longest = longest
        self._full_at = 0.0  # when all of them have as much again as at first

    def wait(self, guild_id: int) -> float:
        """Tell for how many seconds a guild has to wait; 0 or less: not at all."""
        now = time.monotonic()
        return max(self._spent.wait(str(guild_id), now), self._together.wait(self._full_at, now))

    def pay(self, guild_id: int, seconds: float) -> None:
        """Note what was taken for a guild."""
        now = time.monotonic()
        self._spent.charge(str(guild_id), now, seconds, self._longest)
        self._full_at = self._together.charge(self._full_at, now, seconds, self._longest)
