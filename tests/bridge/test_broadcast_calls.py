"""What an owner calls, and what viewers hear of it."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from bridge.model import Channel, Member, Voice
from bridge.problems import SERVER_HIDDEN
from bridge.server import WebSocketServer
from tests.bridge.conftest import ADA, BEPPO, DWORLD, REPOS
from tests.bridge.watchers import Json, Watcher, watching


async def watcher_of(server: WebSocketServer, viewer: Watcher) -> Watcher:
    await viewer.enter("dworld", events=["typing", "voice", "reaction", "edit", "activity", "servers"])
    return viewer


async def test_a_message_by_keyword(bridge: WebSocketServer) -> None:
    """The documented names; ids may be numbers."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message(server=int(DWORLD.id), uid=111, message="hi", channel=9)
        assert (await viewer.hear())["data"] == {"uid": "111", "message": "hi", "channel": "9"}


async def test_a_presence_by_position(bridge: WebSocketServer) -> None:
    """server, uid, status, username, role_color, delete."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(int(DWORLD.id), 555, "online", "Chiara", "#ABCDEF", False)
        assert (await viewer.hear())["data"] == {
            "uid": "555", "status": "online", "username": "Chiara", "roleColor": "#abcdef",
        }  # fmt: skip


async def test_a_presence_by_keyword(bridge: WebSocketServer) -> None:
    """A removal is sent as one."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(server=DWORLD.id, uid="111", status="offline", delete=True)
        assert (await viewer.hear())["data"] == {"uid": "111", "status": "offline", "delete": True}


async def test_a_second_color_is_for_who_asked_for_events(bridge: WebSocketServer) -> None:
    """None takes it away; left out, it stays."""
    async with watching(bridge) as viewer, watching(bridge) as old:
        await viewer.enter("dworld", events=["typing"])
        await old.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "online", role_color2="#ABCDEF")
        assert (await viewer.hear())["data"]["roleColor2"] == "#abcdef"
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert "roleColor2" not in (await viewer.hear())["data"]
        await bridge.broadcast_presence(DWORLD.id, "111", "idle", role_color2=None)
        assert (await viewer.hear())["data"]["roleColor2"] is None
        for status in ("dnd", "idle"):
            assert (await old.hear_type("presence"))["data"] == {"uid": "111", "status": status}


async def test_the_role_that_gives_a_color(bridge: WebSocketServer) -> None:
    """Somebody who gets another colour has it from no role, unless that is said as well."""
    bridge.show_guild(replace(DWORLD, role_names={"41": "Gardeners", 42: "Guards", "43": " "}))  # type: ignore[dict-item]
    for color, more, role in (
        ("#57f287", {"role": 41}, "41"), ("#57f287", {}, "41"), ("#ed4245", {}, None),
        (None, {"role": "42"}, "42"), (None, {}, "42"), (None, {"role": None}, None),
    ):  # fmt: skip
        await bridge.broadcast_presence(DWORLD.id, ADA.uid, "online", role_color=color, **more)
        shown = bridge.member(DWORLD.id, ADA.uid)
        assert shown is not None
        assert shown.role == role
    guild = bridge.guild(DWORLD.id)
    assert guild is not None
    assert guild.role_names == {"41": "Gardeners", "42": "Guards"}


async def test_what_roles_are_called_is_checked_where_it_is_said(bridge: WebSocketServer) -> None:
    """It is a mapping of texts, of no more roles than a guild has; a long name is cut."""
    for wrong, error in (
        (["41"], TypeError),
        ({"41": 7}, TypeError),
        (dict.fromkeys(range(251), "x"), ValueError),
    ):
        with pytest.raises(error):
            bridge.show_guild(replace(DWORLD, role_names=wrong))  # type: ignore[arg-type]
    bridge.show_guild(replace(DWORLD, role_names=MappingProxyType({"41": "x" * 101})))
    guild = bridge.guild(DWORLD.id)
    assert guild is not None
    assert guild.role_names == {"41": "x" * 100}


@pytest.mark.parametrize(("status", "seen"), [("invisible", "offline"), ("away", "offline"), ("dnd", "dnd")])
async def test_a_status_is_one_that_viewers_know(bridge: WebSocketServer, status: str, seen: str) -> None:
    """Invisible and unknown ones are offline."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", status)
        assert (await viewer.hear())["data"]["status"] == seen


async def test_a_presence_keeps_what_it_does_not_speak_of(bridge: WebSocketServer) -> None:
    """Name and colour stay."""
    await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
    async with watching(bridge) as viewer:
        assert (await viewer.enter("dworld"))["users"]["111"] == {
            "uid": "111", "username": "Ada", "status": "dnd", "roleColor": "#5865f2",
        }  # fmt: skip


@pytest.mark.parametrize("color", ["red", "", "#12"])
async def test_a_malformed_color_is_the_default(bridge: WebSocketServer, color: str) -> None:
    """Viewers get a colour that they can draw."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "online", role_color=color)
        assert (await viewer.hear())["data"]["roleColor"] == "#ffffff"


