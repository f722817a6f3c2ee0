"""What an owner may ask about its rooms, and take back in them."""

import pytest

from bridge.model import Channel, GuildInfo, Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer

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
