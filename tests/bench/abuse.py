"""Attacks: how much longer an event takes to 200 healthy viewers meanwhile."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from tests.abuse.attacks import ATTACKS
from tests.abuse.scene import VIEWERS, Scene, Watch
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress, ratio

SECONDS: Final = 2.0  # that an attack lasts at least, and the quiet before it
REPETITIONS: Final = 3
NOTE: Final = (
    f"{VIEWERS} viewers, 25 messages/s; from when one was due until it was there. A round is a quiet time,\n"
    "then the attack. The server has a core of its own; on the other the attacker gives way to the viewers."
)

Pair = tuple[Watch, Watch]  # quiet, and attacked


def measure(quick: bool) -> list[Bar]:
    """Compare, with and without, by turns."""
    pairs: dict[str, list[Pair]] = {name: [] for name in ATTACKS}
    with Scene(real=True) as scene:
        for number in range(1 if quick else REPETITIONS):
            for name in ATTACKS:
                progress(f"abuse: {name}, round {number + 1}")
                seconds = 1.0 if quick else SECONDS
                pairs[name].append((scene.quiet(seconds), scene.attack(name, seconds)))
                scene.connections()
    REPORT.show(_table(pairs))
    return [
        bar(f"p99 during {name}, of p99 in the quiet before", 2.0, _ratios(found))
        for name, found in pairs.items()
    ]


def _ratios(pairs: Sequence[Pair]) -> list[float]:
    """Compare round by round; NaN where somebody lost something."""
    return [
        float("nan") if attacked.gone or attacked.behind else attacked.delays["p99"] / quiet.delays["p99"]
        for quiet, attacked in pairs
    ]


def _table(pairs: Mapping[str, Sequence[Pair]]) -> Table:
    columns = (
        "attack", "p50 ms", "quiet", "p99 ms", "quiet", "ratio min-max", "server busy", "quiet", "memory MiB",
        "lost", "what the attacker hears",
    )  # fmt: skip
    return Table("Attacks", columns, [_row(name, found) for name, found in pairs.items()], NOTE)


def _row(name: str, pairs: Sequence[Pair]) -> tuple[str, ...]:
    quiet, attacked = zip(*pairs, strict=True)
    heard = sum((watch.heard for watch in attacked), Counter[str]())
    ratios = _ratios(pairs)
    return (
        name,
        *(
            f"{middle(watch.delays[percent] for watch in watches) * 1e3:.2f}"
            for percent in ("p50", "p99")
            for watches in (attacked, quiet)
        ),
        f"{ratio(min(ratios))}-{ratio(max(ratios))}",
        *(f"{middle(watch.busy for watch in watches):.0%}" for watches in (attacked, quiet)),
        f"{max(watch.memory for watch in attacked) / (1 << 20):.0f}",
        str(sum(watch.gone + watch.behind + watch.faults for watch in attacked)),
        ", ".join(f"{words} {count // len(pairs)}" for words, count in heard.most_common()),
    )
