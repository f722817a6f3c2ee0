"""The loopback Discord's gateway: sessions that outlive their connections, and the connections."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.e2e.compression import compressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.e2e.guild import Guild, Member
    from tests.e2e.model import Payload, User
    from tests.e2e.waiting import Bell

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME = 0, 1, 2, 3, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 7, 8, 9, 10, 11
VOICE_STATE, REQUEST_CHANNEL_INFO = 4, 43

BAD_OPCODE, BAD_TOKEN, BAD_SHARD, TOO_FEW_SHARDS, BAD_INTENTS = 4001, 4004, 4010, 4011, 4014
STARTS_A_DAY = 1_000
HEARTBEAT_MS = 41_250
CHUNK = 1_000  # members to a chunk

GUILDS, MEMBERS, MODERATION, VOICE_STATES, PRESENCES = 1 << 0, 1 << 1, 1 << 2, 1 << 7, 1 << 8
EVENTS = 1 << 16
MESSAGES, REACTIONS, TYPING, DIRECT_MESSAGES, CONTENT = 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 15
PRIVILEGED = {"members": MEMBERS, "presences": PRESENCES, "message_content": CONTENT}

NEEDS = {
    "GUILD_MEMBER_ADD": MEMBERS,
    "GUILD_MEMBER_UPDATE": MEMBERS,
    "GUILD_MEMBER_REMOVE": MEMBERS,
    "GUILD_BAN_ADD": MODERATION,
    "PRESENCE_UPDATE": PRESENCES,
    "VOICE_STATE_UPDATE": VOICE_STATES,
    "MESSAGE_CREATE": MESSAGES,
    "MESSAGE_UPDATE": MESSAGES,
    "MESSAGE_DELETE": MESSAGES,
    "MESSAGE_DELETE_BULK": MESSAGES,
    "MESSAGE_REACTION_ADD": REACTIONS,
    "MESSAGE_REACTION_REMOVE": REACTIONS,
    "TYPING_START": TYPING,
    "GUILD_SCHEDULED_EVENT_CREATE": EVENTS,
    "GUILD_SCHEDULED_EVENT_UPDATE": EVENTS,
    "GUILD_SCHEDULED_EVENT_DELETE": EVENTS,
    "GUILD_MEMBERS_CHUNK": 0,
    "RATE_LIMITED": 0,
    "CHANNEL_INFO": 0,
    "INTERACTION_CREATE": 0,
    "READY": 0,
    "RESUMED": 0,
}
"""The intent without which a session never hears of an event; GUILDS for those not named here."""


class Connection:
    """One gateway socket. Nothing that is sent waits for the client: a pump writes it out in order."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport, compress: str | None
    ) -> None:
        self.session: Session | None = None
        self.heard = 0
        """The number of the last event that the client had heard when it sent a heartbeat."""
        self._socket = socket
        self.transport = transport
        self._compress = compressor(compress)
        self._outgoing: asyncio.Queue[str | int] = asyncio.Queue()

    def send(self, text: str) -> None:
        """Queue a frame."""
        self._outgoing.put_nowait(text)

    def close(self, code: int) -> None:
        """Queue the close frame."""
        self._outgoing.put_nowait(code)

    def abort(self) -> None:
        """Cut the TCP connection: no close frame, and what is queued is lost."""
        self.transport.abort()

    async def pump(self) -> int | None:
        """Write out what is queued; return the code to close with, or None if the socket is gone."""
        with suppress(ConnectionError):
            while isinstance(text := await self._outgoing.get(), str):
                if self._compress is None:
                    await self._socket.send_str(text)
                else:
                    await self._socket.send_bytes(self._compress(text.encode()))
            return text
        return None


