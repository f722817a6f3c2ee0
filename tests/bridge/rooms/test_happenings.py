"""What goes on beside words, as rooms keep it and tell of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.model import Channel, Happening, Message
from bridge.rooms.happenings import MOST, ONE_BOOST
from bridge.rooms.room import Room
from bridge.rooms.stream import Stream
from bridge.wire.protocol import Event, Wants
from tests.bridge.clock import StillClock
from tests.bridge.rooms.seats import ADA, BEPPO, GUILD, seated
from tests.bridge.rooms.test_followers import Follower, entry, known_to, told
from tests.bridge.watchers import Json

WISHING = Wants(events=frozenset({"happening", "edit"}), cursor=True)
POLL = Happening("5", "poll", "7", "9", text="Tea?", until=1_000)
QUIZ = Happening("6", "event", channel="9", text="Quiz")
GONE = {"over": True, "gone": True}
TAKEN_BACK: dict[str, Callable[[Room], None]] = {
    "message": lambda room: room.forget_messages(["5", "3"]),
    "words": lambda room: room.forget_words("7"),
    "everybody's": lambda room: room.forget_words(),
    "channel": lambda room: room.forget_channels({"9"}),
    "hidden": lambda room: room.set_channels([]),
    "events": lambda room: room.set_events([]),
}


@pytest.fixture
def clock() -> StillClock:
    return StillClock(100.0)


@pytest.fixture
def writer(clock: StillClock) -> Room:
    room = Room(GUILD, clock=clock)
    room.set_channels([Channel("9", "beds")])
    room.put_all([ADA, BEPPO])
    return room


def begun(room: Room) -> list[Json]:
    """Return what is told to go on to who comes."""
    joined: list[Json] = entry(room, WISHING)[0]["data"]["happenings"]
    return joined


def test_a_boost_in_three_ways_is_one(writer: Room, clock: StillClock) -> None:
    """The name may come with a later one; a minute on it is another boost, and another's always is."""
    viewer = seated(writer, WISHING)
    for uid in (None, "7", None, "7", "8"):
        writer.happen(Happening("", "boost", uid))
        writer.flush(0)
    events = [event["data"] for event in viewer.events]
    assert [event.get("uid") for event in events] == [None, "7", "8"]
    assert events[0]["id"] == events[1]["id"] != events[2]["id"]
    clock.now += ONE_BOOST
    writer.happen(Happening("", "boost", "7"))
    writer.flush(1)
    assert len(viewer.events) == 4


def test_who_asks_for_nothing_hears_nothing(writer: Room) -> None:
    """Nor is it in what they enter with."""
    viewer = seated(writer, Wants(events=frozenset({"edit"}), cursor=True))
    writer.happen(POLL)
    writer.flush(0)
    assert viewer.events == []
    assert "happenings" not in entry(writer, Wants(events=frozenset({"edit"})))[0]["data"]


def test_a_poll_s_time_is_up(writer: Room, clock: StillClock) -> None:
    """Also where nobody says so; of who isn't there any more it isn't told that it is theirs."""
    writer.happen(POLL)
    assert begun(writer) == [
        {"id": "5", "kind": "poll", "uid": "7", "channel": "9", "text": "Tea?", "until": 1_000}
    ]
    writer.remove("7")
    assert "uid" not in begun(writer)[0]
    clock.now = 1_000
    assert begun(writer) == []
    writer.happen(POLL)
    assert begun(writer) == []


def test_no_more_than_so_many(writer: Room) -> None:
    """The oldest is over when there are too many."""
    viewer = seated(writer, WISHING)
    for number in range(MOST["poll"] + 2):
        writer.happen(Happening(f"p{number}", "poll"))
    writer.flush(0)
    assert [event["data"]["id"] for event in viewer.events if "over" in event["data"]] == ["p0", "p1"]
    assert len(begun(writer)) == MOST["poll"]


@pytest.mark.parametrize("take_back", TAKEN_BACK)
def test_what_is_taken_back(writer: Room, take_back: str) -> None:
    """It is gone from the room, from other rooms of the guild, and from the past of both."""
    follower = Follower(writer)
    writer.happen(POLL)
    writer.happen(QUIZ)
    writer.happen(Happening("4", "thread", "7", "44", "9", "which tulip?"))
    viewer = seated(follower.room, WISHING)
    told(writer, follower)
    assert known_to(follower.room) == known_to(writer)
    cursors = [entry(room, WISHING)[0]["data"]["cursor"] for room in (writer, follower.room)]
    writer.happen(Happening("3", "poll", "7", "9", text="More tea?"))
    told(writer, follower)
    TAKEN_BACK[take_back](writer)
    told(writer, follower)
    assert known_to(follower.room) == known_to(writer)
    ended = {event["data"]["id"]: event["data"] for event in viewer.events if "over" in event["data"]}
    left = {
        "message": "4 6",
        "words": "6",
        "everybody's": "6",
        "channel": "",
        "hidden": "",
        "events": "3 4 5",
    }
    known = {one.id for one in writer.happenings.values()}
    assert known == set(left[take_back].split())
    assert ended.keys() == {"3", "4", "5", "6"} - known
    assert all(GONE.items() <= data.items() for data in ended.values())
    if "3" in ended:
        for room, cursor in zip((writer, follower.room), cursors, strict=True):
            assert "More tea?" not in str(entry(room, WISHING, cursor))


