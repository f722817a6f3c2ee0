"""`WebSocketServer`, the bridge's public face: lifecycle, callbacks, access."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection

from bridge.access.admission import Admission
from bridge.access.crowding import Crowding
from bridge.access.devices import Devices
from bridge.access.doorkeeper import LONGEST_WAIT, Doorkeeper, Validator
from bridge.access.gate import Gate
from bridge.access.guesses import AddressGuesses
from bridge.access.login import Authority
from bridge.backplane import colleagues
from bridge.backplane.colleagues import Others
from bridge.backplane.parts import WHOLE, Overview, Part
from bridge.broadcasts import Broadcasts
from bridge.errors import ProviderError
from bridge.exchange import Exchange
from bridge.exposure import OPEN, Exposure
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.network import home
from bridge.providers import CallbackProvider, EmptyProvider, MockDataProvider, Provider
from bridge.providers.callbacks import GetClientId, GetServers, GetUsers, require_async
from bridge.providers.live import Live
from bridge.providers.refresher import REFRESH_INTERVAL, Refresher
from bridge.providers.whole import Whole
from bridge.reception import Reception, comes_from_browser
from bridge.rooms.directory import Directory
from bridge.running.board import Board
from bridge.running.loopwatch import current_limit
from bridge.running.signals import stop_signal
from bridge.running.tasks import Tasks
from bridge.site.counts import Counts
from bridge.site.documents import Document
from bridge.site.health import Health
from bridge.site.http import StaticHandler, Website
from bridge.site.login import WebLogin
from bridge.site.measures import Source
from bridge.site.metrics import Metrics
from bridge.site.mount import Mount
from bridge.site.readings import Readings
from bridge.viewers.connection import Connection
from bridge.viewers.guests import Guests, for_guests
from bridge.viewers.listening import close_doors, connection_class, hang_up, listen
from bridge.viewers.lobby import Lobby
from bridge.viewers.pulse import Pulse
from bridge.viewers.session import Session
from bridge.viewers.sessions import PAUSE, Sessions
from bridge.wire.protocol import Goodbye
from bridge.workers import crew
from bridge.workers.muster import Counted
from bridge.workers.orders import Orders
from bridge.workers.plane import Plane

__all__ = ["WebSocketServer"]

log = logging.getLogger(__name__)

LOOKS_AT_DOOR: Final = 20  # whether somebody has come in meanwhile who was there already
KNOCK_EVERY: Final = 0.1  # seconds between two looks whether guilds are known that could not be read yet


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
        publish_to: Address of a Redis or Valkey to which the rooms are written as well, so that other
            processes may show them: `redis://host:6379/0`, `rediss://` or `unix:///path`.
        part: Which guilds these are, where several servers write there, each its own.
        follow: The same for one that shows the rooms written there. It has no others, and asks whoever
            writes them who may enter a protected one.
        workers: How many processes serve the viewers in place of this one, on the same port. They read the
            rooms where `publish_to` or `follow` says, or else from a private Valkey that is started with
            them; what asks this process, such as `on_static_request`, isn't asked. Not on Windows.
        metrics: Address and port at which `/metrics` is answered, for Prometheus; whoever gets there may read
            it. `pip install 'dzone-bot[metrics]'` brings what it needs.
        sockets: Listen on these, which are bound, and not at `host` and `port`.
        board: Where connections, handshakes and requests of an address are counted together with other
            processes of this machine.

    Raises:
        ValueError: for an address that is none.
        ModuleNotFoundError: if an address is given, and the package `redis` is not installed; or for workers
            where there can be none.
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
        publish_to: str | None = None,
        part: Part = WHOLE,
        follow: str | None = None,
        workers: int = 0,
        metrics: tuple[str, int] | None = None,
        sockets: Sequence[socket.socket] = (),
        board: Board | None = None,
    ) -> None:
        if workers and (said := crew.trouble(publish_to or follow)):
            raise ModuleNotFoundError(said)
        self.port = port
        self.host = host
        if provider is None:
            provider = MockDataProvider() if follow is None else EmptyProvider()
        self._provider = CallbackProvider(provider)
        self._limits = limits
        self._paces_old_clients = pace_old_clients
        self._exposure = exposure.bound_to(host)
        self._gate = Gate(limits, self._exposure, board)
        directory = Directory(on_changed=self._call_lobby, limits=limits)
        super().__init__(directory, Refresher(directory, self._provider, refresh_interval))
        self._refresh_interval = refresh_interval
        self._plane = Plane(
            directory, self._refresher, limits, publish_to=publish_to, follow=follow, part=part,
            leads=workers > 0,
        )  # fmt: skip
        self._crew = crew.Crew(workers, publish_to or follow) if workers else None
        self._plane.expect_more(lambda: self.expects_more_guilds)
        keeper = self._plane.keeper
        self._live = Live(self._directory, self._provider, self._refresher)
        self._whole = Whole(self._refresher, self._live, refresh_interval)
        self._health = health
        self._website = Website()
        self._exchange = Exchange(
            directory, self._website, self._gate.count, self._gate.households,
            follows=follow is not None and not workers,
        )  # fmt: skip
        self._exchange.colleagues.meet(part, self._plane.writers)
        self._plane.count_elsewhere(self._exchange.all_elsewhere, self._exchange.viewers_elsewhere)
        doorkeeper = Doorkeeper(self._new_guesses(), self._gate.count)
        self._admission = Admission(directory, keeper, doorkeeper, self._exchange.door)
        if limits.viewers_per_guild:
            self._admission.crowding = Crowding(
                limits.viewers_per_guild, self._gate.count, self._exchange.watching_elsewhere
            )
        probes = Health(keeper, self._live, self._is_filled).probes if health else {}
        self._website.probes = {**Counts(directory).probes, **probes}
        devices = Devices(secure=exposure.is_secure)
        self._reception = Reception(self._gate, self._website, devices, directory)
        self._pulse = Pulse()
        self._sessions = Sessions(self._admission)
        self._exchange.concern(self._admission, keeper, self._sessions)
        self._connection_class = connection_class(self._gate, exposure.certificate)
        self._readings = Readings(directory, self._gate, lambda: len(self._sessions), self._plane, self._crew)
        self._metrics = None if metrics is None else Metrics(metrics)
        self.measure(self._readings.read)
        self._tasks = Tasks(log, "the bridge")
        self._lobby = Lobby(directory, keeper, self._admission, self._sessions, self._tasks)
        self._keeper = keeper
        self._following: asyncio.Task[None] | None = None  # what the provider tells of changes
        self._sockets = sockets
        self._guests: Guests | None = None  # who is brought by an application around
        self._servers: list[Server] = []
        self._is_serving = False
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
    def documents(self) -> Mapping[str, Document]:
        """Documents that the page leads to, `privacy` and `terms`; `bridge.site.documents.read` reads one."""
        return self._website.documents

    @documents.setter
    def documents(self, documents: Mapping[str, Document]) -> None:
        self._website.documents = documents

    @property
    def connections(self) -> set[ServerConnection]:
        """The connections of everybody who is here now."""
        return set(self._sessions)

    @property
    def refusals(self) -> Mapping[str, int]:
        """What was refused since the start, by its reason, and how often."""
        return self._gate.tally.total

    def measure(self, source: Source) -> None:
        """Have `/metrics` tell as well what a source says whenever somebody reads it."""
        if self._metrics is not None:
            self._metrics.add(source)

    def counted(self) -> Counted:
        """Tell what this process has counted of those it serves."""
        return self._readings.counted()

    @property
    def expects_more_guilds(self) -> bool:
        """Whether guilds may be missing that will come by themselves, as after an owner's start.

        The owner sets it. Who asks for a guild that isn't there is told so, instead of that there is none.
        """
        return self._admission.expects_more_guilds

    @expects_more_guilds.setter
    def expects_more_guilds(self, expects: bool) -> None:
        self._admission.expects_more_guilds = expects
        self._plane.look()

    @property
    def is_serving(self) -> bool:
        """Whether the server listens."""
        return self._is_serving

    async def overview(self) -> Overview | None:
        """Ask what all servers that write to one place have together; None where this one is alone."""
        return await self._plane.overview()

    @property
    def is_alone(self) -> bool:
        """Whether no other server writes to the same place, each its own guilds."""
        return self._exchange.colleagues.is_alone

    async def ask_others(self, question: Mapping[str, Any], within: float = colleagues.PATIENCE) -> Others:
        """Ask all servers that write to the same place something, as their `on_question` answers it.

        Raises:
            bridge.errors.Silence: if it can't be known now which there are.
        """
        return await self._exchange.colleagues.ask(question, within)

    def on_question(self, callback: colleagues.Answer, secret: bytes) -> None:
        """Ask `callback(question)` what another server gets that asks so with `ask_others`.

        Question and answer are JSON objects. Only those with the same secret can read and write them.
        """
        require_async("on_question", callback)
        self._exchange.colleagues.use(callback, secret)

    async def start(self) -> None:
        """Start, and return as soon as the server listens. A script then needs something to wait for.

        Raises:
            OSError: if the port is in use or the host is not this machine's.
        """
        async with self._lifecycle:
            if self._is_serving:
                return
            await self._open()
            self._is_serving = True
            self._plane.start(self._tasks, self._exchange.start_over, self._on_list, self._exchange.heed)
            self._exchange.start(self._tasks, self._plane.url, self._plane.life)
            self._pulse.start()
            if self._plane.publishes:
                self._tasks.start(self._whole.keep(), "keeping all rooms current")
            self._follow_while_needed()
            self._tasks.start(self._warn_if_abandoned(), "noticing the end of the loop")
            self._tasks.start(self._lobby.look_for_rooms(self._refresh_interval), "looking for rooms")
            if self._exposure.certificate is not None:
                self._tasks.start(self._exposure.certificate.keep_current(), "renewing the certificate")
            if self._crew is not None:
                await self._crew.start(self._orders(self._crew.url))
            if not self._sockets and self._guests is None:
                scheme = "http" if self._exposure.certificate is None else "https"
                home.tell(scheme, self.host, self.port)

    def doors(self) -> list[socket.socket]:
        """Give the sockets on which the server listens once more, for a process that goes on in its place."""
        return [sock.dup() for server in self._servers for sock in server.sockets]

    async def let_go(self, is_patient: Callable[[], bool]) -> None:
        """Before a stop: let nobody new in, and have those here go to others one after another.

        They hear 1001 in portions, as long as `is_patient` says so; those who are still at the door, too.
        """
        close_doors(self._servers)
        self._exchange.let_go()
        for _ in range(LOOKS_AT_DOOR):
            await self._sessions.let_go(Goodbye.RESTART, self._directory.flush, is_patient)
            await asyncio.sleep(PAUSE)
            if not self._gate.alive or not is_patient():
                return

    async def has_rooms(self) -> None:
        """Return as soon as the guilds are known."""
        while True:
            with contextlib.suppress(ProviderError):
                return await self._keeper.refresh_servers()
            await asyncio.sleep(KNOCK_EVERY)

    async def stop(self) -> None:
        """Stop: nobody new gets in, those here hear 1001, and who doesn't answer is cut off."""
        async with self._lifecycle:
            if not self._is_serving:
                return
            self._pulse.stop()
            self._exchange.let_go()
            self._directory.flush()
            await hang_up(self._servers, self._gate)
            self._servers.clear()
            if self._metrics is not None:
                await self._metrics.stop()
            self._is_serving = False  # only now: a stop that was cut short can be finished by another
            self._plane.end()
            self._exchange.end()
            await self._tasks.stop()
            self._following = None
            await self._exchange.stop()
            await self._plane.stop()
            if self._crew is not None:
                await self._crew.stop()  # after the last words
            await self._refresher.stop()  # after those who might ask it
            log.info("stopped")

    async def renew_workers(self) -> None:
        """Replace the workers by new ones, one after the other. Viewers go on at another one."""
        if self._crew is not None and self._is_serving:
            await self._crew.renew()

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
        self._admission.doorkeeper.validate = callback

    def use_login(self, authority: Authority, secret: bytes) -> None:
        """Let people log in on our own page, at `/auth/login`.

        `secret` signs their cookies: those of another secret are worth nothing.

        Raises:
            ValueError: if the exposure has no `public_url`, to which they come back.
        """
        # With guesses of its own: who guesses passwords keeps nobody behind the same address from logging in.
        guesses, ended, count = self._new_guesses(), self._end_login, self._gate.count
        self._website.login = WebLogin(authority, secret, self._exposure, guesses, ended, count)
        self._admission.doorkeeper.authority = authority

    # Access that a login gave

    def logged_in(self, server: str | int) -> set[str]:
        """Name who watches a guild now because their login lets them."""
        return self._sessions.logged_in(self._room(server))

    def revoke(self, server: str | int, uid: str | int | Collection[str | int] | None = None) -> None:
        """Withdraw the access to a guild that a login gave to one, to several or to all; they hear so."""
        if isinstance(uid, str | int):
            uid = [uid]
        uids = None if uid is None else set(map(str, uid))
        if room := self._room(server):
            self._sessions.revoke(room, uids)
            self._exchange.withdraw(room, uids)

    def review(self, server: str | int) -> None:
        """Have other processes ask again whether those may watch a guild whom a login let in there."""
        if room := self._room(server):
            self._exchange.review(room)

    async def viewers_elsewhere(self, server: str | int) -> int:
        """Ask how many watch a guild at servers that only show it, as far as that can be known."""
        return self._exchange.viewers_elsewhere(str(server))

    # Inside of a web application

    def asgi(self) -> Mount:
        """Give an ASGI application that serves the page and viewers, to mount into another one.

        The server then has no port of its own. Start and stop it in the lifespan of the application around
        it; where this one is all there is, or hears of the lifespan, it does so itself.
        """
        return Mount(self._expect_guests().bring, self.start, self.stop)

    def aiohttp(self) -> Callable[[Any], Awaitable[Any]]:
        """Give the same for an application of aiohttp: a handler for a route such as `/zone/{tail:.*}`."""
        from bridge.site.mount_aiohttp import Handler  # noqa: PLC0415 - the bridge works without aiohttp

        return Handler(self._expect_guests().bring).serve

    def _expect_guests(self) -> Guests:
        self._guests = self._guests or Guests()
        return self._guests

    # Inside

    async def _open(self) -> None:
        """Listen for who reads metrics, and for viewers, or have workers do so.

        Raises:
            OSError: if a port is in use or an address is not this machine's.
        """
        if self._metrics is None:
            await self._open_to_viewers()
            return
        await self._metrics.start()
        try:
            await self._open_to_viewers()
        except OSError:
            await self._metrics.stop()
            raise

    async def _open_to_viewers(self) -> None:
        if self._crew is None:
            await self._listen()
        else:
            self.port = await self._crew.prepare(self.host, self.port)
            self._plane.carry(self._crew.url)

    async def _listen(self) -> None:
        asked, met = self._reception.answer, self._reception.meet
        kind, sockets = self._connection_class, self._sockets
        if self._guests is not None:
            kind, sockets = for_guests(kind, self._guests), [self._guests.open()]
        self._servers = await listen(self.host, self.port, kind, self._talk, asked, met, sockets=sockets)
        if self._guests is None:
            self.port = self._servers[0].sockets[0].getsockname()[1]

    def _orders(self, url: str) -> Orders:
        """Say how workers serve."""
        return Orders(
            host=self.host, limits=self._limits, exposure=self._exposure, health=self._health,
            pace_old_clients=self._paces_old_clients, static_dir=str(self.static_dir), follow=url,
            documents=self.documents,
            log_level=log.getEffectiveLevel(), debug_loop=current_limit(), counts=self._metrics is not None,
        )  # fmt: skip

    def _is_filled(self) -> bool:
        """Tell whether there is a world to see: one that others write may lack what some of them have."""
        return not self.expects_more_guilds or (self._plane.follows and bool(self._directory.rooms))

    def _call_lobby(self) -> None:
        self._lobby.call()

    def _end_login(self, key: str) -> None:
        self._sessions.end_login(key)
        self._exchange.end_login(key)

    def _on_list(self, expects_more: bool) -> None:  # noqa: FBT001 - a callback
        self._admission.expects_more_guilds = expects_more

    def _new_guesses(self) -> AddressGuesses:
        return AddressGuesses(self._limits.wrong_tries, LONGEST_WAIT)

    async def _talk(self, connection: Connection) -> None:
        """Hold one viewer's session."""
        visitor = self._reception.recognise(connection)
        seems_old = comes_from_browser(connection) if self._paces_old_clients else None
        connection.forget_handshake()
        session = Session(
            connection, visitor, self._directory, self._admission, self._keeper,
            gestures=self._exchange.gestures, seems_old=seems_old,
        )  # fmt: skip
        problem = self._gate.check_viewer(connection.address, len(self._sessions))
        if problem is not None:
            session.dismiss(Goodbye.FULL, problem)
            await connection.wait_closed()
            return
        self._sessions.join(connection, session)
        self._gate.seat(connection.address)
        self._pulse.follow(connection, session.outbox, session.dismiss)
        self._follow_while_needed()
        try:
            await session.run()
        finally:
            self._sessions.leave(connection)
            self._gate.unseat(connection.address)
            self._follow_while_needed()

    def _follow_while_needed(self) -> None:
        """Follow what the provider tells of changes while somebody is there to see it, here or elsewhere."""
        is_needed = self._sessions or self._plane.publishes
        if is_needed and self._following is None:
            self._following = self._tasks.start(self._live.follow(), "following the provider")
        elif self._following is not None and not is_needed:
            self._following.cancel()
            self._following = None

    async def _warn_if_abandoned(self) -> None:
        """Notice that the loop ends while the server still listens: a script forgot to wait."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._is_serving and not self._watched:
                log.warning(
                    "the script ended and took the server with it: end with `await server.run_forever()`"
                )
                close_doors(self._servers)
