"""Rooms that hold the same guild elsewhere: whatever happens, they and their viewers know the same."""

import json
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bridge.limits import Limits
from bridge.model import Channel, Happening, HappeningKind, Member, Message, Voice
from bridge.problems import SERVER_HIDDEN
from bridge.rooms.changes import CONTROL
from bridge.rooms.flush import WINDOW
from bridge.rooms.room import Room
from bridge.wire.protocol import Connect, Event, Goodbye, Wants
from tests.bridge.rooms.seats import (
    ADA,
    BEPPO,
    EVERYTHING,
    GUILD,
    PLAIN,
    FakeViewer,
    members,
    rosters,
    seated,
    uids,
    wishes,
)
from tests.bridge.watchers import Json, read_frames
from tests.thorough import tries

LIMITS = Limits(history_events=40, history_age=30.0)
CHANNELS = ["1", "2", "3"]
channels = st.sampled_from(CHANNELS)
role_names = st.sampled_from([{}, {"41": "Gardeners"}, {"41": "Growers", "42": "Guards"}])


class Follower:
    """A room of the same guild, and what it was told and has not accepted yet."""

    def __init__(self, writer: Room) -> None:
        self.queue: deque[Event] = deque()
        self.stop = writer.listen(self.queue.extend)
        self.room = Room.of_copy(writer.copy(), limits=LIMITS)

    def catch_up(self, now: float) -> None:
        while self.queue:
            self.room.accept(self.queue.popleft())
        self.flush(now)

    def flush(self, now: float) -> None:
        self.room.flush(now)
        while not self.room.is_through:
            self.room.flush(now)


def known_to(room: Room) -> Json:
    """Name everything that viewers may be told of a room."""
    return {
        "info": replace(room.info, role_names={}),
        "client": room.client_id,
        "members": {uid: member._replace(role=None) for uid, member in room.members.items()},
        "role names": dict(room.role_names),
        "channels": dict(room.channels),
        "said": {name: _unnamed(words) for name, words in room.said.items()},
        "happenings": dict(room.happenings),
        "counts": room.counts(),
    }


def _unnamed(words: Message) -> Message:
    """Leave out what the place is called: a room that follows needn't know."""
    return replace(words, channel_name=None)


def entry(room: Room, wants: Wants, cursor: str | None = None) -> list[Json]:
    return read_frames(room.entry(Connect("one", wants=wants, cursor=cursor)))


@pytest.fixture
def writer() -> Room:
    room = Room(GUILD, limits=LIMITS)
    room.put_all([ADA, BEPPO])
    return room


@pytest.fixture
def follower(writer: Room) -> Follower:
    return Follower(writer)


def told(writer: Room, follower: Follower, now: float = 0.0) -> None:
    writer.flush(now)
    follower.catch_up(now)


# Examples


def test_a_copy_knows_the_same(writer: Room) -> None:
    """Also the same cursors."""
    writer.set_channels([Channel("9", "beds", "voice", "Floor", 3, "asleep")])
    writer.set_client_id("42")
    writer.say(Message("7", "hello", "9", id="5"))
    room = Room.of_copy(writer.copy())
    assert known_to(room) == known_to(writer)
    assert entry(room, EVERYTHING) == entry(writer, EVERYTHING)


@pytest.mark.parametrize("what", ["notice", "servers"])
def test_what_is_told_aside_takes_no_number(writer: Room, follower: Follower, what: str) -> None:
    """What the writer tells next has that one, and is no less news."""
    viewer = seated(follower.room, wants=EVERYTHING)
    if what == "notice":
        follower.room.tell_notice({"text": "Back soon", "at": 1, "seconds": 60})
    else:
        follower.room.tell_servers(follower.room.users(full=False))  # any entries will do
    follower.flush(0.0)
    writer.say(Message("7", "hello", "9", id="5"))
    told(writer, follower)
    assert [event["type"] for event in viewer.events] == [what, "message"]


def test_what_the_copy_knows_is_no_news(writer: Room) -> None:
    """It was pending when the copy was made."""
    seated(writer)
    writer.say(Message("7", "hello", "9", id="5"))
    follower = Follower(writer)
    viewer = seated(follower.room)
    told(writer, follower)
    assert viewer.events == []
    assert known_to(follower.room) == known_to(writer)


def test_who_listens_hears_nothing_after_stopping(writer: Room, follower: Follower) -> None:
    """And the room records no longer than others watch."""
    follower.stop()
    writer.say(Message("7", "hello", "9"))
    writer.flush(0)
    writer.flush(LIMITS.history_age)
    assert not follower.queue
    assert writer._stream._records is False


