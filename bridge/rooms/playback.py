"""What an old d-zone client can play, and when.

Such a client shows one speech bubble a channel at a time, each for as long as its text takes, and queues
the rest; a member who is taken away while speaking, or with words in that queue, freezes the channel for
good. So the bridge keeps the queue on its side: words go out when the channel is free, the oldest are
dropped when they would come too late, and a member's removal waits until they have finished.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, NamedTuple

from bridge.rooms.changes import Left
from bridge.wire.protocol import Event

MAX_LAG: Final = 15.0  # seconds words may come late
# How such a client plays a text, as seen in the TypeScript fork 0.1.7; the oldest is quicker. At 60 frames a
# second, long texts play faster for each character, and each turn of a page takes a little.
_FRAMES: Final = 60.0
_OPENING: Final = 18  # frames
_LINGER: Final = 60  # characters' worth that a text stays when it is all there
_PAGE_TURN: Final = 5  # characters' worth
_PAGE: Final = 19  # characters at least that are there without a turn
_SPEEDS: Final = ((75, 3), (150, 2))  # frames that a character takes in texts shorter than this; else one
_MARGIN: Final = 1.25  # for slow pages
_PARTING: Final = 2  # times as long as a bubble takes, a member stays


def bubble_seconds(text: str) -> float:
    """Tell for how long an old client may show a text."""
    characters = len(text.encode("utf-16-le", errors="surrogatepass")) // 2  # as JavaScript counts
    speed = next((speed for limit, speed in _SPEEDS if characters < limit), 1)
    turns = math.ceil(characters / _PAGE)
    return _MARGIN * (_OPENING + speed * (characters + _LINGER + _PAGE_TURN * turns)) / _FRAMES


class _Words(NamedTuple):
    """Words that wait for their channel."""

    event: Event
    said_at: float
    seconds: float

    @property
    def uid(self) -> str:
        return str(self.event.data["uid"])


@dataclass(slots=True)
class _Lane:
    """One channel: until when its bubble is up, and who waits to speak."""

    busy_until: float = 0.0
    waiting: deque[_Words] = field(default_factory=deque)

    @property
    def is_late(self) -> bool:
        """Whether some of those who wait would speak too late."""
        starts = self.busy_until
        for words in self.waiting:
            if starts - words.said_at > MAX_LAG:
                return True
            starts += words.seconds
        return False


class Playback:
    """The pace of one room for old clients. Pure: the caller brings the clock."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._in_line: Counter[str] = Counter()  # uid -> how many words of theirs wait
        self._speaking: dict[str, float] = {}  # uid -> when their last bubble is surely over
        self._ends: list[tuple[float, str]] = []  # a heap of these times, and of some that were put off
        self._leaving: dict[str, Event] = {}  # uid -> the removal that waits for it

    def pace(self, events: Iterable[Event], now: float) -> list[Event]:
        """Take what happened; return what such clients get at once, after what was held back and is due."""
        events = list(events)
        for event in events:
            if event.type == "edit":  # first of all: what it changes may be due
                self._edit(event)
        out = self._due(now)
        for event in events:
            match event.type:
                case "message":
                    out += self._speak(event, now)
                case "presence":
                    out.append(self._arrive_or_leave(event, now))
                case "edit":
                    pass
                case _:
                    out.append(event)
        return out

    def silence(self, channel: str | None = None) -> None:
        """Forget what waits to be said in a channel that is no longer shown, or in all of them."""
        for name, lane in self._lanes.items():
            if channel in (None, name):
                while lane.waiting:
                    self._call(lane)

    def amend(self, left: Left) -> None:
        """Have of words that wait to be said only that said what is left of them."""
        for lane in self._lanes.values():
            for _ in range(len(lane.waiting)):
                words = self._call(lane)
                event = left(words.event)
                if event is words.event:
                    self._line_up(lane, words)
                elif event is not None:
                    seconds = bubble_seconds(event.data["message"])
                    self._line_up(lane, _Words(event, words.said_at, seconds))
            self._keep_in_time(lane)  # other words may be longer

    def next_due(self) -> float | None:
        """Tell when something held back may go out, if anything is."""
        times = [lane.busy_until for lane in self._lanes.values() if lane.waiting]
        times += [self._speaking.get(uid, 0.0) for uid in self._leaving if uid not in self._in_line]
        return min(times, default=None)

    def _speak(self, event: Event, now: float) -> list[Event]:
        lane = self._lanes.setdefault(event.data["channel"], _Lane())
        words = _Words(event, now, bubble_seconds(event.data["message"]))
        if lane.busy_until <= now and not lane.waiting:
            return [self._start_bubble(lane, words, now)]
        self._line_up(lane, words)
        self._keep_in_time(lane)
        return []

    def _keep_in_time(self, lane: _Lane) -> None:
        """Drop the oldest words as long as some would come too late."""
        while lane.is_late:
            self._call(lane)

    def _line_up(self, lane: _Lane, words: _Words) -> None:
        lane.waiting.append(words)
        self._in_line[words.uid] += 1

    def _call(self, lane: _Lane) -> _Words:
        """Take whose turn it is out of the line."""
        words = lane.waiting.popleft()
        self._in_line[words.uid] -= 1
        if not self._in_line[words.uid]:
            del self._in_line[words.uid]
        return words

    def _start_bubble(self, lane: _Lane, words: _Words, now: float) -> Event:
        lane.busy_until = now + words.seconds
        ends = now + _PARTING * words.seconds
        if ends > self._speaking.get(words.uid, 0.0):
            self._speaking[words.uid] = ends
            heappush(self._ends, (ends, words.uid))
        return words.event

    def _arrive_or_leave(self, event: Event, now: float) -> Event:
        uid = event.data["uid"]
        if not event.data.get("delete"):
            self._leaving.pop(uid, None)  # back before the removal went out: they are still there
            return event
        if self._has_finished(uid, now):
            return event
        self._leaving[uid] = event
        return event.with_data({"uid": uid, "status": "offline"})

    def _edit(self, edit: Event) -> None:
        """Change words that were not shown yet, or forget them if they were deleted."""
        lane = self._lanes.get(edit.data["channel"])
        if lane is None:
            return
        for _ in range(len(lane.waiting)):
            words = self._call(lane)
            if words.event.extras.get("id") == edit.data["id"]:
                text = edit.data["message"]
                if text is None:
                    continue
                said = words.event.with_data({**words.event.data, "message": text})
                words = _Words(said, words.said_at, bubble_seconds(text))
            self._line_up(lane, words)
        self._keep_in_time(lane)  # other words may be longer

    def _due(self, now: float) -> list[Event]:
        out = []
        for channel, lane in list(self._lanes.items()):
            if lane.busy_until <= now:
                if lane.waiting:
                    out.append(self._start_bubble(lane, self._call(lane), now))
                else:
                    del self._lanes[channel]
        gone = [uid for uid in self._leaving if self._has_finished(uid, now)]
        out += [self._leaving.pop(uid) for uid in gone]
        self._forget_ended(now)
        return out

    def _forget_ended(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            ended, uid = heappop(self._ends)
            if self._speaking.get(uid) == ended:
                del self._speaking[uid]

    def _has_finished(self, uid: str, now: float) -> bool:
        return self._speaking.get(uid, 0.0) <= now and uid not in self._in_line
