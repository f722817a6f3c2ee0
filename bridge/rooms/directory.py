"""All rooms of a bridge: which there are, what they are called, which one a name means."""

import asyncio
import logging
import time
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final
from weakref import WeakKeyDictionary

from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.model import Channel, GuildInfo, Member
from bridge.problems import LOGIN_NEEDED, SERVER_HIDDEN
from bridge.rooms.flush import AT_ONCE, FlushWindow
from bridge.rooms.names import Names
from bridge.rooms.notice import Notice
from bridge.rooms.pages import Frozen, ServerList
from bridge.rooms.preparation import Preparations
from bridge.rooms.room import Room
from bridge.running.durations import Durations
from bridge.running.rate import Rate
from bridge.running.turns import Turns
from bridge.wire.protocol import Goodbye, listing_data, server_list_frame

log = logging.getLogger(__name__)

LOBBY: Final = GuildInfo(id="0", slug="lobby", name="Waiting for a Discord server", listed=False)
TOLD_AT_ONCE: Final = 50  # rooms that are told of a new listing in one turn of the loop
# How often all who watch, wherever they do, are told of it: it may be long, and whoever manages any guild may
# rename it, list it or not, protect it or not, as fast as they like.
TELLINGS: Final = Rate(per_second=0.2, at_once=5)


@dataclass(frozen=True, slots=True)
class _Place:
    """What belongs to a room: its flush window, and as how manieth it was opened."""

    window: FlushWindow
    number: int


class HandedOut:
    """How much was handed out to those who watch, and how long each time took."""

    def __init__(self) -> None:
        self.events = 0
        self.durations = Durations()

    def flush(self, room: Room, now: float) -> float | None:
        """Flush a room, and count that."""
        waiting = room.waiting
        if not waiting:
            return room.flush(now)
        began = time.perf_counter()
        due = room.flush(now)
        self.durations.note(time.perf_counter() - began)
        self.events += max(0, waiting - room.waiting)
        return due


