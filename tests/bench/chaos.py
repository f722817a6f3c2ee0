"""`python -m tests.bench.chaos`: everything goes wrong between a bot and its viewers, in turns.

Nobody may see a gap or a repeat.

A writer, some readers and a Redis: each of them is killed or frozen or loses what it has, while viewers, who
understand all that they hear, come back as a load balancer would lead them. After each turn of everything
nothing happens for a moment, and then what each of them sees must be what there is.
"""

import argparse
import random
import select
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Final, Self

from tests.bench.control import AVAILABLE, Worker, cores, need_files, settle_here
from tests.bench.fleet import Member
from tests.bench.report import REPORT, Bar, Table, bar, progress
from tests.bench.soak_server import slugs
from tests.bench.soak_truth import Truth
from tests.bench.soak_viewer import (
    IS_THERE_MORE,
    KINDS,
    CutOff,
    Fault,
    Kind,
    NotNow,
    Phrasebook,
    Stage,
    Tally,
    View,
    Viewer,
)
from tests.redis import RedisServer, serving

TICK: Final = 0.02  # seconds
AGAIN: Final = 0.5  # seconds until who was cut off or turned away comes back, at most
PATIENCE: Final = 90.0  # seconds until all is well again, whatever happened
PERIOD: Final = 20.0  # of the pulse
MAX_FAULTS: Final = 20  # that are told in full

# Old clients know no cursor, and are told later who left: they have a test of their own.
KINDS_OF_TODAY: Final = tuple(kind for kind in KINDS if not kind.is_old)


@dataclass(frozen=True)
class Options:
    """How long, how many, how fast. Times are in seconds; `rate` is events a second in each room."""

    viewers: int = 1_000
    duration: float = 600.0
    rate: float = 5.0
    seed: int = 1
    pause: float = 8.0  # between two things that go wrong
    frozen: float = 15.0  # for how long Redis is, at most
    readers: int = 2
    sizes: tuple[int, ...] = (60, 200, 800)  # members of each room


SHORT: Final = Options(viewers=60, duration=10.0, pause=0.5, frozen=1.0, sizes=(20, 60))


@dataclass
class Person:
    """Somebody who watches, and comes back."""

    kind: Kind
    slug: str
    viewer: Viewer | None = None
    port: int = 0
    until: float = float("inf")  # when they come back
    seen: View | None = None  # what they saw last


@dataclass
class Outcome:
    """What came of it."""

    tally: Tally = field(default_factory=Tally)
    faults: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    checkpoints: int = 0
    views: int = 0  # that were compared
    waited: list[float] = field(default_factory=list)  # seconds until all saw what there is


