"""One guild as the bridge holds it: its members, its events, its cursor, its viewers. Pure state."""

import secrets
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.model import Channel, GuildInfo, Member, Message, Status
from bridge.problems import Problem
from bridge.rooms.delivery import Audience, Delivery, Viewer
from bridge.rooms.flush import AT_ONCE
from bridge.rooms.history import History
from bridge.rooms.newcomers import Newcomers
from bridge.rooms.pages import Pages
from bridge.rooms.playback import Playback
from bridge.rooms.visitors import Visitors
from bridge.wire.framing import LongMessage
from bridge.wire.protocol import (
    OPTIONAL_EVENTS,
    Connect,
    Credentials,
    Entries,
    Event,
    EventType,
    Goodbye,
    Snapshot,
    Wants,
    channel_data,
    decode_cursor,
    encode_cursor,
    event_frames,
    member_extras,
    message_extras,
    rejoin_frame,
    server_join_frame,
    stream_name,
    voice_data,
)

MAX_SAID: Final = 200  # messages; an older one no viewer still shows
# What those get who ask alike while nothing changes is kept: snapshots, and what somebody missed.
MAX_ENTRIES: Final = 16
MAX_MISSED: Final = 256 * 1024  # bytes of each of the latter; more is made anew, and paid for
# Each kind of client has its events encoded for itself. There are a few more at most: see `kind`.
MAX_KINDS: Final = 16
EVENTS_AT_ONCE: Final = 500  # that are encoded in one turn of the loop
MISSED_AT_ONCE: Final = (
    4 * EVENTS_AT_ONCE
)  # the same for somebody who comes back; short ones, as many as weigh so
GOODBYES_AT_ONCE: Final = 100  # that are said in one turn; each is a frame of its own, and ends a connection
SETTLED_AT_ONCE: Final = 200  # members who are no longer new
_WHOLE: Final = ("channels", "servers")  # each says everything: a later one replaces an earlier


