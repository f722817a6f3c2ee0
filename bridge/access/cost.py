"""What requests cost: CPU time, paid by the viewer who asks, by their address, and by all together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Generic, TypeVar

from bridge.access.fair import FairTurns
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network.peers import queue_of
from bridge.running.rate import Rate, Rates
from bridge.running.turnstile import Turnstile

Result = TypeVar("Result")

SAVED_UP: Final = 5.0  # seconds for which a viewer, or an address, may have saved
# What all together may spend at once, in CPU seconds: then whatever else there is to do has its turn.
AT_ONCE: Final = 0.05
LONGEST_WAIT: Final = 10.0  # seconds after which whatever somebody spent is forgiven


class Budgets:
    """How much CPU time goes to viewers' requests.

    Nobody knows what a request costs before it is answered. So who has anything left may ask, and who has
    spent more than there was waits until it has come back. Where all together have, those who wait have their
    turns address by address: who comes with many connections has no more of them for it.
    """

    def __init__(
        self, limits: Limits = DEFAULT_LIMITS, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self.clock = clock
        self.now = _now
        self.viewer = Rate(limits.cpu_per_viewer, limits.cpu_per_viewer * SAVED_UP)
        self.addresses = Rates(Rate(limits.cpu_per_address, limits.cpu_per_address * SAVED_UP))
        self._all = Rate(limits.cpu_in_all, AT_ONCE)
        self._full_at = 0.0
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # by address, whose turn is next first
        self._timer: asyncio.Handle | None = None
        self.turnstile = Turnstile(queue_of=queue_of)
        self.searches = FairTurns(limits.viewers)  # through a room's members, one at a time

    def purse(self, address: str) -> "Purse":
        """Give somebody who came from an address what they may spend."""
        return Purse(self, address)

    def charge(self, seconds: float, now: float) -> None:
        """Have all together pay."""
        self._full_at = self._all.charge(self._full_at, now, seconds, LONGEST_WAIT)

    async def turn(self, address: str) -> None:
        """Return when there is something left for somebody from an address."""
        if not self._waiting and self._all.wait(self._full_at, self.now()) <= 0:
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(queue_of(address), deque()).append(mine)
        if self._timer is None:
            self._plan()
        await mine

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._all.wait(self._full_at, self.now())
        # Not at once: whoever was let through a moment ago shall have paid.
        self._timer = loop.call_later(wait, self._call_next) if wait > 0 else loop.call_soon(self._call_next)

    def _call_next(self) -> None:
        self._timer = None
        if self._all.wait(self._full_at, self.now()) <= 0:
            self._let_one_through()
        if self._waiting:
            self._plan()

    def _let_one_through(self) -> None:
        while self._waiting:
            address = next(iter(self._waiting))
            line = self._waiting.pop(address)
            first = line.popleft()
            if line:
                self._waiting[address] = line  # at the end: now it is the next one's turn
            if not first.done():  # who waited may have gone
                first.set_result(None)
                return


class Purse:
    """What one viewer may spend, who shares it with all who came from the same address."""

    __slots__ = ("_address", "_budgets", "_full_at")

    def __init__(self, budgets: Budgets, address: str) -> None:
        self._budgets = budgets
        self._address = address
        self._full_at = 0.0

    @property
    def wait(self) -> float:
        """Tell for how many seconds there is nothing left."""
        now = self._budgets.now()
        own = self._budgets.viewer.wait(self._full_at, now)
        return max(own, self._budgets.addresses.wait(self._address, now))

    async def turn(self) -> None:
        """Return when all together have something left."""
        await self._budgets.turn(self._address)

    async def round(self) -> None:
        """Return when the loop has time for a piece of work."""
        await self._budgets.turnstile.turn(self._address)

    def pay(self, seconds: float) -> None:
        """Pay for so many seconds of CPU time."""
        now = self._budgets.now()
        self._full_at = self._budgets.viewer.charge(self._full_at, now, seconds, LONGEST_WAIT)
        self._budgets.addresses.charge(self._address, now, seconds, LONGEST_WAIT)
        self._budgets.charge(seconds, now)

    @contextmanager
    def paying(self) -> Iterator[None]:
        """Pay for what is done meanwhile, in one turn of the loop."""
        began = self._budgets.clock()
        try:
            yield
        finally:
            self.pay(self._budgets.clock() - began)

    def paid(self, work: Coroutine[Any, Any, Result]) -> "Paid[Result]":
        """Have some work done, and pay for it: not for the time for which it waits while others work."""
        return Paid(work, self)


class Paid(Generic[Result]):
    """A coroutine whose steps are paid for, each as it is done."""

    def __init__(self, work: Coroutine[Any, Any, Result], purse: Purse) -> None:
        self._work = work
        self._purse = purse

    def __await__(self) -> Generator[Any, Any, Result]:
        step: Callable[[], Any] = partial(self._work.send, None)
        while True:
            with self._purse.paying():
                try:
                    waits_for = step()
                except StopIteration as end:
                    result: Result = end.value
                    return result
            try:
                step = partial(self._work.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 - whatever is thrown in is for the work
                step = partial(self._work.throw, error)


def _now() -> float:
    return asyncio.get_running_loop().time()
