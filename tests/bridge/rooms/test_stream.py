"""Viewers that come, go, come back, stop reading and read again, in any interleaving: none is misled.

Rooms, sessions and outboxes are the real ones; the line between a session and its page is a fake.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bridge.access.gate import Gate
from bridge.access.visitor import NOBODY
from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Member, Message, Voice
from bridge.rooms.directory import Directory
from bridge.rooms.flush import WINDOW
from bridge.rooms.playback import MAX_LAG, bubble_seconds
from bridge.rooms.room import Room
from bridge.viewers.connection import Connection, Writer
from bridge.viewers.session import Session
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Wants
from tests.bridge.rooms.seats import Believer, known, users
from tests.bridge.watchers import Json, joined, read_frames
from tests.thorough import tries

LIMITS = Limits(history_events=25, history_age=30.0)
HIGH = 100  # bytes at which the line has enough
BOUND = 500  # bytes that may wait for one viewer


class Turns:
    """A turnstile without a loop: who waits there has their turn when it is taken."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, _: str, work: Callable[[], None]) -> None:
        self._waiting.append(work)

    def take(self) -> None:
        if self._waiting:
            self._waiting.popleft()()


class Line:
    """A transport and a connection: what is written is read at once, or when it is let through."""

    def __init__(self, *, deflates: bool) -> None:
        self.deflates = deflates
        self.address = "203.0.113.1"
        self.gate = Gate(Limits(cpu_per_viewer=1e9, cpu_per_address=1e9, cpu_in_all=1e9))
        self.gate.budgets.now = lambda: 0.0
        self.turns = Turns()
        self.gate.budgets.turnstile = cast("Any", self.turns)
        self.held = False
        self.unread: list[Json] = []  # frames
        self.on_frame = self.unread.append
        self._sizes: list[int] = []
        self._fragments: list[bytes] = []
        self._paused = False
        self._writer: Writer | None = None

    @property
    def transport(self) -> "Line":
        return self

    def hand_over(self, writer: Writer) -> None:
        self._writer = writer

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return sum(self._sizes)

    def write(self, frames: bytes | memoryview) -> None:
        frames = bytes(frames)
        self.unread += self._whole(frames)
        self._sizes += [len(frames)]
        if not self.held:
            self._empty()
        elif self.get_write_buffer_size() > HIGH and not self._paused:
            self._paused = True
            assert self._writer is not None
            self._writer.pause()

    def _whole(self, frames: bytes) -> list[Json]:
        """Read frames, or a fragment when it is the last of its message: nothing may come between those."""
        if frames[0] & 0x80 and frames[0] & 0x0F:
            assert not self._fragments, "another message in the middle of one"
            return read_frames(frames)
        self._fragments.append(frames)
        if not frames[0] & 0x80:
            return []
        whole = joined(self._fragments)
        self._fragments.clear()
        return read_frames(whole)

    def let_through(self) -> None:
        """Read everything, also what comes only now."""
        self.held = False
        self._empty()
        while self.turns:
            self.turns.take()

    def end(self) -> None:
        assert self._writer is not None
        self._writer.end()

    def _empty(self) -> None:
        self._sizes.clear()
        unread, self.unread = self.unread, []
        for frame in unread:
            self.on_frame(frame)
        if self._paused:
            self._paused = False
            assert self._writer is not None
            self._writer.resume()


