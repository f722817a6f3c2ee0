"""Ports for programs that have to be told one: nobody else on this machine is given the same."""

import random
import socket
from contextlib import suppress
from functools import cache
from itertools import cycle
from typing import Final

# Below every system's ephemeral range: none is handed out by itself while a program starts.
_FIRST: Final = 10_000
_LAST: Final = 32_000
_BLOCK: Final = 250  # ports; each process that runs tests has a block of its own

_places = cycle(range(1, _BLOCK))


def free_port() -> int:
    """Return a port that nobody listens on; it is given again when all others had their turn."""
    first: int = _claim().getsockname()[1]
    while True:
        port = first + next(_places)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _claim() -> socket.socket:
    """Claim a block until this process ends: no two can have its first port."""
    chance = random.SystemRandom()  # properties are tried with a seed that is the same in all processes
    while True:
        claim = socket.socket()
        with suppress(OSError):
            claim.bind(("127.0.0.1", chance.randrange(_FIRST, _LAST, _BLOCK)))
            return claim
        claim.close()
