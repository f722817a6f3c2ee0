"""One phase: a story is told to a crowd, and what it cost and how long it took is known afterwards."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.bench.control import Host
from tests.bench.crowd import Crowd, Listener, Viewer
from tests.bench.guild import Story, key_of
from tests.bench.report import percentile
from tests.bench.wire import Heard

TIMED: Final = 200  # viewers at most whose arrivals are noted
PATIENCE: Final = 45.0  # seconds to wait for what was broadcast


@dataclass(frozen=True)
class Phase:
    """What came of it. Deliveries that did not happen are not counted: `complete` tells if all did."""

    count: int  # events
    deliveries: int
    expected: int
    bytes_per_event: float  # of WebSocket frames, for one viewer
    busy: float  # the share of the time for which the load generator had work
    cpu: float = math.nan  # seconds the server used, from the first broadcast until everybody had everything
    seconds: float = math.nan  # from the first broadcast until the last arrival
    latencies: list[float] = field(default_factory=list)  # seconds

    @property
    def complete(self) -> bool:
        """Whether everybody got everything."""
        return self.deliveries == self.expected

    @property
    def cpu_per_delivery(self) -> float:
        """CPU seconds of the server for one event at one viewer; NaN where something was lost."""
        return self.cpu / self.deliveries if self.complete else math.nan

    def latency(self, percent: float) -> float:
        """Seconds from the call to the client, for this share of the deliveries."""
        return percentile(self.latencies, percent)


@dataclass
class Follower:
    """Reads the events out of what a listener hears, from now on."""

    listener: Listener
    events: list[tuple[str, int]] = field(default_factory=list)  # key, and where it ended in the stream

    def __post_init__(self) -> None:
        self.start = self.listener.received
        self._next = len(self.listener.heard)

    def catch_up(self) -> int:
        """Decode what is new; return how many events there are now."""
        heard = self.listener.heard
        while self._next < len(heard):
            self.events += _events(heard[self._next])
            self._next += 1
        return len(self.events)


def _events(heard: Heard) -> Iterator[tuple[str, int]]:
    frame: dict[str, Any] = json.loads(heard.payload)
    for event in frame["events"] if frame["type"] == "batch" else [frame]:
        if event["type"] in {"presence", "message"}:
            yield key_of(event), heard.end


def tell(host: Host, crowd: Crowd, viewers: Sequence[Viewer], story: Story, interval: float) -> Phase:
    """Tell a story, and wait until all these viewers have heard it."""
    followers = [Follower(viewer) for viewer in viewers if isinstance(viewer, Listener)]
    before = [viewer.received for viewer in viewers]
    timed = _note_arrivals(viewers)
    started, worked = time.monotonic(), time.process_time()
    cpu = host.play(story, interval)
    size = _hear_all(crowd, followers[0], viewers, before, story.count)
    busy = (time.process_time() - worked) / (time.monotonic() - started)
    keys = [event.key for event in story.events()]
    reached = sum(viewer.received - base == size for viewer, base in zip(viewers, before, strict=True))
    if not all(_heard(follower) == keys for follower in followers):
        reached = 0
    phase = Phase(
        count=story.count,
        deliveries=reached * story.count,
        expected=len(viewers) * story.count,
        bytes_per_event=size / story.count,
        busy=busy,
    )
    if phase.complete:  # or else the server may be busy for minutes
        played = host.ask("played")
        last = max(viewer.arrivals[-1][0] for viewer in timed if viewer.arrivals)
        latencies = list(_latencies(timed, followers[0], played["sent"]))
        phase = replace(phase, cpu=played["cpu"] - cpu, seconds=last - played["sent"][0], latencies=latencies)
    for viewer in timed:
        viewer.arrivals = None
    return phase


def _note_arrivals(viewers: Sequence[Viewer]) -> list[Viewer]:
    """Choose viewers from the first to the last that connected: a server's loop serves them in some order."""
    every = max(1, len(viewers) // TIMED)
    timed = list(viewers[::-1][::every])
    for viewer in timed:
        viewer.arrivals = [(time.monotonic(), viewer.received)]
    return timed


def _hear_all(
    crowd: Crowd, pacemaker: Follower, viewers: Sequence[Viewer], before: Sequence[int], events: int
) -> int:
    """Read until the pacemaker has all events, and everybody as much as the pacemaker; return how much."""
    crowd.read_until(lambda: pacemaker.catch_up() >= events or pacemaker.listener.gone, PATIENCE)
    listener = pacemaker.listener
    size = listener.received - pacemaker.start
    behind = list(zip(viewers, before, strict=True))

    def all_have_it() -> bool:
        while behind and (behind[-1][0].gone or behind[-1][0].received - behind[-1][1] >= size):
            behind.pop()
        return not behind

    crowd.read_until(all_have_it, PATIENCE)
    return size


def _heard(follower: Follower) -> list[str]:
    follower.catch_up()
    return [key for key, _ in follower.events]


def _latencies(timed: Sequence[Viewer], follower: Follower, sent: Sequence[float]) -> Iterator[float]:
    """Yield how long each event took to each timed viewer.

    The stream of events is the same for all, and begins where a viewer was when the phase began.
    """
    ends = [end - follower.start for _, end in follower.events]
    for viewer in timed:
        arrivals = iter(viewer.arrivals or ())
        moment, start = next(arrivals)
        received = start
        for end, called in zip(ends, sent, strict=True):
            while received - start < end:
                moment, received = next(arrivals)
            yield moment - called
