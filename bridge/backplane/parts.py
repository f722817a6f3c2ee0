"""Which guilds are whose: where several bots share them, each has a range of Discord's shards."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

HOW_TO_WRITE: Final = "write 0-3/16 for the first four of 16 shards, or 5/16 for one of them"
MOST: Final = 16_384  # shards
_WRITTEN: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?/([0-9]{1,5})")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """The shards from `first` to `last`, of `total`, and the guilds that they have."""

    first: int = 0
    last: int = 0
    total: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a range, such as `0-3/16` or `5/16`.

        Raises:
            ValueError: if it is none. The message says what to write, after "it".
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(f"is no range of shards: {HOW_TO_WRITE}")
        first, total = int(match[1]), int(match[3])
        last = first if match[2] is None else int(match[2])
        if not 1 <= total <= MOST:
            raise ValueError(f"has to be of 1 to {MOST} shards: {HOW_TO_WRITE}")
        if last < first:
            raise ValueError(f"ends before it begins: {HOW_TO_WRITE}")
        if last >= total:
            raise ValueError(f"goes too far: shards count from 0, so the last of {total} is {total - 1}")
        return cls(first, last, total)

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.first}{f'-{self.last}' if self.last != self.first else ''}/{self.total}"

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing beside it."""
        return self.last - self.first + 1 == self.total

    @property
    def shards(self) -> range:
        """The shards that it has."""
        return range(self.first, self.last + 1)

    def has(self, guild_id: str | int) -> bool:
        """Tell whether a guild is in it. By Discord's rule, a guild's id says to which shard it belongs."""
        if self.total == 1:
            return True
        return str(guild_id).isdecimal() and (int(guild_id) >> 22) % self.total in self.shards


WHOLE: Final = Part()


@dataclass(frozen=True, slots=True)
class Overview:
    """How many guilds and viewers there are, in how many bot processes, and which shards no process has."""

    guilds: int
    viewers: int
    processes: int
    missing: tuple[Part, ...]


def missing(parts: Iterable[Part], total: int) -> list[Part]:
    """Name what of so many shards none of the parts has, in as few ranges as there can be."""
    found = {shard for part in parts if part.total == total for shard in part.shards}
    gaps: list[Part] = []
    for shard in range(total):
        if shard in found:
            continue
        if gaps and gaps[-1].last == shard - 1:
            gaps[-1] = Part(gaps[-1].first, shard, total)
        else:
            gaps.append(Part(shard, shard, total))
    return gaps
