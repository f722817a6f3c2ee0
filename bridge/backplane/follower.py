"""One guild as a reader follows it: read whole once, then by what is told, and never with a gap."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from bridge.backplane import codec, keys
from bridge.backplane.codec import Entry
from bridge.backplane.lines import Lines
from bridge.backplane.trouble import Trouble
from bridge.limits import Limits
from bridge.rooms.changes import Left, left_after
from bridge.rooms.room import Room
from bridge.rooms.state import Copy
from bridge.wire.protocol import Event

SCANNED_AT_ONCE: Final = 500  # members; what comes is a few milliseconds' worth
TRIES: Final = 5  # to read a guild whole that is written anew meanwhile
PAUSE: Final = 0.2  # seconds between two of them
_FORGETS: Final = b'["forget",'  # how an event is written after which less may be told


class NotThere(Exception):
    """A guild isn't written (yet), or changes too fast to be read."""


class _Meta(NamedTuple):
    """What can be read; `seen` is another one whenever the writer has written something, or looked."""

    generation: str
    epoch: str
    offset: int
    seen: str


class Follower:
    """Keeps `room` true to what is told of its guild, from when it is `open` on.

    `is_here` tells whether the room is still the guild's; `on_restart` is called when the room has become
    another one, so that those who watch it need a new entry; `on_access` with what is told of who may not
    watch it any more.
    """

    def __init__(
        self,
        room: Room,
        lines: Lines,
        limits: Limits,
        is_here: Callable[[], bool],
        on_restart: Callable[[Room], None],
        on_access: Callable[[Room, Event], None],
    ) -> None:
        self.room = room
        self.needed_at = 0.0  # when somebody last asked for it
        self.generation = ""
        self.offset = 0
        self.is_open = False
        self._lines = lines
        self._limits = limits
        self._is_here = is_here
        self._on_restart = on_restart
        self._on_access = on_access
        self._held: deque[Entry] = deque()  # what was told while something is being read
        self._is_reading = False
        self._is_outdated = False
        self._older = "", ""  # a generation of earlier, and how far it was when it was seen first

    @property
    def guild_id(self) -> str:
        """Which guild it is."""
        return self.room.info.id

    @property
    def is_outdated(self) -> bool:
        """Whether something has been missed that is to be read."""
        return self._is_outdated and not self._is_reading

    def hear(self, entry: Entry) -> None:
        """Take what was told."""
        if self._is_reading:
            self._held.append(entry)
        elif self.is_open:
            self._take(entry)

    def suspect(self, generation: str | None, offset: int) -> None:
        """Compare with what is said to be there: after a silence, or a broken line."""
        is_same = generation == self.generation and offset == self.offset
        if self.is_open and generation is not None and not is_same:
            self._is_outdated = True

    async def open(self) -> None:
        """Read the guild whole. Its channel has to be subscribed to before.

        Raises:
            NotThere: if there is nothing to read.
            Trouble: if it can't be read.
        """
        await self._reading(self._read_whole)

    async def catch_up(self) -> None:
        """Read what was missed, or all of it where that is gone; where nothing is, keep what is here.

        Raises:
            Trouble: if it can't be read. It is still to be done then.
        """
        await self._reading(self._read_on)

    async def _reading(self, read: Callable[[], Any]) -> None:
        self._is_reading, self._is_outdated = True, False
        is_read = False
        try:
            await read()
            await self._take_all(self._held)
            is_read = True
        except codec.UNREADABLE as error:
            raise NotThere(f"another version has written it ({type(error).__name__})") from error
        except Trouble as trouble:
            if not trouble.is_of_stranger:
                raise
            raise NotThere(str(trouble).rstrip(".")) from trouble  # no reason to leave all others alone
        finally:
            self._is_reading = False
            self._is_outdated |= self.is_open and not is_read
            held, self._held = self._held, deque()  # what there is when it could not be read
            for entry in held:
                self.hear(entry)

    async def _take_all(self, entries: Iterable[Entry]) -> None:
        """Take some, each in a turn of its own; what is told meanwhile is held.

        What a later one has forgotten is told by none.
        """
        waiting = entries if isinstance(entries, deque) else deque(entries)
        forgets: deque[tuple[int, Left]] = deque()  # what is still to come, and where
        looked_to = -1
        while waiting:
            for entry in waiting:
                if entry.offset > looked_to:
                    forgets.extend((entry.offset, left) for left in self._forgets(entry))
                    looked_to = entry.offset
            entry = waiting.popleft()
            while forgets and forgets[0][0] <= entry.offset:
                forgets.popleft()
            self._take(entry, [left for _, left in forgets])
            await asyncio.sleep(0)

    def _forgets(self, entry: Entry) -> Iterator[Left]:
        """Name what may be told no more after an entry; what can't be read says so when it is taken."""
        if _FORGETS in entry.events:
            with contextlib.suppress(*codec.UNREADABLE):
                for event in codec.read_events(self.guild_id, entry.events):
                    if event.type == "forget" and (left := left_after(event, ())) is not None:
                        yield left

    def _take(self, entry: Entry, forgets: Iterable[Left] = ()) -> None:
        if entry.generation != self.generation or entry.before > self.offset:
            self._is_outdated = True
        elif entry.offset > self.offset:
            try:
                events = codec.read_events(self.guild_id, entry.events)
                for left in forgets:
                    events = [one for one in map(left, events) if one is not None]
                self._accept(events, entry.offset)
            except codec.UNREADABLE:  # not what our writer writes
                self._is_outdated = True

    def _accept(self, events: Sequence[Event], offset: int) -> None:
        for event in events:  # before anybody hears what came with it
            if event.type in ("withdraw", "review"):
                self._on_access(self.room, event)
        self.room.accept_all(events)
        self.offset = offset

    # What was missed

    async def _read_on(self) -> None:
        meta = await self._read_meta()
        if meta is None or not self._is_of_now(meta):
            return  # whoever writes it will notice
        generation, epoch, offset, _ = meta
        if epoch != self.room.epoch:
            await self._read_whole()
        elif offset >= self.offset:
            entries = await self._read_entries(generation, self.offset)
            if _follow(self.offset, entries) or offset == self.offset:
                self.generation = generation
                await self._take_all(entries)
            else:
                await self._read_whole()

    def _is_of_now(self, meta: _Meta) -> bool:
        """Tell whether a generation is no earlier one: a server that was restored has such.

        Where somebody writes it, or looks at it, it is one of somebody whose clock is behind.
        """
        if meta.generation >= self.generation:
            return True
        if self._older[0] != meta.generation:
            self._older = meta.generation, meta.seen
        return self._older[1] != meta.seen

    # All of it

    async def _read_whole(self) -> None:
        for _ in range(TRIES):
            if await self._try_to_read():
                return
            await asyncio.sleep(PAUSE)
        raise NotThere("it isn't written yet")

    async def _try_to_read(self) -> bool:
        meta = await self._read_meta()
        if meta is None:
            return False
        generation, epoch, offset, _ = meta
        commands = self._lines.commands
        facts = await self._lines.ask(commands.hgetall(keys.facts(self.guild_id, generation)))
        copy = Copy(
            epoch, offset, self.room.info, facts.get(b"client", b"").decode() or None, {},
            codec.read_channels(facts.get(b"channels")), codec.read_said(facts),
            codec.read_happenings(facts.get(b"happenings")), codec.read_roles(facts.get(b"roles")),
        )  # fmt: skip
        room = Room.of_copy(copy, limits=self._limits, clock=time.time)
        await self._read_members(room, generation)
        entries = await self._read_entries(generation, 0)
        now = await self._read_meta_of_all(generation)
        missed = [entry for entry in entries if entry.offset > offset]
        if not _follow(offset, missed):  # the past that is kept is too short for that: it was told meanwhile
            missed = [each for each in self._held if each.generation == generation and each.offset > offset]
        if now is None or now.generation != generation or not self._is_here():
            return False
        if now.offset != offset and not _follow(offset, missed):
            return False
        past = [entry for entry in entries if entry.offset <= offset]
        self._remember(room, past, offset)
        self._become(room, generation, offset)
        await self._take_all(missed)
        return True

    async def _read_members(self, room: Room, generation: str) -> None:
        key, cursor = keys.members(self.guild_id, generation), 0
        while True:
            cursor, some = await self._lines.ask(
                self._lines.commands.hscan(key, cursor, count=SCANNED_AT_ONCE)
            )
            room.know(codec.read_members(some.values()))
            if not cursor:
                return
            await asyncio.sleep(0)

    def _remember(self, room: Room, past: Sequence[Entry], offset: int) -> None:
        whole = [event for entry in past for event in codec.read_events(self.guild_id, entry.events)]
        since = past[0].before if past and past[-1].offset == offset else offset
        room.recall(whole if since != offset else [], since, asyncio.get_running_loop().time())

    def _become(self, room: Room, generation: str, offset: int) -> None:
        self.room.become(room)
        self.generation, self.offset, self.is_open = generation, offset, True
        if self.room.is_watched:
            self._on_restart(self.room)

    async def _read_meta(self) -> _Meta | None:
        fields = ["generation", "epoch", "offset", "beat"]
        found = await self._lines.ask(self._lines.commands.hmget(keys.meta(self.guild_id), fields))
        if None in found[:3]:
            return None
        generation, epoch, offset = (one.decode() for one in found[:3])
        return _Meta(generation, epoch, int(offset), f"{offset} {found[3]}")

    async def _read_meta_of_all(self, generation: str) -> _Meta | None:
        """Read it again if all of a generation is still there: a server that lacks memory may keep a part."""
        guild_id = self.guild_id
        pipeline: Any = self._lines.commands.pipeline(transaction=False)  # one needs memory; see the reader's
        pipeline.hget(keys.meta(guild_id), "sizes")
        pipeline.hlen(keys.members(guild_id, generation))
        pipeline.hlen(keys.facts(guild_id, generation))
        told, *sizes = await self._lines.ask(pipeline.execute())
        there = " ".join(map(str, (generation, *sizes))).encode()
        # A writer of an older version doesn't tell; what it leaves there is of another generation.
        is_whole = told is None or not told.startswith(generation.encode()) or told == there
        return await self._read_meta() if is_whole else None

    async def _read_entries(self, generation: str, after: int) -> list[Entry]:
        key = keys.events(self.guild_id, generation)
        entries = await self._lines.ask(self._lines.commands.xrange(key, min=f"({after}-0"))
        return codec.read_stream(generation, entries)


def _follow(offset: int, entries: Sequence[Entry]) -> bool:
    """Tell whether entries go on from a position without a gap."""
    return bool(entries) and entries[0].before <= offset
