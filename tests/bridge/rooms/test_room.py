"""One guild's room: what it tells whom."""

import itertools
from dataclasses import replace
from functools import partial

import pytest

from bridge.limits import Limits
from bridge.model import Channel, Member, Message, Voice
from bridge.problems import LOGIN_ENDED
from bridge.rooms.audience import MAX_KINDS
from bridge.rooms.playback import MAX_LAG, bubble_seconds
from bridge.rooms.room import Room
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Credentials, Goodbye, Wants
from tests.bridge.rooms.seats import ADA, BEPPO, EVERYTHING, GUILD, OLD, FakeViewer, seated, snapshot, users
from tests.bridge.watchers import read_frames

FORGETFUL = Limits(history_events=0)


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
