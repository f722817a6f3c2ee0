"""A room's last events, for viewers that come back: bounded in number and in age."""

from collections import Counter, deque
from collections.abc import Callable, Iterable

from bridge.wire.protocol import Event


class History:
    """Everything that happened after the position `since`. Pure: the caller brings the clock, in seconds."""

    def __init__(self, max_events: int, max_age: float) -> None:
        self.since = 0
        self.max_age = max_age
        self.max_events = max_events
        self._events: deque[tuple[float, Event]] = deque()
        self._named: Counter[str] = Counter()  # in how many of them somebody is

    def add(self, events: Iterable[Event], now: float) -> None:
        """Keep these, which happened now, and forget what is too old or too much."""
        for event in events:
            if event.position > self.since:
                self._events.append((now, event))
                self._named.update(event.names)
        while self._events and (
            len(self._events) > self.max_events or self._events[0][0] <= now - self.max_age
        ):
            event = self._events.popleft()[1]
            self.since = event.position
            self._name_no_more(event)

    def start_at(self, position: int) -> None:
        """Forget everything up to this position."""
        self._events.clear()
        self._named.clear()
        self.since = position

    def forget(self, unwanted: Callable[[Event], bool]) -> None:
        """Forget what may not be told any more, whoever missed it."""
        forgotten = [event for _, event in self._events if unwanted(event)]
        if forgotten:
            positions = {event.position for event in forgotten}
            self._events = deque(kept for kept in self._events if kept[1].position not in positions)
            for event in forgotten:
                self._name_no_more(event)

    def names(self, uid: str) -> bool:
        """Tell whether anything of it is of somebody, or answers them."""
        return uid in self._named

    def change(self, change: Callable[[Event], Event]) -> None:
        """Have something else told in place of what happened."""
        self._events = deque((when, change(event)) for when, event in self._events)

    def after(self, position: int) -> list[Event]:
        """Return what happened after a position that is not before `since`."""
        return [event for _, event in self._events if event.position > position]

    def next_due(self) -> float | None:
        """Tell when something gets too old, if there is anything."""
        return self._events[0][0] + self.max_age if self._events else None

    def _name_no_more(self, event: Event) -> None:
        for uid in event.names:
            self._named[uid] -= 1
            if not self._named[uid]:
                del self._named[uid]
