"""What a room said to all kinds of viewers in recorded runs: the same byte for byte, however it is built."""

import hashlib
from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from typing import TypeVar

import pytest

from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Member, Message, Status, Voice
from bridge.problems import Problem
from bridge.rooms.room import Room
from bridge.wire.framing import LongMessage
from bridge.wire.protocol import OPTIONAL_EVENTS, Connect, Credentials, Goodbye, Wants
from tests.bridge.watchers import read_frames

GUILD = GuildInfo("1", "one", "The First", since=5)
# All that could be asked for when it was recorded: for who asks for no more, what came later changes nothing.
THEN = OPTIONAL_EVENTS - {"notice", "gesture", "happening"}
KINDS = [
    Wants(),
    Wants(paced=True),
    Wants(batch=True),
    Wants(cursor=True),
    Wants(cursor=True, deflate=True),
    Wants(events=THEN, cursor=True),
    Wants(events=frozenset({"voice", "activity"}), batch=True, cursor=True),
    Wants(batch=True, events=THEN, cursor=True),
    Wants(batch=True, events=THEN, cursor=True, deflate=True),
]
STATUSES: list[Status] = ["online", "idle", "dnd", "offline"]
TEXTS = ["1", "2", "3"]
VOICES = ["v1", "v2"]
STEPS = 4_000

# What came out when this was recorded. A change that is meant to change it says so in its commit.
RECORDED = {
    1: "092c6bce7e97fdfc279066db7c3994c8854e7fea411305423b884fe901865e7f",
    2: "a770d28210460353dca94737319941402a93509d8ce4af1a4c86be6f8a21bc00",
    3: "9f530853433d8e31a9a46196a339c1d7cf925055ab36172c717b10f055ee0e2a",
}


T = TypeVar("T")


class Chance:
    """The same in every version of Python."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % limit

    def one_of(self, choices: list[T]) -> T:
        return choices[self.below(len(choices))]


class Recorder:
    """A viewer whose frames are all kept, as they were written where nothing compressed them."""

    def __init__(self, tape: list[bytes], name: int, wants: Wants) -> None:
        self.wants = wants
        self.seated_at = 0
        self.cursor: str | None = None
        self._tape = tape
        self._name = name

    def offer(self, frames: bytes) -> None:
        self.keep(b"offer", frames)

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Nothing waits here."""

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        self._tape.append(f"{self._name} {goodbye} {problem.sentence if problem else None}".encode())

    def keep(self, how: bytes, frames: bytes | LongMessage) -> None:
        heard = read_frames(frames)
        self.cursor = next((f["cursor"] for f in reversed(heard) if "cursor" in f), self.cursor)
        # What a library makes of it when it compresses is the library's own affair.
        plain = frames if isinstance(frames, bytes) and not self.wants.deflate else repr(heard).encode()
        self._tape.append(b"%d %d %b %b" % (self._name, self.seated_at, how, plain))


