"""Shows the rooms that another process writes to Redis: their list always, each while it is watched."""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from bridge.backplane import codec, keys, parts
from bridge.backplane.follower import Follower, NotThere
from bridge.backplane.lines import PATIENCE, Lines, Subscription
from bridge.backplane.overview import Listed, read_parts
from bridge.backplane.parts import Part
from bridge.backplane.trouble import Trouble, understand
from bridge.backplane.waits import Tries
from bridge.errors import ProviderError, Refused
from bridge.limits import Limits
from bridge.problems import PROVIDER_TROUBLE
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.running.tasks import Tasks
from bridge.running.words import one_line
from bridge.wire.protocol import Event

log = logging.getLogger(__name__)

CHECK_EVERY: Final = 25.0  # seconds between two looks whether something was missed
TIDY_EVERY: Final = 5.0  # seconds between two looks whether rooms can be closed
KEPT_FOR: Final = 60.0  # seconds that a room is kept for whoever asks for it next
FIRST_LIST: Final = 2.0  # seconds that a viewer waits for the first list
OPENED_AT_ONCE: Final = 100  # guilds of the list, in one turn of the loop
CHECKED_AT_ONCE: Final = 500  # rooms


class Reader:
    """Brings a directory and its rooms to what is written, and keeps them there.

    Whatever is wrong with the server, what is here stays and is shown. `on_restart` is called with a room
    that has become another one; `on_list` is told whether more guilds will come, `on_access` which logins let
    nobody watch a room any more.
    """

    def __init__(
        self,
        lines: Lines,
        directory: Directory,
        limits: Limits,
        on_restart: Callable[[Room], None],
        on_list: Callable[[bool], None],
        on_access: Callable[[Room, Event], None],
    ) -> None:
        self._lines = lines
        self._directory = directory
        self._limits = limits
        self._on_restart = on_restart
        self._on_list = on_list
        self._on_access = on_access
        self._followers: dict[str, Follower] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._counts: dict[str, Mapping[str, int]] = {}
        self._subscription: Subscription | None = None
        self._parts: dict[Part, Listed] = {}  # of the list, as far as it is here; complete if it was read so
        self._older: dict[Part, tuple[str, int]] = {}  # those that are earlier ones, as they were seen first
        self._has_list = asyncio.Event()
        self._list_is_outdated = True
        self._is_reading_list = False
        self._held: deque[bytes] = deque()  # what was told of the list while it is being read
        self._news = asyncio.Event()
        self._tasks = Tasks(log, "the backplane")
        self._trouble = ""
        self._has_told_of_unreadable = False
        self._tries = Tries(lines, self._follow_list, self._tell)

    async def run(self) -> None:
        """Read, until cancelled. Whatever is wrong, it is tried again."""
        await self._tries.run()

    def end(self) -> None:
        """Try nothing again: a stop follows."""
        self._tries.end()

    async def stop(self) -> None:
        """Hang up."""
        await self._tasks.stop()
        await self._lines.close()

    # What the bridge asks, as it would ask a feed

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the data at this moment, each in a line without secrets."""
        return [] if self._subscription is not None else ["the backplane can't be read"]

    async def check(self) -> None:
        """Look anew: nothing has to be done for that."""

    async def refresh_servers(self) -> None:
        """Have the list of rooms up to date, as it always is once it was read.

        Raises:
            ProviderError: if it could not be read yet.
        """
        try:
            async with asyncio.timeout(FIRST_LIST):
                await self._has_list.wait()
        except TimeoutError:
            raise ProviderError from None

    async def refresh_room(self, room: Room) -> None:
        """Have a room open that somebody is about to enter.

        Raises:
            Refused: if it can't be read: nobody is shown an empty world.
        """
        guild_id = room.info.id
        if room is self._directory.lobby or self._directory.rooms.get(guild_id) is not room:
            return
        follower = self._followers.get(guild_id)
        if follower is None:
            follower = self._followers[guild_id] = self._follow(room)
        follower.needed_at = asyncio.get_running_loop().time()
        if follower.is_open:
            return
        if guild_id not in self._opening:
            self._opening[guild_id] = self._tasks.start(self._open(follower), f"opening guild {guild_id}")
        await asyncio.wait({self._opening[guild_id]}, timeout=2 * PATIENCE)
        if not follower.is_open:
            raise Refused(PROVIDER_TROUBLE)

    async def refresh_lobby(self) -> None:
        """Have nothing done about the lobby: nobody logs in here."""

    def _follow(self, room: Room) -> Follower:
        return Follower(
            room,
            self._lines,
            self._limits,
            lambda: self._directory.rooms.get(room.info.id) is room,
            self._on_restart,
            self._on_access,
        )

    async def _open(self, follower: Follower) -> None:
        guild_id = follower.guild_id
        try:
            if self._subscription is not None:
                await self._subscription.add([keys.live(guild_id)])
                await follower.open()
                self._news.set()
        except (Trouble, NotThere) as error:
            log.info("guild %s can't be read: %s", guild_id, error)
        finally:
            del self._opening[guild_id]
            if not follower.is_open and self._followers.get(guild_id) is follower:
                del self._followers[guild_id]

    # What is told

    def _hear(self, channel: bytes, told: bytes) -> None:
        if channel == keys.GUILDS_LIVE.encode():
            self._hear_of_list(told)
            return
        follower = self._followers.get(channel[len(b"dzone:{") : -len(b"}:live")].decode())
        entry = codec.read_entry(told)
        if follower is not None and entry is not None:
            follower.hear(entry)
            if follower.is_outdated:
                self._news.set()

    def _hear_of_list(self, told: bytes) -> None:
        if self._is_reading_list:
            self._held.append(told)
            return
        self._take_of_list(told)

    def _take_of_list(self, told: bytes) -> None:
        if self._list_is_outdated:
            return
        try:
            name, generation, before, offset, complete, changes = json.loads(told)
            part = Part.parse(name)
            here = self._parts.get(part)
            if here is not None and here[:2] == (generation, before):
                pairs = list(changes)
                self._bring({pairs[at]: pairs[at + 1].encode() for at in range(0, len(pairs), 2)}.items())
                self._parts[part] = generation, offset, here[2] and complete == "1"
                if complete == "1" and not here[2]:  # what isn't listed by now is gone
                    self._list_is_outdated = True
                    self._news.set()
                self._tell_whether_more()
            elif here is None or here[0] != generation or offset > here[1]:
                self._list_is_outdated = True
                self._news.set()
        except codec.UNREADABLE:  # not what our writer writes
            self._list_is_outdated = True

    def _tell_whether_more(self) -> None:
        """Tell whether guilds are still to come: as long as not all parts are there and complete."""
        complete = [part for part, (_, _, is_complete) in self._parts.items() if is_complete]
        self._on_list(bool(parts.missing(complete, complete[0].total if complete else 1)))

    def _bring(self, told: Iterable[tuple[str, bytes]]) -> None:
        """Bring guilds to what is told of them: nothing of those that are gone."""
        for guild_id, text in told:
            if not text:
                self._close(guild_id)
                continue
            try:
                info, counts, number = codec.read_info(text)
            except codec.UNREADABLE as error:
                self._tell_of_unreadable(guild_id, error)
                self._close(guild_id)  # who may enter isn't known
                continue
            room = self._directory.open(info, number=number)
            self._counts[guild_id] = counts
            if guild_id not in self._followers:
                room.know_counts(counts)

    def _tell_of_unreadable(self, guild_id: str, error: Exception) -> None:
        if not self._has_told_of_unreadable:  # of one: there may be thousands
            self._has_told_of_unreadable = True
            log.warning(
                "guild %s isn't shown: another version has listed it (%s), and perhaps others. Let all"
                " processes be of the same version",
                one_line(guild_id), type(error).__name__,
            )  # fmt: skip

    def _close(self, guild_id: str) -> None:
        self._counts.pop(guild_id, None)
        self._directory.close(guild_id)
        if self._followers.pop(guild_id, None) is not None:
            self._tasks.start(self._drop([guild_id]), "closing a room")

    # Work

    async def _follow_list(self) -> None:
        await self._lines.check(writes=False)
        try:
            async with self._lines.subscription(self._hear) as subscription, asyncio.TaskGroup() as group:
                group.create_task(subscription.listen())
                group.create_task(self._work(subscription))
        finally:
            self._subscription = None

    async def _work(self, subscription: Subscription) -> None:
        await subscription.add([keys.GUILDS_LIVE, *map(keys.live, self._followers)])
        self._list_is_outdated = True
        await self._read_list()
        self._subscription = subscription
        await self._look()
        self._trouble = ""
        self._tries.begin_again()
        log.info("following the backplane at %s", self._lines.server)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_current())
            group.create_task(self._keep_looking())
            group.create_task(self._keep_tidy())

    async def _keep_current(self) -> None:
        """Read what was missed, as soon as that is noticed."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._list_is_outdated:
                await self._read_list()
            for follower in list(self._followers.values()):
                if follower.is_outdated:
                    await self._catch_up(follower)

    async def _catch_up(self, follower: Follower) -> None:
        try:
            await follower.catch_up()
        except NotThere as error:  # later, then
            log.info("guild %s stays as it is: %s", follower.guild_id, error)
        else:
            if follower.is_outdated:
                self._news.set()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            await self._look()

    async def _look(self) -> None:
        """Compare with what is there: something may have been told that never came."""
        found = read_parts(await self._lines.ask(self._lines.commands.hgetall(keys.GUILDS_PARTS)))
        if found and found != self._parts:
            self._list_is_outdated = True
        followers = [follower for follower in self._followers.values() if follower.is_open]
        for start in range(0, len(followers), CHECKED_AT_ONCE):
            few = followers[start : start + CHECKED_AT_ONCE]
            pipeline: Any = self._lines.commands.pipeline(transaction=False)
            for follower in few:
                pipeline.hmget(keys.meta(follower.guild_id), ["generation", "offset"])
            answers = await self._lines.ask(pipeline.execute(raise_on_error=False))
            for follower, answer in zip(few, answers, strict=True):
                if not isinstance(answer, Exception):
                    generation, offset = answer
                    follower.suspect(generation and generation.decode(errors="replace"), _number(offset))
                elif not (trouble := understand(answer, self._lines.server)).is_of_stranger:
                    raise trouble from answer
        self._news.set()

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY)
            before = asyncio.get_running_loop().time() - KEPT_FOR
            idle = [
                guild_id
                for guild_id, follower in self._followers.items()
                if follower.is_open and not follower.room.is_watched and follower.needed_at < before
            ]
            for guild_id in idle:
                room = self._followers.pop(guild_id).room
                room.become(Room(room.info, limits=self._limits))
                room.know_counts(self._counts.get(guild_id, {}))
            await self._drop(idle)

    async def _drop(self, guild_ids: Iterable[str]) -> None:
        if self._subscription is not None:
            with contextlib.suppress(Trouble):  # then the line is dead, and the next one knows nothing of it
                gone = [guild_id for guild_id in guild_ids if guild_id not in self._followers]
                await self._subscription.drop(map(keys.live, gone))

    # The list

    async def _read_list(self) -> None:
        """Read the whole list. Where there is none, as on a server that has lost it, keep what is here."""
        self._list_is_outdated, self._is_reading_list = False, True
        is_read = False
        try:
            await self._try_to_read_list()
            while self._held:
                self._take_of_list(self._held.popleft())
                await asyncio.sleep(0)
            is_read = True
        finally:
            self._is_reading_list = False
            self._held.clear()
            self._list_is_outdated |= not is_read

    async def _try_to_read_list(self) -> None:
        # Both as they are at one moment. A transaction needs memory, which a server may lack.
        pipeline: Any = self._lines.commands.pipeline(transaction=False)
        for name in (keys.GUILDS_PARTS, keys.GUILDS_INFOS, keys.GUILDS_PARTS):
            pipeline.hgetall(name)
        found, infos, again = await self._lines.ask(pipeline.execute())
        listed = read_parts(found)
        if found != again:
            self._list_is_outdated = True
            self._news.set()
        if found != again or not listed or not self._are_of_now(listed):
            return
        told = {guild_id.decode(errors="replace"): text for guild_id, text in infos.items()}
        news = [part for part, what in listed.items() if what[2] and what != self._parts.get(part)]
        for guild_id in self._directory.rooms.keys() - told.keys():
            # Else it may be missing, and come by itself; or it was thrown away: nobody has written since.
            if any(part.has(guild_id) for part in news):
                self._close(guild_id)
        self._parts = listed
        entries = list(told.items())
        for start in range(0, len(entries), OPENED_AT_ONCE):
            self._bring(entries[start : start + OPENED_AT_ONCE])
            await asyncio.sleep(0)
        self._tell_whether_more()
        self._has_list.set()

    def _are_of_now(self, listed: Mapping[Part, Listed]) -> bool:
        """Tell whether no part is an earlier one: a server that was restored has such, and nobody writes it.

        Where somebody does, it is one of somebody whose clock is behind.
        """
        older = {
            part: listed[part][:2]
            for part, here in self._parts.items()
            if part in listed and listed[part][:2] < here[:2]
        }
        for part, (generation, offset) in older.items():
            seen = self._older.get(part, ("", 0))
            older[part] = seen if seen[0] == generation and seen[1] <= offset else (generation, offset)
        self._older = older
        return all(listed[part][1] > offset for part, (_, offset) in older.items())

    @property
    def is_troubled(self) -> bool:
        """Whether nothing can be read now."""
        return bool(self._trouble)

    def _tell(self, trouble: Trouble) -> None:
        """Say what is wrong, once as long as it stays the same."""
        if str(trouble) != self._trouble:
            self._trouble = str(trouble)
            log.warning("%s What is known is shown; it is tried again.", trouble)


def _number(text: bytes | None) -> int:
    """Read a position, which may be a stranger's."""
    try:
        return int(text or b"-1")
    except ValueError:
        return -1
