"""Who came into a guild less than a day ago: of nobody else it is told when they came. Pure."""

import math
from collections.abc import Callable

from bridge.model import NEW_FOR, Member


class Newcomers:
    """Those in one room who are new. `clock` tells the seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._joined: dict[str, int] = {}
        self._first_settles = math.inf  # nobody is settled before

    def as_told(self, member: Member) -> Member:
        """Leave out when somebody came who is no longer new."""
        if member.joined is None or self._clock() < member.joined + NEW_FOR:
            return member
        return member._replace(joined=None)

    def note(self, member: Member) -> None:
        """Know what is told of somebody from now on."""
        if member.joined is None:
            self._joined.pop(member.uid, None)
        else:
            self._joined[member.uid] = member.joined
            self._first_settles = min(self._first_settles, member.joined + NEW_FOR)

    def forget(self, uid: str) -> None:
        """Know that somebody is gone."""
        self._joined.pop(uid, None)

    def settled(self) -> list[str]:
        """Name who has ceased to be new, each of them once."""
        now = self._clock()
        if now < self._first_settles:
            return []
        settled = [uid for uid, joined in self._joined.items() if joined + NEW_FOR <= now]
        for uid in settled:
            del self._joined[uid]
        self._first_settles = min(self._joined.values(), default=math.inf) + NEW_FOR
        return settled