async def test_somebody_new_without_a_name_is_not_shown(bridge: WebSocketServer) -> None:
    """Old clients would show a nameless actor."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "555", "online")
        assert await viewer.has_heard_everything()


async def test_the_removal_of_somebody_unknown_is_not_sent(bridge: WebSocketServer) -> None:
    """Old clients would make an actor of it."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "555", "offline", delete=True)
        assert await viewer.has_heard_everything()


async def test_a_removal_waits_for_the_words_of_who_leaves(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline at once, gone when the bubble is over, by a timer of the bridge's own."""
    monkeypatch.setattr("bridge.rooms.playback._FRAMES", 3_000.0)  # so that it plays fifty times as fast
    async with watching(bridge, origin="http://localhost") as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message(DWORLD.id, "111", "bye", "9")
        await bridge.broadcast_presence(DWORLD.id, "111", "offline", delete=True)
        heard = [(await viewer.hear())["data"] for _ in range(3)]
        assert heard == [
            {"uid": "111", "message": "bye", "channel": "9"},
            {"uid": "111", "status": "offline"},
            {"uid": "111", "status": "offline", "delete": True},
        ]


async def test_broadcasts_to_a_guild_nobody_knows_are_ignored(bridge: WebSocketServer) -> None:
    """A guild may have been hidden a moment ago."""
    await bridge.broadcast_message("1", "111", "hi", "9")
    await bridge.broadcast_presence("1", "111", "online", "Ada")
    await bridge.broadcast_client_id_update("1", "42")
    await bridge.broadcast_message({"type": "refresh_data", "serverId": "1"})
    await bridge.broadcast_typing("1", "111", "9")
    await bridge.broadcast_reaction("1", "111", "9", "🎉")
    await bridge.broadcast_edit("1", "111", "9", "5", None)
    await bridge.broadcast_voice("1", "111", None)
    await bridge.broadcast_activity("1", "111", None)
    bridge.show_members("1", [ADA])
    bridge.hide_guild("1")


@pytest.mark.parametrize("frame", [{}, {"type": "message"}, {"type": "server-list", "data": {}}])
async def test_other_frames_cannot_be_broadcast(bridge: WebSocketServer, frame: Json) -> None:
    """Only the documented one; a mistake is said at once."""
    with pytest.raises(ValueError, match="refresh_data"):
        await bridge.broadcast_message(frame)


async def test_a_request_to_refresh_takes_a_number(bridge: WebSocketServer) -> None:
    """Ids may be numbers everywhere."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message({"type": "refresh_data", "serverId": int(DWORLD.id)})
        assert (await viewer.hear())["serverId"] == DWORLD.id


async def test_a_reaction(bridge: WebSocketServer) -> None:
    """For those who asked."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_reaction(DWORLD.id, 111, 9, "🎉")
        event = await viewer.hear()
        assert (event["type"], event["data"]) == ("reaction", {"uid": "111", "channel": "9", "emoji": "🎉"})


@pytest.mark.parametrize("words", ["other words", None])
async def test_an_edit(bridge: WebSocketServer, words: str | None) -> None:
    """None is a deletion."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_edit(DWORLD.id, "111", "9", 5, words)
        event = await viewer.hear()
        assert (event["type"], event["data"]) == (
            "edit", {"uid": "111", "channel": "9", "id": "5", "message": words},
        )  # fmt: skip


PICTURES = {":turnip:": "https://cdn.example/1.png"}


async def test_emoji_that_are_pictures(bridge: WebSocketServer) -> None:
    """In messages, edits and reactions."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_message(DWORLD.id, "111", "a :turnip:", "9", id="5", emoji=PICTURES)
        await bridge.broadcast_edit(DWORLD.id, "111", "9", "5", "the :turnip:", emoji=PICTURES)
        await bridge.broadcast_reaction(DWORLD.id, "111", "9", ":turnip:", image=PICTURES[":turnip:"])
        heard = [(await viewer.hear())["data"] for _ in range(3)]
    assert [(data["emoji"], data.get("image")) for data in heard] == [
        (PICTURES, None), (PICTURES, None), (":turnip:", "https://cdn.example/1.png"),
    ]  # fmt: skip


async def test_words_without_pictures(bridge: WebSocketServer) -> None:
    """Nothing is said of emoji; words that are taken back have none either."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_message(DWORLD.id, "111", "hi", "9", emoji={})
        await bridge.broadcast_edit(DWORLD.id, "111", "9", "5", "hi", emoji={})
        await bridge.broadcast_edit(DWORLD.id, "111", "9", "6", None, emoji=PICTURES)
        heard = [(await viewer.hear())["data"] for _ in range(3)]
    assert [data for data in heard if "emoji" in data] == []


async def test_pictures_are_checked_where_they_are_said(bridge: WebSocketServer) -> None:
    """A mistake is the owner's, and no viewer hears of it."""
    wrong: Any = {":turnip:": "http://cdn.example/1.png"}
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        with pytest.raises(ValueError, match="https://"):
            await bridge.broadcast_message(DWORLD.id, "111", "a :turnip:", "9", emoji=wrong)
        with pytest.raises(ValueError, match="https://"):
            await bridge.broadcast_edit(DWORLD.id, "111", "9", "5", "a :turnip:", emoji=wrong)
        with pytest.raises(ValueError, match="https://"):
            await bridge.broadcast_reaction(DWORLD.id, "111", "9", ":turnip:", image="javascript:alert(1)")
        assert await viewer.has_heard_everything()


async def test_voice(bridge: WebSocketServer) -> None:
    """Where somebody talks; it is in later snapshots as well."""
    async with watching(bridge) as viewer, watching(bridge) as late:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_voice(DWORLD.id, 111, Voice("9", "Lounge", streaming=True))
        event = await viewer.hear()
        assert event["type"] == "voice"
        assert event["data"]["channelName"] == "Lounge"
        data = await late.enter("dworld", events=["voice"])
        assert data["users"]["111"]["voice"]["streaming"] is True


async def test_an_activity(bridge: WebSocketServer) -> None:
    """What somebody does."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_activity(DWORLD.id, 111, "Playing Factorio")
        event = await viewer.hear()
        assert (event["type"], event["data"]) == ("activity", {"uid": "111", "text": "Playing Factorio"})


async def test_voice_and_activity_of_somebody_unknown_are_ignored(bridge: WebSocketServer) -> None:
    """There is nobody to show it at."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        await bridge.broadcast_voice(DWORLD.id, "555", Voice("9", "Lounge"))
        await bridge.broadcast_activity(DWORLD.id, "555", "Chess")
        assert await viewer.has_heard_everything()


# Rooms of the owner


async def test_a_guild_that_is_hidden_lets_its_viewers_go(bridge: WebSocketServer) -> None:
    """An error, then 1008; viewers of other rooms stay."""
    async with watching(bridge) as viewer, watching(bridge) as other:
        await viewer.enter("repos")
        await other.enter("dworld")
        bridge.hide_guild(REPOS.id)
        assert await viewer.hear_error() == SERVER_HIDDEN
        assert (await viewer.farewell())[0] == 1008
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await other.hear())["type"] == "presence"