class Chaos:
    """The processes, their viewers, and what goes wrong."""

    def __init__(self, options: Options) -> None:
        self.outcome = Outcome()
        self._options = options
        self._chance = random.Random(options.seed)
        self._book = Phrasebook()
        self._epoll = select.epoll()
        self._by_fd: dict[int, Person] = {}
        rooms = slugs(len(options.sizes))
        self._people = [
            Person(KINDS_OF_TODAY[number % len(KINDS_OF_TODAY)], rooms[number % len(rooms)])
            for number in range(options.viewers)
        ]
        self._start = time.monotonic()
        self._writers = 0

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._redis: RedisServer = self._stack.enter_context(serving())
        self._writer = self._new_writer()
        self._readers = [self._new_reader(number) for number in range(self._options.readers)]
        self._ports = [reader.port for reader in self._readers]  # of those who are there
        for reader in self._readers:
            reader.ask("listed", guilds=len(self._options.sizes))
        return self

    def __exit__(self, *how: object) -> None:
        for person in self._people:
            if person.viewer is not None:
                person.viewer.hang_up(reset=True)
        self._epoll.close()
        self._stack.close()

    def _new_writer(self) -> Worker:
        options = self._options
        sizes = ",".join(map(str, options.sizes))
        self._writers += 1
        return self._stack.enter_context(
            Worker(
                "tests.bench.soak_server", cores()[1], options.rate, options.seed + 100 * self._writers,
                PERIOD, 0, sizes, self._redis.url,
            )
        )  # fmt: skip

    def _new_reader(self, number: int) -> Member:
        core = AVAILABLE[number % len(AVAILABLE)]
        return self._stack.enter_context(Member("reader", self._redis, core, self._options.sizes))

    # The whole of it

    def run(self) -> Outcome:
        """Let everybody come, and everything go wrong in turns; then look what everybody sees."""
        for person in self._people:
            person.until = 0.0
        self._wait(lambda: all(map(_is_settled, self._people)), "everybody is here")
        self._start = time.monotonic()
        self._writer.ask("live")
        while not self.outcome.checkpoints or time.monotonic() - self._start < self._options.duration:
            for harm in self._shuffled():
                if time.monotonic() - self._start >= self._options.duration:
                    break
                self._let_pass(self._options.pause * self._chance.uniform(0.5, 1.5))
                self._tell(harm.__name__)
                self.outcome.done[harm.__name__.strip("_").replace("_", " ")] += 1
                harm()
            self._check()
            self._writer.ask("live")
        return self.outcome

    def _shuffled(self) -> list[Callable[[], None]]:
        harms = [
            self._kill_a_reader, self._freeze_redis, self._empty_redis, self._go_back_in_time,
            self._restart_the_writer, self._cut_lines,
        ]  # fmt: skip
        self._chance.shuffle(harms)
        return harms

    def _tell(self, what: str) -> None:
        tally = self.outcome.tally
        progress(
            f"{time.monotonic() - self._start:4.0f} s: {what.strip('_')}; {tally.events:,} events heard,"
            f" {tally.snapshots:,} snapshots, {tally.resumed:,} resumed, {tally.renewed} renewed,"
            f" {dict(self.outcome.done)}, {len(self.outcome.faults)} faults"
        )

    # What goes wrong

    def _kill_a_reader(self) -> None:
        number = self._chance.randrange(len(self._readers))
        self._ports.remove(self._readers[number].port)  # as a load balancer would notice
        self._readers[number].kill()
        self._let_pass(self._chance.uniform(0, 2))
        self._readers[number] = self._new_reader(number)
        self._ports.append(self._readers[number].port)

    def _freeze_redis(self) -> None:
        with self._redis.frozen():
            self._let_pass(self._options.frozen * self._chance.random())

    def _empty_redis(self) -> None:
        self._redis.restart()

    def _go_back_in_time(self) -> None:
        self._redis.save()
        self._let_pass(self._options.pause)
        self._redis.restore()

    def _restart_the_writer(self) -> None:
        self._writer.kill()
        self._let_pass(self._chance.uniform(0, 2))
        self._writer = self._new_writer()
        self._writer.ask("live")

    def _cut_lines(self) -> None:
        self._redis.ask("CLIENT", "KILL", "TYPE", "normal")
        self._redis.ask("CLIENT", "KILL", "TYPE", "pubsub")

    # Viewers

    def _come(self, person: Person) -> None:
        person.until = float("inf")
        person.port = self._chance.choice(self._ports)
        viewer = Viewer(person.kind, person.slug, person.seen, self._book, self.outcome.tally, narrow=False)
        person.viewer = viewer
        self._by_fd[viewer.fd] = person
        viewer.call(person.port)
        self._epoll.register(viewer.fd, select.EPOLLOUT)

    def _go(self, person: Person) -> None:
        """End the connection, and come back soon."""
        viewer = person.viewer
        assert viewer is not None
        del self._by_fd[viewer.fd]
        self._epoll.unregister(viewer.fd)
        person.seen = viewer.view or person.seen
        viewer.hang_up(reset=True)
        person.viewer = None
        person.until = time.monotonic() + AGAIN * self._chance.random()

    def _fail(self, person: Person, what: str) -> None:
        """Note a fault; who has one begins afresh."""
        faults = self.outcome.faults
        faults.append(f"{time.monotonic() - self._start:.1f} s, {person.kind.name}, {person.slug}: {what}")
        if len(faults) <= MAX_FAULTS:
            progress(f"FAULT {faults[-1][:500]}")
        self._go(person)
        person.seen = None

    def _poll(self) -> None:
        for fd, _ in self._epoll.poll(TICK, 4096):
            person = self._by_fd[fd]
            try:
                self._step(person)
            except CutOff as fault:
                self.outcome.done["cut off (viewers)"] += 1
                if person.port in self._ports:
                    self._fail(person, str(fault))
                else:
                    self._go(person)
            except NotNow:
                self.outcome.done["told to come later (viewers)"] += 1
                self._go(person)
            except (Fault, OSError) as fault:
                self._fail(person, str(fault))
        now = time.monotonic()
        for person in self._people:
            if person.until <= now:
                self._come(person)

    def _step(self, person: Person) -> None:
        viewer = person.viewer
        assert viewer is not None
        if viewer.stage is Stage.CALLING:
            viewer.upgrade(person.port)
            self._epoll.modify(viewer.fd, select.EPOLLIN)
        else:
            viewer.hear()

    def _let_pass(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._poll()

    def _wait(self, sight: Callable[[], bool], hoped: str) -> bool:
        """Read until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not sight():
            self._poll()
            if time.monotonic() > deadline:
                self.outcome.faults.append(f"waited in vain: {hoped}")
                return False
        return True

    # Checking

    def _check(self) -> None:
        """Let nothing happen, and wait until everybody sees what there is."""
        began = time.monotonic()
        truth = Truth(self._writer.ask("pause"))
        left = list(self._people)
        asked = 0.0

        def all_see_it() -> bool:
            nonlocal asked
            now = time.monotonic()
            if now - asked > 1:
                asked = now
                _ask_for_more(self._people)
            while left and _is_settled(left[-1]) and _sees(left[-1], truth):
                left.pop()
            return not left

        if not self._wait(all_see_it, "everybody sees what there is"):
            for person in left:
                if person.viewer is not None and not (_is_settled(person) and _sees(person, truth)):
                    seen = truth.difference(person.viewer) if _is_settled(person) else "is not in"
                    self._fail(person, f"at a checkpoint, of reader {person.port}: {seen or 'has not all'}")
        self.outcome.checkpoints += 1
        self.outcome.views += len(self._people)
        self.outcome.waited.append(time.monotonic() - began)


def _is_settled(person: Person) -> bool:
    viewer = person.viewer
    return viewer is not None and viewer.stage is Stage.OPEN and viewer.view is not None and not viewer.wanted


def _sees(person: Person, truth: Truth) -> bool:
    viewer = person.viewer
    return viewer is not None and viewer.has_everything and truth.difference(viewer) is None


def _ask_for_more(people: list[Person]) -> None:
    for person in people:
        if person.viewer is not None and _is_settled(person):
            with suppress(OSError):  # who is cut off will notice
                person.viewer.say(IS_THERE_MORE)


def chaos(options: Options) -> Outcome:
    """Do it."""
    with Chaos(options) as some:
        return some.run()


def measure(quick: bool) -> list[Bar]:
    """Do it for ten minutes."""
    options = SHORT if quick else Options()
    progress(f"chaos: {options.viewers} viewers, {options.duration:.0f} seconds")
    outcome = chaos(options)
    report(options, outcome)
    return [bar("faults in chaos between a bot and its viewers", 0, [float(len(outcome.faults))])]


def report(options: Options, outcome: Outcome) -> None:
    """Show what came of it."""
    tally = outcome.tally
    rows = [
        *((what, f"{count:,}") for what, count in sorted(outcome.done.items())),
        ("events heard", f"{tally.events:,}"),
        ("snapshots", f"{tally.snapshots:,}"),
        ("of these to viewers who stayed", f"{tally.renewed:,}"),
        ("resumed with a cursor", f"{tally.resumed:,}"),
        ("checkpoints", f"{outcome.checkpoints}"),
        ("views compared", f"{outcome.views:,}"),
        ("seconds until all saw what there is, at most", f"{max(outcome.waited):.1f}"),
        ("faults", f"{len(outcome.faults)}"),
    ]
    note = (
        f"{options.viewers:,} viewers at {options.readers} readers, {options.duration / 60:.1f} minutes,"
        f" {options.rate:g} events/s in each of {len(options.sizes)} rooms, seed {options.seed}."
    )
    REPORT.show(Table("Chaos between a bot and its viewers", ("what", "how much"), rows, note))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if anybody saw what they must not."""
    usual = Options()
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.chaos", description="Everything goes wrong between a bot and its viewers."
    )
    parser.add_argument("--viewers", type=int, default=usual.viewers)
    parser.add_argument("--minutes", type=float, default=usual.duration / 60)
    parser.add_argument("--rate", type=float, default=usual.rate, help="events a second in each room")
    parser.add_argument("--seed", type=int, default=usual.seed)
    given = parser.parse_args(arguments)
    options = Options(given.viewers, given.minutes * 60, given.rate, given.seed)
    settle_here()
    need_files(options.viewers)
    outcome = chaos(options)
    report(options, outcome)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
