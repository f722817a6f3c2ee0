"""Fetches the members that the gateway does not send by itself: one guild after another, with progress."""

import asyncio
import logging
from typing import Final

import discord

from bot.internals import forget_chunk_request, is_loaded

log = logging.getLogger(__name__)

PROGRESS: Final = 2.0  # seconds between two looks at how far a guild is
RETRY: Final = 2.0  # seconds until a guild whose members could not be fetched is tried again
PATIENCE: Final = 30.0  # seconds without a new member until the guild has to wait for another turn


class MemberLoader:
    """A queue of guilds whose offline members are to be fetched.

    While a guild fills up the client dispatches `members_loading` with it, in the end `members_loaded`.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._queue: dict[int, None] = {}  # guild ids in order; a set would lose it
        self._overdue: set[int] = set()  # guilds whose trouble is in the log
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def load(self, guild: discord.Guild) -> None:
        """Fetch a guild's members when its turn comes."""
        self._queue[guild.id] = None
        self._work.set()

    def is_loaded(self, guild: discord.Guild) -> bool:
        """Tell whether all of a guild's members have arrived."""
        return is_loaded(guild)

    def start(self) -> None:
        """Begin with the queue; once started this does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End in the middle of whatever is fetched."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            while self._queue:
                guild_id = next(iter(self._queue))
                del self._queue[guild_id]
                if (guild := self._client.get_guild(guild_id)) and not guild.unavailable:
                    await self._try_to_load(guild)
            self._work.clear()

    async def _try_to_load(self, guild: discord.Guild) -> None:
        try:
            await self._load(guild)
        except Exception:  # an edge: the other guilds must have their turn
            log.exception("the members of guild %s could not be loaded", guild.id)

    async def _load(self, guild: discord.Guild) -> None:
        request = asyncio.create_task(guild.chunk())
        try:
            complete = await self._follow(guild, request)
        except (discord.DiscordException, OSError) as error:
            self._later(guild, f"could not be requested: {error}")
            return
        finally:
            request.cancel()
        if not self._is_current(guild):
            forget_chunk_request(guild)  # a new session never answers what the old one was asked
            return
        if not complete:
            self._later(guild, f"did not come for {PATIENCE:.0f} s")
            return
        self._overdue.discard(guild.id)
        self._client.dispatch("members_loaded", guild)
        log.info("guild %s: all %d members are there", guild.id, len(guild.members))

    def _is_current(self, guild: discord.Guild) -> bool:
        """Tell whether the cache still holds this object: a new session or an outage replaces it."""
        return self._client.get_guild(guild.id) is guild

    def _later(self, guild: discord.Guild, why: str) -> None:
        if guild.id not in self._overdue:
            self._overdue.add(guild.id)
            log.warning("the members of guild %s %s; trying again until they do", guild.id, why)
        forget_chunk_request(guild)
        asyncio.get_running_loop().call_later(RETRY, self.load, guild)

    async def _follow(self, guild: discord.Guild, request: asyncio.Task[list[discord.Member]]) -> bool:
        """Show the guild as it fills up; tell whether all have come, or nobody comes any more."""
        count, waited = len(guild.members), 0.0
        while waited < PATIENCE and self._is_current(guild):
            await asyncio.wait({request}, timeout=PROGRESS)
            if request.done():
                request.result()  # raises what went wrong
                return True
            waited += PROGRESS
            if len(guild.members) > count:
                count, waited = len(guild.members), 0.0
                self._client.dispatch("members_loading", guild)
                log.info("guild %s: %d of %d members are there", guild.id, count, guild.member_count)
        return False
