"""A load generator in a process of its own, which obeys: `python -m tests.bench.crowd_host ADDRESS`.

One process may have no more than some thousand open files, and one address no more than some thousand ports.
Between orders everybody reads on, and answers pings.
"""

import contextlib
import json
import os
import queue
import sys
import threading
import time
from typing import Any, Final

from tests.bench.control import AVAILABLE, settle_here
from tests.bench.crowd import Crowd, Kind, Viewer
from tests.bench.pipe import answer

_CURSOR: Final = b'"cursor":"'
_RESUMED: Final = b'"resumed":true'
_WORDS: Final = b'"message":"'
_TAIL: Final = 120  # bytes at the end of an event, in which its cursor is
SAMPLE: Final = 50  # of so many viewers one notes how late it hears


def kind(slug: str, cursor: str | None, address: str) -> Kind:
    """Be a client of today, that reads what is not compressed."""
    data = {"server": slug, "batch": True} | ({} if cursor is None else {"cursor": cursor})
    request = json.dumps({"type": "connect", "data": data}).encode()
    return Kind(request, deflate=False, address=address)


class Watcher(Viewer):
    """A viewer that knows how to come back, and some of them how late what they hear is."""

    __slots__ = ("heard", "late", "resumed", "slug", "tail")

    def __init__(self, slug: str, address: str, cursor: str | None = None) -> None:
        super().__init__(kind(slug, cursor, address))
        self.slug = slug
        self.tail = b""  # of what came last
        self.resumed = False
        self.heard = 0  # messages
        self.late: list[float] | None = None  # seconds

    @property
    def cursor(self) -> str | None:
        """Where it is in its room."""
        _, mark, rest = self.tail.rpartition(_CURSOR)
        return rest.partition(b'"')[0].decode() if mark else None

    def _take(self, data: bytes | bytearray, end: int) -> None:
        self.heard += data.count(_WORDS, 0, end)
        if self.late is not None and self.joined is not None:
            self._look_at_the_clock(bytes(data[:end]))
        if self.joined is None and not self.resumed:
            self.resumed = data.find(_RESUMED, 0, end) >= 0
        if end > _TAIL or self._skip or self._part:
            self.tail = (self.tail + bytes(data[max(0, end - _TAIL) : end]))[-_TAIL:]
        elif data[0] & 0xF == 1:  # whole events, and not a ping
            self.tail = bytes(data[:end])
        super()._take(data, end)

    def _look_at_the_clock(self, data: bytes) -> None:
        assert self.late is not None
        now = time.monotonic()
        self.late += [now - float(part.partition(b'"')[0]) for part in data.split(_WORDS)[1:]]


class Host:
    """A part of the crowd, and the orders about it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._crowd = Crowd()
        self._watchers: list[Watcher] = []
        self._before: dict[Watcher, int] = {}
        self._dozing: list[Watcher] = []
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self) -> None:
        """Obey until the orders end."""
        answer({})
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._crowd.read_until(lambda: not self._orders.empty(), float("inf"))
            line = self._orders.get()
            if not line:
                return
            order = json.loads(line)
            answer(getattr(self, f"do_{order.pop('do')}")(**order) or {})

    def _listen(self) -> None:
        while line := sys.stdin.readline():
            self._orders.put(line)
        self._orders.put("")

    def do_gather(self, slugs: list[str], port: int, count: int, patience: float) -> dict[str, Any]:
        """Let so many come, to these rooms in turns; say how many are in."""
        newcomers = [Watcher(slugs[number % len(slugs)], self._address) for number in range(count)]
        for watcher in newcomers[::SAMPLE]:
            watcher.late = []
        seated = self._crowd.seat(newcomers, port, patience=patience)
        self._watchers += seated
        return {"in": len(seated)}

    def do_note(self, doze: bool) -> None:
        """Note what everybody hears from now on.

        If they `doze`, only those read at once who note how late they hear; all others after them.
        """
        self._dozing = [watcher for watcher in self._watchers if doze and watcher.late is None]
        self._crowd.stall(self._dozing)
        self._before = {watcher: watcher.heard for watcher in self._watchers}
        for watcher in self._watchers:
            if watcher.late is not None:
                watcher.late.clear()

    def do_heard(self, messages: int, patience: float) -> dict[str, Any]:
        """Wait until everybody has heard so much; say how many have, and how late some heard it."""
        dozing, self._dozing = set(self._dozing), []
        self._wait_for([watcher for watcher in self._watchers if watcher not in dozing], messages, patience)
        self._crowd.wake([*dozing])
        self._wait_for([*dozing], messages, patience)
        have = sum(watcher.heard - self._before[watcher] == messages for watcher in self._watchers)
        late = [round(each, 6) for watcher in self._watchers for each in watcher.late or ()]
        return {"have": have, "late": late, "busy": time.process_time()}

    def _wait_for(self, behind: list[Watcher], messages: int, patience: float) -> None:
        def all_have_it() -> bool:
            while behind and behind[-1].heard - self._before[behind[-1]] >= messages:
                behind.pop()
            return not behind

        self._crowd.read_until(all_have_it, patience)

    def do_come_back(self, port: int, patience: float) -> dict[str, Any]:
        """Wait until everybody here is cut off, and have them come back elsewhere, all at once."""
        lost = self._watchers
        self._crowd.read_until(lambda: all(watcher.gone for watcher in lost), patience)
        began = time.monotonic()
        back = [Watcher(watcher.slug, self._address, watcher.cursor) for watcher in lost]
        for watcher in lost:
            watcher.hang_up()
        self._crowd.viewers.clear()
        self._watchers = self._crowd.seat(back, port, at_once=len(back), patience=patience)
        return {
            "in": len(self._watchers),
            "resumed": sum(watcher.resumed for watcher in self._watchers),
            "had_cursor": sum(watcher.cursor is not None for watcher in lost),
            "seconds": max((watcher.joined or began for watcher in self._watchers), default=began) - began,
        }


def main() -> None:
    """Run the process."""
    [address] = sys.argv[1:]
    settle_here()
    os.sched_setaffinity(0, AVAILABLE)  # where there is time: viewers may come to whichever reader is left
    with contextlib.suppress(KeyboardInterrupt):
        Host(address).run()
    os._exit(0)


if __name__ == "__main__":
    main()
