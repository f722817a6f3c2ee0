"""From which addresses many come: what processes that count apart from each other tell one another.

Nobody keeps it. An address is named by a digest, made with a key that all of them have, and is told of only
while it has a fair part of a limit. What is heard counts for some seconds: where nothing is, each process
judges by itself. Pure.
"""

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import nlargest
from typing import Any, Final

from bridge.network.peers import allowance, is_of_one_machine
from bridge.running.board import COUNTED, RATED, Counts, Seat
from bridge.running.rate import Rate, Rates

TELL_EVERY: Final = 1.0  # seconds
GOOD_FOR: Final = 3 * TELL_EVERY  # seconds that what was heard counts
PART: Final = 20  # an address is told of that has this part of a limit
TOLD_AT_ONCE: Final = 100  # addresses: those nearest to a limit
MAX_TOLD: Final = 16 * 1024  # bytes of what is told at once
MAX_TELLERS: Final = 500  # who are heard
MAX_COUNT: Final = 10_000_000  # of one address
NOTED_FOR: Final = 60.0  # seconds that few requests of an address are kept in mind
MAX_NOTED: Final = 20_000  # addresses
KEY_SIZE: Final = 32  # bytes
KEYS_KNOWN: Final = 2  # what was told with the last one still counts
_NAMES: Final = (*COUNTED, *RATED)
_DIGEST: Final = 8  # bytes
_NAME: Final = 32  # characters of a house, or of a process


@dataclass(frozen=True, slots=True)
class _Told:
    """What a process told last: until when it counts, and how many of each address."""

    until: float
    few: Mapping[str, list[int]]


@dataclass(slots=True)
class _Rate:
    """What happens so often: how much of it is worth a word, what wasn't told, and what was heard."""

    share: int
    heard: Rates
    untold: Counter[str] = field(default_factory=Counter)


