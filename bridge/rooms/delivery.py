"""Events on their way to the viewers of a room, a bounded piece of work at a time. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final, Protocol

from bridge.problems import Problem
from bridge.rooms.changes import Left
from bridge.wire.protocol import Event, Goodbye, Wants, event_frames

# Of these units a turn does so many, in some ten milliseconds: to encode an event, or to write to a viewer.
WORK_AT_ONCE: Final = 2_000
_WRITE: Final = 4096  # bytes; a longer write counts as several


class Viewer(Protocol):
    """Somebody in a room."""

    wants: Wants

    def offer(self, frames: bytes) -> None:
        """Take frames without ever waiting."""

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Take nothing of what was offered and still waits, if it quotes one of these; without, in any case.

        A snapshot makes up for it.
        """

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Hear why, and go."""


# Up to which position each knows everything already; in the order in which they came: so they lie in memory.
Seats = dict[Viewer, int]


class Delivery:
    """Hands events to everybody who is there when it begins and still is when their turn comes."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._work: Iterator[int] = iter(())
        self._left: list[Left] = []  # what of the events may still reach those who have not been served
        self.is_through = True

    def begin(
        self, events: Sequence[Event], paced: Sequence[Event], audiences: Mapping[Wants, Seats]
    ) -> None:
        """Begin to hand out events, after those before. `paced` are for old clients in browsers."""
        self._left.clear()
        self._work = self._hand_out(events, paced, list(audiences.items()))
        self.is_through = False
        self.go_on()

    def go_on(self) -> None:
        """Do a turn's worth."""
        done = 0
        for units in self._work:
            done += units
            if done >= WORK_AT_ONCE:
                return
        self.is_through = True

    def amend(self, left: Left) -> None:
        """Say of each event only what is left of it from now on; some have it already."""
        if not self.is_through:
            self._left.append(left)

    def _hand_out(
        self, events: Sequence[Event], paced: Sequence[Event], audiences: list[tuple[Wants, Seats]]
    ) -> Iterator[int]:
        """Do the work, and tell what each step costs."""
        # Most want the same: they don't wait while for each of a few others all is encoded once more.
        for wants, audience in sorted(audiences, key=lambda one: -len(one[1])):
            yield from self._serve(paced if wants.paced else events, wants, audience)

    def _serve(self, events: Sequence[Event], wants: Wants, audience: Seats) -> Iterator[int]:
        if not events:
            return
        share = _Share(self._left_of(events), wants, self._epoch)
        amended = len(self._left)
        yield len(share.events)
        for viewer in tuple(audience):
            seated_at = audience.get(viewer)
            if seated_at is None:
                continue  # gone while others had their turn, or by an offer
            if amended != len(self._left):
                share = _Share(self._left_of(events), wants, self._epoch)
                amended = len(self._left)
            frames, units = share.since(seated_at)
            if frames:
                viewer.offer(frames)
            yield units + len(frames) // _WRITE

    def _left_of(self, events: Sequence[Event]) -> Sequence[Event]:
        for left in self._left:
            events = [kept for event in events if (kept := left(event)) is not None]
        return events


class _Share:
    """What the viewers of one kind get of some events."""

    def __init__(self, events: Sequence[Event], wants: Wants, epoch: str) -> None:
        self.events = events
        self._wants = wants
        self._epoch = epoch
        self._positions = sorted(event.position for event in events)
        self._everything = event_frames(events, wants, epoch)
        self._for_newcomers: dict[int, bytes] = {}  # by how many of the events they know from their snapshot

    def since(self, seated_at: int) -> tuple[bytes, int]:
        """Frame what is news to whoever knows everything up to a position, and tell what that took."""
        if not self._positions or seated_at < self._positions[0]:
            return self._everything, 1
        known, units = bisect_right(self._positions, seated_at), 1
        if known not in self._for_newcomers:
            newer = [event for event in self.events if event.position > seated_at]
            self._for_newcomers[known] = event_frames(newer, self._wants, self._epoch)
            units += len(newer)
        return self._for_newcomers[known], units
