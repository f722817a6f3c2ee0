"""How long a fresh reader takes to show a large guild, and how long everybody else there waits meanwhile."""

import time
from typing import Final

from tests.bench import fleet
from tests.bench.crowd import Kind
from tests.bench.freeze import LONGEST
from tests.bench.joins import Visitor
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

SIZE: Final = 100_000
REPETITIONS: Final = 3
MOST: Final = 3.0  # seconds
KIND: Final = Kind(
    b'{"type":"connect","data":{"server":"town0","batch":true,"events":["typing","voice","activity"]}}'
)
COLUMNS: Final = ("members", "seconds", "CPU s", "CPU of the longest turn, ms", "longest gap, ms")
NOTE: Final = (
    "From asking for the guild to the last byte of the snapshot, by the first viewer of a reader that has\n"
    "never read it. The median of the rounds."
)

Found = dict[str, float]


def measure(quick: bool) -> list[Bar]:
    """Have fresh readers open it, one after the other."""
    size = SIZE // 50 if quick else SIZE
    rounds = []
    with fleet.running([size], 0) as some:
        for number in range(1 if quick else REPETITIONS):
            progress(f"opening: {size} members, round {number + 1}")
            rounds.append(open_once(some, size))
    scales = {"seconds": 1.0, "cpu": 1.0, "turn": 1e3, "gap": 1e3}
    row = [f"{middle(each[name] for each in rounds) * scale:.2f}" for name, scale in scales.items()]
    REPORT.show(Table("A large guild opened by a fresh reader", COLUMNS, [(f"{size:,}", *row)], NOTE))
    return [
        bar(f"seconds until a fresh reader shows {size} members", MOST, [each["seconds"] for each in rounds]),
        bar(
            f"longest turn while it opens {size} members, of 50 ms", 1.0,
            [each["turn"] / LONGEST for each in rounds],
        ),
    ]  # fmt: skip


def open_once(some: fleet.Fleet, size: int) -> Found:
    """Start a reader, and be its first viewer."""
    reader = some.add_reader()
    with Visitor(reader.port, KIND) as visitor:
        cpu = reader.cpu()
        reader.ask("watch")
        began = time.monotonic()
        shown = visitor.join()
        seconds = time.monotonic() - began
        held = reader.ask("watched")
        found = {"seconds": seconds, "cpu": reader.cpu() - cpu, "turn": held["cpu"], "gap": held["wall"]}
        if (count := visitor.count_users(shown)) != size:
            raise RuntimeError(f"a viewer of a guild of {size} was shown {count}")
    return found
