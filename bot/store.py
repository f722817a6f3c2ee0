"""Stored settings: read once into memory, written to the database before they hold."""

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Self

from bot.plots import NOTE as PLOTS
from bot.storage import opening, rows, sharing
from bot.storage.checks import check_guild, check_id, check_member
from bot.storage.database import CannotOpen
from bot.storage.rows import (
    BLOCKED,
    DEFAULT_GUILD,
    NOTICE,
    UPGRADED,
    Changes,
    Contents,
    StoredGuild,
    Unreadable,
)
from bridge.providers.notices import Deaf
from bridge.storage import address
from bridge.storage.database import TROUBLES, make_engine, reason
from cogs.settings import Announcement, Blockable, GuildSettings, MemberSettings, News, NotSaved

PATIENCE: Final = 2.0  # seconds for a write: who gave a slash command is answered within Discord's 3
HEAR_AGAIN: Final = 2.0  # seconds until we try again to hear other processes
COMPARED_AT_ONCE: Final = 1_000  # guilds or people
CLOSE_PATIENCE: Final = 0.4  # seconds for writes that are under way, and again for the connection

DEFAULT_MEMBER: Final = MemberSettings()

log = logging.getLogger(__name__)

_ANNOUNCED: Final = re.compile(r"(?P<at>\d+(?:\.\d+)?) (?P<until>\d+) (?P<text>.*)", re.DOTALL)


