"""What of one guild is written, and what is still to be. Does no I/O."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from bridge.backplane import codec, keys, scripts
from bridge.backplane.codec import Entry
from bridge.backplane.lines import Argument, Call
from bridge.limits import Limits
from bridge.rooms.room import Room
from bridge.rooms.state import MAX_SAID, Copy
from bridge.wire.protocol import Event

LIVES: Final = 86_400  # seconds that what is written outlives a writer that is gone
WRITTEN_AT_ONCE: Final = 500  # members
LEAST_KEPT: Final = 1_000  # events that wait while the server is away, at least; then all is written anew
PATIENT: Final = 20  # times as many while a guild is being written

Some = dict[str, bytes | None]  # what to set, and with None to drop


@dataclass(slots=True)
class _Batch:
    """What happened since the last flush, and what is true after it."""

    events: list[Event] = field(default_factory=list)
    members: Some = field(default_factory=dict)
    facts: Some = field(default_factory=dict)
    forgets: bool = False

    @property
    def offset(self) -> int:
        return self.events[-1].position


class Book:
    """Follows one room, and says what has to be written for it.

    `offset` is up to where it is written, `generation` as what. A batch that was sent stays until it is known
    that it arrived: sent again, it changes nothing.
    """

    def __init__(
        self, room: Room, limits: Limits, on_news: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        self.room = room
        self.generation = ""
        self.offset = 0
        self.is_written = False  # whole, and so that batches may follow
        self.taken: tuple[str, str] | None = None  # by whom else it is written, and how far they are
        self._heard_to = room.position
        self._is_copied = False  # all there is, as of a position from which on nothing is missing
        self._waiting = _Batch()
        self._sent: tuple[_Batch, Entry] | None = None
        self._said: dict[str, None] = {}  # the messages whose facts are written
        self._recent: deque[tuple[float, Entry, int]] = deque()  # when, what, and how many events
        self._kept = limits.history_events
        self._age = limits.history_age
        self._most = max(LEAST_KEPT, limits.history_events)
        self._on_news = on_news
        self._clock = clock
        self._wanted: asyncio.Future[Copy] | None = None
        self._held: list[Event] = []  # heard, while more is under way: what is true now is of later
        self._stop = room.listen(self._hear)

    def close(self) -> None:
        """Follow no longer."""
        self._stop()
        if self._wanted is not None:
            self._wanted.cancel()

    @property
    def has_news(self) -> bool:
        """Whether something is to be written."""
        return self.is_written and (self._sent is not None or bool(self._waiting.events))

    # What happens

    def _hear(self, events: list[Event]) -> None:
        self._held += [event for event in events if event.position > self._heard_to]
        if not self.room.is_current:
            return
        held, self._held = self._held, []
        if held:
            self._heard_to = held[-1].position
            self._note(held)
        self._give_copy()

    def _note(self, events: list[Event]) -> None:
        """Take down what is true now of all that something happened to."""
        batch, room = self._waiting, self.room
        batch.events += events
        if len(batch.events) > self._most * (PATIENT if self._is_copied else 1):
            self._give_up(batch.offset)
            batch = self._waiting
        for event in events:
            uid = event.data.get("uid")
            if event.type in ("presence", "voice", "activity", "newcomer") and uid is not None:
                member = room.members.get(uid)
                batch.members[uid] = None if member is None else codec.write_member(member)
            elif event.type in ("message", "said", "edit"):
                self._note_words(event, batch.facts)
            elif event.type == "channels":
                batch.facts["channels"] = codec.write_channels(room.channels)
                batch.forgets = True  # perhaps of a channel that nobody may see
            elif event.type == "update-clientid":
                batch.facts["client"] = (room.client_id or "").encode()
            elif event.type == "forget":
                batch.forgets = True
        self._on_news()

    def _give_up(self, offset: int) -> None:
        """Have all written anew: the server is away for long, and what is true is shorter to say."""
        self.is_written = self._is_copied = False
        self._sent, self._waiting = None, _Batch()
        self._recent.clear()
        self.offset = offset

    def _note_words(self, event: Event, facts: Some) -> None:
        message_id = event.extras.get("id") if event.type == "message" else event.data.get("id")
        if message_id is None:
            return
        words = self.room.said.get(message_id)
        if words is None:
            facts[codec.SAID + message_id] = None
            self._said.pop(message_id, None)
        elif event.type != "edit":
            facts[codec.SAID + message_id] = codec.write_words(event.position, words)
            self._said[message_id] = None
            if len(self._said) > MAX_SAID:
                oldest = next(iter(self._said))
                del self._said[oldest]
                facts[codec.SAID + oldest] = None

    # What is written as it happens

    def flush(self) -> Call:
        """Say how to write what waits; the same again until `arrived` is called."""
        if self._sent is None:
            batch, self._waiting = self._waiting, _Batch()
            entry = Entry(self.generation, self.offset, batch.offset, codec.write_events(batch.events))
            self._sent = batch, entry
        batch, entry = self._sent
        if batch.forgets:
            self._recent.clear()
        first = self._first_kept(len(batch.events), entry.before)
        lives = int(self._age) + 1 if self._kept and self._age else 0
        arguments: list[Argument] = [
            self.generation, entry.before, entry.offset, entry.events, entry.told(), first + 1, lives,
            "1" if batch.forgets else "0",
        ]  # fmt: skip
        for some in (batch.members, batch.facts):
            arguments += _to_set(some)
            arguments += _to_drop(some)
        return scripts.FLUSH, self._keys(), arguments

    def arrived(self) -> None:
        """Know that what was sent is written."""
        if self._sent is not None:
            batch, entry = self._sent
            self._sent = None
            self.offset = entry.offset
            self._keep(entry, len(batch.events))

    def check(self) -> Call:
        """Say how to look whether all of it is there."""
        names = self._keys()[:3]
        return scripts.CHECK, names, [self.generation, self.offset, LIVES]

    # What is written whole

    async def copy(self, generation: str) -> Copy:
        """Take down all there is; what happens from then on waits, to be written on top of it."""
        self._wanted = asyncio.get_running_loop().create_future()
        if self.room.is_current and not self._held:
            self._give_copy()
        copy = await self._wanted
        self.generation = generation
        return copy

    def _give_copy(self) -> None:
        if self._wanted is None or self._wanted.done():
            return
        self.is_written, self._is_copied = False, True
        if (
            self._sent is not None
        ):  # perhaps it arrived, and perhaps not: whoever follows finds it in the stream
            self.arrived()
        if self._waiting.events:
            batch, self._waiting = self._waiting, _Batch()
            entry = Entry(self.generation, self.offset, batch.offset, codec.write_events(batch.events))
            if batch.forgets:
                self._recent.clear()
            self._keep(entry, len(batch.events))
        self.offset = self._heard_to
        copy = self.room.copy()
        self._said = dict.fromkeys(copy.said)
        self._wanted.set_result(copy)

    def slices(self, copy: Copy) -> Iterator[tuple[str, dict[str, bytes]]]:
        """Say what to write where, a few milliseconds' worth at a time."""
        _, members, facts, _, _ = self._keys()
        everybody = iter(copy.members.values())
        while few := list(islice(everybody, WRITTEN_AT_ONCE)):
            yield members, {member.uid: codec.write_member(member) for member in few}
        told = {"channels": codec.write_channels(copy.channels)}
        if copy.client_id is not None:
            told["client"] = copy.client_id.encode()
        for number, (message_id, words) in enumerate(copy.said.items()):
            told[codec.SAID + message_id] = codec.write_words(number - len(copy.said), words)
        yield facts, told

    def written_whole(self) -> list[str]:
        """Name the keys of what is written whole."""
        return self._keys()[1:4]

    def past(self) -> list[Entry]:
        """Name what happened lately, up to what is written whole."""
        self._first_kept(0, self.offset)
        return [entry for _, entry, _ in self._recent]

    def installed(self) -> None:
        """Know that it can be read, unless too much has happened meanwhile."""
        self.is_written, self._is_copied = self._is_copied, False

    def install(self, *, by_force: bool) -> Call:
        """Say how to have it be what is read from now on."""
        meta, members, facts, _, live = self._keys()
        told = Entry(self.generation, self.offset, self.offset, b"[]").told()
        arguments: list[Argument] = [
            self.generation, self.room.epoch, self.offset, told, LIVES, "1" if by_force else "0",
        ]  # fmt: skip
        return scripts.INSTALL, [meta, members, facts, live], arguments

    def _keys(self) -> list[str]:
        guild_id = self.room.info.id
        return [
            keys.meta(guild_id), keys.members(guild_id, self.generation),
            keys.facts(guild_id, self.generation), keys.events(guild_id, self.generation),
            keys.live(guild_id),
        ]  # fmt: skip

    # The past

    def _keep(self, entry: Entry, count: int) -> None:
        self._recent.append((self._clock(), entry, count))
        self._first_kept(0, entry.offset)

    def _first_kept(self, more: int, offset: int) -> int:
        """Forget what is too old, or too much with so many events more; tell after what the rest begins."""
        total = more + sum(count for _, _, count in self._recent)
        too_old = self._clock() - self._age
        while self._recent and (total > self._kept or self._recent[0][0] <= too_old):
            total -= self._recent.popleft()[2]
        return self._recent[0][1].before if self._recent else offset


def _to_set(some: Some) -> list[Argument]:
    pairs: list[Argument] = []
    for name, value in some.items():
        if value is not None:
            pairs += name, value
    return [len(pairs), *pairs]


def _to_drop(some: Some) -> list[Argument]:
    names = [name for name, value in some.items() if value is None]
    return [len(names), *names]
