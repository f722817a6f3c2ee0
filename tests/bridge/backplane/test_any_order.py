"""Whatever happens to the guild, the server and the lines between: whoever follows ends with the truth."""

import asyncio
from collections import deque
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bridge.backplane import codec, keys
from bridge.backplane.book import Book
from bridge.backplane.codec import Entry
from bridge.backplane.follower import Follower, NotThere
from bridge.backplane.lines import Lines
from bridge.limits import Limits
from bridge.model import Channel, Member, Message
from bridge.rooms.room import Room
from bridge.wire.protocol import Connect, Event
from tests.bridge.rooms.seats import EVERYTHING, GUILD, FakeViewer, members, rosters, uids
from tests.bridge.rooms.test_followers import channels, known_to, role_names
from tests.bridge.watchers import Json, read_frames
from tests.redis import RedisServer
from tests.thorough import tries

LIMITS = Limits(history_events=40, history_age=30.0)


class Watching(FakeViewer):
    """Somebody with a page: it starts over where the room does, and no event comes twice or out of order."""

    def __init__(self, room: Room) -> None:
        super().__init__(EVERYTHING)
        self.room = room
        room.seat(self)
        self.enter()

    def enter(self) -> None:
        self.frames.clear()
        [join] = read_frames(self.room.entry(Connect("one", wants=EVERYTHING)))
        self.users: dict[str, str] = {uid: user["status"] for uid, user in join["data"]["users"].items()}
        self.words: list[str] = []

    def check(self) -> None:
        """Look at what came since the last look."""
        cursors = [int(event["cursor"].rpartition(".")[2]) for event in self.events]
        assert cursors == sorted(set(cursors))
        for event in self.events:
            data = event["data"]
            match event["type"]:
                case "presence" if "delete" in data:
                    del self.users[data["uid"]]
                case "presence":
                    assert data["uid"] in self.users or "username" in data
                    self.users[data["uid"]] = data["status"]
                case "message":
                    self.words.append(data["message"])
        self.frames.clear()
        said = [int(words) for words in self.words if words.isdecimal()]  # the others were edited at once
        assert said == sorted(set(said))
        assert self.users == {uid: member.status for uid, member in self.room.members.items()}


def truth(room: Room) -> Json:
    """All that is known of a guild, but for who is new: that goes by the clock, and here by another one."""
    known = known_to(room)
    members = {uid: member._replace(joined=None) for uid, member in known["members"].items()}
    return known | {"members": members}


