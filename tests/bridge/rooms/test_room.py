"""One guild's room: what it tells whom, and that every page ends with exactly its members."""

import itertools
import json
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Member, Message, Voice
from bridge.problems import LOGIN_ENDED, Problem
from bridge.rooms.audience import MAX_KINDS
from bridge.rooms.flush import WINDOW
from bridge.rooms.history import History
from bridge.rooms.memory import Memory
from bridge.rooms.playback import MAX_LAG, bubble_seconds
from bridge.rooms.room import Room
from bridge.rooms.state import MAX_SAID
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Credentials, Event, Goodbye, Wants
from tests.bridge.old_client import OldClient
from tests.bridge.watchers import Json, read_frames, unpacked
from tests.thorough import tries

GUILD = GuildInfo("1", "one", "The First")
ADA = Member("7", "Ada", "online", "#ff0000")
BEPPO = Member("8", "Beppo", "idle", "#00ff00")
OLD = Wants(paced=True)
PLAIN = Wants()
EVERYTHING = Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True)
FORGETFUL = Limits(history_events=0)
LONGEST_STAY = 2 * bubble_seconds("." * 520)  # seconds that words keep their member here, at most
SLACK = 0.1  # seconds: words wait for flush windows on their way


class FakeViewer:
    """Somebody who keeps what they are offered."""

    def __init__(self, wants: Wants = OLD) -> None:
        self.wants = wants
        self.frames: list[Json] = []
        self.farewell: tuple[Goodbye, Problem | None] | None = None
        self.forgot = 0  # times

    def offer(self, frames: bytes) -> None:
        self.frames += read_frames(frames)

    def forget(self) -> None:
        self.forgot += 1

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        self.farewell = goodbye, problem

    @property
    def events(self) -> list[Json]:
        return unpacked(self.frames)

    @property
    def data(self) -> list[Json]:
        return [event["data"] for event in self.events]


@pytest.fixture
def room() -> Room:
    return Room(GUILD)


def seated(room: Room, wants: Wants = OLD) -> FakeViewer:
    viewer = FakeViewer(wants)
    room.seat(viewer)
    return viewer


def users(room: Room, *, full: bool = False) -> Json:
    decoded = json.loads(b"{" + b",".join(room.users(full=full).plain()) + b"}")
    assert isinstance(decoded, dict)
    return decoded


def known(members: dict[str, Json]) -> dict[str, Json]:
    """Leave out what pages needn't agree on: when somebody came, and that there is no second colour."""
    return {uid: {key: user[key] for key in user if is_told(key, user)} for uid, user in members.items()}


def is_told(key: str, user: Json) -> bool:
    return key != "joined" and not (key in {"roleColor2", "line"} and user[key] is None)


def snapshot(room: Room, wants: Wants = OLD) -> Json:
    """Read what a viewer gets on entering."""
    [frame] = read_frames(room.entry(Connect("one", wants=wants)))
    assert frame["type"] == "server-join"
    data = frame["data"]
    assert isinstance(data, dict)
    return data


# Snapshots


def test_a_room_starts_empty(room: Room) -> None:
    """No members, no cursor worth anything."""
    assert users(room) == {}


def test_the_snapshot_holds_every_member(room: Room) -> None:
    """As they are now."""
    room.put_all([ADA, BEPPO])
    assert users(room) == {
        "7": {"uid": "7", "username": "Ada", "status": "online", "roleColor": "#ff0000"},
        "8": {"uid": "8", "username": "Beppo", "status": "idle", "roleColor": "#00ff00"},
    }


@pytest.mark.parametrize("full", [False, True])
def test_the_snapshot_follows_changes(room: Room, *, full: bool) -> None:
    """Pieces that were encoded before are not used once they are out of date."""
    room.put_all([ADA, BEPPO])
    assert users(room, full=full).keys() == {"7", "8"}
    room.put(ADA._replace(status="dnd"))
    room.remove("8")
    assert {uid: user["status"] for uid, user in users(room, full=full).items()} == {"7": "dnd"}


def test_the_snapshot_names_the_room_as_it_is_called_now(room: Room) -> None:
    """A guild may be renamed."""
    room.describe(replace(GUILD, name="Renamed"))
    assert snapshot(room)["serverName"] == "Renamed"


def test_counts_are_of_everybody(room: Room) -> None:
    """Members that are not shown count; offline ones are not online."""
    room.describe(replace(GUILD, member_count=250_000))
    room.put_all([ADA, BEPPO, Member("9", "Chiara", "offline")])
    assert room.counts() == {"members": 250_000, "online": 2, "shown": 3}


def test_counts_without_a_known_total(room: Room) -> None:
    """Then those shown are all there are."""
    room.put(ADA)
    assert room.counts() == {"members": 1, "online": 1, "shown": 1}


def test_a_total_that_lags_behind_is_not_believed(room: Room) -> None:
    """There are never fewer members than are shown."""
    room.describe(replace(GUILD, member_count=1))
    room.put_all([ADA, BEPPO])
    assert room.counts()["members"] == 2


