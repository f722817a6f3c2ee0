"""Bytes on the wire, which cost more than CPU past one core: a realistic mix of events at 200 a second."""

from dataclasses import replace
from typing import Final

from tests.bench.control import Host
from tests.bench.crowd import BATCH, Crowd, Kind
from tests.bench.fanout import DEFLATE, FLOOR, OURS_BATCH, RAW, Entrant
from tests.bench.guild import Story
from tests.bench.phase import Phase, tell
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

OURS_LARGE: Final = Entrant("bridge, batch, no deflate", "bridge", replace(BATCH, deflate=False))
# What a `batch` viewer would get if its events, cursors included, came one to a frame.
ONE_BY_ONE: Final = Kind(b'{"type":"connect","data":{"server":"dworld","cursor":""}}')
OURS_SINGLE: Final = Entrant("bridge, single frames with cursor", "bridge", ONE_BY_ONE)
ENTRANTS: Final = (OURS_BATCH, OURS_LARGE, OURS_SINGLE, DEFLATE, RAW, FLOOR)
INTERVAL: Final = 0.005  # seconds
GUILD_SIZE: Final = 1_000
REPETITIONS: Final = 3


def measure(quick: bool) -> list[Bar]:
    """Compare what a `batch` viewer costs with the same events as single frames."""
    rounds = [_round(number, quick=quick) for number in range(1 if quick else REPETITIONS)]
    rows = [_row(entrant.name, [phases[entrant.name] for phases in rounds]) for entrant in ENTRANTS]
    columns = ("contestant", "bytes/event", "CPU/delivery us", "p50 ms", "p99 ms", "complete")
    note = (
        "Seven presences to three messages of everyday length; WebSocket frames, without TCP and IP.\n"
        "What the raw transports send has no cursors, as the oldest clients get it."
    )
    REPORT.show(Table("Bytes on the wire at 200 events/s", columns, rows, note))
    sizes = [ours.bytes_per_event / raw.bytes_per_event for ours, raw in _pairs(rounds, OURS_SINGLE)]
    costs = [ours.cpu_per_delivery / large.cpu_per_delivery for ours, large in _pairs(rounds, OURS_LARGE)]
    return [
        bar("bytes per event to a batch viewer at 200/s, of single uncompressed frames", 1 / 4, sizes),
        # The same bar's "at no CPU per viewer": whoever compresses for each viewer misses this by far.
        bar("CPU per delivery to a batch viewer at 200/s with deflate, of that without", 1.1, costs),
    ]


def _round(number: int, *, quick: bool) -> dict[str, Phase]:
    progress(f"traffic: round {number + 1}")
    viewers, events = (100, 200) if quick else (300, 500)
    return {entrant.name: _run(entrant, viewers, events) for entrant in ENTRANTS}


def _run(entrant: Entrant, viewers: int, events: int) -> Phase:
    with Host(entrant.contestant, GUILD_SIZE) as host, Crowd() as crowd:
        seated = crowd.gather(viewers, host.port, entrant.kind)
        return tell(host, crowd, seated, Story(GUILD_SIZE, events, "mixed"), INTERVAL)


def _pairs(rounds: list[dict[str, Phase]], other: Entrant) -> list[tuple[Phase, Phase]]:
    return [(phases[OURS_BATCH.name], phases[other.name]) for phases in rounds]


def _row(name: str, phases: list[Phase]) -> tuple[str, ...]:
    return (
        name,
        f"{middle(phase.bytes_per_event for phase in phases):.1f}",
        f"{middle(phase.cpu_per_delivery for phase in phases) * 1e6:.3f}",
        f"{middle(phase.latency(50) for phase in phases) * 1e3:.1f}",
        f"{middle(phase.latency(99) for phase in phases) * 1e3:.1f}",
        "yes" if all(phase.complete for phase in phases) else "NO",
    )
