"""What requests cost, and who pays for it."""

import asyncio

import pytest

from bridge.access.cost import AT_ONCE, LONGEST_WAIT, Budgets, Purse
from bridge.limits import Limits
from tests.bridge.clock import Clock, StillClock

TENTHS = Limits(cpu_per_viewer=0.1, cpu_per_address=0.2, cpu_in_all=0.5)


@pytest.fixture
def cpu() -> StillClock:
    """Tells what was computed so far, in seconds."""
    return StillClock()


@pytest.fixture
def budgets(cpu: StillClock) -> Budgets:
    return Budgets(TENTHS, cpu)


@pytest.fixture(autouse=True)
async def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which nothing comes back because a test had to wait for its machine."""
    return Clock(monkeypatch)


async def test_who_has_something_left_need_not_wait(budgets: Budgets) -> None:
    """Up to what five seconds bring, and beyond it once."""
    purse = budgets.purse("a")
    assert purse.wait <= 0
    purse.pay(0.49)
    assert purse.wait <= 0
    purse.pay(0.51)
    assert purse.wait == pytest.approx(5, abs=0.1)


async def test_it_comes_back(budgets: Budgets, time: Clock) -> None:
    """At the pace of the limit."""
    purse = budgets.purse("a")
    purse.pay(0.6)
    await time.jump(0.9)
    assert purse.wait > 0
    await time.jump(0.2)
    assert purse.wait <= 0


async def test_whatever_it_was_is_forgiven_some_time(budgets: Budgets) -> None:
    """What a viewer asked for may have cost more than anybody foresaw."""
    purse = budgets.purse("a")
    purse.pay(1_000)
    assert purse.wait == pytest.approx(LONGEST_WAIT, abs=0.1)


async def test_those_of_one_address_share(budgets: Budgets) -> None:
    """Nobody elsewhere notices."""
    for _ in range(10):
        budgets.purse("a").pay(0.2)
    assert budgets.purse("a").wait > 0
    assert budgets.purse("b").wait <= 0


async def test_others_time_is_not_paid_for(budgets: Budgets, cpu: StillClock) -> None:
    """Only the steps of what was asked for, and all of them, also after a wait or an error."""
    paid: list[float] = []
    purse = budgets.purse("a")
    go_on = asyncio.Event()

    async def answer() -> str:
        cpu.now += 1
        await go_on.wait()
        cpu.now += 2
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            cpu.now += 4
        return "answer"

    def note(self: Purse, seconds: float) -> None:
        paid.append(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Purse, "pay", note)
        task = asyncio.ensure_future(_wait_for(purse.paid(answer())))
        await asyncio.sleep(0)
        cpu.now += 100
        go_on.set()
        assert await task == "answer"
    assert sum(paid) == 7


async def _wait_for(paid: object) -> object:
    return await paid  # type: ignore[misc]  # whatever can be awaited


async def test_what_goes_wrong_is_raised_and_paid_for(budgets: Budgets, cpu: StillClock) -> None:
    """As if nobody had looked."""
    purse = budgets.purse("a")

    async def fail() -> None:
        cpu.now += 1
        raise LookupError

    with pytest.raises(LookupError):
        await purse.paid(fail())
    assert purse.wait > 0


async def test_who_is_cancelled_ends(budgets: Budgets) -> None:
    """What it was doing hears of it."""
    ended: list[str] = []

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("yes")

    task = asyncio.ensure_future(_wait_for(budgets.purse("a").paid(wait_for_ever())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["yes"]


@pytest.mark.parametrize("crowd", [["a"] * 8, [f"2001:db8:1:{number}::/64" for number in range(8)]])
async def test_where_all_have_spent_too_much_addresses_take_turns(
    budgets: Budgets, time: Clock, crowd: list[str]
) -> None:
    """Who comes with a hundred viewers, or addresses, has no more turns than who comes alone."""
    budgets.charge(AT_ONCE + 4, asyncio.get_running_loop().time())
    served: list[str] = []

    async def ask(address: str) -> None:
        purse = budgets.purse(address)
        await purse.turn()
        served.append(address)
        purse.pay(0.01)

    tasks = [asyncio.ensure_future(ask(address)) for address in (*crowd, "b", "c")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await time.jump(8)
    for _ in range(200):
        await time.jump(0.01)
    first, _, *others = crowd
    assert served == [first, "b", "c", *others]


async def test_all_at_once_do_not_hold_the_loop(budgets: Budgets) -> None:
    """However many ask in one turn, a bounded part of them is served in it."""
    served = 0

    async def ask(number: int) -> None:
        nonlocal served
        purse = budgets.purse(str(number))
        await purse.turn()
        served += 1
        purse.pay(0.01)

    tasks = [asyncio.ensure_future(ask(number)) for number in range(100)]
    await asyncio.sleep(0)
    assert served <= AT_ONCE / 0.01 + 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
