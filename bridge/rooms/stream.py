"""What happened in a room, numbered: what still has to go out, and what somebody missed. Pure."""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from bridge.limits import Limits
from bridge.rooms.changes import CONTROL, Called, ControlType, corrected, renamed, trace, without_line
from bridge.rooms.flush import AT_ONCE
from bridge.rooms.history import History
from bridge.rooms.recency import Recency
from bridge.wire.crowd import FAR
from bridge.wire.protocol import Connect, Entries, Event, EventType, Said, decode_cursor, stream_name

EVENTS_AT_ONCE: Final = 500  # that are encoded in one turn of the loop
MISSED_AT_ONCE: Final = (
    4 * EVENTS_AT_ONCE
)  # the same for somebody who comes back; short ones, as many as weigh so
_WHOLE: Final = ("channels", "servers", "notice")  # each says everything: a later one replaces an earlier
_COMMON: Final = ("servers", "notice")  # of all rooms: each process tells its own, and whoever enters

# Not kept for those who come back: what is common comes with the greeting, or beside the join; a gesture is
# over by then, and so many of them would leave no room for words.
_PASSING: Final = frozenset({*_COMMON, "gesture"})

Hearer = Callable[[list[Event]], None]


class Stream:
    """The events of one room in one of its lives, which `epoch` names: a cursor of another one means nothing.

    An event is pending until it is taken, and then kept for those who come back, as long as somebody watches
    or may come back. `edition` grows when something that happened is told in another way, or not at all.
    """

    def __init__(
        self,
        server_id: str,
        limits: Limits,
        epoch: str | None = None,
        position: int = 0,
        recency: Recency | None = None,
    ) -> None:
        self._recency = recency or Recency({}, lambda: 0.0)
        self.epoch: Final = epoch or secrets.token_hex(4)
        self.head: Final = {"server": server_id}
        self.position = position
        self.edition = 0
        self.pending: dict[int, Event] = {}  # what waits to be taken, by position
        # uid -> position of the pending presence that a new one replaces
        self._replaceable: dict[str, int] = {}
        self._whole: dict[str, int] = {}  # the positions of the last events that say everything
        self._history = History(limits.history_events, limits.history_age)
        self._history.start_at(position)
        self._records = False  # whether events are kept: somebody watches, or may come back
        self._alone_since: float | None = None  # the first flush since the last viewer left
        self._hearers: list[Hearer] = []

    @property
    def state(self) -> tuple[int, int, int]:
        """What changes whenever somebody who comes back would be told something else."""
        return self.edition, self.position, self._history.since

    # Who follows

    def start(self) -> None:
        """Record from here on, for somebody who came."""
        self._alone_since = None
        if not self._records:
            self._records = True
            self._history.start_at(self.position)

    def listen(self, hearer: Hearer) -> Callable[[], None]:
        """Have somebody hear what is taken from here on, in order, before it is encoded; return how to stop.

        They hear control events too, but not of the list of servers: that isn't the guild's.
        """
        self.start()
        self._hearers.append(hearer)

        def stop() -> None:
            self._hearers.remove(hearer)

        return stop

    # What happens

    def publish(
        self,
        type: EventType | ControlType,  # noqa: A002 - the protocol's word
        data: Mapping[str, Any] | None,
        extras: Mapping[str, Any] | None = None,
        head: Mapping[str, Any] | None = None,
        *,
        quiet: bool = False,
        entries: Entries | None = None,
        repeated: Mapping[str, Any] | None = None,
        said: Said | None = None,
    ) -> None:
        """Number an event and keep it until it goes out. `head` stands in place of the guild's `server`."""
        self.position += 1
        if not self._records:  # with nobody there, the state is all there is to keep
            self._history.since = self.position
            if data is not None and (type != "presence" or "username" not in data):  # who is new did nothing
                self._recency.note(type, data, self.position)
            self._recency.forget_known()
            return
        event = Event(
            type, self.position, head or self.head, data, extras,
            quiet=quiet, entries=entries, repeated=repeated,
        )  # fmt: skip
        event.said = said
        if data is not None:
            self._note(event)
        self._file(event)

    def control(self, type: ControlType, data: Callable[[], Mapping[str, Any]]) -> None:  # noqa: A002
        """Number what only those who listen hear of; without any, it is nothing."""
        if self._hearers:
            self.publish(type, data())

    def number(self, type: ControlType, data: Callable[[], Mapping[str, Any]]) -> None:  # noqa: A002
        """The same, but it has a number also where nobody listens: who came before is told of it."""
        if self._hearers:
            self.publish(type, data())
        else:
            self.pass_over(self.position + 1)

    def accept(self, event: Event) -> None:
        """Let what happened elsewhere go on from here, at its own position."""
        self.position = event.position
        self._note(event)
        if not self._records:
            self._history.since = self.position
            self._recency.forget_known()
        elif event.type in _WHOLE:
            self._replace_whole(event)
        elif event.type not in CONTROL or self._hearers:
            self.pending[event.position] = event  # it has collapsed already with what it could

    def pass_over(self, position: int) -> None:
        """Know that at a position nothing happened that anybody here is told of."""
        self.position = position
        if not self._records:
            self._history.since = position

    def recall(self, events: Iterable[Event], since: int, now: float) -> None:
        """Know what happened after `since` in a room that this one carries on: it goes out to nobody."""
        self.start()
        self._history.start_at(since)
        kept = [event for event in events if event.type not in CONTROL | _PASSING]
        for event in kept:
            event.who = self._recency.note(event.type, event.data, event.position)
        self._history.add(kept, now)

    def _note(self, event: Event) -> None:
        """Know who did it, unless that is nothing to those who are told of a crowd by number."""
        event.counted = self._recency.is_only_counted(event.type, event.data, event.extras)
        if not event.counted or "delete" in event.data:
            event.who = self._recency.note(event.type, event.data, event.position)

    def _file(self, event: Event) -> None:
        if event.type in _WHOLE:
            self._replace_whole(event)
            return
        if (uid := event.data.get("uid")) is not None:
            event = self._collapse(uid, event)
        self.pending[event.position] = event

    def _replace_whole(self, event: Event) -> None:
        self.pending.pop(self._whole.get(event.type, 0), None)
        self._whole[event.type] = event.position
        self._history.forget(lambda other: other.type == event.type)  # as many as a history holds
        self.pending[event.position] = event

    def _collapse(self, uid: str, event: Event) -> Event:
        """Let a member's later presence replace an earlier one that is still here.

        Only when nothing else of theirs lies between: who came and spoke must come before the words.
        """
        earlier = self._replaceable.pop(uid, None)
        if event.type != "presence" or "delete" in event.data:
            return event
        self._replaceable[uid] = event.position
        return event if earlier is None else event.after(self.pending.pop(earlier))

    # What goes out

    def take(self, now: float, *, is_wanted: bool) -> list[Event]:
        """Take what viewers get next, and keep it for those who come back; those who listen hear it first.

        `is_wanted` tells whether anybody watches, or wants to hear on arrival what is said until then.
        """
        events = self._first()
        if self._hearers and events:
            heard = [event for event in events if event.type not in _COMMON]
            for hearer in tuple(self._hearers):
                hearer(heard)
            events = [event for event in events if event.type not in CONTROL]
        self._history.add((event for event in events if event.type not in _PASSING), now)
        if not (is_wanted or self._hearers):
            self._stop_recording_for_nobody(now)
        return events

    def next_due(self, now: float) -> float | None:
        """Tell when to take something, or forget what is too old."""
        # Less than a full portion waits for the window, as it would have if nothing were under way.
        if len(self.pending) >= EVENTS_AT_ONCE:
            return AT_ONCE
        too_old = self._history.next_due()
        if not self.pending:
            return too_old
        return now if too_old is None else min(now, too_old)

    def _first(self) -> list[Event]:
        """Take what happened first, no more than may be encoded in one turn."""
        events: list[Event] = []
        weight = 0
        for event in self.pending.values():
            weight += event.weight
            if events and weight > EVENTS_AT_ONCE:
                break
            events.append(event)
        for event in events:
            del self.pending[event.position]
            uid = event.data.get("uid", "")
            if self._replaceable.get(uid) == event.position:
                del self._replaceable[uid]
        return events

    def _stop_recording_for_nobody(self, now: float) -> None:
        if not self._records:
            return
        if self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since >= self._history.max_age:
            self._records = False
            self._history.start_at(self.position)

    # Who comes back

    def place(self, request: Connect) -> int | None:
        """Read where a viewer was, if the room has everything since, and not more than it would keep.

        Nor more than there is time for: where people wrote long, a snapshot says it shorter.
        """
        if request.cursor is None or len(self.pending) > max(EVENTS_AT_ONCE, self._history.max_events):
            return None
        since = decode_cursor(stream_name(self.epoch, request.wants), request.cursor)
        if since is None or not self._history.since <= since <= self.position:
            return None
        weight = self._history.weight_after(since) + sum(event.weight for event in self._waiting(since))
        return since if weight <= MISSED_AT_ONCE else None

    @property
    def since(self) -> int:
        """The position since which all is known."""
        return self._history.since

    @property
    def settled(self) -> int:
        """The position up to which nothing waits to be taken any more."""
        return next(iter(self.pending), self.position + 1) - 1

    @property
    def past_edition(self) -> int:
        """What changes whenever something that was taken would be told in another way, or not at all."""
        return self._history.edition

    def between(self, since: int, last: int) -> list[Event]:
        """Name what happened since a position, up to another one that is settled."""
        return self._history.between(since, last)

    def missed(self, since: int) -> list[Event]:
        """Name what happened since a position."""
        return [*self._history.after(since), *self._waiting(since)]

    def words(self) -> list[Event]:
        """Name what was said lately and may be told to who arrives, the oldest first."""
        waiting = (event for event in self.pending.values() if event.said is not None)
        return [*self._history.words(), *waiting]

    def _waiting(self, since: int) -> Iterator[Event]:
        return (event for at, event in self.pending.items() if at > since and event.type not in _COMMON)

    # What is not told any more

    def forget(self, unwanted: Callable[[Event], bool]) -> None:
        """Forget such events."""
        self.edition += 1
        self._recency.forget_told(self.position)
        self._introduce_anew(unwanted)
        self._history.forget(unwanted)
        self._replaceable.clear()  # what it names may be gone
        self._drop_pending(unwanted)

    def leave_voice(self, channels: Collection[str]) -> None:
        """Say of nobody any more that they talk in these channels, when they did or came."""
        changed = [
            event.leave_voice(channels) for event in (*self._history.after(-1), *self.pending.values())
        ]
        if any(changed):
            self._history.outdate()

    def forget_past(self) -> None:
        """Forget what is kept for those who come back, and words that wait."""
        self._introduce_anew(lambda event: event.has_words)
        self._drop_pending(lambda event: event.has_words)
        self.keep_no_past()

    def keep_no_past(self) -> None:
        """Forget what is kept for those who come back."""
        self.edition += 1
        self._recency.forget_told(self.position)
        self._history.start_at(self.position)

    def correct(self, message_id: str, words: str, emoji: Mapping[str, str]) -> None:
        """Have a message have said something else from the beginning."""
        self._change(partial(corrected, message_id=message_id, words=words, emoji=emoji))

    def forget_line(self, uid: str) -> None:
        """Have nothing stood over somebody's head."""
        self._change(partial(without_line, uid=uid))
        self._history.outdate()  # also who did what is told without it

    def rename(self, names: Mapping[str, Called]) -> None:
        """Have channels or threads have been called this."""
        self._change(partial(renamed, names=names))

    def _change(self, change: Callable[[Event], Event]) -> None:
        self.edition += 1
        self._history.change(change)
        self.pending = {at: change(event) for at, event in self.pending.items()}

    def _introduce_anew(self, unwanted: Callable[[Event], bool]) -> None:
        """Say again who did what follows such events: clients that know only some heard it with them."""
        events = [*self._history.after(-1), *self.pending.values()]
        silenced = {event.data["uid"] for event in events if event.who is not None and unwanted(event)}
        for event in events:
            if event.who is not None and event.data["uid"] in silenced:
                event.who = event.who[0], FAR

    def _drop_pending(self, unwanted: Callable[[Event], bool]) -> None:
        """Take out what may not leave any more. Those who listen still learn that there was a message."""
        kept: dict[int, Event | None] = {}
        for at, event in self.pending.items():
            if event.type in CONTROL or not unwanted(event):
                kept[at] = event
            elif self._hearers:
                kept[at] = trace(event)
        self.pending = {at: event for at, event in kept.items() if event is not None}

    def _told(self) -> Iterator[Event]:
        """Go through what waits, or is kept for those who come, or come back."""
        yield from self.pending.values()
        yield from self._history.after(-1)
        yield from self._history.words()

    def author_of(self, message_id: str) -> str | None:
        """Name whoever said a message of which somebody may still be told."""
        for event in self._told():
            if event.type == "message" and event.extras.get("id") == message_id:
                return str(event.data["uid"])
        return None

    def places_of_words(self) -> set[str]:
        """Name where something was said of which somebody may still be told."""
        return {event.data["channel"] for event in self._told() if event.type == "message"}

    def holds(self, wanted: Callable[[Event], bool]) -> bool:
        """Tell whether somebody may still be told of such an event."""
        return any(map(wanted, self._told()))

    def names(self, uid: str) -> bool:
        """Tell whether anything that is kept is of somebody, or answers them."""
        return self._history.names(uid) or any(uid in event.names for event in self.pending.values())
