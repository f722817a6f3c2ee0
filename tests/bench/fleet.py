"""A process that has guilds, others that show them, and a Redis between."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from tests.bench.control import AVAILABLE, Worker, cores
from tests.bench.soak_server import slugs
from tests.redis import RedisServer, serving

HOST: Final = "tests.bench.fleet_host"
CROWD: Final = "tests.bench.crowd_host"
PATIENCE: Final = 400.0  # seconds; fifty thousand handshakes on a busy machine take a while


class Member(Worker):
    """One process of a fleet."""

    def __init__(self, role: str, redis: RedisServer, core: int, sizes: Sequence[int]) -> None:
        super().__init__(HOST, role, redis.url, core, ",".join(map(str, sizes)))
        self.port = int(self.greeting["port"])

    def cpu(self) -> float:
        """Return the CPU seconds the process has used."""
        return float(self.ask("vitals")["cpu"])

    def memory(self) -> int:
        """Return the bytes that are resident."""
        return int(self.ask("vitals")["rss"])


@dataclass
class Fleet:
    """All of them. Readers have the cores in turns; the writer has the last, viewers have any."""

    redis: RedisServer
    sizes: Sequence[int]
    writer: Member
    readers: list[Member]
    _processes: ExitStack

    @property
    def slugs(self) -> list[str]:
        """What the guilds are called."""
        return slugs(len(self.sizes))

    @property
    def ports(self) -> list[int]:
        """Where the readers are."""
        return [reader.port for reader in self.readers]

    def crowds(self, count: int) -> "Crowds":
        """Start so many processes of viewers."""
        return Crowds(self._processes, count)

    def add_reader(self) -> Member:
        """Start another reader, and wait until it knows all guilds."""
        core = AVAILABLE[len(self.readers) % len(AVAILABLE)]
        reader = self._processes.enter_context(Member("reader", self.redis, core, self.sizes))
        reader.ask("listed", guilds=len(self.sizes))
        self.readers.append(reader)
        return reader


class Crowds:
    """The viewers of a fleet, in some processes."""

    def __init__(self, processes: ExitStack, count: int) -> None:
        self.parts = [
            processes.enter_context(Worker(CROWD, f"127.0.0.{number + 2}")) for number in range(count)
        ]

    def gather(self, slugs: Sequence[str], ports: Sequence[int], viewers: int) -> int:
        """Let so many come, each process's to a reader of its own; return how many are in."""
        shares = [viewers // len(self.parts)] * len(self.parts)
        shares[0] += viewers - sum(shares)
        for number, (part, share) in enumerate(zip(self.parts, shares, strict=True)):
            port = ports[number % len(ports)]
            part.order("gather", slugs=slugs, port=port, count=share, patience=PATIENCE)
        return sum(part.answer()["in"] for part in self.parts)

    def note(self, *, doze: bool = False) -> None:
        """Note what everybody hears from now on; if they `doze`, most of them read later."""
        for part in self.parts:
            part.ask("note", doze=doze)

    def heard(self, messages: int) -> tuple[int, list[float]]:
        """Wait until everybody has heard so many; return how many have, and how late some heard each."""
        for part in self.parts:
            part.order("heard", messages=messages, patience=PATIENCE)
        answers = [part.answer() for part in self.parts]
        return sum(each["have"] for each in answers), [late for each in answers for late in each["late"]]


@contextmanager
def running(sizes: Sequence[int], readers: int) -> Iterator[Fleet]:
    """Run so many readers of guilds of these sizes for a while."""
    with serving() as redis, ExitStack() as processes:
        writer = processes.enter_context(Member("writer", redis, cores()[1], sizes))
        writer.ask("written")
        fleet = Fleet(redis, sizes, writer, [], processes)
        for _ in range(readers):
            fleet.add_reader()
        yield fleet
