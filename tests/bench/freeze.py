"""The longest that one turn holds the loop, and with it everybody's pings, when something large happens."""

import contextlib
import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Final

from tests.bench.control import Worker
from tests.bench.crowd import Kind
from tests.bench.joins import Visitor
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

LONGEST: Final = 0.05  # seconds
REPETITIONS: Final = 3
QUICK: Final = 10  # times fewer
SIZES: Final = {"guilds": 5_000, "recoloured": 50_000, "shown": 250_000, "resumed": 1_000, "hidden": 2_000}
EVENTS: Final = ["typing", "voice", "reaction", "edit", "activity", "servers"]
COLUMNS: Final = ("scene", "CPU of the longest turn, ms", "longest gap, ms", "took, s")
NOTE: Final = (
    "The longest turn of the loop, in CPU of its thread; and the longest gap between two turns, as a ping\n"
    "sees it, which on a machine that has other work is longer. The median of the rounds."
)

Found = dict[str, float]
Scene = Callable[[bool], Found]


def measure(quick: bool) -> list[Bar]:
    """Let each happen, in a process of its own."""
    found: dict[str, list[Found]] = {name: [] for name in SCENES}
    for number in range(1 if quick else REPETITIONS):
        for name, scene in SCENES.items():
            progress(f"freeze: {name}, round {number + 1}")
            found[name].append(scene(quick))
    REPORT.show(Table("Freezes", COLUMNS, [_row(name, rounds) for name, rounds in found.items()], NOTE))
    return [
        bar(f"longest turn, {name}, of 50 ms", 1.0, [each["cpu"] / LONGEST for each in rounds])
        for name, rounds in found.items()
    ]


def open_guilds(quick: bool) -> Found:
    """Open 5,000 guilds while somebody watches who asked for the list of servers."""
    with _house() as house:
        house.ask("furnish", size=100)
        with _somebody_watching(house):
            return house.ask("open", count=_size("guilds", quick))


def recolour(quick: bool) -> Found:
    """Give 50,000 members another colour, in slices, while somebody watches."""
    with _house() as house:
        house.ask("furnish", size=_size("recoloured", quick))
        with _somebody_watching(house):
            return house.ask("recolour")


def first_snapshot(quick: bool, *, deflate: bool = True) -> Found:
    """Show a guild of 250,000 members to the first who enters."""
    size = _size("shown", quick)
    with _house() as house:
        house.ask("furnish", size=size)
        with Visitor(house.greeting["port"], _viewer(deflate=deflate)) as visitor:
            house.ask("watch")
            shown = visitor.count_users(visitor.join())
            found = house.ask("watched")
    if shown != size:
        raise RuntimeError(f"a viewer of a guild of {size} was shown {shown}")
    return found


def plain_snapshot(quick: bool) -> Found:
    """Show it to one who reads no compressed frames."""
    return first_snapshot(quick, deflate=False)


def resume(quick: bool) -> Found:
    """Let a bot in 1,000 guilds of 250 members resume its session."""
    with _house() as house:
        return house.ask("resume", guilds=_size("resumed", quick), size=250)


def hide(quick: bool) -> Found:
    """Let a member of 2,000 guilds hide and show themselves."""
    with _house() as house:
        return house.ask("hide", guilds=_size("hidden", quick))


SCENES: Final[dict[str, Scene]] = {
    "5,000 guilds open": open_guilds,
    "a role recolours 50,000": recolour,
    "first snapshot of 250,000": first_snapshot,
    "the same, not compressed": plain_snapshot,
    "RESUME with 1,000 guilds": resume,
    "hide and show in 2,000 guilds": hide,
}


def _size(of: str, quick: bool) -> int:
    return SIZES[of] // (QUICK if quick else 1)


def _house() -> Worker:
    return Worker("tests.bench.freeze_host")


@contextlib.contextmanager
def _somebody_watching(house: Worker) -> Iterator[None]:
    with Visitor(house.greeting["port"], _viewer(deflate=True)) as visitor:
        visitor.join()
        Thread(target=visitor.read_on, daemon=True).start()
        yield


def _viewer(*, deflate: bool) -> Kind:
    request = {"type": "connect", "data": {"server": "dworld", "batch": True, "events": EVENTS}}
    return Kind(json.dumps(request).encode(), deflate=deflate)


def _row(name: str, rounds: list[Found]) -> tuple[str, ...]:
    def median(what: str, scale: float) -> str:
        return f"{middle(each[what] for each in rounds) * scale:.1f}"

    return name, median("cpu", 1e3), median("wall", 1e3), median("seconds", 1)
