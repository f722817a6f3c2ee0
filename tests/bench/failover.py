"""What becomes of the viewers of a reader that is killed: they come back to another, all at once."""

from typing import Final

from tests.bench import fleet
from tests.bench.report import REPORT, Bar, Table, bar, middle, progress

GUILDS: Final = 20
MEMBERS: Final = 100
VIEWERS: Final = 5_000
REPETITIONS: Final = 3
MOST: Final = 10.0  # seconds
LEAST_RESUMED: Final = 0.99
TOLD: Final = 1_000  # times in each guild at most; more than there is time for
COLUMNS: Final = ("viewers", "back", "resumed", "seconds", "CPU of the other reader, s")
NOTE: Final = (
    "Two readers with half of the viewers each; one is killed while something happens in each guild every\n"
    "second. From the moment at which all have noticed to the last one's answer: nobody waits for anybody."
)

Found = dict[str, float]


def measure(quick: bool) -> list[Bar]:
    """Kill a reader, in rounds."""
    viewers = 100 if quick else VIEWERS
    rounds = []
    for number in range(1 if quick else REPETITIONS):
        progress(f"failover: {viewers} viewers, round {number + 1}")
        with fleet.running([MEMBERS] * GUILDS, 2) as some:
            rounds.append(kill_one(some, viewers))
    row = [f"{middle(each[name] for each in rounds):,.{digits}f}" for name, digits in _DIGITS.items()]
    REPORT.show(Table("After a killed reader", COLUMNS, [(f"{viewers:,}", *row)], NOTE))
    return [
        bar(
            f"seconds until {viewers} viewers of a killed reader are live again", MOST,
            [each["seconds"] if each["in"] == viewers else float("nan") for each in rounds],
        ),
        bar(
            "viewers of a killed reader who do not resume, of the bar of 1 %", 1,
            [(1 - each["resumed"] / viewers) / (1 - LEAST_RESUMED) for each in rounds],
        ),
    ]  # fmt: skip


_DIGITS: Final = {"in": 0, "resumed": 0, "seconds": 2, "cpu": 2}


def kill_one(some: fleet.Fleet, viewers: int) -> Found:
    """Seat as many at each of two readers, and kill the first."""
    interval = 1 / len(some.sizes)
    crowds = some.crowds(2)
    crowds.gather(some.slugs, some.ports, 2 * viewers)
    crowds.note()
    some.writer.ask("tell", each=2, interval=interval)
    crowds.heard(2)  # so everybody has a cursor
    some.writer.ask("told")
    some.writer.ask("tell", each=TOLD, interval=interval)
    dying, other = some.readers[:2]
    before = other.cpu()
    dying.kill()
    found = crowds.parts[0].ask("come_back", port=other.port, patience=fleet.PATIENCE)
    return {**found, "cpu": other.cpu() - before}