def test_without_anybody_listening_control_takes_no_position(writer: Room) -> None:
    """One process stays as it is."""
    viewer = seated(writer, EVERYTHING)
    before = writer.position
    writer.describe(replace(GUILD, name="Renamed"))
    writer.forget_past()
    writer.forget_messages(["5"])
    writer.forget_words("nobody")
    writer.dismiss_viewers(Goodbye.REVOKED, SERVER_HIDDEN)
    assert writer.position == before
    assert viewer.farewell is not None


@pytest.mark.parametrize("wants", [PLAIN, EVERYTHING])
def test_control_reaches_no_viewer_s_wire(writer: Room, follower: Follower, wants: Wants) -> None:
    """Neither there nor here; what it does, it does in both."""
    viewers = seated(writer, wants), seated(follower.room, wants)
    writer.describe(replace(GUILD, name="Renamed", protected=True, password="sesame"))
    writer.forget_past()
    writer.forget_messages(["5"])
    told(writer, follower)
    writer.close(Goodbye.REVOKED, SERVER_HIDDEN)
    told(writer, follower)
    for viewer in viewers:
        assert viewer.frames == []
        assert viewer.farewell == (Goodbye.REVOKED, SERVER_HIDDEN)
    assert follower.room.info == writer.info


def test_all_of_control_says_what_json_can_say(writer: Room) -> None:
    """So it may travel between processes, as events do."""
    heard: list[Event] = []
    writer.listen(heard.extend)
    writer.describe(replace(GUILD, name="Renamed", since=5, role=7, role_names={"41": "Gardeners"}))
    writer.revise([ADA._replace(joined=0, role="41")])
    writer.say(Message("7", "secret", "9", id="5", emoji={":e:": "https://e"}))
    writer.forget_past()
    writer.forget_words()
    writer.forget_words("7")
    writer.forget_channels({"9"})
    writer.forget_messages({"5"})
    writer.withdraw({"7"})
    writer.withdraw(None)
    writer.review()
    writer.dismiss_viewers(Goodbye.REVOKED, SERVER_HIDDEN)
    writer.close(Goodbye.RESTART, SERVER_HIDDEN)
    writer.flush(0)
    assert {event.type for event in heard if event.type in CONTROL} == CONTROL
    for event in heard:
        assert json.loads(json.dumps(event.data)) == event.data
    assert "secret" not in repr([event.data for event in heard])


def test_words_of_whom_only_a_follower_remembers_are_forgotten(writer: Room) -> None:
    """A room that listens may hold more of the past than the one where it happened."""
    follower = Follower(writer)
    room = follower.room
    viewer = seated(room, EVERYTHING)
    writer.say(Message("66", "secret", "9"))
    told(writer, follower)
    room.unseat(viewer)
    cursor = viewer.frames[-1]["cursor"].rpartition(".")[0] + f".{room.position - 1}"
    assert "secret" in repr(entry(room, EVERYTHING, cursor))
    writer._stream.forget_past()  # it is longer ago than it remembers
    writer.forget_words("66")
    told(writer, follower)
    assert "secret" not in repr(entry(room, EVERYTHING, cursor))


@pytest.mark.parametrize("words", ["others", None])
def test_who_comes_back_to_a_copy_hears_what_was_edited(writer: Room, words: str | None) -> None:
    """A message with its new words, as in the room that it happened in; none that is taken back."""
    told: list[Event] = []
    writer.seat(FakeViewer(EVERYTHING))
    writer.listen(told.extend)
    writer.flush(0.0)
    told.clear()
    since, copy = writer.position, writer.copy()
    [join] = entry(writer, EVERYTHING)
    for number in "56":
        writer.say(Message(ADA.uid, "first", "1", number))
    writer.flush(1.0)
    writer.edit(ADA.uid, "1", "5", "second", {})
    writer.edit(ADA.uid, "1", "5", words, {})
    writer.flush(2.0)
    follower = Room.of_copy(replace(copy, position=writer.position), limits=LIMITS)
    follower.recall(told, since, 2.0)
    cursor = join["data"]["cursor"]
    assert entry(follower, EVERYTHING, cursor) == entry(writer, EVERYTHING, cursor)


def test_what_was_forgotten_before_it_left_is_never_heard(writer: Room, follower: Follower) -> None:
    """It waited for its window."""
    writer.say(Message("7", "secret", "9", id="5"))
    writer.forget_words("7")
    writer.flush(0)
    assert "secret" not in repr([(event.data, event.extras) for event in follower.queue])


