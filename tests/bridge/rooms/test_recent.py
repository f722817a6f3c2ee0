"""Who arrives may hear what was said in the last two minutes, where a guild's owner wants that."""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from bridge.backplane import codec
from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Happening, Member, Message
from bridge.rooms.directory import Directory
from bridge.rooms.entrance import HEAVIEST_RECENT, MOST_RECENT, RECENT_FOR
from bridge.rooms.room import Room
from bridge.rooms.state import MAX_SAID
from bridge.wire.crowd import FEWEST, level_of
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Event, Wants, parse_request
from tests.bridge.clock import StillClock
from tests.bridge.rooms.seats import FakeViewer
from tests.bridge.watchers import Json, read_frames

GUILD = GuildInfo("1", "one", "The First", recent=True)
CHANNELS = [Channel("1", "general"), Channel("2", "help")]
ASKING = Connect("one", wants=Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True), recent=True)


@pytest.fixture
def clock() -> StillClock:
    """Tells seconds since 1970, which are also those of the flush."""
    return StillClock(1_000_000.0)


@pytest.fixture
def room(clock: StillClock) -> Room:
    return opened(clock)


def opened(clock: StillClock, info: GuildInfo = GUILD, limits: Limits | None = None) -> Room:
    room = Room(info, limits=limits or Limits(), clock=clock)
    room.put_all(Member(str(uid), f"Member {uid}", "online") for uid in range(10))
    room.set_channels(CHANNELS)
    room.flush(clock())
    return room


def say(
    room: Room, clock: StillClock, number: int, words: str = "", uid: str = "1", channel: str = "1"
) -> None:
    room.say(Message(uid, words or f"Words {number}", channel, id=str(number)))
    room.flush(clock())


def arrival(room: Room, request: Connect = ASKING) -> Json:
    data = read_frames(room.entry(request))[0]["data"]
    assert isinstance(data, dict)
    return data


def heard(room: Room, request: Connect = ASKING) -> list[str]:
    return [words["message"] for words in arrival(room, request)["recent"]]


def test_is_told_what_was_said_before_anybody_watched(room: Room, clock: StillClock) -> None:
    """The words come with the time at which they were said, as they would have come then."""
    say(room, clock, 7, "Hello")
    clock.now += 100
    [words] = arrival(room)["recent"]
    assert words == {"uid": "1", "message": "Hello", "channel": "1", "id": "7", "at": 1_000_000}


def test_only_who_asks_is_told_and_only_where_the_owner_wants_it(room: Room, clock: StillClock) -> None:
    """Anybody else gets the frames that they always got."""
    say(room, clock, 1)
    assert "recent" not in arrival(room, replace(ASKING, recent=False))
    assert "recent" not in arrival(room, Connect("one"))
    room.describe(replace(GUILD, recent=False))
    assert "recent" not in arrival(room)
    closed = opened(clock, replace(GUILD, recent=False))
    viewer = FakeViewer(ASKING.wants)
    closed.seat(viewer)
    say(closed, clock, 1)
    closed.describe(GUILD)
    say(closed, clock, 2)
    assert heard(closed) == ["Words 2"]  # what was said before the owner decided is not told


def test_asking_is_a_wish_that_no_old_client_sends() -> None:
    """Only a true one counts."""
    for wish, asked in ((True, True), (1, False), (None, False)):
        request = parse_request(json.dumps({"type": "connect", "data": {"recent": wish}}))
        assert isinstance(request, Connect)
        assert request.recent is asked
        assert not request.wants.asked_for_nothing


def test_is_bounded_in_age_number_and_length(room: Room, clock: StillClock) -> None:
    """Nothing older than two minutes is told, also by an entry that was made before; nor too much."""
    say(room, clock, 1)
    clock.now += RECENT_FOR / 2
    say(room, clock, 2)
    assert heard(room) == ["Words 1", "Words 2"]
    clock.now += RECENT_FOR / 2
    assert heard(room) == ["Words 2"]
    for number in range(3, 103):
        say(room, clock, number)
    assert heard(room) == [f"Words {number}" for number in range(103 - MOST_RECENT, 103)]
    for number in range(103, 203):
        say(room, clock, number, "x" * 4_000)
    assert 0 < len(heard(room)) * 4_000 <= HEAVIEST_RECENT * 256


