"""Whatever happens in whatever order: every page ends with exactly the room's members."""

from collections.abc import Set

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.model import Channel, Member, Message
from bridge.problems import Problem
from bridge.rooms.flush import WINDOW
from bridge.rooms.playback import MAX_LAG, bubble_seconds
from bridge.rooms.room import Room
from bridge.wire.protocol import Connect, Goodbye, Wants
from tests.bridge.old_client import OldClient
from tests.bridge.rooms.seats import (
    CHANNELS,
    GUILD,
    Believer,
    channels,
    known,
    members,
    rosters,
    uids,
    users,
    wishes,
)
from tests.bridge.watchers import Json, read_frames, unpacked
from tests.thorough import tries

LONGEST_STAY = 2 * bubble_seconds("." * 520)  # seconds that words keep their member here, at most
SLACK = 0.1  # seconds: words wait for flush windows on their way


class Page(Believer):
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
        self.members = join["data"]["users"]
        self.channels: Json | None = join["data"].get("channels")
        self.seated_at = room.position
        room.seat(self)
        self.seated = True

    def leave(self) -> None:
        self.machine.room.unseat(self)
        self.seated = False

    def forget(self, quoted: Set[str] | None = None) -> None:
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
        if data.get("delete"):
            is_early = self.world.freezes_without(data["uid"], self.machine.now)
            assert not is_early, "a removal in the middle of words"
        super().hear_presence(data)

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
