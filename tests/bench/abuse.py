"""Attacks: how much longer an event takes to 200 healthy viewers meanwhile."""

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from tests.abuse.attacks import ATTACKS
from tests.abuse.scene import VIEWERS, Scene, Watch
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress, ratio

SECONDS: Final = 2.0  # that an attack lasts at least
QUIET: Final = 1.0  # seconds before it
REPETITIONS: Final = 2
GUILDS: Final = 2_000  # that somebody is a member of who hides and shows themselves
HIDING: Final = "hide-and-show"
NOTE: Final = (
    f"{VIEWERS} viewers, 25 messages/s; from when one was due until it was there. A round is a quiet time,\n"
    "then the attack. The server has a core of its own; on the other the attacker gives way to the viewers.\n"
    "Computed: what the server computed, of whatever, from when one was due until it was written to the\n"
    "last viewer, p99: that depends on no other program.\n"
    "Held: turns of the loop of more than 250 ms of CPU. Lines: in the log. Asked: tokens, of Discord.\n"
    f"{HIDING} is no attack: a member of {GUILDS:,} guilds does so over and over."
)

Pair = tuple[Watch, Watch]  # quiet, and attacked


def measure(quick: bool, only: Sequence[str] = (), *, shared: bool = False) -> list[Bar]:
    """Compare, with and without, by turns: all attacks, or only some."""
    pairs: dict[str, list[Pair]] = {name: [] for name in only or (*ATTACKS, HIDING)}
    seconds = 1.0 if quick else SECONDS
    with Scene(real=True, shared=shared) as scene:
        for number in range(1 if quick else REPETITIONS):
            for name in filter(ATTACKS.__contains__, pairs):
                progress(f"abuse: {name}, round {number + 1}")
                pairs[name].append((scene.quiet(QUIET), scene.attack(name, seconds)))
                scene.connections()
        if HIDING in pairs:
            scene.build(GUILDS)
            for number in range(1 if quick else REPETITIONS):
                progress(f"abuse: {HIDING}, round {number + 1}")
                pairs[HIDING].append((scene.quiet(QUIET), scene.toggle(seconds)))
    REPORT.show(_table(pairs))
    return [
        bar(f"p99 during {name}, of p99 in the quiet before", 2.0, _ratios(found))
        for name, found in pairs.items()
    ]


def _ratios(pairs: Sequence[Pair]) -> list[float]:
    """Compare round by round; NaN where somebody lost something."""
    return [
        float("nan") if _lost(attacked) else attacked.delays["p99"] / quiet.delays["p99"]
        for quiet, attacked in pairs
    ]


def _lost(watch: Watch) -> int:
    return watch.gone + watch.behind + watch.faults


def _table(pairs: Mapping[str, Sequence[Pair]]) -> Table:
    columns = (
        "attack", "p50 ms", "quiet", "p99 ms", "quiet", "ratio min-max", "computed ms", "quiet",
        "server busy", "quiet", "memory MiB", "lost", "held", "lines", "asked", "what the attacker hears",
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
        *(f"{middle(watch.late for watch in watches) * 1e3:.2f}" for watches in (attacked, quiet)),
        *(f"{middle(watch.busy for watch in watches):.0%}" for watches in (attacked, quiet)),
        f"{max(watch.memory for watch in attacked) / (1 << 20):.0f}",
        str(sum(map(_lost, attacked))),
        *(str(max(map(attrgetter(what), attacked))) for what in ("held", "lines", "asked")),
        ", ".join(f"{words} {count // len(pairs)}" for words, count in heard.most_common()),
    )