class Households:
    """What others tell of addresses, and what is to be told them of those that come here.

    Processes with a board in common, of which `seat` is one, are one house: they count together already. With
    `is_leaving` nobody is told of any more: those who are here go to others, where they count as they come.
    `clock` is in seconds, and only goes forward.
    """

    def __init__(self, seat: Seat | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._house = secrets.token_hex(_NAME // 2) if seat is None else seat.house
        self._sharers = 1 if seat is None else seat.sharers
        self._process = secrets.token_hex(_NAME // 2)
        self._clock = clock
        self._keys: dict[str, bytes] = {}  # by what tells them apart, the newest last
        self._told: dict[str, _Told] = {}  # by process, who told longest ago first
        self._there: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}  # all of that, by digest
        self._counts: dict[str, tuple[Counts, int]] = {}  # with how many are worth a word
        self._rates: dict[str, _Rate] = {}
        self._forget_at = 0.0
        self._was_busy = False
        self.is_leaving = False

    # What is counted here

    def watch(self, name: str, counts: Counts, limit: int) -> None:
        """Tell of one of `COUNTED`."""
        self._counts[name] = counts, self._share(limit)

    def bound(self, name: str, rate: Rate, limit: int) -> None:
        """Tell of one of `RATED`."""
        self._rates[name] = _Rate(self._share(limit), Rates(rate))

    def _share(self, limit: int) -> int:
        return max(1, limit // PART // self._sharers)

    # What a process judges by

    def elsewhere(self, name: str, address: str) -> int:
        """Tell how many there are of an address in other houses, as far as was heard."""
        if not self._told:
            return 0
        self._drop_old()
        there = self._there[name]
        return sum(there[digest] for digest in self._digests(address))

    def allow(self, name: str, rates: Rates, address: str, now: float) -> bool:
        """Tell whether something may happen once more, and count it: `rates` are this house's own."""
        if not self._keys:
            return rates.allow(address, now)
        rate = self._rates[name]
        if rate.heard:
            spent = sum(rate.heard.drain(digest, now) for digest in self._digests(address))
            if spent:
                rates.charge(address, now, spent, 0)
        if not rates.allow(address, now):
            return False
        rate.untold[address] += 1
        return True

    # What is told

    def use(self, key: bytes) -> None:
        """Name addresses by this key from now on."""
        mark = blake2b(key, digest_size=_DIGEST).hexdigest()
        if mark not in self._keys:
            self._keys[mark] = key
            for old in list(self._keys)[:-KEYS_KNOWN]:
                del self._keys[old]

    def report(self) -> bytes | None:
        """Write down what is to be told now, if anything is."""
        self._tidy()
        if not self._keys:
            return None
        mark, key = list(self._keys.items())[-1]
        busy = [] if self.is_leaving else self._busy()
        if not busy and not self._was_busy:
            return None
        self._was_busy = bool(busy)
        few = {_digest(address, key): self._numbers(address) for address in busy}
        said = {"house": self._house, "process": self._process, "key": mark, "few": few}
        return json.dumps(said, separators=(",", ":")).encode()

    def _busy(self) -> list[str]:
        """Name the addresses that are worth a word, with those nearest to a limit where they are too many."""
        parts: dict[str, float] = {}
        worth = [*self._counts.values(), *((rate.untold, rate.share) for rate in self._rates.values())]
        for counts, share in worth:
            for address, count in counts.items():
                if (part := count / share / allowance(address)) >= 1:
                    parts[address] = max(parts.get(address, 0.0), part)
        most = nlargest(TOLD_AT_ONCE, parts, key=parts.__getitem__)
        return [address for address in most if not is_of_one_machine(address)]

    def _numbers(self, address: str) -> list[int]:
        """Give the numbers of an address: how many there are, and what happened since it was told of last."""
        there = [self._counts[name][0][address] if name in self._counts else 0 for name in COUNTED]
        since = [self._rates[name].untold.pop(address, 0) if name in self._rates else 0 for name in RATED]
        return [*there, *since]

    # What is heard

    def hear(self, told: bytes) -> None:
        """Take what another process tells. What can't be read is passed over."""
        match _read(told):
            case {"house": str(house), "process": str(who), "key": str(mark), "few": dict(few)}:
                pass
            case _:
                return
        known = who in self._told or len(self._told) < MAX_TELLERS
        if house == self._house or mark not in self._keys or len(who) > _NAME or not known:
            return
        if len(few) > TOLD_AT_ONCE or not all(map(_are_numbers, few.values())):
            return
        now = self._clock()
        self._drop(who)
        if few:
            self._told[who] = _Told(now + GOOD_FOR, few)
            self._add(few)
        for name, rate in self._rates.items():
            at = _NAMES.index(name)
            for digest, numbers in few.items():
                if numbers[at]:  # each of a house hears it, and has what they count in common pay a part
                    rate.heard.charge(digest, now, numbers[at] / self._sharers, 0)

    def _add(self, few: Mapping[str, list[int]], sign: int = 1) -> None:
        for at, name in enumerate(COUNTED):
            there = self._there[name]
            for digest, numbers in few.items():
                there[digest] += sign * numbers[at]
                if not there[digest]:
                    del there[digest]

    def _drop(self, who: str) -> None:
        """Forget what a process told, if it did."""
        told = self._told.pop(who, None)
        if told is not None:
            self._add(told.few, -1)

    def _drop_old(self) -> None:
        now = self._clock()
        if self._told and next(reversed(self._told.values())).until <= now:
            self._told.clear()  # as when the server was away: all at once, for they may be very many
            for there in self._there.values():
                there.clear()
        while self._told and next(iter(self._told.values())).until <= now:
            self._drop(next(iter(self._told)))

    def _tidy(self) -> None:
        self._drop_old()
        now = self._clock()
        too_many = any(len(rate.untold) > MAX_NOTED for rate in self._rates.values())
        if now >= self._forget_at or too_many:
            self._forget_at = now + NOTED_FOR
            for rate in self._rates.values():
                rate.untold = Counter({key: n for key, n in rate.untold.items() if n >= rate.share})
                rate.heard.make_room(now)

    def _digests(self, address: str) -> list[str]:
        """Name an address as others may have named it, with each key that they may have had."""
        return [_digest(address, key) for key in self._keys.values()]


def _digest(address: str, key: bytes) -> str:
    return blake2b(address.encode(), key=key, digest_size=_DIGEST).hexdigest()


def _read(told: bytes) -> Any:
    if len(told) > MAX_TOLD:
        return None
    try:
        return json.loads(told)
    except (ValueError, RecursionError):
        return None


def _are_numbers(numbers: object) -> bool:
    return (
        isinstance(numbers, list)
        and len(numbers) == len(_NAMES)
        and all(type(number) is int and 0 <= number <= MAX_COUNT for number in numbers)
    )
