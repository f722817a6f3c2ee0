"""The scene: a victim, 200 healthy viewers and an attacker, each in a process of its own."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import product
from types import TracebackType
from typing import Any, Final, Self

from tests.bench.control import Worker, cores

VIEWERS: Final = 200
PATIENCE: Final = 30.0  # seconds to wait for the attacker's connections to go


@dataclass(frozen=True)
class Watch:
    """What was to see for a while. Times are in seconds, memory in bytes."""

    told: int  # messages
    delays: Mapping[str, float]  # `p50`, `p99` and `longest`, from when a message was due until it was heard
    gone: int  # viewers whose connection ended
    behind: int  # viewers who didn't get everything
    faults: int  # messages that were heard twice, too early or too late
    memory: int  # growth of the victim's, at its highest
    busy: float  # the share of the time for which the victim had work
    refusals: Counter[str]  # what the victim counted
    heard: Counter[str] = field(default_factory=Counter)  # what the attacker heard


class Scene:
    """A victim, its viewers and its attacker. `with` it, so that they are gone in the end.

    With `real` its limits are those of any bridge, and it has a core for itself, if the machine has two; else
    limits are small, so that an attack meets them wherever it runs.
    """

    def __init__(self, *, real: bool = False) -> None:
        ours, others = ([core] if real else [] for core in cores())
        with ExitStack() as stack:
            self._victim = stack.enter_context(Worker("tests.abuse.victim", *ours))
            self.port = int(self._victim.greeting["port"])
            self._healthy = stack.enter_context(Worker("tests.abuse.healthy", self.port, VIEWERS, *others))
            self._attacker = stack.enter_context(Worker("tests.abuse.attacker", self.port, *others))
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
        """Watch an attack, from addresses from which nobody came before."""
        return self._watch(lambda: self._attacker.ask(name, house=next(self._houses), seconds=seconds))

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
        before = self._victim.ask("look")
        heard = happen()
        after = self._victim.ask("look")
        told = after["told"]
        end = self._healthy.ask("end", told=told)
        return Watch(
            told=told - before["told"],
            delays={name: end[name] for name in ("p50", "p99", "longest")},
            gone=end["gone"],
            behind=end["behind"],
            faults=end["faults"],
            memory=after["peak"] - before["memory"],
            busy=(after["cpu"] - before["cpu"]) / (after["clock"] - before["clock"]),
            refusals=Counter(after["refusals"]) - Counter(before["refusals"]),
            heard=Counter(heard or {}),
        )


def _houses() -> Iterator[str]:
    """Name networks that are all this machine's."""
    return (f"127.{street}.{number}." for street, number in product(range(1, 255), range(256)))
