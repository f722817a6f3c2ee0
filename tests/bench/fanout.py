"""Fan-out: what one event costs at one viewer, and how long it takes, for each contestant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.control import Host, need_files
from tests.bench.crowd import BATCH, OLD, Crowd, Kind
from tests.bench.guild import Story
from tests.bench.phase import Phase, tell
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

GUILD_SIZE: Final = 1_000
VIEWERS: Final = (100, 1_000, 10_000)
MANY: Final = 5_000  # viewers; from here on only those go round again whom a bar compares
REPETITIONS: Final = 3
LEAST: Final = 20  # events of a phase
NOTE: Final = (
    "Everybody offers deflate. CPU of the server's process, until all viewers have everything. All\n"
    "presences of a phase are of different members; a burst has 25 events in each turn of the loop. Where\n"
    "the client is busy all the time, latency and deliveries/s are the client's; CPU is not. Bytes are\n"
    "those of WebSocket frames, headers included."
)


@dataclass(frozen=True)
class Rate:
    """How fast events come: `count` of them, one each `interval` seconds, or all at once for 0."""

    name: str
    interval: float
    count: int


RATES: Final = (Rate("50 ms", 0.05, 30), Rate("200/s", 0.005, 200), Rate("burst", 0.0, 1_000))
QUICK_RATES: Final = (Rate("50 ms", 0.05, 10), Rate("200/s", 0.005, 60), Rate("burst", 0.0, 500))


@dataclass(frozen=True)
class Entrant:
    """A contestant, with one kind of viewer.

    `most` is how many deliveries of a phase it is given at most: who writes or compresses for each
    delivery takes as long for each of a thousand events as for each of twenty, and minutes for all.
    """

    name: str
    contestant: str
    kind: Kind = OLD
    most: int | None = None


OURS: Final = Entrant("bridge", "bridge")
OURS_BATCH: Final = Entrant("bridge, batch", "bridge", BATCH)
DEFLATE: Final = Entrant("websockets.broadcast", "websockets", most=200_000)
UNCOMPRESSED: Final = Entrant("websockets, no deflate", "websockets-plain", most=200_000)
RAW: Final = Entrant("raw, write per event", "raw", most=400_000)
FLOOR: Final = Entrant("raw, write per window", "raw-window")
ENTRANTS: Final = (OURS, OURS_BATCH, DEFLATE, UNCOMPRESSED, RAW, FLOOR)
BARRED: Final = (OURS, OURS_BATCH, DEFLATE, RAW)  # those whom a bar compares

Key = tuple[str, int, str]  # entrant, viewers, rate
Phases = dict[Key, list[Phase]]


def measure(quick: bool, sizes: Sequence[int] = ()) -> list[Bar]:
    """Measure everybody at all rates with all numbers of viewers."""
    sizes = sizes or ((50, 200) if quick else VIEWERS)
    phases: Phases = {}
    for viewers in sizes:
        need_files(viewers)
        for repetition in range(1 if quick else REPETITIONS):
            for entrant in _starters(viewers, repetition, phases):
                progress(f"fan-out: {entrant.name}, {viewers} viewers, round {repetition + 1}")
                _run(entrant, viewers, QUICK_RATES if quick else RATES, phases)
        REPORT.show(_table(viewers, phases))
    return _bars(sizes, phases)


def _starters(viewers: int, repetition: int, phases: Phases) -> list[Entrant]:
    """Choose who takes part in a round: in the first everybody, then who is in a bar and lost nothing."""
    if repetition == 0:
        return list(ENTRANTS)
    again = BARRED if viewers < MANY else (OURS, OURS_BATCH)
    return [
        entrant
        for entrant in again
        if all(
            phase.complete for rate in RATES for phase in phases.get((entrant.name, viewers, rate.name), ())
        )
    ]


def _run(entrant: Entrant, viewers: int, rates: Sequence[Rate], phases: Phases) -> None:
    with Host(entrant.contestant, GUILD_SIZE) as host, Crowd() as crowd:
        seated = crowd.gather(viewers, host.port, entrant.kind)
        if len(seated) < viewers:
            progress(f"  only {len(seated)} of {viewers} viewers got in: not measured")
            return
        for turn, rate in enumerate(rates, start=1):
            phase = tell(host, crowd, seated, _story(entrant, viewers, rate, turn), rate.interval)
            phases.setdefault((entrant.name, viewers, rate.name), []).append(phase)
            if not phase.complete:
                progress(f"  {rate.name}: only {phase.deliveries:,} of {phase.expected:,} deliveries")
                return  # what is still under way would spoil the next phase


def _story(entrant: Entrant, viewers: int, rate: Rate, turn: int) -> Story:
    count = rate.count
    if entrant.most is not None:
        count = max(LEAST, min(count, entrant.most // viewers))
    return Story(GUILD_SIZE, count, turn=turn)


def _table(viewers: int, phases: Phases) -> Table:
    rows = [
        _row(entrant.name, rate.name, phases[entrant.name, viewers, rate.name])
        for rate in RATES
        for entrant in ENTRANTS
        if (entrant.name, viewers, rate.name) in phases
    ]
    columns = (
        "rate, contestant", "CPU/delivery us", "min-max", "deliveries/s", "p50 ms", "p99 ms",
        "bytes/event", "deliveries", "client busy", "complete",
    )  # fmt: skip
    return Table(f"Fan-out of presences to {viewers:,} viewers", columns, rows, NOTE)


def _row(name: str, rate: str, phases: Sequence[Phase]) -> tuple[str, ...]:
    costs = [phase.cpu_per_delivery * 1e6 for phase in phases]
    return (
        f"{rate}: {name}",
        f"{middle(costs):.3f}",
        f"{min(costs):.3f}-{max(costs):.3f}",
        f"{middle(phase.deliveries / phase.seconds for phase in phases):,.0f}",
        f"{middle(phase.latency(50) for phase in phases) * 1e3:.1f}",
        f"{middle(phase.latency(99) for phase in phases) * 1e3:.1f}",
        f"{middle(phase.bytes_per_event for phase in phases):.1f}",
        f"{middle(phase.deliveries for phase in phases):,.0f}",
        f"{middle(phase.busy for phase in phases):.0%}",
        "yes" if all(phase.complete for phase in phases) else "NO",
    )


def _bars(sizes: Sequence[int], phases: Phases) -> list[Bar]:
    size = 1_000 if 1_000 in sizes else sizes[-1]
    bars = []
    for ours in (OURS, OURS_BATCH):
        name = f"burst, CPU per delivery, {ours.name}, of websockets.broadcast with deflate ({size} viewers)"
        ratios = _ratios(phases, (ours.name, size, "burst"), (DEFLATE.name, size, "burst"))
        bars.append(bar(name, 1 / 60, ratios))
        name = f"one each 50 ms, CPU per delivery, {ours.name}, of raw, write per event ({size} viewers)"
        ratios = _ratios(phases, (ours.name, size, "50 ms"), (RAW.name, size, "50 ms"))
        bars.append(bar(name, 1.3, ratios))
    if len(sizes) > 1:
        bars += _growth(sizes[0], sizes[-1], phases)
    return bars


def _growth(few: int, many: int, phases: Phases) -> list[Bar]:
    return [
        bar(
            f"CPU per delivery at {many} viewers, {ours.name}, {rate.name}, of that at {few}",
            1.2,
            _ratios(phases, (ours.name, many, rate.name), (ours.name, few, rate.name)),
        )
        for ours in (OURS, OURS_BATCH)
        for rate in RATES
    ]


def _ratios(phases: Phases, ours: Key, theirs: Key) -> list[float]:
    """Compare round by round: what a noisy machine did to one of a round it did to the other."""
    pairs = zip(phases.get(ours, []), phases.get(theirs, []), strict=False)
    return [mine.cpu_per_delivery / other.cpu_per_delivery for mine, other in pairs] or [float("nan")]
