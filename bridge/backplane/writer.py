"""Writes the rooms of one process to Redis as they change: one script for each flush, many in one go."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from bridge.backplane import codec, keys, scripts
from bridge.backplane.book import LIVES, Book
from bridge.backplane.codec import Entry
from bridge.backplane.lines import Call, Lines
from bridge.backplane.trouble import Trouble, first
from bridge.limits import Limits
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room

log = logging.getLogger(__name__)

CHECK_EVERY: Final = 25.0  # seconds between two looks whether what is quiet is still there
COUNT_EVERY: Final = 5.0  # seconds between two looks how many there are in each guild
FLUSHED_AT_ONCE: Final = 200  # rooms
LISTED_AT_ONCE: Final = 500  # guilds
SHORTEST: Final = 0.2  # seconds until a server is tried again that was away; each time twice as long
LONGEST: Final = 5.0
LONGEST_UNFIT: Final = 30.0  # the same where somebody has to mend it
UNKNOWN: Final = ("", "")  # who has taken a guild, before a look
_UNFINISHED: Final = 3_600  # seconds that half a generation lives


class Writer:
    """The one process that writes these guilds. The calls of its owner never wait for it.

    `prepare` brings a room up to date before it is written whole; `is_complete` tells whether these are all
    guilds that there will be.
    """

    def __init__(
        self, lines: Lines, directory: Directory, limits: Limits,
        prepare: Callable[[Room], Awaitable[None]], is_complete: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._lines = lines
        self._directory = directory
        self._limits = limits
        self._prepare = prepare
        self._is_complete = is_complete
        self._life = f"{int(time.time() * 1000):013d}.{secrets.token_hex(4)}"
        self._generations = 0
        self._books: dict[str, Book] = {}
        self._stirred: dict[str, None] = {}  # the guilds of which something may have to be written
        self._anew: dict[str, bool] = {}  # the guilds to be written whole; whether by force
        self._unlisted: dict[str, None] = {}  # the guilds of which the list has to say something else
        self._removed: dict[str, None] = {}
        self._counts: dict[str, dict[str, int]] = {}  # as they are listed
        self._begins_list = True
        self._list_taken: tuple[Any, Any] | None = None  # by whom else it is written, and how far they are
        self._was_complete = False
        self._news = asyncio.Event()
        self._anew_news = asyncio.Event()
        self._turn = asyncio.Lock()  # of scripts: what removes a guild and what writes it never cross
        self._said = ""  # what is wrong, as the log knows it
        self._is_ending = False
        self._stop_listening = directory.listen(self._on_guild)
        for guild_id in list(directory.rooms):
            self._on_guild(guild_id)

    @property
    def life(self) -> str:
        """How all generations that it writes begin."""
        return self._life

    async def run(self) -> None:
        """Write, until cancelled. Whatever is wrong, it is tried again."""
        wait = SHORTEST
        while True:
            trouble: Trouble | None = None
            try:
                await self._lines.check(writes=True)
                if self._said:
                    log.info("the backplane at %s is there again", self._lines.server)
                    self._said = ""
                wait = SHORTEST
                await self._work()
            except* Trouble as group:
                trouble = first(group)
            if self._is_ending:  # a group that fails forgets that it was cancelled too
                return
            longest = LONGEST
            if trouble is not None:  # not above: a cancellation there would become part of a group
                longest = LONGEST if trouble.passes else LONGEST_UNFIT
                self._tell(trouble)
                await self._lines.hang_up()
            await asyncio.sleep(wait)
            wait = min(2 * wait, longest)

    def end(self) -> None:
        """Try nothing again: a stop follows."""
        self._is_ending = True

    async def stop(self) -> None:
        """Write what is still to be written, if that is quickly done, and hang up."""
        try:
            async with asyncio.timeout(1.0):
                await self._flush()
        except (Trouble, TimeoutError) as error:
            log.debug("the last words did not reach the backplane: %s", error)
        self._stop_listening()
        for book in self._books.values():
            book.close()
        await self._lines.close()

    def look(self) -> None:
        """Look soon whether all guilds are there."""
        self._news.set()

    def _tell(self, trouble: BaseException) -> None:
        """Say what is wrong, once as long as it stays the same."""
        if str(trouble) != self._said:
            self._said = str(trouble)
            log.warning("%s Viewers of this process notice nothing; it is tried again.", trouble)

    # What happens

    def _on_guild(self, guild_id: str) -> None:
        room, book = self._directory.rooms.get(guild_id), self._books.get(guild_id)
        if book is not None and book.room is not room:
            book.close()
            del self._books[guild_id]
            self._anew.pop(guild_id, None)
        if room is None:
            self._removed[guild_id] = None
        elif guild_id not in self._books:
            self._books[guild_id] = Book(room, self._limits, partial(self._stir, guild_id), time.monotonic)
            self._write_anew(guild_id)
        self._unlisted[guild_id] = None
        self._news.set()

    def _stir(self, guild_id: str) -> None:
        """Look soon what is to be written of a guild."""
        self._stirred[guild_id] = None
        self._news.set()

    def _write_anew(self, guild_id: str, *, by_force: bool = False) -> None:
        self._anew[guild_id] = by_force
        self._anew_news.set()

    # Work

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_flushed())
            group.create_task(self._keep_whole())
            group.create_task(self._keep_counted())

    async def _keep_flushed(self) -> None:
        await self._check()
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

    async def _keep_counted(self) -> None:
        while True:
            await asyncio.sleep(COUNT_EVERY)
            for guild_id, room in self._directory.rooms.items():
                if self._counts.get(guild_id) != room.counts():
                    self._unlisted[guild_id] = None
            self._news.set()

    async def _flush(self) -> None:
        async with self._turn:
            await self._list()
            await self._remove()
            stirred, self._stirred = self._stirred, {}  # if this fails, the next check looks at all
            books = [self._books[guild_id] for guild_id in stirred if guild_id in self._books]
            for start in range(0, len(books), FLUSHED_AT_ONCE):
                few = [book for book in books[start : start + FLUSHED_AT_ONCE] if book.has_news]
                answers = await self._lines.run([book.flush() for book in few])
                for book, answer in zip(few, answers, strict=True):
                    self._take_answer(book, answer)
            await self._look([book for book in books if book.taken == UNKNOWN])
        for book in books:
            guild_id = book.room.info.id
            if self._books.get(guild_id) is not book:
                continue
            if book.has_news:
                self._stir(guild_id)
            elif not book.is_written and book.taken is None and guild_id not in self._anew:
                self._write_anew(guild_id)

    def _take_answer(self, book: Book, answer: object) -> None:
        if answer in (scripts.DONE, scripts.AGAIN):
            book.arrived()
            return
        book.is_written = False
        if answer == scripts.TAKEN:
            book.taken = UNKNOWN
        elif self._books.get(book.room.info.id) is book:
            self._write_anew(book.room.info.id)

    # The list

    async def _list(self) -> None:
        """Bring the list of guilds up to date: nothing leaves a room before what is listed of it does."""
        complete = self._is_complete()
        if self._list_taken is not None:
            return
        if self._begins_list or (complete and not self._was_complete):
            await self._begin_list(complete=complete)
        while self._unlisted:
            few = list(self._unlisted)[:LISTED_AT_ONCE]
            if not await self._list_some(few, complete=complete, begins=False):
                return
            for guild_id in few:
                self._unlisted.pop(guild_id, None)

    async def _begin_list(self, *, complete: bool) -> None:
        """Write the whole list. What others wrote stays until all guilds are known to be here."""
        self._unlisted.update(dict.fromkeys(self._directory.rooms))
        if complete:
            listed = await self._lines.ask(self._lines.commands.hkeys(keys.GUILDS_INFOS))
            strangers = {name.decode() for name in listed} - self._directory.rooms.keys()
            self._unlisted.update(dict.fromkeys(strangers))
            self._removed.update(dict.fromkeys(strangers))
        if await self._list_some(list(self._unlisted), complete=complete, begins=True):
            self._unlisted.clear()
            self._begins_list, self._was_complete = False, complete

    async def _list_some(self, guild_ids: list[str], *, complete: bool, begins: bool) -> bool:
        entries: list[str | bytes] = []
        for guild_id in guild_ids:
            room = self._directory.rooms.get(guild_id)
            if room is None:
                self._counts.pop(guild_id, None)
                entries += guild_id, b""
            else:
                counts = self._counts[guild_id] = room.counts()
                entries += guild_id, codec.write_info(room.info, counts, self._directory.number(guild_id))
        names = [keys.GUILDS_META, keys.GUILDS_INFOS, keys.GUILDS_LIVE]
        flags = ["1" if complete else "0", "1" if begins else "0"]
        [answer] = await self._lines.run([(scripts.LIST, names, [self._life, *flags, *entries])])
        if answer == scripts.DONE:
            return True
        self._begins_list = True
        if isinstance(answer, list) and answer[0].decode() > self._life:
            self._list_taken = answer[0], answer[1]
            log.warning(
                "another bot writes to the backplane at %s, and was started later", self._lines.server
            )
        else:
            self._news.set()
        return False

    async def _remove(self) -> None:
        """Leave nothing of guilds that are gone."""
        gone = [guild_id for guild_id in self._removed if guild_id not in self._books]
        told = Entry(self._life, 0, 0, b"[]").told()
        calls: list[Call] = [
            (scripts.REMOVE, [keys.meta(guild_id), keys.live(guild_id)], [told]) for guild_id in gone
        ]
        if calls and self._list_taken is None:
            await self._lines.run(calls)
        self._removed.clear()

    # Looks whether all is there

    async def _check(self) -> None:
        async with self._turn:
            await self._check_list()
            await self._look([book for book in self._books.values() if _is_quiet(book)])
        self._stirred.update(dict.fromkeys(self._books))
        await self._flush()

    async def _look(self, books: list[Book]) -> None:
        for start in range(0, len(books), FLUSHED_AT_ONCE):
            few = books[start : start + FLUSHED_AT_ONCE]
            looked_for = [book.offset for book in few]
            answers = await self._lines.run([book.check() for book in few])
            for book, offset, answer in zip(few, looked_for, answers, strict=True):
                if book.offset == offset:  # else it is being written whole
                    self._take_look(book, answer)

    async def _check_list(self) -> None:
        if self._list_taken is None:
            if not self._begins_list:
                await self._list_some([], complete=self._is_complete(), begins=False)
            return
        now = await self._lines.ask(self._lines.commands.hmget(keys.GUILDS_META, ["generation", "offset"]))
        if tuple(now) == self._list_taken or now[0] is None or now[0].decode() < self._life:
            self._list_taken = None  # they are gone
            self._begins_list = True
        else:
            self._list_taken = now[0], now[1]

    def _take_look(self, book: Book, answer: object) -> None:
        guild_id = book.room.info.id
        if answer == scripts.DONE:
            return
        book.is_written = False
        if not isinstance(answer, list):
            book.taken = None
            self._write_anew(guild_id)
            return
        other, beat = answer[0].decode(), answer[1].decode()
        if other < self._life or other.startswith(self._life):
            book.taken = None
            self._write_anew(guild_id)
        elif book.taken == (other, beat):  # whoever took it has not looked since: they are gone
            book.taken = None
            self._write_anew(guild_id, by_force=True)
        else:
            book.taken = other, beat

    # Rooms that are written whole

    async def _keep_whole(self) -> None:
        while True:
            while self._anew:
                guild_id = next(iter(self._anew))
                book = self._books.get(guild_id)
                if book is not None:
                    await self._write_whole(book, by_force=self._anew[guild_id])
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
        commands = self._lines.commands
        for key, some in book.slices(copy):
            if some:
                pipeline: Any = commands.pipeline(transaction=False)
                pipeline.hset(key, mapping=some)
                pipeline.expire(key, _UNFINISHED)
                await self._lines.ask(pipeline.execute())
        await self._write_past(book)
        async with self._turn:
            if self._books.get(guild_id) is book:
                [answer] = await self._lines.run([book.install(by_force=by_force)])
                if answer == scripts.DONE:
                    book.installed()
                book.taken = None if answer == scripts.DONE else UNKNOWN
        self._stir(guild_id)

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


def _is_quiet(book: Book) -> bool:
    return (book.is_written or book.taken is not None) and not book.has_news
