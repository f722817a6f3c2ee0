"""Past one process: what a backplane costs who reads it, and who writes to it, beside a single process.

A real Redis stands between. The reader has a core of its own, as the single process has; the writer and Redis
share the load generator's.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.bench import chaos, failover, gateway, many, opening, sizing
from tests.bench.contestants import BACKPLANE
from tests.bench.control import Host, cores
from tests.bench.crowd import BATCH, OLD, Crowd, Kind
from tests.bench.guild import Story
from tests.bench.phase import Phase, tell
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress
from tests.redis import serving

GUILD_SIZE: Final = 1_000
REPETITIONS: Final = 3
NOTE: Final = (
    "CPU of the process that serves the viewers. Everything else runs on the other core, so that latencies\n"
    "are the client's where that is busy."
)


@dataclass(frozen=True)
class Rate:
    """How fast events come: `count` of them, one each `interval` seconds, or all at once for 0.

    They do so many `times`.
    """

    name: str
    interval: float
    count: int
    times: int = 1


# Forty events, or a burst, are over in a moment, in which chance does much.
RATES: Final = (
    Rate("50 ms", 0.05, 40, times=5),
    Rate("200/s", 0.005, 400),
    Rate("burst", 0.0, 1_000, times=15),
)


class Pair(Host):
    """A process that has the guild, and one that shows it: this one is measured."""

    def __init__(self, guild_size: int) -> None:
        super().__init__("bridge-writer", guild_size, cores()[1])
        self.reader = Host("bridge-reader", guild_size)
        self.reader.ask("known")  # who comes before that gets no room
        self.port = self.reader.port

    def __exit__(self, *how: Any) -> None:
        self.reader.__exit__(*how)
        super().__exit__(*how)

    def play(self, story: Story, interval: float) -> float:
        """Let a story begin; return the CPU that the reader used before."""
        self.reader.ask("memory")  # garbage of before is not part of what is measured, as in a single process
        before = self.reader.cpu()
        super().play(story, interval)
        return before

    def ask(self, do: str, **details: Any) -> dict[str, Any]:
        """Give the writer an order; the CPU in the answer is the reader's."""
        answer = super().ask(do, **details)
        return answer | {"cpu": self.reader.cpu()} if do == "played" else answer


Key = tuple[str, str, str]  # which kind of client, which rate, whether single or read


def measure(quick: bool) -> list[Bar]:
    """Measure what it costs, and then what it is for."""
    return [bar for each in SCENES for bar in each(quick)]


def _costs(quick: bool) -> list[Bar]:
    """Measure both in turns."""
    viewers = 50 if quick else 1_000
    rates = [rate for each in RATES for rate in [each] * (1 if quick else each.times)]
    phases: dict[Key, list[Phase]] = {}
    ratios: list[float] = []
    with serving() as redis:
        os.environ[BACKPLANE] = redis.url
        for _ in range(1 if quick else REPETITIONS):
            for kind, name in ((OLD, "one by one"), (BATCH, "batches")):
                progress(f"scale: {viewers} viewers, {name}")
                redis.ask("FLUSHALL")
                with Host("bridge", GUILD_SIZE) as host:
                    _run(host, kind, viewers, rates, phases, (name, "single"))
                with Pair(GUILD_SIZE) as pair:
                    _run(pair, kind, viewers, rates, phases, (name, "read"))
            ratios.append(_writing(quick=quick))
    REPORT.show(_table(viewers, phases))
    return [*_bars(viewers, phases), bar("CPU per event of a bot, with a backplane, of without", 1.5, ratios)]


SCENES: Final = (_costs, opening.measure, sizing.measure, many.measure, failover.measure, chaos.measure)


def _run(
    host: Host, kind: Kind, viewers: int, rates: Sequence[Rate],
    phases: dict[Key, list[Phase]], who: tuple[str, str],
) -> None:  # fmt: skip
    with Crowd() as crowd:
        seated = crowd.gather(viewers, host.port, kind)
        if len(seated) < viewers:
            progress(f"  only {len(seated)} of {viewers} viewers got in: not measured")
            return
        for turn, rate in enumerate(rates, start=1):
            phase = tell(host, crowd, seated, Story(GUILD_SIZE, rate.count, turn=turn), rate.interval)
            phases.setdefault((who[0], rate.name, who[1]), []).append(phase)


def _writing(*, quick: bool) -> float:
    """Compare what an event costs the process that has the guild, with all that discord.py does for it."""
    costs = gateway.run(quick=True)[0]
    reading = (costs["watched"] - costs["watched bridge"]) / 1e6
    story = Story(GUILD_SIZE, 300 if quick else 1_000)
    spent: dict[str, float] = {}
    for contestant in ("bridge", "bridge-writer"):
        with Host(contestant, GUILD_SIZE) as host, Crowd() as crowd:
            phase = tell(host, crowd, crowd.gather(1, host.port, OLD, listeners=1), story, 0.005)
            spent[contestant] = phase.cpu / story.count
    progress(
        f"  an event: {reading * 1e6:.0f} us to read it, {spent['bridge'] * 1e6:.0f} us to tell it,"
        f" {spent['bridge-writer'] * 1e6:.0f} us with a backplane"
    )
    return (reading + spent["bridge-writer"]) / (reading + spent["bridge"])


def _table(viewers: int, phases: dict[Key, list[Phase]]) -> Table:
    rows = [
        (
            f"{kind}, {rate}: {who}",
            f"{middle(phase.cpu_per_delivery * 1e6 for phase in some):.3f}",
            f"{middle(phase.latency(50) for phase in some) * 1e3:.1f}",
            f"{middle(phase.latency(99) for phase in some) * 1e3:.1f}",
            "yes" if all(phase.complete for phase in some) else "NO",
        )
        for (kind, rate, who), some in sorted(phases.items())
    ]
    columns = ("viewers, rate: process", "CPU/delivery us", "p50 ms", "p99 ms", "complete")
    return Table(f"A reader beside a single process, {viewers:,} viewers", columns, rows, NOTE)


def _bars(viewers: int, phases: dict[Key, list[Phase]]) -> list[Bar]:
    bars = []
    for kind, rate in sorted({key[:2] for key in phases}):
        alone, read = phases[kind, rate, "single"], phases[kind, rate, "read"]
        name = f"CPU per delivery in a reader, of a single process ({viewers} viewers, {kind}, {rate})"
        single = [_of([mine], [other]) for mine, other in zip(read, alone, strict=True)]
        bars.append(Bar(name, 1.1, _of(read, alone), min(single), max(single)))
    pairs = zip(*(phases["one by one", "200/s", who] for who in ("read", "single")), strict=True)
    late = [mine.latency(99) - other.latency(99) for mine, other in pairs]
    name = f"seconds from event to viewer, p99, more than in a single process ({viewers} viewers, 200/s)"
    return [*bars, bar(name, 0.05, late)]


def _of(read: Sequence[Phase], alone: Sequence[Phase]) -> float:
    """Compare all that was spent, as single phases say little."""
    return sum(phase.cpu_per_delivery for phase in read) / sum(phase.cpu_per_delivery for phase in alone)
