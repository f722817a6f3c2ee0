"""What happened in one guild between two flushes, in portions that are told and read in a turn each. Pure."""

from dataclasses import dataclass, field
from typing import Final

from bridge.backplane import codec
from bridge.backplane.codec import Entry
from bridge.wire.protocol import Event

TOLD_AT_ONCE: Final = 500  # events; of long words fewer

Some = dict[str, bytes | None]  # what to set, and with None to drop


@dataclass(slots=True)
class Batch:
    """What happened since the last flush, and what is true after it.

    All of it is written in one step: in between, what is true would not be what was told.
    """

    members: Some = field(default_factory=dict)
    facts: Some = field(default_factory=dict)
    forgets: bool = False
    count: int = 0  # events
    portions: list[tuple[int, bytes, int]] = field(default_factory=list)  # up to where, what, and how many
    events: list[Event] = field(default_factory=list)  # those after them
    _weight: int = 0

    def add(self, event: Event) -> None:
        """Add what happened next."""
        if self._weight >= TOLD_AT_ONCE:
            self._close_portion()
        self.events.append(event)
        self._weight += event.weight
        self.count += 1

    def merge(self, later: "Batch") -> None:
        """Add what happened after this, and what is true then."""
        if later.portions:
            self._close_portion()
            self.portions += later.portions
            self.count += sum(count for _, _, count in later.portions)
        for event in later.events:
            self.add(event)
        self.members |= later.members
        self.facts |= later.facts
        self.forgets |= later.forgets

    def entries(self, generation: str, before: int) -> list[tuple[Entry, int]]:
        """Name what is told of it, in portions, and how many events each has."""
        self._close_portion()
        entries = []
        for offset, events, count in self.portions:
            entries.append((Entry(generation, before, offset, events), count))
            before = offset
        return entries

    def _close_portion(self) -> None:
        if self.events:
            last = self.events[-1].position
            self.portions.append((last, codec.write_events(self.events), len(self.events)))
            self.events, self._weight = [], 0
