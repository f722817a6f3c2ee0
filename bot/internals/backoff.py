"""How long to wait before the next try to reach the gateway, and how many sessions a day may bear."""

import math
import random
from typing import Final

from bridge.running.rate import Rate

FIRST: Final = 1.0  # seconds at most before the second try; each further pause is twice as long
LONGEST: Final = 60.0  # seconds between two tries: whoever mends the network isn't kept waiting for the bot
LASTING: Final = 60.0  # seconds after which a connection has worked, and pauses begin anew
DAY: Final = 86_400.0  # seconds
AT_ONCE: Final = 0.5  # of the sessions that Discord allows a day; as many again come back in a day, but for
RESERVE: Final = 0.1  # these, for restarts


class Backoff:
    """Pauses between tries that grow up to a minute, each by chance a little shorter.

    discord.py's own grow to 17 minutes, and shrink again only after 34 minutes without a trouble.
    """

    def __init__(self) -> None:
        self._tries = 0

    def delay(self, lasted: float = 0.0) -> float:
        """Return for how many seconds to wait now, after a connection that lasted for so many."""
        self._tries = 1 if lasted >= LASTING else self._tries + 1
        longest = min(LONGEST, FIRST * 2.0 ** min(self._tries - 1, 16))
        return random.uniform(longest / 2, longest)  # noqa: S311 - so that shards don't come all at once


class Sessions:
    """Counts the sessions that begin: from whom begins more in a day than allowed, Discord takes the token.

    With a minute between two tries a gateway that takes each identify and then hangs up would lead there. So
    would a process that ends soon after each start, and is started again: what those before it have used up
    only Discord knows. See `expect`.
    """

    def __init__(self, a_day: float = 1_000.0) -> None:
        self._rate = Rate(a_day * (1 - AT_ONCE - RESERVE) / DAY, a_day * AT_ONCE)
        self._full_at = 0.0
        self._reserve = a_day * RESERVE
        self._left, self._together = math.inf, 1
        self._last_at = self._resets_at = -math.inf

    def expect(self, now: float, left: float, resets_in: float, together: int) -> None:
        """Know how many are left until there are as many as ever; some begin `together`, one for each shard.

        Once that is no more than the reserve, what is left of the time is divided between those that are
        left: then there is always one more.
        """
        self._left, self._together = left, together
        self._last_at, self._resets_at = now, now + resets_in

    def note(self, now: float) -> None:
        """Count one."""
        self._full_at = self._rate.charge(self._full_at, now, 1, DAY)
        self._left -= 1
        self._last_at = now

    def wait(self, now: float) -> float:
        """Tell for how many seconds none should begin."""
        usual = max(0.0, self._rate.wait(self._full_at, now))
        if self._left > self._reserve or now >= self._resets_at:
            return usual
        time_left = self._resets_at - self._last_at
        share = min(time_left, time_left * self._together / max(self._left, 1.0))
        return max(usual, self._last_at + share - now)
