"""Very many viewers over several readers: how late they hear of things, and what memory each takes."""

import resource
from typing import Final

from bridge.rooms.flush import WINDOW
from tests.bench import fleet
from tests.bench.control import SPARE_FILES
from tests.bench.report import REPORT, Bar, Table, bar, percentile, progress

GUILDS: Final = 20
MEMBERS: Final = 100
SOME, ALL = 10_000, 50_000
TIMES: Final = 10  # that something happens in each guild
MOST_LATE: Final = 0.05  # seconds
MOST_BYTES: Final = 16 * 1024  # of a viewer
COLUMNS: Final = (
    "viewers", "guilds", "readers", "in", "heard all", "p50 ms", "p99 ms", "KB each", "CPU of the readers",
    "CPU/delivery us",
)  # fmt: skip
NOTE: Final = (
    "One event a second in each guild. Memory is what the readers have grown by; with their processes, but\n"
    "without what the kernel keeps for each connection. CPU is of one core, all readers together. Readers,\n"
    "writer, Redis and load generators share the machine's cores: where those are busy, all are late. In\n"
    "the third row one viewer of 50 reads at once, and notes how late that is: what is left is the readers'."
)


def measure(quick: bool) -> list[Bar]:
    """Let them come, and hear what happens."""
    some, every, times = (100, 300, 2) if quick else (SOME, ALL, TIMES)
    rows = [
        one_crowd(some, 2, GUILDS, times), one_crowd(some, 2, 1, times),
        one_crowd(some, 2, 1, times, doze=True), one_crowd(every, 2, GUILDS, times),
    ]  # fmt: skip
    REPORT.show(Table("Viewers over several readers", COLUMNS, [row.cells() for row in rows], NOTE))
    few, *_, many = rows
    return [
        bar(f"seconds from event to viewer, p99, beyond the window ({some} viewers)", MOST_LATE, [few.late]),
        bar(f"viewers who are not served, of {every}", 0, [every - many.complete]),
        bar(f"memory per viewer, of 16 KB ({every} viewers)", 1, [many.bytes_each / MOST_BYTES]),
    ]


class Row:
    """What came of one crowd."""

    def __init__(self, viewers: int, guilds: int, readers: int) -> None:
        self.viewers = viewers
        self.guilds = guilds
        self.readers = readers
        self.seated = self.complete = 0
        self.latencies: list[float] = []
        self.bytes_each = 0.0
        self.cpu = 0.0  # seconds, for all that happened
        self.seconds = 1.0

    @property
    def late(self) -> float:
        """Seconds from event to viewer beyond the flush window that most wait."""
        return max(0.0, percentile(self.latencies, 99) - WINDOW)

    def cells(self) -> tuple[str, ...]:
        """Write it for the table."""
        deliveries = max(1, self.complete) * self.seconds
        late = (f"{percentile(self.latencies, percent) * 1e3:.1f}" for percent in (50, 99))
        return (
            f"{self.viewers:,}", str(self.guilds), str(self.readers), f"{self.seated:,}",
            f"{self.complete:,}", *late, f"{self.bytes_each / 1024:.1f}", f"{self.cpu / self.seconds:.0%}",
            f"{self.cpu / deliveries * 1e6:.1f}",
        )  # fmt: skip


def one_crowd(viewers: int, readers: int, guilds: int, times: int, *, doze: bool = False) -> Row:
    """Seat so many viewers at readers, more of those where the system allows one too few open files."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if allowed != resource.RLIM_INFINITY:
        readers = max(readers, -(-viewers // (allowed - SPARE_FILES)))
    progress(f"many: {viewers} viewers of {guilds} guilds at {readers} readers")
    with fleet.running([MEMBERS] * guilds, readers) as some:
        return look_at(some, viewers, times, doze=doze)


def look_at(some: fleet.Fleet, viewers: int, times: int, *, doze: bool = False) -> Row:
    """Seat so many viewers, and have something happen in each guild so many times, once a second.

    If they `doze`, most of them read it later.
    """
    readers, guilds = len(some.readers), len(some.sizes)
    row = Row(viewers, guilds, readers)
    crowds = some.crowds(readers)
    first = crowds.gather(some.slugs, some.ports, guilds * readers)  # so that all rooms are there
    before = sum(reader.memory() for reader in some.readers)
    row.seated = crowds.gather(some.slugs, some.ports, viewers)
    row.bytes_each = (sum(reader.memory() for reader in some.readers) - before) / max(1, row.seated)
    crowds.note(doze=doze)
    cpu = sum(reader.cpu() for reader in some.readers)
    some.writer.ask("tell", each=times, interval=1 / guilds)
    have, row.latencies = crowds.heard(times)
    row.cpu, row.seconds = sum(reader.cpu() for reader in some.readers) - cpu, times
    some.writer.ask("told")
    row.complete = have - first if have == first + row.seated else min(have, row.seated - 1)
    return row
