"""`python -m tests.bench.soak`: many viewers for a long time, who come and go in every way there is.

The server lives in a process and on a core of its own; this one is the viewers. From time to time
nothing happens until it is quiet, and then every viewer's view must be its room's. In the end
everybody leaves, and nothing of them may be left.
"""

import argparse
import json
import random
import select
import statistics
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bridge.viewers import pulse
from tests.bench.control import ROOT, cores, need_files, settle_here
from tests.bench.pipe import hear
from tests.bench.report import REPORT, Table, machine, progress
from tests.bench.soak_server import guild_of, slugs
from tests.bench.soak_truth import Truth
from tests.bench.soak_viewer import (
    IS_THERE_MORE,
    KINDS,
    Fault,
    Json,
    Kind,
    Phrasebook,
    Stage,
    Tally,
    View,
    Viewer,
)
from tests.bench.wire import client_frame, upgrade_request

TICK: Final = 0.02  # seconds between two looks at who does what next
PATIENCE: Final = 30.0  # seconds for what takes milliseconds
STRIDE: Final = 0.5  # seconds between two moments at most, for what viewers do: who stood still did nothing
LIVED: Final = 1 / 3  # of the duration, at least: the rest may pass while nothing happens
SAMPLE: Final = 1.0  # seconds between two looks at the server's memory
LOOKS: Final = 60 / pulse.PERIOD  # periods within which who doesn't answer has been let go: 60 s
MAX_FAULTS: Final = 20  # that are told in full
FLAT: Final = 0.003  # share of its size by which the server may grow per minute
NARROW: Final = 0.15  # share of viewers whose system buffers next to nothing
LEFTOVERS: Final = ("sessions", "transports", "seats", "round", "tasks")
_HUP: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_REMOVED: Final = frozenset({"Session", "Connection", "Outbox", "_Vitals"})

# How often a thousand viewers do this, per second.
CHURN: Final = {
    "close": 3.0,  # the closing handshake
    "finish": 1.0,  # the end of the connection without one
    "reset": 2.0,
    "cut": 1.0,  # a reset in the middle of a frame
    "vanish": 0.5,  # no word any more, and nothing is read
    "move": 4.0,  # to another room
    "ask_again": 0.5,  # for the room they are in
    "pause": 3.0,  # reads nothing for seconds
    "gorge": 0.4,  # asks for more than it reads, and pauses
    "stall": 0.1,  # asks for more than it ever reads
    "bookmark": 2.0,  # remembers what it sees, to come back to
    "question": 1.0,  # asks for everybody's data
    "peep": 0.5,  # leaves during the handshake
}


@dataclass(frozen=True)
class Options:
    """How long, how many, how fast. Times are in seconds; `rate` is events a second in each room."""

    viewers: int = 1_000
    duration: float = 600.0
    rate: float = 20.0
    seed: int = 1
    checkpoint: float = 30.0
    period: float = pulse.PERIOD  # of the pulse; a viewer's pauses are measured by it
    haste: float = 1.0  # how much faster than usual viewers come and go
    sizes: tuple[int, ...] = (60, 200, 800, 3_000)  # members of each room
    tight: bool = False  # whether the server holds little for who doesn't read, so that they fall behind
    drain: bool = True  # wait in the end until everything was played that is held back for old clients


