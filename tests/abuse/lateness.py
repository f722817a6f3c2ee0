"""How late a message is by what the victim computes: however much else the machine has to do meanwhile."""

import math
import selectors
import time
from array import array
from bisect import bisect_right
from typing import Final

from bridge.problems import Problem
from bridge.running.loop import FewAtATime
from bridge.wire.protocol import Goodbye, Wants
from tests.bench.report import percentile

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


class Lateness:
    """Sits behind all healthy viewers, and notes when they have been written what was due."""

    wants = Wants(batch=True)  # as theirs

    def __init__(self, computed: Computed) -> None:
        self._computed = computed
        self._due: list[float] = []
        self._written: list[tuple[float, float]] = []  # when it was due, and how much was computed by its end

    def expect(self, due: float) -> None:
        """Know that something was due, and has been said now."""
        self._due.append(due)

    def offer(self, frames: bytes) -> None:
        """Note that all who sit before have it."""
        computed = self._computed.note()
        self._written += [(due, computed) for due in self._due]
        self._due.clear()

    def forget(self) -> None:
        """Nothing waits here."""

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Nobody is here."""

    def take(self) -> float:
        """Tell the 99th percentile since the last time, in seconds of computing."""
        late = [computed - self._computed.by(due) for due, computed in self._written]
        self._written.clear()
        self._computed.forget()
        return percentile((seconds for seconds in late if not math.isnan(seconds)), 99)
