"""What happened in a room, encoded in pieces: each once for all who come back and ask alike. Pure."""

from typing import Final

from bridge.rooms.stream import MISSED_AT_ONCE, Stream
from bridge.wire.batches import Piece, encode_piece, frames_of
from bridge.wire.protocol import Event, Wants, event_frames

PIECE: Final = 64  # positions that a piece goes on for; it begins after a multiple of them
MAX_WEIGHT: Final = 3 * MISSED_AT_ONCE  # of the events in all pieces that are kept


class Tape:
    """Tells what somebody missed.

    The pieces are the same wherever in the stream somebody left. Only what is before the first whole one, and
    what came after the last, is encoded for each who comes back.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._pieces: dict[tuple[Wants, int], tuple[Piece, int]] = {}  # with its weight, the oldest first
        self._weight = 0
        self._edition = stream.past_edition  # of the past that the pieces tell

    def missing(self, wants: Wants, since: int) -> int:
        """Count the pieces that have to be made for somebody who left at a position."""
        self._drop_outdated()
        return sum((wants, number) not in self._pieces for number in self._whole(since))

    def make_next(self, wants: Wants, since: int) -> None:
        """Make one of these pieces."""
        self._drop_outdated()
        for number in self._whole(since):
            if (wants, number) not in self._pieces:
                self._piece(wants, number)
                return

    def frames(self, wants: Wants, since: int) -> bytes:
        """Frame all that somebody missed who left at a position."""
        self._drop_outdated()
        stream, whole = self._stream, self._whole(since)
        if not whole:
            return event_frames(stream.missed(since), wants, stream.epoch)
        first = encode_piece(stream.between(since, whole.start * PIECE), wants, stream.epoch)
        last = encode_piece(stream.missed(whole.stop * PIECE), wants, stream.epoch)
        return frames_of([first, *(self._piece(wants, number) for number in whole), last], wants)

    def forget(self) -> None:
        """Keep nothing."""
        self._pieces.clear()
        self._weight = 0

    def forget_old(self) -> None:
        """Keep nothing that nobody can come back to any more."""
        oldest = -(-self._stream.since // PIECE)
        for key in [key for key in self._pieces if key[1] < oldest]:
            self._forget(key)

    def _whole(self, since: int) -> range:
        """Number the pieces that lie wholly in what somebody missed, and to which nothing will be added."""
        return range(-(-since // PIECE), self._stream.settled // PIECE)

    def _piece(self, wants: Wants, number: int) -> Piece:
        kept = self._pieces.get((wants, number))
        if kept is not None:
            return kept[0]
        events = self._stream.between(number * PIECE, (number + 1) * PIECE)
        piece = encode_piece(events, wants, self._stream.epoch)
        self._keep((wants, number), piece, _weight(events))
        return piece

    def _keep(self, key: tuple[Wants, int], piece: Piece, weight: int) -> None:
        self._pieces[key] = piece, weight
        self._weight += weight
        while self._weight > MAX_WEIGHT:
            self._forget(next(iter(self._pieces)))

    def _forget(self, key: tuple[Wants, int]) -> None:
        self._weight -= self._pieces.pop(key)[1]

    def _drop_outdated(self) -> None:
        if self._edition != self._stream.past_edition:
            self.forget()
            self._edition = self._stream.past_edition


def _weight(events: list[Event]) -> int:
    return 1 + sum(event.weight for event in events)
