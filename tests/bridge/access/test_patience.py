"""Who waits for the answers to what others of their address have tried."""

import asyncio
from collections import Counter
from contextlib import ExitStack

import pytest

from bridge.access.patience import Undecided

MANY = 50


class Address:
    """One from which many try at once: each that waits looks whether it may, in some round of the loop."""

    def __init__(self) -> None:
        self.undecided = Undecided()
        self.must_wait = 1.0
        self.looks: Counter[int] = Counter()
        self.passed = 0
        self._round = 0

    async def come(self, count: int) -> list[asyncio.Task[None]]:
        """Have so many more wait."""
        coming = [asyncio.create_task(self._wait()) for _ in range(count)]
        await asyncio.sleep(0)
        self.looks.clear()
        return coming

    async def pass_rounds(self, count: int) -> None:
        """Let so many rounds of the loop pass."""
        for _ in range(count):
            await asyncio.sleep(0)
            self._round += 1

    async def _wait(self) -> None:
        await self.undecided.wait("a", self._look)
        self.passed += 1

    def _look(self) -> float:
        self.looks[self._round] += 1
        return self.must_wait


@pytest.fixture
def address() -> Address:
    return Address()


async def test_after_an_answer_they_look_one_by_one(address: Address) -> None:
    """A hundred that wake in the same moment would hold up everybody."""
    with address.undecided.one("a"):
        with address.undecided.one("a"):
            coming = await address.come(MANY)
        await address.pass_rounds(3 * MANY)
        assert (address.looks.total(), max(address.looks.values())) == (MANY, 1)
        assert address.passed == 0
    await asyncio.gather(*coming)
    assert address.passed == MANY


async def test_whoever_may_try_leaves_the_others_to_look(address: Address) -> None:
    """A good answer lets all of them in who may."""
    with address.undecided.one("a"):
        with address.undecided.one("a"):
            coming = await address.come(3)
            address.must_wait = 0.0
        await asyncio.gather(*coming)


@pytest.mark.parametrize("at_once", [True, False])
async def test_who_gives_up_leaves_nobody_behind(address: Address, at_once: bool) -> None:
    """Whether before the answer, or when it was just their turn."""
    with ExitStack() as tries:
        tries.enter_context(address.undecided.one("a"))
        coming = await address.come(4)
        if not at_once:
            coming[0].cancel()
            coming[2].cancel()
            await address.pass_rounds(1)
    if at_once:
        coming[0].cancel()
        coming[2].cancel()
    await asyncio.gather(*coming, return_exceptions=True)
    assert address.passed == 2
    assert not address.undecided._waiting


async def test_who_comes_when_nothing_is_undecided_need_not_wait(address: Address) -> None:
    """They are told how long they have to be patient."""
    assert await address.undecided.wait("a", lambda: 7.0) == 7.0
