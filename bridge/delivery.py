"""Events on their way to the viewers of a room, a bounded piece of work at a time. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from bridge.protocol import Event, Goodbye, Wants, event_frames

# Of these units a turn does so many, in some ten milliseconds: to encode an event, or to write to a viewer.
WORK_AT_ONCE: Final = 2_000
_WRITE: Final = 4096  # bytes; a longer write counts as several


class Viewer(Protocol):
    """Somebody in a room. `seated_at` is the position up to which they know everything already."""

    wants: Wants
    seated_at: int

    def offer(self, frames: bytes) -> None:
        """Take frames without ever waiting."""

    def dismiss(self, goodbye: Goodbye, message: str | None = None) -> None:
        """Hear why, and go."""


Audience = dict[Viewer, None]  # in the order in which they came: so they lie in memory


class Delivery:
    """Hands events to everybody who is there when it begins and still is when their turn comes."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._work: Iterator[int] = iter(())
        self.is_through = True

    def begin(
        self, events: Sequence[Event], paced: Sequence[Event], audiences: Mapping[Wants, Audience]
    ) -> None:
        """Begin to hand out events, after those before. `paced` are for clients of the old kind."""
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

    def _hand_out(
        self, events: Sequence[Event], paced: Sequence[Event], audiences: list[tuple[Wants, Audience]]
    ) -> Iterator[int]:
        """Do the work, and tell what each step costs."""
        for wants, audience in audiences:
            yield from self._serve(paced if wants.asked_for_nothing else events, wants, audience)

    def _serve(self, events: Sequence[Event], wants: Wants, audience: Audience) -> Iterator[int]:
        if not events:
            return
        positions = sorted(event.position for event in events)
        everything = event_frames(events, wants, self._epoch)
        yield len(events)
        for_newcomers: dict[int, bytes] = {}  # by how many of the events they know from their snapshot
        for viewer in tuple(audience):
            if viewer not in audience:
                continue  # gone while others had their turn, or by an offer
            frames, units = everything, 1
            if viewer.seated_at >= positions[0]:
                known = bisect_right(positions, viewer.seated_at)
                if known not in for_newcomers:
                    newer = [event for event in events if event.position > viewer.seated_at]
                    for_newcomers[known] = event_frames(newer, wants, self._epoch)
                    units += len(newer)
                frames = for_newcomers[known]
            if frames:
                viewer.offer(frames)
            yield units + len(frames) // _WRITE
