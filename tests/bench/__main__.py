"""`python -m tests.bench`: one command, a table out."""

import argparse
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.abuse.attacks import ATTACKS
from tests.bench import abuse, control, fanout
from tests.bench.report import REPORT, Bar, machine, progress

# Each offers `measure(quick: bool) -> list[Bar]`, and shows its tables in REPORT.
SECTIONS: Final = (
    "fanout", "traffic", "joins", "memory", "stalled", "reconnect", "freeze", "gateway", "abuse", "page",
    "scale",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 1 where a bar is not kept."""
    options = _parser().parse_args(arguments)
    control.settle_here()
    print("# Benchmarks\n")
    print("\n".join(f"- {name}: {value}" for name, value in machine().items()), flush=True)
    bars: list[Bar] = []
    for section in options.only:
        started = time.monotonic()
        bars += _measure(section, options)
        progress(f"{section}: {time.monotonic() - started:.0f} s")
    REPORT.show_bars(bars)
    if options.json is not None:
        options.json.write_text(json.dumps(REPORT.as_json(), indent=1) + "\n")
    return 0 if all(bar.passed for bar in bars) else 1


def _measure(section: str, options: argparse.Namespace) -> list[Bar]:
    if section == "fanout":
        return fanout.measure(options.quick, options.viewers)
    if section == "abuse":
        return abuse.measure(options.quick, options.attacks, shared=options.shared)
    if importlib.util.find_spec(f"tests.bench.{section}") is None:
        progress(f"{section}: not there")
        return []
    bars: list[Bar] = importlib.import_module(f"tests.bench.{section}").measure(options.quick)
    return bars


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure the bridge beside plain websockets and raw transports. About 50 minutes.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, once each: about three minutes, and noisy"
    )
    parser.add_argument(
        "--only",
        type=_sections,
        default=SECTIONS,
        metavar="A,B",
        help=f"only these sections of {', '.join(SECTIONS)}",
    )
    parser.add_argument(
        "--viewers", type=_sizes, default=(), metavar="N,M", help="numbers of viewers for the fan-out"
    )
    parser.add_argument(
        "--attacks", type=_attacks, default=(), metavar="A,B", help="only these attacks, such as join-flood"
    )
    parser.add_argument(
        "--shared", action="store_true", help="attack where two processes serve viewers (needs Redis)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to this file")
    return parser


def _sections(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(SECTIONS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


def _attacks(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - {*ATTACKS, abuse.HIDING}:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


def _sizes(text: str) -> tuple[int, ...]:
    if not all(part.isdecimal() and int(part) for part in text.split(",")):
        raise argparse.ArgumentTypeError("numbers of viewers are wanted, such as 100,1000")
    return tuple(sorted(map(int, text.split(","))))


if __name__ == "__main__":
    sys.exit(main())