def test_a_post_and_the_poll_in_its_first_message(writer: Room) -> None:
    """They have one id, and are two; so are a poll and a thread that somebody opens at it."""
    follower = Follower(writer)
    rooms = writer, follower.room
    for room in rooms:
        seated(room, WISHING)
    cursors = [entry(room, WISHING)[0]["data"]["cursor"] for room in rooms]
    writer.happen(Happening("5", "thread", "7", "5", "9", "Tea or coffee"))
    writer.happen(POLL)
    for number in range(MOST["thread"]):
        writer.happen(Happening(f"t{number}", "thread", "7", f"t{number}", "9"))
    told(writer, follower)
    assert known_to(follower.room) == known_to(writer)
    for room, cursor in zip(rooms, cursors, strict=True):
        assert [one["id"] for one in begun(room)] == ["5"], "too many threads end no poll"
        missed = [frame["data"] for frame in entry(room, WISHING, cursor)[1:]]
        assert [(one["kind"], one.get("over", False)) for one in missed if one["id"] == "5"] == [
            ("thread", False), ("poll", False), ("thread", True)
        ]  # fmt: skip


def test_another_name_replaces_the_first(writer: Room) -> None:
    """Who comes back isn't told what it was called before."""
    seated(writer, WISHING)
    cursor = entry(writer, WISHING)[0]["data"]["cursor"]
    writer.set_events([QUIZ])
    writer.flush(0)
    writer.set_events([Happening("6", "event", channel="9")])
    writer.set_events([Happening("6", "event", channel="9")])
    writer.flush(1)
    missed = [frame["data"] for frame in entry(writer, WISHING, cursor)[1:]]
    assert missed == [{"id": "6", "kind": "event", "channel": "9"}]


def test_a_copy_knows_what_goes_on(writer: Room) -> None:
    """And hears that it is over."""
    writer.happen(POLL)
    writer.say(Message("7", "hello", "9", id="5"))
    follower = Follower(writer)
    assert begun(follower.room) == begun(writer) != []
    writer.end_happening("5")
    told(writer, follower)
    assert begun(follower.room) == begun(writer) == []


@pytest.mark.parametrize("take_back", ["words", "everybody's", "channel"])
def test_what_was_too_much_before_anybody_heard_of_it(writer: Room, take_back: str) -> None:
    """The room knows nothing of it any more, but it still waits to be handed out."""
    follower = Follower(writer)
    viewers = [seated(writer, WISHING), seated(follower.room, WISHING)]
    for number in range(MOST["thread"] + 1):
        writer.happen(Happening(f"t{number}", "thread", "7", f"t{number}", "9", f"thread {number}"))
    TAKEN_BACK[take_back](writer)
    told(writer, follower)
    for viewer in viewers:
        assert not [event for event in viewer.events if "over" not in event["data"]]


def test_too_many_events(writer: Room) -> None:
    """So many are told of as are kept, and once."""
    viewer = seated(writer, WISHING)
    for _ in range(2):
        writer.set_events(Happening(f"e{number}", "event") for number in range(MOST["event"] + 9))
        writer.flush(0)
    assert len(viewer.events) == MOST["event"] == len(begun(writer))


def test_many_are_taken_back_in_one_look(writer: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be many thousands of events to look at, in one turn of the loop."""
    looks: list[object] = []
    forget = Stream.forget

    def look(stream: Stream, unwanted: Callable[[Event], bool]) -> None:
        looks.append(stream)
        forget(stream, unwanted)

    monkeypatch.setattr(Stream, "forget", look)
    writer.set_events(Happening(f"e{number}", "event", channel="9") for number in range(MOST["event"]))
    assert len(looks) <= 1
    for number in range(MOST["poll"]):
        writer.happen(Happening(f"p{number}", "poll", "7", "9"))
    looks.clear()
    writer.forget_words()
    writer.set_channels([])
    assert writer.happenings == {}
    assert len(looks) <= 4


def test_what_was_asked_behind_a_door(writer: Room) -> None:
    """It is for those who come through one, as what was said there."""
    writer.describe(replace(GUILD, protected=True))
    viewer = seated(writer, WISHING)
    writer.happen(POLL)
    writer.happen(QUIZ)
    writer.flush(0)
    writer.describe(replace(GUILD, protected=True, name="Garden"))
    assert sorted(writer.happenings) == ["event 6", "poll 5"]
    writer.describe(GUILD)
    writer.flush(1)
    assert [one["id"] for one in begun(writer)] == ["6"]
    assert [event["data"]["id"] for event in viewer.events if "over" in event["data"]] == ["5"]


def test_what_waits_for_slow_readers_is_forgotten_with_a_name(writer: Room) -> None:
    """There it is frames already. What nobody was told of, or is simply over, takes nothing from anybody."""
    follower = Follower(writer)
    viewers = [seated(writer, WISHING), seated(follower.room, WISHING)]

    def forgot() -> list[int]:
        told(writer, follower)
        counts = [viewer.forgot for viewer in viewers]
        for viewer in viewers:
            viewer.forgot = 0
        return counts

    writer.set_events([QUIZ])
    writer.happen(POLL)
    writer.happen(Happening("4", "thread", "7", "44", "9", "which tulip?"))
    assert forgot() == [0, 0]
    writer.set_events([replace(QUIZ, text=None)])
    assert forgot() == [1, 1]
    writer.end_happening("5")
    assert forgot() == [0, 0]
    writer.end_happening("6")
    writer.set_events([QUIZ])  # it may be told of under another name from the time before
    assert forgot() == [1, 1]
    writer.set_events([])
    assert forgot() == [1, 1]
