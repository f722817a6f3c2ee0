"""What was measured: bars, tables, and the machine it was measured on."""

import math
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.control import AVAILABLE


@dataclass(frozen=True)
class Bar:
    """A ratio that may be at most `limit`. `low` and `high` are the extremes over the repetitions."""

    name: str
    limit: float
    measured: float
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether the bar is kept."""
        return self.measured <= self.limit


def bar(name: str, limit: float, ratios: Sequence[float]) -> Bar:
    """Make a bar of the ratios of several repetitions: the median counts.

    NaN says that something was lost in one of them, and fails the bar.
    """
    if any(map(math.isnan, ratios)):
        return Bar(name, limit, math.nan, math.nan, math.nan)
    return Bar(name, limit, statistics.median(ratios), min(ratios), max(ratios))


@dataclass(frozen=True)
class Table:
    """Figures under a title. `note` says how they came about."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def text(self) -> str:
        """Write the table in Markdown, aligned for people who read it as it is."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [self._line(self.columns, widths)]
        lines.append("|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
        lines += [self._line(row, widths) for row in self.rows]
        head = f"\n## {self.title}\n" + (f"{self.note}\n" if self.note else "")
        return head + "\n" + "\n".join(lines) + "\n"

    @staticmethod
    def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
        first, *others = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        return "| " + " | ".join([first.strip().ljust(widths[0]), *others]) + " |"


@dataclass
class Report:
    """Everything of one run: written to stdout as it comes, kept for `--json`."""

    tables: list[Table] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def show(self, table: Table) -> None:
        """Print a table, and keep it."""
        self.tables.append(table)
        sys.stdout.write(table.text())
        sys.stdout.flush()

    def show_bars(self, bars: Iterable[Bar]) -> None:
        """Print which bars are kept."""
        self.bars = list(bars)
        rows = [_bar_row(each) for each in self.bars]
        self.show(Table("Bars", ("bar, as a ratio in one run", "at most", "measured", "min-max", ""), rows))

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        return {
            "machine": machine(),
            "tables": [asdict(table) for table in self.tables],
            "bars": [asdict(each) | {"passed": each.passed} for each in self.bars],
        }


REPORT = Report()  # of this run


def _bar_row(each: Bar) -> tuple[str, ...]:
    verdict = "pass" if each.passed else "FAIL"
    return (
        each.name,
        ratio(each.limit),
        ratio(each.measured),
        f"{ratio(each.low)}-{ratio(each.high)}",
        verdict,
    )


def ratio(value: float) -> str:
    """Write a ratio: as 1/60 where it is small."""
    return f"1/{1 / value:.3g}" if 0 < value < 0.5 else f"{value:.2f}"


def progress(words: str) -> None:
    """Tell who waits what is being done."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def machine() -> dict[str, str]:
    """Say where this was measured."""
    return {
        "CPU": _cpu_model(),
        "cores": str(len(AVAILABLE)),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "websockets": version("websockets"),
    }


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def middle(values: Iterable[float]) -> float:
    """Return the median, or NaN of nothing."""
    values = list(values)
    return statistics.median(values) if values else float("nan")


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed, or NaN of nothing."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