class Server:
    """The server's process."""

    def __init__(self, options: Options) -> None:
        arguments = [
            cores()[0],
            options.rate,
            options.seed,
            options.period,
            int(options.tight),
            ",".join(map(str, options.sizes)),
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.soak_server", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        hello = hear(self._process)
        self.port, self.pid = int(hello["port"]), int(hello["pid"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, do: str) -> Json:
        """Give an order; wait for the answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do}) + "\n")
        self._process.stdin.flush()
        return hear(self._process)

    def resident(self) -> int:
        """Return how many KB are resident, without a word."""
        fields = Path(f"/proc/{self.pid}/smaps_rollup").read_text().split("Rss:", 1)[1].split()
        return int(fields[0])


@dataclass
class Person:
    """Somebody who watches, leaves, and comes back; `until` is when what they do now ends."""

    kind: Kind
    slug: str
    viewer: Viewer | None = None
    mood: str = "away"  # or here, paused, vanished, stalled, leaving
    until: float = 0.0
    since: float = 0.0
    seen: View | None = None  # what they saw last
    marked: dict[str, View] = field(default_factory=dict)  # what they saw earlier, by room


@dataclass
class Outcome:
    """What came of it."""

    tally: Tally
    faults: list[str]
    done: Counter[str]
    checkpoints: int
    views: int  # that were compared
    samples: list[tuple[float, int, int]]  # seconds since the start, KB, viewers connected
    leftovers: dict[str, int]
    objects: dict[str, int]
    let_go: dict[str, list[float]]  # how long it took to let go those who vanished or stalled
    busy: float  # the load generator's share of its core
    server_busy: float
    broadcast: int
    duration: float

    @property
    def growth(self) -> tuple[float, float]:
        """KB by which the server grew per minute of the second half, and the standard error of that."""
        return _fit([(at / 60, size) for at, size, _ in self.samples if at >= self.duration / 2])

    @property
    def is_flat(self) -> bool:
        """Whether memory does not grow: by less than `FLAT`, or than what chance explains."""
        if len(self.samples) < 60:
            return True  # too short to tell
        slope, error = self.growth
        size = statistics.fmean(size for _, size, _ in self.samples)
        return slope <= max(FLAT * size, 3 * error)

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, and nothing is left."""
        return not self.faults and self.is_flat


def _fit(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    if len(points) < 3:
        return 0.0, float("inf")
    xs, ys = zip(*points, strict=True)
    slope, intercept = statistics.linear_regression(xs, ys)
    rest = sum((y - intercept - slope * x) ** 2 for x, y in points) / (len(points) - 2)
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    # What follows each other within seconds is no independent measurement: about one in ten is.
    return slope, (10 * rest / spread) ** 0.5


class Soak:
    """The viewers, and what they do."""

    def __init__(self, options: Options, server: Server) -> None:
        self._options = options
        self._server = server
        self._chance = random.Random(options.seed)
        self._slugs = slugs(len(options.sizes))
        # Few in the largest room: what they are told has to be read by this process as well.
        self._weights = [2.0**-number for number in range(len(options.sizes))]
        self._largest = self._slugs[options.sizes.index(max(options.sizes))]
        self._book = Phrasebook()
        self._tally = Tally()
        self._people = [self._person(number) for number in range(options.viewers)]
        self._by_fd: dict[int, Person] = {}
        self._epoll = select.epoll()
        self._foreign: deque[tuple[str, frozenset[str], str]] = deque(maxlen=200)
        self._faults: list[str] = []
        self._done: Counter[str] = Counter()
        self._let_go: dict[str, list[float]] = {"vanished": [], "stalled": []}
        self._samples: list[tuple[float, int, int]] = []
        self._checkpoints = self._views = 0
        self._lived = 0.0  # seconds for which viewers did something
        self._start = self._sampled = self._told = self._looked = self._acted = time.monotonic()

    def _person(self, number: int) -> Person:
        return Person(KINDS[number % len(KINDS)], self._some_room())

    def _some_room(self) -> str:
        (slug,) = self._chance.choices(self._slugs, self._weights)
        return slug

    # The whole of it

    def run(self) -> Outcome:
        """Let everybody come, live for a while, and leave."""
        before = self._server.ask("objects")["objects"]
        self._gather()
        self._start = self._sampled = self._acted = time.monotonic()
        worked, cpu = time.process_time(), self._server.ask("vitals")["cpu"]
        end, checkpoint = self._start + self._options.duration, self._start + self._options.checkpoint
        self._server.ask("live")
        while (now := time.monotonic()) < end or self._lived < LIVED * self._options.duration:
            self._live(now)
            if now >= checkpoint:
                self._check()
                checkpoint = time.monotonic() + self._options.checkpoint
                self._acted = time.monotonic()
                self._server.ask("live")
        duration = time.monotonic() - self._start
        vitals = self._server.ask("vitals")
        busy, server_busy = (time.process_time() - worked) / duration, (vitals["cpu"] - cpu) / duration
        self._server.ask("pause")
        if self._options.drain:
            self._wait(
                lambda: not any(room["leaving"] for room in self._server.ask("truth")["rooms"]), "silence"
            )
        self._check()
        leftovers, objects = self._leave(before)
        return Outcome(
            self._tally, self._faults, self._done, self._checkpoints, self._views, self._samples, leftovers,
            objects, self._let_go, busy, server_busy, vitals["events"], duration,
        )  # fmt: skip

    def _gather(self) -> None:
        """Let everybody come: a hundred at a time."""
        for start in range(0, len(self._people), 100):
            group = self._people[start : start + 100]
            for person in group:
                self._come(person)
            self._wait(lambda: all(self._is_settled(person) for person in group), "everybody is here")  # noqa: B023

    def _live(self, now: float) -> None:
        """Let a moment pass."""
        self._poll()
        self._act(now)
        for person in self._people:
            if person.until <= now:
                self._go_on(person, now)
        if now - self._looked >= self._options.period / 4:
            self._looked = now
            self._look_after_the_silent(now)
        if now - self._sampled >= SAMPLE:
            self._sampled = now
            self._samples.append((now - self._start, self._server.resident(), len(self._by_fd)))
        if now - self._told >= 10:
            self._told = now
            self._tell(now)

    def _tell(self, now: float) -> None:
        moods = Counter(person.mood for person in self._people)
        progress(
            f"{now - self._start:4.0f} s: {self._tally.events:,} events heard, "
            f"{self._tally.snapshots:,} snapshots, "
            f"{self._tally.resumed:,} resumed, {self._tally.renewed} renewed, {dict(moods)}, "
            f"{self._samples[-1][1] / 1024 if self._samples else 0:.1f} MB, {len(self._faults)} faults"
        )

    # What viewers do

    def _act(self, now: float) -> None:
        """Let some of them do something."""
        elapsed, self._acted = min(now - self._acted, STRIDE), now
        self._lived += elapsed
        scale = elapsed * self._options.haste * len(self._people) / 1_000
        for action, rate in CHURN.items():
            expected = rate * scale
            count = int(expected) + (self._chance.random() < expected % 1)
            for _ in range(count):
                getattr(self, f"_{action}")(now)

    def _somebody(self, fits: Callable[[Viewer], bool] = lambda _: True) -> tuple[Person, Viewer] | None:
        """Choose one of those who are here, with nothing in between."""
        for _ in range(50):
            person = self._chance.choice(self._people)
            viewer = person.viewer
            if person.mood == "here" and viewer is not None and self._is_settled(person) and fits(viewer):
                return person, viewer
        return None

    def _is_settled(self, person: Person) -> bool:
        viewer = person.viewer
        return (
            viewer is not None
            and viewer.stage is Stage.OPEN
            and viewer.view is not None
            and not viewer.wanted
        )

    def _leave_by(self, action: str, how: Callable[[Person, Viewer], None]) -> None:
        if chosen := self._somebody():
            self._done[action] += 1
            how(*chosen)

    def _close(self, now: float) -> None:
        def how(person: Person, viewer: Viewer) -> None:
            person.mood, person.until = "leaving", now + PATIENCE
            viewer.say_goodbye()

        self._leave_by("close", how)

    def _finish(self, now: float) -> None:
        self._leave_by("finish", lambda person, _: self._go(person, now, reset=False))

    def _reset(self, now: float) -> None:
        self._leave_by("reset", lambda person, _: self._go(person, now, reset=True))

    def _cut(self, now: float) -> None:
        def how(person: Person, viewer: Viewer) -> None:
            viewer.say(client_frame(b'{"type":"connect","data":{"server":"town0"}}')[:-20])
            self._go(person, now, reset=True)

        self._leave_by("cut", how)

    def _vanish(self, now: float) -> None:
        self._leave_by("vanish", lambda person, _: self._turn_away(person, "vanished", now, float("inf")))

    def _stall(self, now: float) -> None:
        if chosen := self._somebody(lambda viewer: viewer.narrow):
            self._done["stall"] += 1
            self._ask_for_too_much(chosen[1])
            self._turn_away(chosen[0], "stalled", now, float("inf"))

    def _gorge(self, now: float) -> None:
        if chosen := self._somebody(lambda viewer: viewer.narrow):
            self._done["gorge"] += 1
            self._ask_for_too_much(chosen[1])
            self._turn_away(
                chosen[0], "paused", now, now + self._options.period * self._chance.uniform(0.3, 1)
            )

    def _pause(self, now: float) -> None:
        if chosen := self._somebody():
            self._done["pause"] += 1
            self._turn_away(
                chosen[0], "paused", now, now + self._options.period * self._chance.uniform(0.1, 1.2)
            )

    def _ask_for_too_much(self, viewer: Viewer) -> None:
        for _ in range(30 if self._options.tight else 5):
            viewer.say(_question(self._largest))

    def _question(self, now: float) -> None:
        if chosen := self._somebody():
            self._done["question"] += 1
            chosen[1].say(_question(chosen[0].slug))

    def _move(self, now: float) -> None:
        if chosen := self._somebody():
            person, viewer = chosen
            slug = self._some_room()
            if slug != person.slug:
                self._done["move"] += 1
                assert viewer.view is not None
                person.marked[person.slug] = viewer.view.copy()
                person.slug, person.until = slug, now + PATIENCE
                back = person.marked.get(slug)
                viewer.change_room(slug, back.copy() if back and not person.kind.is_old else None)

    def _ask_again(self, now: float) -> None:
        if chosen := self._somebody():
            person, viewer = chosen
            assert viewer.view is not None
            self._done["ask again"] += 1
            person.until = now + PATIENCE
            own = self._chance.random() < 0.5 and not person.kind.is_old
            viewer.change_room(person.slug, viewer.view.copy() if own else None)

    def _bookmark(self, now: float) -> None:
        if chosen := self._somebody():
            person, viewer = chosen
            assert viewer.view is not None
            person.marked[person.slug] = viewer.view.copy()

    def _peep(self, now: float) -> None:
        """Begin a handshake, and leave."""
        self._done["peep"] += 1
        viewer = Viewer(KINDS[0], self._slugs[0], None, self._book, self._tally, narrow=False)
        viewer.sock.setblocking(True)
        viewer.call(self._server.port)
        request = upgrade_request(self._server.port, deflate=True)
        viewer.sock.send(request[: self._chance.randrange(len(request) + 1)])
        viewer.hang_up(reset=self._chance.random() < 0.5)

    def _go_on(self, person: Person, now: float) -> None:
        """End what somebody did until now."""
        if person.mood == "away":
            self._come(person)
        elif person.mood == "paused":
            person.mood, person.until = "here", float("inf")
            assert person.viewer is not None
            self._epoll.modify(person.viewer.fd, select.EPOLLIN)
        elif person.mood == "leaving":
            self._fail(person, "a goodbye was not answered")
        elif self._is_settled(person):
            person.until = float("inf")
        else:
            self._fail(person, "did not get in")

    def _turn_away(self, person: Person, mood: str, now: float, until: float) -> None:
        """Read nothing any more."""
        assert person.viewer is not None
        person.mood, person.since, person.until = mood, now, until
        self._epoll.modify(person.viewer.fd, select.EPOLLRDHUP)

    def _look_after_the_silent(self, now: float) -> None:
        """See whether those who don't read or answer have been let go."""
        silent = [person for person in self._people if person.mood in self._let_go]
        if not silent:
            return
        here = set(self._server.ask("here")["ports"])
        for person in silent:
            assert person.viewer is not None
            if person.viewer.port not in here:
                self._be_let_go(person, now)
            elif now - person.since > max(LOOKS * self._options.period, PATIENCE):
                self._fail(person, f"not let go after {now - person.since:.0f} s")

    def _be_let_go(self, person: Person, now: float) -> None:
        self._let_go[person.mood].append(now - person.since)
        self._go(person, now, reset=True)

    # Coming and going

    def _come(self, person: Person) -> None:
        """Connect, with or without a cursor."""
        how = self._chance.random()
        back: View | None = None
        foreign = None
        if not person.kind.is_old:
            if how < 0.7:
                back = person.seen
            elif how < 0.85 and person.marked:
                back = self._chance.choice(list(person.marked.values())).copy()
            elif how < 0.95:
                foreign = self._foreign_cursor(person)
        if back is not None:
            person.slug = back.slug
        viewer = Viewer(
            person.kind, person.slug, back, self._book, self._tally, narrow=self._chance.random() < NARROW
        )
        viewer.foreign = foreign
        self._done["come back" if person.seen else "come"] += 1
        self._done["with a foreign cursor"] += foreign is not None
        person.viewer, person.mood, person.until = viewer, "here", time.monotonic() + PATIENCE
        self._by_fd[viewer.fd] = person
        viewer.call(self._server.port)
        self._epoll.register(viewer.fd, select.EPOLLOUT)

    def _foreign_cursor(self, person: Person) -> str | None:
        """Find a cursor that this person must not be believed."""
        asked = frozenset(person.kind.events)
        fitting = [cursor for slug, events, cursor in self._foreign if slug != person.slug or events != asked]
        own = person.seen.cursor if person.seen else None
        return self._chance.choice([*fitting[:20], f"{own}000000", "nonsense", "\u0661"])

    def _go(self, person: Person, now: float, *, reset: bool) -> None:
        """End the connection here, and come back after a while."""
        viewer = person.viewer
        assert viewer is not None
        self._forget(person)
        if viewer.view is not None:
            person.seen = viewer.view
            if viewer.view.cursor is not None:
                self._foreign.append((viewer.view.slug, frozenset(person.kind.events), viewer.view.cursor))
        if viewer.stage is not Stage.ENDED:
            viewer.hang_up(reset=reset)
        pause = self._chance.choices(
            (self._chance.uniform(0, 3), self._chance.uniform(3, 15), self._chance.uniform(60, 150)),
            (6, 3, 1),
        )[0]
        person.until = now + pause * self._options.period / 10
        person.mood = "away"

    def _forget(self, person: Person) -> None:
        viewer = person.viewer
        if viewer is not None and self._by_fd.get(viewer.fd) is person:
            del self._by_fd[viewer.fd]
            if viewer.stage is not Stage.ENDED:
                self._epoll.unregister(viewer.fd)
        person.viewer = None

    def _fail(self, person: Person, what: str) -> None:
        """Note a fault; who has one begins afresh."""
        self._faults.append(
            f"{time.monotonic() - self._start:.1f} s, {person.kind.name}, {person.slug}: {what}"
        )
        if len(self._faults) <= MAX_FAULTS:
            progress(f"FAULT {self._faults[-1][:500]}")
        if person.viewer is not None:
            self._go(person, time.monotonic(), reset=True)
        person.seen = None
        person.marked.clear()

    # Reading

    def _poll(self) -> None:
        for fd, ready in self._epoll.poll(TICK, 4096):
            person = self._by_fd[fd]
            if person.mood in self._let_go:
                if ready & _HUP:
                    self._be_let_go(person, time.monotonic())
                continue
            viewer = person.viewer
            assert viewer is not None
            try:
                if viewer.stage is Stage.CALLING:
                    viewer.upgrade(self._server.port)
                    self._epoll.modify(fd, select.EPOLLIN)
                else:
                    viewer.hear()
            except (Fault, OSError) as fault:
                self._fail(person, f"{person.mood}: {fault}")
                continue
            if viewer.stage is Stage.ENDED:
                self._go(person, time.monotonic(), reset=False)

    def _wait(self, sight: Callable[[], bool], hoped: str) -> bool:
        """Read until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not sight():
            self._poll()
            if time.monotonic() > deadline:
                self._faults.append(f"waited in vain: {hoped}")
                return False
        return True

    # Checking

    def _check(self) -> None:
        """Wait until it is quiet, and compare what everybody sees with what there is."""
        truth = self._server.ask("pause")
        for person in self._people:
            if person.mood == "paused":
                self._go_on(person, time.monotonic())
        self._wait_until_quiet()
        expected = Truth(truth)
        for person in self._people:
            if person.mood == "here" and (viewer := person.viewer) and viewer.has_everything:
                self._views += 1
                if difference := expected.difference(viewer):
                    self._fail(person, f"at a checkpoint: {difference}")
        self._checkpoints += 1
        if not self._wait(self._agrees_on_who_is_here, "the server knows who is here"):
            ours, theirs = self._ports()
            self._faults.append(
                f"only we have {ours - theirs}, only the server has {theirs - ours}: "
                f"{self._server.ask('vitals')}"
            )

    def _agrees_on_who_is_here(self) -> bool:
        self._look_after_the_silent(time.monotonic())
        ours, theirs = self._ports()
        return ours == theirs

    def _ports(self) -> tuple[set[int], set[int]]:
        """Return whom this side has, and whom the server has."""
        ours = {person.viewer.port for person in self._people if person.viewer is not None}
        return ours, set(self._server.ask("here")["ports"])

    def _wait_until_quiet(self) -> None:
        """Let everybody who is here hear everything; who was behind has to be asked again."""
        asked = float("-inf")
        for person in self._people:
            if person.viewer is not None:
                person.viewer.has_everything = False

        def is_quiet() -> bool:
            nonlocal asked
            waiting = [
                person
                for person in self._people
                if person.mood == "leaving" or (person.mood == "here" and not _is_up_to_date(person))
            ]
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                for person in waiting:
                    if person.mood == "here" and person.viewer and person.viewer.stage is Stage.OPEN:
                        person.viewer.say(IS_THERE_MORE)
            return not waiting

        if not self._wait(is_quiet, "everybody has everything"):
            for person in self._people:
                if person.mood == "here" and not _is_up_to_date(person):
                    self._fail(person, "what was owed never came")

    def _leave(self, before: Json) -> tuple[dict[str, int], dict[str, int]]:
        """Let everybody go; return what is left."""
        for number, person in enumerate(self._people):
            if person.viewer is not None:
                self._go(person, float("inf"), reset=number % 2 == 0)
        left: dict[str, int] = {}

        def is_empty() -> bool:
            vitals = self._server.ask("vitals")
            left.update({name: vitals[name] for name in LEFTOVERS})
            return not any(left.values())

        if not self._wait(is_empty, "nothing of anybody is left"):
            self._faults.append(f"left over: {left}")
        objects = self._server.ask("objects")["objects"]
        for name in _REMOVED:
            if objects[name] > before[name]:
                self._faults.append(f"left over: {objects[name]} objects of {name}")
        return left, objects


def _is_up_to_date(person: Person) -> bool:
    viewer = person.viewer
    return viewer is not None and viewer.has_everything and viewer.view is not None and not viewer.wanted


def _question(slug: str) -> bytes:
    return client_frame(json.dumps({"type": "get_user_data", "serverId": guild_of(slug)}).encode())


def soak(options: Options) -> Outcome:
    """Do it."""
    with Server(options) as server:
        return Soak(options, server).run()


# Telling


def report(options: Options, outcome: Outcome) -> None:
    """Show the tables."""
    tally, minutes = outcome.tally, outcome.duration / 60
    rows = [
        ("broadcast by the server", f"{outcome.broadcast:,}"),
        ("events heard", f"{tally.events:,}"),
        ("messages heard", f"{tally.messages:,}"),
        ("frames heard", f"{tally.frames:,}"),
        ("MB heard", f"{tally.bytes / 1e6:,.0f}"),
        ("snapshots", f"{tally.snapshots:,}"),
        ("of these to viewers who were behind", f"{tally.renewed:,}"),
        ("resumed with a cursor", f"{tally.resumed:,}"),
        ("answers to get_user_data", f"{tally.answers:,}"),
        *((f"{what} (viewers)", f"{count:,}") for what, count in sorted(outcome.done.items())),
        *(
            (f"{mood}: let go, after seconds", f"{len(times)}, {min(times):.0f}-{max(times):.0f}")
            for mood, times in outcome.let_go.items()
            if times
        ),
        ("checkpoints", f"{outcome.checkpoints}"),
        ("views compared", f"{outcome.views:,}"),
        ("faults", f"{len(outcome.faults)}"),
        ("server's CPU", f"{outcome.server_busy:.0%}"),
        ("load generator's CPU", f"{outcome.busy:.0%}"),
    ]
    note = (
        f"{options.viewers:,} viewers, {minutes:.1f} minutes, {options.rate:g} events/s in each of "
        f"{len(options.sizes)} rooms of {', '.join(map(str, options.sizes))} members, seed {options.seed}."
    )
    REPORT.show(Table("Soak", ("what", "how much"), rows, note))
    _report_memory(outcome)
    left = [(name, str(count)) for name, count in (outcome.leftovers | outcome.objects).items()]
    REPORT.show(Table("Left over when everybody has gone", ("what", "count"), left))
    for fault in outcome.faults[:MAX_FAULTS]:
        sys.stdout.write(f"FAULT {fault[:1_000]}\n")


def _report_memory(outcome: Outcome) -> None:
    rows = []
    for minute in range(int(outcome.duration / 60) + 1):
        samples = [each for each in outcome.samples if minute <= each[0] / 60 < minute + 1]
        if samples:
            sizes = [size / 1024 for _, size, _ in samples]
            connected = statistics.fmean(count for *_, count in samples)
            rows.append(
                (
                    str(minute + 1),
                    f"{connected:.0f}",
                    f"{min(sizes):.1f}",
                    f"{statistics.fmean(sizes):.1f}",
                    f"{max(sizes):.1f}",
                )
            )
    slope, error = outcome.growth
    verdict = "flat" if outcome.is_flat else "GROWING"
    note = f"Second half: {slope:+.0f} KB/min, standard error {error:.0f}: {verdict}."
    REPORT.show(Table("The server's memory", ("minute", "connected", "MB min", "mean", "max"), rows, note))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if something was lost or is left."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.soak", description="Many viewers for a long time, who come and go."
    )
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=20.0, help="events a second in each room")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    options = Options(given.viewers, given.minutes * 60, given.rate, given.seed)
    settle_here()
    need_files(options.viewers)
    sys.stdout.write("".join(f"- {name}: {value}\n" for name, value in machine().items()))
    outcome = soak(options)
    report(options, outcome)
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