def test_words_stay_where_much_else_happens(clock: StillClock) -> None:
    """A history that is full of other events keeps the last words, and forgets them with it."""
    room = opened(clock, limits=Limits(history_events=5))
    say(room, clock, 1, uid="2")
    say(room, clock, 2)

    def hustle() -> None:
        for number in range(20):
            room.present("5", "idle" if number % 2 else "online", None)
            room.flush(clock())

    hustle()
    assert heard(room) == ["Words 1", "Words 2"]
    room.edit("2", "1", "1", "Other words", {})
    room.forget_messages(["2"])
    hustle()
    assert heard(room) == ["Other words"]
    room.forget_words("2")
    assert heard(room) == []
    say(room, clock, 3)
    hustle()
    due = room.flush(clock())
    assert due is not None
    clock.now = due
    while room.flush(clock()) is not None:
        clock.now += 1
    assert not room._stream.words()


@pytest.mark.parametrize(
    "take_back",
    [
        lambda room: room.forget_messages(["1"]),
        lambda room: room.edit("1", "1", "1", None, {}),
        lambda room: room.forget_words("1"),
        lambda room: room.forget_channels(["1"]),
        lambda room: room.set_channels(CHANNELS[1:]),
        lambda room: room.remove("1"),
        lambda room: room.forget_past(),
    ],
)
def test_what_was_taken_back_never_comes(
    room: Room, clock: StillClock, take_back: Callable[[Room], None]
) -> None:
    """Whether it had left the room or not."""
    other = opened(clock)
    other.say(Message("1", "In the same breath", "1", id="1"))
    say(room, clock, 1)
    for each in (room, other):
        take_back(each)
        assert heard(each) == []


async def test_what_was_said_behind_a_door_stays_there() -> None:
    """Who comes through another door hears nothing of before; nor where nobody told of the door's end."""
    directory, now = Directory(), time.time
    closed = replace(GUILD, protected=True, password="sesame")
    room = directory.open(closed, [Member("1", "Ada", "online")], CHANNELS)
    room.say(Message("1", "Words 1", "1", id="1"))
    assert heard(room) == ["Words 1"]
    directory.open(GUILD)
    assert heard(room) == []
    room._stream.recall([word(1, now(), guarded=True), word(2, now())], 0, now())
    assert heard(room) == ["Words 2"]


def word(number: int, at: float, *, guarded: bool = False) -> Event:
    told = [["message", number, {"uid": "1", "message": f"Words {number}", "channel": "1"},
             {"extras": {"id": str(number)}, "said": {"at": at, "guarded": guarded}}]]  # fmt: skip
    return codec.read_events("1", json.dumps(told).encode())[0]


def test_who_spoke_is_listed_in_a_crowd(room: Room, clock: StillClock) -> None:
    """Their words are no stranger's, however few are listed."""
    room.put_all(Member(str(uid), f"Member {uid}", "online") for uid in range(10, 400))
    request = replace(ASKING, wants=replace(ASKING.wants, crowd=level_of(FEWEST)), crowd=FEWEST)
    for uid in range(300, 300 + MOST_RECENT):
        say(room, clock, uid, uid=str(uid))
    for uid in range(100, 100 + FEWEST):
        room.present(str(uid), "idle", None)
    data = arrival(room, request)
    assert len(data["recent"]) == MOST_RECENT
    assert {words["uid"] for words in data["recent"]} <= data["users"].keys()
    assert len(data["users"]) <= FEWEST + MOST_RECENT