def test_two_lives_of_a_room_have_different_cursors() -> None:
    """A cursor of an earlier life must not match."""
    assert snapshot(Room(GUILD), EVERYTHING)["cursor"] != snapshot(Room(GUILD), EVERYTHING)["cursor"]


@pytest.mark.parametrize("deflate", [False, True])
def test_a_snapshot_is_made_once_for_all_who_ask_alike(room: Room, *, deflate: bool) -> None:
    """While nothing changes; and anew as soon as something does."""
    room.put_all([ADA, BEPPO])
    request = Connect("one", wants=replace(EVERYTHING, deflate=deflate))
    first = room.entry(request)
    assert room.entry(replace(request, cursor="from elsewhere")) is first
    changes = [
        partial(room.put, ADA._replace(activity="Chess")),
        partial(room.set_channels, [Channel("9", "general")]),
        partial(room.set_client_id, "42"),
        partial(room.remove, "8"),
    ]
    for change in changes:
        before = room.entry(request)
        change()
        assert room.entry(request) != before


def test_a_password_is_echoed_to_nobody_else(room: Room) -> None:
    """Though the snapshot is shared."""
    room.describe(replace(room.info, protected=True, password="sesame"))
    for password in ("sesame", None, "open", None):
        [join] = read_frames(room.entry(Connect("one", Credentials(password=password))))
        assert join["data"]["request"].get("password") == password


def test_a_password_that_opens_nothing_is_nobody_s(room: Room) -> None:
    """It is neither echoed, nor does it cost a snapshot of its own."""
    shared = room.entry(Connect("one"))
    assert room.entry(Connect("one", Credentials(password="sesame"))) is shared
    room.describe(replace(room.info, password="sesame"))  # kept for when the guild is protected again
    shared = room.entry(Connect("one"))
    assert room.entry(Connect("one", Credentials(password="sesame"))) is shared


def test_there_are_only_so_many_kinds_of_viewers(room: Room) -> None:
    """Each event is encoded for each: who has odd wishes where there are many gets all events."""
    for bits in itertools.product([False, True], repeat=len(OPTIONAL_EVENTS)):
        events = frozenset(itertools.compress(sorted(OPTIONAL_EVENTS), bits))
        for batch, cursor, deflate in itertools.product([False, True], repeat=3):
            wanted = Wants(batch, events, cursor, deflate)
            kind = room.kind(wanted)
            assert kind.events in (events, OPTIONAL_EVENTS)
            assert (kind.batch, kind.deflate) == (batch, deflate)
            assert kind.asked_for_nothing is wanted.asked_for_nothing
            room.seat(FakeViewer(kind))
    assert len({viewer.wants for viewer in room.viewers}) <= MAX_KINDS + 10


def test_snapshots_of_all_kinds_are_not_all_kept(room: Room) -> None:
    """Who asks for another set of events each time may not fill the memory with a large guild."""
    room.put_all(Member(str(number), "x" * 100) for number in range(100))
    one = len(room.entry(Connect("one")))
    for bits in itertools.product([False, True], repeat=len(OPTIONAL_EVENTS)):
        events = frozenset(itertools.compress(sorted(OPTIONAL_EVENTS), bits))
        for batch in (False, True):
            room.entry(Connect("one", wants=Wants(batch=batch, events=events)))
    assert sum(map(len, room._entrance._kept.values())) <= 40 * one


# What may not be told any more


def test_only_rooms_that_remember_somebody_are_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody hides in two thousand guilds: where nothing is of them, no history is looked through."""
    rooms = [
        Room(replace(GUILD, id=str(number)), limits=Limits(history_events=1_000)) for number in range(20)
    ]
    for number, each in enumerate(rooms):
        each.seat(FakeViewer(EVERYTHING))
        for _ in range(50):
            each.say(Message("8", "hello", "9"))
        each.say(Message("8", "you", "9", reply_to="7" if number == 3 else None))
        each.flush(0)
    touched: list[Memory] = []
    looked_through = 0

    def after(history: History, position: int) -> list[Event]:
        nonlocal looked_through
        looked_through += 1
        return []

    def forget_past(memory: Memory) -> None:
        touched.append(memory)

    monkeypatch.setattr(History, "after", after)
    monkeypatch.setattr(Memory, "forget_past", forget_past)
    for each in rooms:
        each.forget_words("7")
    assert touched == [rooms[3]._memory]
    assert looked_through == 0


def test_words_are_taken_back(room: Room) -> None:
    """Somebody's words vanish where they are seen; what others said stays there."""
    room.put_all([ADA, BEPPO])
    viewer = seated(room, EVERYTHING)
    for uid in ("7", "8"):
        room.say(Message(uid, "hello", "9", id=f"1{uid}"))
    room.flush(0)
    room.forget_words("7")
    room.flush(1)
    assert viewer.data[2:] == [{"uid": "7", "channel": "9", "id": "17", "message": None}]
    assert list(room.said) == ["18"]