class Store:
    """What has been decided, as `cogs.needs.Settings` describes it, and what else is remembered.

    One write goes after the other. Where nobody knows whether a write took place, because the connection
    broke while it was being confirmed, it counts as not made: the next write takes it back, in case it was.

    Where it is `shared`, and on a server that tells of it, other processes write there as well. Each write
    then begins with what they wrote, and `follow` tells of it. `first_shown` is whether a guild is shown of
    which nothing is stored. `on_written` is called after each write.
    """

    def __init__(
        self,
        where: address.Address,
        contents: Contents,
        *,
        shared: bool = False,
        first_shown: bool = True,
    ) -> None:
        self.first_shown: Final = first_shown
        self._undecided = GuildSettings(shown=first_shown)
        self.on_written: Callable[[], None] = lambda: None
        self._where = where
        self._shared = where if shared and isinstance(where, address.PostgresAddress) else None
        self._life = secrets.token_hex(8)
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self._touched: Changes | None = None  # what was written here while all is read anew
        self._is_deaf = False
        self._engine = make_engine(where, PATIENCE)
        self._contents = contents
        self._turn = asyncio.Lock()
        self._writes: set[asyncio.Task[None]] = set()
        self._unsure = Changes()
        self._closed = False
        self._failures = 0

    @classmethod
    async def open(cls, url: str, *, shared: bool = False, first_shown: bool = True) -> Self:
        """Read what is stored, after bringing the tables to this version.

        With `shared`, other processes may write there as well, if it is a server that tells of that.

        Raises:
            CannotOpen: if that is impossible. Don't go on with defaults: they may show what was hidden.
        """
        try:
            where = address.parse(url)
        except ValueError as error:
            raise CannotOpen(f"DATABASE_URL {error}.") from error
        contents = await opening.prepare(where)
        return cls(where, contents, shared=shared, first_shown=first_shown)

    async def close(self) -> None:
        """Wait for the writes that are under way, and let the database go. Once closed, nothing is saved."""
        with contextlib.suppress(TimeoutError, NotSaved):
            async with asyncio.timeout(CLOSE_PATIENCE):
                while self._writes:
                    await asyncio.wait(self._writes)
                await self._change(lambda _: Changes())  # if something is unsure
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_PATIENCE):
                await self._engine.dispose()

    @property
    def default_guild(self) -> int | None:
        """The guild that a viewer without a choice sees, if one was chosen."""
        note = self._contents.notes.get(DEFAULT_GUILD)
        return None if note is None else int(note)

    @property
    def failures(self) -> int:
        """How often something could not be stored, since the start."""
        return self._failures

    @property
    def guild_ids(self) -> frozenset[int]:
        """The guilds of which settings are stored, also those that the bot was removed from."""
        return frozenset(self._contents.guilds)

    def guild(self, guild_id: int) -> GuildSettings:
        """Tell what a guild's managers have decided."""
        stored = self._contents.guilds.get(guild_id)
        return self._undecided if stored is None else stored.settings

    def member(self, user_id: int) -> MemberSettings:
        """Tell what somebody has decided about themselves."""
        return self._contents.members.get(user_id, DEFAULT_MEMBER)

    def is_blocked(self, kind: Blockable, snowflake: int) -> bool:
        """Tell whether who runs the bot wants nothing to do with a guild or somebody."""
        return f"{BLOCKED[kind]}{snowflake}" in self._contents.notes

    def blocked(self, kind: Blockable) -> list[int]:
        """Name the guilds or people who are blocked."""
        return rows.blocked(self._contents, kind)

    async def save_block(self, kind: Blockable, snowflake: int, *, blocked: bool) -> None:
        """Store that a guild or somebody is blocked, or is not any more.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        check_id("blocked", snowflake)
        await self.save_note(f"{BLOCKED[kind]}{snowflake}", "" if blocked else None)

    @property
    def announcement(self) -> Announcement:
        """What viewers are to be told."""
        return _announcement(self._contents.notes.get(NOTICE, ""))

    async def save_announcement(self, announcement: Announcement) -> None:
        """Store what viewers are to be told, so that other processes and the next one tell theirs.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        # Said twice, it is two: the second is told again.
        await self.save_note(NOTICE, f"{announcement.at} {announcement.until:.0f} {announcement.text}")

    def note(self, key: str) -> str | None:
        """Return what was noted under a key."""
        return self._contents.notes.get(key)

    def is_met(self, guild_id: int) -> bool:
        """Tell whether something is stored about a guild."""
        return guild_id in self._contents.guilds

    async def meet(self, joined: Mapping[int, datetime | None]) -> None:
        """Store of guilds that the bot is in them, and since when; of those that are stored, nothing new.

        From then on what is shown of them changes only by decisions. Those that the bot was in before it
        could be told `first_shown` are shown, as they were.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        for guild_id in joined:
            check_id("guild_id", guild_id)

        def change(held: Contents) -> Changes:
            new = joined.keys() - held.guilds.keys()
            return Changes({key: StoredGuild(self._first(held, joined[key])) for key in new})

        await self._change(change, _guilds(*joined))

    def _first(self, held: Contents, joined: datetime | None) -> GuildSettings:
        upgraded = held.notes.get(UPGRADED)
        if upgraded and joined and joined < datetime.fromtimestamp(int(upgraded), UTC):
            return GuildSettings()
        return self._undecided

    async def save_guild(self, guild_id: int, settings: GuildSettings) -> None:
        """Store a guild's settings, all of them.

        Raises:
            NotSaved: if the database can't be reached or is full.
            ValueError: if there is a value that settings can't have.
        """
        check_id("guild_id", guild_id)
        check_guild(settings)
        own = replace(  # what a caller still holds may change
            settings,
            channels=MappingProxyType(dict(settings.channels)),
            proxies=frozenset(settings.proxies),
            hidden=frozenset(settings.hidden),
            hidden_roles=frozenset(settings.hidden_roles),
        )
        await self._change(
            lambda held: Changes({guild_id: StoredGuild(own, _left(held, guild_id))}), _guilds(guild_id)
        )

    async def save_member(self, user_id: int, settings: MemberSettings) -> None:
        """Store what somebody decided; of who decided nothing, nothing is kept.

        Raises:
            NotSaved: if the database can't be reached or is full.
            ValueError: if there is a value that settings can't have.
        """
        check_id("user_id", user_id)
        check_member(settings)
        kept = None if settings == DEFAULT_MEMBER else settings
        await self._change(lambda _: Changes(members={user_id: kept}))

    async def change_member(
        self, user_id: int, change: Callable[[MemberSettings], MemberSettings]
    ) -> tuple[MemberSettings, MemberSettings]:
        """Change what somebody decided, wherever they did; return what it was and what it is.

        Raises:
            NotSaved: if the database can't be reached or is full.
            ValueError: if there is a value that settings can't have.
        """
        check_id("user_id", user_id)
        before = after = DEFAULT_MEMBER

        def decide(held: Contents) -> Changes:
            nonlocal before, after
            before = held.members.get(user_id, DEFAULT_MEMBER)
            after = change(before)
            check_member(after)
            return Changes(members={user_id: None if after == DEFAULT_MEMBER else after})

        await self._change(decide, Changes(members={user_id: None}))
        return before, after

    async def save_default(self, guild_id: int | None) -> None:
        """Store which guild a viewer without a choice sees.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        if guild_id is not None:
            check_id("guild_id", guild_id)
        note = None if guild_id is None else str(guild_id)
        await self._change(lambda _: Changes(notes={DEFAULT_GUILD: note}))

    async def save_note(self, key: str, value: str | None) -> None:
        """Note something short under a key, or nothing any more.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        await self.save_notes({key: value})

    async def save_notes(self, notes: Mapping[str, str | None]) -> None:
        """Note several things at once.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        await self._change(lambda _: Changes(notes=dict(notes)))

    async def forget_guild(self, guild_id: int) -> None:
        """Delete everything that is stored about a guild: the defaults hold again.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        await self._change(lambda held: _forgetting(held, {guild_id}), _guilds(guild_id))

    async def note_left(self, guild_id: int, when: datetime) -> None:
        """Note that the bot was removed from a guild, unless that is known already.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        await self._change(lambda held: _leaving(held, guild_id, when), _guilds(guild_id))

    async def note_joined(self, guild_id: int) -> None:
        """Note that the bot is in a guild (again). Costs nothing if it never was noted to have left.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        if _left(self._contents, guild_id) is not None:
            await self._change(lambda held: _joining(held, guild_id), _guilds(guild_id))

    async def forget_left_before(
        self, when: datetime, among: Callable[[int], bool] = lambda _: True
    ) -> frozenset[int]:
        """Forget those `among` the guilds that the bot was removed from before a time; return their ids.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """
        gone: set[int] = set()

        def overdue(held: Contents) -> set[int]:
            due = {key for key, guild in held.guilds.items() if guild.left and guild.left < when}
            return set(filter(among, due))

        def change(held: Contents) -> Changes:
            gone.update(overdue(held))
            return _forgetting(held, gone)

        await self._change(change, _guilds(*overdue(self._contents)))
        return frozenset(gone)

    # What other processes write

    async def read_again(self) -> None:
        """Take up what another process has written, and return when who follows has heard of it.

        Raises:
            CannotOpen: if it can't be read.
        """
        await self._read_anew(self._where)
        await self._news.join()

    async def follow(self, heard: Callable[[News], Awaitable[None]]) -> None:
        """Take up what other processes decide, until cancelled, and have it `heard`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            while True:
                await heard(await self._news.get())
                self._news.task_done()

    async def _listen(self) -> None:
        while self._shared is not None:
            try:
                await self._hear(self._shared)
            except (Deaf, Unreadable, CannotOpen, *TROUBLES) as error:
                if not self._is_deaf:
                    self._is_deaf = True
                    log.warning(
                        "what is decided in other bot processes arrives late: %s; trying again", reason(error)
                    )
            await asyncio.sleep(HEAR_AGAIN)
            with contextlib.suppress(CannotOpen):
                await self._read_anew(self._shared)

    async def _hear(self, server: address.PostgresAddress) -> None:
        async with sharing.hearing(server, self._life) as ear:
            with contextlib.suppress(CannotOpen):  # then it is said soon what is wrong
                await self._read_anew(server)
            if self._is_deaf:
                self._is_deaf = False
                log.info("what is decided in other bot processes arrives at once again")
            while True:
                for notice in await ear.take():
                    await self._take_up(server, notice.about)

    async def _take_up(self, server: address.PostgresAddress, about: Changes | None) -> None:
        if about is None:
            await self._read_anew(server)
            return
        async with self._turn:
            async with self._engine.connect() as connection:
                found = await rows.read(connection, about)
            self._learn(found.present(about))

    async def _read_anew(self, server: address.Address) -> None:
        """Read everything. It has a connection of its own: nobody who wants to write waits for it.

        Raises:
            CannotOpen: if that is impossible.
        """
        self._touched = Changes()
        try:
            async with opening.opened(server) as engine:
                now = await opening.read(engine)
            held = self._contents
            for changes in (
                *(Changes(guilds=some) for some in _few(held.guilds, now.guilds)),
                *(Changes(members=some) for some in _few(held.members, now.members)),
                Changes(notes=dict.fromkeys([*held.notes, *now.notes])),
            ):
                self._learn(now.present(changes).without(self._touched))
                await asyncio.sleep(0)
        finally:
            self._touched = None

    def _learn(self, changes: Changes) -> None:
        """Know what others have written, and tell of it."""
        changes = self._contents.differing(changes).without(self._unsure)
        if changes:
            before = self._contents.present(changes)
            self._contents.apply(changes)
            self._news.put_nowait(_news(before, changes, self._undecided))

    # Writing

    async def _change(self, change: Callable[[Contents], Changes], about: Changes | None = None) -> None:
        """Make a change when its turn comes. It goes on even if who wants it is cancelled meanwhile.

        What it is `about` is read before, where others may have changed it.

        Raises:
            NotSaved: if it was not made.
        """
        if self._closed:
            raise NotSaved("the bot is stopping")
        write = asyncio.create_task(self._write(change, about or Changes()))
        self._writes.add(write)
        write.add_done_callback(self._ended)
        done, _ = await asyncio.wait({write}, timeout=PATIENCE)
        if not done:
            self._failures += 1
            write.cancel()  # and don't wait until the connection is cleaned up
            log.warning("a setting was not stored: the database did not answer in %s seconds", PATIENCE)
            raise NotSaved("the database did not answer in time")
        write.result()

    def _ended(self, write: asyncio.Task[None]) -> None:
        self._writes.discard(write)
        if write.cancelled() or isinstance(error := write.exception(), NotSaved):
            return  # logged already; perhaps nobody waits for it any more
        if error is not None:
            log.error("a setting was not stored", exc_info=error)

    async def _write(self, change: Callable[[Contents], Changes], about: Changes) -> None:
        async with self._turn:
            if not about or self._shared is None:
                about = Changes()
                if not self._unsure | change(self._contents):
                    return
            try:
                await self._commit(change, about)
            except TROUBLES as error:
                self._failures += 1
                log.warning("a setting was not stored: %s", reason(error))
                raise NotSaved("the database did not take it") from error

    async def _commit(self, change: Callable[[Contents], Changes], about: Changes) -> None:
        async with self._engine.connect() as connection:
            if self._shared is not None:
                await sharing.lock(connection)
                self._learn((await rows.read(connection, about)).present(about))
            changes = self._unsure | change(self._contents)
            if not changes:
                return
            await rows.write(connection, changes)
            if self._shared is not None:
                await sharing.tell(connection, self._life, changes)
            self._unsure = self._contents.present(changes)
            await connection.commit()
            if _is_cancelled():  # too late: somebody has been told that nothing was changed
                return
            self._unsure = Changes()
            self._contents.apply(changes)
            if self._touched is not None:
                self._touched |= changes
        self.on_written()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _left(held: Contents, guild_id: int) -> datetime | None:
    stored = held.guilds.get(guild_id)
    return stored.left if stored else None


