"""`WebSocketServer`, the bridge's public face: lifecycle, callbacks, access."""

import asyncio
import contextlib
import errno
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.protocol import State

from bridge.access.admission import LONGEST_WAIT, NOBODY, Admission, Validator, Visitor
from bridge.access.devices import Devices
from bridge.access.gate import Gate
from bridge.access.guesses import AddressGuesses
from bridge.access.login import Authority, Login, WebLogin
from bridge.broadcasts import Broadcasts
from bridge.errors import ProviderError
from bridge.exposure import OPEN, Exposure
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network.tls import Certificate
from bridge.problems import CROWDED, FULL_HOUSE, LOGIN_ENDED, LOGIN_NEEDED, Problem
from bridge.providers import CallbackProvider, MockDataProvider, Provider
from bridge.providers.callbacks import GetClientId, GetServers, GetUsers, require_async
from bridge.providers.feed import REFRESH_INTERVAL, Feed
from bridge.providers.live import Live
from bridge.rooms.directory import Directory
from bridge.rooms.room import Room
from bridge.running.rate import Rate
from bridge.running.signals import stop_signal
from bridge.running.tasks import Tasks
from bridge.site.counts import Counts
from bridge.site.health import Health
from bridge.site.http import StaticHandler, Website
from bridge.viewers.connection import EXTENSIONS, NO_REQUEST, Connection, cut_off
from bridge.viewers.pulse import Pulse
from bridge.viewers.session import Session
from bridge.wire.protocol import Credentials, Goodbye

__all__ = ["WebSocketServer"]

log = logging.getLogger(__name__)

MOVED_AT_ONCE: Final = 50  # viewers from the lobby, in one turn of the loop
LOBBY_PACE: Final = 1.0  # seconds at least between two looks for a room
# After a restart all viewers come at once: so many may wait to be accepted, and so many are accepted in one
# turn of the loop, so that they get in one after the other and those who are in are not kept waiting.
MAX_WAITING: Final = 4096
ACCEPTED_AT_ONCE: Final = 8
FRAMES_WAITING: Final = 4  # of a viewer, in memory; what is more waits at their side
STOP_GRACE: Final = 2.0  # seconds that viewers have to answer the close frame when the bridge stops
# How many seconds' worth of frames and bytes a viewer may send at once.
FRAMES_AT_ONCE: Final = 10
BYTES_AT_ONCE: Final = 4