def test_everybody_s_words_are_taken_back(room: Room) -> None:
    """All that are remembered."""
    viewer = seated(room, EVERYTHING)
    for number in range(3):
        room.say(Message("7", "hello", "9", id=str(number)))
    room.flush(0)
    room.forget_words()
    room.flush(1)
    assert [data["id"] for data in viewer.data[3:]] == ["0", "1", "2"]


def test_words_taken_back_do_not_wait_for_old_clients(room: Room) -> None:
    """They have not been said yet, and never are."""
    viewer = seated(room)
    for words in ("first", "second"):
        room.say(Message("7", words, "9"))
    room.flush(0)
    room.forget_words("7")
    room.flush(bubble_seconds("first") + 1)
    assert [data["message"] for data in viewer.data] == ["first"]


@pytest.mark.parametrize("how", ["words", "channel", "past", "hidden channel"])
def test_what_waits_in_a_slow_line_is_forgotten_too(room: Room, how: str) -> None:
    """There the words are frames already, whoever hears of what takes them back."""
    room.set_channels([Channel("9", "lobby")])
    room.put_all([ADA])
    viewers = [seated(room, wants) for wants in (OLD, PLAIN, EVERYTHING)]
    room.say(Message("7", "hello", "9", id="5"))
    room.flush(0)
    match how:
        case "words":
            room.forget_words("7")
        case "channel":
            room.forget_channels(["9"])
        case "past":
            room.forget_past()
        case _:
            room.set_channels([])
    assert all(viewer.forgot for viewer in viewers)


@pytest.mark.parametrize("how", ["taken back", "corrected", "many", "long ago"])
def test_words_changed_just_before_their_turn_are_not_said_as_they_were(room: Room, how: str) -> None:
    """An old client's bubble may be over before the next flush, which then tells of both."""
    viewer = seated(room)
    room.say(Message("7", "first", "9", id="1"))
    room.say(Message("7", "oops", "9", id="2"))
    room.flush(0)
    match how:
        case "taken back":
            room.edit("7", "9", "2", None, {})
        case "corrected":
            room.edit("7", "9", "2", "better", {})
        case "many":
            room.forget_messages(["2"])
        case _:
            for number in range(MAX_SAID):
                room.say(Message("8", "spam", str(100 + number), id=str(100 + number)))
            room.forget_messages(["2"])
    room.flush(bubble_seconds("first") + 1)
    heard = [data["message"] for data in viewer.data if data["channel"] == "9"]
    assert heard == ["first", *(["better"] if how == "corrected" else [])]


@pytest.mark.parametrize("how", ["together", "edited", "again"])
def test_that_a_message_is_taken_back_is_told_whatever_follows(room: Room, how: str) -> None:
    """Also where the news of it still waits for its window."""
    room.put_all([ADA])
    viewer = seated(room, EVERYTHING)
    room.say(Message("7", "oops", "9", id="5"))
    room.flush(0)
    room.edit("7", "9", "5", None, {})
    match how:
        case "together":
            room.forget_messages(["4", "5"])
        case "edited":  # Discord says nothing about the order
            room.edit("7", "9", "5", "late", {})
        case _:
            room.edit("7", "9", "5", None, {})
    room.flush(1)
    assert [event["type"] for event in viewer.events[:2]] == ["message", "edit"]
    assert viewer.data[1]["message"] is None
    assert len(viewer.events) == (3 if how == "edited" else 2)


def test_who_talks_where_words_are_taken_back_is_still_heard_of(room: Room) -> None:
    """A voice channel has a chat of its own: who came to talk there is there, whatever was written."""
    room.put_all([ADA])
    viewer = seated(room, EVERYTHING)
    room.revise([ADA._replace(voice=Voice("9", "Lounge"))])
    room.say(Message("7", "secret", "9", id="5"))
    room.forget_channels(["9"])
    room.flush(0)
    assert [event["type"] for event in viewer.events] == ["voice", "edit"]
    assert users(room, full=True)["7"]["voice"]["channel"] == viewer.data[0]["channel"] == "9"


def test_who_talks_in_a_channel_that_becomes_hidden(room: Room) -> None:
    """Viewers don't see it any more, now or on entering."""
    room.set_channels([Channel("10", "Lounge", "voice")])
    room.put(ADA)
    viewer = seated(room, EVERYTHING)
    room.put_all([ADA._replace(voice=Voice("10", "Lounge"))])
    room.set_channels([])
    room.flush(0)
    assert [data["channel"] for data in viewer.data if "muted" in data] == [None]
    assert users(room, full=True)["7"]["voice"] is None


# Presence


def test_somebody_new_comes_with_a_name(room: Room) -> None:
    """Old clients would show a nameless actor else."""
    viewer = seated(room)
    room.put(ADA)
    room.flush(0)
    assert viewer.frames == [
        {
            "type": "presence",
            "server": "1",
            "data": {"uid": "7", "status": "online", "username": "Ada", "roleColor": "#ff0000"},
        }
    ]


