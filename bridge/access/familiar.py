"""Who got through a door before: from which addresses, with which devices. Pure."""

from collections import defaultdict
from typing import Final

from bridge.model import GuildInfo

MAX_FAMILIAR: Final = 10_000

_Door = tuple[object, ...]


class Familiar:
    """Remembers who got through which door. A door that has changed since is another one.

    Where there are too many, the first is forgotten of those who got through the door with most of them: a
    guild has as many as it likes, and not at another's cost.
    """

    def __init__(self, most: int = MAX_FAMILIAR) -> None:
        self._most = most
        self._through: defaultdict[_Door, dict[str, None]] = defaultdict(dict)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, info: GuildInfo, who: str) -> None:
        """Remember that somebody got through a guild's door as it is now."""
        there = self._through[_door(info)]
        if who in there:
            del there[who]  # they are the last now
        elif self._count >= self._most:
            self._forget_one()
        else:
            self._count += 1
        self._through[_door(info)][who] = None

    def knows(self, info: GuildInfo, who: str) -> bool:
        """Tell whether somebody got through a guild's door as it is now."""
        return who in self._through.get(_door(info), ())

    def _forget_one(self) -> None:
        door = max(self._through, key=lambda door: len(self._through[door]))
        there = self._through[door]
        del there[next(iter(there))]
        if not there:
            del self._through[door]


def _door(info: GuildInfo) -> _Door:
    return info.id, info.door