def _forgetting(held: Contents, guild_ids: set[int]) -> Changes:
    changes = Changes(dict.fromkeys(guild_ids))
    plots = (f"{PLOTS}{guild_id}" for guild_id in guild_ids)
    changes.notes.update({key: None for key in plots if key in held.notes})
    if held.notes.get(DEFAULT_GUILD) in {str(guild_id) for guild_id in guild_ids}:
        changes.notes[DEFAULT_GUILD] = None
    return changes


def _leaving(held: Contents, guild_id: int, when: datetime) -> Changes:
    stored = held.guilds.get(guild_id)
    if stored is None or stored.left:
        return Changes()
    return Changes({guild_id: replace(stored, left=when)})


def _joining(held: Contents, guild_id: int) -> Changes:
    stored = held.guilds.get(guild_id)
    return Changes({guild_id: replace(stored, left=None)} if stored else {})


def _guilds(*guild_ids: int) -> Changes:
    """Name guilds that a change is about, and the choice that may go with one."""
    return Changes(dict.fromkeys(guild_ids), notes={DEFAULT_GUILD: None}) if guild_ids else Changes()


def _few(*held: Mapping[int, object]) -> Iterator[dict[int, Any]]:
    """Name all keys of mappings, some at a time."""
    keys = list({key: None for each in held for key in each})
    for start in range(0, len(keys), COMPARED_AT_ONCE):
        yield dict.fromkeys(keys[start : start + COMPARED_AT_ONCE])