class Run:
    """A room, its viewers, and everything that may happen, by chance."""

    def __init__(self, seed: int) -> None:
        self.tape: list[bytes] = []
        self.chance = Chance(seed)
        self.now = 1_000.0
        self.room = Room(
            GUILD, limits=Limits(history_events=150, history_age=20.0), clock=lambda: 1_000_000 + self.now
        )
        self.viewers: list[Recorder] = []
        self.away: list[Recorder] = []
        self.names = 0
        self.messages = 0
        self.unknown = 0

    def record(self) -> list[bytes]:
        happenings = list(self.happenings())
        for _ in range(STEPS):
            self.chance.one_of(happenings)()
            self.tape.append(b"%d %r" % (self.room.position, self.room.counts()))
        return self.tape

    def happenings(self) -> Iterator[Callable[[], None]]:
        """Name what may happen, the frequent more than once."""
        yield from [self.say] * 6
        yield from [self.flush] * 6
        yield from [self.present] * 4
        yield from [self.edit] * 3
        yield from [self.come] * 3
        yield from [self.come_back] * 6
        yield from [self.go] * 4
        yield from [self.put, self.put_all, self.take_away, self.reconcile, self.visit] * 2
        yield from [self.type, self.react, self.talk, self.do_something] * 2
        yield from [self.bring_channels, self.rename, self.name_application, self.tell_servers]
        yield from [self.forget_words, self.forget_messages, self.forget_channels, self.look]
        yield from [self.ask_to_refresh, self.dismiss_everybody]

    # Viewers

    def come(self) -> None:
        self.names += 1
        self.enter(Recorder(self.tape, self.names, self.room.kind(self.chance.one_of(KINDS))))

    def come_back(self) -> None:
        if self.away:
            self.enter(self.away.pop())

    def enter(self, viewer: Recorder) -> None:
        password = "sesame" if self.chance.below(4) == 0 else None
        request = Connect("one", Credentials(password=password), viewer.wants, viewer.cursor)
        self.tape.append(b"prepared %r" % self.room.is_prepared(request))
        viewer.keep(b"entry", self.room.entry(request))
        viewer.seated_at = self.room.position
        self.room.seat(viewer)
        self.viewers.append(viewer)
        if len(self.viewers) > 12:
            self.go()

    def go(self) -> None:
        if self.viewers:
            viewer = self.viewers.pop(self.chance.below(len(self.viewers)))
            self.room.unseat(viewer)
            self.away.append(viewer)

    def dismiss_everybody(self) -> None:
        if self.chance.below(5) == 0:
            self.room.dismiss_viewers(Goodbye.REVOKED, Problem("gone", "gone"))
            self.away += self.viewers
            self.viewers.clear()

    def look(self) -> None:
        full = self.chance.below(2) == 0
        self.tape.append(b",".join(self.room.users(full=full).plain()))

    # What happens

    def uid(self) -> str:
        return str(100 + self.chance.below(12))

    def member(self) -> Member:
        one_of = self.chance.one_of
        voice = Voice(one_of(VOICES), "Lounge", muted=one_of([True, False]), speaker=one_of([True, False]))
        return Member(
            self.uid(), one_of(["Ada", "Beppo", "Chloë"]), one_of(STATUSES), one_of(["#ff0000", "#00ff00"]),
            one_of([True, False]), one_of([None, "https://a"]), one_of([None, None, voice]),
            one_of([None, "Chess", "Go"]), one_of([None, 920_000, 1_001_000]), one_of([None, "#0000ff"]),
        )  # fmt: skip

    def put(self) -> None:
        self.room.put(self.member(), self.chance.one_of([None, {"username": "Ada"}]))

    def put_all(self) -> None:
        self.room.put_all([self.member() for _ in range(self.chance.below(5))])

    def reconcile(self) -> None:
        self.room.reconcile({m.uid: m for m in (self.member() for _ in range(9))}.values())

    def present(self) -> None:
        shown = self.room.present(self.uid(), self.chance.one_of(STATUSES), self.chance.one_of([None, "Go"]))
        self.tape.append(b"present %r" % shown)

    def take_away(self) -> None:
        self.room.remove(self.uid())

    def say(self) -> None:
        self.room.say(self.message())

    def visit(self) -> None:
        message = self.message()
        self.room.say(message, self.member()._replace(uid=message.uid))

    def message(self) -> Message:
        self.messages += 1
        one_of = self.chance.one_of
        words = f"{self.messages} {'x' * one_of([0, 30, 200, 700])} :e:"
        return Message(
            self.uid(), words, one_of(TEXTS), one_of([None, str(self.messages), str(self.messages)]),
            one_of([None, "beds"]), one_of([None, self.uid()]), one_of([{}, {":e:": "https://e"}]),
            one_of([None, None, "3"]),
        )  # fmt: skip

    def edit(self) -> None:
        number = self.some_message()
        words = self.chance.one_of([None, "other words", "others :f:"])
        pictures = {":f:": "https://f"} if words and ":f:" in words else {}
        self.room.edit(self.uid(), self.chance.one_of(TEXTS), number, words, pictures)

    def some_message(self) -> str:
        """Name one of the last that were not taken back, or one that never was."""
        number = str(self.messages - self.chance.below(8))
        if number in self.room.said:
            return number
        self.unknown += 1
        return f"unknown {self.unknown}"

    def type(self) -> None:
        self.room.publish("typing", {"uid": self.uid(), "channel": self.chance.one_of(TEXTS)})

    def react(self) -> None:
        data = {"uid": self.uid(), "channel": self.chance.one_of(TEXTS), "emoji": "🌸"}
        self.room.publish("reaction", data)

    def talk(self) -> None:
        if known := self.room.members.get(self.uid()):
            voice = self.chance.one_of([None, Voice(self.chance.one_of(VOICES), "Lounge", streaming=True)])
            self.room.revise([known._replace(voice=voice)])

    def do_something(self) -> None:
        if known := self.room.members.get(self.uid()):
            self.room.revise([known._replace(activity=self.chance.one_of([None, "Chess", "Go"]))])

    def bring_channels(self) -> None:
        before = self.room.channels
        kept = [name for name in TEXTS + VOICES if self.chance.below(4)]
        self.room.set_channels(
            Channel(name, name, "text", None, at, self.chance.one_of([None, "busy"]))
            for at, name in enumerate(kept)
        )
        if gone := before.keys() - self.room.channels.keys():
            self.room.forget_channels(gone)

    def rename(self) -> None:
        describe(
            self.room,
            replace(
                GUILD, name=self.chance.one_of(["Here", "There"]), member_count=self.chance.below(30),
                protected=self.chance.below(2) == 0, password="sesame",
            ),
        )  # fmt: skip

    def name_application(self) -> None:
        self.room.set_client_id(self.chance.one_of(["41", "42"]))

    def tell_servers(self) -> None:
        self.room.tell_servers(self.room.users(full=False))  # any entries will do

    def ask_to_refresh(self) -> None:
        self.room.ask_to_refresh()

    def forget_words(self) -> None:
        self.room.forget_words(self.chance.one_of([None, self.uid(), "nobody", "nobody"]))

    def forget_messages(self) -> None:
        self.room.forget_messages({self.some_message() for _ in range(3)})

    def forget_channels(self) -> None:
        self.room.forget_channels([self.chance.one_of(TEXTS)])

    # Time

    def flush(self) -> None:
        due = self.room.flush(self.now)
        while self.chance.below(4) and not self.room.is_through:
            due = self.room.flush(self.now)
        self.tape.append(b"due %r %r" % (due, self.room.is_through))
        self.now += self.chance.one_of([0.016, 0.016, 0.1, 0.1, 0.5, 1.0, 3.0, 21.0])


def describe(room: Room, info: GuildInfo) -> None:
    """Call the guild something else."""
    room.describe(info)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each life of a room be called the same, and turns end early."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0f1e2d3c")
    monkeypatch.setattr("bridge.rooms.delivery.WORK_AT_ONCE", 12)


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize("seed", RECORDED)
def test_a_recorded_run_is_the_same_again(seed: int) -> None:
    """Every frame, position and cursor."""
    tape = Run(seed).record()
    assert sum(len(kept) for kept in tape) > 500_000
    assert hashlib.sha256(b"\n".join(tape)).hexdigest() == RECORDED[seed]
