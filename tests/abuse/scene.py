"""The scene: a victim, 200 healthy viewers, an attacker and a Discord, each in a process of its own."""

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import product
from types import TracebackType
from typing import Any, Final, Self

from tests.abuse.attacks import ATTACKS
from tests.bench.control import Worker, attackers_core, cores
from tests.redis import serving

VIEWERS: Final = 200
PATIENCE: Final = 30.0  # seconds to wait for the attacker's connections to go


@dataclass(frozen=True)
class Watch:
    """What was to see for a while. Times are in seconds, memory in bytes."""

    told: int  # messages
    # Of each message to each viewer, from when it was due until it was heard, but for what the room
    # waits on purpose.
    delays: Sequence[float]
    gone: int  # viewers whose connection ended
    behind: int  # viewers who didn't get everything
    faults: int  # messages that were heard twice, too early or too late
    memory: int  # growth of the victim's, at its highest
    computed: Sequence[float]  # of each message, by the victim, from when it was due until all had it
    written: Sequence[float]  # the same by its clock, whatever else the machine did
    busy: float  # the share of the time for which the victim had work
    refusals: Counter[str]  # what the victim counted
    lines: int  # in the victim's log
    surprises: int  # of those, failures that nobody foresaw
    held: int  # turns of the victim's loop that took too long
    asked: int  # tokens that Discord was asked about
    heard: Counter[str] = field(default_factory=Counter)  # what the attacker heard


class Scene:
    """A victim, its viewers and its attacker. `with` it, so that they are gone in the end.

    With `real` its limits are those of any bridge, and it has a core for itself, if the machine has two; else
    limits are small, so that an attack meets them wherever it runs. With `shared` two processes serve its
    viewers.
    """

    def __init__(self, *, real: bool = False, shared: bool = False) -> None:
        ours, others, hostile = ([core] if real else [] for core in (*cores(), attackers_core()))
        self._is_real = real
        with ExitStack() as stack:
            self._discord = stack.enter_context(Worker("tests.abuse.identity", *hostile))
            options: list[object] = ["--core", *ours] if ours else []
            if shared:
                options += "--backplane", stack.enter_context(serving()).url
            self._victim = stack.enter_context(
                Worker("tests.abuse.victim", self._discord.greeting["url"], *options)
            )
            self.port = int(self._victim.greeting["port"])
            self._healthy = stack.enter_context(Worker("tests.abuse.healthy", self.port, VIEWERS, *others))
            self._attacker = stack.enter_context(Worker("tests.abuse.attacker", self.port, *hostile))
            self._stack = stack.pop_all()
        self._houses = _houses()
        self.viewers = int(self._healthy.greeting["in"])
        self._victim.ask("speak")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()

    def quiet(self, seconds: float) -> Watch:
        """Watch while nothing else happens."""
        return self._watch(lambda: time.sleep(seconds))

    def attack(self, name: str, seconds: float) -> Watch:
        """Watch an attack, from addresses from which nobody came before; a real one again until then."""
        attack = ATTACKS[name]
        until = attack.enough if self._is_real and attack.enough else attack.heard[0]
        poor = attack.costly and not self._is_real
        if poor:
            self._victim.ask("ration", poor=True)
        if attack.limits:
            self._victim.ask("limit", **attack.limits)
        try:
            return self._watch(lambda: self._raid(name, until, seconds))
        finally:
            if poor:
                self._victim.ask("ration", poor=False)
            if attack.limits:
                self._victim.ask("limit")

    def _raid(self, name: str, until: str, seconds: float) -> dict[str, Any]:
        heard, end = Counter[str](), time.monotonic() + seconds
        while not heard or (self._is_real and time.monotonic() < end):
            left = max(0.0, end - time.monotonic())
            heard.update(self._attacker.ask(name, until=until, house=next(self._houses), seconds=left))
        return dict(heard)

    def build(self, guilds: int) -> None:
        """Have somebody be a member of so many guilds more."""
        self._victim.ask("build", guilds=guilds)

    def toggle(self, seconds: float) -> Watch:
        """Watch while that member hides and shows themselves over and over."""
        return self._watch(lambda: self._victim.ask("toggle", seconds=seconds))

    def connections(self) -> int:
        """Wait until nobody is left but the healthy, if that is ever so; count who is there."""
        deadline = time.monotonic() + PATIENCE
        while (count := int(self._victim.ask("look")["connections"])) > VIEWERS:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        return count

    def _watch(self, happen: Callable[[], dict[str, Any] | None]) -> Watch:
        self._victim.ask("settle")
        self._healthy.ask("begin")
        before = self._look()
        heard = happen()
        after = self._look()
        while after["told"] == before["told"]:
            time.sleep(0.02)  # that was quick: nothing has been said yet
            after = self._look() | {"peak": after["peak"]}
        told = after["told"]
        end = self._healthy.ask("end", told=told)
        waited = dict(after["waited"])
        grown = {name: after[name] - before[name] for name in ("lines", "surprises", "held", "asked")}
        return Watch(
            told=told - before["told"],
            delays=array("d", (delay - waited.get(number, 0.0) for number, delay in end["delays"])),
            gone=end["gone"],
            behind=end["behind"],
            faults=end["faults"],
            memory=after["peak"] - before["memory"],
            computed=after["computed"],
            written=after["written"],
            busy=(after["cpu"] - before["cpu"]) / (after["clock"] - before["clock"]),
            refusals=Counter(after["refusals"]) - Counter(before["refusals"]),
            heard=Counter(heard or {}),
            **grown,
        )

    def _look(self) -> dict[str, Any]:
        return self._victim.ask("look") | self._discord.ask("look")


def _houses() -> Iterator[str]:
    """Name networks that are all this machine's."""
    return (f"127.{street}.{number}." for street, number in product(range(1, 255), range(256)))
