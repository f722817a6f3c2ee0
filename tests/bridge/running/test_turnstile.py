"""Turns at a turnstile: few in one round of the loop, and fewer when rounds are long."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from bridge.running.turnstile import BUDGET, MOST, Turnstile
from tests.bridge.clock import StillClock


class Rounds:
    """Counts the rounds of the loop, and what happens in each."""

    def __init__(self) -> None:
        self.number = 0
        self.happened: Counter[int] = Counter()

    def note(self) -> None:
        """Note that something happens."""
        self.happened[self.number] += 1

    async def until(self, is_over: Callable[[], bool]) -> list[int]:
        """Let rounds pass until something is over; tell what happened in those in which anything did."""
        while not is_over():
            await asyncio.sleep(0)
            self.number += 1
        return [self.happened[number] for number in sorted(self.happened)]


@pytest.fixture
def cpu() -> StillClock:
    """Tells what was computed so far, in seconds."""
    return StillClock()


@pytest.fixture
def turnstile(cpu: StillClock) -> Turnstile:
    return Turnstile(cpu)


async def take_turns(
    turnstile: Turnstile, cpu: StillClock, each: float, addresses: Iterable[str]
) -> tuple[list[int], list[str]]:
    """Have somebody from each address come, all at once; tell how many passed in each round, and who."""
    rounds, passed = Rounds(), list[str]()

    async def come(address: str) -> None:
        await turnstile.turn(address)
        rounds.note()
        passed.append(address)
        cpu.now += each

    coming = [asyncio.create_task(come(address)) for address in addresses]
    return await rounds.until(lambda: all(task.done() for task in coming)), passed


async def test_who_comes_alone_need_not_wait(turnstile: Turnstile) -> None:
    """Not even for a round."""
    with pytest.raises(StopIteration):
        turnstile.turn("a").send(None)


async def test_a_hundred_who_come_at_once_pass_one_by_one(turnstile: Turnstile, cpu: StillClock) -> None:
    """Where each takes long, none has another beside them in their round."""
    counts, _ = await take_turns(turnstile, cpu, 2 * BUDGET, ["a"] * 100)
    assert counts == [1] * 100


async def test_where_turns_are_short_several_pass_together(turnstile: Turnstile, cpu: StillClock) -> None:
    """But never many: nobody knows what the next ones cost."""
    counts, _ = await take_turns(turnstile, cpu, BUDGET / 100, ["a"] * 100)
    assert counts[0] == 1
    assert max(counts) == MOST
    assert len(counts) < 30


async def test_whoever_has_more_with_them_goes_behind(turnstile: Turnstile, cpu: StillClock) -> None:
    """Address by address, one each."""
    _, passed = await take_turns(turnstile, cpu, 2 * BUDGET, [*"aaaaa", *"bc"])
    assert "".join(passed) == "aabcaaa"


async def test_who_has_many_addresses_has_no_more_turns(cpu: StillClock) -> None:
    """They share them with all their addresses."""
    turnstile = Turnstile(cpu, queue_of=lambda address: address[0])
    _, passed = await take_turns(turnstile, cpu, 2 * BUDGET, ["a1", "a2", "a3", "a4", "b1", "c1"])
    assert passed == ["a1", "a2", "b1", "c1", "a3", "a4"]


async def test_after_a_pause_it_begins_with_one(turnstile: Turnstile, cpu: StillClock) -> None:
    """The next who come may be others, who cost more."""
    await take_turns(turnstile, cpu, 0, ["a"] * 100)
    for _ in range(3):
        await asyncio.sleep(0)
    counts, _ = await take_turns(turnstile, cpu, 2 * BUDGET, ["a"] * 10)
    assert counts == [1] * 10


async def test_who_has_gone_holds_nobody_up(turnstile: Turnstile) -> None:
    """Their turn passes."""
    waiting = [asyncio.create_task(turnstile.turn("a")) for _ in range(4)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [task.cancelled() for task in waiting] == [False, True, False, False]


async def test_work_that_fails_holds_nobody_up(turnstile: Turnstile) -> None:
    """It is the loop's to tell of it."""
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    def fail() -> None:
        raise LookupError

    turnstile.add("a", fail)
    turnstile.add("a", fail)
    await turnstile.turn("a")
    assert [type(context["exception"]) for context in told] == [LookupError, LookupError]


async def test_there_is_time_until_the_round_is_long(turnstile: Turnstile, cpu: StillClock) -> None:
    """And in the next one there is again."""
    answers = [turnstile.has_time]
    for each in (BUDGET / 2, BUDGET):
        cpu.now += each
        answers.append(turnstile.has_time)
    await asyncio.sleep(0)
    assert [*answers, turnstile.has_time] == [True, True, False, True]