async def test_showing_a_guild_again_shows_the_difference(bridge: WebSocketServer) -> None:
    """Viewers stay, and end with the true state."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", batch=True)
        bridge.show_guild(DWORLD, [BEPPO, Member("555", "Chiara")])
        events: list[Json] = []
        while len(events) < 2:
            events += await viewer.hear_events()
        assert {event["data"]["uid"]: event["data"].get("delete") for event in events} == {
            "111": True,
            "555": None,
        }


async def test_what_viewers_see_of_somebody(bridge: WebSocketServer) -> None:
    """None of somebody, or of a guild, that they don't see."""
    assert bridge.member(DWORLD.id, 111) == ADA
    assert bridge.member(DWORLD.id, "555") is None
    assert bridge.member("1", "111") is None


async def test_members_are_brought_up_to_date_together(bridge: WebSocketServer) -> None:
    """Those not named stay as they are."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        bridge.show_members(DWORLD.id, [ADA._replace(status="dnd"), BEPPO])
        assert (await viewer.hear())["data"] == {"uid": "111", "status": "dnd"}
        assert await viewer.has_heard_everything()


async def test_channels_of_a_guild_that_changed(bridge: WebSocketServer) -> None:
    """Come as a whole."""
    async with watching(bridge) as viewer:
        await watcher_of(bridge, viewer)
        bridge.show_guild(DWORLD, channels=[Channel("9", "general")])
        assert (await viewer.hear())["data"].keys() == {"9"}
