"""How often somebody may use the bot, and all in one guild: each use costs the loop some milliseconds."""

import asyncio
from typing import Final

from bridge.running.rate import Rate, Rates
from bridge.running.turnstile import Turnstile

EACH: Final = Rate(per_second=5, at_once=60)  # of one person, wherever they are
TOGETHER: Final = Rate(per_second=10, at_once=100)  # of all in one guild
REFUSALS: Final = Rate(
    per_second=0.5, at_once=5
)  # that are told in one place: who hears one more waits anyway


class Patience:
    """Counts uses, and has those that come together begin one after the other, guild by guild."""

    def __init__(self) -> None:
        self._people = Rates(EACH)
        self._places = Rates(TOGETHER)
        self._refusals = Rates(REFUSALS)
        self._turnstile = Turnstile()

    def allows(self, user_id: int, guild_id: int | None) -> bool:
        """Tell whether somebody may use it once more, and count it."""
        now = asyncio.get_running_loop().time()
        return self._people.allow(str(user_id), now) and (
            guild_id is None or self._places.allow(str(guild_id), now)
        )

    def tells(self, user_id: int, guild_id: int | None) -> bool:
        """Tell whether to answer who may not: beyond a few of them, silence has to do."""
        now = asyncio.get_running_loop().time()
        return self._refusals.allow(str(guild_id or user_id), now)

    async def turn(self, user_id: int, guild_id: int | None) -> None:
        """Return when somebody has their turn."""
        await self._turnstile.turn(str(guild_id or user_id))
