"""Writes the rooms of one process to Redis as they change: one script for each flush, many in one go."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, Final

from bridge.backplane import keys, scripts
from bridge.backplane.book import LIVES, Book
from bridge.backplane.codec import Entry
from bridge.backplane.lines import Call, Lines
from bridge.backplane.listing import GONE_AFTER, Listing
from bridge.backplane.overview import overview, writers
from bridge.backplane.parts import WHOLE, Overview, Part
from bridge.backplane.strangers import Strangers
from bridge.backplane.trouble import Trouble
from bridge.backplane.waits import Tries
from bridge.limits import Limits
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.rooms.state import Copy

log = logging.getLogger(__name__)

CHECK_EVERY: Final = 25.0  # seconds between two looks whether what is quiet is still there
COUNT_EVERY: Final = 5.0  # seconds between two looks how many there are in each guild
LOOKED_AT_AT_ONCE: Final = 200  # rooms
FLUSHED_AT_ONCE: Final = 32  # rooms: who is watched waits for no more, and no turn of the loop takes longer
UNKNOWN: Final = ("", "")  # who has taken a guild, before a look
_UNFINISHED: Final = 3_600  # seconds that half a generation lives


class Writer:
    """The one process that writes these guilds. The calls of its owner never wait for it.

    `prepare` brings a room up to date before it is written whole; `is_complete` tells whether these are all
    guilds that there will be, `elsewhere` counts who watches any of them at other processes, and `watching`
    who watches one: what happens there doesn't wait for all the rest. Where several share the guilds, each
    has a `part` of them; parts that overlap, or are of different totals, don't go together, and whoever
    comes later waits until the other is gone.
    """

    def __init__(
        self, lines: Lines, directory: Directory, limits: Limits,
        prepare: Callable[[Room], Awaitable[None]], is_complete: Callable[[], bool], part: Part = WHOLE,
        elsewhere: Callable[[], int] = lambda: 0, watching: Callable[[str], int] = lambda _: 0,
    ) -> None:  # fmt: skip
        self._lines = lines
        self._directory = directory
        self._limits = limits
        self._prepare = prepare
        self._part = part
        self._watching = watching
        self._life = f"{int(time.time() * 1000):013d}.{secrets.token_hex(4)}"
        self._generations = 0
        self._books: dict[str, Book] = {}
        # The guilds of which something may have to be written: those that are watched, and the rest.
        self._urgent: dict[str, None] = {}
        self._stirred: dict[str, None] = {}
        self._anew: dict[str, bool] = {}  # the guilds to be written whole; whether by force
        self._removed: dict[str, None] = {}
        self._strangers = Strangers()
        self._unfinished: list[str] = []  # the keys of what was begun and surely is read by nobody
        self._news = asyncio.Event()
        self._list = Listing(lines, directory, self._life, part, is_complete, self._news.set, elsewhere)
        self._anew_news = asyncio.Event()
        self._turn = asyncio.Lock()  # of scripts: what removes a guild and what writes it never cross
        self._said = ""  # what is wrong, as the log knows it
        self._tries = Tries(lines, self._work, self._tell)
        self._stop_listening = directory.listen(self._on_guild)
        for guild_id in list(directory.rooms):
            self._on_guild(guild_id)

    @property
    def life(self) -> str:
        """How all generations that it writes begin."""
        return self._life

    async def run(self) -> None:
        """Write, until cancelled. Whatever is wrong, it is tried again."""
        await self._tries.run()

    def end(self) -> None:
        """Try nothing again: a stop follows."""
        self._tries.end()

    async def stop(self) -> None:
        """Write what is still to be written, if that is quickly done, and hang up."""
        try:
            async with asyncio.timeout(1.0):
                await self._flush()
                await self._list.leave()
                await self._sweep()
        except (Trouble, TimeoutError) as error:
            log.debug("the last words did not reach the backplane: %s", error)
        self._stop_listening()
        for book in self._books.values():
            book.close()
        await self._lines.close()

    def look(self) -> None:
        """Look soon whether all guilds are there."""
        self._news.set()

    @property
    def unwritten(self) -> int:
        """How many guilds can't be written, since something of another program is in the way."""
        return len(self._strangers)

    @property
    def is_troubled(self) -> bool:
        """Whether nothing can be written now."""
        return bool(self._said)

    def _tell(self, trouble: BaseException) -> None:
        """Say what is wrong, once as long as it stays the same."""
        if str(trouble) != self._said:
            self._said = str(trouble)
            log.warning("%s It is tried again; until then other processes show what they know.", trouble)

    # What happens

    def _on_guild(self, guild_id: str) -> None:
        room, book = self._directory.rooms.get(guild_id), self._books.get(guild_id)
        if book is not None and book.room is not room:
            book.close()
            del self._books[guild_id]
            self._anew.pop(guild_id, None)
        if room is None:
            self._removed[guild_id] = None
            self._strangers.drop(guild_id)
        elif guild_id not in self._books:
            self._books[guild_id] = Book(room, self._limits, partial(self._stir, guild_id), time.monotonic)
            self._write_anew(guild_id)
        self._list.note(guild_id)
        self._news.set()

    def _stir(self, guild_id: str) -> None:
        """Look soon what is to be written of a guild."""
        (self._urgent if self._watching(guild_id) else self._stirred)[guild_id] = None
        self._news.set()

    def _write_anew(self, guild_id: str, *, by_force: bool = False) -> None:
        self._anew[guild_id] = by_force
        self._anew_news.set()

    # Work

    async def _work(self) -> None:
        await self._lines.check(writes=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_flushed())
            group.create_task(self._keep_whole())
            group.create_task(self._keep_counted())

    def _note_success(self) -> None:
        """Know that all is well, when all is written: a stranger's key is met only where it is."""
        if self._anew:
            return
        self._tries.begin_again()
        if self._said:
            self._said = ""
            log.info("the backplane at %s is there again", self._lines.server)

    async def _keep_flushed(self) -> None:
        await self._check()
        self._note_success()
        loop = asyncio.get_running_loop()
        due = loop.time() + CHECK_EVERY
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._news.wait()
            self._news.clear()
            if loop.time() < due:
                await self._flush()
            else:
                await self._check()
                due = loop.time() + CHECK_EVERY
            self._note_success()

    async def _keep_counted(self) -> None:
        while True:
            await asyncio.sleep(COUNT_EVERY)
            await self._list.count()
            await self._list.look_around()
            await self._look_at_strangers()
            self._news.set()

    async def overview(self) -> Overview:
        """Ask what all processes of this bot have together.

        Raises:
            Trouble: if the server can't be asked.
        """
        return await overview(self._lines, self._part.total)

    async def writers(self) -> dict[Part, str]:
        """Name the lives of all who write for this bot now.

        Raises:
            Trouble: if the server can't be asked.
        """
        return {part: one.life for part, one in (await writers(self._lines, self._part.total)).items()}

    async def _flush(self) -> None:
        async with self._turn:
            # Before all else: nothing leaves a room before what is listed of it does.
            self._removed.update(dict.fromkeys(await self._list.write()))
            await self._remove()
            books = await self._flush_stirred()
            await self._look([book for book in books if book.taken == UNKNOWN])
        for book in books:
            guild_id = book.room.info.id
            if self._books.get(guild_id) is not book or guild_id in self._strangers:
                continue
            if book.has_news:
                self._stir(guild_id)
            elif not book.is_written and book.taken is None and guild_id not in self._anew:
                self._write_anew(guild_id)

    async def _flush_stirred(self) -> list[Book]:
        """Write what has been stirred by now, few at once, and between them whoever is watched.

        If this fails, the next check looks at all.
        """
        stirred, self._stirred = list(self._stirred), {}
        books: dict[str, Book] = {}
        for start in range(0, max(1, len(stirred)), FLUSHED_AT_ONCE):
            urgent, self._urgent = list(self._urgent), {}
            for few in (*_portions(urgent), stirred[start : start + FLUSHED_AT_ONCE]):
                found = {guild_id: self._books[guild_id] for guild_id in few if guild_id in self._books}
                books |= found
                await self._flush_few([book for book in found.values() if book.has_news])
        return list(books.values())

    async def _flush_few(self, books: list[Book]) -> None:
        answers = await self._lines.run_each([book.flush() for book in books])
        for book, answer in zip(books, answers, strict=True):
            self._take_answer(book, answer)

    def _take_answer(self, book: Book, answer: object) -> None:
        if answer in (scripts.DONE, scripts.AGAIN):
            book.arrived()
            return
        book.is_written = False
        if answer == scripts.TAKEN:
            book.taken = UNKNOWN
        elif self._books.get(book.room.info.id) is book:
            self._write_anew(book.room.info.id)

    # Guilds that are gone

    async def _remove(self) -> None:
        """Leave nothing of guilds that are gone."""
        if self._list.is_disputed:
            return
        removed, self._removed = self._removed, {}  # what is removed meanwhile is for the next time
        told = Entry(self._life, 0, 0, b"[]").told()
        calls: list[Call] = [
            (scripts.REMOVE, [keys.meta(guild_id), keys.live(guild_id)], [told])
            for guild_id in removed
            if guild_id not in self._books
        ]
        try:
            await self._lines.run_each(calls)  # what is a stranger's stays
        except BaseException:
            self._removed.update(removed)
            raise

    # Looks whether all is there

    async def _check(self) -> None:
        async with self._turn:
            await self._list.check()
            await self._look([book for book in self._books.values() if _is_quiet(book)], is_check=True)
        self._stirred.update(dict.fromkeys(self._books))
        await self._flush()

    async def _look(self, books: list[Book], *, is_check: bool = False) -> None:
        for start in range(0, len(books), LOOKED_AT_AT_ONCE):
            few = books[start : start + LOOKED_AT_AT_ONCE]
            looked_for = [book.offset for book in few]
            answers = await self._lines.run_each([book.check() for book in few])
            for book, offset, answer in zip(few, looked_for, answers, strict=True):
                if book.offset == offset:  # else it is being written whole
                    self._take_look(book, answer, is_check=is_check)

    async def _look_at_strangers(self) -> None:
        """Look whether what could not be written can be now."""
        async with self._turn:
            await self._look([self._books[guild_id] for guild_id in self._strangers.guilds])

    def _take_look(self, book: Book, answer: object, *, is_check: bool) -> None:
        guild_id = book.room.info.id
        if isinstance(answer, Trouble):
            if guild_id not in self._strangers:  # which are in the way of what is written anew, too
                book.is_written, book.taken = False, None
                self._write_anew(guild_id)
            return
        if guild_id in self._strangers:
            self._write_anew(guild_id)  # until that is done it isn't known what else is in the way
            return
        if answer == scripts.DONE:
            return
        book.is_written = False
        if not isinstance(answer, list):
            book.taken = None
            self._write_anew(guild_id)
            return
        other, beat = (part.decode(errors="replace") for part in answer)
        if other < self._life or other.startswith(self._life):
            book.taken = None
            self._write_anew(guild_id)
        elif book.taken != (other, beat):
            # How far they were at any other look says nothing: a check may follow it at once.
            book.taken, book.unmoved = (other, beat if is_check else ""), 0
        elif is_check:
            book.unmoved += 1
            if book.unmoved >= GONE_AFTER:  # whoever took it has not looked since: they are gone
                book.taken = None
                self._write_anew(guild_id, by_force=True)

    def _meet_stranger(self, book: Book, trouble: Trouble) -> None:
        book.is_written, book.taken = False, None
        if self._books.get(book.room.info.id) is book:
            self._strangers.note(book.room.info.id, trouble)

    # Rooms that are written whole

    async def _keep_whole(self) -> None:
        await self._sweep()
        while True:
            while self._anew:
                await self._list.is_granted.wait()
                guild_id = next(iter(self._anew), "")
                book = self._books.get(guild_id)
                if book is not None:
                    await self._write_whole(book, by_force=self._anew[guild_id])
                if self._books.get(guild_id) is book:  # else another room of it is to be written by now
                    self._anew.pop(guild_id, None)
            self._anew_news.clear()
            await self._anew_news.wait()

    async def _write_whole(self, book: Book, *, by_force: bool) -> None:
        guild_id = book.room.info.id
        await self._prepare(book.room)
        if self._books.get(guild_id) is not book:
            return
        self._generations += 1
        try:
            copy = await book.copy(f"{self._life}.{self._generations:08d}")
        except asyncio.CancelledError:
            if self._books.get(guild_id) is not book:  # it is closed
                return
            raise
        self._unfinished = book.written_whole()
        await self._write_slices(book, copy)
        if self._books.get(guild_id) is book:
            await self._write_past(book)
        async with self._turn:
            if self._books.get(guild_id) is book:
                begun, self._unfinished = self._unfinished, []  # as long as it isn't known what came of it
                [answer] = await self._lines.run_each([book.install(by_force=by_force)])
                if answer == scripts.DONE:
                    book.installed()
                else:
                    self._unfinished = begun
                if isinstance(answer, Trouble):
                    self._meet_stranger(book, answer)
                else:
                    book.taken = None if answer == scripts.DONE else UNKNOWN
                    self._strangers.drop(guild_id)
        await self._sweep()
        self._stir(guild_id)

    async def _write_slices(self, book: Book, copy: Copy) -> None:
        for key, some in book.slices(copy):
            if self._books.get(book.room.info.id) is not book:  # it is gone meanwhile
                return
            if some:
                pipeline: Any = self._lines.commands.pipeline(transaction=False)
                pipeline.hset(key, mapping=some)
                pipeline.expire(key, _UNFINISHED)
                await self._lines.ask(pipeline.execute())

    async def _sweep(self) -> None:
        """Leave nothing of what was begun and not finished: a guild that is gone meanwhile, half of one."""
        if self._unfinished:
            await self._lines.ask(self._lines.commands.unlink(*self._unfinished))
            self._unfinished = []

    async def _write_past(self, book: Book) -> None:
        past, lives = book.past(), int(self._limits.history_age)
        if not past or not lives:
            return
        key = keys.events(book.room.info.id, book.generation)
        pipeline = self._lines.commands.pipeline(transaction=False)
        for entry in past:
            pipeline.xadd(key, {"before": entry.before, "events": entry.events}, id=f"{entry.offset}-0")
        pipeline.expire(key, min(lives + 1, LIVES))
        await self._lines.ask(pipeline.execute())


def _portions(guild_ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(guild_ids), FLUSHED_AT_ONCE):
        yield guild_ids[start : start + FLUSHED_AT_ONCE]


def _is_quiet(book: Book) -> bool:
    return (book.is_written or book.taken is not None) and not book.has_news