def test_of_words_that_never_left_it_is_known_that_they_were_said(
    writer: Room, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the two would remember others, where there is room for only so many."""
    monkeypatch.setattr("bridge.rooms.state.MAX_SAID", 2)
    for number in "123":
        writer.say(Message("7", "hello", "9", id=number))
    writer.edit("7", "9", "3", None, {})
    told(writer, follower)
    assert follower.room.said.keys() == writer.said.keys() == {"2"}


# Any interleaving


class AnyInterleaving(RuleBasedStateMachine):
    """A room, one that follows it at every step, and one that lags behind."""

    @initialize(roster=rosters)
    def open(self, roster: list[Member]) -> None:
        self.now = 1_000.0
        self.writer = Room(GUILD, limits=LIMITS)
        self.writer.reconcile(roster)
        self.near = Follower(self.writer)
        self.far = Follower(self.writer)
        self.pairs: list[tuple[FakeViewer, FakeViewer]] = []
        self.words = 0

    # Viewers

    @rule(wants=wishes)
    def join(self, wants: Wants) -> None:
        """Two who came at once hear the same from then on."""
        self.flush()
        assert entry(self.near.room, wants) == entry(self.writer, wants)
        self.pairs.append((seated(self.writer, wants), seated(self.near.room, wants)))
        seated(self.far.room, wants)

    @rule(data=st.data())
    def change_process(self, data: st.DataObject) -> None:
        """Who comes back elsewhere with their cursor is told all that they missed, as where they were."""
        self.flush()
        heard = [v for v, _ in self.pairs if not v.wants.asked_for_nothing and v.events]
        if heard:
            viewer = data.draw(st.sampled_from(heard))
            cursor = data.draw(st.sampled_from(viewer.events))["cursor"]
            here = entry(self.writer, viewer.wants, cursor)
            there = entry(self.near.room, viewer.wants, cursor)
            if "resumed" in here[0]["data"] and "resumed" in there[0]["data"]:
                assert here == there

    @rule(goodbye=st.sampled_from(list(Goodbye)))
    def dismiss(self, goodbye: Goodbye) -> None:
        self.writer.dismiss_viewers(goodbye, SERVER_HIDDEN)
        self.flush()
        for pair in self.pairs:
            self.check(*pair)
        assert self.near.room.viewers == []
        self.pairs.clear()

    # What happens

    @rule(member=members)
    def put(self, member: Member) -> None:
        self.writer.put(member, {"username": member.username})

    @rule(roster=rosters)
    def put_all(self, roster: list[Member]) -> None:
        self.writer.put_all(roster)

    @rule(uid=uids, voice=st.none() | st.builds(Voice, channels, st.just("Lounge"), speaker=st.booleans()))
    def talk(self, uid: str, voice: Voice | None) -> None:
        if (known := self.writer.members.get(uid)) is not None:
            self.writer.revise([known._replace(voice=voice)])

    @rule(uid=uids, activity=st.sampled_from([None, "Chess"]))
    def present(self, uid: str, activity: str | None) -> None:
        self.writer.present(uid, "dnd", activity)

    @rule(uid=uids)
    def remove(self, uid: str) -> None:
        self.writer.remove(uid)

    @rule(roster=rosters)
    def reconcile(self, roster: list[Member]) -> None:
        self.writer.reconcile(roster)

    @rule(
        uid=uids, channel=channels, has_id=st.booleans(), answers=st.none() | uids,
        parent=st.none() | channels, speaker=st.none() | members,
    )  # fmt: skip
    def say(
        self, uid: str, channel: str, has_id: bool, answers: str | None, parent: str | None,
        speaker: Member | None,
    ) -> None:  # fmt: skip
        self.words += 1
        self.writer.say(
            Message(
                uid, f"{self.words} :e:", channel, str(self.words) if has_id else None, "beds", answers,
                {":e:": "https://e"}, parent,
            ),
            speaker and speaker._replace(uid=uid),
        )  # fmt: skip

    @rule(data=st.data(), uid=uids, channel=channels, words=st.sampled_from([None, "others", "others :f:"]))
    def edit(self, data: st.DataObject, uid: str, channel: str, words: str | None) -> None:
        number = str(data.draw(st.integers(0, self.words)))
        self.writer.edit(uid, channel, number, words, {":f:": "https://f"} if words else {})

    @rule(uid=uids, channel=channels)
    def type(self, uid: str, channel: str) -> None:
        self.writer.publish("typing", {"uid": uid, "channel": channel})

    @rule(uid=uids, channel=channels)
    def react(self, uid: str, channel: str) -> None:
        self.writer.publish("reaction", {"uid": uid, "channel": channel, "emoji": "🌸"})

    @rule(
        number=st.integers(0, 9), kind=st.sampled_from(["boost", "thread", "poll"]), uid=uids,
        channel=channels, parent=st.none() | channels,
    )  # fmt: skip
    def happen(self, number: int, kind: HappeningKind, uid: str, channel: str, parent: str | None) -> None:
        self.writer.happen(Happening(str(number), kind, uid, channel, parent, f"name {self.words}"))

    @rule(number=st.integers(0, 9))
    def end(self, number: int) -> None:
        self.writer.end_happening(str(number))

    @rule(names=st.lists(channels, max_size=3, unique=True), text=st.sampled_from([None, "Quiz"]))
    def plan(self, names: list[str], text: str | None) -> None:
        self.writer.set_events(Happening(f"e{name}", "event", channel=name, text=text) for name in names)

    @rule(
        names=st.lists(channels, max_size=3, unique=True),
        status=st.sampled_from([None, "busy"]),
        called=st.sampled_from(["", " of before"]),
    )
    def bring_channels(self, names: list[str], status: str | None, called: str) -> None:
        """As a directory does: what was said in those that are gone is taken back."""
        gone = self.writer.channels.keys() - set(names)
        self.writer.set_channels([Channel(name, name + called, status=status) for name in names])
        if gone:
            self.writer.forget_channels(gone)

    @rule(name=st.sampled_from(["Here", "There"]), count=st.sampled_from([None, 9]), called=role_names)
    def rename(self, name: str, count: int | None, called: dict[str, str]) -> None:
        self.writer.describe(replace(GUILD, name=name, member_count=count, role_names=called))

    @rule(client_id=st.sampled_from(["41", "42"]))
    def name_application(self, client_id: str) -> None:
        self.writer.set_client_id(client_id)

    @rule()
    def ask_to_refresh(self) -> None:
        self.writer.ask_to_refresh()

    # What is forgotten

    @rule()
    def forget_past(self) -> None:
        self.writer.forget_past()

    @rule(uid=st.none() | uids)
    def forget_words(self, uid: str | None) -> None:
        self.writer.forget_words(uid)

    @rule(names=st.lists(channels, max_size=2, unique=True))
    def forget_channels(self, names: list[str]) -> None:
        self.writer.forget_channels(names)

    @rule(names=st.lists(channels, max_size=2, unique=True))
    def forget_threads(self, names: list[str]) -> None:
        self.writer.forget_threads(names)

    @rule(name=channels | st.integers(0, 9).map(str), title=st.sampled_from([None, "beds", "pots"]))
    def rename_thread(self, name: str, title: str | None) -> None:
        self.writer.rename_thread(name, title, title or "around it")

    @rule(data=st.data())
    def forget_messages(self, data: st.DataObject) -> None:
        numbers = data.draw(st.lists(st.integers(0, self.words), max_size=3))
        self.writer.forget_messages(set(map(str, numbers)))

    # Time

    @rule()
    def flush(self) -> None:
        self.take_a_turn()
        while not self.writer.is_through:
            self.take_a_turn()

    def take_a_turn(self) -> None:
        self.writer.flush(self.now)
        self.near.catch_up(self.now)

    @rule(count=st.integers(1, 10))
    def lag(self, count: int) -> None:
        """What was far away arrives, some of it."""
        for _ in range(min(count, len(self.far.queue))):
            self.far.room.accept(self.far.queue.popleft())

    @rule()
    def flush_far(self) -> None:
        self.far.flush(self.now)

    @rule(seconds=st.sampled_from([WINDOW, 1.0, 5.0, 29.0, 31.0, 301.0]))
    def wait(self, seconds: float) -> None:
        self.flush()
        self.now += seconds
        self.flush()

    # What must always hold

    @invariant()
    def nobody_is_ahead(self) -> None:
        if hasattr(self, "far"):
            assert self.far.room.position <= self.near.room.position <= self.writer.position

    @invariant()
    def what_is_kept_is_what_would_be_made(self) -> None:
        """Whatever changed: nobody gets what was made for somebody before it."""
        if hasattr(self, "far"):
            for room in (self.writer, self.near.room):
                kept = [entry(room, wants) for wants in (PLAIN, EVERYTHING)]
                room._entrance.forget()
                assert [entry(room, wants) for wants in (PLAIN, EVERYTHING)] == kept

    def check(self, here: FakeViewer, there: FakeViewer) -> None:
        assert there.frames == here.frames
        assert there.farewell == here.farewell
        assert not CONTROL.intersection(event["type"] for event in there.events)

    def teardown(self) -> None:
        if not hasattr(self, "writer"):
            return
        self.flush()
        self.far.catch_up(self.now)
        assert known_to(self.near.room) == known_to(self.writer)
        assert known_to(self.far.room) == known_to(self.writer)
        for pair in self.pairs:
            self.check(*pair)


TestAnyInterleaving = pytest.mark.timeout(300)(AnyInterleaving.TestCase)
TestAnyInterleaving.settings = settings(
    max_examples=tries(100), stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyInterleaving.__doc__ = "Whatever happens in one room, those who follow it end with the same."
