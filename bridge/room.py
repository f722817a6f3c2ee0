"""One guild as the bridge holds it: its members, its events, its cursor, its viewers. Pure state."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from bridge.model import Channel, GuildInfo, Member, Message
from bridge.playback import Playback
from bridge.protocol import (
    Event,
    EventType,
    Goodbye,
    Snapshot,
    Wants,
    channel_data,
    encode_cursor,
    event_frames,
    member_extras,
    member_json,
    message_extras,
    voice_data,
)

MAX_SAID: Final = 200  # messages; an older one no viewer still shows
_WHOLE: Final = ("channels", "servers")  # each says everything: a later one replaces an earlier


class Viewer(Protocol):
    """Somebody in a room. `seated_at` is the position their snapshot was taken at."""

    wants: Wants
    seated_at: int

    def offer(self, frames: bytes) -> None:
        """Take frames without ever waiting."""

    def dismiss(self, goodbye: Goodbye, message: str | None = None) -> None:
        """Hear why, and go."""


class Room:
    """Members, events and viewers of one guild.

    A change is applied, numbered and kept until `flush`, which encodes it once and hands it to every
    viewer. `wake` is called when there is something to flush.
    """

    def __init__(self, info: GuildInfo, wake: Callable[[], None] = lambda: None) -> None:
        self.info = info
        self.client_id: str | None = None
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self.said: dict[str, str] = {}  # the last messages' ids, and who said them
        self.position = 0
        self._epoch = secrets.token_hex(4)  # a cursor of an earlier life of this room must not match
        self._wake = wake
        self._pending: list[Event] = []
        self._audiences: dict[Wants, set[Viewer]] = {}
        self._playback = Playback()
        # Encoded members by kind of client, kept so that a snapshot is a join of ready pieces.
        self._pieces: dict[bool, dict[str, bytes]] = {False: {}, True: {}}
        self._users: dict[bool, bytes] = {}

    # Viewers

    @property
    def viewers(self) -> list[Viewer]:
        """Everybody who watches this room."""
        return [viewer for audience in self._audiences.values() for viewer in audience]

    def seat(self, viewer: Viewer) -> None:
        """Let a viewer follow from here on. Take the snapshot in the same breath: no await between."""
        viewer.seated_at = self.position
        self._audiences.setdefault(viewer.wants, set()).add(viewer)

    def unseat(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        audience = self._audiences.get(viewer.wants)
        if audience is None:
            return
        audience.discard(viewer)
        if not audience:
            del self._audiences[viewer.wants]

    def dismiss_viewers(self, goodbye: Goodbye, message: str) -> None:
        """Tell everybody why, and let them go."""
        viewers = self.viewers
        self._audiences.clear()
        for viewer in viewers:
            viewer.dismiss(goodbye, message)

    def snapshot(self, *, full: bool) -> Snapshot:
        """Show the room as it is now. `full` is for clients that asked for events."""
        return Snapshot(
            info=self.info,
            users=self.users(full=full),
            cursor=encode_cursor(self._epoch, self.position),
            channels={channel.id: channel_data(channel) for channel in self.channels.values()},
            counts=self.counts() if full else {},
            client_id=self.client_id,
        )

    def users(self, *, full: bool) -> bytes:
        """Encode all members, as the JSON object `users`."""
        if full not in self._users:
            pieces = self._pieces[full]
            for uid, member in self.members.items():
                if uid not in pieces:
                    pieces[uid] = member_json(member, full=full)
            self._users[full] = b"{" + b",".join(pieces[uid] for uid in self.members) + b"}"
        return self._users[full]

    def counts(self) -> dict[str, int]:
        """Count everybody, who is not offline, and who is shown."""
        shown = len(self.members)
        total = self.info.member_count
        return {
            "members": shown if total is None else max(total, shown),
            "online": sum(member.status != "offline" for member in self.members.values()),
            "shown": shown,
        }

    # Changes

    def put(self, member: Member) -> None:
        """Show this presence, whether or not it is news."""
        known = self._replace(member)
        self._announce_presence(member, known)
        self._stir()

    def put_all(self, members: Iterable[Member]) -> None:
        """Bring these members to this state: what is news goes out together."""
        for member in members:
            if self.members.get(member.uid) != member:
                self._announce_news(member, self._replace(member))
        self._stir()

    def remove(self, uid: str) -> None:
        """Take a member away. Viewers hear of it only if they had that member."""
        if self.members.pop(uid, None) is not None:
            self._forget_encoded(uid)
            self._publish("presence", {"uid": uid, "status": "offline", "delete": True})
            self._stir()

    def reconcile(self, members: Iterable[Member]) -> None:
        """Make these the room's members, all of them; viewers see the difference."""
        members = list(members)
        for uid in self.members.keys() - {member.uid for member in members}:
            self.remove(uid)
        self.put_all(members)

    def set_client_id(self, client_id: str) -> None:
        """Make this the application that viewers log in with."""
        self.client_id = client_id
        self.publish("update-clientid", {"clientId": client_id})

    def set_channels(self, channels: Iterable[Channel]) -> None:
        """Make these the room's channels; viewers who asked for events get the whole map if it changed."""
        now = {channel.id: channel for channel in channels}
        if now != self.channels:
            for hidden in self.channels.keys() - now.keys():
                self._playback.silence(hidden)
            self.channels = now
            self.publish("channels", {channel.id: channel_data(channel) for channel in now.values()})

    def say(self, message: Message) -> None:
        """Pass on somebody's words."""
        if message.id is not None:
            self.said[message.id] = message.uid
            if len(self.said) > MAX_SAID:
                del self.said[next(iter(self.said))]
        data = {"uid": message.uid, "message": message.message, "channel": message.channel}
        self._publish("message", data, message_extras(message))
        self._stir()

    def publish(self, type: EventType, data: Mapping[str, Any]) -> None:  # noqa: A002 - the protocol's word
        """Pass on an event that leaves the members as they are."""
        self._publish(type, data)
        self._stir()

    def ask_to_refresh(self) -> None:
        """Ask viewers to request their data again."""
        self._append("refresh_data", {"serverId": self.info.id}, None)
        self._stir()

    # What goes out

    def flush(self, now: float) -> float | None:
        """Hand what happened to every viewer; return when to come again, if words are held back.

        `now` is in seconds, of any clock that only goes forward.
        """
        events, self._pending = self._pending, []
        for wants, audience in list(self._audiences.items()):
            if not wants.asked_for_nothing:
                self._deliver(events, wants, audience)
        old = self._audiences.get(Wants())
        if old is None:
            self._playback = Playback()  # nobody is there who would play what it holds
            return None
        self._deliver(self._playback.pace(events, now), Wants(), old)
        return self._playback.next_due()

    def _deliver(self, events: list[Event], wants: Wants, audience: Iterable[Viewer]) -> None:
        if not events:
            return
        first = min(event.position for event in events)
        frames = event_frames(events, wants, self._epoch)
        for viewer in tuple(audience):  # offer() may unseat
            if viewer.seated_at < first:
                viewer.offer(frames)
            else:  # came after some of this; it is in their snapshot
                newer = [event for event in events if event.position > viewer.seated_at]
                viewer.offer(event_frames(newer, wants, self._epoch))

    def _stir(self) -> None:
        if self._pending:
            self._wake()

    def _replace(self, member: Member) -> Member | None:
        known = self.members.get(member.uid)
        self.members[member.uid] = member
        self._forget_encoded(member.uid)
        return known

    def _forget_encoded(self, uid: str) -> None:
        self._users.clear()
        for pieces in self._pieces.values():
            pieces.pop(uid, None)

    def _announce_presence(self, member: Member, known: Member | None) -> None:
        """Say what a viewer cannot know yet, and no more."""
        data: dict[str, Any] = {"uid": member.uid, "status": member.status}
        if known is None or known.username != member.username:
            data["username"] = member.username
        if known is None or known.role_color != member.role_color:
            data["roleColor"] = member.role_color
        before = member_extras(known) if known else {}
        extras = {key: value for key, value in member_extras(member).items() if before.get(key) != value}
        self._publish("presence", data, extras)

    def _announce_news(self, member: Member, known: Member | None) -> None:
        if known is None or _looks(member) != _looks(known):
            self._announce_presence(member, known)
            return
        if member.voice != known.voice:
            self._publish("voice", {"uid": member.uid, **voice_data(member.voice)})
        if member.activity != known.activity:
            self._publish("activity", {"uid": member.uid, "text": member.activity})

    def _publish(
        self,
        type: EventType,  # noqa: A002 - the protocol's word
        data: Mapping[str, Any],
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        self._append(type, {"server": self.info.id}, data, extras)

    def _append(
        self,
        type: EventType,  # noqa: A002 - the protocol's word
        head: Mapping[str, Any],
        data: Mapping[str, Any] | None,
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        self.position += 1
        if type in _WHOLE:
            self._pending = [event for event in self._pending if event.type != type]
        if self._audiences:  # with nobody there, the state is all there is to keep
            self._pending.append(Event(type, self.position, head, data, extras))


def _looks(member: Member) -> tuple[object, ...]:
    return member.username, member.status, member.role_color, member.bot, member.avatar
