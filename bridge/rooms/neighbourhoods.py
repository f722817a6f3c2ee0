"""How many members have which role colour and status: kept, and never counted. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bridge.model import Member
from bridge.rooms.rolenames import Names, Renamed, RoleNames
from bridge.wire.crowd import neighbourhood

MOST: Final = 64  # colours that are told apart; whoever has another is one of the rest
STATUSES: Final = ("online", "idle", "dnd", "offline")
_RANK: Final = {status: rank for rank, status in enumerate(STATUSES)}
_REST: Final = None


class Neighbourhoods:
    """Counts everybody in a room by the colour of their role. Each change costs the same.

    The first colours to come have a place of their own for as long as anybody has them. They are named after
    the roles that give them to somebody, where the owner says what roles are `called`.
    """

    def __init__(self, called: Mapping[str, str]) -> None:
        self._counts: dict[str | None, list[int]] = {}  # of those colours that have a place, and of the rest
        self._others: dict[str, int] = {}  # colours without one, and how many have each
        self._changed: set[str | None] = set()
        self._names = RoleNames(called)
        self.is_urgent = False  # whether viewers may read a name that isn't to be told any more

    def move(self, before: Member | None, after: Member | None) -> None:
        """Know that somebody was like this, and is like that."""
        if before is not None and after is not None and before.role_color == after.role_color:
            if before.status != after.status:
                self._turn(before.role_color, _RANK[before.status], _RANK[after.status])
            if before.role != after.role:
                self._receive(before, after)
            return
        if before is not None:
            self._leave(before.role_color, _RANK[before.status])
        if after is not None:
            self._come(after.role_color, _RANK[after.status])
        self._receive(before, after)

    def all(self) -> list[dict[str, Any]]:
        """Tell all of them."""
        return [self._told(color, counts) for color, counts in self._counts.items() if any(counts)]

    @property
    def is_news(self) -> bool:
        """Whether any has changed since it was last asked which."""
        return bool(self._changed)

    def news(self) -> list[dict[str, Any]]:
        """Tell those that have changed since the last time. Where nobody lives any more, all is zero."""
        changed = [self._told(color, self._counts.get(color, (0, 0, 0, 0))) for color in self._changed]
        self.forget_news()
        return changed

    def forget_news(self) -> None:
        """Know that nobody wants to hear which have changed up to here."""
        self._changed.clear()
        self.is_urgent = False

    # What they are called

    @property
    def names(self) -> dict[str, Names]:
        """What the roles are called that give somebody a colour, by colour."""
        return self._names.all()

    def call(self, called: Mapping[str, str]) -> None:
        """Have roles be called this, by their ids."""
        self._rename(self._names.call(called), urgently=True)

    def tell(self, names: Mapping[str, Names], *, whole: bool) -> None:
        """Have colours be named so, as the room says that this one follows; with `whole`, no others."""
        self._rename(self._names.tell(names, whole=whole), urgently=whole)

    @property
    def is_renamed(self) -> bool:
        """Whether there is something to tell rooms that follow this one."""
        return self._names.is_renamed

    def renamed(self) -> Renamed:
        """Tell rooms that follow this one what is named otherwise since the last time."""
        return self._names.renamed()

    def _told(self, color: str | None, counts: Sequence[int]) -> dict[str, Any]:
        names = () if color is None or not any(counts) else self._names.of(color)
        return neighbourhood(color, counts, names)

    def _rename(self, colors: Iterable[str], *, urgently: bool) -> None:
        renamed = self._counts.keys() & set(colors)
        self._changed |= renamed
        self.is_urgent |= urgently and bool(renamed)

    def _receive(self, before: Member | None, after: Member | None) -> None:
        """Know from which roles somebody had, and has, their colour."""
        for member, by in ((before, -1), (after, 1)):
            if member is not None and member.role is not None:
                color = member.role_color
                if self._names.note(color, member.role, by) and color in self._counts:
                    self._changed.add(color)

    def _turn(self, color: str, before: int, after: int) -> None:
        key = color if color in self._counts else _REST
        counts = self._counts[key]
        counts[before] -= 1
        counts[after] += 1
        self._changed.add(key)

    def _come(self, color: str, rank: int) -> None:
        key = self._key(color)
        if key is _REST:
            self._others[color] = self._others.get(color, 0) + 1
        self._counts.setdefault(key, [0, 0, 0, 0])[rank] += 1
        self._changed.add(key)

    def _leave(self, color: str, rank: int) -> None:
        key = color if color in self._counts else _REST
        if key is _REST:
            self._others[color] -= 1
            if not self._others[color]:
                del self._others[color]
        counts = self._counts[key]
        counts[rank] -= 1
        self._changed.add(key)
        if not any(counts):
            del self._counts[key]

    def _key(self, color: str) -> str | None:
        """Tell where somebody is counted: among the rest as long as others of their colour are."""
        if color in self._counts:
            return color
        has_room = len(self._counts) - (_REST in self._counts) < MOST
        return color if has_room and color not in self._others else _REST
