"""A process that has guilds, others that show them, and a Redis between."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from tests.bench.control import AVAILABLE, Worker, cores
from tests.bench.soak_server import slugs
from tests.redis import RedisServer, serving

HOST: Final = "tests.bench.fleet_host"


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
    """All of them. Readers have the cores in turns; the writer has the last, as the load generator has."""

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

    def add_reader(self) -> Member:
        """Start another reader, and wait until it knows all guilds."""
        core = AVAILABLE[len(self.readers) % len(AVAILABLE)]
        reader = self._processes.enter_context(Member("reader", self.redis, core, self.sizes))
        reader.ask("listed", guilds=len(self.sizes))
        self.readers.append(reader)
        return reader


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
