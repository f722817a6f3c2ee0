"""Fetches the members that the gateway does not send by itself: one guild after another, with progress."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.internals import forget_chunk_request, hear_of_limits, is_loaded, nonce_of
from bridge.running.named import of_guild
from bridge.running.tasks import Tasks

log = logging.getLogger(__name__)

LOOK: Final = 0.1  # seconds between two looks whether all members are there
PROGRESS: Final = 2.0  # seconds between two looks at how far a guild is
RETRY: Final = 2.0  # seconds until a guild whose members could not be fetched is tried again
STALL: Final = 4.0  # seconds without a new member until the next guild has its turn as well
PATIENCE: Final = 30.0  # seconds without a new member until a guild is given up for now
EVERY: Final = 31.0  # seconds between two questions: Discord answers one in 30, by a clock of its own
SUMMARY: Final = 2.0  # seconds from the first guild that has to wait until it is told how many have to


class MemberLoader:
    """A queue of guilds whose offline members are to be fetched.

    While a guild fills up the client dispatches `members_loading` with it, in the end `members_loaded`.
    Without the intent for members that comes at once: those who are known are all that ever will be.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._queue: dict[int, None] = {}  # guild ids in order; a set would lose it
        self._waiting: dict[int, asyncio.TimerHandle] = {}  # guilds that go into the queue later
        self._free_at: dict[int, float] = {}  # when Discord will answer for a guild again
        self._turns: dict[int, _Turn] = {}  # guilds that are being fetched
        self._overdue: set[int] = set()  # guilds whose trouble is in the log
        self._limited: dict[int, float] | None = {}  # who waits for how many seconds; None once it is told
        self._work = asyncio.Event()
        self._tasks = Tasks(log, "the member loader")
        self._is_started = False
        hear_of_limits(client, self._limit)

    def load(self, guild: discord.Guild) -> None:
        """Fetch a guild's members when its turn comes, and Discord will answer."""
        if not self._client.intents.members:
            self._client.dispatch("members_loaded", guild)
            return
        wait = self._free_at.get(guild.id, 0.0) - asyncio.get_running_loop().time()
        if wait > 0:
            self._load_in(wait, guild)
        else:
            self._enqueue(guild.id)

    def is_loaded(self, guild: discord.Guild) -> bool:
        """Tell whether all of a guild's members have arrived: who isn't known is none."""
        return self._client.intents.members and is_loaded(guild)

    def expects_more(self, guild: discord.Guild) -> bool:
        """Tell whether members may arrive who aren't known yet."""
        return self._client.intents.members and not is_loaded(guild)

    def start(self) -> None:
        """Begin with the queue; once started this does nothing."""
        if not self._is_started:
            self._is_started = True
            self._tasks.start(self._run(), "fetching members")

    async def is_done(self) -> None:
        """Return when there is no guild any more whose members are to come."""
        while self._queue or self._waiting or self._turns:  # noqa: ASYNC110 - each has an end of its own
            await asyncio.sleep(LOOK)

    async def stop(self) -> None:
        """End in the middle of whatever is fetched."""
        self._is_started = False
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        await self._tasks.stop()

    def _enqueue(self, guild_id: int) -> None:
        if timer := self._waiting.pop(guild_id, None):
            timer.cancel()
        self._queue[guild_id] = None
        self._work.set()

    def _load_in(self, seconds: float, guild: discord.Guild) -> None:
        if timer := self._waiting.pop(guild.id, None):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._waiting[guild.id] = loop.call_later(seconds, self._enqueue, guild.id)

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            while self._queue:
                guild_id = next(iter(self._queue))
                del self._queue[guild_id]
                guild = self._client.get_guild(guild_id)
                if guild and not guild.unavailable and not self._is_at(guild):
                    await self._take_turn(guild)
            self._work.clear()

    async def _take_turn(self, guild: discord.Guild) -> None:
        """Fetch a guild's members. Others wait for it only as long as some come."""
        turn = _Turn(guild, asyncio.get_running_loop().create_future())
        self._turns[guild.id] = turn
        fetching = self._tasks.start(self._try(turn), f"fetching the members of guild {guild.id}")
        known = -1
        while not fetching.done() and len(guild.members) > known:
            known = len(guild.members)
            await asyncio.wait({fetching}, timeout=STALL)

    async def _try(self, turn: "_Turn") -> None:
        try:
            await self._load(turn)
        finally:
            if self._turns.get(turn.guild.id) is turn:
                del self._turns[turn.guild.id]

    async def _load(self, turn: "_Turn") -> None:
        guild = turn.guild
        self._free_at[guild.id] = asyncio.get_running_loop().time() + EVERY
        forget_chunk_request(guild)  # of a turn before: discord.py would wait for its answer, and ask nothing
        request = asyncio.create_task(guild.chunk())
        try:
            complete = await self._follow(turn, request)
        except (discord.DiscordException, OSError) as error:
            self._free_at.pop(guild.id, None)  # Discord hasn't heard the question
            self._later(guild, f"could not be requested: {error}")
            return
        finally:
            request.cancel()
        if turn.limited.done():
            self._wait(guild, turn.limited.result())
        elif not self._is_current(guild):
            pass  # what comes of it is no news of this object: its successor has a turn of its own
        elif not complete:
            self._later(guild, f"did not come for {PATIENCE:.0f} s")
        else:
            self._overdue.discard(guild.id)
            self._client.dispatch("members_loaded", guild)
            of_guild(log, guild.id).info("all %d members are there", len(guild.members))

    def _is_at(self, guild: discord.Guild) -> bool:
        """Tell whether this very object is being fetched."""
        turn = self._turns.get(guild.id)
        return turn is not None and turn.guild is guild

    def _is_current(self, guild: discord.Guild) -> bool:
        """Tell whether the cache still holds this object: a new session or an outage replaces it."""
        return self._client.get_guild(guild.id) is guild

    def _later(self, guild: discord.Guild, why: str) -> None:
        """Try again soon: Discord either didn't hear the question, or has had time to answer it."""
        if guild.id not in self._overdue:
            self._overdue.add(guild.id)
            of_guild(log, guild.id).warning("its members %s; trying again until they do", why)
        self._load_in(RETRY, guild)

    def _wait(self, guild: discord.Guild, seconds: float) -> None:
        """Ask again when Discord says so."""
        self._free_at[guild.id] = asyncio.get_running_loop().time() + seconds
        self._load_in(seconds, guild)
        of_guild(log, guild.id).debug("its members may be requested in %.1f s", seconds)
        if self._limited is not None:
            if not self._limited:
                asyncio.get_running_loop().call_later(SUMMARY, self._tell_of_limits)
            self._limited[guild.id] = seconds

    def _tell_of_limits(self) -> None:
        """Say once what it costs to be started again too soon."""
        limited, self._limited = self._limited or {}, None
        log.info(
            "Discord names all members of a guild only once in 30 seconds: %d guild(s) wait up to %.0f s; "
            "after a restart that is normal",
            len(limited),
            max(limited.values(), default=0.0),
        )

    def _limit(self, guild_id: int, nonce: str | None, seconds: float) -> None:
        """Discord refuses to name a guild's members now."""
        turn = self._turns.get(guild_id)
        if turn is not None and not turn.limited.done() and nonce in (None, nonce_of(turn.guild)):
            turn.limited.set_result(seconds)

    async def _follow(self, turn: "_Turn", request: asyncio.Task[list[discord.Member]]) -> bool:
        """Show the guild as it fills up; tell whether all have come, or nobody comes any more."""
        guild = turn.guild
        news: set[asyncio.Future[Any]] = {request, turn.limited}
        count, waited = len(guild.members), 0.0
        while waited < PATIENCE and self._is_current(guild):
            await asyncio.wait(news, timeout=PROGRESS, return_when=asyncio.FIRST_COMPLETED)
            if request.done():
                request.result()  # raises what went wrong
                return True
            if turn.limited.done():
                return False
            waited += PROGRESS
            if len(guild.members) > count:
                count, waited = len(guild.members), 0.0
                self._client.dispatch("members_loading", guild)
                of_guild(log, guild.id).info("%d of %d members are there", count, guild.member_count)
        return False


@dataclass(frozen=True, slots=True)
class _Turn:
    """A guild that is being fetched, and for how many seconds Discord wants not to be asked."""

    guild: discord.Guild
    limited: asyncio.Future[float]
