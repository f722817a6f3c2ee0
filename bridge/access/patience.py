"""How patient somebody has to be who brings logins: each costs a question to Discord."""

import asyncio
import contextlib
import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Final

from bridge.running.rate import Rate, Rates

# What one address may ask of Discord, whatever the answers are: a share of what all may.
ASKED_AT_ONCE: Final = 50
ASKED_PER_SECOND: Final = 1.0
MAX_KNOWN: Final = 10_000  # logins that opened a door


def shares() -> Rates:
    """Share out the questions to Discord among addresses."""
    return Rates(Rate(ASKED_PER_SECOND, ASKED_AT_ONCE))


class Undecided:
    """Tries, by address, that are counted and not answered yet.

    Who would have to wait because of these alone may wait for the answers: many who come home to one address
    at once, all with good logins, are let in one after the other.
    """

    def __init__(self) -> None:
        self._tries: Counter[str] = Counter()
        # Who waits for an answer, and is told then how many of those behind are to look after them.
        self._waiting: dict[str, deque[asyncio.Future[int]]] = {}

    @contextlib.contextmanager
    def one(self, address: str) -> Iterator[None]:
        """Hold a try while it is asked about."""
        self._tries[address] += 1
        try:
            yield
        finally:
            self._tries[address] -= 1
            if not self._tries[address]:
                del self._tries[address]
            self._wake_next(address, len(self._waiting.get(address, ())))

    async def wait(self, address: str, must_wait: Callable[[], float]) -> float:
        """Wait until an address may try, or all its tries are decided; return how long it has to wait then.

        What follows without an await is done before anybody else of that address may.
        """
        while (seconds := must_wait()) > 0 and self._tries[address]:
            await self._wait_for_an_answer(address)
        return seconds

    async def _wait_for_an_answer(self, address: str) -> None:
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(answered)
        try:
            await answered
        finally:
            if answered.cancelled():
                self._leave(address, answered)
            else:
                self._wake_next(address, answered.result())

    def _wake_next(self, address: str, count: int) -> None:
        """Have so many look whether they may try, each in a turn of the loop after the one before."""
        waiting = self._waiting.get(address, deque())
        while waiting and count:
            count -= 1
            answered = waiting.popleft()
            if not answered.done():  # whoever has given up in this moment is still among them
                answered.set_result(count)
                break
        if not waiting:
            self._waiting.pop(address, None)

    def _leave(self, address: str, answered: "asyncio.Future[int]") -> None:
        waiting = self._waiting.get(address, deque())
        if answered in waiting:
            waiting.remove(answered)
        if not waiting:
            self._waiting.pop(address, None)


class Known:
    """Logins that opened a guild's door before: who brings one doesn't guess. Only their digests are kept."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._digests: dict[bytes, None] = {}

    def digest(self, token: str, guild_id: str) -> bytes:
        """Name a login, at a guild's door."""
        text = f"{guild_id} {token}".encode(errors="surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=32).digest()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def add(self, digest: bytes) -> None:
        """Remember one; the first is forgotten where there are too many."""
        self._digests.pop(digest, None)
        if len(self._digests) >= MAX_KNOWN:
            del self._digests[next(iter(self._digests))]
        self._digests[digest] = None

    def drop(self, digest: bytes) -> None:
        """Forget one: it opens nothing any more."""
        self._digests.pop(digest, None)
