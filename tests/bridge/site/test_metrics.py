"""`/metrics`: what who runs a bridge learns of it, and who else doesn't."""

import asyncio
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.errors import CannotServe
from bridge.limits import Limits
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from bridge.site import metrics
from bridge.site.measures import MEASURES, Measure
from bridge.site.metrics import parse_place
from bridge.workers.muster import Counted, Muster
from tests.bridge.conftest import ADA, DWORLD, VAULT, Start
from tests.bridge.watchers import PATIENCE, fetch, watching

PLACE = ("127.0.0.1", 0)


@pytest.fixture
async def server(start: Start, monkeypatch: pytest.MonkeyPatch) -> WebSocketServer:
    monkeypatch.setattr(metrics, "PATIENCE", PATIENCE)
    return await start(provider=EmptyProvider(), metrics=PLACE, limits=Limits(viewers=1))


async def scrape(server: WebSocketServer) -> dict[str, float]:
    """Read all samples, as Prometheus would."""
    assert server._metrics is not None
    answer = await fetch(server._metrics.port, "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return samples


async def test_what_is_told(server: WebSocketServer) -> None:
    """How many there are, what happened, what was refused; and of the process."""
    server.show_guild(DWORLD, [ADA])
    server.show_guild(VAULT, [])
    async with watching(server) as viewer:
        await viewer.enter("dworld", events=["typing"])
        await server.broadcast_typing(DWORLD.id, ADA.uid, "1")
        await viewer.hear_type("typing")
        async with watching(server, greeted=False) as late:
            assert await late.farewell() == (1013, "full")
        samples = await scrape(server)
    assert samples["dzone_guilds"] == 2
    assert samples["dzone_members"] == 1
    assert samples["dzone_viewers"] == 1
    assert samples["dzone_events_total"] >= 1
    assert samples["dzone_flush_seconds_count"] == samples["dzone_flush_seconds_bucket{+Inf}"] >= 1
    assert samples["dzone_backlog_bytes"] == 0
    assert samples["dzone_refusals_total{full}"] == 1
    assert "python_info" in " ".join(samples)


async def test_nobody_is_named(server: WebSocketServer) -> None:
    """Neither guilds nor people nor addresses."""
    server.show_guild(DWORLD, [ADA])
    assert server._metrics is not None
    said = (await fetch(server._metrics.port, "/metrics")).body.decode()
    assert not re.search(f"{DWORLD.id}|{DWORLD.slug}|{DWORLD.name}|{ADA.uid}|{ADA.username}|127\\.0", said)


async def test_only_there(server: WebSocketServer) -> None:
    """The port that everybody knows says nothing of it, nor is there anything else at the other one."""
    assert (await fetch(server, "/metrics")).status == 404
    assert server._metrics is not None
    assert (await fetch(server._metrics.port, "/")).status == 404
    assert (await fetch(server._metrics.port, "/metrics", method="POST")).status == 404
    head = await fetch(server._metrics.port, "/metrics", method="HEAD")
    assert (head.status, head.body) == (200, b"")


async def test_nowhere_unless_it_is_asked_for(start: Start) -> None:
    """It is nobody's business."""
    server = await start(provider=EmptyProvider())
    assert server._metrics is None
    assert (await fetch(server, "/metrics")).status == 404


async def test_a_port_in_use(start: Start, server: WebSocketServer) -> None:
    """The start says so, and leaves nothing behind."""
    assert server._metrics is not None
    with pytest.raises(CannotServe, match="Can't serve metrics on"):
        await start(provider=EmptyProvider(), metrics=("127.0.0.1", server._metrics.port))


async def test_a_main_port_in_use(server: WebSocketServer) -> None:
    """Then metrics aren't served either."""
    other = WebSocketServer(server.port, "127.0.0.1", metrics=PLACE)
    with pytest.raises(OSError, match=r"."):
        await other.start()
    assert other._metrics is not None
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", other._metrics.port)


async def test_what_the_owner_measures(server: WebSocketServer) -> None:
    """Whoever has a bridge adds to it."""
    server.measure(lambda: [(Measure("shop_open", "gauge", "Whether the shop is open"), 1)])
    assert (await scrape(server))["shop_open"] == 1


async def test_who_says_nothing_is_let_go(server: WebSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody keeps a place there for ever."""
    monkeypatch.setattr(metrics, "PATIENCE", 0.05)
    assert server._metrics is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", server._metrics.port)
    assert await reader.read() == b""
    writer.close()


def test_without_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what to install."""
    monkeypatch.setattr(metrics, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "dzone-bot\[metrics\]"$'):
        WebSocketServer(metrics=PLACE)


def test_where_it_may_be() -> None:
    """At an address of a machine's, with a port."""
    assert parse_place("127.0.0.1:9464") == ("127.0.0.1", 9464)
    assert parse_place("[::1]:0") == ("::1", 0)
    assert parse_place("localhost:1") == ("localhost", 1)
    for wrong in ("9464", "127.0.0.1", "x:1", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:\u0661", ":9464"):
        with pytest.raises(ValueError, match="write an address and a port"):
            parse_place(wrong)


def test_names_follow_the_custom() -> None:
    """A counter ends in _total, and nothing else does."""
    for measure in MEASURES:
        assert measure.name.endswith("_total") == (measure.kind == "counter")


# Workers


class _Worker:
    def __init__(self, counted: Counted) -> None:
        self.counted = counted
        self.has_ended = asyncio.Event()


def test_workers_together() -> None:
    """Who has ended counts on in what only grows, and not among those who watch."""
    muster = Muster()
    steps = [1] + [0] * 8
    first = _Worker(Counted(5, 10, {"full": 2}, steps, 0.5))
    second = _Worker(Counted(7, 20, {"full": 1, "other": 1}, steps, 0.25))
    muster.add(first)
    muster.add(second)
    assert muster.sum() == Counted(12, 30, {"full": 3, "other": 1}, [2] + [0] * 8, 0.75)
    first.has_ended.set()
    after = Counted(7, 20, {"full": 3, "other": 1}, [2] + [0] * 8, 0.75)
    assert (len(muster), muster.sum()) == (1, after)
    muster.add(_Worker(Counted()))
    assert (len(muster), muster.sum()) == (2, after)


def test_what_a_worker_says_is_read() -> None:
    """What else stands in its log isn't."""
    counted = Counted(1, 2, {"full": 3}, [0] * 9, 0.5)
    assert Counted.read(counted.line().encode()) == counted
    assert Counted.read(b'{"counted": [1]}') is None
    assert Counted.read(b'{"counted": garbage') is None
