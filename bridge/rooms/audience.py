"""Who watches a room, by what they asked for, and how they hear of what happens. Pure."""

from collections.abc import Callable, Collection, Set
from dataclasses import replace
from itertools import islice
from typing import Final

from bridge.problems import Problem
from bridge.rooms.changes import Left
from bridge.rooms.delivery import Delivery, Seats, Viewer
from bridge.rooms.flush import AT_ONCE
from bridge.rooms.playback import Playback
from bridge.wire.crowd import FEWEST, level_of
from bridge.wire.protocol import OPTIONAL_EVENTS, Event, Goodbye, Wants

# Each kind of client has its events encoded for itself. There are a few more at most: see `kind`.
MAX_KINDS: Final = 16
GOODBYES_AT_ONCE: Final = 100  # that are said in one turn; each is a frame of its own, and ends a connection


class Audience:
    """The viewers of one room. Old clients in browsers get words at a pace of their own."""

    def __init__(self, epoch: str) -> None:
        self._kinds: dict[Wants, Seats] = {}
        self._leaving: dict[Viewer, tuple[Goodbye, Problem]] = {}  # who hears nothing more but this
        self._delivery = Delivery(epoch)
        self._playback = Playback()

    # Seats

    @property
    def viewers(self) -> list[Viewer]:
        """Everybody who has a seat."""
        return [viewer for seats in self._kinds.values() for viewer in seats]

    @property
    def size(self) -> int:
        """How many have a seat."""
        return sum(map(len, self._kinds.values()))

    @property
    def is_empty(self) -> bool:
        """Whether nobody has a seat."""
        return not self._kinds

    @property
    def has_crowd(self) -> bool:
        """Whether somebody is told of a crowd by number."""
        return any(wants.crowd for wants in self._kinds)

    def seats(self, viewer: Viewer) -> bool:
        """Tell whether somebody has a seat; who is being dismissed has none."""
        return viewer in self._kinds.get(viewer.wants, ())

    def kind(self, wants: Wants) -> Wants:
        """Name the kind of client that somebody with such wishes is here.

        Where there are many kinds already, who asks for an odd choice of events gets all of them, and in a
        crowd nearly everybody whole who acts: clients ignore what they don't know, and nobody makes the room
        encode each event hundreds of times.
        """
        if wants.batch or wants.events:
            wants = replace(wants, cursor=False)  # they get one anyway
        if wants in self._kinds or len(self._kinds) < MAX_KINDS:
            return wants
        events, crowd = wants.events and OPTIONAL_EVENTS, min(wants.crowd, level_of(FEWEST))
        return replace(wants, events=events, crowd=crowd)

    def seat(self, viewer: Viewer, position: int) -> None:
        """Give a seat to a viewer who knows everything up to a position."""
        self._kinds.setdefault(viewer.wants, {})[viewer] = position

    def unseat(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        self._leaving.pop(viewer, None)
        seats = self._kinds.get(viewer.wants)
        if seats is None:
            return
        seats.pop(viewer, None)
        if not seats:
            del self._kinds[viewer.wants]

    def dismiss(self, goodbye: Goodbye, problem: Problem) -> None:
        """Let everybody go: from now on they hear nothing but why, the first at once, all others soon."""
        self._leaving.update(dict.fromkeys(self.viewers, (goodbye, problem)))
        for seats in self._kinds.values():
            seats.clear()  # also for the delivery that is under way
        self._kinds.clear()
        self.say_goodbye()

    def say_goodbye(self) -> None:
        """Tell some of those who have to go."""
        for viewer in list(islice(self._leaving, GOODBYES_AT_ONCE)):
            viewer.dismiss(*self._leaving.pop(viewer))

    def take_over(self, other: "Audience") -> None:
        """Be the one who says goodbye to those whom another one had to."""
        self._leaving.update(other._leaving)  # noqa: SLF001 - one like this

    # What they hear

    @property
    def is_leaving(self) -> bool:
        """Whether some still have to be told that they have to go."""
        return bool(self._leaving)

    @property
    def is_served(self) -> bool:
        """Whether everybody has what was handed out."""
        return self._delivery.is_through

    def hand_out(self, events: list[Event], now: float) -> None:
        """Begin to give everybody what happened."""
        self._delivery.begin(events, self._pace(events, now), self._kinds)

    def go_on(self) -> None:
        """Go on with it."""
        self._delivery.go_on()

    def next_due(self) -> float | None:
        """Tell when there is something to do."""
        if not self.is_served or self._leaving:
            return AT_ONCE
        return self._playback.next_due()

    def _pace(self, events: list[Event], now: float) -> list[Event]:
        if not any(wants.paced for wants in self._kinds):
            self._playback = Playback()  # nobody is there who would play what it holds
            return []
        return self._playback.pace(events, now)

    # What they don't hear any more

    def amend(self, left: Left) -> None:
        """Say of each event only what is left of it from now on; some have it already."""
        self._delivery.amend(left)
        self._playback.amend(left)

    def forget(self, unwanted: Callable[[Event], bool]) -> None:
        """Leave out such events from now on; some have them already."""
        self.amend(lambda event: None if unwanted(event) else event)

    def forget_words(self) -> None:
        """Leave out whatever anybody said."""
        self._delivery.amend(lambda event: None if event.has_words else event)
        self._playback.silence()
        self.forget_what_waits()

    def silence(self, channels: Collection[str]) -> None:
        """Have nothing more said in these channels that waits for its time."""
        for channel in channels:
            self._playback.silence(channel)
        self.forget_what_waits()

    def forget_what_waits(self, quoted: Set[str] | None = None) -> None:
        """Have nothing more written of what was given to slow readers: there the words are frames already.

        With `quoted`, only of those to whom something was given in which one of these is quoted.
        """
        for viewer in self.viewers:
            viewer.forget(quoted)
