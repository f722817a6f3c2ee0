"""A log that strangers can't fill: what they cause again and again is written now and then, and counted."""

import logging
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from bridge.running.rate import Rate, Rates

# Who writes what a stranger may cause as often as they like: a viewer, with as many guilds as there are, a
# member, or whoever uses a command.
CAUSED_BY_STRANGERS: Final = (
    "asyncio",
    "bridge.backplane.reader",
    "bridge.broadcasts",
    "bridge.viewers.outbox",
    "bridge.providers",
    "bridge.reception",
    "bridge.viewers.pulse",
    "bridge.viewers.session",
    "bridge.websockets",
    "cogs.commands.replies",
)
AT_ONCE: Final = 20  # lines of one kind
PER_SECOND: Final = 0.2


class Calm(logging.Filter):
    """Lets through so many lines of one kind; the next that comes through says how many did not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._rates = Rates(Rate(PER_SECOND, AT_ONCE))
        self._untold: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to write a record."""
        if _is_too_late(record):
            return False
        if not record.name.startswith(CAUSED_BY_STRANGERS):
            return True
        kind = f"{record.name} {record.msg}"
        if not self._rates.allow(kind, self._clock()):
            self._untold[kind] += 1
            return False
        if more := self._untold.pop(kind, 0):
            record.msg, record.args = f"{record.getMessage()} ({more} more like this were not logged)", ()
        return True


def _is_too_late(record: logging.LogRecord) -> bool:
    """Tell whether a name was not found for which nobody waits any more: whoever did has said so already."""
    error = record.exc_info[1] if record.exc_info else None
    return record.name == "asyncio" and isinstance(error, socket.gaierror)
