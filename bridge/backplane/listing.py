"""Writes which guilds there are: the part of the list that is this process's, and nobody else's."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from bridge.backplane import codec, keys, scripts
from bridge.backplane.lines import Lines
from bridge.backplane.overview import BELIEVED_FOR, say
from bridge.backplane.parts import WHOLE, Part
from bridge.rooms.directory import Directory

log = logging.getLogger(__name__)

COUNTED_AT_ONCE: Final = 500  # guilds
# Each time that it is begun, its offsets go on from the next multiple of this: even on a server that has lost
# it, none comes a second time, by which a reader would believe that it has missed nothing.
BEGINS_AT: Final = 1_000_000_000
GONE_AFTER: Final = 2  # checks at which others are no further; one may come between two of theirs
LISTED_AT_ONCE: Final = 100  # guilds: a few milliseconds' worth, here and for each who reads them


class Listing:
    """A part of the list of guilds, of which this process is the writer.

    `is_complete` tells whether these are all guilds that there will be, `wake` has `write` called soon, and
    `elsewhere` counts who watches them at other processes. Two processes may have the same part: the one that
    was started later writes it. Parts that overlap, or are of different totals, don't go together: whoever
    comes later waits until the other is gone.
    """

    def __init__(
        self, lines: Lines, directory: Directory, life: str, part: Part,
        is_complete: Callable[[], bool], wake: Callable[[], None], elsewhere: Callable[[], int] = lambda: 0,
    ) -> None:  # fmt: skip
        self._lines = lines
        self._directory = directory
        self._life = life
        self._part = part
        self._is_complete = is_complete
        self._wake = wake
        self._elsewhere = elsewhere
        self._unlisted: dict[str, None] = {}  # the guilds of which the list has to say something else
        self._counts: dict[str, dict[str, int]] = {}  # as they are listed
        self._listed: dict[str, None] = {}  # the guilds that surely are, since it was begun
        self._begins = True
        self._offset = 0  # up to where it is written
        self._was_complete = False
        self._taken: tuple[bytes, bytes] | None = None  # by whom else it is written, and how far they are
        self._unmoved = 0  # checks since then at which they were no further
        self._waits_for = ""  # a part of somebody else's that doesn't go together with this one
        self._facts = ""  # what was said last of this process
        self.is_granted = asyncio.Event()  # whether nobody is there who doesn't go together with this one

    @property
    def is_disputed(self) -> bool:
        """Whether somebody else writes it, or what doesn't go together with it."""
        return self._taken is not None or bool(self._waits_for)

    def note(self, guild_id: str) -> None:
        """Look soon what is to be listed of a guild."""
        self._unlisted[guild_id] = None

    async def count(self) -> None:
        """Look at which guilds others are there than is listed."""
        guild_ids = list(self._directory.rooms)
        for start in range(0, len(guild_ids), COUNTED_AT_ONCE):
            for guild_id in guild_ids[start : start + COUNTED_AT_ONCE]:
                room = self._directory.rooms.get(guild_id)
                if room is not None and self._counts.get(guild_id) != room.counts():
                    self._unlisted[guild_id] = None
            await asyncio.sleep(0)

    async def write(self) -> Iterable[str]:
        """Bring it up to date; return which guilds of an earlier process are none any more."""
        if self.is_disputed:
            return ()
        complete, strangers = self._is_complete(), set[str]()
        if self._begins or (complete and not self._was_complete):
            strangers = await self._begin(complete=complete)
        else:
            await self._list_waiting(complete=complete)
        return strangers

    async def _begin(self, *, complete: bool) -> set[str]:
        """Write it whole. What others wrote stays until all guilds are known to be here."""
        self._unlisted.update(dict.fromkeys(self._directory.rooms))
        strangers: set[str] = set()
        if complete:
            listed = await self._lines.ask(self._lines.commands.hkeys(keys.GUILDS_INFOS))
            ours = {name for name in map(_decode, listed) if self._part.has(name)}
            strangers = ours - self._directory.rooms.keys()
            self._unlisted.update(dict.fromkeys(strangers))
        # It isn't complete before its last guild is listed: what isn't on a complete list is gone.
        if not await self._list_some([], complete=False, begins=True):
            return set()
        if not await self._list_waiting(complete=False):
            return set()
        if complete and not await self._list_some([], complete=True, begins=False):
            return set()
        self._begins, self._was_complete = False, complete
        self.is_granted.set()
        return strangers

    async def _list_waiting(self, *, complete: bool) -> bool:
        """List what is to be listed; tell whether the list is still this process's."""
        while self._unlisted:
            few = list(islice(self._unlisted, LISTED_AT_ONCE))
            for guild_id in few:  # before: what is noted of one of them meanwhile is news
                del self._unlisted[guild_id]
            is_listed = False
            try:
                is_listed = await self._list_some(few, complete=complete, begins=False)
            finally:
                if not is_listed:
                    self._unlisted.update(dict.fromkeys(few))
            if not is_listed:
                return False
        return True

    async def _list_some(self, guild_ids: list[str], *, complete: bool, begins: bool) -> bool:
        entries = [part for guild_id in guild_ids for part in (guild_id, self._entry(guild_id))]
        part, facts = str(self._part), self._say()
        before = self._offset
        # Even if no answer comes: then it isn't known what is there, and the next one finds that out.
        self._offset = (before // BEGINS_AT + 1) * BEGINS_AT if begins else before + 1
        names = [keys.GUILDS_PARTS, keys.GUILDS_INFOS, keys.GUILDS_LIVE, keys.alive(part)]
        flags = "1" if complete else "0", "1" if begins else "0"
        offsets = str(before), str(self._offset)
        if begins:
            self._listed.clear()
        there = next(iter(self._listed), "")
        arguments = [part, self._life, *flags, facts, str(BELIEVED_FOR), *offsets, there, *entries]
        [answer] = await self._lines.run([(scripts.LIST, names, arguments)])
        if answer == scripts.DONE:
            self._facts = facts
            self._note_listed(entries)
            return True
        self._begins = True
        if isinstance(answer, list) and answer[0] == scripts.BUSY:
            self._wait_for(_decode(answer[1]))
        elif isinstance(answer, list) and _decode(answer[1]) > self._life:
            self._taken = answer[1], b""  # how far they are is seen at checks
            log.warning(
                "another bot writes to the backplane at %s, and was started later", self._lines.server
            )
        else:
            self._wake()
        return False

    def _note_listed(self, entries: Sequence[str | bytes]) -> None:
        for guild_id, told in zip(entries[::2], entries[1::2], strict=True):
            if told:
                self._listed[str(guild_id)] = None
            else:
                self._listed.pop(str(guild_id), None)

    def _entry(self, guild_id: str) -> bytes:
        """Say what is to be listed of a guild: of one that is gone, nothing."""
        room = self._directory.rooms.get(guild_id)
        if room is None:
            self._counts.pop(guild_id, None)
            return b""
        counts = self._counts[guild_id] = room.counts()
        return codec.write_info(room.info, counts, self._directory.number(guild_id))

    def _wait_for(self, other: str) -> None:
        """Write nothing as long as somebody is there whose guilds may be ours too."""
        self._waits_for = other
        self.is_granted.clear()
        log.warning(
            "another bot process writes the shards %s to the backplane at %s, which don't go together with"
            " %s: give each shard to one process, all of the same total; until that one is gone, nothing of"
            " this one is written",
            other, self._lines.server, f"the shards {self._part}" if self._part != WHOLE else "all of them",
        )  # fmt: skip

    async def check(self) -> None:
        """Look whether it is still there, or still somebody else's."""
        if self._taken is None:
            if not self._begins:
                complete = self._was_complete and self._is_complete()
                await self._list_some([], complete=complete, begins=False)
            return
        text = await self._lines.ask(self._lines.commands.hget(keys.GUILDS_PARTS, str(self._part)))
        generation, _, rest = (text or b"").partition(b" ")
        offset = rest.partition(b" ")[0]
        before, self._taken = self._taken, (generation, offset)
        self._unmoved = self._unmoved + 1 if before == self._taken else 0
        if self._unmoved >= GONE_AFTER or _decode(generation) < self._life:
            self._taken = None  # they are gone
            self._begins = True

    async def look_around(self) -> None:
        """Say what this process has now, if that is news; or look whether whom it waits for is gone."""
        commands = self._lines.commands
        if self._waits_for:
            alive = keys.alive(self._waits_for)
            # Nobody is believed for longer, whatever a stranger, or a server with another clock, says.
            await self._lines.ask(commands.expire(alive, BELIEVED_FOR, lt=True))
            if not await self._lines.ask(commands.exists(alive)):
                self._waits_for = ""
            return
        facts = self._say()
        if facts != self._facts and not self._begins and self._taken is None:
            alive = keys.alive(str(self._part))
            await self._lines.ask(commands.set(alive, facts, ex=BELIEVED_FOR))
            self._facts = facts

    def _say(self) -> str:
        return say(self._life, self._directory, self._elsewhere())

    async def leave(self) -> None:
        """Say that this process is there no longer."""
        await self._lines.run([(scripts.LEAVE, [keys.alive(str(self._part))], [self._life])])


def _decode(text: bytes) -> str:
    """Read a name, which may be a stranger's."""
    return text.decode(errors="replace")
