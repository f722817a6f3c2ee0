"""Who comes from one address to several processes is counted together: where they hear of each other."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.access.gate import Gate
from bridge.backplane import households
from bridge.backplane.households import GOOD_FOR, KEY_SIZE, TOLD_AT_ONCE, Households
from bridge.exposure import Exposure
from bridge.limits import Limits
from bridge.network.peers import parse_networks
from bridge.problems import CROWDED
from bridge.running.board import Board, Counts, Table
from bridge.running.rate import Rate, Rates
from tests.bridge.backplane.conftest import Follow
from tests.bridge.clock import Clock, StillClock
from tests.bridge.watchers import PATIENCE, until, watching
from tests.redis import RedisServer

KEY, NEXT_KEY, LAST_KEY = (bytes([number]) * KEY_SIZE for number in range(3))
ADDRESS, OTHER = "203.0.113.1", "203.0.113.2"
LIMIT = 40  # two are worth a word


class House:
    """What one process counts, and hears of others."""

    def __init__(self, clock: StillClock) -> None:
        self.clock = clock
        self.viewers = Counts()
        self.requests = Rates(Rate(1, LIMIT))
        self.households = Households(clock=clock)
        self.households.watch("viewers", self.viewers, LIMIT)
        self.households.bound("requests", Rate(1, LIMIT), LIMIT)
        self.households.use(KEY)

    def tell(self, *others: "House") -> bytes | None:
        """Tell all others what is to be told."""
        told = self.households.report()
        for other in others if told is not None else ():
            assert told is not None
            other.households.hear(told)
        return told

    def elsewhere(self, address: str = ADDRESS) -> int:
        return self.households.elsewhere("viewers", address)

    def ask(self, times: int, address: str = ADDRESS) -> int:
        """Have somebody ask so often; return how often they were answered."""
        allow = self.households.allow
        return sum(allow("requests", self.requests, address, self.clock.now) for _ in range(times))


@pytest.fixture
def houses() -> tuple[House, House, House]:
    clock = StillClock(1_000.0)
    return House(clock), House(clock), House(clock)


def test_what_is_told_counts_a_while(houses: tuple[House, House, House]) -> None:
    """Of all who tell; of the own process nothing, which knows better; and no address is named."""
    here, there, third = houses
    here.viewers[ADDRESS], there.viewers[ADDRESS], there.viewers[OTHER] = 5, 7, 1
    told = here.tell(here, there, third)
    there.tell(here, third)
    assert told is not None
    assert ADDRESS.encode() not in told
    assert (here.elsewhere(), there.elsewhere(), third.elsewhere()) == (7, 5, 12)
    assert third.elsewhere(OTHER) == 0  # too few for a word
    here.viewers[ADDRESS] = 3
    here.tell(third)
    assert third.elsewhere() == 10
    del here.viewers[ADDRESS]
    here.tell(third)
    assert third.elsewhere() == 7
    assert here.tell() is None  # nobody has to hear that twice
    third.clock.now += GOOD_FOR
    assert third.elsewhere() == 0
    assert third.tell() is None
    assert not third.households._told


def test_the_key_changes(houses: tuple[House, House, House]) -> None:
    """What was told with the last one still counts; with one that isn't known nobody can tell whose it is."""
    here, there, third = houses
    here.viewers[ADDRESS] = there.viewers[ADDRESS] = 5
    here.tell(third)
    for house in (there, third):
        house.households.use(NEXT_KEY)
    there.tell(here, third)
    assert (here.elsewhere(), third.elsewhere()) == (0, 10)
    third.households.use(LAST_KEY)
    assert third.elsewhere() == 5


def test_whoever_leaves_is_counted_elsewhere(houses: tuple[House, House, House]) -> None:
    """As they come there."""
    here, there, _ = houses
    here.viewers[ADDRESS] = 5
    here.tell(there)
    here.households.is_leaving = True
    here.tell(there)
    assert there.elsewhere() == 0


def test_addresses_that_mean_something_else_elsewhere(houses: tuple[House, House, House]) -> None:
    """Such as a proxy's on the same machine, which each machine has."""
    here, there, _ = houses
    for address in ("127.0.0.1", "::1", "fe80::/64", "?"):
        here.viewers[address] = LIMIT
    assert here.tell(there) is None
    here.viewers[ADDRESS] = here.viewers["2001:db8::/64"] = LIMIT
    here.tell(there)
    assert [there.elsewhere(address) for address in (ADDRESS, "2001:db8::/64", "127.0.0.1")] == [40, 40, 0]


def test_only_so_many_are_told_of(houses: tuple[House, House, House]) -> None:
    """Those who are nearest to a limit."""
    here, there, _ = houses
    here.viewers.update({f"198.51.{number // 256}.{number % 256}": 2 for number in range(TOLD_AT_ONCE)})
    here.viewers[ADDRESS] = 3
    told = here.tell(there)
    assert told is not None
    assert len(json.loads(told)["few"]) == TOLD_AT_ONCE
    assert len(told) < households.MAX_TOLD
    assert there.elsewhere() == 3


def test_requests_are_bounded_together(houses: tuple[House, House, House]) -> None:
    """What was spent at one process isn't there at another, and comes back as it does everywhere."""
    here, there, third = houses
    assert (here.ask(30), there.ask(5)) == (30, 5)
    here.tell(there, third)
    there.tell(here, third)
    assert third.ask(50) == 5
    assert there.ask(50) == 5
    assert there.ask(50, OTHER) == LIMIT
    third.clock.now += 10
    assert third.ask(50) == 10
    third.clock.now += 600
    assert third.ask(50) == LIMIT
    assert third.ask(1, "127.0.0.1") == 1


