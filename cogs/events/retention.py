"""What is stored of a guild that removed the bot is kept for a while, for it may come back; then deleted."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
from discord.ext import commands, tasks

from bridge.running.named import of_guild
from cogs.needs import Departures
from cogs.settings import NotSaved

KEPT: Final = timedelta(days=30)

log = logging.getLogger(__name__)


class Retention(commands.Cog):
    """Notes which guilds are gone, and forgets them when their time has come.

    Where the bot is several processes, `has` tells which guilds are this one's: it can't know of others.
    """

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        departures: Departures,
        has: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self._bot = bot
        self._departures = departures
        self._has = has

    async def cog_unload(self) -> None:
        """Look no more."""
        self.forget.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Guilds may have removed the bot while it was not running; now all that have it are known."""
        for guild_id in self._departures.guild_ids - {guild.id for guild in self._bot.guilds}:
            if self._has(guild_id):
                await self._note_left(guild_id)
        if not self.forget.is_running():
            self.forget.start()

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """The bot is in a guild, perhaps again."""
        try:
            await self._departures.note_joined(guild.id)
        except NotSaved as error:
            of_guild(log, guild.id).warning("that it is back could not be stored: %s", error)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Somebody invited the bot, perhaps again."""
        await self.on_guild_available(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A guild removed the bot."""
        await self._note_left(guild.id)

    @tasks.loop(hours=24)
    async def forget(self) -> None:
        """Forget the guilds whose time has come."""
        try:
            await self._forget()
        except Exception:  # an edge: what goes wrong today is no reason to keep everything for ever
            log.exception("guilds that removed the bot could not be forgotten, tomorrow again")

    async def _forget(self) -> None:
        try:
            for guild in self._bot.guilds:  # also those whose return was not told or could not be stored
                await self._departures.note_joined(guild.id)
            gone = await self._departures.forget_left_before(datetime.now(UTC) - KEPT, self._has)
        except NotSaved as error:
            log.warning("guilds that removed the bot could not be forgotten, tomorrow again: %s", error)
            return
        for guild_id in gone:
            of_guild(log, guild_id).info("removed the bot %d days ago: its settings are deleted", KEPT.days)

    async def _note_left(self, guild_id: int) -> None:
        try:
            await self._departures.note_left(guild_id, datetime.now(UTC))
        except NotSaved as error:
            of_guild(log, guild_id).warning("that it removed the bot could not be stored: %s", error)
