"""Finding members by name or id, some of them at a time: there may be hundreds of thousands. Pure."""

import heapq
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from bridge.model import Member
from bridge.wire.crowd import MOST_FOUND, fold

LOOKED_AT_ONCE: Final = 256  # members, between two looks at the clock
STEP: Final = 0.002  # seconds that a step takes
SNOWFLAKE: Final = 15  # digits at least; no name has so many in it

_Place = tuple[bool, str, str]  # whether the name only has it inside, the name, the uid


class Search:
    """Looks through a room's members for a name or an id. Who comes or goes meanwhile isn't found."""

    def __init__(self, members: Mapping[str, Member], text: str) -> None:
        self._members = members
        self._wanted = fold(text.strip())
        self._id = text.strip()
        is_known = len(self._id) >= SNOWFLAKE and self._id in members
        self._left: Iterator[str] = iter([self._id] if is_known else list(members))
        self._best: list[_Place] = []

    def step(self) -> bool:
        """Look at some of them; tell whether there are more."""
        end = time.monotonic() + STEP
        while few := list(islice(self._left, LOOKED_AT_ONCE)):
            places = [place for uid in few if (place := self._place_of(uid)) is not None]
            if places:
                self._best = heapq.nsmallest(MOST_FOUND, [*self._best, *places])
            if time.monotonic() >= end:
                return True
        return False

    def found(self, members: Mapping[str, Member]) -> list[Member]:
        """Name those who are found and still there, those whose name begins like that first."""
        self._members = members
        return [members[uid] for _, _, uid in self._best if self._place_of(uid) is not None]

    def _place_of(self, uid: str) -> _Place | None:
        member = self._members.get(uid)
        if member is None:
            return None
        name = fold(member.username)
        at = 0 if uid == self._id else name.find(self._wanted)
        return None if at < 0 else (at > 0, name, uid)
