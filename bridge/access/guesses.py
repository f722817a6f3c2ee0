"""Who tries passwords or logins has to wait longer after each that was wrong."""

from dataclasses import dataclass
from typing import Final

from bridge.network.peers import WIDER, network_around

FORGOTTEN_AFTER: Final = 900.0  # seconds without a wrong try
MAX_KEYS: Final = 20_000


@dataclass(slots=True)
class _Record:
    wrong: int
    last: float  # when, in seconds


class Guesses:
    """Wrong tries by key, such as an address or a guild.

    The first `free` cost nothing. After that each doubles the time to wait, from one second to `longest`.
    All times are in seconds of a clock that only goes forward.
    """

    def __init__(self, free: int, longest: float, max_keys: int = MAX_KEYS) -> None:
        self._free = free
        self._longest = longest
        self._max_keys = max_keys
        self._records: dict[str, _Record] = {}

    def __len__(self) -> int:
        return len(self._records)

    def wait(self, key: str, now: float, free: int | None = None) -> float:
        """Tell how long this key has to wait before the next try, where no more than `free` cost nothing."""
        record = self._records.get(key)
        free = self._free if free is None else min(free, self._free)
        if record is None or record.wrong < free:
            return 0.0
        delay = min(self._longest, 2.0 ** min(record.wrong - free, 32))
        return max(0.0, record.last + delay - now)

    def count(self, key: str, now: float) -> None:
        """Count a try before it is known whether it is right: many at once are many all the same."""
        record = self._records.pop(key, None)
        if record is None or now - record.last > FORGOTTEN_AFTER:
            record = _Record(0, now)
        record.wrong += 1
        record.last = now
        if len(self._records) >= self._max_keys:
            del self._records[next(iter(self._records))]  # whose last try is longest ago
        self._records[key] = record

    def forgive(self, key: str) -> None:
        """Take one back: it was right."""
        record = self._records.get(key)
        if record is not None:
            record.wrong -= 1
            if record.wrong <= 0:
                del self._records[key]

    def has_many(self, key: str, now: float) -> bool:
        """Tell whether more were wrong lately than cost nothing."""
        record = self._records.get(key)
        return record is not None and record.wrong >= self._free and now - record.last <= FORGOTTEN_AFTER


class AddressGuesses(Guesses):
    """Wrong tries by address, which count for the wider IPv6 networks around it as well."""

    def __init__(self, free: int, longest: float, max_keys: int = MAX_KEYS) -> None:
        super().__init__(free, longest, max_keys)
        self._around = {
            bits: Guesses(max(1, free) * times, longest, max_keys) for bits, times in WIDER.items()
        }

    def wait(self, key: str, now: float, free: int | None = None) -> float:
        """Tell how long this address has to wait before the next try."""
        waits = [around.wait(network, now) for network, around in self._networks(key)]
        return max(super().wait(key, now, free), *waits, 0.0)

    def count(self, key: str, now: float) -> None:
        """Count a try from this address."""
        super().count(key, now)
        for network, around in self._networks(key):
            around.count(network, now)

    def forgive(self, key: str) -> None:
        """Take one back: it was right."""
        super().forgive(key)
        for network, around in self._networks(key):
            around.forgive(network)

    def _networks(self, address: str) -> list[tuple[str, Guesses]]:
        found = [(network_around(address, bits), guesses) for bits, guesses in self._around.items()]
        return [(network, guesses) for network, guesses in found if network is not None]
