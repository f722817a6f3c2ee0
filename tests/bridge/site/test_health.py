"""`/healthz` and `/readyz`: what load balancers are told."""

import asyncio
import json

import pytest

from bridge.providers import CachedProvider, EmptyProvider, Unavailable
from bridge.server import WebSocketServer
from tests.bridge.conftest import Start
from tests.bridge.source import SECRET
from tests.bridge.told import Teller
from tests.bridge.watchers import PATIENCE, fetch, until, watching


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever probes here waits for a provider however busy the machine is."""
    monkeypatch.setattr("bridge.site.health.PATIENCE", PATIENCE)


@pytest.fixture
def teller() -> Teller:
    return Teller()


@pytest.fixture
async def server(start: Start, teller: Teller) -> WebSocketServer:
    return await start(provider=teller, refresh_interval=0, health=True)


async def ready(server: WebSocketServer) -> tuple[int, list[str]]:
    answer = await fetch(server, "/readyz")
    said = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert said["ready"] is (answer.status == 200) is (not said["troubles"])
    return answer.status, said["troubles"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_only_where_it_is_switched_on(start: Start, path: str) -> None:
    """It is nobody's business otherwise."""
    assert (await fetch(await start(provider=EmptyProvider()), path)).status == 404


async def test_a_bridge_that_lives(server: WebSocketServer, teller: Teller) -> None:
    """Says so, whatever its data is like: a restart would not mend it."""
    teller.source.server_fault = OSError("down")
    answer = await fetch(server, "/healthz")
    assert (answer.status, json.loads(answer.body)) == (200, {"alive": True})


async def test_a_bridge_with_data_is_ready(server: WebSocketServer, teller: Teller) -> None:
    """It asks for itself, also before the first viewer."""
    assert await ready(server) == (200, [])
    assert teller.source.asked["servers"] == 1


async def test_one_without_is_not(server: WebSocketServer, teller: Teller) -> None:
    """Until it is; nobody has to come for that, and no secret is told."""
    teller.source.server_fault = Unavailable(SECRET)
    assert await ready(server) == (503, ["the server list can't be read"])
    teller.source.server_fault = None
    assert await ready(server) == (200, [])


async def test_a_guild_that_can_not_be_read(server: WebSocketServer, teller: Teller) -> None:
    """Is a trouble until it can, also if nobody asks for it any more."""
    teller.source.user_fault = OSError("down")
    async with watching(server) as viewer:
        await viewer.ask("one")
        await viewer.hear_sentence()
    assert await ready(server) == (503, ["guild 1 can't be read"])
    teller.source.user_fault = None
    assert await ready(server) == (200, [])


async def test_a_provider_that_hangs(
    server: WebSocketServer, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who probes gets an answer before they give up."""
    monkeypatch.setattr("bridge.site.health.PATIENCE", 0.01)
    teller.source.hold("servers")
    assert await ready(server) == (503, ["the provider doesn't answer"])
    teller.source.release("servers")


async def test_changes_that_break_off(server: WebSocketServer, teller: Teller) -> None:
    """While somebody misses them."""
    async with watching(server):
        teller.break_off()
        await until(lambda: server._live.troubles != [], "it broke")
        assert await ready(server) == (503, ["changes don't come in"])
    await until(lambda: not server.connections, "it has gone")
    assert await ready(server) == (200, [])


async def test_answers_from_memory(start: Start, teller: Teller) -> None:
    """They are given, and it is said that they are old."""
    server = await start(provider=CachedProvider(teller, ttl=0), refresh_interval=0, health=True)
    assert await ready(server) == (200, [])
    teller.source.server_fault = OSError("down")
    async with asyncio.timeout(PATIENCE):
        while (await ready(server)) != (503, ["what is remembered can't be renewed"]):  # noqa: ASYNC110 - it is asked
            await asyncio.sleep(0.001)
    async with watching(server, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}


async def test_a_file_of_that_name_is_not_in_the_way(server: WebSocketServer) -> None:
    """A path is one of both, and exactly that."""
    assert (await fetch(server, "/readyz/")).status == 404
    assert (await fetch(server, "/readyz?x=1")).status == 200


async def test_one_whose_guilds_are_still_to_come(start: Start) -> None:
    """As with a bot that Discord hasn't told of them; when they are lost later, viewers see them still."""
    server = await start(provider=EmptyProvider(), health=True)
    server.expects_more_guilds = True
    assert await ready(server) == (503, ["servers are still to come"])
    server.expects_more_guilds = False
    assert await ready(server) == (200, [])
    server.expects_more_guilds = True
    assert await ready(server) == (200, [])
