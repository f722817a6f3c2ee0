"""The benchmarks run: a handful of viewers, so that they can't rot. What they measure is not judged here."""

import contextlib
import math
from collections import Counter

import pytest

from tests.abuse.lateness import Computed, Lateness, Told
from tests.abuse.scene import Watch
from tests.bench import abuse, failover, fleet, freeze, joins, many, memory, opening, page, reconnect, scale
from tests.bench.chaos import Options, chaos
from tests.bench.contestants import BACKPLANE, CONTESTANTS
from tests.bench.control import Host
from tests.bench.crowd import BATCH, OLD, Crowd, Kind
from tests.bench.guild import Story
from tests.bench.phase import Phase, tell
from tests.bench.report import REPORT, Bar, Table, bar, ratio
from tests.browser.conftest import find_chromium, need
from tests.browser.crowd import Scene
from tests.redis import RedisServer

pytestmark = pytest.mark.timeout(300)  # each waits longer than others for what happens in many processes


@pytest.mark.parametrize(
    ("contestant", "kind"),
    [*((name, OLD) for name in CONTESTANTS), ("bridge", BATCH)],
    ids=lambda it: str(it)[:20],
)
def test_everybody_is_told_everything(contestant: str, kind: Kind) -> None:
    """Each contestant delivers each event to each viewer, and the figures are there."""
    with Host(contestant, guild_size=40) as host, Crowd() as crowd:
        viewers = crowd.gather(6, host.port, kind, listeners=2)
        phase = tell(host, crowd, viewers, Story(40, 30), interval=0.002)
    assert phase.deliveries == phase.expected == 6 * 30
    assert len(phase.latencies) == 6 * 30
    assert all(0 < seconds < 30 for seconds in phase.latencies)
    assert phase.cpu_per_delivery > 0
    assert phase.bytes_per_event > 0


def test_a_loss_is_noticed() -> None:
    """What didn't arrive is not counted: here, because one viewer had hung up."""
    with Host("bridge", guild_size=40) as host, Crowd() as crowd:
        viewers = crowd.gather(3, host.port, OLD, listeners=1)
        crowd.stall(viewers[2:])
        viewers[2].gone = True
        phase = tell(host, crowd, viewers, Story(40, 10), interval=0.001)
    assert phase.deliveries == 2 * 10
    assert not phase.complete
    assert math.isnan(phase.cpu_per_delivery)


def test_joins_are_measured() -> None:
    """A join has a cost and a size, for each kind of viewer."""
    listed, unchanged, changed = joins.measure_crowd(60, seconds=0.01)
    assert listed == 60
    assert unchanged.size
    assert changed.cpu >= 0
    for kind in joins.KINDS.values():
        case = joins.measure_guild(30, kind, seconds=0.01)
        assert min(case.baseline.cpu, case.unchanged.cpu, case.changed.cpu, case.fresh.cpu) > 0
        assert min(case.baseline.size, case.unchanged.size) > 500


def test_memory_and_reconnect_are_measured() -> None:
    """Both come out as numbers."""
    assert math.isfinite(
        memory.per_viewer(memory.ENTRANTS[0], viewers=5)
    )  # a few may take less than the system took back
    row = reconnect.run(reconnect.ENTRANTS[0], viewers=5)
    assert row[5] == "0", "all of them got in"


def test_freezes_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest turn has its CPU, for whatever happens; here one process sees all of it."""
    monkeypatch.setattr(freeze, "SIZES", dict.fromkeys(freeze.SIZES, 200))
    with freeze._house() as house:
        monkeypatch.setattr(freeze, "_house", lambda: contextlib.nullcontext(house))
        for scene in freeze.SCENES.values():
            found = scene(True)
            assert found["cpu"] > 0
            assert 0 < found["wall"] <= found["seconds"]


def test_a_reader_is_measured(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a single process, as it reads what another one writes."""
    monkeypatch.setenv(BACKPLANE, redis.url)
    monkeypatch.setattr(scale, "RATES", (scale.Rate("burst", 0.0, 20),))
    phases: dict[scale.Key, list[Phase]] = {}
    with scale.Pair(scale.GUILD_SIZE) as pair:
        scale._run(pair, BATCH, 4, scale.RATES, phases, ("batches", "read"))
    [[phase]] = phases.values()
    assert phase.complete
    assert phase.cpu_per_delivery > 0


