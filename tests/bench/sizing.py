"""What members take: in the process that has them, in Redis, and in a process that shows them."""

import re
from typing import Final

from tests.bench import fleet
from tests.bench.joins import Visitor
from tests.bench.opening import KIND
from tests.bench.report import REPORT, Bar, Table, progress

SIZES: Final = (100, 100_000)
COLUMNS: Final = ("members", "writer, bytes each", "Redis, bytes each", "reader, bytes each")
NOTE: Final = (
    "What is resident beyond what a guild of a hundred takes, when a viewer was shown all of it. The writer\n"
    "has them once; a bot has them also in discord.py's cache."
)


def measure(quick: bool) -> list[Bar]:
    """Look at a large guild beside a small one."""
    few, many = SIZES[0], SIZES[1] // (50 if quick else 1)
    progress(f"sizing: {many} members")
    small, large = _look(few), _look(many)
    each = [(large[name] - small[name]) / (many - few) for name in ("writer", "redis", "reader")]
    REPORT.show(Table("Members", COLUMNS, [(f"{many:,}", *(f"{size:,.0f}" for size in each))], NOTE))
    return []


def _look(size: int) -> dict[str, int]:
    with fleet.running([size], 1) as some:
        [reader] = some.readers
        with Visitor(reader.port, KIND) as visitor:
            visitor.join()
            return {
                "writer": some.writer.memory(),
                "redis": int(re.findall(r"used_memory:(\d+)", some.redis.ask("INFO", "memory"))[0]),
                "reader": reader.memory(),
            }