def test_a_change_of_status_says_no_more(room: Room) -> None:
    """Only `uid` and `status` always."""
    room.put(ADA)
    viewer = seated(room)
    room.put(ADA._replace(status="idle"))
    room.flush(0)
    assert viewer.data == [{"uid": "7", "status": "idle"}]


def test_a_change_of_name_says_the_name(room: Room) -> None:
    """And not the colour, which is known."""
    room.put(ADA)
    viewer = seated(room)
    room.put(ADA._replace(username="Ada L."))
    room.flush(0)
    assert viewer.data == [{"uid": "7", "status": "online", "username": "Ada L."}]


def test_a_presence_is_passed_on_even_without_news(room: Room) -> None:
    """`put` is a broadcast: who calls it wants it seen."""
    room.put(ADA)
    viewer = seated(room)
    room.put(ADA)
    room.flush(0)
    assert viewer.data == [{"uid": "7", "status": "online"}]


def test_bringing_members_up_to_date_tells_only_news(room: Room) -> None:
    """Who is the same is not mentioned."""
    room.put_all([ADA, BEPPO])
    viewer = seated(room)
    room.put_all([ADA, BEPPO._replace(status="dnd")])
    room.flush(0)
    assert viewer.data == [{"uid": "8", "status": "dnd"}]


def test_a_removal_says_so(room: Room) -> None:
    """`delete` only where true."""
    room.put(ADA)
    viewer = seated(room)
    room.remove("7")
    room.flush(0)
    assert viewer.data == [{"uid": "7", "status": "offline", "delete": True}]


def test_nobody_hears_of_the_removal_of_somebody_unknown(room: Room) -> None:
    """It would make an actor in old clients."""
    viewer = seated(room)
    room.remove("7")
    room.flush(0)
    assert viewer.frames == []


def test_reconciling_shows_the_difference(room: Room) -> None:
    """Gone, changed and new."""
    room.put_all([ADA, BEPPO])
    viewer = seated(room, EVERYTHING)
    room.reconcile([BEPPO._replace(status="online"), Member("9", "Chiara")])
    room.flush(0)
    assert {data["uid"]: data.get("delete", False) for data in viewer.data} == {
        "7": True,
        "8": False,
        "9": False,
    }


def test_reconciling_with_nobody_empties_the_room(room: Room) -> None:
    """All of them are all of them."""
    room.put_all([ADA, BEPPO])
    room.reconcile([])
    assert room.members == {}


def test_a_move_in_voice_is_a_voice_event(room: Room) -> None:
    """For those who asked."""
    room.put(ADA)
    viewer = seated(room, Wants(events=frozenset({"voice"})))
    room.put_all([ADA._replace(voice=Voice("9", "Lounge"))])
    room.flush(0)
    assert [event["type"] for event in viewer.frames] == ["voice"]
    assert viewer.data[0]["channel"] == "9"


def test_an_activity_is_an_activity_event(room: Room) -> None:
    """For those who asked."""
    room.put(ADA)
    viewer = seated(room, Wants(events=frozenset({"activity"})))
    room.put_all([ADA._replace(activity="Playing Factorio")])
    room.flush(0)
    assert viewer.data == [{"uid": "7", "text": "Playing Factorio"}]


def test_voice_means_nothing_to_old_clients(room: Room) -> None:
    """They hear nothing of it."""
    room.put(ADA)
    viewer = seated(room)
    room.put_all([ADA._replace(voice=Voice("9", "Lounge"))])
    room.flush(0)
    assert viewer.frames == []


# Channels and everything else


def test_channels_come_as_a_whole_map(room: Room) -> None:
    """Whenever one of them changed."""
    viewer = seated(room, EVERYTHING)
    room.set_channels([Channel("9", "general")])
    room.flush(0)
    assert viewer.data == [{"9": {"name": "general", "kind": "text", "category": None, "position": 0}}]


def test_a_status_of_a_voice_channel_comes_and_goes(room: Room) -> None:
    """With the whole map; and of what is gone nothing is kept for who comes back."""
    viewer = seated(room, EVERYTHING)
    room.set_channels([Channel("9", "Lounge", "voice", status="movie night")])
    room.set_channels([Channel("9", "Lounge", "voice")])
    room.flush(0)
    room.set_channels([Channel("9", "Lounge", "voice", status="chess")])
    room.flush(0)
    assert [data["9"].get("status") for data in viewer.data] == [None, "chess"]
    assert snapshot(room, EVERYTHING)["channels"]["9"]["status"] == "chess"


@pytest.mark.parametrize("second", ["#00ff00", None])
def test_a_gradient_alone_is_news_for_who_asked_for_events(room: Room, second: str | None) -> None:
    """Others hear nothing: what they may know is as it was."""
    room.put_all([ADA._replace(role_color2="#0000ff")])
    old, batching, curious = (seated(room, wants) for wants in (OLD, Wants(batch=True), EVERYTHING))
    room.put_all([ADA._replace(role_color2=second)])
    room.flush(0)
    assert curious.data == [{"uid": "7", "status": "online", "roleColor2": second}]
    assert not old.frames
    assert not batching.frames