@pytest.mark.redis
def test_a_fleet_is_measured() -> None:
    """Everybody hears everything, a fresh reader opens a guild, and who is cut off comes back to another."""
    with fleet.running([30, 30], readers=2) as some:
        row = many.look_at(some, viewers=10, times=1, doze=True)
        assert row.complete == row.seated == 10
        assert row.latencies
        assert opening.open_once(some, 30)["turn"] > 0
        found = failover.kill_one(some, viewers=4)
        assert found["in"] == found["resumed"] == 4


@pytest.mark.redis
def test_nobody_notices_what_goes_wrong() -> None:
    """Whatever is killed, frozen or emptied: no gap, no repeat, and in the end the truth."""
    outcome = chaos(Options(viewers=21, duration=3.0, rate=10, pause=0.1, frozen=0.5, sizes=(20, 800)))
    assert outcome.faults == []
    assert outcome.checkpoints >= 1
    assert outcome.views >= 21
    assert outcome.tally.events > 0  # words may all have come with snapshots


async def test_the_page_is_measured() -> None:
    """All that is promised of it has a figure."""
    need(find_chromium)
    [wanted, *_] = page.PROMISES
    strain = page.Strain("some messages a second", 21, page.VIEW, 50, 30, 150)
    crowds = {"some": Scene(30, 4, 2)}
    bars = await page._measure([wanted], 1, warm=0.2, span=0.5, crowds=crowds, strains=[strain])
    assert len(bars) == 7
    assert all(each.measured > 0 for each in bars)
    [_, longest, _, all_of_them] = REPORT.tables[-2].rows[0]
    assert int(longest.split()[0]) > 0
    assert float(all_of_them) > 0


def watched(delays: list[float], computed: list[float], gone: int = 0) -> Watch:
    return Watch(
        told=len(computed), delays=delays, gone=gone, behind=0, faults=0, memory=0, computed=computed,
        written=computed,
        busy=0.1, refusals=Counter(), lines=0, surprises=0, held=0, asked=0,
    )  # fmt: skip


def test_rounds_of_an_attack_are_taken_together() -> None:
    """One late message of two hundred is no p99, whichever round it was in; a loss fails the bar."""
    quiet = abuse.Pool([watched([0.001] * 100, [0.001] * 100)] * 2)
    late = watched([0.001] * 99 + [0.9], [0.001] * 99 + [0.9])
    pool = abuse.Pool([late, watched([0.002] * 100, [0.001] * 100)], quiet)
    assert pool.ratios() == (2.0, 1.0, 1.0)
    assert [one.ratios()[0] for one in pool.rounds()] == [900.0, 2.0]
    pool.watches.append(watched([], [], gone=1))
    assert all(map(math.isnan, pool.ratios()))


def test_what_a_server_computes_on_purpose_later_is_not_late() -> None:
    """Nor what comes on top of a message for which another program kept the server from computing."""
    computed = Computed()
    computed._moments.extend([0.0, 1.0, 2.0])
    computed._amounts.extend([0.0, 0.5, 1.0])  # half of the time
    lateness = Lateness(computed)
    lateness._told = [
        Told(1, due=0.1, said=0.1, opens=0.0, written=0.11, computed=0.055),
        Told(2, due=0.2, said=0.202, opens=0.21, written=0.212, computed=0.106),
        Told(3, due=0.3, said=0.4, opens=0.0, written=0.4, computed=0.2),
        Told(4, due=0.35, said=0.4, opens=0.0, written=0.41, computed=0.205),
    ]
    late = lateness.take()
    assert late.computed == pytest.approx([0.005, 0.002, 0.05])
    assert late.written == pytest.approx([0.01, 0.004, 0.1, 0.06])
    assert late.waited == pytest.approx({2: 0.008})


def test_a_bar_is_kept_or_not() -> None:
    """The median counts, and reads as a ratio."""
    kept = bar("speed", 0.25, [0.1, 0.2, 0.9])
    assert kept == Bar("speed", 0.25, 0.2, 0.1, 0.9)
    assert kept.passed
    assert not bar("speed", 0.25, [0.3]).passed
    assert not bar("speed", 0.25, [math.nan]).passed
    assert ratio(1 / 60) == "1/60"


def test_a_table_is_markdown() -> None:
    """One line for each row, below a title and a head."""
    text = Table("Joins", ("guild", "ms"), [("100", "0.5")]).text()
    assert text == "\n## Joins\n\n| guild |  ms |\n|------:|----:|\n| 100   | 0.5 |\n"
