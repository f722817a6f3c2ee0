"""What of one guild is written, and what is still to be. Does no I/O."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from bridge.backplane import codec, keys, scripts
from bridge.backplane.batch import Batch, Portion, Some
from bridge.backplane.codec import Entry
from bridge.backplane.lines import Argument, Call
from bridge.limits import Limits
from bridge.rooms.changes import PRECISE, Left, happening_of, left_after
from bridge.rooms.room import Room
from bridge.rooms.state import MAX_SAID, Copy
from bridge.wire.protocol import Event

LIVES: Final = 86_400  # seconds that what is written outlives a writer that is gone
WRITTEN_AT_ONCE: Final = 500  # members
LEAST_KEPT: Final = 1_000  # events that wait while the server is away, at least; then all is written anew
AWAY_AFTER: Final = 5.0  # seconds for which something waits, after which the server counts as away
# Of those who were withdrawn: what is left of their words, and that these are taken back.
_LASTING: Final = frozenset({"said", "edit", "happening"})
PATIENT: Final = 20  # times as many while it isn't, or while a guild is being written


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
        self.unmoved = 0  # checks since then at which they were no further
        self._heard_to = room.position
        self._is_copied = False  # all there is, as of a position from which on nothing is missing
        self._coming = Batch()  # heard, while more is under way: what is true of it may be of later
        self._waiting = Batch()
        self._waits_since = 0.0
        self._sent: Batch | None = None
        self._said: dict[str, None] = {}  # the messages whose facts are written
        self._shown = frozenset(room.channels)  # the channels, as of what was heard
        self._recent: deque[tuple[float, int, Portion]] = deque()  # when, after what, and what
        self._sizes = 0, 0  # members and facts that were written whole
        self._kept = limits.history_events
        self._age = limits.history_age
        self._most = max(LEAST_KEPT, limits.history_events)
        self._on_news = on_news
        self._clock = clock
        self._wanted: asyncio.Future[Copy] | None = None
        self._stop = room.listen(self._hear)

    def close(self) -> None:
        """Follow no longer."""
        self._stop()
        if self._wanted is not None:
            self._wanted.cancel()

    @property
    def has_news(self) -> bool:
        """Whether something is to be written."""
        return self.is_written and (self._sent is not None or bool(self._waiting.portions))

    # What happens

    def _hear(self, events: list[Event]) -> None:
        news = [event for event in events if event.position > self._heard_to]
        if news:
            self._heard_to = news[-1].position
            self._note(news)
        if not self.room.is_current:
            return
        if self._coming.portions:
            if not self._waiting.portions:
                self._waits_since = self._clock()
            coming, self._coming = self._coming, Batch()
            self._waiting.merge(coming)
            self._on_news()
        self._give_copy()

    def _note(self, events: list[Event]) -> None:
        """Take down what is true now of all that something happened to: when all is heard, it still is."""
        batch, room = self._coming, self.room
        for event in events:
            self._take_back(event)
            batch.add(event)
            uid = event.data.get("uid")
            if event.type in ("presence", "voice", "activity", "newcomer") and uid is not None:
                member = room.members.get(uid)
                batch.members[uid] = None if member is None else codec.write_member(member)
            elif event.type in ("message", "said", "edit"):
                self._note_words(event, batch.facts)
            elif event.type == "channels":
                batch.facts["channels"] = codec.write_channels(room.channels)
            elif event.type == "roles":
                batch.facts["roles"] = codec.write_roles(room.role_names)
            elif event.type == "update-clientid":
                batch.facts["client"] = (room.client_id or "").encode()
        # Also when it is forgotten: what was over before anybody said so is written there yet.
        if any(event.type in ("happening", "channels", "forget") for event in events):
            batch.facts["happenings"] = codec.write_happenings(room.happenings)
        if self._coming.count + self._waiting.count > self._most * self._patience:
            self._give_up()

    @property
    def _patience(self) -> int:
        is_away = bool(self._waiting.portions) and self._clock() - self._waits_since > AWAY_AFTER
        return 1 if is_away and not self._is_copied else PATIENT

    def _give_up(self) -> None:
        """Have all written anew: the server is away for long, and what is true is shorter to say."""
        self.is_written = self._is_copied = False
        self._sent, self._waiting, self._coming = None, Batch(), Batch()
        self._recent.clear()
        self.offset = self._heard_to
        self._on_news()

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

    # What may not be told any more

    def _take_back(self, event: Event) -> None:
        """Let nothing that waits, or is kept, say what may not be told any more after this event."""
        if event.type == "presence" and "delete" in event.data:
            self._take_back_somebody(event.data["uid"])
            return
        left = left_after(event, self._shown)
        if event.type == "channels":
            self._shown = frozenset(event.data)
        if left is None:
            return
        is_precise = event.type != "forget" or not PRECISE.isdisjoint(event.data)
        if not is_precise:
            self._withdraw(event.data.get("words"))
        if is_precise and event.type != "channels":
            is_less = sum(portion.take_back(left) for _, _, portion in self._recent) > 0  # all of them
        else:  # perhaps much, and who is named in it can't be told
            self._recent.clear()
            is_less = True
        self._coming.forgets |= self._take_back_waiting(left) or is_less

    def _withdraw(self, uid: str | None) -> None:
        """Know that somebody has withdrawn, or with None perhaps anybody; and who of them is gone already."""
        self._coming.withdrawn.add(uid)
        changed = {name: member for batch in self._batches for name, member in batch.members.items()}
        gone = {name for name, member in changed.items() if member is None and uid in (None, name)}
        on = self.room.happenings  # what is over may have been called something by somebody

        def left(event: Event) -> Event | None:
            happened = happening_of(event)
            is_over = happened is not None and happened not in on
            return None if is_over or _is_of(event, gone) else event

        self._take_back_waiting(left)

    def _take_back_somebody(self, uid: str) -> None:
        """Have whoever has withdrawn never have been there, as far as that isn't told yet."""
        if any({uid, None} & batch.withdrawn for batch in self._batches):
            self._take_back_waiting(lambda event: None if _is_of(event, {uid}) else event)

    def _take_back_waiting(self, left: Left) -> bool:
        """Take it back from all that isn't known to be written; tell whether some of it may be."""
        for batch in (self._coming, self._waiting):
            batch.take_back(left)
        return self._sent is not None and self._sent.take_back(left)

    @property
    def _batches(self) -> list[Batch]:
        sent = [] if self._sent is None else [self._sent]
        return [*sent, self._waiting, self._coming]

    # What is written as it happens

    def flush(self) -> Call:
        """Say how to write what waits; the same again until `arrived`, but for what was taken back."""
        if self._sent is None:
            self._sent, self._waiting = self._waiting, Batch()
        batch, entries = self._sent, self.sent
        lives = int(self._age) + 1 if self._kept and self._age else 0
        first = self._kept_with(batch.portions) + 1
        arguments: list[Argument] = [
            self.generation, self.offset, entries[-1].offset, first, lives, "1" if batch.forgets else "0",
        ]  # fmt: skip
        for some in (batch.members, batch.facts):
            arguments += _to_set(some)
            arguments += _to_drop(some)
        for entry in [*self.past(), *entries] if batch.forgets else entries:
            arguments += entry.before, entry.offset, entry.events
        return scripts.FLUSH, self._keys(), arguments

    @property
    def sent(self) -> list[Entry]:
        """What is told of what was sent, in portions."""
        return [] if self._sent is None else self._entries(self.offset, self._sent.portions)

    def _entries(self, before: int, portions: Iterable[Portion]) -> list[Entry]:
        entries = []
        for portion in portions:
            entries.append(Entry(self.generation, before, portion.last, portion.told()))
            before = portion.last
        return entries

    def arrived(self) -> None:
        """Know that what was sent is written."""
        if self._sent is not None:
            batch, self._sent = self._sent, None
            self._keep(batch.portions)

    def check(self) -> Call:
        """Say how to look whether all of it is there."""
        names = self._keys()[:3]
        return scripts.CHECK, names, [self.generation, self.offset, LIVES]

    # What is written whole

    async def copy(self, generation: str) -> Copy:
        """Take down all there is; what happens from then on waits, to be written on top of it."""
        self._wanted = asyncio.get_running_loop().create_future()
        if self.room.is_current and not self._coming.portions:
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
        if self._waiting.portions:
            batch, self._waiting = self._waiting, Batch()
            self._keep(batch.portions)
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
        told = {
            "channels": codec.write_channels(copy.channels),
            "happenings": codec.write_happenings(copy.happenings),
        }
        if copy.client_id is not None:
            told["client"] = copy.client_id.encode()
        if (names := codec.write_roles(copy.role_names)) is not None:
            told["roles"] = names
        for number, (message_id, words) in enumerate(copy.said.items()):
            told[codec.SAID + message_id] = codec.write_words(number - len(copy.said), words)
        self._sizes = len(copy.members), len(told)
        yield facts, told

    def written_whole(self) -> list[str]:
        """Name the keys of what is written whole."""
        return self._keys()[1:4]

    def past(self) -> list[Entry]:
        """Name what happened lately, up to what is written."""
        self._first_kept(0, self.offset)
        return [entry for _, before, one in self._recent for entry in self._entries(before, [one])]

    def installed(self) -> None:
        """Know that it can be read, unless too much has happened meanwhile."""
        self.is_written, self._is_copied = self._is_copied, False

    def install(self, *, by_force: bool) -> Call:
        """Say how to have it be what is read from now on."""
        meta, members, facts, _, live = self._keys()
        told = Entry(self.generation, self.offset, self.offset, b"[]").told()
        arguments: list[Argument] = [
            self.generation, self.room.epoch, self.offset, told, LIVES, "1" if by_force else "0",
            *self._sizes,
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

    def _keep(self, portions: list[Portion]) -> None:
        now = self._clock()
        for portion in portions:
            self._recent.append((now, self.offset, portion))
            self.offset = portion.last
        self._first_kept(0, self.offset)

    def _kept_with(self, portions: list[Portion]) -> int:
        """Tell after what the past begins that is kept with these portions, of which the last always is."""
        more = sum(portion.count for portion in portions)
        first = self._first_kept(more, self.offset)
        for portion in portions[:-1]:
            if more <= self._kept:
                break
            more -= portion.count
            first = portion.last
        return first

    def _first_kept(self, more: int, offset: int) -> int:
        """Forget what is too old, or too much with so many events more; tell after what the rest begins."""
        total = more + sum(portion.count for _, _, portion in self._recent)
        too_old = self._clock() - self._age
        while self._recent and (total > self._kept or self._recent[0][0] <= too_old):
            total -= self._recent.popleft()[2].count
        return self._recent[0][1] if self._recent else offset


def _is_of(event: Event, uids: set[str]) -> bool:
    """Tell whether an event is one of theirs, but for those that have to be told all the same."""
    return event.data.get("uid") in uids and event.type not in _LASTING and "delete" not in event.data


def _to_set(some: Some) -> list[Argument]:
    pairs: list[Argument] = []
    for name, value in some.items():
        if value is not None:
            pairs += name, value
    return [len(pairs), *pairs]


def _to_drop(some: Some) -> list[Argument]:
    names = [name for name, value in some.items() if value is None]
    return [len(names), *names]