class WebSocketServer(Broadcasts):
    """Serves rooms to d-zone web clients, and the page at `/`.

    Rooms come from the callbacks, from `provider`, or from an owner who opens them with `show_guild`;
    without any of these they are `MockDataProvider`'s four guilds. Nothing here waits for a viewer.

    Args:
        port: TCP port; 0 lets the system choose, and `port` then tells which.
        host: Address to listen on. `localhost` is reached from this machine only, and by pages that were
            opened on it or are named in `exposure`; `0.0.0.0` from everywhere.
        provider: Where rooms get data that no callback gives.
        refresh_interval: Seconds for which what a callback or the provider answered is good.
        limits: How much the bridge takes on.
        exposure: How it faces the network: proxies, origins, TLS.
        health: Whether `/healthz` and `/readyz` say how the bridge is.
        pace_old_clients: Whether old d-zone clients are given words no faster than they can show them. They
            are known by coming from a browser, or by a binary first frame, and by asking for nothing; with a
            plain page of your own that takes everything at once, say False.
    """

    def __init__(
        self,
        port: int = 3000,
        host: str = "localhost",
        *,
        provider: Provider | None = None,
        refresh_interval: float = REFRESH_INTERVAL,
        limits: Limits = DEFAULT_LIMITS,
        exposure: Exposure = OPEN,
        health: bool = False,
        pace_old_clients: bool = True,
    ) -> None:
        self.port = port
        self.host = host
        self._provider = CallbackProvider(MockDataProvider() if provider is None else provider)
        self._limits = limits
        self._paces_old_clients = pace_old_clients
        self._exposure = exposure.bound_to(host)
        self._gate = Gate(limits, self._exposure)
        directory = Directory(on_changed=self._leave_lobby, limits=limits)
        super().__init__(directory, Feed(directory, self._provider, refresh_interval))
        self._refresh_interval = refresh_interval
        self._live = Live(self._directory, self._provider, self._feed)
        self._admission = Admission(self._directory, self._feed, self._new_guesses(), self._gate.count)
        probes = Health(self._feed, self._live).probes if health else {}
        self._website = Website(probes={**Counts(directory).probes, **probes})
        self._devices = Devices(secure=exposure.is_secure)
        self._pulse = Pulse()
        self._sessions: dict[ServerConnection, Session] = {}
        self._connection_class = _connection_class(self._gate, limits, exposure.certificate)
        self._tasks = Tasks(log, "the bridge")
        self._doors_changed = False  # whether somebody in the lobby may be able to leave it
        self._following: asyncio.Task[None] | None = None  # what the provider tells of changes
        self._server: Server | None = None
        self._lifecycle = asyncio.Lock()
        self._watched = False  # whether run_forever() looks after the server

    # Lifecycle

    @property
    def static_dir(self) -> Path:
        """The folder whose files are served; `index.html` in it is the page at `/`."""
        return self._website.static_dir

    @static_dir.setter
    def static_dir(self, folder: str | Path) -> None:
        self._website.static_dir = Path(folder)

    @property
    def connections(self) -> set[ServerConnection]:
        """The connections of everybody who is here now."""
        return set(self._sessions)

    @property
    def refusals(self) -> Mapping[str, int]:
        """What was refused since the start, by its reason, and how often."""
        return self._gate.tally.total

    @property
    def expects_more_guilds(self) -> bool:
        """Whether guilds may be missing that will come by themselves, as after an owner's start.

        The owner sets it. Who asks for a guild that isn't there is told so, instead of that there is none.
        """
        return self._admission.expects_more_guilds

    @expects_more_guilds.setter
    def expects_more_guilds(self, expects: bool) -> None:
        self._admission.expects_more_guilds = expects

    @property
    def is_serving(self) -> bool:
        """Whether the server listens."""
        return self._server is not None

    async def start(self) -> None:
        """Start, and return as soon as the server listens. A script then needs something to wait for.

        Raises:
            OSError: if the port is in use or the host is not this machine's.
        """
        async with self._lifecycle:
            if self._server is not None:
                return
            try:
                self._server = await serve(
                    self._talk,
                    self.host,
                    self.port,
                    process_request=self._answer_request,
                    process_response=self._meet,
                    create_connection=self._connection_class,
                    open_timeout=None,  # a connection has limits of its own
                    ping_interval=None,  # and somebody who feels its pulse
                    extensions=EXTENSIONS,
                    compression=None,
                    backlog=ACCEPTED_AT_ONCE,
                    max_size=self._limits.frame_bytes,
                    max_queue=FRAMES_WAITING,
                    close_timeout=STOP_GRACE,
                    server_header=None,
                    logger=_library_logger(),
                )
            except UnicodeError as error:  # a name that is none, such as `a..b`
                raise OSError(errno.EADDRNOTAVAIL, "that is no host name") from error
            self.port = self._server.sockets[0].getsockname()[1]
            for sock in self._server.sockets:
                with sock.dup() as listening:
                    listening.listen(MAX_WAITING)
            self._pulse.start()
            self._tasks.start(self._warn_if_abandoned(), "noticing the end of the loop")
            self._tasks.start(self._look_for_rooms(), "looking for rooms")
            if self._exposure.certificate is not None:
                self._tasks.start(self._exposure.certificate.keep_current(), "renewing the certificate")
            scheme = "http" if self._exposure.certificate is None else "https"
            log.info("listening on %s://%s:%s", scheme, self.host, self.port)

    async def stop(self) -> None:
        """Stop: nobody new gets in, those here hear 1001, and who doesn't answer is cut off."""
        async with self._lifecycle:
            server = self._server
            if server is None:
                return
            self._pulse.stop()
            self._directory.flush()
            server.close(code=Goodbye.RESTART.code, reason=Goodbye.RESTART.reason)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_GRACE):
                    await server.wait_closed()
            for transport in list(self._gate.alive):
                cut_off(transport)
            for task in list(server.handler_tasks):
                task.cancel()  # some may wait for the owner's code
            await server.wait_closed()
            self._server = None  # only now: a stop that was cut short can be finished by another
            await self._tasks.stop()
            await self._feed.stop()  # after those who might ask it
            log.info("stopped")

    async def run_forever(self) -> None:
        """Start, and run until cancelled or until Ctrl-C, SIGTERM or SIGHUP; then stop."""
        self._watched = True
        with stop_signal() as stopped:  # also while stopping: an impatient second Ctrl-C changes nothing
            try:
                await self.start()
                await stopped.wait()
            finally:
                await self.stop()
                self._watched = False

    # Callbacks: each takes an async function, and raises TypeError for any other

    def on_get_server_data(self, callback: GetServers) -> None:
        """Ask `callback()`, or `callback(server_id=None)`, for the guilds.

        It returns snowflake -> `{"id": slug, "name", "passworded", "default" or "is_default", "enabled"}`.
        """
        self._provider.use_servers(callback)

    def on_get_user_data(self, callback: GetUsers) -> None:
        """Ask `callback(server_id)` for a guild's members.

        It returns uid -> `{"uid", "username", "status", "roleColor"}`; with a gradient also `roleColor2`.
        """
        self._provider.use_users(callback)

    def on_get_client_id(self, callback: GetClientId) -> None:
        """Ask `callback(server_id)` which Discord application viewers of a guild log in with."""
        self._provider.use_client_id(callback)

    def on_static_request(self, callback: StaticHandler) -> None:
        """Ask `callback(path)` first for what an HTTP request gets.

        It returns `(content_type, content)` with a `str` or `bytes`, a `pathlib.Path` to a file, or
        None to leave the request to `static_dir`.
        """
        require_async("on_static_request", callback)
        self._website.handler = callback

    def on_validate_discord_user(self, callback: Validator) -> None:
        """Ask `callback(token, user_info, server_id)` whether a login may watch a protected guild.

        Only True opens the door, or an aware datetime: it opens until then. `user_info` is what the client
        claims: check that the token is this user's, and was given to your application. False counts as a
        wrong try of this address. Raise `bridge.errors.NotAMember` where a login is good and may not watch
        this guild, and `bridge.errors.NoAnswer` where nobody can say just now: neither counts.
        """
        require_async("on_validate_discord_user", callback)
        self._admission.validate = callback

    def use_login(self, authority: Authority, secret: bytes) -> None:
        """Let people log in on our own page, at `/auth/login`.

        `secret` signs their cookies: those of another secret are worth nothing.

        Raises:
            ValueError: if the exposure has no `public_url`, to which they come back.
        """
        # With guesses of its own: who guesses passwords keeps nobody behind the same address from logging in.
        guesses = self._new_guesses()
        login = WebLogin(authority, secret, self._exposure, guesses, self._end_login, self._gate.count)
        self._website.login = login
        self._admission.authority = authority

    # Access that a login gave

    def logged_in(self, server: str | int) -> set[str]:
        """Name who watches a guild now because their login lets them."""
        return {uid for session in self._seated(server) if (uid := session.permit.uid) is not None}

    def revoke(self, server: str | int, uid: str | int | Collection[str | int] | None = None) -> None:
        """Withdraw the access to a guild that a login gave to one, to several or to all; they hear so."""
        self._admission.withdraw()
        if isinstance(uid, str | int):
            uid = [uid]
        whose = None if uid is None else set(map(str, uid))
        for session in self._seated(server):
            who = session.permit.uid
            if who is not None and (whose is None or who in whose):
                self._turn_out(session, LOGIN_NEEDED)

    # Inside

    def _seated(self, server: str | int) -> list[Session]:
        """Name the sessions of those who watch a guild: ten thousand looks take a few milliseconds."""
        room = self._room(server)
        return [one for one in room.viewers if isinstance(one, Session)] if room else []

    def _new_guesses(self) -> AddressGuesses:
        return AddressGuesses(self._limits.wrong_tries, LONGEST_WAIT)

    async def _answer_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what is no handshake, and handshakes that are refused."""
        connection = cast("Connection", connection)
        if connection.state is State.CLOSED:
            return None  # nobody waits for an answer, and nothing would end what is counted from here on
        address = self._gate.recognise(connection.address, connection.peer, request)
        connection.address = address
        if not _is_clear(request):
            return connection.respond(HTTPStatus.BAD_REQUEST, NO_REQUEST)
        refusal = self._gate.check_host(request.headers.get("Host"))
        if refusal:
            return connection.refuse(refusal)
        if not _wants_websocket(request):
            refusal = self._gate.check_request(address)
            return connection.refuse(refusal) if refusal else await self._website.serve(connection, request)
        origins = request.headers.get_all("Origin")
        refusal = self._gate.check_handshake(address, origins[0] if origins else None)
        return connection.refuse(refusal) if refusal else None

    def _meet(self, connection: ServerConnection, request: Request, response: Response) -> None:  # noqa: ARG002
        """Give the device of a new viewer a number, if there is a password that somebody may guess."""
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and self._directory.asks_for_passwords:
            self._devices.meet(request.headers, response.headers)

    async def _talk(self, connection: ServerConnection) -> None:
        """Hold one viewer's session."""
        connection = cast("Connection", connection)
        visitor = Visitor(connection.address, self._login_of(connection), self._device_of(connection))
        seems_old = _comes_from_browser(connection) if self._paces_old_clients else None
        connection.forget_handshake()
        session = Session(
            connection, visitor, self._directory, self._admission, self._feed, seems_old=seems_old
        )
        full = len(self._sessions) >= self._limits.viewers
        if full or self._gate.is_crowded(connection.address):
            self._gate.count("full" if full else "too many viewers of one address")
            session.dismiss(Goodbye.FULL, FULL_HOUSE if full else CROWDED)
            await connection.wait_closed()
            return
        self._sessions[connection] = session
        self._gate.seat(connection.address)
        self._pulse.follow(connection, session.outbox, session.dismiss)
        self._follow_while_watched()
        try:
            await session.run()
        finally:
            del self._sessions[connection]
            self._gate.unseat(connection.address)
            self._follow_while_watched()

    def _follow_while_watched(self) -> None:
        """Follow what the provider tells of changes while somebody is there to see it."""
        if self._sessions and self._following is None:
            self._following = self._tasks.start(self._live.follow(), "following the provider")
        elif self._following is not None and not self._sessions:
            self._following.cancel()
            self._following = None

    def _login_of(self, connection: Connection) -> Login | None:
        if self._website.login is None or connection.request is None:
            return None
        return self._website.login.who_opens(connection.request.headers)

    def _device_of(self, connection: Connection) -> str | None:
        if connection.request is None or connection.response is None:
            return None
        return self._devices.recognise(connection.request.headers, connection.response.headers)

    def _end_login(self, key: str) -> None:
        """Let go whoever watches by this login, and have others of its connections be nobody's."""
        self._admission.withdraw()
        for session in list(self._sessions.values()):
            login = session.visitor.login
            if login is not None and login.key == key:
                session.visitor = replace(session.visitor, login=None)
                if session.permit.login == key:
                    self._turn_out(session, LOGIN_ENDED)

    def _turn_out(self, session: Session, problem: Problem) -> None:
        """Let somebody go: from now on they hear nothing but why, as soon as there is time to say it."""
        session.leave()
        self._directory.turns.add(partial(session.dismiss, Goodbye.REVOKED, problem))

    def _leave_lobby(self) -> None:
        if self._directory.lobby.is_watched and not self._doors_changed:
            self._doors_changed = True  # however many doors open until it is looked after
            self._tasks.start(self._see_who_can_leave(), "leaving the lobby")

    async def _see_who_can_leave(self) -> None:
        self._doors_changed = False
        await self._move_out_of_lobby()

    async def _move_out_of_lobby(self) -> None:
        waiting = [s for s in self._sessions.values() if s.room is self._directory.lobby]
        groups: dict[Visitor, list[Session]] = {NOBODY: waiting}
        for session in waiting:
            if session.visitor.login is not None:
                groups.setdefault(session.visitor, []).append(session)
        for visitor, group in groups.items():
            for start in range(0, len(group), MOVED_AT_ONCE):
                if not await self._move(group[start : start + MOVED_AT_ONCE], visitor):
                    break

    async def _move(self, few: Sequence[Session], visitor: Visitor) -> bool:
        """Move some who wait in the lobby to where this visitor may be; tell whether there is such a room."""

        async def prepare(room: Room) -> None:
            for session in few:
                await session.prepare(room)

        entry = await self._admission.admit("default", Credentials(), visitor, prepare=prepare)
        lobby = self._directory.lobby
        if entry.room is lobby:
            return False
        self._directory.flush_room(lobby)  # what was said in the lobby is not lost on the way out
        for session in few:
            if session.room is lobby and visitor in (NOBODY, session.visitor):
                session.enter(entry.room, permit=entry.permit)
        await asyncio.sleep(0)
        return True

    async def _look_for_rooms(self) -> None:
        """Ask the provider from time to time while somebody waits in the lobby: nobody else would."""
        while True:
            await asyncio.sleep(max(self._refresh_interval, LOBBY_PACE))
            if self._directory.lobby.is_watched:
                with contextlib.suppress(ProviderError):
                    await self._feed.refresh_servers()
                await self._move_out_of_lobby()

    async def _warn_if_abandoned(self) -> None:
        """Notice that the loop ends while the server still listens: a script forgot to wait."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._server is not None and not self._watched:
                log.warning(
                    "the script ended and took the server with it: end with `await server.run_forever()`"
                )
                self._server.server.close()


def _comes_from_browser(connection: Connection) -> bool:
    """Tell whether a browser opened a connection: it always says for which page."""
    return connection.request is not None and "Origin" in connection.request.headers


def _is_clear(request: Request) -> bool:
    """Tell whether a request says once what everybody on its way has to understand alike (RFC 9112, 3.2)."""
    hosts, cookies = (len(request.headers.get_all(name)) for name in ("Host", "Cookie"))
    return cookies <= 1 and (hosts == 1 or (hosts == 0 and request.protocol == "HTTP/1.0"))


def _wants_websocket(request: Request) -> bool:
    return any("websocket" in value.lower() for value in request.headers.get_all("Upgrade"))


def _connection_class(gate: Gate, limits: Limits, certificate: Certificate | None) -> type[Connection]:
    """Make the class of a bridge's connections: what all of them share is not kept with each."""
    shared = {
        "gate": gate,
        "tls": None if certificate is None else certificate.context,
        "frame_rate": Rate(limits.frames_per_second, limits.frames_per_second * FRAMES_AT_ONCE),
        "byte_rate": Rate(limits.bytes_per_second, limits.bytes_per_second * BYTES_AT_ONCE),
    }
    return type("Connection", (Connection,), {"__slots__": (), **shared})


def _library_logger() -> logging.Logger:
    """Keep what the library says of each handshake and frame out of the log, unless it is a warning."""
    logger = logging.getLogger("bridge.websockets")
    logger.setLevel(max(logging.WARNING, log.getEffectiveLevel()))
    return logger
