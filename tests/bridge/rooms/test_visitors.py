"""Who comes because they say something: they stay for a while, and leave by themselves."""

import pytest

from bridge.model import Channel, Member, Message, Voice
from bridge.rooms.room import Room
from bridge.rooms.visitors import MAX_VISITORS, VISIT, Visitors
from bridge.wire.protocol import Connect, Event
from tests.bridge.rooms.seats import ADA, BEPPO, EVERYTHING, GUILD, OLD, PLAIN, seated, snapshot, users
from tests.bridge.watchers import read_frames

PLURAL = Member("77", "Robin", "online", joined=1)
GONE = {"uid": "77", "status": "offline", "delete": True}


def words(number: int = 1, uid: str = "77") -> Message:
    return Message(uid, f"words {number}", "9", id=str(number))


@pytest.fixture
def room() -> Room:
    return Room(GUILD)


# Who visits


def test_a_visit_ends_some_time_after_the_last_words() -> None:
    """Counted from the first look at the clock after them."""
    visitors = Visitors()
    visitors.note("1")
    assert visitors.leaving(10.0) == []
    assert visitors.next_due() == 10.0 + VISIT
    assert visitors.leaving(9.9 + VISIT) == []
    assert visitors.leaving(10.0 + VISIT) == ["1"]


def test_who_goes_on_talking_stays() -> None:
    """And leaves after those who have been silent for longer."""
    visitors = Visitors()
    visitors.note("1")
    visitors.note("2")
    assert visitors.leaving(0.0) == []
    visitors.note("1")
    assert visitors.leaving(VISIT - 1) == []
    assert visitors.leaving(VISIT) == ["2"]
    visitors.forget("2")
    assert visitors.next_due() == 2 * VISIT - 1


def test_who_is_forgotten_does_not_leave() -> None:
    """They are gone, or here to stay."""
    visitors = Visitors()
    visitors.note("1")
    visitors.forget("1")
    visitors.forget("2")
    assert "1" not in visitors
    assert visitors.leaving(VISIT) == []
    assert visitors.next_due() is None


def test_visitors_are_few() -> None:
    """Of too many, those leave who were the first to fall silent."""
    visitors = Visitors()
    for number in range(MAX_VISITORS + 3):
        visitors.note(str(number))
    visitors.note("0")
    assert visitors.leaving(0.0) == ["1", "2", "3"]


# Rooms


def test_somebody_comes_with_their_words(room: Room) -> None:
    """With a name, before what they say; and who enters later sees them."""
    viewer = seated(room, EVERYTHING)
    room.say(words(), PLURAL)
    room.flush(0)
    came, said = viewer.events
    assert (came["type"], came["data"]["username"]) == ("presence", "Robin")
    assert "joined" not in came["data"]
    assert said["data"]["message"] == "words 1"
    assert room.is_visiting("77")
    assert users(room)["77"]["username"] == "Robin"


def test_a_visitor_leaves(room: Room) -> None:
    """As members do."""
    viewer = seated(room, EVERYTHING)
    room.say(words(), PLURAL)
    room.flush(0)
    room.flush(VISIT - 1)
    assert room.is_visiting("77")
    room.flush(VISIT)
    assert viewer.data[-1] == GONE
    assert not room.is_visiting("77")
    assert users(room) == {}


def test_a_visitor_leaves_though_nobody_watches() -> None:
    """The room is woken for that, and says when it has to be looked at again."""
    woken: list[bool] = []
    room = Room(GUILD, lambda: woken.append(True))
    room.say(words(), PLURAL)
    assert woken
    assert room.flush(0) == VISIT
    assert room.flush(VISIT) is None
    assert users(room) == {}


def test_every_word_makes_the_visit_longer(room: Room) -> None:
    """Also one that comes without a speaker."""
    seated(room)
    room.say(words(1), PLURAL)
    room.flush(0)
    room.say(words(2), PLURAL._replace(username="Robin again"))
    room.flush(VISIT - 1)
    room.say(words(3))
    room.flush(VISIT)
    assert users(room)["77"]["username"] == "Robin"
    room.flush(2 * VISIT)
    assert users(room) == {}


def test_a_member_who_speaks_is_no_visitor(room: Room) -> None:
    """Whoever they are said to be."""
    room.put(ADA)
    viewer = seated(room, EVERYTHING)
    room.say(words(uid="7"), ADA._replace(username="Eve", status="offline"))
    room.flush(0)
    assert [event["type"] for event in viewer.events] == ["message"]
    assert not room.is_visiting("7")
    room.flush(VISIT)
    assert users(room)["7"]["username"] == "Ada"


@pytest.mark.parametrize("how", ["put", "put_all", "present"])
def test_a_visitor_becomes_a_member(room: Room, how: str) -> None:
    """Who is told to be here stays."""
    room.say(words(), PLURAL)
    room.flush(0)
    if how == "put":
        room.put(PLURAL)
    elif how == "put_all":
        room.put_all([PLURAL._replace(status="idle")])
    else:
        assert room.present("77", "idle", None)
    assert not room.is_visiting("77")
    room.flush(VISIT)
    assert "77" in users(room)


def test_visitors_stay_when_members_are_brought_up_to_date(room: Room) -> None:
    """They are not among the members of the guild that the owner knows."""
    room.put(ADA)
    room.say(words(), PLURAL)
    room.reconcile([BEPPO])
    assert users(room).keys() == {"8", "77"}
    room.flush(0)
    room.flush(VISIT)
    assert users(room).keys() == {"8"}


def test_a_visitor_is_taken_away(room: Room) -> None:
    """Before their time; and doesn't leave twice."""
    viewer = seated(room, EVERYTHING)
    room.say(words(), PLURAL)
    room.flush(0)
    room.remove("77")
    room.flush(1)
    assert viewer.data[-1] == GONE
    before = len(viewer.frames)
    room.flush(VISIT)
    assert len(viewer.frames) == before


