"""Resident memory of the server per idle viewer of a small guild."""

from typing import Final

from tests.bench.control import Host, need_files
from tests.bench.crowd import Crowd
from tests.bench.fanout import DEFLATE, OURS, OURS_BATCH, RAW, UNCOMPRESSED, Entrant
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

ENTRANTS: Final = (OURS, OURS_BATCH, DEFLATE, UNCOMPRESSED, RAW)
GUILD_SIZE: Final = 21
SETTLE: Final = 0.5  # seconds for what a join leaves behind to be over
REPETITIONS: Final = 3


def measure(quick: bool) -> list[Bar]:
    """Compare what viewers cost who only sit there."""
    viewers = 300 if quick else 2_000
    need_files(viewers)
    found: dict[str, list[float]] = {entrant.name: [] for entrant in ENTRANTS}
    for number in range(1 if quick else REPETITIONS):
        progress(f"memory: round {number + 1}")
        for entrant in ENTRANTS:
            found[entrant.name].append(per_viewer(entrant, viewers))
    rows = [
        (name, f"{middle(sizes) / 1024:.1f}", f"{min(sizes) / 1024:.1f}-{max(sizes) / 1024:.1f}")
        for name, sizes in found.items()
    ]
    note = f"{viewers:,} viewers of a guild with {GUILD_SIZE} members; garbage collected before both looks."
    REPORT.show(Table("Memory", ("contestant", "KiB/viewer", "min-max"), rows, note))
    return [
        bar(
            f"memory per idle viewer, {ours.name}, of websockets with deflate",
            1 / 4,
            [mine / other for mine, other in zip(found[ours.name], found[DEFLATE.name], strict=True)],
        )
        for ours in (OURS, OURS_BATCH)
    ]


def per_viewer(entrant: Entrant, viewers: int) -> float:
    with Host(entrant.contestant, GUILD_SIZE) as host, Crowd() as crowd:
        before = host.ask("memory")["rss"]
        seated = crowd.gather(viewers, host.port, entrant.kind)
        if len(seated) < viewers:
            progress(f"  {entrant.name}: only {len(seated)} of {viewers} viewers got in")
        crowd.read_for(SETTLE)
        return float(host.ask("memory")["rss"] - before) / max(1, len(seated))
