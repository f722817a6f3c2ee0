"""Presences of one member inside one flush: only the last is told, and nothing is lost by that."""

from collections.abc import Callable

import pytest

from bridge.model import Channel, Member, Message, Voice
from bridge.rooms.room import Room
from bridge.wire.protocol import OPTIONAL_EVENTS, Wants
from tests.bridge.rooms.seats import ADA, BEPPO, EVERYTHING, GUILD, FakeViewer, seated
from tests.bridge.watchers import Json

KINDS = [Wants(), Wants(batch=True), Wants(cursor=True), EVERYTHING]

each_kind = pytest.mark.parametrize("wants", KINDS, ids=["old", "batch", "cursor", "everything"])


@pytest.fixture
def room() -> Room:
    """A room with Ada and Beppo."""
    room = Room(GUILD)
    room.put_all([ADA, BEPPO])
    return room


def told(viewer: FakeViewer) -> list[tuple[str, object]]:
    """What a viewer heard, in short."""
    return [
        (event["type"], event["data"].get("message", event["data"].get("status"))) for event in viewer.events
    ]


def believed(viewer: FakeViewer) -> Json:
    """Tell what somebody who listens thinks of the one member it was told of."""
    state: Json = {}
    for event in viewer.events:
        match event["type"]:
            case "presence":
                state |= event["data"]
                if isinstance(state.get("voice"), dict):
                    state["voice"] = state["voice"]["channel"]
            case "voice":
                state["voice"] = event["data"]["channel"]
            case "activity":
                state["activity"] = event["data"]["text"]
    return state


def basics(data: Json) -> Json:
    return {key: data[key] for key in ("uid", "status", "username", "roleColor", "delete") if key in data}


@each_kind
def test_the_last_state_is_told_alone(room: Room, wants: Wants) -> None:
    """A member who changes twenty times inside a window is one event."""
    viewer = seated(room, wants)
    for status in ("idle", "dnd", "offline", "online") * 5:
        room.put(ADA._replace(status=status))
    room.flush(0)
    assert [basics(data) for data in viewer.data] == [{"uid": "7", "status": "online"}]


@each_kind
def test_who_is_new_keeps_their_name(room: Room, wants: Wants) -> None:
    """The addition says who they are; what comes after it in the same window doesn't say it again."""
    viewer = seated(room, wants)
    room.put(Member("9", "Chiara", "online", "#0000ff"))
    room.put(Member("9", "Chiara", "idle", "#0000ff"))
    room.put(Member("9", "Chiara", "dnd", "#0000ff"))
    room.flush(0)
    assert [basics(data) for data in viewer.data] == [
        {"uid": "9", "status": "dnd", "username": "Chiara", "roleColor": "#0000ff"}
    ]


def test_each_change_survives(room: Room) -> None:
    """A name, a colour, a picture, a voice channel, an activity: all of them are told."""
    viewer = seated(room, EVERYTHING)
    member = ADA
    for change in (
        {"username": "Ada L."}, {"role_color": "#123456"}, {"avatar": "https://a"},
        {"role_color2": "#654321"}, {"line": "hi"},
        {"voice": Voice("9", "Lounge")}, {"activity": "Chess"}, {"bot": True}, {"status": "dnd"},
    ):  # fmt: skip
        member = member._replace(**change)
        room.put(member)
    room.flush(0)
    assert believed(viewer) == {
        "uid": "7", "status": "dnd", "username": "Ada L.", "roleColor": "#123456",
        "avatar": "https://a", "voice": "9", "activity": "Chess", "bot": True, "roleColor2": "#654321",
        "line": "hi",
    }  # fmt: skip


def test_what_was_taken_back_is_told_as_it_is_now(room: Room) -> None:
    """An activity that began and ended, a name that was changed and changed back."""
    viewer = seated(room, EVERYTHING)
    room.put(ADA._replace(username="Zoe", activity="Chess"))
    room.put(ADA)
    room.flush(0)
    state = believed(viewer)
    assert (state["username"], state.get("activity")) == ("Ada", None)


def test_members_do_not_collapse_into_each_other(room: Room) -> None:
    """Each has a last state of their own."""
    viewer = seated(room)
    for status in ("dnd", "idle"):
        room.put(ADA._replace(status=status))
        room.put(BEPPO._replace(status=status))
    room.flush(0)
    assert [(data["uid"], data["status"]) for data in viewer.data] == [("7", "idle"), ("8", "idle")]


