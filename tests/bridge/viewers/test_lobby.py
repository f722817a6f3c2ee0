"""Who waits in the lobby, and moves when a door opens."""

import contextlib

import pytest

from bridge.model import GuildInfo
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS, VAULT, Start
from tests.bridge.source import Source
from tests.bridge.watchers import watching

HIDDEN = GuildInfo("555", "cellar", "The Cellar", listed=False)


async def test_with_nothing_to_show_the_default_is_an_empty_room(start: Start) -> None:
    """Never an error: old clients would ask without end."""
    async with watching(await start(provider=EmptyProvider())) as viewer:
        data = await viewer.enter(None)
        assert data["users"] == {}
        assert data["serverName"].strip()
        assert data["request"]["server"].strip()
        assert data["request"]["server"] != "default"


async def test_the_lobby_is_not_listed(start: Start) -> None:
    """There is nothing to choose there."""
    async with watching(await start(provider=EmptyProvider()), greeted=False) as viewer:
        assert await viewer.hear() == {"type": "server-list", "data": {}}


async def test_a_viewer_in_the_lobby_moves_when_a_guild_appears(start: Start) -> None:
    """By a new `server-join`."""
    server = await start(provider=EmptyProvider())
    async with watching(server) as viewer:
        await viewer.enter(None)
        server.show_guild(DWORLD, [ADA])
        data = (await viewer.hear_type("server-join"))["data"]
        assert data["request"] == {"server": "dworld"}
        assert data["users"].keys() == {"111"}
        await server.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await viewer.hear())["data"]["status"] == "dnd"


async def test_what_was_asked_for_in_the_lobby_moves_along(start: Start) -> None:
    """Batches and events go on."""
    server = await start(provider=EmptyProvider())
    async with watching(server) as viewer:
        await viewer.enter(None, events=["typing"])
        server.show_guild(DWORLD, [ADA])
        assert "channels" in (await viewer.hear_type("server-join"))["data"]


async def test_nobody_is_moved_to_a_protected_guild(start: Start) -> None:
    """The lobby is better than a door that was never opened."""
    server = await start(provider=EmptyProvider())
    async with watching(server) as viewer:
        await viewer.enter(None)
        server.show_guild(VAULT, [ADA])
        server.show_guild(REPOS, [BEPPO])
        data = (await viewer.hear_type("server-join"))["data"]
        assert data["request"] == {"server": "repos"}


@pytest.mark.parametrize("shut", [VAULT, HIDDEN])
async def test_a_viewer_in_the_lobby_moves_when_a_guild_opens_its_door(start: Start, shut: GuildInfo) -> None:
    """A guild that was protected or unlisted, and is for everybody now, appears as well."""
    server = await start(provider=EmptyProvider())
    server.show_guild(shut, [ADA])
    async with watching(server) as viewer:
        await viewer.enter(None)
        server.show_guild(GuildInfo(shut.id, shut.slug, shut.name))
        data = (await viewer.hear_type("server-join"))["data"]
        assert data["request"] == {"server": shut.slug}


async def test_everybody_in_the_lobby_moves(start: Start) -> None:
    """Not only the first."""
    server = await start(provider=EmptyProvider())
    async with watching(server) as one, watching(server) as other:
        await one.enter(None)
        await other.enter(None)
        server.show_guild(DWORLD, [ADA])
        for viewer in (one, other):
            assert (await viewer.hear_type("server-join"))["data"]["request"] == {"server": "dworld"}


async def test_a_crowd_moves_out_of_the_lobby(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some at a time, to one guild, however many appear together."""
    monkeypatch.setattr("bridge.viewers.lobby.MOVED_AT_ONCE", 2)
    server = await start(provider=EmptyProvider())
    async with contextlib.AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(watching(server)) for _ in range(5)]
        for viewer in viewers:
            await viewer.enter(None)
        for number in range(100):
            server.show_guild(GuildInfo(str(10 + number), f"guild-{number}", "A guild"))
        assert len(server._tasks._running) < 10
        for viewer in viewers:
            assert (await viewer.hear_type("server-join"))["data"]["request"] == {"server": "guild-0"}


async def test_who_waits_in_the_lobby_hears_of_new_servers(start: Start) -> None:
    """Who asked for `servers` can choose a protected guild as soon as it is there."""
    server = await start(provider=EmptyProvider())
    async with watching(server) as viewer:
        await viewer.enter(None, events=["servers"])
        server.show_guild(VAULT, [ADA])
        assert (await viewer.hear())["type"] == "servers"


async def test_who_waits_in_the_lobby_of_a_fed_bridge_moves_by_itself(start: Start, source: Source) -> None:
    """Nobody else comes and asks; the provider is asked all the same until it names a guild."""
    servers, source.servers = source.servers, {}
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=0)
    source.feed(server)
    async with watching(await start(server)) as viewer:
        assert (await viewer.enter(None))["users"] == {}
        source.servers = servers
        assert (await viewer.hear_type("server-join"))["data"]["request"] == {"server": "one"}
