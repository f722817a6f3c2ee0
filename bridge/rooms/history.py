"""A room's last events, for viewers that come back, and the last words: bounded in number and in age."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable
from itertools import islice, takewhile
from typing import Final, NamedTuple

from bridge.wire.protocol import Event

MOST_WORDS: Final = 50  # that are kept for who arrives, although there is no room for other events of then


class _Kept(NamedTuple):
    """An event, when it happened, and what it weighs together with all that happened before it."""

    when: float
    event: Event
    weight: int


class History:
    """Everything that happened after the position `since`. Pure: the caller brings the clock, in seconds.

    `edition` grows when something that is kept is told in another way, or not at all any more. Where a
    minute's events are too many, words that may be told to who arrives stay longer than others.
    """

    def __init__(self, max_events: int, max_age: float) -> None:
        self.since = 0
        self.edition = 0
        self.max_age = max_age
        self.max_events = max_events
        self._events: deque[_Kept] = deque()
        self._words: deque[tuple[float, Event]] = deque()  # of before `since`
        self._weight = 0  # of all events there ever were, since something else was told of any
        self._named: Counter[str] = Counter()  # in how many of them somebody is

    def add(self, events: Iterable[Event], now: float) -> None:
        """Keep these, which happened now, and forget what is too old or too much."""
        for event in events:
            if event.position > self.since:
                self._append(now, event)
                self._named.update(event.names)
        while self._events and (
            len(self._events) > self.max_events or self._events[0].when <= now - self.max_age
        ):
            oldest = self._events.popleft()
            self.since = oldest.event.position
            if oldest.event.said is None or not self.max_events:
                self._name_no_more(oldest.event)
            else:
                self._words.append((oldest.when, oldest.event))
        while self._words and (len(self._words) > MOST_WORDS or self._words[0][0] <= now - self.max_age):
            self._name_no_more(self._words.popleft()[1])

    def start_at(self, position: int) -> None:
        """Forget everything up to this position."""
        self.edition += 1
        self._events.clear()
        self._words.clear()
        self._named.clear()
        self.since = position

    def forget(self, unwanted: Callable[[Event], bool]) -> None:
        """Forget what may not be told any more, whoever missed it."""
        forgotten = [kept.event for kept in self._events if unwanted(kept.event)]
        words = [event for _, event in self._words if unwanted(event)]
        if forgotten or words:
            positions = {event.position for event in (*forgotten, *words)}
            self._words = deque(one for one in self._words if one[1].position not in positions)
            self._tell(
                (kept.when, kept.event) for kept in self._events if kept.event.position not in positions
            )
            for event in (*forgotten, *words):
                self._name_no_more(event)

    def outdate(self) -> None:
        """Know that something that is kept is told in another way now."""
        self.edition += 1

    def names(self, uid: str) -> bool:
        """Tell whether anything of it is of somebody, or answers them."""
        return uid in self._named

    def change(self, change: Callable[[Event], Event]) -> None:
        """Have something else told in place of what happened."""
        self._words = deque((when, change(event)) for when, event in self._words)
        changed = [(kept.when, change(kept.event)) for kept in self._events]
        if any(event is not kept.event for (_, event), kept in zip(changed, self._events, strict=True)):
            self._tell(changed)

    def after(self, position: int) -> list[Event]:
        """Return what happened after a position that is not before `since`."""
        return [kept.event for kept in islice(self._events, self._index(position), None)]

    def between(self, position: int, last: int) -> list[Event]:
        """Return what of that happened up to a later position."""
        after = islice(self._events, self._index(position), None)
        return [kept.event for kept in takewhile(lambda kept: kept.event.position <= last, after)]

    def words(self) -> list[Event]:
        """Return what was said and may be told to who arrives, the oldest first."""
        lately = (kept.event for kept in self._events if kept.event.said is not None)
        return [*(event for _, event in self._words), *lately]

    def weight_after(self, position: int) -> int:
        """Tell what `after` weighs, without looking at each of them."""
        index = self._index(position)
        if index == len(self._events):
            return 0
        return self._weight - self._events[index].weight + self._events[index].event.weight

    def next_due(self) -> float | None:
        """Tell when something gets too old, if there is anything."""
        times = [kept[0][0] for kept in (self._words, self._events) if kept]
        return min(times) + self.max_age if times else None

    def _index(self, position: int) -> int:
        return bisect_right(self._events, position, key=lambda kept: kept.event.position)

    def _append(self, when: float, event: Event) -> None:
        self._weight += event.weight
        self._events.append(_Kept(when, event, self._weight))

    def _tell(self, events: Iterable[tuple[float, Event]]) -> None:
        told = list(events)
        self.edition += 1
        self._events.clear()
        self._weight = 0
        for when, event in told:
            self._append(when, event)

    def _name_no_more(self, event: Event) -> None:
        for uid in event.names:
            self._named[uid] -= 1
            if not self._named[uid]:
                del self._named[uid]