class AnyOrder(RuleBasedStateMachine):
    """A room that is written, and two that follow: one hears everything, one loses and repeats much of it."""

    server: RedisServer

    @initialize(roster=rosters)
    def begin(self, roster: list[Member]) -> None:
        self.loop = asyncio.new_event_loop()
        self.server.ask("FLUSHALL")
        self.lines = Lines(self.server.url)
        self.now = 1_000.0
        self.words = 0
        self.lives = 0
        self.writer = Room(GUILD, limits=LIMITS)
        self.writer.reconcile(roster)
        self.book = self.opened()
        self.told: dict[int, deque[Entry]] = {0: deque(), 1: deque()}
        self.restarts = 0
        self.followers = [self.follower(), self.follower()]
        self.viewers: list[Watching] = []
        self.write_whole()
        for number in (0, 1):
            self.run(self.followers[number].open())

    def opened(self) -> Book:
        return Book(self.writer, LIMITS, lambda: None, lambda: self.now)

    def follower(self) -> Follower:
        room = Room(GUILD, limits=LIMITS)
        return Follower(room, self.lines, LIMITS, lambda: True, self.restarted, lambda *_: None)

    def restarted(self, room: Room) -> None:
        for viewer in room.viewers:
            assert isinstance(viewer, Watching)
            viewer.enter()

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    # What happens in the guild

    @rule(member=members)
    def put(self, member: Member) -> None:
        self.writer.put(member, {"username": member.username})

    @rule(roster=rosters)
    def reconcile(self, roster: list[Member]) -> None:
        self.writer.reconcile(roster)

    @rule(uid=uids)
    def remove(self, uid: str) -> None:
        self.writer.remove(uid)

    @rule(uid=uids, channel=channels, speaker=st.none() | members)
    def say(self, uid: str, channel: str, speaker: Member | None) -> None:
        self.words += 1
        message = Message(uid, f"{self.words}", channel, str(self.words))
        self.writer.say(message, speaker and speaker._replace(uid=uid))

    @rule(data=st.data(), uid=uids, channel=channels, words=st.sampled_from([None, "others"]))
    def edit(self, data: st.DataObject, uid: str, channel: str, words: str | None) -> None:
        number = str(data.draw(st.integers(0, self.words)))
        self.writer.edit(uid, channel, number, words, {})

    @rule(names=st.lists(channels, max_size=3, unique=True))
    def bring_channels(self, names: list[str]) -> None:
        gone = self.writer.channels.keys() - set(names)
        self.writer.set_channels([Channel(name, name) for name in names])
        if gone:
            self.writer.forget_channels(gone)

    @rule(uid=st.none() | uids)
    def forget_words(self, uid: str | None) -> None:
        self.writer.forget_words(uid)

    @rule(client_id=st.sampled_from(["41", "42"]))
    def name_application(self, client_id: str) -> None:
        self.writer.set_client_id(client_id)

    @rule(called=role_names)
    def name_roles(self, called: dict[str, str]) -> None:
        self.writer.describe(replace(GUILD, role_names=called))

    # What is written, and heard

    def tell(self, answer: bytes, entries: list[Entry]) -> None:
        if answer == b"done":
            for queue in self.told.values():
                queue.extend(entries)

    @rule(arrives=st.sampled_from(["once", "once", "once", "twice", "unknown"]))
    def flush(self, arrives: str) -> None:
        """A flush; the answer may get lost, or the same flush come once more."""
        self.writer.flush(self.now)
        while not self.writer.is_through:
            self.writer.flush(self.now)
        if not self.book.has_news:
            [answer] = self.run(self.lines.run([self.book.check()]))
            if not self.book.is_written or answer != b"done":
                self.write_whole()
            return
        call = self.book.flush()
        entries = self.book.sent
        [answer] = self.run(self.lines.run([call]))
        self.tell(answer, entries)
        if arrives == "twice":
            [again] = self.run(self.lines.run([call]))
            assert again in (b"again", b"lost", b"taken")
        if answer not in (b"done", b"again"):
            self.write_whole()
        elif arrives != "unknown":
            self.book.arrived()
        for number in (0,):
            self.hear(number, len(self.told[number]))

    @rule()
    def write_whole(self) -> None:
        """As after a reconnect where nobody knows what is there."""
        self.writer.flush(self.now)
        while not self.writer.is_through:
            self.writer.flush(self.now)
        self.lives += 1
        copy = self.run(self.book.copy(f"{self.lives:08d}"))
        for key, some in self.book.slices(copy):
            if some:
                self.run(self.lines.commands.hset(key, mapping=some))  # type: ignore[arg-type]
        for entry in self.book.past():
            key = keys.events(GUILD.id, self.book.generation)
            fields = {"before": entry.before, "events": entry.events}
            self.run(self.lines.commands.xadd(key, fields, id=f"{entry.offset}-0"))  # type: ignore[arg-type]
        call = self.book.install(by_force=False)
        [answer] = self.run(self.lines.run([call]))
        assert answer == b"done"
        self.book.installed()
        told = call[2][3]
        installed = codec.read_entry(told if isinstance(told, bytes) else b"")
        self.tell(answer, [] if installed is None else [installed])
        self.hear(0, len(self.told[0]))

    @rule()
    def lose_everything(self) -> None:
        self.server.ask("FLUSHALL")

    @rule()
    def restart_writer(self) -> None:
        """Another life of the room, as after a restart of the bot."""
        roster = list(self.writer.members.values())
        self.book.close()
        self.writer = Room(replace(GUILD), limits=LIMITS)
        self.writer.reconcile(roster)
        self.book = self.opened()
        self.write_whole()

    @rule(count=st.integers(0, 5), loses=st.booleans(), repeats=st.booleans())
    def hear_far(self, count: int, loses: bool, repeats: bool) -> None:
        """Some of what was told arrives there; or none, or twice, in another order."""
        queue = self.told[1]
        heard = [queue.popleft() for _ in range(min(count, len(queue)))]
        if loses:
            heard = heard[1::2]
        for entry in [*heard, *reversed(heard)] if repeats else heard:
            self.followers[1].hear(entry)

    def hear(self, number: int, count: int) -> None:
        for _ in range(count):
            self.followers[number].hear(self.told[number].popleft())
        self.mend(number)

    @rule(number=st.sampled_from([0, 1]))
    def mend(self, number: int) -> None:
        """What was missed is read; where there is nothing, what is known stays."""
        follower = self.followers[number]
        known = known_to(follower.room)
        if follower.is_outdated:
            try:
                self.run(follower.catch_up())
            except NotThere:
                assert known_to(follower.room) == known
        follower.room.flush(self.now)
        while not follower.room.is_through:
            follower.room.flush(self.now)

    @rule(number=st.sampled_from([0, 1]))
    def join(self, number: int) -> None:
        self.mend(number)
        self.viewers.append(Watching(self.followers[number].room))

    @rule(seconds=st.sampled_from([0.1, 5.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            for _ in range(3):
                self.flush("once")
            for number, follower in enumerate(self.followers):
                self.told[number].clear()
                follower.suspect("another", -1)
                self.mend(number)
                assert truth(follower.room) == truth(self.writer), number
            for viewer in self.viewers:
                viewer.check()
        finally:
            self.book.close()
            self.run(self.lines.close())
            self.loop.close()


@pytest.fixture(autouse=True)
def in_a_hurry() -> None:
    """Don't be: the server is always there, and on a busy machine it may take a while to answer."""


@pytest.mark.timeout(300)
def test_any_order(redis: RedisServer) -> None:
    """Losses, repeats, restarts, a server that forgets: nobody ends with another world."""
    AnyOrder.server = redis
    machine = AnyOrder.TestCase
    machine.settings = settings(
        max_examples=tries(60), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine("runTest").runTest()


def test_all_that_is_written_can_be_read() -> None:
    """Events of every shape."""
    events = [
        Event("presence", 5, {"server": "1"}, {"uid": "7"}, {"bot": True}, quiet=True, repeated={"a": 1}),
        Event("refresh_data", 6, {"serverId": "1"}),
        Event("message", 7, {"server": "1"}, {"uid": "7", "message": "\ud800 ä"}, {"id": "5"}),
    ]
    again = codec.read_events("1", codec.write_events(events))
    for one, other in zip(events[:2], again[:2], strict=True):
        for wants in (EVERYTHING, replace(EVERYTHING, events=frozenset(), batch=False, cursor=False)):
            assert one.payload(wants, b"1") == other.payload(wants, b"1")
        assert (one.position, one.quiet, one.has_data) == (other.position, other.quiet, other.has_data)
