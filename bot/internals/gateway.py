"""discord.py's private parts, where it connects: shards, intents, and what the gateway limits."""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Final, Protocol

import discord
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.shard import EventItem, EventType, Shard

from bot.internals.backoff import LASTING, Backoff, Sessions
from bot.internals.commands import sensible
from bridge.backplane.parts import Part
from bridge.running.tasks import Tasks

if TYPE_CHECKING:
    from discord.types.gateway import SessionStartLimit

# ruff: noqa: SLF001 - that is what this module is for

REQUEST_MEMBERS: Final = 8  # the opcode
LONGEST_LIMIT: Final = 3600.0  # seconds; what asks to wait for longer is no limit of Discord's
IDENTIFY_PACE: Final = 5.0  # seconds between two identifies that Discord counts together
CONNECT_PATIENCE: Final = 60.0  # seconds for a connection and the turn to identify on it
DOORS: Final = 8  # connections that are opened at the same time; more would lose patience with their turn
HASTY: Final = 5.0  # seconds; a connection that ends sooner may end as soon again
MAX_SHORT: Final = 3  # such connections in a row, before we wait with the next
RESUMES: Final = 5  # tries to take up a session; then a new one begins, at the address that all use
INTENTS_REFUSED: Final = 4014  # close codes
NORMAL: Final = 1000

log = logging.getLogger(__name__)

Heard = Callable[[int, str | None, float], None]
Failed = Callable[[int, Exception, float], None]
Use = Callable[[], Awaitable[None]]


class Turns(Protocol):
    """Takes turns to identify with other processes of the same bot."""

    def hold(self, bucket: int, /) -> AbstractAsyncContextManager[Use]:
        """Wait for a turn of those that Discord counts together, and have it; call `use` to identify."""


def use_intents(client: discord.Client, intents: discord.Intents) -> None:
    """Connect with these intents from now on, and cache what fits them.

    discord.py reads them once, when it is made; which ones it may have is known only after the login.
    """
    state = client._connection
    state._intents = intents
    state.member_cache_flags = discord.MemberCacheFlags.from_intents(intents)
    if intents.members:
        vars(state).pop("store_user", None)
    else:
        state.store_user = state.store_user_no_intents  # type: ignore[method-assign]
    if not intents.presences:
        vars(state).pop("chunker", None)  # that of `ask_for_presences`, which Discord would refuse


def hear_of_limits(client: discord.Client, heard: Heard) -> None:
    """Tell `heard(guild_id, nonce, seconds)` when Discord won't name a guild's members before some time.

    discord.py doesn't know this event, and waits for an answer that never comes.
    """
    strange = False

    def parse(data: Any) -> None:
        nonlocal strange
        try:
            limit = _limit(data)
        except (LookupError, TypeError, ValueError):
            if not strange:
                log.warning("Discord limits something in a way that this bot doesn't know; passed over")
            strange = True
            return
        if limit is not None:
            heard(*limit)

    client._connection.parsers["RATE_LIMITED"] = parse


def _limit(data: Any) -> tuple[int, str | None, float] | None:
    """Read whose members may be asked for again when. None if it is about something else.

    Raises:
        LookupError, TypeError, ValueError: if it isn't what Discord says.
    """
    if data["opcode"] != REQUEST_MEMBERS:
        return None
    seconds, guild_id, nonce = data["retry_after"], data["meta"]["guild_id"], data["meta"].get("nonce")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError("retry_after is no number")
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_LIMIT:
        raise ValueError("retry_after is absurd")
    if not isinstance(guild_id, str | int) or not isinstance(nonce, str | None):
        raise TypeError("no id")
    return int(guild_id), nonce, float(seconds)


def nonce_of(guild: discord.Guild) -> str | None:
    """Return the mark of the request for members that is on its way."""
    request = guild._state._chunk_requests.get(guild.id)
    return request.nonce if request else None


def keep_ready_apart(client: commands.AutoShardedBot) -> None:
    """Let a shard that begins anew not spoil the beginning of the others.

    While not all are ready, discord.py then cancels what waits for the guilds of all of them: theirs would
    never be available, nor any that invites the bot later.
    """
    state = client._connection

    async def delay_ready() -> None:
        await asyncio.wait(set(state._ready_tasks.values()))
        state._ready_task = None
        state._ready_tasks = {}
        state.call_handlers("ready")
        state.dispatch("ready")

    state._delay_ready = delay_ready  # type: ignore[method-assign]