def test_few_requests_are_forgotten(houses: tuple[House, House, House]) -> None:
    """Nobody adds them up for ever."""
    here, there, _ = houses
    assert here.tell(there) is None
    for _ in range(3):
        here.ask(1)
        here.clock.now += households.NOTED_FOR
        assert here.tell(there) is None


RUBBISH = [
    b"", b"\xff", b"[]", b"[" * 100_000, b"x" * (households.MAX_TOLD + 1), {"few": []}, {"house": 1},
    {"few": {"a": [1]}}, {"few": {"a": [1, 2, 3, 4, "5"]}}, {"few": {"a": [-1, 0, 0, 0, 0]}},
    {"few": {"a": [True, 0, 0, 0, 0]}}, {"few": {"a": [10**9, 0, 0, 0, 0]}}, {"process": "x" * 99},
    {"few": {str(number): [1, 1, 1, 1, 1] for number in range(TOLD_AT_ONCE + 1)}}, {"key": "other"},
]  # fmt: skip


def test_rubbish(houses: tuple[House, House, House]) -> None:
    """Whatever somebody else says on that channel is passed over; so is whoever is one too many."""
    here, there, _ = houses
    here.viewers[ADDRESS] = 5
    told = here.tell()
    assert told is not None
    good = json.loads(told)
    for rubbish in RUBBISH:
        said = rubbish if isinstance(rubbish, bytes) else json.dumps(good | rubbish).encode()
        there.households.hear(said)
        assert not there.households._told
    for number in range(households.MAX_TELLERS + 5):
        there.households.hear(json.dumps(good | {"process": str(number)}).encode())
    assert there.elsewhere() == 5 * households.MAX_TELLERS


@pytest.fixture
def table() -> Iterator[Table]:
    table = Table(6, sharers=2)
    yield table
    table.close()


async def test_workers_are_one_house(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each other they hear by the memory that they have in common; others hear of each."""
    Clock(monkeypatch, stands_still=True)  # nothing of what they may ask for comes back meanwhile
    limits = Limits(viewers_per_address=8, handshakes_per_minute=40)
    workers = [Gate(limits, board=Board(table.take_seat())) for _ in range(2)]
    alone = Gate(limits)
    gates = (*workers, alone)
    for gate in gates:
        gate.households.use(KEY)
        monkeypatch.setattr(gate.households, "_clock", asyncio.get_running_loop().time)

    def tell() -> None:
        for gate in gates:
            if (told := gate.households.report()) is not None:
                for other in gates:
                    other.households.hear(told)

    for worker in workers:
        for _ in range(3):
            worker.seat(ADDRESS)
    tell()
    assert workers[0].check_viewer(ADDRESS, 0) is None
    for _ in range(2):
        alone.seat(ADDRESS)
    assert alone.check_viewer(ADDRESS, 0) is CROWDED
    tell()
    assert workers[1].check_viewer(ADDRESS, 0) is CROWDED
    assert all(alone.check_handshake(OTHER, None) is None for _ in range(20))
    tell()
    passed = [workers[number % 2].check_handshake(OTHER, None) is None for number in range(40)]
    assert sum(passed) == 20
    assert len(alone.households._told) == 2


async def test_an_address_at_two_processes(
    origin: object, follow: Follow, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has used up what is theirs at one is refused at the other, until they leave; others come in."""
    monkeypatch.setattr(households, "TELL_EVERY", 0.05)
    monkeypatch.setattr(households, "GOOD_FOR", PATIENCE / 2)
    proxied = Exposure(trusted_proxies=parse_networks("127.0.0.1"))
    here, there = [await follow(limits=Limits(viewers_per_address=2), exposure=proxied) for _ in range(2)]
    from_there: dict[str, Any] = {"additional_headers": {"X-Forwarded-For": ADDRESS}}

    def elsewhere(count: int) -> bool:
        return there._gate.households.elsewhere("viewers", ADDRESS) == count

    async with watching(here, **from_there) as one, watching(here, **from_there):
        await until(lambda: elsewhere(2), "it is told")
        async with watching(there, greeted=False, **from_there) as late:
            assert await late.hear_error() == CROWDED
        async with watching(there, additional_headers={"X-Forwarded-For": OTHER}) as other:
            await other.enter("dworld")
        await one.enter("dworld")
        assert 0 < int(redis.ask("TTL", "dzone:{addresses}:key").strip(":\r\n")) <= 3_600
        assert "dzone:{addresses}:live" not in redis.ask("KEYS", "*")
        redis.stop()
        assert elsewhere(2)
        clock = there._gate.households._clock
        monkeypatch.setattr(there._gate.households, "_clock", lambda: clock() + PATIENCE / 2)
        assert elsewhere(0)  # nothing is heard any more
        async with watching(there, **from_there) as alone:
            await alone.enter("dworld")
        redis.start()
        await until(lambda: elsewhere(2), "it is told again")
    await until(lambda: elsewhere(0), "they have gone")


def test_all_fall_silent_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server went away: what hundreds told is forgotten in one go, not one after the other."""
    clock = StillClock(1_000.0)
    here, others = House(clock), [House(clock) for _ in range(5)]
    for other in others:
        other.viewers.add(ADDRESS)
        other.viewers.add(ADDRESS)
        other.tell(here)
    assert here.elsewhere() == 10
    clock.now += GOOD_FOR
    monkeypatch.setattr(here.households, "_drop", lambda _: pytest.fail("one after the other"))
    assert here.elsewhere() == 0
