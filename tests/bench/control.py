"""The coordinator's end of another process, and what both processes need of the machine."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.bench.guild import Story
from tests.bench.pipe import hear

ROOT: Final = Path(__file__).parents[2]
AVAILABLE: Final = sorted(os.sched_getaffinity(0))  # cores, before anything is pinned to one
SPARE_FILES: Final = 200  # open files a process needs beside its viewers


def cores() -> tuple[int, int]:
    """Return the server's core and the load generator's; the same one where there is no other."""
    return AVAILABLE[0], AVAILABLE[-1]


def attackers_core() -> int:
    """Return a core that neither of them has; where there is none, the load generator's."""
    return AVAILABLE[1] if len(AVAILABLE) > 1 else AVAILABLE[0]


def settle_here() -> None:
    """Make this process the load generator: on its own core, with all the open files it may have."""
    os.sched_setaffinity(0, {cores()[1]})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_way() -> None:
    """Compute only where nobody else wants to: whom this process stands for has another machine.

    Being nice isn't enough for that: a nice process still has its turn of some milliseconds to the end.
    """
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def need_files(viewers: int) -> None:
    """Stop where so many viewers cannot be."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit != resource.RLIM_INFINITY and limit < viewers + SPARE_FILES:
        sys.exit(
            f"{viewers} viewers need {viewers + SPARE_FILES} open files, and this system allows {limit}: "
            f"raise it (`ulimit -Hn`), or ask for fewer with --viewers"
        )


class Worker:
    """A process of its own that obeys orders: a module that runs `tests.bench.pipe.serve`."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.greeting = hear(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, do: str, **details: Any) -> dict[str, Any]:
        """Give an order; wait for the answer."""
        self.order(do, **details)
        return self.answer()

    def order(self, do: str, **details: Any) -> None:
        """Give an order. What it answers has to be heard before the next."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to the last order."""
        return hear(self._process)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


class Host(Worker):
    """A fresh server process with one contestant in it."""

    def __init__(self, contestant: str, guild_size: int, core: int | None = None) -> None:
        super().__init__("tests.bench.host", contestant, guild_size, cores()[0] if core is None else core)
        self.port = int(self.greeting["port"])

    def cpu(self) -> float:
        """Return the CPU seconds the process has used."""
        return float(self.ask("cpu")["cpu"])

    def play(self, story: Story, interval: float) -> float:
        """Let a story begin, one event each `interval` seconds; return the CPU used before."""
        return float(self.ask("play", story=asdict(story), interval=interval)["cpu"])
