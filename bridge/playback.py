"""What an old d-zone client can play, and when.

Such a client shows one speech bubble a channel at a time, each for about five seconds, and queues the
rest; a member who is taken away while speaking, or with words in that queue, freezes the channel for
good. So the bridge keeps the queue on its side: words go out when the channel is free, the oldest are
dropped when they would come too late, and a member's removal waits until they have finished.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.protocol import Event

BUBBLE: Final = 5.0  # seconds one bubble is shown
MAX_LAG: Final = 15.0  # seconds words may come late
PARTING: Final = 1.0  # seconds between a member's last bubble and their removal, for slow pages


@dataclass(slots=True)
class _Lane:
    """One channel: until when its bubble is up, and who waits to speak."""

    busy_until: float = 0.0
    waiting: deque[Event] = field(default_factory=deque)


class Playback:
    """The pace of one room for clients that asked for nothing. Pure: the caller brings the clock."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._speaking: dict[str, float] = {}  # uid -> when their last bubble is over, in that order
        self._leaving: dict[str, Event] = {}  # uid -> the removal that waits for it

    def pace(self, events: Iterable[Event], now: float) -> list[Event]:
        """Take what happened; return what such clients get at once, after what was held back and is due."""
        out = self._due(now)
        for event in events:
            match event.type:
                case "message":
                    out += self._speak(event, now)
                case "presence":
                    out.append(self._arrive_or_leave(event, now))
                case "edit":
                    self._edit(event)
                case _:
                    out.append(event)
        return out

    def silence(self, channel: str | None = None) -> None:
        """Forget what waits to be said in a channel that is no longer shown, or in all of them."""
        for name, lane in self._lanes.items():
            if channel in (None, name):
                lane.waiting.clear()

    def next_due(self) -> float | None:
        """Tell when something held back may go out, if anything is."""
        times = [lane.busy_until for lane in self._lanes.values() if lane.waiting]
        times += [self._speaking.get(uid, 0.0) for uid in self._leaving if not self._has_words(uid)]
        return min(times, default=None)

    def _speak(self, event: Event, now: float) -> list[Event]:
        lane = self._lanes.setdefault(event.data["channel"], _Lane())
        if lane.busy_until <= now and not lane.waiting:
            return [self._start_bubble(lane, event, now)]
        lane.waiting.append(event)
        while lane.busy_until - now + BUBBLE * (len(lane.waiting) - 1) > MAX_LAG:
            lane.waiting.popleft()
        return []

    def _start_bubble(self, lane: _Lane, event: Event, now: float) -> Event:
        uid = event.data["uid"]
        lane.busy_until = now + BUBBLE
        self._speaking.pop(uid, None)  # in again at the end: the order is that of time
        self._speaking[uid] = lane.busy_until + PARTING
        return event

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
        waiting, lane.waiting = lane.waiting, deque()
        for words in waiting:
            if words.extras.get("id") != edit.data["id"]:
                lane.waiting.append(words)
            elif edit.data["message"] is not None:
                lane.waiting.append(words.with_data({**words.data, "message": edit.data["message"]}))

    def _due(self, now: float) -> list[Event]:
        out = []
        for channel, lane in list(self._lanes.items()):
            if lane.busy_until <= now:
                if lane.waiting:
                    out.append(self._start_bubble(lane, lane.waiting.popleft(), now))
                else:
                    del self._lanes[channel]
        gone = [uid for uid in self._leaving if self._has_finished(uid, now)]
        out += [self._leaving.pop(uid) for uid in gone]
        while self._speaking and next(iter(self._speaking.values())) <= now:
            del self._speaking[next(iter(self._speaking))]
        return out

    def _has_finished(self, uid: str, now: float) -> bool:
        return self._speaking.get(uid, 0.0) <= now and not self._has_words(uid)

    def _has_words(self, uid: str) -> bool:
        return any(words.data["uid"] == uid for lane in self._lanes.values() for words in lane.waiting)
