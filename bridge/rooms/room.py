"""One guild and who watches it. Pure state."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Self

from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.model import GuildInfo, Member
from bridge.problems import Problem
from bridge.rooms.acceptance import Acceptance
from bridge.rooms.changes import ControlType
from bridge.rooms.delivery import Viewer
from bridge.rooms.entrance import Entrance, Kind
from bridge.rooms.flush import AT_ONCE
from bridge.rooms.guild import Guild
from bridge.rooms.search import Search
from bridge.rooms.state import Copy
from bridge.rooms.stream import Hearer
from bridge.wire.framing import LongMessage
from bridge.wire.protocol import Connect, Entries, Event, EventType, Goodbye, Wants

COUNT_EVERY: Final = 1.0  # seconds at least between two times that neighbourhoods are told
TOLD_AT_ONCE: Final = 1_000  # viewers who hear of the list of servers in one turn, where it has no number


class Room(Guild):
    """Members, events and viewers of one guild.

    A change is applied to the state, numbered in the stream and kept there until `flush`, which encodes it
    once and hands it to the audience, a bounded piece of work at a time.

    A room either is told what happens, or, made from a `copy` of such a one, learns of it by `accept`.
    """

    def __init__(
        self,
        info: GuildInfo,
        wake: Callable[[], None] = lambda: None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = lambda: 0.0,
        *,
        epoch: str | None = None,
        position: int = 0,
    ) -> None:
        super().__init__(info, wake, limits, clock, epoch=epoch, position=position)
        self._entrance = Entrance(self._state, self._stream, clock)
        self._acceptance = Acceptance(self._state, self._memory, self._audience)
        self._follows = False  # whether what happens here is numbered elsewhere
        self._aside: dict[EventType, Callable[[Wants], bytes]] = {}  # what was told last without a number
        self._untold: list[tuple[EventType, Viewer]] = []  # who is still to hear of that
        self._counts_due = float("-inf")  # when neighbourhoods may be told again

    # Viewers

    @property
    def viewers(self) -> list[Viewer]:
        """Everybody who watches this room."""
        return self._audience.viewers

    @property
    def viewer_count(self) -> int:
        """How many watch this room."""
        return self._audience.size

    @property
    def is_watched(self) -> bool:
        """Whether anybody watches this room."""
        return not self._audience.is_empty

    def seats(self, viewer: Viewer) -> bool:
        """Tell whether somebody has a seat here; who is being dismissed has none."""
        return self._audience.seats(viewer)

    def kind(self, wants: Wants) -> Wants:
        """Name the kind of client that somebody with such wishes is here."""
        return self._audience.kind(wants)

    def seat(self, viewer: Viewer) -> None:
        """Let a viewer follow from here on. Give them their `entry` in the same breath: no await between."""
        self._stream.start()
        self._audience.seat(viewer, self._stream.position)

    def unseat(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        self._audience.unseat(viewer)
        if self._audience.is_empty:
            self._entrance.forget()

    def dismiss_viewers(self, goodbye: Goodbye, problem: Problem) -> None:
        """Let everybody go: from now on they hear nothing but why, the first at once, all others soon."""
        self._dismiss("revoke", goodbye, problem)

    def close(self, goodbye: Goodbye, problem: Problem) -> None:
        """Let everybody go, for good."""
        self._dismiss("close", goodbye, problem)

    def withdraw(self, uids: Collection[str] | None) -> None:
        """Have those who watch this guild elsewhere by a login, or these of them, be turned out there."""
        self._control("withdraw", lambda: {"uids": None if uids is None else sorted(uids)})

    def review(self) -> None:
        """Have it asked again of those who watch this guild elsewhere by a login whether they may."""
        self._control("review", dict)

    def entry(self, request: Connect) -> bytes | LongMessage:
        """Frame what a viewer gets on entering: the same bytes for all who ask alike while nothing changes.

        That is what it missed, if it was here before and the room still holds all of that; else a snapshot.
        """
        return self._entrance.entry(request)

    def prepares(self, request: Connect) -> Kind:
        """Name what has to be prepared for such a viewer: many who ask alike need the same."""
        return self._entrance.kind(self._of_its_kind(request))

    def is_prepared(self, request: Connect) -> bool:
        """Tell whether what such a viewer gets on entering takes only a few milliseconds to make."""
        return self._entrance.is_prepared(self._of_its_kind(request))

    def prepare(self, request: Connect) -> bool:
        """Take a step towards that; tell whether there is no other to take."""
        return self._entrance.prepare(self._of_its_kind(request))

    def steps(self, request: Connect) -> int:
        """Tell how many steps that takes at most, if nothing changes meanwhile."""
        return self._entrance.steps(self._of_its_kind(request))

    def _of_its_kind(self, request: Connect) -> Connect:
        return replace(request, wants=self.kind(request.wants))

    def servers_frame(self, listing: Entries, wants: Wants) -> bytes:
        """Frame the list of servers for one viewer who may have missed that it changed."""
        return self._entrance.servers_frame(listing, wants)

    def notice_frame(self, data: Mapping[str, Any], wants: Wants) -> bytes:
        """Frame what is announced for one viewer who may not have heard it."""
        return self._entrance.notice_frame(data, wants)

    def users(self, *, full: bool, crowd: int = 0, deflate: bool = False) -> Entries:
        """Show all members, or as many of a crowd, for `get_user_data`.

        `full` is for clients that asked for events.
        """
        return self._entrance.users(full=full, crowd=crowd, deflate=deflate)

    def search(self, text: str) -> Search:
        """Begin to look for members by their name."""
        return Search(self.members, text)

    def found(self, search: Search) -> list[Member]:
        """Name those who are found, for somebody here who knows them from now on."""
        found = search.found(self.members)
        self._state.recency.tell_found(member.uid for member in found)
        return found

    # Between rooms that hold the same guild

    def listen(self, hearer: Hearer) -> Callable[[], None]:
        """Have somebody hear what happens from here on; return how to stop. See `Stream.listen`."""
        return self._stream.listen(hearer)

    @property
    def epoch(self) -> str:
        """The name of this life of the room."""
        return self._stream.epoch

    @property
    def is_current(self) -> bool:
        """Whether those who listen have heard all that happened: then they know what this room knows."""
        return not self._stream.pending

    def copy(self) -> Copy:
        """Take down what this room knows, in the same breath as `listen`: no await between."""
        return self._state.copied(self._stream.epoch, self._stream.position)

    @classmethod
    def of_copy(
        cls,
        copy: Copy,
        wake: Callable[[], None] = lambda: None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> Self:
        """Make a room that goes on where another one was, by what it accepts.

        It numbers nothing: tell it nothing else.
        """
        info = replace(copy.info, role_names={})  # it is told which of them are to be read
        room = cls(info, wake, limits, clock, epoch=copy.epoch, position=copy.position)
        room._state.start_as(copy)
        room._follows = True
        return room

    def know(self, members: Iterable[Member]) -> None:
        """Know these as well: of a copy that comes in parts, before anybody is here."""
        for member in members:
            self._state.bring(member)

    def know_counts(self, counts: Mapping[str, int]) -> None:
        """Know how many there are in a guild whose members aren't here."""
        self._state.set_counts(counts)

    def recall(self, events: Iterable[Event], since: int, now: float) -> None:
        """Know what happened up to here after `since`, for those who come back; `now` is that of `flush`."""
        kept: list[Event] = []
        for event in events:
            kept = self._acceptance.review(event, kept)
        self._stream.recall(kept, since, now)

    def become(self, other: "Room") -> None:
        """Be from now on as another room is that nobody watches; who watches keeps their seat.

        They have seen another world: each of them needs a new `entry` before anything else, and at once.
        """
        audience, info = self._audience, self.info
        for part in ("_state", "_stream", "_memory", "_entrance", "_acceptance", "_audience", "_follows"):
            setattr(self, part, getattr(other, part))
        self.members, self.said = self._state.members, self._state.said
        self._state.set_info(info)  # the directory finds the room by it
        self._remember_words()
        self._untold = []
        self._audience.take_over(audience)
        for viewer in audience.viewers:
            self.seat(viewer)

    def accept(self, event: Event) -> None:
        """Let something happen here that happened in another room of this guild; what is known is no news."""
        self.accept_all([event])

    def accept_all(self, events: Iterable[Event]) -> None:
        """Let what came together happen together: it is one reason to flush, and has waited for a window."""
        for event in events:
            if event.position > self._stream.position:
                if self._acceptance.is_void(event):
                    self._stream.pass_over(event.position)
                    continue
                self._acceptance.apply(event)
                self._stream.accept(event)
                if event.type == "info":
                    self._remember_words()
                if event.type == "roles":
                    self._wake()
        if self._audience.is_leaving:
            self._wake()
        self._stir()

    # What goes out

    def tell_servers(self, listing: Entries) -> None:
        """Pass on that the list of servers is another one now."""
        if self._follows:
            self._tell_aside("servers", lambda wants: self.servers_frame(listing, wants))
        else:
            super().tell_servers(listing)

    def tell_notice(self, data: Mapping[str, Any]) -> None:
        """Pass on what is announced."""
        if self._follows:
            self._tell_aside("notice", lambda wants: self.notice_frame(data, wants))
        else:
            super().tell_notice(data)

    def _tell_aside(self, type: EventType, frame: Callable[[Wants], bytes]) -> None:  # noqa: A002
        """Tell those who are there, when they have heard all else, where nothing may be numbered.

        The number would be that of something else where the guild is written, and that would count as known.
        """
        self._aside[type] = frame
        others = [(other, viewer) for other, viewer in self._untold if other != type]
        self._untold = others + [(type, viewer) for viewer in self.viewers if viewer.wants.includes(type)]
        if self._untold:
            self._wake()

    def flush(self, now: float) -> float | None:
        """Hand what happened to every viewer; return when to come again, if something has to be done then.

        `now` is in seconds, of any clock that only goes forward.
        """
        for uid in self._state.visitors.leaving(now):
            self.remove(uid)
        self._audience.say_goodbye()
        if not self._audience.is_served:
            self._audience.go_on()
        else:
            events = self._stream.take(now, is_wanted=self.is_watched or self.info.recent)
            self._audience.hand_out([*events, *self._counted(now)], now)
            self._entrance.forget_old()
        if self._untold and self._audience.is_served and not self._stream.pending:
            self._tell_some()
        dues = (
            self._audience.next_due(), self._stream.next_due(now), self._state.visitors.next_due(),
            AT_ONCE if self._untold else None,
            self._counts_due if self._state.neighbourhoods.is_news and self._audience.has_crowd else None,
        )  # fmt: skip
        return AT_ONCE if AT_ONCE in dues else min((due for due in dues if due is not None), default=None)

    @property
    def is_through(self) -> bool:
        """Whether everything that happened is with those who were to hear of it."""
        return not (
            self._stream.pending or self._audience.is_leaving or self._untold or not self._audience.is_served
        )

    def _counted(self, now: float) -> list[Event]:
        """Tell from time to time which neighbourhoods have changed, when all else is told: then it is of now.

        It has no number of its own, and is not kept: who comes back is told of all of them.
        """
        neighbourhoods = self._state.neighbourhoods
        if self._stream.pending or not neighbourhoods.is_news:
            return []
        if not self._audience.has_crowd:
            neighbourhoods.forget_news()
            return []
        if now < self._counts_due and not neighbourhoods.is_urgent:
            return []
        self._counts_due = now + COUNT_EVERY
        data = {"neighbourhoods": neighbourhoods.news()}
        return [Event("neighbourhoods", self._stream.position, self._stream.head, data)]

    def _tell_some(self) -> None:
        """Tell some of those who are still to hear of what has no number."""
        few, self._untold = self._untold[:TOLD_AT_ONCE], self._untold[TOLD_AT_ONCE:]
        frames: dict[tuple[EventType, Wants], bytes] = {}
        for what, viewer in few:
            if self.seats(viewer):
                key = what, viewer.wants
                if key not in frames:
                    frames[key] = self._aside[what](viewer.wants)
                viewer.offer(frames[key])

    def _dismiss(self, type: ControlType, goodbye: Goodbye, problem: Problem) -> None:  # noqa: A002
        self._audience.dismiss(goodbye, problem)
        self._entrance.forget()
        if self._audience.is_leaving:
            self._wake()
        self._control(type, lambda: {"goodbye": goodbye.name, **problem._asdict()})
