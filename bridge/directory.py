"""All rooms of a bridge: which there are, what they are called, which one a name means."""

import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from bridge.flush import FlushWindow
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.model import Channel, GuildInfo, Member
from bridge.protocol import LOGIN_NEEDED, SERVER_HIDDEN, Goodbye, listing_data, server_list_frame
from bridge.room import Room

log = logging.getLogger(__name__)

LOBBY: Final = GuildInfo(id="0", slug="lobby", name="Waiting for a Discord server", listed=False)


class Directory:
    """The rooms by guild, and an empty lobby for viewers when there is nothing to show.

    `edition` grows whenever the listing changes. `on_changed` is called when a room appeared, or may be
    entered by others than before.
    """

    def __init__(
        self, on_changed: Callable[[], None] = lambda: None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._limits = limits
        self._greetings: dict[bool, bytes] = {}
        self.edition = 0  # of the listing
        self._named: dict[str, Room] | None = None  # by slug, forgotten when one changes
        self._aliased: dict[str, Room] = {}
        self.rooms: dict[str, Room] = {}
        self._windows: dict[Room, FlushWindow] = {}
        self.lobby = self._furnish(LOBBY)
        self._on_changed = on_changed

    def open(
        self,
        info: GuildInfo,
        members: Iterable[Member] | None = None,
        channels: Iterable[Channel] | None = None,
    ) -> Room:
        """Open a guild's room, or bring it to this state. None leaves members or channels as they are."""
        room = self.rooms.get(info.id)
        before = room.info if room else None
        if room is None:
            room = self.rooms[info.id] = self._furnish(info)
            log.info("room %s opened (%s)", info.slug, info.id)
        room.info = info
        if before is None or (before.slug, before.alias) != (info.slug, info.alias):
            self._named = None
        if members is not None:
            room.reconcile(members)
        if channels is not None:
            self._bring_channels(room, channels)
        if before is not None and before.door != info.door and info.protected:
            room.dismiss_viewers(Goodbye.REVOKED, LOGIN_NEEDED)  # they were let in by another door
        if _entry(before) != _entry(info):
            self._announce()
        if before is None or (before.protected, before.listed) != (info.protected, info.listed):
            self._on_changed()
        return room

    def close(self, guild_id: str) -> None:
        """Close a guild's room: its viewers are told and let go. Unknown guilds are no error."""
        room = self.rooms.pop(guild_id, None)
        if room is None:
            return
        self._named = None
        window = self._windows.pop(room)
        if room.viewers:
            window.flush()
        window.stop()
        room.dismiss_viewers(Goodbye.REVOKED, SERVER_HIDDEN)
        log.info("room %s closed (%s)", room.info.slug, guild_id)
        if room.info.listed:
            self._announce()

    def flush(self) -> None:
        """Hand out what is pending in every room."""
        for window in self._windows.values():
            window.flush()

    def resolve(self, name: str) -> Room | None:
        """Find the room that a slug, a snowflake, or a former link ending in the guild's alias means."""
        if self._named is None:
            rooms = self.rooms.values()
            self._named = {
                room.info.slug: room for room in reversed(rooms)
            }  # of equal names the first counts
            self._aliased = {room.info.alias: room for room in rooms if room.info.alias is not None}
        return self.rooms.get(name) or self._named.get(name) or self._aliased.get(name.rpartition("-")[2])

    def defaults(self) -> list[Room]:
        """Name the rooms that may serve a viewer without a choice, best first."""
        listed = [room for room in self.rooms.values() if room.info.listed]
        # After the chosen one the oldest guild, so that a restart changes nothing.
        listed.sort(key=lambda room: (not room.info.default, len(room.info.id), room.info.id))
        return listed

    def listing(self) -> dict[str, Any]:
        """Describe the listed guilds as `server-list` does."""
        return {room.info.id: listing_data(room.info) for room in self.rooms.values() if room.info.listed}

    def greeting(self, *, deflate: bool = False) -> bytes:
        """Frame the listing, for a viewer who reads compressed frames or not."""
        if deflate not in self._greetings:
            self._greetings[deflate] = server_list_frame(self.listing(), deflate=deflate)
        return self._greetings[deflate]

    def _furnish(self, info: GuildInfo) -> Room:
        window = FlushWindow(lambda now: room.flush(now))  # noqa: PLW0108 - the room comes after its window
        room = Room(info, window.wake, self._limits, time.time)
        self._windows[room] = window
        return room

    def _bring_channels(self, room: Room, channels: Iterable[Channel]) -> None:
        """Show these channels. What was said in those that are hidden by it is taken back."""
        before = room.channels
        room.set_channels(channels)
        gone = before.keys() - room.channels.keys()
        if gone:
            self._windows[room].flush()
            room.forget_channels(gone)

    def forget_channels(self, room: Room, channels: Collection[str]) -> None:
        """Take back what was said in channels and threads that may not be heard (any more)."""
        room.hush(channels)
        self._windows[room].flush()
        room.forget_channels(channels)

    def _announce(self) -> None:
        """The list changed: tell viewers who asked for `servers`."""
        self.edition += 1
        self._greetings.clear()
        watched = [room for room in (self.lobby, *self.rooms.values()) if room.viewers]
        if watched:
            listing = self.listing()
            for room in watched:
                room.publish("servers", listing)


def _entry(info: GuildInfo | None) -> dict[str, Any] | None:
    return listing_data(info) if info and info.listed else None