def _news(before: Changes, after: Changes, undecided: GuildSettings) -> News:
    """Tell what changes mean for those whom they concern."""

    def settings(stored: StoredGuild | None) -> GuildSettings:
        return undecided if stored is None else stored.settings

    guilds = {key: (settings(before.guilds[key]), settings(after.guilds[key])) for key in after.guilds}
    members = {
        key: (before.members[key] or DEFAULT_MEMBER, after.members[key] or DEFAULT_MEMBER)
        for key in after.members
    }
    defaults = {before.notes.get(DEFAULT_GUILD), after.notes.get(DEFAULT_GUILD)} - {None}
    blocks: set[tuple[Blockable, int]] = {
        (kind, snowflake)
        for kind in BLOCKED
        for key in after.notes
        if (snowflake := rows.block_in(kind, key))
    }
    notice = after.notes.get(NOTICE)
    return News(
        {key: (was, now) for key, (was, now) in guilds.items() if was != now},
        members,
        frozenset(int(key) for key in defaults if key is not None),
        frozenset(blocks),
        None if notice is None else _announcement(notice),
    )


def _announcement(note: str) -> Announcement:
    """Read what viewers are to be told. A note of an older version says nothing of its end, and has ended."""
    found = _ANNOUNCED.fullmatch(note)
    return Announcement(found["text"], float(found["until"]), float(found["at"])) if found else Announcement()
