"""What a viewer gets on entering a room: made once for all who ask alike while nothing changes. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from bridge.model import GuildInfo
from bridge.rooms.listing import Listing
from bridge.rooms.state import State
from bridge.rooms.stream import Stream
from bridge.rooms.tape import Tape
from bridge.wire.framing import LongMessage, Quoting, quoted_in
from bridge.wire.protocol import (
    Connect,
    Credentials,
    Entries,
    Event,
    Snapshot,
    Wants,
    channel_data,
    encode_cursor,
    event_frames,
    happening_data,
    rejoin_frame,
    server_join_frame,
    stream_name,
)

# What those get who ask alike while nothing changes is kept: snapshots, and what somebody missed.
MAX_ENTRIES: Final = 16
MAX_MISSED: Final = 256 * 1024  # bytes of each of the latter; more is made anew, and paid for
SETTLED_AT_ONCE: Final = 200  # members who are no longer new
RECENT_FOR: Final = 120.0  # seconds for which who arrives is told what was said, where they may hear it
MOST_RECENT: Final = 50  # messages of them, the last ones
HEAVIEST_RECENT: Final = 150  # and what they weigh together: see `Event.weight`

# Of a snapshot, with how many of a crowd; or of what was missed since a position.
Kind = tuple[bool, bool, int] | tuple[Wants, int]
# What they asked for, how many members of a crowd, whether with the last words, and what they had heard;
# without that, a snapshot.
_Key = tuple[Wants, int, bool, int | None]


class Entrance:
    """Shows the state of a room, and what happened since somebody was here."""

    def __init__(self, state: State, stream: Stream, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        self._state = state
        self._stream = stream
        self._tape = Tape(stream)
        self._kept: dict[_Key, bytes | LongMessage] = {}  # what those got who entered lately
        self._kept_of: tuple[int, tuple[int, int, int]] | None = None  # the editions that this shows
        self._kept_until = float("inf")  # when the first of the words in it are too old

    def kind(self, request: Connect) -> Kind:
        """Name what has to be prepared for such a viewer: many who ask alike need the same."""
        wants, since = request.wants, self._stream.place(request)
        if since is None:
            return bool(wants.events), wants.deflate, request.crowd
        return _entering(wants), since

    def steps(self, request: Connect) -> int:
        """Tell how many steps that takes at most, if nothing changes meanwhile."""
        wants, since = request.wants, self._stream.place(request)
        if since is None:
            full = bool(wants.events)
            return Listing.steps(request.crowd) if request.crowd else self._state.pages[full].steps
        return max(1, self._tape.missing(_entering(wants), since))

    def is_prepared(self, request: Connect) -> bool:
        """Tell whether what such a viewer gets takes only a few milliseconds to make."""
        wants, since = request.wants, self._stream.place(request)
        full = bool(wants.events)
        if since is None and request.crowd:
            return self._state.listings[full].is_prepared(request.crowd, deflate=wants.deflate)
        if since is None:
            return self._state.pages[full].is_prepared(deflate=wants.deflate)
        return not self._tape.missing(_entering(wants), since)

    def prepare(self, request: Connect) -> bool:
        """Take a step towards what such a viewer gets; tell whether there is no other to take."""
        wants, since = request.wants, self._stream.place(request)
        if since is None:
            return self._prepare_snapshot(bool(wants.events), request)
        self._tape.make_next(_entering(wants), since)
        return self.is_prepared(request)

    def _prepare_snapshot(self, full: bool, request: Connect) -> bool:  # noqa: FBT001
        self._state.settle(SETTLED_AT_ONCE)
        if request.crowd:
            return self._state.listings[full].prepare(request.crowd, deflate=request.wants.deflate)
        return self._state.pages[full].prepare(deflate=request.wants.deflate)

    def users(self, *, full: bool, crowd: int = 0, deflate: bool = False) -> Entries:
        """Show all members, or as many of a crowd."""
        self._state.settle()
        return self._users(full=full, crowd=crowd, deflate=deflate)

    def entry(self, request: Connect) -> bytes | LongMessage:
        """Frame what a viewer gets: what it missed, if there still is all of that; else a snapshot."""
        self._state.settle()
        since = self._stream.place(request)
        password = request.credentials.password
        if password is not None and _opens(self._state.info):  # it is echoed: for nobody else
            return self._make(request, since)
        self._drop_outdated()
        key = (_entering(request.wants), request.crowd, request.recent, since)
        frame = self._kept.get(key)
        if frame is None:
            frame = self._make(replace(request, credentials=Credentials()), since)
            self._keep(key, frame)
        return frame

    def servers_frame(self, listing: Entries, wants: Wants) -> bytes:
        """Frame the list of servers for one viewer who may have missed that it changed."""
        event = Event("servers", self._stream.position, self._stream.head, entries=listing)
        return event_frames([event], wants, self._stream.epoch)

    def notice_frame(self, data: Mapping[str, Any], wants: Wants) -> bytes:
        """Frame what is announced for one viewer who may not have heard it."""
        event = Event("notice", self._stream.position, self._stream.head, data)
        return event_frames([event], wants, self._stream.epoch)

    def forget(self) -> None:
        """Keep nothing: thousands of guilds that nobody watches keep nothing for nobody."""
        self._forget_kept()
        self._tape.forget()

    def forget_old(self) -> None:
        """Keep nothing for those who have been away for too long."""
        self._tape.forget_old()

    def _drop_outdated(self) -> None:
        shown = self._state.edition, self._stream.state
        if self._kept_of != shown or self._clock() >= self._kept_until:
            self._forget_kept()
            self._kept_of = shown

    def _forget_kept(self) -> None:
        self._kept.clear()
        self._kept_until = float("inf")

    def _keep(self, key: _Key, frame: bytes | LongMessage) -> None:
        if key[3] is not None and len(frame) > MAX_MISSED:
            return
        if len(self._kept) >= MAX_ENTRIES:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = frame

    def _make(self, request: Connect, since: int | None) -> bytes | LongMessage:
        wants, stream = request.wants, self._stream
        if since is None:
            recent = self._recent() if request.recent and self._state.info.recent else None
            also = {words["uid"] for words in recent or ()}
            users = self._users(
                full=bool(wants.events), crowd=request.crowd, deflate=wants.deflate, also=also
            )
            snapshot = self._snapshot(wants, stream.position, users)
            return _quoting(replace(snapshot, recent=recent), request)
        if wants.crowd:
            self._state.recency.tell_rest()
        # The cursor stays where it was: the connection may break before the events are through.
        snapshot = self._snapshot(wants, since, users=None)
        join = rejoin_frame(snapshot, request)
        missed = self._tape.frames(_entering(wants), since)
        return Quoting(join + missed, quoted_in(missed).union(_quoted(snapshot)))

    def _users(self, *, full: bool, crowd: int, deflate: bool, also: Collection[str] = ()) -> Entries:
        if not crowd:
            return self._state.pages[full]
        return self._state.listings[full].freeze(crowd, deflate=deflate, also=also)

    def _recent(self) -> list[dict[str, Any]]:
        """Tell what was said lately, by those who are still here and where it may be heard."""
        oldest, weight = self._clock() - RECENT_FOR, 0
        recent: list[dict[str, Any]] = []
        for event in reversed(self._stream.words()):
            said, weight = event.said, weight + event.weight
            if said is None or said.at <= oldest or len(recent) == MOST_RECENT or weight > HEAVIEST_RECENT:
                break
            # What was said behind a door is for those who come through one.
            if event.data["uid"] in self._state.members and said.guarded <= self._state.info.protected:
                recent.append({**event.data, **event.extras, "at": int(said.at)})
                self._kept_until = min(self._kept_until, said.at + RECENT_FOR)
        return recent[::-1]

    def _snapshot(self, wants: Wants, position: int, users: Entries | None) -> Snapshot:
        state = self._state
        return Snapshot(
            info=state.info,
            users=users,
            cursor=encode_cursor(stream_name(self._stream.epoch, wants), position),
            channels={channel.id: channel_data(channel) for channel in state.channels.values()},
            counts=state.counts() if wants.events else {},
            client_id=state.client_id,
            neighbourhoods=state.neighbourhoods.all() if wants.crowd else None,
            happenings=self._happenings(users) if "happening" in wants.events else None,
        )

    def _happenings(self, users: Entries | None) -> list[dict[str, Any]] | None:
        """Say what goes on; who resumes hears of it as it happened. Of who isn't here it doesn't say who."""
        if users is None:
            return None
        members = self._state.members
        return [
            happening_data(one if one.uid in members else replace(one, uid=None))
            for one in self._state.happenings.values()
            if one.lasts
        ]


def _quoting(snapshot: Snapshot, request: Connect) -> bytes | LongMessage:
    """Frame a snapshot, and know what it quotes."""
    frame, quoted = server_join_frame(snapshot, request), frozenset(_quoted(snapshot))
    if isinstance(frame, LongMessage):
        frame.quoted = quoted
    return Quoting(frame, quoted) if isinstance(frame, bytes) and quoted else frame


def _quoted(snapshot: Snapshot) -> Iterator[str]:
    """Name what a snapshot quotes: lines over channels, what goes on, the last words and their places."""
    yield from (name for name, channel in snapshot.channels.items() if channel.get("status"))
    for happening in snapshot.happenings or ():
        yield happening["id"]
    for words in snapshot.recent or ():
        yield words["id"]
        yield words["channel"]


def _entering(wants: Wants) -> Wants:
    """Name those who get the same on entering: what comes then may differ."""
    return replace(wants, paced=False) if wants.paced else wants


def _opens(info: GuildInfo) -> bool:
    """Tell whether a password may have opened the door."""
    return info.protected and info.has_password
