"""How long things take, counted in steps: whoever asks how long gets an answer that is there already."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

STEPS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)  # seconds; the last step has no end


class Durations:
    """Counts how many things took up to so many seconds, each step on its own, and how long all did."""

    def __init__(self) -> None:
        self.counts = [0] * (len(STEPS) + 1)
        self.sum = 0.0

    def note(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(STEPS, seconds)] += 1
        self.sum += seconds

    def add(self, counts: Sequence[int], seconds: float) -> None:
        """Count those that another process has counted."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, counts, strict=True)]
        self.sum += seconds
