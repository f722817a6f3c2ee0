"""What an owner may ask about its rooms, and take back in them."""

import time
from typing import Any

import pytest

from bridge.model import Channel, GuildInfo, Happening, Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.conftest import DWORLD, REPOS, Start
from tests.bridge.watchers import watching

GUILD = GuildInfo("1", "one", "The First")
ADA = Member("7", "Ada", "online", "#ff0000")
BEDS = Channel("10", "beds")


@pytest.fixture
def bridge() -> WebSocketServer:
    """A bridge with one room, that nobody watches yet."""
    bridge = WebSocketServer(0, provider=EmptyProvider())
    bridge.show_guild(GUILD, [ADA], [BEDS])
    return bridge


async def say(bridge: WebSocketServer, channel: int, number: int, parent: str | None = None) -> None:
    await bridge.broadcast_message(1, 7, "hello", channel, id=str(number), parent=parent)


def test_what_viewers_see_of_a_guild(bridge: WebSocketServer) -> None:
    """By a number as by a text; of one that isn't shown there is nothing."""
    assert bridge.guild(1) == bridge.guild("1") == GUILD
    assert bridge.channels(1) == {"10": BEDS}
    assert bridge.shown("1") == {"7": ADA}
    assert bridge.guild_ids() == ["1"]
    assert bridge.guild(2) is None
    assert bridge.channels(2) == {}
    assert bridge.shown(2) == {}


def test_what_viewers_see_cannot_be_changed_by_hand(bridge: WebSocketServer) -> None:
    """It is a view."""
    with pytest.raises(TypeError):
        bridge.channels(1)["11"] = BEDS  # type: ignore[index]
    with pytest.raises(TypeError):
        bridge.shown(1)["8"] = ADA  # type: ignore[index]


async def test_a_view_follows(bridge: WebSocketServer) -> None:
    """Who comes later is in it, also a visitor."""
    shown = bridge.shown(1)
    await bridge.broadcast_message(1, 8, "hello", 10, speaker=Member("8", "Robin"))
    assert shown.keys() == {"7", "8"}
    assert bridge.is_visiting(1, 8)
    assert not bridge.is_visiting(1, 7)
    assert not bridge.is_visiting(2, 8)
    bridge.hide_members(1, [8])
    assert shown.keys() == {"7"}


async def test_where_something_was_said(bridge: WebSocketServer) -> None:
    """As far as it can be taken back: words with an id."""
    await say(bridge, 10, 1)
    await say(bridge, 11, 2, parent="10")
    await bridge.broadcast_message(1, 7, "hello", 12)
    assert bridge.places_of_words(1) == {"10", "11"}
    assert bridge.places_of_words(2) == set()


async def test_words_of_channels_are_forgotten(bridge: WebSocketServer) -> None:
    """By number or text, together with those of their threads; a guild that isn't shown has none."""
    await say(bridge, 10, 1)
    await say(bridge, 11, 2, parent="10")
    await say(bridge, 12, 3)
    bridge.forget_channels(2, ["12"])
    bridge.forget_channels(1, [10])
    assert bridge.places_of_words(1) == {"12"}
    assert [bridge.author_of(1, number) for number in (1, 2, 3)] == [None, None, "7"]


async def test_words_of_threads_are_forgotten(bridge: WebSocketServer) -> None:
    """And of nothing else; a title may be changed by whoever has it, where the guild is shown."""
    await say(bridge, 10, 1)
    await say(bridge, 11, 2, parent="10")
    bridge.show_happening(1, Happening("11", "thread", "7", "11", "10", "oops"))
    for guild in (2, 1):
        bridge.rename_thread(guild, 11, "better", "beds")
    assert [one.text for one in bridge.happenings(1)] == ["better"]
    bridge.rename_thread(1, 11, None, "beds")
    assert [one.text for one in bridge.happenings(1)] == [None]
    for guild in (2, 1):
        bridge.forget_threads(guild, [11])
    assert bridge.places_of_words(1) == {"10"}
    assert not bridge.happenings(1)


# Broadcasts that reach nobody


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [record.getMessage() for record in caplog.records if record.name == "bridge.rooms.misses"]
    caplog.clear()
    return messages


