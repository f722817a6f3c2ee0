"""Stalled viewers: what the others notice of fifty who stopped reading.

First the later stallers are alone in the room. They stop reading, and words are broadcast until the kernel's
buffers for them are full: until what `/proc/net/tcp` shows as queued at the server's ends grows no
more although more is broadcast. Then the healthy ones come, and long words are broadcast at a steady
rate: all that is owed to the stalled from there on piles up in the server itself, past its bound.
The comparison is the same crowd, filled with the same words, with all of them reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.control import Host
from tests.bench.crowd import BATCH, Crowd, Kind, Viewer
from tests.bench.guild import Story
from tests.bench.phase import Phase, tell
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

REQUEST: Final = BATCH.request
STALLING: Final = Kind(REQUEST, receive_buffer=4096)
INTERVAL: Final = 0.02  # seconds between two long words
FILL: Final = 60  # long words of a helping
HELPINGS: Final = 12  # what buffers of 2.7 MB take; those who read get as many
MOST_HELPINGS: Final = 40  # by then the kernel's buffers must be full
PAUSE: Final = 0.15  # seconds after a helping; longer than any window in which a server may hold events back
GUILD_SIZE: Final = 21
REPETITIONS: Final = 5


@dataclass(frozen=True)
class Crowding:
    """How many there are, and how many events they hear."""

    healthy: int
    stalled: int
    events: int


@dataclass(frozen=True)
class Outcome:
    """The healthy ones' phase, and how it was known that the others were stalled."""

    phase: Phase
    queued: int  # bytes that the kernel holds for one stalled viewer
    connected: int  # stalled ones who were not dismissed during the phase


def measure(quick: bool) -> list[Bar]:
    """Compare, with and without, by turns."""
    crowding = Crowding(95, 5, 100) if quick else Crowding(950, 50, 400)
    pairs = []
    for number in range(1 if quick else REPETITIONS):
        progress(f"stalled: round {number + 1}")
        outcomes = {
            stall: _run(crowding, stall=stall) for stall in ((True, False), (False, True))[number % 2]
        }
        pairs.append((outcomes[True], outcomes[False]))
    REPORT.show(_table(crowding, pairs))
    ratios = [stalled.phase.latency(99) / free.phase.latency(99) for stalled, free in pairs]
    name = (
        f"p99 of {crowding.healthy} healthy viewers with {crowding.stalled} stalled ones, of p99 without them"
    )
    return [bar(name, 1.1, ratios)]


def _run(crowding: Crowding, *, stall: bool) -> Outcome:
    with Host("bridge", GUILD_SIZE) as host, Crowd() as crowd:
        others = crowd.gather(crowding.stalled, host.port, STALLING if stall else BATCH)
        if stall:
            crowd.stall(others)
        queued = _fill(host, crowd, others, stall=stall)
        healthy = crowd.gather(crowding.healthy, host.port, BATCH)
        phase = tell(host, crowd, healthy, Story(GUILD_SIZE, crowding.events, "long"), INTERVAL)
        return Outcome(phase, queued, len(_queues(host.port, others)))


def _fill(host: Host, crowd: Crowd, others: Sequence[Viewer], *, stall: bool) -> int:
    """Broadcast until the kernel takes no more for anybody who doesn't read; return how much it holds."""
    before = 0
    for turn in range(MOST_HELPINGS if stall else HELPINGS):
        host.play(Story(GUILD_SIZE, FILL, "long", turn + 2), 0)
        host.ask("played")
        crowd.read_for(PAUSE)
        queued = sum(_queues(host.port, others).values())
        if stall and turn and queued == before:
            return queued // len(others)
        before = queued
    if stall:
        raise RuntimeError("the stalled viewers' buffers never filled up")
    return 0


def _queues(port: int, viewers: Sequence[Viewer]) -> dict[int, int]:
    """Return how many bytes wait to be sent at the server's end of each viewer that it still serves."""
    ours = {viewer.sock.getsockname()[1] for viewer in viewers}
    queues = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, sizes, *_ = line.split()
        client = int(remote.split(":")[1], 16)
        if int(local.split(":")[1], 16) == port and client in ours and state == "01":
            queues[client] = int(sizes.split(":")[0], 16)
    return queues


def _table(crowding: Crowding, pairs: Sequence[tuple[Outcome, Outcome]]) -> Table:
    rows = [
        _row(name, [pair[place] for pair in pairs]) for place, name in enumerate(("stalled", "all reading"))
    ]
    columns = (
        "the other viewers", "p50 ms", "p99 ms", "p99 min-max", "CPU/delivery us", "kernel holds KiB each",
        "owed since KiB each", "still connected", "complete",
    )  # fmt: skip
    rate = f"{1 / INTERVAL:.0f} messages/s of 4 kB"
    note = f"{crowding.healthy} healthy viewers and {crowding.stalled} others; {rate}."
    return Table("Stalled viewers", columns, rows, note)


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    phases = [outcome.phase for outcome in outcomes]
    p99 = [phase.latency(99) * 1e3 for phase in phases]
    return (
        name,
        f"{middle(phase.latency(50) for phase in phases) * 1e3:.2f}",
        f"{middle(p99):.2f}",
        f"{min(p99):.2f}-{max(p99):.2f}",
        f"{middle(phase.cpu_per_delivery for phase in phases) * 1e6:.2f}",
        f"{middle(outcome.queued for outcome in outcomes) / 1024:.0f}",
        f"{middle(phase.bytes_per_event * phase.count / 1024 for phase in phases):.0f}",
        f"{middle(outcome.connected for outcome in outcomes):.0f}",
        "yes" if all(phase.complete for phase in phases) else "NO",
    )