@pytest.mark.parametrize("line", ["gone fishing", None])
def test_a_line_alone_is_news_for_who_asked_for_events(room: Room, line: str | None) -> None:
    """Others hear nothing of it, now or at the join; a status leaves it as it is."""
    room.put_all([ADA._replace(line="back at noon")])
    old, curious = seated(room, OLD), seated(room, EVERYTHING)
    room.present("7", "idle", None)
    assert users(room, full=True)["7"]["line"] == "back at noon"
    assert "line" not in users(room)["7"]
    room.flush(0)
    heard = len(old.frames)
    room.put_all([ADA._replace(status="idle", line=line)])
    room.flush(0)
    assert curious.data[-1] == {"uid": "7", "status": "idle", "line": line}
    assert len(old.frames) == heard


def test_a_gradient_does_not_swallow_what_else_is_news(room: Room) -> None:
    """Whatever comes first within a flush."""
    room.put_all([ADA])
    viewer = seated(room)
    room.put_all([ADA._replace(role_color2="#0000ff")])
    room.put_all([ADA._replace(role_color2="#0000ff", status="dnd")])
    room.put_all([ADA._replace(role_color2="#00ff00", status="dnd")])
    room.flush(0)
    assert viewer.data == [{"uid": "7", "status": "dnd"}]


def test_a_status_leaves_the_gradient_as_it_is(room: Room) -> None:
    """The most frequent of all changes."""
    room.put_all([ADA._replace(role_color2="#0000ff")])
    room.present("7", "idle", None)
    assert users(room, full=True)["7"]["roleColor2"] == "#0000ff"
    assert "roleColor2" not in users(room)["7"]


def test_the_same_channels_are_no_news(room: Room) -> None:
    """A room told twice tells once."""
    room.set_channels([Channel("9", "general")])
    viewer = seated(room, EVERYTHING)
    room.set_channels([Channel("9", "general")])
    room.flush(0)
    assert viewer.frames == []


def test_the_last_channel_gone_is_an_empty_map(room: Room) -> None:
    """Clients replace what they have by it."""
    room.set_channels([Channel("9", "general")])
    viewer = seated(room, EVERYTHING)
    room.set_channels([])
    room.flush(0)
    assert [frame.get("data") for frame in viewer.frames] == [{}]


def test_asking_to_refresh(room: Room) -> None:
    """Exactly the frame that old clients know."""
    viewer = seated(room)
    room.ask_to_refresh()
    room.flush(0)
    assert viewer.frames == [{"type": "refresh_data", "serverId": "1"}]


def test_words_are_passed_on(room: Room) -> None:
    """Exactly the frame that old clients know."""
    viewer = seated(room)
    room.say(Message("7", "hi", "9", id="5", channel_name="general"))
    room.flush(0)
    assert viewer.frames == [
        {"type": "message", "server": "1", "data": {"uid": "7", "message": "hi", "channel": "9"}}
    ]


PICTURES = {":turnip:": "https://a/1.png"}


def test_emoji_are_for_who_asked(room: Room) -> None:
    """Old clients get exactly the frame that they know."""
    old, curious = seated(room), seated(room, EVERYTHING)
    room.say(Message("7", "a :turnip:", "9", emoji=PICTURES))
    room.flush(0)
    said = {"uid": "7", "message": "a :turnip:", "channel": "9"}
    assert old.data == [said]
    assert curious.data == [said | {"emoji": PICTURES}]


def test_emoji_are_forgotten_with_the_words(room: Room) -> None:
    """Of a message that is kept without its words, nothing tells what they were."""
    room.say(Message("7", "a :turnip:", "9", id="5", channel_name="beds", emoji=PICTURES))
    assert room.said["5"] == Message("7", "", "9", id="5", channel_name="beds")


@pytest.mark.parametrize("how", ["somebody's", "everybody's", "of a hidden channel"])
def test_nothing_that_is_taken_back_leaves_its_emoji(room: Room, how: str) -> None:
    """Neither to who comes back nor to who waits for words."""
    room.set_channels([Channel("9", "beds")])
    old, curious = seated(room), seated(room, EVERYTHING)
    since = snapshot(room, EVERYTHING)["cursor"]
    room.say(Message("8", "well?", "9"))
    room.flush(0)
    room.say(Message("7", ":turnip:", "9", id="5", emoji=PICTURES))
    room.publish("edit", {"uid": "7", "channel": "9", "id": "5", "message": ":turnip:", "emoji": PICTURES})
    room.publish("reaction", {"uid": "7", "channel": "9", "emoji": ":turnip:", "image": "https://a/1.png"})
    room.flush(1)
    assert "turnip" in str(curious.frames)
    if how == "of a hidden channel":
        room.set_channels([])
    else:
        room.forget_words("7" if how == "somebody's" else None)
    room.flush(MAX_LAG)
    assert "turnip" not in str(read_frames(room.entry(Connect("one", wants=EVERYTHING, cursor=since))))
    assert "turnip" not in str(old.frames)


