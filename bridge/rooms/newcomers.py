"""Who came into a guild less than a day ago: of nobody else it is told when they came. Pure."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

from bridge.model import NEW_FOR, Member

_SPARE: Final = 100  # entries of those who are gone that are not worth sorting out


class Newcomers:
    """Those in one room who are new. `clock` tells the seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._joined: dict[str, int] = {}
        self._order: list[tuple[int, str]] = []  # a heap of them, and of some that are no more

    def as_told(self, member: Member) -> Member:
        """Leave out when somebody came who is no longer new."""
        if member.joined is None or self._clock() < member.joined + NEW_FOR:
            return member
        return member._replace(joined=None)

    def note(self, member: Member) -> None:
        """Know what is told of somebody from now on."""
        if member.joined is None:
            self._joined.pop(member.uid, None)
        elif self._joined.get(member.uid) != member.joined:
            self._joined[member.uid] = member.joined
            heappush(self._order, (member.joined, member.uid))
            if len(self._order) > 2 * len(self._joined) + _SPARE:  # they come and go
                self._order = sorted((joined, uid) for uid, joined in self._joined.items())

    def forget(self, uid: str) -> None:
        """Know that somebody is gone."""
        self._joined.pop(uid, None)

    def settled(self, most: int | None = None) -> list[str]:
        """Name who has ceased to be new, each of them once; no more than `most` at a time."""
        now = self._clock()
        settled: list[str] = []
        while self._order and self._order[0][0] + NEW_FOR <= now and len(settled) != most:
            joined, uid = heappop(self._order)
            if self._joined.get(uid) == joined:
                del self._joined[uid]
                settled.append(uid)
        return settled
