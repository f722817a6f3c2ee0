"""The healthy viewers' process: `python -m tests.abuse.healthy PORT COUNT CORE`. It obeys as `pipe` says.

What arrives is only noted, with the time; it is read in the breaks between the measurements. All of them get
the same bytes, which are parsed once.
"""

import json
import os
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from io import FileIO
from typing import Any, Final

from tests.bench.crowd import BATCH, BUFFER, Crowd, Viewer
from tests.bench.pipe import answer
from tests.bench.wire import PING, PONG, client_frame, frame_at

KIND: Final = replace(BATCH, deflate=False, address="127.0.0.2")  # nobody else's
SEATED_WITHIN: Final = 120.0  # seconds, all of them
PATIENCE: Final = 45.0  # seconds to wait for what was said
READ_EVERY: Final = 9.0  # seconds that pings may wait for their answer: who reads notes nothing meanwhile

Message = tuple[int, float]  # its number, and when it was due


class Healthy(Viewer):
    """A viewer that hears every message, once and in order, or says how often that wasn't so."""

    __slots__ = ("_rest", "delays", "faults", "last", "noted")

    def __init__(self) -> None:
        super().__init__(KIND)
        self.noted: list[tuple[float, bytes]] = []
        self.last = 0  # the number of the last message
        self.faults = 0  # messages that were not the next, and what is none
        self.delays: list[tuple[int, float]] = []  # which message, and seconds
        self._rest = b""

    def watch(self) -> None:
        """Take note of what there is."""
        if size := self._receive():
            self.noted.append((time.monotonic(), bytes(BUFFER[:size])))

    def read(self) -> None:
        """Read what was noted."""
        for moment, data in self.noted:
            messages, faults, pinged, self._rest = parse(self._rest + data)
            self.faults += faults
            for number, due in messages:
                self.faults += number != self.last + 1
                self.last = number
                self.delays.append((number, moment - due))
            if pinged and not self.gone:
                self._answer_ping()
        self.noted.clear()

    def _answer_ping(self) -> None:
        try:
            self.sock.send(client_frame(b"", PONG))
        except OSError:
            self.gone = True


@lru_cache(maxsize=1_000)
def parse(data: bytes) -> tuple[list[Message], int, bool, bytes]:
    """Parse what a viewer got: messages, what is none, whether it was pinged, and what isn't whole yet."""
    messages: list[Message] = []
    faults, pinged, position = 0, False, 0
    while frame := frame_at(data, position):
        start, stop = frame
        if data[position] == 0x80 | PING:
            pinged = True
        else:
            for event in _events(data[start:stop]):
                if event["type"] == "message":
                    number, due = event["data"]["message"].split()
                    messages.append((int(number), float(due)))
                else:
                    faults += 1  # such as a snapshot in place of what was missed
        position = stop
    return messages, faults, pinged, data[position:]


def _events(payload: bytes) -> Iterator[dict[str, Any]]:
    frame = json.loads(payload)
    yield from frame["events"] if frame["type"] == "batch" else [frame]


class Audience:
    """All of them, and what can be asked about them."""

    def __init__(self, crowd: Crowd, port: int, count: int) -> None:
        self._crowd = crowd
        self._viewers = [Healthy() for _ in range(count)]
        crowd.seat(self._viewers, port, patience=SEATED_WITHIN)

    def do_begin(self) -> dict[str, Any]:
        """Begin to measure."""
        self._read()
        for viewer in self._viewers:
            viewer.delays.clear()
        return {}

    def do_end(self, told: int) -> dict[str, Any]:
        """Wait until everybody has heard everything up to a message; say how that went."""
        self._crowd.read_until(lambda: self._have_heard(told), PATIENCE)
        delays = [one for viewer in self._viewers for one in viewer.delays]
        return {
            "gone": sum(viewer.gone for viewer in self._viewers),
            "behind": sum(viewer.last < told for viewer in self._viewers),
            "faults": sum(viewer.faults for viewer in self._viewers),
            "delays": [(number, round(delay, 5)) for number, delay in delays],
        }

    def obey(self) -> None:
        """Watch, and obey, until the orders end."""
        answer({"in": sum(viewer.joined is not None for viewer in self._viewers)})
        with FileIO(sys.stdin.fileno()) as orders:
            while True:
                if not self._crowd.read_until(lambda: _is_ready(orders), READ_EVERY):
                    self._read()
                elif line := orders.readline():
                    order = json.loads(line)
                    answer(getattr(self, f"do_{order.pop('do')}")(**order))
                else:
                    return

    def _have_heard(self, told: int) -> bool:
        self._read()
        return all(viewer.gone or viewer.last >= told for viewer in self._viewers)

    def _read(self) -> None:
        for viewer in self._viewers:
            viewer.read()


def _is_ready(orders: FileIO) -> bool:
    return bool(select.select([orders], [], [], 0)[0])


def main() -> None:
    """Run the process, on one core if one is named."""
    port, count, *core = map(int, sys.argv[1:])
    if core:
        os.sched_setaffinity(0, core)
    with Crowd() as crowd:
        Audience(crowd, port, count).obey()


if __name__ == "__main__":
    main()