class Page(Believer):
    """A client: believes what it is told, keeps its cursor, and comes back with it."""

    def __init__(self, house: "AnyInterleaving", wants: Wants, *, deflates: bool) -> None:
        self.house = house
        self.wants = wants
        self.deflates = deflates
        self.cursor: str | None = None
        self.left_at = 0.0
        self.session: Session | None = None
        self.connect()

    # The line

    def connect(self) -> None:
        self.line = Line(deflates=self.deflates)
        self.line.on_frame = self.hear
        nothing = cast("Any", None)  # a session needs the house's other services for requests only
        directory = self.house.directory
        self.session = Session(cast("Connection", self.line), NOBODY, directory, nothing, nothing)
        self.session._listing, self.servers = directory.edition, directory.listing()  # it is greeted
        self.session.outbox._max_backlog = BOUND

    def enter(self, number: int, *, resume: bool = False) -> None:
        assert self.session is not None
        cursor = self.cursor if resume else None
        asked = replace(self.wants, cursor=self.wants.cursor or cursor is not None, deflate=self.deflates)
        self.session.enter(self.house.rooms[number], Connect("", wants=asked, cursor=cursor))

    def disconnect(self, heard: int) -> None:
        """Lose the connection, with only so many of the events on the line heard."""
        assert self.session is not None
        unread = self.line.unread
        self.line.end()
        self.session.leave()
        self.session = None
        self.left_at = self.house.now
        for part in [part for frame in unread for part in frame.get("events", [frame])][:heard]:
            self.hear(part)

    # What it hears

    def hear(self, frame: Json) -> None:
        if frame["type"] == "batch":
            assert self.wants.batch
            assert len(frame["events"]) > 1
            for event in frame["events"]:
                self.hear(event)
            assert frame["cursor"] == self.cursor
        elif frame["type"] == "server-join":
            self.join(frame["data"])
        else:
            self.hear_event(frame)

    def join(self, data: Json) -> None:
        self.last_join = data
        self.number = int(data["request"]["server"])
        if "resumed" in data:
            assert "users" not in data
            assert data["cursor"] == self.cursor, "a resumption starts where the viewer was"
        else:
            self.members = data["users"]
            self.heard: list[int] = []
            self.cursor = data.get("cursor")
            self.since = self.position
        self.channels: Json | None = data.get("channels", getattr(self, "channels", None))
        self.name = data["serverName"]

    @property
    def position(self) -> int:
        return int(self.cursor.rpartition(".")[2]) if self.cursor else 0

    def hear_event(self, event: Json) -> None:
        before = self.position
        assert event["server" if event["type"] != "refresh_data" else "serverId"] == str(self.number)
        if self.session is not None and self.session.wants.asked_for_nothing:
            assert "cursor" not in event
        elif "cursor" in event:
            self.cursor = event["cursor"]
            # The server list is no part of the room: who fell behind gets it with the snapshot.
            repeated = event["type"] == "servers" and self.position == before
            assert self.position > before or repeated, "twice, out of order, or from before"
        handler = getattr(self, f"hear_{event['type']}", None)
        if handler is not None:
            handler(event["data"])
        else:
            assert event["type"] == "refresh_data" or event["type"] in self.wants.events

    def hear_servers(self, data: Json) -> None:
        self.servers = data

    def hear_channels(self, data: Json) -> None:
        self.channels = data

    def hear_message(self, data: Json) -> None:
        number = int(data["message"].split()[0])
        said = self.house.said[self.number][number]
        assert not said.by_member or data["uid"] in self.members, "words of somebody who is not there (yet)"
        self.heard.append(number)


@dataclass
class Said:
    """Words."""

    position: int
    channel: str
    by_member: bool
    hidden: bool = False  # whether their channel was, so that they may be kept back


UIDS = ["7", "8", "9"]
CHANNELS = ["1", "2", "3"]

numbers = st.integers(0, 1)  # of rooms
uids = st.sampled_from(UIDS)
text_channels = st.sampled_from(CHANNELS)
members = st.builds(
    Member,
    uid=uids,
    username=st.sampled_from(["Ada", "Beppo"]),
    status=st.sampled_from(["online", "idle", "dnd", "offline"]),
    role_color=st.sampled_from(["#ff0000", "#00ff00"]),
    voice=st.none() | st.builds(Voice, st.sampled_from(CHANNELS), st.just("Lounge")),
    activity=st.sampled_from([None, "Chess"]),
)
rosters = st.lists(members, max_size=3, unique_by=lambda member: member.uid)
wishes = st.sampled_from(
    [
        Wants(),
        Wants(paced=True),
        Wants(batch=True),
        Wants(cursor=True),
        Wants(events=OPTIONAL_EVENTS),
        Wants(events=frozenset({"voice", "activity"}), batch=True),
        Wants(batch=True, events=OPTIONAL_EVENTS, cursor=True),
    ]
)


