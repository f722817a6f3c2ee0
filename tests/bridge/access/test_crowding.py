"""How many may watch one guild at once."""

import pytest

from bridge.limits import Limits
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.conftest import DWORLD, REPOS, Start
from tests.bridge.watchers import watching

ONE = Limits(viewers_per_guild=1)


@pytest.fixture
async def server(start: Start) -> WebSocketServer:
    server = await start(provider=EmptyProvider(), limits=ONE)
    server.show_guild(DWORLD, [])
    return server


async def test_one_too_many_is_refused(server: WebSocketServer) -> None:
    """They may watch another one, and come in when somebody has gone."""
    server.show_guild(REPOS, [])
    async with watching(server) as first, watching(server) as second:
        await first.enter("dworld")
        await second.ask("dworld")
        assert (await second.hear_error()).code == "server-full"
        assert (await second.enter("repos"))["serverName"] == "My Repos"
        await first.enter("dworld")  # who is there already may ask again
        assert server.refusals["server full"] == 1
        await first.ask("repos")
        assert (await first.hear_error()).code == "server-full"
    async with watching(server) as third:
        await third.enter("dworld")


async def test_without_a_choice_there_is_another(server: WebSocketServer) -> None:
    """Or the lobby, as long as it takes."""
    async with watching(server) as first, watching(server) as second:
        await first.enter("default")
        assert (await second.enter("default"))["request"]["server"] == "lobby"
        server.show_guild(REPOS, [])
        joined = await second.hear_type("server-join")
        assert joined["data"]["serverName"] == "My Repos"


async def test_those_who_wait_together_are_not_let_in_together(start: Start) -> None:
    """Each counts."""
    server = await start(provider=EmptyProvider(), limits=ONE)
    async with watching(server) as first, watching(server) as second:
        await first.enter("default")
        await second.enter("default")
        server.show_guild(DWORLD, [])
        await first.hear_type("server-join")
        assert server.viewer_count(DWORLD.id) == 1


async def test_whoever_only_asks_counts_not(server: WebSocketServer) -> None:
    """The data of a server can be had without a seat."""
    async with watching(server) as first, watching(server) as second:
        await first.enter("dworld")
        await second.say({"type": "get_user_data", "serverId": DWORLD.id})
        await second.hear_type("user_data")
