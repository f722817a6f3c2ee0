"""Mass reconnect: after a restart everybody comes at once."""

import time
from collections.abc import Sequence
from typing import Final

from tests.bench.control import Host, need_files
from tests.bench.crowd import Crowd, Viewer
from tests.bench.fanout import DEFLATE, OURS, Entrant
from tests.bench.report import REPORT, Bar, Table, percentile, progress

GUILD_SIZE: Final = 100
ENTRANTS: Final = (OURS, DEFLATE)
PATIENCE: Final = 60.0  # seconds until a viewer that isn't in has failed


def measure(quick: bool) -> list[Bar]:
    """Let everybody connect in one go, and look how long each waits for a world."""
    viewers = 500 if quick else 10_000
    need_files(viewers)
    rows = [run(entrant, viewers) for entrant in ENTRANTS]
    columns = ("contestant", "all in, s", "p50 s", "p99 s", "max s", "failed", "server CPU s")
    note = "From each viewer's connect() to its whole server-join; nobody waits for anybody."
    REPORT.show(
        Table(f"{viewers:,} viewers of a guild with {GUILD_SIZE} members at once", columns, rows, note)
    )
    return []


def run(entrant: Entrant, viewers: int) -> tuple[str, ...]:
    progress(f"reconnect: {entrant.name}, {viewers} viewers")
    with Host(entrant.contestant, GUILD_SIZE) as host, Crowd() as crowd:
        cpu, start = host.cpu(), time.monotonic()
        seated = crowd.gather(viewers, host.port, entrant.kind, at_once=viewers, patience=PATIENCE)
        waits = _waits(seated)
        last = max((viewer.joined or start for viewer in seated), default=start)
        return (
            entrant.name,
            f"{last - start:.2f}",
            *(f"{percentile(waits, percent):.2f}" for percent in (50, 99, 100)),
            str(viewers - len(seated)),
            f"{host.cpu() - cpu:.2f}",
        )


def _waits(seated: Sequence[Viewer]) -> list[float]:
    return [viewer.joined - viewer.called for viewer in seated if viewer.joined is not None]