class Session:
    """What `READY` begins: a numbered stream of events, kept for a client that comes back for them."""

    def __init__(self, connection: Connection, shard: tuple[int, int], intents: int, me: User) -> None:
        self._me = me
        self.id = secrets.token_hex(16)
        self.shard = shard
        self.intents = intents
        self.connection: Connection | None = connection
        self._events: list[str] = []

    @property
    def told(self) -> int:
        """The number of the last event."""
        return len(self._events)

    def hears_of(self, guild: Guild | None) -> bool:
        """Tell whether a guild's events come to this session's shard; direct messages come to shard 0."""
        shard, count = self.shard
        return shard == ((guild.id >> 22) % count if guild else 0)

    def dispatch(self, event: str, data: Payload, *, needs: int | None = None) -> None:
        """Send an event if the intents cover it; keep it for a resume in any case."""
        needed = NEEDS.get(event, GUILDS) if needs is None else needs
        if needed and not self.intents & needed:
            return
        if "content" in data and not self.intents & CONTENT and not self._may_read(data):
            data = data | {"content": "", "attachments": [], "embeds": [], "components": []}
            data.pop("poll", None)
        self.send(event, data)

    def send(self, event: object, data: object) -> None:
        """Send an event as it is."""
        frame = json.dumps({"op": DISPATCH, "t": event, "s": len(self._events) + 1, "d": data})
        self._events.append(frame)
        if self.connection is not None:
            self.connection.send(frame)

    def create(self, guild: Guild, **more: object) -> None:
        """Tell of a guild, as much as the intents cover."""
        may = {"presences": bool(self.intents & PRESENCES), "members": bool(self.intents & MEMBERS)}
        may["events"] = bool(self.intents & EVENTS)
        self.dispatch("GUILD_CREATE", guild.payload(self._me, **may) | more)

    def _may_read(self, message: Payload) -> bool:
        """Tell whether a message is one whose words every bot gets: to it, of it, or in private."""
        mine = {user["id"] for user in (message["author"], *message["mentions"])}
        return "guild_id" not in message or str(self._me.id) in mine

    def replay(self, after: int) -> None:
        """Send again what came after the event numbered `after`."""
        assert self.connection is not None
        for frame in self._events[after:]:
            self.connection.send(frame)