def test_words_that_are_corrected_before_they_are_played(room: Room) -> None:
    """Old clients see the new ones, and no emoji."""
    viewer = seated(room)
    room.say(Message("8", "well?", "9"))
    room.say(Message("7", ":turnip:", "9", id="5", emoji=PICTURES))
    room.flush(0)
    room.publish("edit", {"uid": "7", "channel": "9", "id": "5", "message": ":leek:", "emoji": PICTURES})
    room.flush(1)
    room.flush(bubble_seconds("well?"))
    assert viewer.data[1:] == [{"uid": "7", "message": ":leek:", "channel": "9"}]


# Viewers


def test_what_happened_before_the_seat_is_not_told(room: Room) -> None:
    """It is in the snapshot already."""
    early = seated(room, EVERYTHING)
    room.put(ADA)
    late = seated(room, EVERYTHING)
    room.put(BEPPO)
    room.flush(0)
    assert [data["uid"] for data in early.data] == ["7", "8"]
    assert [data["uid"] for data in late.data] == ["8"]


def test_who_left_hears_nothing(room: Room) -> None:
    """Not even what was pending."""
    viewer = seated(room)
    room.put(ADA)
    room.unseat(viewer)
    room.flush(0)
    assert viewer.frames == []


def test_leaving_twice_is_no_error(room: Room) -> None:
    """A viewer may be unseated by several who find it gone."""
    viewer = seated(room)
    room.unseat(viewer)
    room.unseat(viewer)
    assert room.viewers == []


def test_a_viewer_may_leave_while_it_is_offered_something(room: Room) -> None:
    """The others get what they are owed."""

    class Leaver(FakeViewer):
        def offer(self, frames: bytes) -> None:
            room.unseat(self)

    others = [seated(room) for _ in range(3)]
    room.seat(Leaver())
    room.put(ADA)
    room.flush(0)
    assert [len(viewer.frames) for viewer in others] == [1, 1, 1]
    assert len(room.viewers) == 3


def test_dismissed_viewers_hear_why(room: Room) -> None:
    """And sit no longer in the room."""
    viewers = [seated(room), seated(room, EVERYTHING)]
    room.dismiss_viewers(Goodbye.REVOKED, LOGIN_ENDED)
    assert [viewer.farewell for viewer in viewers] == [(Goodbye.REVOKED, LOGIN_ENDED)] * 2
    assert room.viewers == []


def test_a_change_wakes_the_room() -> None:
    """So that somebody flushes it."""
    woken = []
    room = Room(GUILD, lambda: woken.append(True))
    seated(room)
    room.put(ADA)
    assert woken


def test_an_empty_room_keeps_no_events(room: Room) -> None:
    """With nobody there, the state is all there is to keep."""
    for number in range(100):
        room.say(Message("7", str(number), "9"))
    viewer = seated(room, EVERYTHING)
    room.flush(0)
    assert viewer.frames == []


def test_words_held_back_for_who_left_are_forgotten() -> None:
    """Nothing is paced for nobody."""
    room = Room(GUILD, limits=FORGETFUL)
    viewer = seated(room)
    room.say(Message("7", "a", "9"))
    room.say(Message("7", "b", "9"))
    assert room.flush(0) is not None
    room.unseat(viewer)
    assert room.flush(1) is None


def test_flush_says_when_words_are_due(room: Room) -> None:
    """For old clients, one bubble a channel at a time."""
    viewer = seated(room)
    room.say(Message("7", "a", "9"))
    room.say(Message("7", "b", "9"))
    assert room.flush(0) == bubble_seconds("a")
    room.flush(bubble_seconds("a"))
    assert [data["message"] for data in viewer.data] == ["a", "b"]


def test_who_asked_for_something_waits_for_no_bubble() -> None:
    """New clients get everything at once."""
    room = Room(GUILD, limits=FORGETFUL)
    viewer = seated(room, Wants(batch=True))
    room.say(Message("7", "a", "9"))
    room.say(Message("7", "b", "9"))
    assert room.flush(0) is None
    assert [data["message"] for data in viewer.data] == ["a", "b"]


# Any interleaving


