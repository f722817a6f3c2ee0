"""What a bridge tells of itself to who runs it: the names, and what each means. `/metrics` writes it down.

Nothing here names a guild, a person or an address: there may be any number of them, and whoever reads numbers
need not know who they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is measured; with a `label` for each of a few kinds of it."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    meaning: str
    label: str | None = None


class Steps(NamedTuple):
    """How many things took up to how long, each step on its own, and how many seconds all did."""

    counts: Sequence[int]
    seconds: float


Value = float | Mapping[str, float] | Steps
Reading = tuple[Measure, Value]
Source = Callable[[], Iterable[Reading]]

GUILDS: Final = Measure("dzone_guilds", "gauge", "Servers that this process shows")
MEMBERS: Final = Measure("dzone_members", "gauge", "People and bots that this process shows")
VIEWERS: Final = Measure("dzone_viewers", "gauge", "Viewers who are connected to this process or its workers")
EVENTS: Final = Measure("dzone_events_total", "counter", "Events handed out, each once however many see it")
FLUSH: Final = Measure("dzone_flush_seconds", "histogram", "Time to hand out what happened in a server")
BACKLOG: Final = Measure("dzone_backlog_bytes", "gauge", "Bytes that wait for viewers who read slowly")
REFUSALS: Final = Measure("dzone_refusals_total", "counter", "Refusals by their reason", "kind")
BACKPLANE: Final = Measure("dzone_backplane_up", "gauge", "Whether the backplane can be used")
UNWRITTEN: Final = Measure(
    "dzone_backplane_unwritten", "gauge", "Servers in whose way something of another program is"
)
WORKERS: Final = Measure("dzone_workers", "gauge", "Workers that run")

MEASURES: Final = (GUILDS, MEMBERS, VIEWERS, EVENTS, FLUSH, BACKLOG, REFUSALS, BACKPLANE, UNWRITTEN, WORKERS)
