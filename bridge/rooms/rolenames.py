"""What the roles are called that give members their colour. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from bridge.model import DEFAULT_COLOR

MOST_NAMES: Final = 8  # of one colour

Names = Sequence[str]


class Renamed(NamedTuple):
    """What the roles of some colours are called now; `whole` if any other name may not be told any more."""

    names: dict[str, list[str]]
    whole: bool


class RoleNames:
    """Names colours after the roles that give them to somebody who is here.

    A role that nobody has, or that gives nobody their colour, names nothing. Which do follows from the
    members where the owner says what roles are `called`; a room that follows another one is told the outcome.
    """

    def __init__(self, called: Mapping[str, str]) -> None:
        self._called = called  # what roles are called, by id
        self._givers: dict[str, dict[str, int]] = {}  # by colour, how many have it from which role
        self._names: dict[str, Names] = {}  # by colour
        self._renamed: set[str] = set()  # the colours of which those who follow have heard other names
        self._takes_back = False  # whether they have to forget all that they heard

    def of(self, color: str) -> Names:
        """Name the roles that give somebody a colour."""
        return self._names.get(color, ())

    def all(self) -> dict[str, Names]:
        """Name them all, by colour."""
        return dict(self._names)

    def note(self, color: str, role: str, by: int) -> bool:
        """Know that one more, or one less, has a colour from a role; tell whether it is named otherwise."""
        givers = self._givers.setdefault(color, {})
        before = givers.get(role, 0)
        givers[role] = before + by
        if not givers[role]:
            del givers[role]
            if not givers:
                del self._givers[color]
        is_other = not (before and before + by)
        return is_other and bool(self._called) and self._look(color)

    def call(self, called: Mapping[str, str]) -> list[str]:
        """Have roles be called this; tell which colours are named otherwise."""
        self._takes_back |= any(called.get(role) != name for role, name in self._called.items())
        self._called = called
        return [color for color in {**self._givers, **self._names} if self._look(color)]

    def tell(self, names: Mapping[str, Names], *, whole: bool) -> list[str]:
        """Have colours be named so, as another room says; tell which are named otherwise than before."""
        colors = {**self._names, **names} if whole else names
        return [color for color in colors if self._name(color, tuple(names.get(color, ())))]

    @property
    def is_renamed(self) -> bool:
        """Whether there is something to tell those who follow."""
        return self._takes_back or bool(self._renamed)

    def renamed(self) -> Renamed:
        """Tell those who follow what is named otherwise since the last time."""
        whole = self._takes_back
        names = {color: list(self.of(color)) for color in (self._names if whole else self._renamed)}
        self._takes_back = False
        self._renamed.clear()
        return Renamed(names, whole)

    def _look(self, color: str) -> bool:
        """Name a colour after those who give it; tell whether that is news. White is no colour."""
        givers: Iterable[str] = () if color == DEFAULT_COLOR else self._givers.get(color, ())
        names = {self._called[role] for role in givers if role in self._called}
        is_news = self._name(
            color, tuple(sorted(names, key=lambda name: (name.casefold(), name)))[:MOST_NAMES]
        )
        if is_news:
            self._renamed.add(color)
        return is_news

    def _name(self, color: str, names: tuple[str, ...]) -> bool:
        if names == self.of(color):
            return False
        if names:
            self._names[color] = names
        else:
            del self._names[color]
        return True