class Directory:
    """The rooms by guild, and an empty lobby for viewers when there is nothing to show.

    `edition` grows whenever the listing changes; viewers who asked for it hear of it soon, however many
    changes that were. `on_changed` is called when a room appeared, or may be entered by others than before.
    """

    def __init__(
        self, on_changed: Callable[[], None] = lambda: None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._limits = limits
        self.turns = Turns()
        self.preparations = Preparations(self.turns)
        self._listing = ServerList()
        self._greetings: dict[bool, bytes] = {}
        self.edition = 0  # of the listing
        self._told: WeakKeyDictionary[Room, int] = (
            WeakKeyDictionary()
        )  # the edition that those in a room know
        self._untold: deque[Room] = deque()  # who is next to be told, while that is being done
        self._telling = 0  # of which edition
        self._tellings = 0.0  # when as many may begin again as at first
        self._is_put_off = False  # whether the next one waits for that
        self._news = FlushWindow(self._tell_some, self.turns.add_chore)
        self._slugs = Names()
        self._aliases = Names()
        self._with_password: set[str] = set()  # the guilds that a password opens
        self._ranked: list[Room] = []  # those that are listed, the best for a viewer without a choice first
        self._opened = 0  # rooms so far
        self.rooms: dict[str, Room] = {}
        self.handed_out = HandedOut()
        self._places: dict[Room, _Place] = {}
        self.lobby = self._furnish(LOBBY)
        self._notice: Notice | None = None
        self.on_notice: Callable[[Notice], None] = lambda _: None  # called with what is announced here
        self._on_changed = on_changed
        self._hearers: list[Callable[[str], None]] = []

    def listen(self, hearer: Callable[[str], None]) -> Callable[[], None]:
        """Have somebody hear of each guild that was opened, described or closed; return how to stop."""
        self._hearers.append(hearer)

        def stop() -> None:
            self._hearers.remove(hearer)

        return stop

    def open(
        self,
        info: GuildInfo,
        members: Iterable[Member] | None = None,
        channels: Iterable[Channel] | None = None,
        *,
        number: int | None = None,
    ) -> Room:
        """Open a guild's room, or bring it to this state. None leaves members or channels as they are.

        `number` is as how manieth it was opened, where another process has opened it before.
        """
        room = self.rooms.get(info.id)
        before = room.info if room else None
        if room is None:
            room = self.rooms[info.id] = self._furnish(info)
            log.info("room %s opened (%s)", info.slug, info.id)
        self._enrol(room, before, info, self._places[room].number if number is None else number)
        if before is not None and before.door != info.door:
            room.forget_past()  # it was for those whom the other door let in
        if members is not None:
            room.reconcile(members)
        if channels is not None:
            self._bring_channels(room, channels)
        if before is not None and before.door != info.door and info.protected:
            room.dismiss_viewers(Goodbye.REVOKED, LOGIN_NEEDED)  # they were let in by another door
        self._relist(info)
        if before is None or (before.protected, before.listed) != (info.protected, info.listed):
            self._on_changed()
        if before != info:
            self._tell_hearers(info.id)
        return room

    def close(self, guild_id: str) -> None:
        """Close a guild's room: its viewers are told and let go. Unknown guilds are no error."""
        room = self.rooms.pop(guild_id, None)
        self._tell_hearers(guild_id)
        if room is None:
            return
        self._strike(room)
        window = self._places.pop(room).window
        if room.is_watched:
            window.flush()  # a turn's worth: what is more, they would hardly read
        window.stop()
        room.close(Goodbye.REVOKED, SERVER_HIDDEN)
        log.info("room %s closed (%s)", room.info.slug, guild_id)
        self._relist(room.info, listed=False)

    @property
    def notice(self) -> Notice | None:
        """What was announced last, also what was taken back, for as long as it would have stood."""
        notice = self._notice
        return notice if notice is not None and notice.until > time.time() else None

    async def announce(self, notice: Notice) -> None:
        """Tell everybody who watches; whoever comes while it stands is told on entering."""
        self._notice = notice
        self.on_notice(notice)

        def tell(room: Room) -> None:
            if self._notice is notice and room in self._places:
                room.tell_notice(notice.data(time.time()))

        await self.turns.each([self.lobby, *self.rooms.values()], tell)

    def flush(self) -> None:
        """Hand out what is pending in every room, all of it now, however long that takes."""
        for room in list(self._places):
            self.tell(room)
            self.flush_room(room)

    def flush_room(self, room: Room) -> None:
        """Hand out what is pending in one room, all of it now."""
        window = self._places[room].window
        window.flush()
        while not room.is_through:
            window.flush()

    def resolve(self, name: str) -> Room | None:
        """Find the room that a slug, a snowflake, or a former link ending in the guild's alias means."""
        return self.rooms.get(name) or self._slugs.find(name) or self._aliases.find(name.rpartition("-")[2])

    @property
    def asks_for_passwords(self) -> bool:
        """Whether there is a guild that a password opens."""
        return bool(self._with_password)

    def defaults(self) -> list[Room]:
        """Name the rooms that may serve a viewer without a choice, best first."""
        return list(self._ranked)

    def listing(self) -> dict[str, Mapping[str, Any]]:
        """Describe the listed guilds as `server-list` does."""
        return dict(self._listing.guilds)

    def entries(self) -> Frozen:
        """Encode the listing as it is now."""
        return self._listing.freeze()

    def greeting(self, *, deflate: bool = False) -> bytes:
        """Frame the listing, for a viewer who reads compressed frames or not."""
        if deflate not in self._greetings:
            self._greetings[deflate] = server_list_frame(self._listing, deflate=deflate)
        return self._greetings[deflate]

    def tell(self, room: Room) -> None:
        """Tell those in a room now of a listing that they don't know yet.

        Who enters knows it, and would hear it again if those who are there were told only afterwards.
        """
        if self._told.get(room) != self.edition:
            self._told[room] = self.edition
            if room.is_watched:
                room.tell_servers(self.entries())

    def tell_early(self, room: Room) -> None:
        """Tell those in a room, as far as that need not wait: who enters hears it anyway."""
        if not self._is_put_off:
            self.tell(room)

    def _tell_hearers(self, guild_id: str) -> None:
        for hearer in self._hearers:
            hearer(guild_id)

    def _furnish(self, info: GuildInfo) -> Room:
        def run(flush: Callable[[], None]) -> None:
            add = self.turns.add if room.is_watched else self.turns.add_chore
            add(flush)

        window = FlushWindow(lambda now: self.handed_out.flush(room, now), run)
        room = Room(info, window.wake, self._limits, time.time)
        self._opened += 1
        self._places[room] = _Place(window, self._opened)
        return room

    def number(self, guild_id: str) -> int:
        """Tell as how manieth a guild's room was opened: of those with the same name the first has it."""
        return self._places[self.rooms[guild_id]].number

    def _enrol(self, room: Room, before: GuildInfo | None, info: GuildInfo, number: int) -> None:
        """Have a room found by what it is called now, and by what it was no more."""
        place = self._places[room]
        if before == info and place.number == number:
            return
        if before is not None:
            self._strike(room)
        room.describe(info)
        self._places[room] = replace(place, number=number)
        self._slugs.add(info.slug, number, room)
        self._aliases.add(info.alias, number, room)
        if info.protected and info.has_password:
            self._with_password.add(info.id)
        if info.listed:
            insort(self._ranked, room, key=_rank)

    def _strike(self, room: Room) -> None:
        """Have a room found by no name any more."""
        info = room.info
        self._slugs.drop(info.slug, room)
        self._aliases.drop(info.alias, room)
        self._with_password.discard(info.id)
        if info.listed:
            del self._ranked[bisect_left(self._ranked, _rank(room), key=_rank)]

    def _bring_channels(self, room: Room, channels: Iterable[Channel]) -> None:
        """Show these channels. What was said in those that are hidden by it is taken back."""
        before = room.channels
        room.set_channels(channels)
        gone = before.keys() - room.channels.keys()
        if gone:
            room.forget_channels(gone)

    def _relist(self, info: GuildInfo, *, listed: bool = True) -> None:
        """Have the listing say this of a guild; of what is news, viewers who asked for `servers` hear."""
        if not self._listing.bring(info.id, listing_data(info) if info.listed and listed else None):
            return
        self.edition += 1
        self._greetings.clear()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return  # a script opens its guilds before anything runs, and nobody is there to tell
        self._news.wake()

    def _tell_some(self, now: float) -> float | None:
        """Tell some rooms of the new listing; return when to go on."""
        if not self._untold:
            wait = TELLINGS.wait(self._tellings, now)
            self._is_put_off = wait > 0
            if self._is_put_off:
                return now + wait
            self._tellings = TELLINGS.charge(self._tellings, now, 1, inf)
            self._telling = self.edition
            self._untold.extend((self.lobby, *self.rooms.values()))
        for _ in range(min(TOLD_AT_ONCE, len(self._untold))):
            self.tell(self._untold.popleft())
        if self._untold:
            return AT_ONCE
        return None if self._telling == self.edition else now


def _rank(room: Room) -> tuple[bool, float, int, str]:
    """Say how well a room serves a viewer without a choice: the less the better."""
    # After the chosen one the guild that the bot joined first: one that came later, however old it is, takes
    # no place from another. So a restart changes nothing either. Where nobody knows, the oldest guild.
    info = room.info
    return not info.default, inf if info.since is None else info.since, len(info.id), info.id
