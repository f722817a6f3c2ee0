"""Rooms that come from callbacks or a provider, and what is said where one of them fails."""

import asyncio

import pytest

from bridge.problems import SERVER_HIDDEN
from bridge.rooms.room import Room
from bridge.server import WebSocketServer
from tests.bridge.conftest import Start
from tests.bridge.source import SECRET, Source
from tests.bridge.watchers import until, watching


async def test_rooms_of_a_provider(fed: WebSocketServer) -> None:
    """Its guilds are listed, its members are there."""
    async with watching(fed, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}
        data = await viewer.enter(None)
        assert data["users"] == {
            "11": {"uid": "11", "username": "Ada", "status": "online", "roleColor": "#ff0000"}
        }


async def test_concurrent_joiners_share_one_call(
    start: Start, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many come at once."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    source.hold("1")
    refresh, waiting = server._refresher.refresh_room, []

    async def note(room: Room) -> None:
        waiting.append(room)
        await refresh(room)

    monkeypatch.setattr(server._refresher, "refresh_room", note)
    async with watching(server) as one, watching(server) as two, watching(server) as three:
        for viewer in (one, two, three):
            await viewer.ask("one")
        await until(lambda: len(waiting) == 3, "all wait for it")
        source.release("1")
        for viewer in (one, two, three):
            assert (await viewer.hear())["data"]["users"].keys() == {"11"}
    assert (source.asked["1"], source.asked["servers"]) == (1, 1)


async def test_a_room_lives_from_broadcasts_between_refreshes(start: Start, source: Source) -> None:
    """The provider is not asked again within the interval."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    async with watching(server) as one, watching(server) as two:
        await one.enter("one")
        await server.broadcast_presence("1", "12", "online", "Dmitri")
        assert (await two.enter("one"))["users"].keys() == {"11", "12"}
    assert source.asked["1"] == 1


async def test_a_request_to_refresh_makes_the_answer_old(start: Start, source: Source) -> None:
    """Viewers who ask again get what the provider says now."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    async with watching(server) as viewer:
        await viewer.enter("one")
        source.users["1"] = {"12": {"username": "Dmitri"}}
        await server.broadcast_message({"type": "refresh_data", "serverId": "1"})
        assert (await viewer.hear())["type"] == "refresh_data"
        await viewer.say({"type": "get_user_data", "serverId": "1"})
        assert (await viewer.hear_type("user_data"))["users"].keys() == {"12"}


async def test_what_a_refresh_changes_reaches_those_who_watch(fed: WebSocketServer, source: Source) -> None:
    """As presence events, whoever asked for the refresh."""
    async with watching(fed) as viewer, watching(fed) as newcomer:
        await viewer.enter("one")
        source.users["1"]["12"] = {"username": "Dmitri", "status": "idle"}
        await newcomer.enter("one")
        assert (await viewer.hear())["data"] == {
            "uid": "12", "status": "idle", "username": "Dmitri", "roleColor": "#ffffff",
        }  # fmt: skip


async def test_a_guild_that_disappears_lets_its_viewers_go(fed: WebSocketServer, source: Source) -> None:
    """An error, then 1008."""
    async with watching(fed) as viewer, watching(fed) as other:
        await viewer.enter("two")
        del source.servers["2"]
        await other.enter("one")
        assert await viewer.hear_error() == SERVER_HIDDEN
        assert (await viewer.farewell())[0] == 1008


async def test_a_viewer_in_the_lobby_moves_when_the_provider_names_a_guild(
    fed: WebSocketServer, source: Source
) -> None:
    """The list is read again when somebody else comes."""
    servers, source.servers = source.servers, {}
    async with watching(fed) as viewer:
        assert (await viewer.enter(None))["users"] == {}
        source.servers = servers
        async with watching(fed):
            data = (await viewer.hear_type("server-join"))["data"]
        assert data["request"] == {"server": "one"}
        assert data["users"].keys() == {"11"}


async def test_no_guild_id_is_special(fed: WebSocketServer, source: Source) -> None:
    """Whatever a provider calls its guilds, their viewers get there."""
    source.servers = {
        "0": {"id": "zero", "name": "Zero"},
        "232769614004748288": {"id": "dworld", "name": "Not the mock's", "default": True},
    }
    source.users |= {"0": {}, "232769614004748288": {}}
    async with watching(fed) as viewer:
        assert (await viewer.enter("dworld"))["serverName"] == "Not the mock's"
        assert (await viewer.enter("0"))["serverName"] == "Zero"


FAULTS: list[BaseException] = [
    RuntimeError(SECRET),
    KeyError(SECRET),
    ConnectionError(SECRET),
    asyncio.CancelledError(SECRET),
]


@pytest.mark.parametrize("about", ["server_fault", "user_fault"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_what_raises_is_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, fault: BaseException, about: str
) -> None:
    """The list or the members, and without the exception's text; afterwards all is well again."""
    async with watching(fed) as viewer:
        setattr(source, about, fault)
        await viewer.ask("one")
        assert SECRET not in await viewer.hear_sentence()
        setattr(source, about, None)
        await viewer.enter("one")


@pytest.mark.parametrize("about", ["servers", "1"])
async def test_a_provider_that_hangs_is_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, about: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the timeout."""
    async with watching(fed) as viewer:
        monkeypatch.setattr("bridge.providers.refresher.TIMEOUT", 0.05)
        source.hold(about)
        await viewer.ask("one")
        await viewer.hear_sentence()
        source.release(about)
        monkeypatch.undo()
        await viewer.enter("one")


@pytest.mark.parametrize("rubbish", [None, [], "rubbish", 7, [{"id": "one"}]], ids=repr)
async def test_a_list_of_rubbish_is_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, rubbish: object
) -> None:
    """The server lives."""
    async with watching(fed) as viewer:
        source.servers = rubbish
        await viewer.ask("one")
        await viewer.hear_sentence()
        assert await viewer.has_heard_everything()


@pytest.mark.parametrize("rubbish", [None, [], "rubbish", 7, [{"uid": "11"}]], ids=repr)
async def test_members_of_rubbish_are_an_error_for_the_viewer(
    fed: WebSocketServer, source: Source, rubbish: object
) -> None:
    """The server lives."""
    async with watching(fed) as viewer:
        source.users["1"] = rubbish
        await viewer.ask("one")
        await viewer.hear_sentence()
        await viewer.enter("two")


async def test_broken_records_are_repaired_or_skipped(fed: WebSocketServer, source: Source) -> None:
    """The whole ones are shown as they are."""
    source.users["1"] = {
        "11": {"username": "Ada", "status": 7, "roleColor": []},
        12: {"username": "Beppo", "uid": 12, "status": "online"},
        "13": {"username": None},
        "14": "rubbish",
        None: {"username": "Nobody"},
        "15": None,
    }
    async with watching(fed) as viewer:
        assert (await viewer.enter("one"))["users"] == {
            "11": {"uid": "11", "username": "Ada", "status": "offline", "roleColor": "#ffffff"},
            "12": {"uid": "12", "username": "Beppo", "status": "online", "roleColor": "#ffffff"},
        }


@pytest.mark.parametrize("part", ["server_fault", "user_fault"])
async def test_the_default_is_an_error_and_then_a_room(
    fed: WebSocketServer, source: Source, part: str
) -> None:
    """In this order: old clients without a world answer an error by asking for the default again."""
    setattr(source, part, RuntimeError(SECRET))
    async with watching(fed) as viewer:
        await viewer.ask(None)
        assert SECRET not in await viewer.hear_sentence()
        assert (await viewer.hear())["type"] == "server-join"
        assert await viewer.has_heard_everything()


async def test_the_greeting_comes_though_the_provider_fails(fed: WebSocketServer, source: Source) -> None:
    """With the last list that could be read, or none."""
    source.server_fault = RuntimeError(SECRET)
    async with watching(fed, greeted=False) as viewer:
        assert await viewer.hear() == {"type": "server-list", "data": {}}
    source.server_fault = None
    async with watching(fed, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}
    source.server_fault = RuntimeError(SECRET)
    async with watching(fed, greeted=False) as viewer:
        assert (await viewer.hear())["data"].keys() == {"1", "2", "3"}


async def test_a_failure_is_not_remembered(start: Start, source: Source) -> None:
    """The next joiner asks the provider, however long the interval."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=3_600)
    source.feed(server)
    await start(server)
    source.user_fault = RuntimeError(SECRET)
    async with watching(server) as viewer:
        await viewer.ask("one")
        await viewer.hear_sentence()
        source.user_fault = None
        assert (await viewer.enter("one"))["users"].keys() == {"11"}


async def test_a_viewer_who_leaves_while_the_provider_thinks(fed: WebSocketServer, source: Source) -> None:
    """Is not seated afterwards."""
    async with watching(fed) as viewer:
        source.hold("1")
        await viewer.ask("one")
        await source.was_asked("1")
    source.release("1")
    await until(lambda: not fed.connections, "it has gone")
    async with watching(fed) as other:
        await other.enter("one")
        await fed.broadcast_presence("1", "11", "dnd")
        assert (await other.hear())["data"]["status"] == "dnd"


async def test_a_client_id_comes_from_its_callback(fed: WebSocketServer) -> None:
    """With the join."""

    async def client_id(server_id: str) -> str:
        return f"app of {server_id}"

    fed.on_get_client_id(client_id)
    async with watching(fed) as viewer:
        assert (await viewer.enter("one"))["clientId"] == "app of 1"


async def test_who_gets_in_nowhere_learns_where_to_log_in(fed: WebSocketServer, source: Source) -> None:
    """Old clients ask for a login only where the join names the application."""
    source.servers = {"3": source.servers["3"]}

    async def client_id(server_id: str) -> str:
        return f"app of {server_id}"

    fed.on_get_client_id(client_id)
    async with watching(fed) as viewer:
        joined = await viewer.enter("default")
        assert (joined["request"]["server"], joined["clientId"]) == ("lobby", "app of 3")
