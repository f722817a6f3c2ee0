"""What lets somebody in may end while they are on their way. Pure."""

import contextlib
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Permit = TypeVar("Permit")
Ends = Callable[[Permit], bool]  # tells whether it is this permit that ends


class Withdrawals(Generic[Permit]):
    """Tells those who are on their way through a door what ended there meanwhile.

    Only whose own permit ended has to ask again: in thousands of guilds somebody leaves at any moment.
    """

    def __init__(self) -> None:
        self._on_the_way: dict[Hashable, dict[int, list[Ends[Permit]]]] = {}

    @contextlib.contextmanager
    def on_the_way(self, door: Hashable) -> Iterator[list[Ends[Permit]]]:
        """Yield a list to which is added whatever ends at a door from here on."""
        ended: list[Ends[Permit]] = []
        there = self._on_the_way.setdefault(door, {})
        there[id(ended)] = ended
        try:
            yield ended
        finally:
            del there[id(ended)]
            if not there:
                del self._on_the_way[door]

    def note(self, ends: Ends[Permit], door: Hashable | None = None) -> None:
        """Note that some permits end, at one door or at all."""
        doors = self._on_the_way.values() if door is None else (self._on_the_way.get(door, {}),)
        for there in doors:
            for ended in there.values():
                ended.append(ends)