class Shards:
    """Connects the shards of a client apart from each other: one that can't delays none of the others.

    discord.py connects them one after the other and tries each for as long as it takes, and has all wait
    while one that was lost waits for its next try. `failed(shard_id, error, pause)` hears of each try that
    fails, and in how many seconds the next one is. `fewer_intents()` is asked when Discord refuses the
    intents: whether there are fewer now. Where other processes have the rest, the shards are those of a
    `part`, and `turns` are shared with them.
    """

    def __init__(
        self,
        client: commands.AutoShardedBot,
        failed: Failed,
        fewer_intents: Callable[[], Awaitable[bool]],
        part: Part | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.client = client
        self.tasks = Tasks(log, "the gateway")
        self.doors = asyncio.Semaphore(DOORS)
        self.sessions = Sessions()
        self.failed = failed
        self._fewer_intents = fewer_intents
        self._asking = asyncio.Lock()
        self._part = part
        self._shared = turns
        self._uses: dict[int, Use] = {}  # what shards that have a shared turn call to use it
        self._turns = [_Turn()]
        client.launch_shards = self.launch  # type: ignore[method-assign]
        client.before_identify_hook = self._wait_for_turn  # type: ignore[method-assign]

    @property
    def ids(self) -> Sequence[int]:
        """The shards that this process connects."""
        return self.client._connection.shard_ids or range(self.client.shard_count or 1)

    @property
    def intents(self) -> int:
        """The intents that a shard connects with now."""
        return self.client._connection._intents.value

    def put(self, item: EventItem) -> None:
        """Tell the client what became of a shard."""
        self.client._AutoShardedClient__queue.put_nowait(item)  # type: ignore[attr-defined]

    async def launch(self) -> None:
        """Connect the shards of our part, or else as many as Discord advises; don't wait for any."""
        client = self.client
        if client.is_closed():
            return
        count, url, limits = await sensible(client.http.get_bot_gateway())
        if self._part is not None:
            _compare(count, self._part)
            count = self._part.total
        ids = range(count) if self._part is None else self._part.shards
        client.shard_count = client._connection.shard_count = count
        client._connection.shard_ids = ids
        self._turns = [_Turn() for _ in range(max(1, limits["max_concurrency"]))]
        self._count_sessions(limits, len(ids), len(ids) / count)
        for shard_id in ids:
            self.tasks.start(self._connect(yarl.URL(url), shard_id), f"connecting shard {shard_id}")

    def _count_sessions(self, limits: "SessionStartLimit", shards: int, share: float) -> None:
        """Know how many sessions may begin; a day's are those of all processes, and each has its share."""
        now, resets_in = asyncio.get_running_loop().time(), limits.get("reset_after", 0) / 1000
        left = limits.get("remaining", limits["total"])
        self.sessions = Sessions(max(limits["total"] * share, shards * 2))
        self.sessions.expect(now, left * share, resets_in, shards)
        if (pause := self.sessions.wait(now)) > 0:
            log.warning(
                "Discord lets this bot connect only %d more times within %.0f min, or resets its token;"
                " connecting in %.0f s. Is it started again and again?",
                left,
                resets_in / 60,
                pause,
            )

    async def _connect(self, gateway: yarl.URL, shard_id: int) -> None:
        backoff = Backoff()
        while True:
            await self.wait_for_session()
            try:
                async with self.turn(shard_id), self.doors, asyncio.timeout(CONNECT_PATIENCE):
                    ws = await DiscordWebSocket.from_client(self.client, gateway=gateway, shard_id=shard_id)
            except Exception as error:  # noqa: BLE001 - an edge: whatever it is, it is no other shard's
                pause = backoff.delay()
                self.failed(shard_id, error, pause)
                await asyncio.sleep(pause)
            else:
                shard = _ApartShard(ws, self)
                self.client._AutoShardedClient__shards[shard_id] = shard  # type: ignore[attr-defined]
                shard.launch()
                return

    async def _wait_for_turn(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002
        shard_id = shard_id or 0
        await self._turns[shard_id % len(self._turns)].take()
        if use := self._uses.get(shard_id):
            await use()
        self.sessions.note(asyncio.get_running_loop().time())

    @contextlib.asynccontextmanager
    async def turn(self, shard_id: int) -> AsyncIterator[None]:
        """Have the turn of a shard to identify, as far as other processes have to do with it.

        It is taken before connecting: a connection would lose patience.
        """
        if self._shared is None:
            yield
            return
        async with self._shared.hold(shard_id % len(self._turns)) as use:
            self._uses[shard_id] = use
            try:
                yield
            finally:
                del self._uses[shard_id]

    async def wait_for_session(self) -> None:
        """Wait until one more session may begin."""
        await asyncio.sleep(self.sessions.wait(asyncio.get_running_loop().time()))

    async def mind_intents(self, shard: "_ApartShard", error: Exception) -> None:
        """Let a shard whose intents were refused connect with fewer, if there are; else end the client."""
        async with self._asking:
            fewer = self.intents != shard.identified_with or await self._fewer_intents()
        if fewer:
            self.put(EventItem(EventType.reconnect, shard, error))
        else:
            self.put(EventItem(EventType.terminate, shard, discord.PrivilegedIntentsRequired(shard.id)))


def _compare(advised: int, part: Part) -> None:
    """Say when Discord advises more shards than there are: some day it demands them."""
    if advised > part.total:
        log.warning("Discord advises %d shards, and SHARDS is %s; think of a larger total", advised, part)


class _Turn:
    """Whose turn it is to identify: one at a time, and not too soon after another."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._free_at = -math.inf

    async def take(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._lock:
            await asyncio.sleep(max(0.0, self._free_at - loop.time()))
            self._free_at = loop.time() + IDENTIFY_PACE


class _ApartShard(Shard):
    """A shard that waits for its next try by itself, and not in the client's way."""

    def __init__(self, ws: DiscordWebSocket, shards: Shards) -> None:
        super().__init__(ws, shards.client, shards.put)
        self._shards = shards
        self._pauses = Backoff()
        self._connected_at = 0.0
        self._is_connected = False
        self._short = 0  # connections in a row that ended soon
        self._resumes = 0  # tries since there was a connection
        self.identified_with = shards.intents

    def launch(self) -> None:
        self.identified_with = self._shards.intents
        self._connected_at = asyncio.get_running_loop().time()
        self._is_connected = True
        self._resumes = 0
        super().launch()

    async def reidentify(self, exc: ReconnectWebSocket) -> None:
        self._start(self._begin_again(exc))

    async def reconnect(self) -> None:
        self._start(self._come_back())

    async def _begin_again(self, exc: ReconnectWebSocket) -> None:
        if self.ws.session_id is None:  # what never was a session, or is none any more, can't be resumed
            exc = ReconnectWebSocket(self.id, resume=False)
            await asyncio.sleep(self._pause(ConnectionAbortedError("no session began")))
            await self._shards.wait_for_session()
        elif self._is_hasty():  # or we would come and go without end
            await asyncio.sleep(self._pauses.delay())
        async with self._turn(resume=exc.resume), self._shards.doors:
            self._dispatch("disconnect")
            self._dispatch("shard_disconnect", self.id)
            await self._open(resume=exc.resume)

    async def _come_back(self) -> None:
        """Take up the session where it was: what happened meanwhile is told then, and it costs nothing."""
        self._resumes += 1
        resume = self.ws.session_id is not None and self._resumes < RESUMES
        if not resume:
            await self._shards.wait_for_session()
        async with self._turn(resume=resume), self._shards.doors:
            await self._open(resume=resume)

    async def _open(self, *, resume: bool) -> None:
        """Connect; whatever goes wrong, there is another try.

        Where Discord hangs up before it has greeted, as in some outages, discord.py tries again without a
        pause, or ends the client.
        """
        self._cancel_task()
        known: dict[str, Any] = (
            {"gateway": self.ws.gateway, "session": self.ws.session_id, "sequence": self.ws.sequence}
            if resume
            else {}
        )
        try:
            async with asyncio.timeout(CONNECT_PATIENCE):
                self.ws = await DiscordWebSocket.from_client(
                    self._client, shard_id=self.id, resume=resume, **known
                )
        except ReconnectWebSocket:
            await self._handle_disconnect(ConnectionAbortedError("it hung up before it greeted"))
        except Exception as error:  # noqa: BLE001 - an edge, as at the first try
            await self._handle_disconnect(error)
        else:
            self.launch()

    def _turn(self, *, resume: bool) -> AbstractAsyncContextManager[None]:
        """Have a turn to identify; who takes up a session needs none."""
        return contextlib.nullcontext() if resume else self._shards.turn(self.id)

    async def _handle_disconnect(self, e: Exception) -> None:
        if isinstance(e, discord.ConnectionClosed) and e.code == INTENTS_REFUSED:
            self._start(self._shards.mind_intents(self, e))
        elif isinstance(e, discord.ConnectionClosed) and e.code != NORMAL:
            await super()._handle_disconnect(e)  # which ends the client
        else:
            self._start(self._try_later(e))

    async def _try_later(self, error: Exception) -> None:
        self._dispatch("disconnect")
        self._dispatch("shard_disconnect", self.id)
        await asyncio.sleep(self._pause(error))
        self._shards.put(EventItem(EventType.reconnect, self, error))

    def _pause(self, error: Exception) -> float:
        """Tell for how long to wait until the next try; a connection that was a good one was no try."""
        lasted = self._lasted()
        self._is_connected = False
        pause = self._pauses.delay(lasted)
        if lasted < LASTING:
            self._shards.failed(self.id, error, pause)
        return pause

    def _is_hasty(self) -> bool:
        """Tell whether the last connections were good for nothing, and there were several of them."""
        self._short = self._short + 1 if self._lasted() < HASTY else 0
        return self._short > MAX_SHORT

    def _lasted(self) -> float:
        return asyncio.get_running_loop().time() - self._connected_at if self._is_connected else 0.0

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._shards.tasks.start(work, f"reconnecting shard {self.id}")
