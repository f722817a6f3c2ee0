"""Who is still there? Viewers whose line went dead, or who stopped reading, are let go."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from websockets.protocol import State

from bridge.viewers.connection import Connection
from bridge.viewers.outbox import Outbox
from bridge.wire.framing import PING
from bridge.wire.protocol import Goodbye

log = logging.getLogger(__name__)

PERIOD: Final = 8.0  # seconds between two looks at a viewer
MAX_STUCK: Final = 4  # looks at which a viewer may have read nothing of what waits for it
MAX_SILENT: Final = 4  # looks at which nothing may have been heard of a viewer
TICK: Final = 0.5  # seconds
LOOKS_AT_ONCE: Final = 30  # viewers, in one turn of the loop: half a millisecond, for each may be sent a ping

Dismiss = Callable[[Goodbye], None]


class _Vitals:
    """What the last looks at one viewer showed.

    Looks are counted, not seconds: when the machine slept, nobody is to blame.
    """

    __slots__ = ("_connection", "_dismiss", "_outbox", "_silent", "_stuck", "_taken", "_unread", "due")

    def __init__(self, connection: Connection, outbox: Outbox, dismiss: Dismiss) -> None:
        self.due = 0.0
        self._connection = connection
        self._outbox = outbox
        self._dismiss = dismiss
        self._taken = 0  # bytes that the system had taken
        self._unread = 0
        self._stuck = 0
        self._silent = 0

    def look(self) -> bool:
        """Look, and ask for a sign of life; tell whether to look again."""
        connection = self._connection
        if connection.state is not State.OPEN:
            return False
        # Where bytes had to wait, the system takes more only after the peer has taken some. Where none
        # had to, that they were taken says nothing: they may lie in the system's own buffer.
        unread = self._outbox.unread
        taken = self._outbox.written - unread
        reads = self._unread > 0 and taken > self._taken
        self._taken, self._unread = taken, unread
        self._stuck = 0 if reads or not self._unread else self._stuck + 1
        self._silent = 0 if reads or connection.heard else self._silent + 1
        connection.heard = False
        if self._stuck >= MAX_STUCK:
            self._dismiss(Goodbye.SLOW)
        elif self._silent >= MAX_SILENT:
            connection.named(log).info("viewer lost: nothing heard for %d s", MAX_SILENT * PERIOD)
            connection.transport.abort()
        else:
            if not unread:
                self._outbox.offer(PING)
            return True
        return False


class Pulse:
    """Looks at every viewer once per `PERIOD`, a few at a time.

    The library's own keepalive is a task per connection, and does not notice a peer that stopped reading
    once the write buffer is full: its ping waits behind it.
    """

    def __init__(self) -> None:
        self._round: deque[_Vitals] = deque()  # by when they are due
        self._timer: asyncio.TimerHandle | None = None

    def follow(self, connection: Connection, outbox: Outbox, dismiss: Dismiss) -> None:
        """Look after a viewer until the connection ends. `dismiss` is called for one that doesn't read."""
        self._enqueue(_Vitals(connection, outbox, dismiss))

    def start(self) -> None:
        """Begin."""
        self._timer = asyncio.get_running_loop().call_later(TICK, self._beat)

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        self.start()
        self._look_around()

    def _look_around(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for _ in range(LOOKS_AT_ONCE):
            if self._timer is None or not self._round or self._round[0].due > now:
                return
            vitals = self._round.popleft()
            if vitals.look():
                self._enqueue(vitals)
        loop.call_soon(self._look_around)  # many came together, or the machine slept

    def _enqueue(self, vitals: _Vitals) -> None:
        vitals.due = asyncio.get_running_loop().time() + PERIOD
        self._round.append(vitals)
