"""How many may watch one guild at once: here, and wherever else it is shown."""

from collections.abc import Awaitable, Callable

from bridge.errors import Refused
from bridge.problems import GUILD_FULL
from bridge.rooms.room import Room


class Crowding:
    """Refuses whoever would be one too many. `most` is 0 where any number may watch.

    `elsewhere` tells how many watch a guild in other processes, which nobody knows to the second: together
    they may let a few more in.
    """

    def __init__(
        self, most: int, count: Callable[[str], None], elsewhere: Callable[[Room], Awaitable[int]]
    ) -> None:
        self._most = most
        self._count = count
        self._ask = elsewhere
        self._elsewhere: dict[str, int] = {}  # where it is close

    async def look(self, room: Room) -> None:
        """Learn how many there are elsewhere, before `check`."""
        if self._most:
            self._elsewhere[room.info.id] = await self._ask(room)

    def is_full(self, room: Room) -> bool:
        """Tell whether there is no place for one more."""
        if not self._most:
            return False
        return room.viewer_count + self._elsewhere.get(room.info.id, 0) >= self._most

    def check(self, room: Room) -> None:
        """See that there is a place for one more.

        Raises:
            Refused: if there is none.
        """
        if self.is_full(room):
            self._count("server full")
            raise Refused(GUILD_FULL)