class Page:
    """A viewer's page: believes what it is told, and checks that a d-zone client could show it."""

    def __init__(self, machine: "AnyInterleaving", wants: Wants) -> None:
        self.wants = wants
        self.machine = machine
        self.seated = False
        self.stuck = False
        self.enter()

    def enter(self) -> None:
        """Take a snapshot and a seat, as a session does: a new world, with no bubble up."""
        self.leave()
        room = self.machine.room
        self.said_before = len(self.machine.said)
        self.positions: list[int] = []
        self.heard: list[int] = []
        self.world = OldClient()
        request = Connect("one", wants=self.wants)
        [join] = read_frames(room.entry(request))
        self.members: dict[str, Json] = join["data"]["users"]
        self.channels: Json | None = join["data"].get("channels")
        self.seated_at = room.position
        room.seat(self)
        self.seated = True

    def leave(self) -> None:
        self.machine.room.unseat(self)
        self.seated = False

    def forget(self) -> None:
        """Nothing waits here."""

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        raise AssertionError("nobody is dismissed here")

    def offer(self, frames: bytes) -> None:
        assert self.seated, "somebody who left is still told things"
        if self.stuck:
            self.leave()
            return
        events = unpacked(read_frames(frames))
        self.machine.in_doubt = True
        for event in events:
            self.hear(event)
        self.machine.in_doubt = False

    def hear(self, event: Json) -> None:
        if self.wants.asked_for_nothing:
            assert "cursor" not in event
        else:
            position = int(event["cursor"].rpartition(".")[2])
            assert position > (self.positions or [self.seated_at])[-1], "twice, out of order, or from before"
            self.positions.append(position)
        handler = getattr(self, f"hear_{event['type']}", None)
        if handler is not None:
            handler(event["data"])
        else:
            assert event["type"] in {"refresh_data", "typing", "edit"}
            assert event["type"] == "refresh_data" or event["type"] in self.wants.events

    def hear_presence(self, data: Json) -> None:
        uid = data["uid"]
        if data.get("delete"):
            assert uid in self.members, "a removal of somebody this viewer doesn't have"
            assert not self.world.freezes_without(uid, self.machine.now), "a removal in the middle of words"
            del self.members[uid]
            return
        if uid not in self.members:
            assert "username" in data, "somebody new without a name"
            assert "roleColor" in data, "somebody new without a colour"
            self.members[uid] = {"voice": None, "activity": None, "avatar": None} if self.wants.events else {}
        self.members[uid].update(data)

    def hear_voice(self, data: Json) -> None:
        voice = {key: value for key, value in data.items() if key != "uid"}
        self.members[data["uid"]]["voice"] = voice if voice["channel"] else None

    def hear_activity(self, data: Json) -> None:
        self.members[data["uid"]]["activity"] = data["text"]

    def hear_channels(self, data: Json) -> None:
        assert self.wants.events
        self.channels = data

    def hear_message(self, data: Json) -> None:
        now = self.machine.now
        number = int(data["message"].split()[0])
        assert number >= self.said_before, "words from before the snapshot"
        self.heard.append(number)
        if self.machine.said[number].by_member:
            assert data["uid"] in self.members, "words of somebody who was removed before them"
        if self.wants.paced:
            starts = self.world.show(data["uid"], data["message"], data["channel"], now)
            assert starts - self.machine.said[number].at <= MAX_LAG + SLACK, "words come too late"

    def heard_in(self, channel: str) -> list[int]:
        return [number for number in self.heard if self.machine.said[number].channel == channel]


class Said:
    """Words, and when they were said."""

    def __init__(self, at: float, channel: str, *, by_member: bool) -> None:
        self.at = at
        self.channel = channel
        self.by_member = by_member


UIDS = ["7", "8", "9"]
CHANNELS = ["1", "2"]

uids = st.sampled_from(UIDS)
channels = st.sampled_from(CHANNELS)
voices = st.none() | st.builds(Voice, channels, st.just("Lounge"), muted=st.booleans())
members = st.builds(
    Member,
    uid=uids,
    username=st.sampled_from(["Ada", "Beppo"]),
    status=st.sampled_from(["online", "idle", "dnd", "offline"]),
    role_color=st.sampled_from(["#ff0000", "#00ff00"]),
    bot=st.booleans(),
    avatar=st.sampled_from([None, "https://a"]),
    voice=voices,
    activity=st.sampled_from([None, "Chess"]),
    joined=st.sampled_from([None, 0]),
    role_color2=st.sampled_from([None, "#0000ff"]),
)
rosters = st.lists(members, max_size=3, unique_by=lambda member: member.uid)
wishes = st.sampled_from(
    [
        OLD,
        OLD,
        PLAIN,
        Wants(batch=True),
        Wants(cursor=True),
        Wants(events=OPTIONAL_EVENTS),
        EVERYTHING,
    ]
)