def test_what_is_flushed_is_not_collapsed_with(room: Room) -> None:
    """It has been told already."""
    viewer = seated(room, EVERYTHING)
    room.put(ADA._replace(username="Zoe"))
    room.flush(0)
    room.put(ADA._replace(username="Zoe", status="dnd"))
    room.flush(1)
    assert [basics(data) for data in viewer.data] == [
        {"uid": "7", "status": "online", "username": "Zoe"}, {"uid": "7", "status": "dnd"},
    ]  # fmt: skip


def say(room: Room) -> None:
    room.say(Message("7", "hi", "9", id="5"))


def take_away(room: Room) -> None:
    room.remove("7")


def move(room: Room) -> None:
    room.put_all([room.members["7"]._replace(voice=Voice("9", "Lounge"))])


def play(room: Room) -> None:
    room.put_all([room.members["7"]._replace(activity="Chess")])


def type_(room: Room) -> None:
    room.publish("typing", {"uid": "7", "channel": "9"})


def react(room: Room) -> None:
    room.publish("reaction", {"uid": "7", "channel": "9", "emoji": "!"})


def edit(room: Room) -> None:
    room.publish("edit", {"uid": "7", "channel": "9", "id": "5", "message": None})


@pytest.mark.parametrize("between", [say, take_away, move, play, type_, react, edit])
def test_nothing_of_theirs_is_overtaken(room: Room, between: Callable[[Room], None]) -> None:
    """Who came and spoke, came before the words; who went and came back, went."""
    viewer = seated(room, EVERYTHING)
    room.put(ADA._replace(status="idle"))
    between(room)
    room.put(room.members.get("7", ADA)._replace(status="dnd"))
    room.flush(0)
    assert viewer.data[0] == {"uid": "7", "status": "idle"}
    assert {"uid": "7", "status": "dnd"}.items() <= viewer.data[2].items()


@each_kind
def test_messages_never_collapse(room: Room, wants: Wants) -> None:
    """Not even the same words in the same place."""
    viewer = seated(room, wants)
    for channel in "123":
        room.say(Message("7", "hi", channel))
    room.flush(0)
    assert told(viewer) == [("message", "hi")] * 3


@each_kind
def test_two_removals_stay_two(room: Room, wants: Wants) -> None:
    """With a return between, which is no mere change: it has a name."""
    viewer = seated(room, wants)
    room.remove("7")
    room.put(ADA._replace(status="idle"))
    room.put(ADA._replace(status="dnd"))
    room.remove("7")
    room.flush(0)
    assert [basics(data) for data in viewer.data] == [
        {"uid": "7", "status": "offline", "delete": True},
        {"uid": "7", "status": "dnd", "username": "Ada", "roleColor": "#ff0000"},
        {"uid": "7", "status": "offline", "delete": True},
    ]


def test_who_came_in_between_hears_the_last_state(room: Room) -> None:
    """One event, whether they know what it replaces from their snapshot or not; its place is the later."""
    early = seated(room, EVERYTHING)
    room.put(ADA._replace(status="idle"))
    late = seated(room, EVERYTHING)
    room.put(ADA._replace(status="dnd"))
    latest = seated(room, EVERYTHING)
    room.flush(0)
    assert early.events == late.events
    assert [data["status"] for data in late.data] == ["dnd"]
    assert latest.events == []


@pytest.mark.parametrize("type_name", ["channels", "servers"])
def test_a_whole_map_replaces_an_earlier_one(room: Room, type_name: str) -> None:
    """Only the last is told, at its place."""
    viewer = seated(room, Wants(events=OPTIONAL_EVENTS))
    for number in (1, 2):
        if type_name == "channels":
            room.set_channels([Channel(str(number), "general")])
        else:
            room.publish("servers", {str(number): {}})
        room.say(Message("7", f"after {number}", "9"))
    room.flush(0)
    assert [event["type"] for event in viewer.events] == ["message", type_name, "message"]
    assert viewer.data[1].keys() == {"2"}


def test_what_is_forgotten_is_not_collapsed_with(room: Room) -> None:
    """Somebody's past was taken back; their presence goes on."""
    viewer = seated(room, EVERYTHING)
    room.put(ADA._replace(status="idle"))
    room.forget_words("7")
    room.put(ADA._replace(status="dnd"))
    room.flush(0)
    assert viewer.data[-1] == {"uid": "7", "status": "dnd"}
