"""How late a message is by what the victim computes: however much else the machine has to do meanwhile."""

import math
import selectors
import time
from array import array
from bisect import bisect_right
from collections.abc import Set
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from bridge.problems import Problem
from bridge.running.loop import FewAtATime
from bridge.wire.protocol import Goodbye, Wants

KEPT: Final = 0.02  # seconds without computing, after which the next message meets this one
_MOST: Final = 200_000  # moments that are kept, of which there are two in a round of the loop


class Computed:
    """How much the loop's thread had computed at which moments, in seconds. Between two of them, evenly."""

    def __init__(self) -> None:
        self._moments = array("d")
        self._amounts = array("d")

    def note(self) -> float:
        """Note how much it is by now."""
        if len(self._moments) >= _MOST:
            self.forget()
        self._moments.append(time.monotonic())
        self._amounts.append(time.thread_time())
        return self._amounts[-1]

    def by(self, moment: float) -> float:
        """Tell how much it was at a moment; NaN if nobody knows any more."""
        after = bisect_right(self._moments, moment)
        if after in {0, len(self._moments)}:
            return math.nan
        (began, ended), (before, then) = (
            kept[after - 1 : after + 1] for kept in (self._moments, self._amounts)
        )
        return before + (then - before) * (moment - began) / max(ended - began, 1e-9)

    def forget(self) -> None:
        """Begin anew."""
        del self._moments[:], self._amounts[:]


class Noting(FewAtATime):
    """Notes where a round of the loop begins and ends: who waits for something computes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.computed = Computed()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until any are ready."""
        self.computed.note()
        ready = super().select(timeout)
        self.computed.note()
        return ready


@dataclass(frozen=True, slots=True)
class Told:
    """What was due, and when that was said and written; and from when on the room wanted to be told."""

    number: int
    due: float
    said: float
    opens: float
    written: float
    computed: float  # by then, in all

    @property
    def waited(self) -> float:
        """For how long the room waited on purpose, in seconds."""
        return max(0.0, self.opens - self.said)


@dataclass(frozen=True, slots=True)
class Late:
    """How late messages were, each in seconds: by what the victim computed, and by the clock.

    And which of them a room kept on purpose, by their numbers, and for how long.
    """

    computed: list[float]
    written: list[float]
    waited: dict[int, float]


class Lateness:
    """Sits behind all healthy viewers, and notes when they have been written what was due.

    What the victim computes while a room waits on purpose, so that more goes out together, makes nothing
    late. And where another program kept it from computing for so long that the next message came on top, the
    next one isn't counted: what is computed for both of them is late for none by the victim's own doing.
    """

    wants = Wants(batch=True)  # as theirs

    def __init__(self, computed: Computed) -> None:
        self._computed = computed
        self._said: list[
            tuple[int, float, float, float]
        ] = []  # which, when it was due, was said, and may go out
        self._told: list[Told] = []

    def expect(self, number: int, due: float, opens: float) -> None:
        """Know that something was due, and has been said now; it goes out from `opens` on."""
        self._computed.note()
        self._said.append((number, due, time.monotonic(), opens))

    def offer(self, frames: bytes) -> None:
        """Note that all who sit before have it."""
        now, computed = time.monotonic(), self._computed.note()
        self._told += [Told(*said, now, computed) for said in self._said]
        self._said.clear()

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Nothing waits here."""

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Nobody is here."""

    def take(self) -> Late:
        """Tell how late each message was since the last time."""
        late, was_kept = Late([], [], {}), False
        for told in sorted(self._told, key=attrgetter("due")):
            seconds = self._late(told)
            if not (was_kept or math.isnan(seconds)):
                late.computed.append(seconds)
            late.written.append(told.written - told.due - told.waited)
            if told.waited:
                late.waited[told.number] = told.waited
            was_kept = late.written[-1] - seconds > KEPT
        self._told.clear()
        self._computed.forget()
        return late

    def _late(self, told: Told) -> float:
        late = told.computed - self._computed.by(told.due)
        if told.opens > told.said:
            late -= self._computed.by(told.opens) - self._computed.by(told.said)
        return late