class Room:
    """Members, events and viewers of one guild.

    A change is applied, numbered and kept until `flush`, which encodes it once and hands it to every
    viewer, a bounded piece of work at a time. `wake` is called when there is something to flush; `clock`
    tells the seconds since 1970.
    """

    def __init__(
        self,
        info: GuildInfo,
        wake: Callable[[], None] = lambda: None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.info = info
        self.client_id: str | None = None
        self.members: dict[str, Member] = {}
        self._online = 0  # members who are not offline
        self.channels: dict[str, Channel] = {}
        self.said: dict[str, Message] = {}  # the last messages with an id, without their words
        self.position = 0
        self._newcomers = Newcomers(clock)
        self._visitors = Visitors()
        self._epoch = secrets.token_hex(4)  # a cursor of an earlier life of this room must not match
        self._wake = wake
        self._pending: dict[int, Event] = {}  # by position
        # uid -> position of the pending presence that a new one replaces
        self._replaceable: dict[str, int] = {}
        self._history = History(limits.history_events, limits.history_age)
        self._records = False  # whether events are kept: somebody watches, or may come back
        self._alone_since: float | None = None  # the first flush since the last viewer left
        self._whole: dict[str, int] = {}  # the positions of the last events that say everything
        self._audiences: dict[Wants, Audience] = {}
        self._delivery = Delivery(self._epoch)
        self._leaving: dict[Viewer, tuple[Goodbye, Problem]] = {}  # who hears nothing more but this
        self._playback = Playback()
        self._head = {"server": info.id}
        self._pages = tuple(Pages(self.members, full=full) for full in (False, True))
        # What those got who entered lately, by what they asked for and since when; None is a snapshot.
        self._entries: dict[tuple[Wants, int | None], bytes | LongMessage] = {}
        self._entries_of: tuple[int, int, GuildInfo] | None = None  # the state that they show

    # Viewers

    @property
    def viewers(self) -> list[Viewer]:
        """Everybody who watches this room."""
        return [viewer for audience in self._audiences.values() for viewer in audience]

    @property
    def is_watched(self) -> bool:
        """Whether anybody watches this room."""
        return bool(self._audiences)

    def seats(self, viewer: Viewer) -> bool:
        """Tell whether somebody has a seat here; who is being dismissed has none."""
        return viewer in self._audiences.get(viewer.wants, ())

    def kind(self, wants: Wants) -> Wants:
        """Name the kind of client that somebody with such wishes is here.

        Where there are many kinds already, who asks for an odd choice of events gets all of them: clients
        ignore what they don't know, and nobody makes the room encode each event hundreds of times.
        """
        if wants.batch or wants.events:
            wants = replace(wants, cursor=False)  # they get one anyway
        is_common = not wants.events or wants in self._audiences
        if is_common or len(self._audiences) < MAX_KINDS:
            return wants
        return replace(wants, events=OPTIONAL_EVENTS)

    def seat(self, viewer: Viewer) -> None:
        """Let a viewer follow from here on. Give them their `entry` in the same breath: no await between."""
        viewer.seated_at = self.position
        self._alone_since = None
        if not self._records:
            self._records = True
            self._history.start_at(self.position)
        self._audiences.setdefault(viewer.wants, {})[viewer] = None

    def unseat(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        self._leaving.pop(viewer, None)
        audience = self._audiences.get(viewer.wants)
        if audience is None:
            return
        audience.pop(viewer, None)
        if not audience:
            del self._audiences[viewer.wants]
        if not self._audiences:
            self._entries.clear()  # thousands of guilds that nobody watches keep nothing for nobody

    def dismiss_viewers(self, goodbye: Goodbye, problem: Problem) -> None:
        """Let everybody go: from now on they hear nothing but why, the first at once, all others soon."""
        self._leaving.update(dict.fromkeys(self.viewers, (goodbye, problem)))
        for audience in self._audiences.values():
            audience.clear()  # also for the delivery that is under way
        self._audiences.clear()
        self._say_goodbye()
        if self._leaving:
            self._wake()

    def entry(self, request: Connect) -> bytes | LongMessage:
        """Frame what a viewer gets on entering: the same bytes for all who ask alike while nothing changes.

        That is what it missed, if it was here before and the room still holds all of that; else a snapshot.
        """
        self._settle()
        since = self._place_in_stream(request)
        password = request.credentials.password
        if password is not None and not (self.info.protected and self.info.has_password):
            password = None  # it opened nothing
        if password is not None:  # it is echoed: for nobody else
            return self._enter(request, since)
        state = (self.position, self._history.since, self.info)
        if self._entries_of != state:
            self._entries.clear()
            self._entries_of = state
        key = (replace(request.wants, paced=False), since)  # what comes then differs, not the entry
        frame = self._entries.get(key)
        if frame is None:
            frame = self._enter(replace(request, credentials=Credentials()), since)
            self._keep_entry(key, frame)
        return frame

    def is_prepared(self, request: Connect) -> bool:
        """Tell whether what such a viewer gets on entering takes only a few milliseconds to make."""
        wants = request.wants
        return self._place_in_stream(request) is not None or self._pages[bool(wants.events)].is_prepared(
            deflate=wants.deflate
        )

    def prepare(self, *, full: bool, deflate: bool) -> bool:
        """Take a step towards a snapshot for such clients; tell whether there is no other to take."""
        self._settle(SETTLED_AT_ONCE)
        return self._pages[full].prepare(deflate=deflate)

    @property
    def steps(self) -> int:
        """Tell how many steps a snapshot takes at most, if nothing changes meanwhile."""
        return self._pages[0].steps

    def servers_frame(self, listing: Entries, wants: Wants) -> bytes:
        """Frame the list of servers for one viewer who may have missed that it changed."""
        event = Event("servers", self.position, self._head, entries=listing)
        return event_frames([event], wants, self._epoch)

    def users(self, *, full: bool) -> Entries:
        """Show all members, for `get_user_data`; `full` is for clients that asked for events."""
        self._settle()
        return self._pages[int(full)]

    def counts(self) -> dict[str, int]:
        """Count everybody, who is not offline, and who is shown."""
        shown = len(self.members)
        total = self.info.member_count
        return {
            "members": shown if total is None else max(total, shown),
            "online": self._online,
            "shown": shown,
        }

    def is_visiting(self, uid: str) -> bool:
        """Tell whether somebody is here only because they said something."""
        return uid in self._visitors

    # Changes

    def put(self, member: Member, repeated: Mapping[str, Any] | None = None) -> None:
        """Show this presence, whether or not it is news. Plain clients also get what is `repeated`."""
        member = self._newcomers.as_told(member)
        self._visitors.forget(member.uid)  # unless `say` knows better, they are here to stay
        known = self._replace(member)
        self._announce_presence(member, known, repeated)
        self._announce_doing(member, known)
        self._stir()

    def put_all(self, members: Iterable[Member]) -> None:
        """Bring these members to this state, and have them stay: what is news goes out together."""
        members = list(members)
        for member in members:
            self._visitors.forget(member.uid)
        self.revise(members)

    def revise(self, members: Iterable[Member]) -> None:
        """Bring these members to this state; who is only visiting goes on visiting."""
        for member in map(self._newcomers.as_told, members):
            if self.members.get(member.uid) != member:
                known = self._replace(member)
                if known is None or _looks(member) != _looks(known):
                    self._announce_presence(member, known)
                self._announce_doing(member, known)
        self._stir()

    def present(self, uid: str, status: Status, activity: str | None) -> bool:
        """Show what is news about a member's status and activity; tell whether they are here at all.

        As `put_all` would, but without a look at everything else: nothing happens as often.
        """
        known = self.members.get(uid)
        if known is None:
            return False
        self._visitors.forget(uid)  # they are here to stay
        if status != known.status or activity != known.activity:
            self.members[uid] = known.with_presence(status, activity)
            self._forget_encoded(uid)
            if status != known.status:
                self._online += (status != "offline") - (known.status != "offline")
                self._publish("presence", {"uid": uid, "status": status})
            if activity != known.activity:
                self._publish("activity", {"uid": uid, "text": activity})
            self._stir()
        return True

    def remove(self, uid: str) -> None:
        """Take a member away. Viewers hear of it only if they had that member."""
        known = self.members.pop(uid, None)
        if known is not None:
            self._online -= known.status != "offline"
            self._newcomers.forget(uid)
            self._visitors.forget(uid)
            self._forget_encoded(uid)
            self._publish("presence", {"uid": uid, "status": "offline", "delete": True})
            self._stir()

    def reconcile(self, members: Iterable[Member]) -> None:
        """Make these the room's members, all of them but visitors; viewers see the difference.

        Takes as long as there are members: who has very many brings them with `put_all` and `remove`, some in
        each turn of the loop.
        """
        members = list(members)
        for uid in self.missing_from({member.uid for member in members}):
            self.remove(uid)
        self.put_all(members)

    def missing_from(self, uids: Container[str]) -> list[str]:
        """Name who is here and not among these; visitors are not meant."""
        return [uid for uid in self.members if uid not in uids and uid not in self._visitors]

    def set_client_id(self, client_id: str) -> None:
        """Make this the application that viewers log in with."""
        self.client_id = client_id
        self.publish("update-clientid", {"clientId": client_id})

    def set_channels(self, channels: Iterable[Channel]) -> None:
        """Make these the room's channels; viewers who asked for events get the whole map if it changed."""
        now = {channel.id: channel for channel in channels}
        if now != self.channels:
            gone = self.channels.keys() - now.keys()
            if gone:
                self.hush(self._with_threads(gone))
                # Fifteen milliseconds for a quarter of a million members, when somebody hides a channel.
                talking = [
                    m for m in self.members.values() if m.voice is not None and m.voice.channel in gone
                ]
                self.revise(member._replace(voice=None) for member in talking)
            self.channels = now
            self.publish("channels", {channel.id: channel_data(channel) for channel in now.values()})

    def say(self, message: Message, speaker: Member | None = None) -> None:
        """Pass on somebody's words. A `speaker` who isn't here comes in for a visit."""
        if speaker is not None and message.uid not in self.members:
            self.put(speaker._replace(joined=None))
            self._visitors.note(message.uid)
        elif message.uid in self._visitors:
            self._visitors.note(message.uid)
        if message.uid in self._visitors:
            self._wake()  # also where nobody watches: the visit ends
        if message.id is not None:
            self.said[message.id] = replace(message, message="", emoji={})
            if len(self.said) > MAX_SAID:
                del self.said[next(iter(self.said))]
        data = {"uid": message.uid, "message": message.message, "channel": message.channel}
        self._publish("message", data, message_extras(message))
        self._stir()

    def edit(
        self, uid: str, channel: str, message_id: str, words: str | None, emoji: Mapping[str, str]
    ) -> None:
        """Pass on the new words of a message; None takes it back. Nobody is told the old ones any more."""
        data: dict[str, Any] = {"uid": uid, "channel": channel, "id": message_id, "message": words}
        if words is None:
            self.said.pop(message_id, None)
            self._forget(lambda event: _message_of(event) == message_id)
        else:
            if emoji:
                data["emoji"] = emoji
            self._forget(lambda event: event.type == "edit" and event.data["id"] == message_id)
            self._correct(message_id, words, emoji)
        self.publish("edit", data)

    def _correct(self, message_id: str, words: str, emoji: Mapping[str, str]) -> None:
        def corrected(event: Event) -> Event:
            if event.type != "message" or event.extras.get("id") != message_id:
                return event
            extras = {**event.extras, "emoji": emoji}
            if not emoji:
                del extras["emoji"]
            return Event("message", event.position, self._head, {**event.data, "message": words}, extras)

        self._history.change(corrected)
        self._pending = {at: corrected(event) for at, event in self._pending.items()}

    def forget_past(self) -> None:
        """Let nothing of the past leave any more. Who comes back gets a snapshot.

        Words that wait to be handed out are dropped. Whatever else waits goes to those who are here: without
        it they would see members as they are no more.
        """
        self._entries_of = None
        self._pending = {at: event for at, event in self._pending.items() if not event.has_words}
        self._delivery.forget(lambda event: event.has_words)
        self._history.start_at(self.position)
        self._playback.silence()

    def forget_words(self, uid: str | None = None) -> None:
        """Take back somebody's words, or everybody's, and forget the past.

        Nothing of anybody's leaves any more: others may have named who wants to be forgotten. Where somebody
        never was, there is nothing to forget.
        """
        if uid is not None and not self._remembers(uid):
            return
        self.forget_past()
        self._end_visits(self._take_back(lambda words: uid is None or words.uid == uid))

    def hush(self, channels: Collection[str]) -> None:
        """Let nothing that happened in these channels leave any more."""
        if channels:
            for channel in channels:
                self._playback.silence(channel)
            self._forget(lambda event: _happened_in(event, channels))

    def forget_channels(self, channels: Collection[str]) -> None:
        """Take back what was said in channels and their threads, and forget the past.

        Nothing else of the past leaves any more either: words elsewhere may name a channel or a thread.
        """
        places = self._with_threads(channels)
        self.hush(places)
        self.forget_past()
        self._end_visits(self._take_back(lambda words: words.channel in places))

    def forget_messages(self, message_ids: Collection[str]) -> None:
        """Take back messages, all of them in one look; others are told as they were."""
        self._forget(lambda event: _message_of(event) in message_ids)
        self._take_back(lambda words: words.id in message_ids)

    def _with_threads(self, channels: Collection[str]) -> set[str]:
        return {*channels, *(words.channel for words in self.said.values() if words.parent in channels)}

    def _take_back(self, unwanted: Callable[[Message], bool]) -> list[str]:
        """Take back words that viewers have seen; return whose they were, in the order of their words."""
        silenced: dict[str, None] = {}
        for message_id, words in list(self.said.items()):
            if unwanted(words):
                del self.said[message_id]
                silenced[words.uid] = None
                deletion = {"uid": words.uid, "channel": words.channel, "id": message_id, "message": None}
                self._publish("edit", deletion)
        self._stir()
        return list(silenced)

    def _end_visits(self, silenced: list[str]) -> None:
        """Let those go who came only to say what nobody may hear any more: their name came from there."""
        heard = {words.uid for words in self.said.values()}
        for uid in silenced:
            if uid not in heard and uid in self._visitors:
                self.remove(uid)

    def tell_servers(self, listing: Entries) -> None:
        """Pass on that the list of servers is another one now."""
        self._publish("servers", None, entries=listing)
        self._stir()

    def publish(self, type: EventType, data: Mapping[str, Any]) -> None:  # noqa: A002 - the protocol's word
        """Pass on an event that leaves the members as they are."""
        self._publish(type, data)
        self._stir()

    def ask_to_refresh(self) -> None:
        """Ask viewers to request their data again."""
        self._publish("refresh_data", None, head={"serverId": self.info.id})
        self._stir()

    # What goes out

    def flush(self, now: float) -> float | None:
        """Hand what happened to every viewer; return when to come again, if something has to be done then.

        `now` is in seconds, of any clock that only goes forward.
        """
        for uid in self._visitors.leaving(now):
            self.remove(uid)
        self._say_goodbye()
        if not self._delivery.is_through:
            self._delivery.go_on()
        else:
            self._hand_out(self._take(), now)
        return self._next_due(now)

    @property
    def is_through(self) -> bool:
        """Whether everything that happened is with those who were to hear of it."""
        return self._delivery.is_through and not self._pending and not self._leaving

    def _next_due(self, now: float) -> float | None:
        # Less than a full portion waits for the window, as it would have if nothing were under way.
        if not self._delivery.is_through or self._leaving or len(self._pending) >= EVENTS_AT_ONCE:
            return AT_ONCE
        dues = [
            self._playback.next_due(),
            self._history.next_due(),
            self._visitors.next_due(),
            now if self._pending else None,
        ]
        return min((due for due in dues if due is not None), default=None)

    def _take(self) -> list[Event]:
        """Take what happened first, no more than may be encoded in one turn."""
        events: list[Event] = []
        weight = 0
        for event in self._pending.values():
            weight += event.weight
            if events and weight > EVENTS_AT_ONCE:
                break
            events.append(event)
        for event in events:
            del self._pending[event.position]
            uid = event.data.get("uid", "")
            if self._replaceable.get(uid) == event.position:
                del self._replaceable[uid]
        return events

    def _hand_out(self, events: list[Event], now: float) -> None:
        # Of the list of servers a newer one comes with the greeting, or beside the join.
        self._history.add((event for event in events if event.type != "servers"), now)
        self._stop_recording_for_nobody(now)
        self._delivery.begin(events, self._pace(events, now), self._audiences)

    def _pace(self, events: list[Event], now: float) -> list[Event]:
        if not any(wants.paced for wants in self._audiences):
            self._playback = Playback()  # nobody is there who would play what it holds
            return []
        return self._playback.pace(events, now)

    def _say_goodbye(self) -> None:
        for viewer in list(islice(self._leaving, GOODBYES_AT_ONCE)):
            viewer.dismiss(*self._leaving.pop(viewer))

    def _stop_recording_for_nobody(self, now: float) -> None:
        if self._audiences or not self._records:
            return
        if self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since >= self._history.max_age:
            self._records = False
            self._history.start_at(self.position)

    def _enter(self, request: Connect, since: int | None) -> bytes | LongMessage:
        if since is None:
            users = self.users(full=bool(request.wants.events))
            return server_join_frame(self._state(request.wants, self.position, users), request)
        # The cursor stays where it was: the connection may break before the events are through.
        join = rejoin_frame(self._state(request.wants, since, users=None), request)
        return join + event_frames(self._missed(since), request.wants, self._epoch)

    def _missed(self, since: int) -> list[Event]:
        pending = (event for event in self._pending.values() if event.type != "servers")
        return [*self._history.after(since), *(event for event in pending if event.position > since)]

    def _place_in_stream(self, request: Connect) -> int | None:
        """Read where a viewer was, if the room has everything since, and not more than it would keep.

        Nor more than there is time for: where people wrote long, a snapshot says it shorter.
        """
        if request.cursor is None or len(self._pending) > max(EVENTS_AT_ONCE, self._history.max_events):
            return None
        since = decode_cursor(stream_name(self._epoch, request.wants), request.cursor)
        if since is None or not self._history.since <= since <= self.position:
            return None
        return since if self._is_light(since) else None

    def _is_light(self, since: int) -> bool:
        return sum(event.weight for event in self._missed(since)) <= MISSED_AT_ONCE

    def _keep_entry(self, key: tuple[Wants, int | None], frame: bytes | LongMessage) -> None:
        if key[1] is not None and len(frame) > MAX_MISSED:
            return
        if len(self._entries) >= MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = frame

    def _state(self, wants: Wants, position: int, users: Entries | None) -> Snapshot:
        return Snapshot(
            info=self.info,
            users=users,
            cursor=encode_cursor(stream_name(self._epoch, wants), position),
            channels={channel.id: channel_data(channel) for channel in self.channels.values()},
            counts=self.counts() if wants.events else {},
            client_id=self.client_id,
        )

    def _stir(self) -> None:
        if self._pending:
            self._wake()

    def _replace(self, member: Member) -> Member | None:
        known = self.members.get(member.uid)
        self.members[member.uid] = member
        self._online += (member.status != "offline") - (known is not None and known.status != "offline")
        self._newcomers.note(member)
        self._forget_encoded(member.uid)
        return known

    def _settle(self, most: int | None = None) -> None:
        """Tell no longer when those came who are not new any more."""
        for uid in self._newcomers.settled(most):
            self._replace(self.members[uid]._replace(joined=None))

    def _remembers(self, uid: str) -> bool:
        """Tell whether anything that is kept here is of somebody, or answers them."""
        return (
            uid in self.members
            or self._history.names(uid)
            or any(words.uid == uid for words in self.said.values())
            or any(uid in event.names for event in self._pending.values())
        )

    def _forget(self, unwanted: Callable[[Event], bool]) -> None:
        self._entries_of = None
        self._history.forget(unwanted)
        self._delivery.forget(unwanted)
        self._replaceable.clear()  # what it names may be gone
        self._pending = {at: event for at, event in self._pending.items() if not unwanted(event)}

    def _forget_encoded(self, uid: str) -> None:
        self._entries_of = None  # not every change is an event, which would have a position
        for pages in self._pages:
            pages.touch(uid)

    def _announce_presence(
        self, member: Member, known: Member | None, repeated: Mapping[str, Any] | None = None
    ) -> None:
        """Say what a viewer cannot know yet, and no more but to plain clients."""
        data: dict[str, Any] = {"uid": member.uid, "status": member.status}
        if known is None or known.username != member.username:
            data["username"] = member.username
        if known is None or known.role_color != member.role_color:
            data["roleColor"] = member.role_color
        extras = _extras(member, known)
        quiet = known is not None and _basics(member) == _basics(known) and "roleColor2" in extras
        self._publish("presence", data, extras, quiet=quiet, repeated=repeated)

    def _announce_doing(self, member: Member, known: Member | None) -> None:
        """Say where a known member talks now and what they do, if that is news."""
        if known is None:
            return
        if member.voice != known.voice:
            self._publish("voice", {"uid": member.uid, **voice_data(member.voice)})
        if member.activity != known.activity:
            self._publish("activity", {"uid": member.uid, "text": member.activity})

    def _publish(
        self,
        type: EventType,  # noqa: A002 - the protocol's word
        data: Mapping[str, Any] | None,
        extras: Mapping[str, Any] | None = None,
        head: Mapping[str, Any] | None = None,
        *,
        quiet: bool = False,
        entries: Entries | None = None,
        repeated: Mapping[str, Any] | None = None,
    ) -> None:
        """Number an event and keep it until it goes out. `head` stands in place of the guild's `server`."""
        self.position += 1
        if not self._records:  # with nobody there, the state is all there is to keep
            self._history.since = self.position
            return
        event = Event(
            type, self.position, head or self._head, data, extras,
            quiet=quiet, entries=entries, repeated=repeated,
        )  # fmt: skip
        if type in _WHOLE:
            self._pending.pop(self._whole.get(type, 0), None)
            self._whole[type] = event.position
            self._history.forget(lambda other: other.type == type)  # as many as a history holds
        elif data is not None and (uid := data.get("uid")) is not None:
            event = self._collapse(uid, event)
        self._pending[event.position] = event

    def _collapse(self, uid: str, event: Event) -> Event:
        """Let a member's later presence replace an earlier one that is still here.

        Only when nothing else of theirs lies between: who came and spoke must come before the words.
        """
        earlier = self._replaceable.pop(uid, None)
        if event.type != "presence" or "delete" in event.data:
            return event
        self._replaceable[uid] = event.position
        return event if earlier is None else event.after(self._pending.pop(earlier))


def _message_of(event: Event) -> str | None:
    """Name the message of which an event says what it said, or was changed into."""
    said = event.data if event.type == "edit" else event.extras if event.type == "message" else {}
    return said.get("id")


def _extras(member: Member, known: Member | None) -> dict[str, Any]:
    """Name what clients that asked for events can't know yet, and no event of its own tells them.

    That is, of who is known, only their `bot`, `avatar` and second colour.
    """
    if known is None:
        return {key: value for key, value in member_extras(member).items() if value is not None}
    extras: dict[str, Any] = {}
    if member.bot != known.bot:
        extras["bot"] = member.bot
    if member.avatar != known.avatar:
        extras["avatar"] = member.avatar
    if member.role_color2 != known.role_color2:
        extras["roleColor2"] = member.role_color2
    return extras


def _basics(member: Member) -> tuple[object, ...]:
    """Name what every client knows of somebody."""
    return member.username, member.status, member.role_color


def _happened_in(event: Event, channels: Collection[str]) -> bool:
    """Tell whether something was said or done in these channels; what takes words back has to go out."""
    if event.type == "edit" and event.data["message"] is None:
        return False
    return event.data.get("channel") in channels or event.extras.get("parent") in channels


def _looks(member: Member) -> tuple[object, ...]:
    """Name what a presence tells. That somebody isn't new any more is no news: the page sees it by itself."""
    _, username, status, role_color, is_bot, avatar, _, _, _, color2 = member
    return username, status, role_color, is_bot, avatar, color2