def test_who_comes_back_hears_nothing_twice(room: Room, clock: StillClock) -> None:
    """A resume is what was missed, and no more."""
    cursor = arrival(room)["cursor"]
    say(room, clock, 1)
    join, *missed = read_frames(room.entry(replace(ASKING, cursor=cursor)))
    assert "recent" not in join["data"]
    assert [event["data"]["message"] for event in missed] == ["Words 1"]


def test_rooms_elsewhere_tell_the_same(room: Room, clock: StillClock) -> None:
    """Whatever is said and taken back, one that follows and one that comes later tell what this one does."""
    told: deque[Event] = deque()
    room.listen(told.extend)
    follower = Room.of_copy(room.copy(), clock=clock)
    since, past, random = room.position, list[Event](), Random(20)
    for number in range(1, 200):
        uid, channel = str(random.randrange(8)), random.choice("12")
        before = str(random.randrange(max(1, number - 9), number + 1))
        match random.randrange(14):
            case 0:
                room.edit(uid, channel, before, None, {})
            case 1:
                room.forget_messages([before])
            case 2 if number % 5 == 0:
                random.choice((room.forget_words, room.remove))(uid)
            case 3 if number % 5 == 1:
                room.forget_channels([channel])
            case 4:
                room.edit(uid, channel, before, f"Corrected {number}", {})
            case 5:
                room.put_all([Member(uid, f"Member {uid}", "idle")])
            case _:
                room.say(Message(uid, f"Words {number}", channel, id=str(number)))
        clock.now += random.random() * 4
        room.flush(clock())
        some = codec.read_events("1", codec.write_events(told))
        told.clear()
        past += some
        follower.accept_all(some)
        follower.flush(clock())
        assert heard(follower) == heard(room)
        if number % 20 == 0:
            later = Room.of_copy(room.copy(), clock=clock)
            later.recall(codec.read_events("1", codec.write_events(past)), since, clock())
            assert heard(later) == heard(room)
    assert heard(room)


def test_words_can_be_taken_back_as_long_as_they_are_told(room: Room, clock: StillClock) -> None:
    """Also where so many were said since that the room knows no more of these than that."""
    room.seat(FakeViewer(ASKING.wants))
    cursor = arrival(room)["cursor"]
    say(room, clock, 0, "a secret", channel="2")
    for number in range(1, MAX_SAID + 2):
        say(room, clock, number)
    assert "0" not in room.said
    assert (room.author_of("0"), room.author_of("none")) == ("1", None)
    assert room.places_of_words() == {"1", "2"}
    room.edit("1", "2", "0", "nothing", {})
    assert "a secret" not in str(read_frames(room.entry(replace(ASKING, cursor=cursor))))


def test_a_poll_goes_with_its_message(room: Room) -> None:
    """Whichever way that is taken back."""
    room.happen(Happening("5", "poll", "1", "1", text="Tea?"))
    room.edit("1", "1", "5", None, {})
    assert room.happenings == {}


@pytest.mark.parametrize("crowd", [0, FEWEST])
def test_a_line_over_a_head_that_was_taken_back(clock: StillClock, crowd: int) -> None:
    """Who comes back isn't told what it was, neither here nor elsewhere."""
    writer = opened(clock)
    reader = Room.of_copy(writer.copy(), clock=clock)
    writer.listen(reader.accept_all)
    asking = replace(ASKING, crowd=crowd, wants=replace(ASKING.wants, crowd=level_of(crowd)))
    for room in (writer, reader):
        room.seat(FakeViewer(asking.wants))
    cursor = arrival(writer, asking)["cursor"]
    for line in ("a secret", "hello", None):
        writer.put_all([Member("1", "Member 1", "idle", line=line)])
        writer.publish("typing", {"uid": "1", "channel": "1"})
        writer.flush(clock())
        reader.flush(clock())
        for room in (writer, reader):
            back = str(read_frames(room.entry(replace(asking, cursor=cursor))))
            assert "resumed" in back
            assert "a secret" not in back or line == "a secret"
            assert ("hello" in back) is (line == "hello")