class AnyInterleaving(RuleBasedStateMachine):
    """A room and pages that come and go while anything happens.

    Time moves as the flush window lets it: a room that wants to be flushed at a certain time is, and what
    happened is flushed before time goes on.
    """

    in_doubt = True  # while a page looks at what it is told
    in_small_turns = False

    @initialize(roster=rosters)
    def open(self, roster: list[Member]) -> None:
        self.in_doubt = False
        self.patch = pytest.MonkeyPatch()
        if self.in_small_turns:
            self.patch.setattr("bridge.rooms.stream.EVENTS_AT_ONCE", 3)
            self.patch.setattr("bridge.rooms.delivery.WORK_AT_ONCE", 2)
        self.now = 1_000.0
        self.due: float | None = None
        self.said: list[Said] = []
        self.pages: list[Page] = []
        self.room = Room(GUILD)
        self.room.reconcile(roster)

    # Viewers

    @rule(wants=wishes)
    def join(self, wants: Wants) -> None:
        self.pages.append(Page(self, wants))

    @precondition(lambda self: self.pages)
    @rule(data=st.data())
    def join_again(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.pages)).enter()

    @precondition(lambda self: self.pages)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        page = data.draw(st.sampled_from(self.pages))
        page.leave()
        self.pages.remove(page)

    @precondition(lambda self: self.pages)
    @rule(data=st.data())
    def stop_reading(self, data: st.DataObject) -> None:
        """Is found to be stuck at the next offer, and leaves in the middle of it."""
        page = data.draw(st.sampled_from(self.pages))
        page.stuck = True
        self.pages.remove(page)

    # What happens

    @rule(member=members)
    def put(self, member: Member) -> None:
        self.room.put(member)

    @rule(roster=rosters)
    def put_all(self, roster: list[Member]) -> None:
        self.room.put_all(roster)

    @rule(uid=uids)
    def remove(self, uid: str) -> None:
        self.room.remove(uid)

    @rule(roster=rosters)
    def reconcile(self, roster: list[Member]) -> None:
        self.room.reconcile(roster)

    @rule(uid=uids, channel=channels, times=st.integers(1, 6), length=st.sampled_from([0, 40, 70, 145, 500]))
    def say(self, uid: str, channel: str, times: int, length: int) -> None:
        for _ in range(times):
            number = len(self.said)
            self.said.append(Said(self.now, channel, by_member=uid in self.room.members))
            text = f"{number} {'.' * length}"
            self.room.say(Message(uid, text, channel, id=f"id {number}"))

    @precondition(lambda self: self.said)
    @rule(data=st.data(), taken_back=st.booleans())
    def edit(self, data: st.DataObject, taken_back: bool) -> None:
        number = data.draw(st.integers(0, len(self.said) - 1))
        words = None if taken_back else f"{number} in other words"
        channel = self.said[number].channel
        self.room.publish("edit", {"uid": "7", "channel": channel, "id": f"id {number}", "message": words})

    @rule(uid=uids, channel=channels)
    def type(self, uid: str, channel: str) -> None:
        self.room.publish("typing", {"uid": uid, "channel": channel})

    @rule(names=st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True))
    def set_channels(self, names: list[str]) -> None:
        self.room.set_channels([Channel(name, name) for name in names])

    @rule()
    def ask_to_refresh(self) -> None:
        self.room.ask_to_refresh()

    # Time

    @rule()
    def flush(self) -> None:
        self.take_a_turn()
        while not self.room.is_through:
            self.take_a_turn()

    @rule()
    def take_a_turn(self) -> None:
        self.due = self.room.flush(self.now)

    @rule(seconds=st.sampled_from([0.016, 0.5, 1.0, 4.9, 5.0, 5.1, 6.0, 20.0]) | st.floats(0.001, 10))
    def wait(self, seconds: float) -> None:
        self.flush()
        until = self.now + seconds
        while self.due is not None and max(self.due, self.now + WINDOW) <= until:
            self.now = max(self.due, self.now + WINDOW)
            self.flush()
        self.now = until

    # What must always hold

    @invariant()
    def everybody_in_the_room_is_a_page(self) -> None:
        assert {id(page) for page in self.pages} <= {id(viewer) for viewer in self.room.viewers}

    @invariant()
    def counts_are_true(self) -> None:
        online = sum(member.status != "offline" for member in self.room.members.values())
        assert self.room.counts()["online"] == online

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.patch.undo()
        if self.in_doubt:
            return  # something was found already
        self.flush()
        for page in self.pages:
            if not page.wants.paced:
                self.check_members(page)
                assert page.heard == list(range(page.said_before, len(self.said))), "each once, in order"
                if page.wants.events:
                    assert page.channels == {
                        name: {"name": name, "kind": "text", "category": None, "position": 0}
                        for name in self.room.channels
                    }
        self.wait(MAX_LAG + LONGEST_STAY)
        assert self.room._audience._playback.next_due() is None, "still something to come"
        for page in self.pages:
            self.check_members(page)
            for channel in CHANNELS:
                heard = page.heard_in(channel)
                assert heard == sorted(set(heard)), "each once, in order"

    def check_members(self, page: Page) -> None:
        assert known(page.members) == known(users(self.room, full=bool(page.wants.events)))


TestAnyInterleaving = pytest.mark.timeout(300)(AnyInterleaving.TestCase)  # the longest test of all
TestAnyInterleaving.settings = settings(
    max_examples=tries(100), stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyInterleaving.__doc__ = (
    "Whatever happens in whatever order, every page ends with exactly the room's members."
)


class InSmallTurns(AnyInterleaving):
    """The same where a turn hands out no more than three events, and serves two viewers."""

    in_small_turns = True


TestInSmallTurns = pytest.mark.timeout(300)(InSmallTurns.TestCase)
TestInSmallTurns.settings = TestAnyInterleaving.settings
TestInSmallTurns.__doc__ = "Whatever happens while events are on their way to some and not yet to others."
