"""One viewer's conversation: greet, admit, seat, follow, say goodbye."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Set
from dataclasses import replace
from functools import partial
from typing import Final

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from bridge.access.admission import Admission, Comes, Entry
from bridge.access.gestures import EACH, Gestures
from bridge.access.visitor import Pass, Visitor
from bridge.errors import BadRequest, ProviderError, Refused, RequestError
from bridge.network.peers import queue_of
from bridge.problems import (
    BUSY,
    GESTURE_TOO_OFTEN,
    INTERNAL_ERROR,
    LOGIN_ENDED,
    NO_ROOM,
    NOTHING_ASKED,
    NOWHERE,
    Problem,
)
from bridge.providers.keeper import Keeper
from bridge.providers.owner import look
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.viewers.connection import Connection
from bridge.viewers.outbox import Outbox
from bridge.wire.gestures import Gesture
from bridge.wire.protocol import (
    BEAT,
    Act,
    Beat,
    Connect,
    Credentials,
    Find,
    GetUserData,
    Goodbye,
    Request,
    Wants,
    error_frame,
    found_frame,
    parse_request,
    user_data_frame,
)

log = logging.getLogger(__name__)

OUTDATED: Final = -1  # no edition of the server list
GREETING_PATIENCE: Final = 0.02  # seconds the greeting waits for a client that speaks first
SHORT: Final = 1.0  # seconds that a request may have to wait without a word about it


class Session:
    """The conversation with one viewer. It is also what a room sees of them.

    `seems_old` tells that it came from a browser, as the old clients do that need words at their pace; None
    that nobody is to be treated as one of them.
    """

    __slots__ = (
        "_admission",
        "_deadline",
        "_deflates",
        "_directory",
        "_gestured",
        "_gestures",
        "_has_asked",
        "_keeper",
        "_listing",
        "_permit",
        "_purse",
        "_request",
        "_seems_old",
        "connection",
        "offer",
        "outbox",
        "room",
        "visitor",
        "wants",
    )

    def __init__(
        self,
        connection: Connection,
        visitor: Visitor,
        directory: Directory,
        admission: Admission,
        keeper: Keeper,
        *,
        gestures: Gestures | None = None,
        seems_old: bool | None = None,
    ) -> None:
        self.connection = connection
        self.visitor = visitor
        self._permit = Pass()  # what opened the door of the room, and may end
        self._deadline: asyncio.TimerHandle | None = None  # for the first request, then for the permit
        self.wants = Wants()
        self.room: Room | None = None
        self._request = Connect()
        self._listing: int | None = None  # the edition of the server list that this viewer was given
        self._deflates = connection.deflates
        self._seems_old = seems_old
        self._has_asked = False  # for a room
        self._purse = connection.gate.budgets.purse(visitor.address)
        self.outbox = Outbox(connection, self._renew, paying=self._purse.paying)
        self.offer = self.outbox.offer  # what a room gives goes there without a detour
        self._directory = directory
        self._admission = admission
        self._keeper = keeper
        self._gestures = gestures
        self._gestured = 0.0  # when they may make as many gestures again as at first

    async def run(self) -> None:
        """Talk until the viewer has gone."""
        self._set_deadline(self.connection.gate.limits.connect_seconds, self._give_up)
        try:
            await self._begin()
            async for frame in self.connection:
                await self._answer(frame)
                del frame  # it may be long, and the next one hours away
        except ConnectionClosed:
            pass
        finally:
            self._drop_deadline()
            self.leave()

    async def _begin(self) -> None:
        """Greet, and answer the first request, in whichever order."""
        first = asyncio.create_task(self.connection.recv())
        first.add_done_callback(look)  # the conversation may end before anybody waits for it
        try:
            await asyncio.wait({first}, timeout=GREETING_PATIENCE)
            await self._purse.round()
            polls = first.done() and self._is_poll(first.result())
            if polls:  # the documentation's own test needs its answer ahead of the greeting
                await self._answer(first.result())
            await self._greet()
            if not polls:  # the same recv(), not another: cancelling one may lose what is half there
                await self._answer(await first)
        finally:
            first.cancel()
            del first  # or an error that it ended with would keep it, by the way that it took through here

    @property
    def permit(self) -> Pass:
        """What lets this viewer watch; in a room whose door stands open now, nothing has to."""
        return self._permit if self.room is not None and self.room.info.protected else Pass()

    async def prepare(self, room: Room) -> None:
        """Have ready what this viewer gets on entering a room, if they ask as before."""
        await self._directory.preparations.ready(room, self._request)

    def leave(self) -> None:
        """Hear nothing more of the room."""
        if self.room is not None:
            self.room.unseat(self)
            self.room = None

    def forget(self, quoted: Set[str] | None = None) -> None:
        """Be told nothing of what still waits to be written; a snapshot makes up for it."""
        self.outbox.forget(quoted)

    def dismiss(self, goodbye: Goodbye, problem: Problem | None = None) -> None:
        """Hear why, and go."""
        self.leave()
        self.outbox.dismiss(goodbye, problem)

    def turn_out(self, problem: Problem, goodbye: Goodbye = Goodbye.REVOKED) -> None:
        """Hear nothing more but why, as soon as there is time to say it."""
        self.leave()
        self._directory.turns.add(partial(self.dismiss, goodbye, problem))

    @property
    def is_here(self) -> bool:
        """Whether there is somebody to talk to."""
        return self.connection.state is State.OPEN

    def hold(self) -> Pass:
        """Hear nothing of a room until `take_back`, if it comes to that; return what let this viewer in."""
        permit = self.permit
        self.leave()
        self.outbox.start_over()
        self.outbox.catch_up()  # there is nothing to catch up with, but answers to what they ask
        return permit

    def take_back(self, room: Room) -> None:
        """Follow again, with a new entry, which the outbox asks for."""
        self.room = room
        room.seat(self)
        self.outbox.start_over()

    def end_login(self, key: str) -> None:
        """Be nobody from now on if this is the viewer's login, and go if it is what lets them watch."""
        login = self.visitor.login
        if login is not None and login.key == key:
            self.visitor = replace(self.visitor, login=None)
        if self.permit.login == key:
            self.turn_out(LOGIN_ENDED)

    def enter(self, room: Room, request: Connect | None = None, permit: Pass | None = None) -> None:
        """Change room: what this viewer needs to know, and a seat to follow from.

        Without a request, as asked before; without a permit, with the one that they have.
        """
        if permit is not None:
            self._hold(permit)
        if self.room is not room:
            self.outbox.leave_words_out()
        self.leave()
        self._request = request or self._request
        self.wants = room.kind(self._request.wants)
        # No await from here on: nothing slips between the entry and the seat.
        self._directory.tell_early(room)
        self.outbox.present(room.entry(replace(self._request, wants=self.wants)))
        self._request = _lasting(self._request)
        self.room = room
        room.seat(self)
        if self._listing not in (None, self._directory.edition) and self.wants.includes("servers"):
            self._listing = self._directory.edition
            self.offer(room.servers_frame(self._directory.entries(), self.wants))
        self._tell_notice(room, self.wants)

    def _tell_notice(self, room: Room, wants: Wants) -> None:
        """Say what is announced to somebody who may not have heard it."""
        if wants.includes("notice") and (notice := self._directory.notice) is not None:
            self.offer(room.notice_frame(notice.data(time.time()), wants))

    async def _greet(self) -> None:
        # On failure the last list that could be read, or none, is the greeting; `connect` will say why.
        with contextlib.suppress(ProviderError):
            await self._keeper.refresh_servers()
        self._listing = self._directory.edition
        self.offer(self._directory.greeting(deflate=self._deflates))

    async def _answer(self, frame: str | bytes) -> None:
        await self._purse.round()
        if self.connection.state is not State.OPEN:
            return  # dismissed: what is still in the queue is no longer ours to answer
        try:
            with self._purse.paying():
                request = parse_request(frame)
            if isinstance(request, Beat):
                self.offer(BEAT)
                return
            if isinstance(request, Connect):
                request = replace(request, wants=self._classify(request.wants, frame))
            await self._wait_for_turn(request)
            if self.connection.state is State.OPEN:
                await self._purse.paid(self._serve(request))
        except RequestError as error:
            self.offer(error_frame(error.problem))
        except Exception:  # noqa: BLE001 - an edge, and a bug
            self.connection.named(log).exception("a request could not be answered")
            self.offer(error_frame(INTERNAL_ERROR))

    def _is_poll(self, frame: str | bytes) -> bool:
        try:
            with self._purse.paying():
                return isinstance(parse_request(frame), GetUserData)
        except RequestError:
            return False

    def _classify(self, wants: Wants, frame: str | bytes) -> Wants:
        """Note which kind of client asks, as far as it can't say so itself.

        The oldest client is known by its first `connect`, a binary frame; the others come in browsers.
        """
        if not self._has_asked and self._seems_old is not None:
            self._seems_old = self._seems_old or isinstance(frame, bytes)
        self._has_asked = True
        paced = bool(self._seems_old) and wants.asked_for_nothing
        return replace(wants, deflate=self._deflates, paced=paced)

    async def _wait_for_turn(self, request: Request) -> None:
        """Have a request wait while this viewer, or all from there, or all together, have spent too much.

        What else they ask for waits in the connection, and in the end at their side.
        """
        if self.room is None:
            self._drop_deadline()  # they asked, and may ask again if they are refused
        now = asyncio.get_running_loop().time
        began, is_told = now(), False
        await self._purse.turn()
        while (wait := self._purse.wait) > 0 and self.connection.state is State.OPEN:
            if not is_told and now() + wait - began > SHORT:
                is_told = True
                self._say_busy(request)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.connection.wait_closed()
            await self._purse.turn()

    def _say_busy(self, request: Request) -> None:
        self.connection.gate.count("too costly")
        # An old client that has no world yet answers an error by asking again.
        if self.room is not None or (isinstance(request, Connect) and not request.wants.paced):
            self.offer(error_frame(BUSY))

    async def _serve(self, request: Request) -> None:
        if isinstance(request, Connect):
            await self._connect(request)
        elif isinstance(request, Find):
            await self._find(request.text)
        elif isinstance(request, Act):
            await self._act(request.gesture)
        else:
            await self._send_user_data(request)

    async def _find(self, text: str) -> None:
        """Look for somebody where this viewer is; whoever is elsewhere by then is told nothing."""
        room = self.room
        if room is None or not self._may_hear(room):
            raise BadRequest(NO_ROOM)
        async with self.connection.gate.budgets.searches.turn(queue_of(self.visitor.address)):
            if not self._may_hear(room):
                return  # they have gone meanwhile, and a look at all members is not to be had for nothing
            search = room.search(text)
            while self._may_hear(room) and search.step():
                await self._purse.round()
        if self._may_hear(room):
            found = room.found(search)
            full, deflate = bool(self.wants.events), self._deflates
            self.outbox.present(found_frame(text, found, full=full, deflate=deflate))

    async def _act(self, gesture: Gesture) -> None:
        """Have this viewer's own figure do something where they are; all who watch hear of it, and they."""
        room = self.room
        if room is None or self._gestures is None or not self._may_hear(room):
            raise BadRequest(NOWHERE)
        full_at = EACH.spend(self._gestured, asyncio.get_running_loop().time())
        if full_at is None:  # so that nobody else is asked who may be far away
            self.connection.gate.count("too many gestures")
            raise Refused(GESTURE_TOO_OFTEN)
        self._gestured = full_at
        await self._gestures.make(room, self._who, gesture)

    def _may_hear(self, room: Room) -> bool:
        return self.is_here and self.room is room and room.seats(self) and not self.permit.has_ended

    async def _connect(self, request: Connect) -> None:
        try:
            entry = await self._admit(request, comes=lambda room: room is not self.room)
        except RequestError as error:
            self.offer(error_frame(error.problem))
            if self.room is None:  # at a closed door one hears it too
                self._tell_notice(self._directory.lobby, request.wants)
            return
        if entry.trouble is not None:
            # Before the join: an old client that has no world yet answers an error by asking again.
            self.offer(error_frame(entry.trouble))
        self.enter(entry.room, request, entry.permit)
        self.connection.named(log).debug("in guild %s", entry.room.info.id)

    async def _send_user_data(self, request: GetUserData) -> None:
        wants = replace(self.wants, deflate=self._deflates)
        asked = Connect(request.server, request.credentials, wants, crowd=self._request.crowd)
        seated = self.room if self.room is not None and self.room.seats(self) else None
        if self.permit.has_ended:
            seated = None  # they are about to be let go
        entry = await self._admit(asked, seated)
        users = entry.room.users(full=bool(wants.events), crowd=asked.crowd, deflate=wants.deflate)
        self.outbox.present(user_data_frame(entry.room.info.id, users, deflate=wants.deflate))

    async def _admit(
        self, request: Connect, seated: Room | None = None, comes: Comes = lambda _: False
    ) -> Entry:
        """Ask for a room; `comes` tells whether there would be one more viewer in it."""

        async def prepare(room: Room) -> None:
            self._purse.pay(await self._directory.preparations.ready(room, request))
            await self._purse.round()  # all who waited for the same would enter in the same one

        server, credentials = request.server, request.credentials
        return await self._admission.admit(server, credentials, self._who, seated, prepare, comes)

    def _who(self) -> Visitor:
        return self.visitor

    def _hold(self, permit: Pass) -> None:
        self._permit = permit
        self._drop_deadline()
        if permit.until is not None:
            self._set_deadline(max(0.0, permit.until - time.time()), self._end)

    def _end(self) -> None:
        if self.permit.until is not None:
            self.dismiss(Goodbye.REVOKED, LOGIN_ENDED)

    def _give_up(self) -> None:
        """Go, as soon as there is time: who came at once is late at once."""
        turnstile = self.connection.gate.budgets.turnstile
        turnstile.add(self.visitor.address, partial(self._go_unless_asked, self._deadline))

    def _go_unless_asked(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline is None or self._deadline is not deadline:
            return  # they asked at the last moment, or have gone
        self.connection.gate.count("nothing asked for")
        self.dismiss(Goodbye.IDLE, NOTHING_ASKED)

    def _set_deadline(self, seconds: float, act: Callable[[], None]) -> None:
        self._deadline = asyncio.get_running_loop().call_later(seconds, act)

    def _drop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _renew(self) -> None:
        """Make up for what could not be delivered: a snapshot of where this viewer is now."""
        room = self.room
        if room is None or not room.seats(self):
            return
        wait = self._purse.wait
        if wait > 0:
            self.outbox.stay_behind()
            asyncio.get_running_loop().call_later(wait, self.outbox.catch_up)
        elif room.is_prepared(self._request):
            self._listing = OUTDATED
            with self._purse.paying():
                self.enter(room)
        else:
            self.outbox.stay_behind()
            self._directory.preparations.when_ready(room, self._request, self._catch_up)

    def _catch_up(self, share: float) -> None:
        self._purse.pay(share)
        self.outbox.catch_up()


def _lasting(request: Connect) -> Connect:
    """Keep of a request what counts for the next entry as well: the cursor was good for this one.

    Who somebody claims to be, and their token, have done their work, and may weigh a lot.
    """
    password = request.credentials.password
    return replace(request, credentials=Credentials(password=password), cursor=None)
