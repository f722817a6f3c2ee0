"""What workers count, taken together by their parent: also of those that have ended meanwhile."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

from bridge.running.durations import STEPS

TELL_EVERY: Final = 5.0  # seconds
MARK: Final = b'{"counted":'  # how such a line begins in what a worker writes; a record of its log is a list


@dataclass(frozen=True, slots=True)
class Counted:
    """What a process that serves viewers has counted.

    `viewers` and `backlog` are as they are now, in people and bytes; `refusals` by kind and the `flushes`, by
    steps and in seconds, since its start.
    """

    viewers: int = 0
    backlog: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    flushes: Sequence[int] = (0,) * (len(STEPS) + 1)
    seconds: float = 0.0

    def line(self) -> str:
        """Write it for the parent."""
        said = [self.viewers, self.backlog, dict(self.refusals), list(self.flushes), self.seconds]
        return f"{MARK.decode()}{json.dumps(said)}}}"

    @classmethod
    def read(cls, line: bytes) -> Self | None:
        """Read such a line; None if it is another one."""
        try:
            viewers, backlog, refusals, flushes, seconds = json.loads(line)["counted"]
            return cls(int(viewers), int(backlog), dict(refusals), [*map(int, flushes)], float(seconds))
        except (ValueError, TypeError, KeyError):
            return None

    def __add__(self, other: "Counted") -> "Counted":
        """Take two together."""
        return Counted(
            self.viewers + other.viewers,
            self.backlog + other.backlog,
            Counter(self.refusals) + Counter(other.refusals),
            [mine + theirs for mine, theirs in zip(self.flushes, other.flushes, strict=True)],
            self.seconds + other.seconds,
        )

    def ended(self) -> "Counted":
        """Leave what stays when the process is no more."""
        return Counted(0, 0, self.refusals, self.flushes, self.seconds)


class Counting(Protocol):
    """A worker, as far as it counts."""

    counted: Counted

    @property
    def has_ended(self) -> Any:
        """An event that is set when it has."""


class Muster:
    """All workers there are and were."""

    def __init__(self) -> None:
        self._there: list[Counting] = []
        self._past = Counted()

    def add(self, worker: Counting) -> None:
        """Count one more, and no longer one by one those that have ended."""
        self._there.append(worker)
        for gone in [one for one in self._there if one.has_ended.is_set()]:
            self._there.remove(gone)
            self._past += gone.counted.ended()

    def sum(self) -> Counted:
        """Take all together."""
        whole = self._past
        for worker in self._there:
            whole += worker.counted.ended() if worker.has_ended.is_set() else worker.counted
        return whole

    def __len__(self) -> int:
        return sum(not worker.has_ended.is_set() for worker in self._there)