class AnyInterleaving(RuleBasedStateMachine):
    """Two rooms, and pages of all kinds."""

    in_small_turns = False

    @initialize(rosters=st.tuples(rosters, rosters))
    def open(self, rosters: tuple[list[Member], list[Member]]) -> None:
        self.patch = pytest.MonkeyPatch()
        if self.in_small_turns:
            self.patch.setattr("bridge.rooms.stream.EVENTS_AT_ONCE", 30)
            self.patch.setattr("bridge.rooms.delivery.WORK_AT_ONCE", 2)
            self.patch.setattr("bridge.wire.framing.LONGEST_FRAME", 50)
            self.patch.setattr("bridge.wire.framing.FRAGMENT", 50)
            self.patch.setattr("bridge.rooms.tape.PIECE", 2)
        self.now = 1_000.0
        self.pages: list[Page] = []
        self.said: tuple[list[Said], list[Said]] = [], []
        self.rooms = [Room(GuildInfo(name, name, f"Room {name}"), limits=LIMITS) for name in "01"]
        self.directory = Directory()
        self.directory.rooms.update(zip("01", self.rooms, strict=True))
        self.due: list[float | None] = [None, None]
        self.happened: list[list[float]] = [[], []]  # when each position was reached
        for room, roster in zip(self.rooms, rosters, strict=True):
            room.reconcile(roster)
        self.note_the_time()

    def a_page(self, data: st.DataObject, *, here: bool = True) -> Page:
        return data.draw(st.sampled_from([page for page in self.pages if (page.session is not None) is here]))

    @property
    def somebody_is_here(self) -> bool:
        return any(page.session is not None for page in self.pages)

    @property
    def somebody_is_away(self) -> bool:
        return any(page.session is None for page in self.pages)

    def note_the_time(self) -> None:
        for room, times in zip(self.rooms, self.happened, strict=True):
            times.extend([self.now] * (room.position - len(times)))

    # Viewers

    @rule(wants=wishes, number=numbers, deflates=st.booleans())
    def come(self, wants: Wants, number: int, deflates: bool) -> None:
        page = Page(self, wants, deflates=deflates)
        page.enter(number)
        self.pages.append(page)

    @precondition(lambda self: self.somebody_is_here)
    @rule(data=st.data(), number=numbers)
    def change_room(self, data: st.DataObject, number: int) -> None:
        self.a_page(data).enter(number)

    @precondition(lambda self: self.somebody_is_here)
    @rule(data=st.data(), heard=st.integers(0, 8))
    def disconnect(self, data: st.DataObject, heard: int) -> None:
        self.a_page(data).disconnect(heard)

    @precondition(lambda self: self.somebody_is_away)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        page = self.a_page(data, here=False)
        if not hasattr(page, "number"):
            return  # it was never told where it is
        must_resume = self.must_resume(page)
        heard, position = list(getattr(page, "heard", [])), page.position
        page.connect()
        page.line.held = True
        page.enter(page.number, resume=page.cursor is not None)
        page.line.let_through()
        join = page.last_join
        assert "resumed" in join or not must_resume, "the room has everything"
        if "resumed" in join:
            assert page.heard[: len(heard)] == heard
            assert page.position >= position

    def must_resume(self, page: Page) -> bool:
        """Tell whether the room must still hold what a page missed."""
        if page.cursor is None or self.now - page.left_at >= LIMITS.history_age:
            return False
        missed = self.happened[page.number][page.position :]
        return len(missed) <= LIMITS.history_events and (
            not missed or self.now - missed[0] < LIMITS.history_age
        )

    @precondition(lambda self: self.somebody_is_here)
    @rule(data=st.data(), everybody=st.booleans())
    def stop_reading(self, data: st.DataObject, everybody: bool) -> None:
        for page in self.pages if everybody else [self.a_page(data)]:
            page.line.held = True

    @precondition(lambda self: self.somebody_is_here)
    @rule(data=st.data())
    def read_again(self, data: st.DataObject) -> None:
        self.a_page(data).line.let_through()

    # What happens

    @rule(number=numbers, member=members)
    def put(self, number: int, member: Member) -> None:
        self.rooms[number].put(member)
        self.note_the_time()

    @rule(number=numbers, roster=rosters)
    def put_all(self, number: int, roster: list[Member]) -> None:
        self.rooms[number].put_all(roster)
        self.note_the_time()

    @rule(number=numbers, uid=uids)
    def remove(self, number: int, uid: str) -> None:
        self.rooms[number].remove(uid)
        self.note_the_time()

    @rule(number=numbers, roster=rosters)
    def reconcile(self, number: int, roster: list[Member]) -> None:
        self.rooms[number].reconcile(roster)
        self.note_the_time()

    @rule(number=numbers, uid=uids, channel=text_channels, times=st.sampled_from([1, 2, 8]))
    def say(self, number: int, uid: str, channel: str, times: int) -> None:
        room, said = self.rooms[number], self.said[number]
        for _ in range(times):
            room.say(Message(uid, f"{len(said)} {'x' * 60}", channel))
            said.append(Said(room.position, channel, by_member=uid in room.members))
        self.note_the_time()

    @rule(number=numbers, uid=uids, channel=text_channels)
    def type(self, number: int, uid: str, channel: str) -> None:
        self.rooms[number].publish("typing", {"uid": uid, "channel": channel})
        self.note_the_time()

    @rule(number=numbers, names=st.lists(text_channels, max_size=3, unique=True))
    def set_channels(self, number: int, names: list[str]) -> None:
        room = self.rooms[number]
        for said in self.said[number]:
            said.hidden |= said.channel in room.channels.keys() - set(names)
        room.set_channels([Channel(name, name) for name in names])
        self.note_the_time()

    @rule(number=numbers, name=st.sampled_from(["Here", "There"]))
    def rename(self, number: int, name: str) -> None:
        room = self.rooms[number]
        room.describe(replace(room.info, name=name))
        self.directory._relist(room.info)
        self.note_the_time()

    @rule()
    def tell_of_servers(self) -> None:
        """The window for news of the list is over."""
        self.directory._tell_some(self.now)
        self.note_the_time()

    @rule(number=numbers)
    def ask_to_refresh(self, number: int) -> None:
        self.rooms[number].ask_to_refresh()
        self.note_the_time()

    # Time

    @rule(number=numbers)
    def flush(self, number: int) -> None:
        self.take_a_turn(number)
        while not self.rooms[number].is_through:
            self.take_a_turn(number)

    @rule(number=numbers)
    def take_a_turn(self, number: int) -> None:
        self.due[number] = self.rooms[number].flush(self.now)
        self.go_on_writing()

    @rule()
    def go_on_writing(self) -> None:
        """Write another piece to each who is owed a long message."""
        for page in self.pages:
            page.line.turns.take()

    @rule()
    def flush_both(self) -> None:
        self.flush(0)
        self.flush(1)

    @rule(seconds=st.sampled_from([0.016, 1.0, 5.0, 16.0, 31.0]))
    def wait(self, seconds: float) -> None:
        start = self.now
        for number in (0, 1):
            self.now = start
            self.flush(number)
            while (due := self.due[number]) is not None and max(due, self.now + WINDOW) <= start + seconds:
                self.now = max(due, self.now + WINDOW)
                self.flush(number)
        self.now = start + seconds

    # What must always hold

    def teardown(self) -> None:
        try:
            if hasattr(self, "pages"):
                self.see_all_through()
        finally:
            if hasattr(self, "patch"):
                self.patch.undo()

    def see_all_through(self) -> None:
        """Have everybody read everything, and compare what they know."""
        self.tell_of_servers()
        for page in self.pages:
            if page.session is None:
                page.connect()
                page.enter(getattr(page, "number", 0), resume=page.cursor is not None)
            page.line.let_through()
        self.flush_both()
        for page in self.pages:
            page.line.let_through()
            if page.cursor is not None:
                self.check(page)
        self.wait(MAX_LAG + 2 * bubble_seconds("x" * 70))
        for page in self.pages:
            page.line.let_through()
            self.check(page)

    def check(self, page: Page) -> None:
        """Compare a page that has heard everything with the room."""
        room, said = self.rooms[page.number], self.said[page.number]
        full = bool(page.wants.events)
        assert known(page.members) == known(users(room, full=full))
        if full:
            assert page.channels is not None
            assert page.channels.keys() == room.channels.keys()
        if page.wants.includes("servers"):
            assert page.servers == self.directory.listing()
        if page.cursor is None:
            for channel in CHANNELS:
                heard = [number for number in page.heard if said[number].channel == channel]
                assert heard == sorted(set(heard)), "each at most once, in order"
        else:
            assert page.heard == sorted(set(page.heard)), "each at most once, in order"
            told = {number for number, words in enumerate(said) if words.position > page.since}
            assert set(page.heard) <= told
            assert not [number for number in told - set(page.heard) if not said[number].hidden], "a gap"


TestAnyInterleaving = pytest.mark.timeout(300)(AnyInterleaving.TestCase)
TestAnyInterleaving.settings = settings(
    max_examples=tries(150), stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyInterleaving.__doc__ = "Every page ends with exactly its room's members, and has heard what was said."


class InSmallTurns(AnyInterleaving):
    """The same where few viewers are served in a turn, and what is long is made and written in pieces."""

    in_small_turns = True


TestInSmallTurns = pytest.mark.timeout(300)(InSmallTurns.TestCase)
TestInSmallTurns.settings = TestAnyInterleaving.settings
TestInSmallTurns.__doc__ = "Whatever happens in the middle of a long message, or of what a room hands out."
