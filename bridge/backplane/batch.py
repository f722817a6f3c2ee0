"""What happened in one guild between two flushes, in portions that are told and read in a turn each. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.backplane import codec
from bridge.rooms.changes import Left
from bridge.wire.protocol import Event

TOLD_AT_ONCE: Final = 500  # events; of long words fewer

Some = dict[str, bytes | None]  # what to set, and with None to drop


class Portion:
    """What happened in a row, up to a position. What of it may not be told any more is taken out."""

    __slots__ = ("_told", "count", "events", "last", "weight")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.last = 0  # up to where
        self.count = 0  # of all that happened
        self.weight = 0
        self._told: bytes | None = None

    def add(self, event: Event) -> None:
        """Add what happened next."""
        self.events.append(event)
        self.last = event.position
        self.count += 1
        self.weight += event.weight
        self._told = None

    def told(self) -> bytes:
        """Write it as it is told."""
        if self._told is None:
            self._told = codec.write_events(self.events)
        return self._told

    def take_back(self, left: Left) -> bool:
        """Leave of each what is left; tell whether that is less than there was."""
        now = [left(event) for event in self.events]
        if all(one is event for one, event in zip(now, self.events, strict=True)):
            return False
        self.events = [event for event in now if event is not None]
        self._told = None
        return True


@dataclass(slots=True)
class Batch:
    """What happened since the last flush, and what is true after it.

    All of it is written in one step: in between, what is true would not be what was told. With `forgets`,
    what was told before is written anew, or not at all. `withdrawn` are those whose words were forgotten;
    with None among them, perhaps anybody.
    """

    members: Some = field(default_factory=dict)
    facts: Some = field(default_factory=dict)
    forgets: bool = False
    withdrawn: set[str | None] = field(default_factory=set)
    count: int = 0  # events
    portions: list[Portion] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Add what happened next."""
        if not self.portions or self.portions[-1].weight >= TOLD_AT_ONCE:
            if self.portions:
                self.portions[-1].told()  # now: all of them at the flush would be many
            self.portions.append(Portion())
        self.portions[-1].add(event)
        self.count += 1

    def merge(self, later: "Batch") -> None:
        """Add what happened after this, and what is true then."""
        if len(later.portions) == 1 and len(later.portions[0].events) == later.portions[0].count:
            self._add_all(later.portions[0].events)
        else:
            self.portions += later.portions
            self.count += later.count
        self.members |= later.members
        self.facts |= later.facts
        self.forgets |= later.forgets
        self.withdrawn |= later.withdrawn

    def _add_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.add(event)

    def take_back(self, left: Left) -> bool:
        """Leave of each event what is left; tell whether that is less than there was."""
        return sum(portion.take_back(left) for portion in self.portions) > 0  # all of them
