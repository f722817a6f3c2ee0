"""What waits for viewers who read slowly: counted for all of them together, each thing once. Pure."""

from operator import itemgetter
from typing import Protocol

from bridge.network.peers import queue_of
from bridge.wire.framing import LongMessage

Thing = bytes | LongMessage


class Holder(Protocol):
    """Somebody for whom things wait."""

    def give_way(self) -> None:
        """Let go of everything: there is too much for all together."""


class Ledger:
    """Counts the bytes that are kept in memory because somebody has not read them yet.

    Many who wait for the same share it, and versions of a snapshot share their pages. Where all that is more
    than `most` bytes, somebody gives way: of those from the address with most of them, the one who has waited
    longest. A healthy viewer is seldom that one: it holds something for a moment.
    """

    def __init__(self, most: int) -> None:
        self.size = 0
        self._most = most
        self._count: dict[int, int] = {}  # by the identity of what is held: those who hold it keep it alive
        self._holders: dict[str, dict[Holder, None]] = {}  # by address, who has waited longest first

    def __len__(self) -> int:
        return sum(map(len, self._holders.values()))

    def hold(self, holder: Holder, address: str, thing: Thing) -> None:
        """Know that something waits for somebody."""
        self._holders.setdefault(queue_of(address), {})[holder] = None
        if self._is_new(thing):
            self.size += self._add_parts(thing) if isinstance(thing, LongMessage) else len(thing)
            self._make_room(holder)

    def release(self, thing: Thing) -> None:
        """Know that something waits for somebody no longer."""
        if self._was_last(thing):
            self.size -= self._drop_parts(thing) if isinstance(thing, LongMessage) else len(thing)

    def leave(self, holder: Holder, address: str) -> None:
        """Know that nothing waits for somebody any more."""
        whose = queue_of(address)
        there = self._holders.get(whose)
        if there is not None:
            there.pop(holder, None)
            if not there:
                del self._holders[whose]

    def _make_room(self, newest: Holder) -> None:
        while self.size > self._most:
            oldest = [(len(there), next(iter(there))) for there in self._holders.values()]
            others = [each for each in oldest if each[1] is not newest]
            if not others:
                return  # it alone may be more than that
            max(others, key=itemgetter(0))[1].give_way()

    def _add_parts(self, message: LongMessage) -> int:
        return sum(len(part) for part in message.parts if self._is_new(part))

    def _drop_parts(self, message: LongMessage) -> int:
        return sum(len(part) for part in message.parts if self._was_last(part))

    def _is_new(self, thing: Thing) -> bool:
        count = self._count[id(thing)] = self._count.get(id(thing), 0) + 1
        return count == 1

    def _was_last(self, thing: Thing) -> bool:
        count = self._count.pop(id(thing)) - 1
        if count:
            self._count[id(thing)] = count
        return not count