class Gateway:
    """Serves gateway sockets. What happens in the world is dispatched to every session that hears of it."""

    def __init__(  # noqa: PLR0915 - a list of what may be asked of it
        self, me: User, guilds: dict[int, Guild], allowed: set[str], bell: Bell
    ) -> None:
        self.token = ""
        self.url = ""
        self.identifies: list[Payload] = []
        """The data of every identify, in order."""
        self.resumes: list[Payload] = []
        """The data of every resume that was granted."""
        self.member_requests: list[Payload] = []
        """The data of every request for members."""
        self.info_requests: list[Payload] = []
        """The data of every request for channel info."""
        self.accepted = 0
        """How many connections there have been in all."""
        self.refusing = False
        """Whether new connections are turned away, as during an outage."""
        self.slams = 0
        """How many connections are taken, and ended before a word is said or in place of the first one."""
        self.refused_intents: set[str] = set()
        """Privileged intents that are refused although the application's flags say that they are on."""
        self.max_concurrency = 1
        """How many identifies there may be at once: one for each remainder of shards by it."""
        self.identify_every = 5.0
        """For how many seconds there is one identify of those that are counted together.

        A shard that comes again is taken for one that took its time: tests start bots sooner than people do.
        """
        self.starts = STARTS_A_DAY
        """How many sessions may begin; at the next one, all end and the token is reset."""
        self.resets_in = 14_400.0
        """In how many seconds there are as many as ever, as Discord says."""
        self.guilds_per_shard = 2_500
        """How many guilds a shard may have; whoever comes with more has to split them."""
        self.hasty: list[int] = []
        """The shards that identified too soon after another, in order."""
        self.on_identify: Callable[[], object] = lambda: None
        """Called before each identify is answered."""
        self.refused_shards: set[int] = set()
        """Shards that get no session: their connection is cut as soon as they identify."""
        self.refusals = 0
        self.members_every = 30.0
        """For how many seconds all members of a guild are told only once; whoever asks again hears when."""
        self.limits: list[int] = []
        """The guilds whose members were asked for too soon, in order."""
        self.connections: list[Connection] = []
        self.sessions: dict[str, Session] = {}
        self._me = me
        self._guilds = guilds
        self._allowed = allowed
        self._bell = bell
        self.beginning: Callable[[Payload], Payload] = dict
        """What is made of a `READY` before it is sent."""
        self._withheld: list[Callable[[], None]] | None = None
        self._withheld_guilds: list[tuple[Session, Guild]] | None = None
        self._asked_at: dict[int, float] = {}
        self._identified: dict[int, tuple[float, int]] = {}
        self._remaining: dict[int, float] = {}

    @property
    def turns_away(self) -> bool:
        """Whether some of those who come now get no session."""
        return self.refusing or bool(self.refused_shards)

    def limit_members(self, guild: Guild, seconds: float) -> None:
        """Refuse the next request for all members of a guild: that many seconds are left, counted from it."""
        self._remaining[guild.id] = seconds

    def create_guild(self, guild: Guild, **more: object) -> None:
        """Tell of a guild that is there now."""
        for session in self.sessions.values():
            if session.hears_of(guild):
                session.create(guild, **more)

    def withhold_guilds(self) -> None:
        """Tell new sessions only the ids of their guilds, until `release_guild`."""
        self._withheld_guilds = []

    def release_guild(self, guild: Guild) -> None:
        """Tell of a guild that was withheld."""
        for session, withheld in self._withheld_guilds or ():
            if withheld is guild and session in self.sessions.values():
                session.create(guild, unavailable=False)

    def dispatch(self, guild: Guild | None, event: str, data: Payload, *, needs: int | None = None) -> None:
        """Send an event of a guild (of none: a direct message) to the sessions that hear of it.

        Of what happens in a channel that the bot may not view, nobody hears.
        """
        channel = guild.channels.get(int(data.get("channel_id") or 0)) if guild else None
        if channel is not None and channel.is_unseen() and event != "VOICE_STATE_UPDATE":
            return
        for session in self.sessions.values():
            if session.hears_of(guild):
                session.dispatch(event, data, needs=needs)

    def inject(self, event: object, data: object) -> None:
        """Send every session something that no Discord should."""
        for session in self.sessions.values():
            session.send(event, data)

    def scrawl(self, text: str) -> None:
        """Send every client a frame that is no event at all."""
        for connection in self.connections:
            connection.send(text)

    def withhold_members(self) -> None:
        """Answer no request for members until `release_members`."""
        self._withheld = []

    def release_members(self) -> None:
        """Answer the requests that were withheld, and from now on every one at once."""
        answers, self._withheld = self._withheld or [], None
        for answer in answers:
            answer()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Host one socket from hello to close."""
        if self.refusing:
            self.refusals += 1
            self._bell.ring()
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        connection = Connection(socket, request.transport, request.query.get("compress"))
        self.connections.append(connection)
        self.accepted += 1
        if self.slams > 0:
            return await self._slam(connection, socket)
        self._send(connection, HELLO, {"heartbeat_interval": HEARTBEAT_MS, "_trace": ["loopback"]})
        self._bell.ring()
        pump = asyncio.create_task(connection.pump())
        reading = asyncio.create_task(self._read(connection, socket))
        try:
            await asyncio.wait({pump, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            elif (code := pump.result()) is not None:
                # Nobody else may read now: close() waits for the client's own close frame, as Discord does.
                # Without that wait discord.py answers into a closed connection, and forgets the code.
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                await socket.close(code=code)
        finally:
            for task in (pump, reading):
                task.cancel()
            await asyncio.gather(pump, reading, return_exceptions=True)
            if connection.session is not None and connection.session.connection is connection:
                connection.session.connection = None
            self.connections.remove(connection)
            self._bell.ring()
        return socket

    async def _slam(self, connection: Connection, socket: web.WebSocketResponse) -> web.StreamResponse:
        """Hang up at once; now and then with the wish that the client come again."""
        self.slams -= 1
        self.connections.remove(connection)
        if self.slams % 2:
            await socket.send_str(json.dumps({"op": RECONNECT, "d": None, "s": None, "t": None}))
        await socket.close(code=1001)
        self._bell.ring()
        return socket

    async def _read(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                self._receive(connection, json.loads(frame.data))
                self._bell.ring()

    def _send(self, connection: Connection, op: int, data: object) -> None:
        connection.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def ask_to_reconnect(self) -> None:
        """Ask every client to connect again and resume (op 7)."""
        for connection in self.connections:
            self._send(connection, RECONNECT, None)

    async def hear_beats(self) -> None:
        """Ask every client for a heartbeat (op 1), and return when those that are still there have sent it.

        By then they have also heard what Discord told or answered them before: a heartbeat names the last
        event, so that one which was on its way already is not taken for it.
        """
        told = {each: each.session.told for each in self.connections if each.session is not None}
        for connection in told:
            self._send(connection, HEARTBEAT, None)
        await self._bell.until(
            lambda: all(each.heard >= told.get(each, 0) for each in self.connections),
            lambda: "a heartbeat of each client",
        )

    def invalidate(self, *, resumable: bool) -> None:
        """Tell every client that its session is invalid (op 9); forget it unless it may be resumed."""
        if not resumable:
            self.sessions.clear()
        for connection in self.connections:
            self._send(connection, INVALID_SESSION, resumable)

    def _receive(self, connection: Connection, payload: Payload) -> None:
        op, data = payload["op"], payload["d"]
        if op == HEARTBEAT:
            connection.heard = data or 0
            self._send(connection, ACK, None)
        elif op == IDENTIFY:
            self._identify(connection, data)
        elif op == RESUME:
            self._resume(connection, data)
        elif op == REQUEST_MEMBERS:
            self.member_requests.append(data)
            if not self._may_ask(connection, data):
                connection.close(BAD_INTENTS)
            elif (wait := self._must_wait(data)) > 0:
                self._limit(connection, data, wait)
            elif self._withheld is None:
                self._answer_members(connection, data)
            else:
                self._withheld.append(lambda: self._answer_members(connection, data))
        elif op == REQUEST_CHANNEL_INFO:
            self.info_requests.append(data)
            self._answer_info(connection, data)
        elif op not in {PRESENCE, VOICE_STATE}:
            connection.close(BAD_OPCODE)

    def _identify(self, connection: Connection, data: Payload) -> None:
        shard, count = data.get("shard") or (0, 1)
        if shard in self.refused_shards:
            self.refusals += 1
            return connection.abort()
        self.identifies.append(data)
        intents = data["intents"]
        if len(self.identifies) > self.starts:
            self._reset_token()
        if data["token"] != self.token:
            return connection.close(BAD_TOKEN)
        if not 0 <= shard < count:
            return connection.close(BAD_SHARD)
        if sum((guild_id >> 22) % count == shard for guild_id in self._guilds) > self.guilds_per_shard:
            return connection.close(TOO_FEW_SHARDS)
        if self._is_hasty(shard):
            self.hasty.append(shard)
            return self._send(connection, INVALID_SESSION, False)
        self.on_identify()
        granted = self._allowed - self.refused_intents
        if any(intents & bit for name, bit in PRIVILEGED.items() if name not in granted):
            return connection.close(BAD_INTENTS)
        return self._begin(Session(connection, (shard, count), intents, self._me), connection)

    def _begin(self, session: Session, connection: Connection) -> None:
        connection.session = self.sessions[session.id] = session
        guilds = [guild for guild in self._guilds.values() if session.hears_of(guild)]
        session.dispatch("READY", self.beginning(self._ready(session, guilds)))
        for guild in guilds:
            if guild.available and self._withheld_guilds is not None:
                self._withheld_guilds.append((session, guild))
            elif guild.available:
                session.create(guild, unavailable=False)

    def _reset_token(self) -> None:
        """Do what Discord does to a bot that begins too many sessions; its owner gets an email."""
        self.token = "a new one"
        self.sessions.clear()
        for other in self.connections:
            other.close(BAD_TOKEN)

    def _is_hasty(self, shard: int) -> bool:
        """Tell whether an identify comes too soon after another that is counted together with it."""
        now, bucket = asyncio.get_running_loop().time(), shard % self.max_concurrency
        before, other = self._identified.get(bucket, (-math.inf, shard))
        self._identified[bucket] = now, shard
        return other != shard and now - before < self.identify_every

    def start_limit(self) -> Payload:
        """Tell how many sessions may begin, as `GET /gateway/bot` does."""
        return {
            "total": STARTS_A_DAY,
            "remaining": max(0, self.starts - len(self.identifies)),
            "reset_after": int(self.resets_in * 1000),
            "max_concurrency": self.max_concurrency,
        }

    def _ready(self, session: Session, guilds: Iterable[Guild]) -> Payload:
        return {
            "v": 10,
            "user": self._me.payload() | {"verified": True, "mfa_enabled": True, "email": None, "flags": 0},
            "guilds": [guild.stub() for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(self._me.id), "flags": 0},
            "private_channels": [],
            "relationships": [],
            "user_settings": {},
            "_trace": ["loopback"],
        }

    def _resume(self, connection: Connection, data: Payload) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self.token:
            self._send(connection, INVALID_SESSION, False)
            return
        if session.connection is not None:
            session.connection.abort()
        session.connection, connection.session = connection, session
        session.replay(data["seq"])
        session.dispatch("RESUMED", {"_trace": ["loopback"]})
        self.resumes.append(data)

    def _may_ask(self, connection: Connection, data: Payload) -> bool:
        """Tell whether a session's intents cover the members, or presences, that it asks for."""
        intents = connection.session.intents if connection.session else 0
        whole = "user_ids" not in data and not data.get("query")
        needed = MEMBERS * whole | PRESENCES * bool(data.get("presences"))
        return intents & needed == needed

    def _must_wait(self, data: Payload) -> float:
        """Tell for how long a guild's members won't be told again; note the request if they are told now."""
        if "user_ids" in data or data.get("query"):
            return 0.0
        now, guild_id = asyncio.get_running_loop().time(), int(data["guild_id"])
        if (remaining := self._remaining.pop(guild_id, None)) is not None:
            self._asked_at[guild_id] = now + remaining - self.members_every
        wait = self._asked_at.get(guild_id, -math.inf) + self.members_every - now
        if wait <= 0:
            self._asked_at[guild_id] = now
        return wait

    def _limit(self, connection: Connection, data: Payload, wait: float) -> None:
        self.limits.append(int(data["guild_id"]))
        meta = {"guild_id": data["guild_id"], "nonce": data.get("nonce")}
        limit = {"opcode": REQUEST_MEMBERS, "retry_after": wait, "meta": meta}
        if connection.session is not None:
            connection.session.dispatch("RATE_LIMITED", limit)

    def _answer_info(self, connection: Connection, data: Payload) -> None:
        session, guild = connection.session, self._guilds.get(int(data["guild_id"]))
        if session is None or session.connection is not connection or guild is None or not guild.available:
            return
        known = [channel for channel in guild.channels.values() if channel.status is not None]
        answer = [{"id": str(channel.id), "status": channel.status} for channel in known]
        session.dispatch(
            "CHANNEL_INFO",
            {"guild_id": str(guild.id), "channels": answer if "status" in data["fields"] else []},
        )

    def _answer_members(self, connection: Connection, data: Payload) -> None:
        session, guild = connection.session, self._guilds.get(int(data["guild_id"]))
        if session is None or session.connection is not connection or guild is None:
            return
        wanted, missing = _wanted(guild, data)
        chunks = [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)] or [[]]
        for index, members in enumerate(chunks):
            chunk: Payload = {
                "guild_id": str(guild.id),
                "members": [member.payload() for member in members],
                "chunk_index": index,
                "chunk_count": len(chunks),
            }
            if data.get("presences"):
                chunk["presences"] = [member.presence() for member in members if member.is_online()]
            if missing:
                chunk["not_found"] = missing
            if "nonce" in data:
                chunk["nonce"] = data["nonce"]
            session.dispatch("GUILD_MEMBERS_CHUNK", chunk)


def _wanted(guild: Guild, request: Payload) -> tuple[list[Member], list[str]]:
    """Return the members that a request asks for, and the ids among those it names that are no members."""
    limit = request.get("limit") or None
    if "user_ids" in request:
        named = request["user_ids"]
        ids = [int(uid) for uid in (named if isinstance(named, list) else [named])]
        return [guild.members[uid] for uid in ids if uid in guild.members], [
            str(uid) for uid in ids if uid not in guild.members
        ]
    prefix = request.get("query", "").lower()
    found = [
        member
        for member in guild.members.values()
        if member.user.username.lower().startswith(prefix) or (member.nick or "").lower().startswith(prefix)
    ]
    return found[:limit], []