async def test_a_broadcast_for_an_unknown_guild_is_told_once(
    bridge: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With those there are: perhaps it was a slip of the pen."""
    for _ in range(3):
        await bridge.broadcast_message("12\n", 7, "hello", 10)
        assert not await bridge.broadcast_presence("12\n", 7, "online", "Ada")
    assert told(caplog) == ["a broadcast reached nobody: no guild has the id '12\\n'; known: 1"]
    for number in range(2, 9):
        bridge.show_guild(GuildInfo(str(number), f"slug{number}", "Another"))
    await bridge.broadcast_message({"type": "refresh_data", "serverId": 13})
    assert told(caplog) == [
        "a broadcast reached nobody: no guild has the id '13'; known: 1, 2, 3, 4, 5 and 3 more"
    ]


async def test_a_broadcast_by_a_short_name_is_told_once(
    bridge: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With the id that it takes."""
    for _ in range(2):
        await bridge.broadcast_typing("one", 7, 10)
    assert told(caplog) == [
        "a broadcast reached nobody: 'one' is a guild's short name; broadcasts take its id, 1"
    ]


async def test_made_up_guilds_fill_no_log(bridge: WebSocketServer, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does a name of any length."""
    for number in range(1_000):
        await bridge.broadcast_activity(f"{number} " + "x" * 1_000, 7, "Chess")
    messages = told(caplog)
    assert len(messages) == 100
    assert all(len(message) < 150 for message in messages)


async def test_an_owner_who_hides_guilds_hears_nothing(
    bridge: WebSocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """What happens in a hidden guild is meant to reach nobody."""
    bridge.tells_of_misses = False
    await bridge.broadcast_message("12", 7, "hello", 10)
    assert told(caplog) == []


async def test_before_anybody_came_no_guild_is_missed(caplog: pytest.LogCaptureFixture) -> None:
    """Callbacks are asked when the first viewer joins; before, every guild is unknown."""
    bridge = WebSocketServer(0)
    await bridge.broadcast_message("12", 7, "hello", 10)
    assert told(caplog) == []
    await bridge._refresher.refresh_servers()
    await bridge.broadcast_message("12", 7, "hello", 10)
    assert len(told(caplog)) == 1


async def test_before_there_is_a_guild_none_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """The provider was asked, and knows none."""
    bridge = WebSocketServer(0, provider=EmptyProvider())
    await bridge._refresher.refresh_servers()
    await bridge.broadcast_message("12", 7, "hello", 10)
    assert told(caplog) == ["a broadcast reached nobody: no guild has the id '12'; none is known yet"]


@pytest.mark.parametrize(("given", "shown"), [("#000000", "#ffffff"), ("#000001", "#000001")])
async def test_black_is_no_color(bridge: WebSocketServer, given: str, shown: str) -> None:
    """As Discord and its libraries write that a member has none; who means black writes nearly black."""
    await bridge.broadcast_presence(1, 7, "online", role_color=given)
    await bridge.broadcast_presence(1, 8, "online", "Beppo", given)
    assert [member.role_color for member in bridge.shown(1).values()] == [shown, shown]


async def test_a_notice(start: Start) -> None:
    """Everybody hears it who asked for such, wherever they watch; nobody else does."""
    bridge = await start(provider=EmptyProvider())
    async with watching(bridge) as waiting:
        await waiting.enter("default", events=["notice"])
        await bridge.broadcast_notice("Nothing to see yet")
        assert (await waiting.hear_type("notice"))["data"]["text"] == "Nothing to see yet"
    for guild in (DWORLD, REPOS):
        bridge.show_guild(guild, [ADA])
    async with watching(bridge) as here, watching(bridge) as there, watching(bridge) as plain:
        await here.enter("dworld", events=["notice"])
        await there.enter("repos", events=["notice"])
        await plain.enter("dworld")
        for viewer in (here, there):
            assert (await viewer.hear_type("notice"))["data"]["text"] == "Nothing to see yet"
        await bridge.broadcast_notice(" Back in\nfive minutes ", seconds=100)
        for viewer in (here, there):
            data = (await viewer.hear_type("notice"))["data"]
            assert data.keys() == {"text", "at", "seconds"}
            assert data["text"] == "Back in five minutes"
            assert 0 < data["seconds"] <= 100
        await bridge.broadcast_message(DWORLD.id, ADA.uid, "hello", "9")
        assert (await plain.hear())["type"] == "message"


async def test_a_notice_stands_until_its_end(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes, or comes back, is told what stands, or that it was taken back; later nothing."""
    bridge = await start(provider=EmptyProvider())
    bridge.show_guild(DWORLD, [ADA])
    await bridge.broadcast_notice(None)
    await bridge.broadcast_notice("Back soon", seconds=100)
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", events=["notice"])
        assert (await viewer.hear_type("notice"))["data"]["text"] == "Back soon"
        await bridge.broadcast_notice(None)
        assert (await viewer.hear_type("notice"))["data"]["text"] == ""
    async with watching(bridge) as back:
        await back.enter("dworld", events=["notice"])
        assert (await back.hear_type("notice"))["data"]["text"] == ""
    later = time.time() + 200
    monkeypatch.setattr(time, "time", lambda: later)
    async with watching(bridge) as late:
        await late.enter("dworld", events=["notice", "typing"])
        await bridge.broadcast_typing(DWORLD.id, ADA.uid, "9")
        assert (await late.hear())["type"] == "typing"


@pytest.mark.parametrize(
    ("text", "error"), [(" ", ValueError), ("x" * 301, ValueError), (object(), TypeError)]
)
async def test_what_is_no_notice(bridge: WebSocketServer, text: Any, error: type[Exception]) -> None:
    """It is refused where it is said."""
    with pytest.raises(error):
        await bridge.broadcast_notice(text)
