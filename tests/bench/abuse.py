"""Attacks: how much longer an event takes to 200 healthy viewers meanwhile."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Final, Self

from tests.abuse.attacks import ATTACKS
from tests.abuse.scene import VIEWERS, Scene, Watch
from tests.bench.control import attackers_core, cores
from tests.bench.report import REPORT, Bar, Table, middle, percentile, progress, ratio

SECONDS: Final = 2.5  # that an attack lasts at least, each time
ROUNDS: Final = 3  # of all attacks, one after the other
QUIET: Final = 1.0  # seconds between them; more where there are few attacks
QUICK: Final = 0.4  # of that, once
GUILDS: Final = 2_000  # that somebody is a member of who hides and shows themselves
HIDING: Final = "hide-and-show"
JUDGED: Final = ("p99", "p99 written", "p99 computed")
NOTE: Final = (
    f"{VIEWERS} viewers, 25 messages/s; from when one was due until it was there. All attacks have their\n"
    f"turns, {ROUNDS} times, with a quiet time before each. Percentiles are those of all messages of an\n"
    "attack together, and of all that was said in the quiet; min-max is what single rounds say.\n"
    "The server has a core of its own; on the other the attacker and Discord give way to the viewers.\n"
    "Computed: what the server computed, of whatever, from when one was due until it was written to the\n"
    "last viewer, p99: that depends on no other program. Written: the same by the clock.\n"
    "Where attacker and viewers share a core, viewers wait for it too: there, what is written counts.\n"
    "Held: turns of the loop of more than 250 ms of CPU. Lines: in the log. Asked: tokens, of Discord.\n"
    f"{HIDING} is no attack: a member of {GUILDS:,} guilds does so over and over."
)


@dataclass
class Pool:
    """What was to see again and again, taken together: one round alone has too few messages for a p99."""

    watches: list[Watch] = field(default_factory=list)
    quiet: "Pool | None" = None  # what it is compared with

    @property
    def lost(self) -> int:
        """What healthy viewers lost."""
        return sum(watch.gone + watch.behind + watch.faults for watch in self.watches)

    def delay(self, percent: float) -> float:
        """Tell how late messages were, in seconds."""
        return percentile(chain.from_iterable(watch.delays for watch in self.watches), percent)

    def computed(self) -> float:
        """Tell how late they were by what the server computed."""
        return percentile(chain.from_iterable(watch.computed for watch in self.watches), 99)

    def written(self) -> float:
        """Tell how late they were written, by the server's clock."""
        return percentile(chain.from_iterable(watch.written for watch in self.watches), 99)

    def rounds(self) -> list[Self]:
        """Take it apart."""
        return [type(self)([watch], self.quiet) for watch in self.watches]

    def ratios(self) -> tuple[float, float, float]:
        """Compare with the quiet when messages were there, were written, and what was computed for that.

        NaN where somebody lost something.
        """
        if self.quiet is None or self.lost:
            return float("nan"), float("nan"), float("nan")
        return (
            self.delay(99) / self.quiet.delay(99),
            self.written() / self.quiet.written(),
            self.computed() / self.quiet.computed(),
        )


def measure(quick: bool, only: Sequence[str] = (), *, shared: bool = False) -> list[Bar]:
    """Compare, with and without, by turns: all attacks, or only some."""
    names, scale = only or (*ATTACKS, HIDING), QUICK if quick else 1.0
    attacks, rounds = [name for name in names if name in ATTACKS], range(1 if quick else ROUNDS)
    quiet, crowded = Pool(), Pool()
    pools = {name: Pool(quiet=crowded if name == HIDING else quiet) for name in names}
    # As much of it in all as any attack has, at least.
    pause, seconds = scale * max(QUIET, SECONDS / max(len(attacks), 1)), scale * SECONDS
    with Scene(real=True, shared=shared) as scene:
        for number in rounds:
            for name in attacks:
                progress(f"abuse: {name}, round {number + 1}")
                quiet.watches.append(scene.quiet(pause))
                pools[name].watches.append(scene.attack(name, seconds))
                scene.connections()
        if HIDING in pools:
            scene.build(GUILDS)
            for number in rounds:
                progress(f"abuse: {HIDING}, round {number + 1}")
                crowded.watches.append(scene.quiet(seconds))
                pools[HIDING].watches.append(scene.toggle(seconds))
    REPORT.show(_table({**({"quiet": quiet} if attacks else {}), **pools}))
    return [bar for name, pool in pools.items() for bar in _bars(name, pool, shared=shared)]


def _bars(name: str, pool: Pool, *, shared: bool) -> Iterable[Bar]:
    """Judge what viewers see, and what the server did for that: of a viewer process nobody notes it."""
    rounds = [one.ratios() for one in pool.rounds()]
    judged = (0,) if shared else (0, 1, 2) if attackers_core() not in cores() else (1, 2)
    for number in judged:
        found = [ratios[number] for ratios in rounds]
        title = f"{JUDGED[number]} during {name}, of that in the quiet"
        yield Bar(title, 2.0, pool.ratios()[number], min(found), max(found))


def _table(pools: dict[str, Pool]) -> Table:
    columns = (
        "attack", "messages", "p50 ms", "p99 ms", "of quiet", "min-max", "written ms", "of quiet", "min-max",
        "computed ms", "of quiet", "min-max",
        "server busy", "memory MiB", "lost", "held", "lines", "asked", "what the attacker hears",
    )  # fmt: skip
    return Table("Attacks", columns, [_row(name, pool) for name, pool in pools.items()], NOTE)


def _row(name: str, pool: Pool) -> tuple[str, ...]:
    watches = pool.watches
    heard = sum((watch.heard for watch in watches), Counter[str]())
    delay, written, computed = (_compare(pool, number) for number in range(3))
    return (
        name,
        str(sum(watch.told for watch in watches)),
        f"{pool.delay(50) * 1e3:.2f}",
        f"{pool.delay(99) * 1e3:.2f}",
        *delay,
        f"{pool.written() * 1e3:.2f}",
        *written,
        f"{pool.computed() * 1e3:.2f}",
        *computed,
        f"{middle(watch.busy for watch in watches):.0%}",
        f"{max(watch.memory for watch in watches) / (1 << 20):.0f}",
        str(pool.lost),
        *(str(max(map(attrgetter(what), watches))) for what in ("held", "lines", "asked")),
        ", ".join(f"{words} {count // len(watches)}" for words, count in heard.most_common()),
    )


def _compare(pool: Pool, number: int) -> tuple[str, str]:
    """Write the ratio to the quiet, and what single rounds say of it."""
    if pool.quiet is None:
        return "", ""
    found = [one.ratios()[number] for one in pool.rounds()]
    return ratio(pool.ratios()[number]), f"{ratio(min(found))}-{ratio(max(found))}"