def test_a_room_has_few_visitors(room: Room) -> None:
    """However many speak."""
    for number in range(MAX_VISITORS + 5):
        room.say(words(number, uid=str(number)), Member(str(number), f"Robin {number}"))
    room.flush(0)
    assert len(users(room)) == MAX_VISITORS
    assert "4" not in users(room)
    assert "5" in users(room)


# What was said somewhere is taken back


def _said(room: Room, number: int, channel: str, parent: str | None = None) -> None:
    room.say(Message("7", f"words-{number}", channel, id=str(number), parent=parent))


def test_words_in_channels_are_taken_back(room: Room) -> None:
    """And in their threads; what was said elsewhere stays."""
    room.put(ADA)
    viewer = seated(room, EVERYTHING)
    _said(room, 1, "10")
    _said(room, 2, "11", parent="10")
    _said(room, 3, "20")
    room.flush(0)
    room.forget_channels({"10"})
    room.flush(1)
    assert viewer.data[3:] == [
        {"uid": "7", "channel": channel, "id": number, "message": None}
        for channel, number in (("10", "1"), ("11", "2"))
    ]
    assert list(room.said) == ["3"]


def test_a_thread_alone_is_taken_back(room: Room) -> None:
    """Its channel is still there."""
    _said(room, 1, "10")
    _said(room, 2, "11", parent="10")
    room.forget_channels({"11"})
    assert list(room.said) == ["1"]


def test_nothing_of_forgotten_channels_leaves(room: Room) -> None:
    """Neither to whom it waits for, nor to who comes back, nor one by one to old clients."""
    room.put(ADA)
    old, curious = seated(room), seated(room, EVERYTHING)
    since = snapshot(room, EVERYTHING)["cursor"]
    _said(room, 1, "10")
    _said(room, 2, "10")
    room.flush(0)  # old clients have read the first, and wait for the second
    seen = len(curious.frames)
    _said(room, 3, "11", parent="10")
    room.publish("typing", {"uid": "7", "channel": "10"})
    room.forget_channels({"10", "11"})
    for now in range(1, 60):
        room.flush(now)
    assert "words" not in str(curious.frames[seen:])
    assert "typing" not in str(curious.frames[seen:])
    assert [data["message"] for data in old.data] == ["words-1"]
    back = read_frames(room.entry(Connect("one", wants=EVERYTHING, cursor=since)))
    assert "words" not in str(back)


@pytest.mark.parametrize("how", ["hidden", "forgotten"])
@pytest.mark.parametrize("where", ["here", "at a reader"])
def test_what_waits_elsewhere_is_still_said(how: str, where: str) -> None:
    """But for what names the channel: only that one is secret now, or no more."""
    writer = Room(GUILD)
    writer.set_channels([Channel("10", "den"), Channel("20", "lobby")])
    writer.put(ADA)
    room = writer if where == "here" else Room.of_copy(writer.copy())
    told: list[Event] = []
    if room is not writer:
        writer.listen(told.extend)
    viewers = [seated(room, wants) for wants in (OLD, PLAIN, EVERYTHING)]
    for number, (channel, text) in enumerate(
        [("10", "in there"), ("20", "hello"), ("20", "come to #den"), ("20", "or #den-2"), ("10", "again")]
    ):
        writer.say(Message("7", text, channel, str(number), "den" if channel == "10" else "lobby"))
        writer.publish("typing", {"uid": "7", "channel": channel})
    if how == "hidden":
        writer.set_channels([Channel("20", "lobby")])
    writer.forget_channels({"10"})
    if room is not writer:
        writer.flush(0)
        room.accept_all(told)
    for now in range(60):
        room.flush(now)
    for viewer in viewers:
        said = [data["message"] for data in viewer.data if data.get("message")]
        assert said == ["hello", "or #den-2"]
    assert all(data["channel"] != "10" for data in viewers[-1].data if "uid" in data and "id" not in data)


def test_forgetting_where_nothing_was_said(room: Room) -> None:
    """There is nothing to tell."""
    viewer = seated(room, EVERYTHING)
    room.forget_channels({"10"})
    room.flush(0)
    assert viewer.frames == []


@pytest.mark.parametrize("how", ["everything", "a channel"])
def test_who_only_came_to_say_what_is_taken_back_goes_with_it(room: Room, how: str) -> None:
    """Who has said something elsewhere stays, and so does who lives here."""
    viewer = seated(room, EVERYTHING)
    room.put(ADA)
    room.say(words(1), PLURAL)
    room.say(words(2, "78"), PLURAL._replace(uid="78"))
    room.say(words(3, ADA.uid))
    room.say(Message("78", "elsewhere", "10", id="4"))
    room.flush(0.0)
    if how == "everything":
        room.forget_words()
    else:
        room.forget_channels({"9"})
    room.flush(1.0)
    assert room.members.keys() == ({ADA.uid} if how == "everything" else {ADA.uid, "78"})
    assert GONE in viewer.data


def test_who_visits_may_talk_meanwhile(room: Room) -> None:
    """That they join a voice channel, or that it is hidden, makes nobody stay."""
    room.set_channels([Channel("5", "Lounge", "voice")])
    room.say(words(), PLURAL)
    room.revise([room.members["77"]._replace(voice=Voice("5", "Lounge"))])
    room.set_channels([])
    assert room.members["77"].voice is None
    assert room.is_visiting("77")


def test_who_visits_and_is_shown_by_now_stays(room: Room) -> None:
    """Also where nothing else of theirs is news."""
    room.say(words(), PLURAL)
    room.put_all([room.members["77"]])
    assert not room.is_visiting("77")
