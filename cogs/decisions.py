"""A decision is stored, and then holds at once: also for what rooms remember of the past."""

import asyncio
import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

import discord
from discord.ext import commands

from cogs.needs import Bridge, Settings
from cogs.rooms import Rooms
from cogs.settings import READABLE, Announcement, Blockable, GuildSettings, MemberSettings, News

LONGEST: Final = 86_400.0  # seconds that an announcement stands


class Decisions:
    """Changes settings, one decision after the other for each guild and person.

    Each method raises NotSaved if nothing was changed. When one returns, viewers see the outcome.
    """

    def __init__(
        self, bot: commands.AutoShardedBot, bridge: Bridge, settings: Settings, rooms: Rooms
    ) -> None:
        self.settings = settings
        self._bot = bot
        self._bridge = bridge
        self._rooms = rooms
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def change_guild(
        self, guild: discord.Guild, change: Callable[[GuildSettings], GuildSettings]
    ) -> GuildSettings:
        """Change what holds for a guild, and return it."""
        async with self._turn(guild.id):
            before = self.settings.guild(guild.id)
            after = change(before)
            await self.settings.save_guild(guild.id, after)
            await self._show_guild(guild, before, after)
            return after

    async def forget_guild(self, guild: discord.Guild) -> None:
        """Forget all that was decided about a guild."""
        async with self._turn(guild.id):
            before = self.settings.guild(guild.id)
            await self.settings.forget_guild(guild.id)
            await self._show_guild(guild, before, self.settings.guild(guild.id))

    async def meet(self, guilds: Collection[discord.Guild]) -> None:
        """Have it stored that the bot is in guilds; from then on a change of defaults doesn't touch them."""
        before = [self.settings.guild(guild.id) for guild in guilds]
        await self.settings.meet({guild.id: joined_at(guild) for guild in guilds})
        for guild, was in zip(guilds, before, strict=True):
            if (now := self.settings.guild(guild.id)) != was:
                await self._show_guild(guild, was, now)

    async def choose_default(self, chosen: int | None) -> None:
        """Choose the guild that viewers without a choice see."""
        before = self.settings.default_guild
        await self.settings.save_default(chosen)
        for guild_id in {before, chosen} - {None}:
            if guild := self._bot.get_guild(guild_id or 0):
                await self._rooms.show(guild)

    async def change_member(self, user_id: int, change: Callable[[MemberSettings], MemberSettings]) -> None:
        """Change what holds for somebody, in every guild; whether or not their members are known."""
        async with self._turn(user_id):
            before, after = await self.settings.change_member(user_id, change)
            await self._show_person(user_id, before, after)

    async def block(self, kind: Blockable, snowflake: int, *, blocked: bool) -> None:
        """Have nothing to do with a guild or somebody any more; or take that back."""
        async with self._turn(snowflake):
            await self.settings.save_block(kind, snowflake, blocked=blocked)
            await self._show_block(kind, snowflake)

    async def announce(self, announcement: Announcement) -> None:
        """Tell everybody who watches something, wherever they do, and whoever comes while it stands."""
        await self.settings.save_announcement(announcement)
        await self._tell(announcement)

    async def announce_again(self) -> None:
        """Go on telling what was announced before a restart."""
        if self.settings.announcement.text:
            await self._tell(self.settings.announcement)

    async def _tell(self, announcement: Announcement) -> None:
        left = announcement.until - time.time()
        if announcement.text and left > 0:
            await self._bridge.broadcast_notice(
                announcement.text, seconds=min(left, LONGEST), at=announcement.at
            )
        else:
            await self._bridge.broadcast_notice(None)

    async def follow(self, news: News) -> None:
        """Show what has been decided, and stored, in another process of this bot."""
        for user_id, member in news.members.items():
            async with self._turn(user_id):
                await self._show_person(user_id, *member)
        for guild_id, settings in news.guilds.items():
            if guild := self._bot.get_guild(guild_id):
                async with self._turn(guild_id):
                    await self._show_guild(guild, *settings)
        for guild_id in news.defaults:
            if guild := self._bot.get_guild(guild_id):
                await self._rooms.show(guild)
        for kind, snowflake in news.blocks:
            async with self._turn(snowflake):
                await self._show_block(kind, snowflake)
        if news.notice is not None:
            await self._tell(news.notice)

    async def _show_block(self, kind: Blockable, snowflake: int) -> None:
        if kind == "user":
            if self.settings.is_blocked(kind, snowflake):
                await self._rooms.forget_words(snowflake)
            await self._rooms.show_everywhere(snowflake)
        elif guild := self._bot.get_guild(snowflake):
            await self._rooms.show(guild)

    async def _show_person(self, user_id: int, before: MemberSettings, after: MemberSettings) -> None:
        # Words first: where some still wait for their bubble, an old client would only see that whoever said
        # them is offline.
        if after != before and (after.hidden or after.muted):
            await self._rooms.forget_words(user_id)
        elif before.agreed and not after.agreed:
            await self._rooms.forget_words(user_id, where=lambda guild_id: self._asks(int(guild_id)))
        await self._rooms.show_everywhere(user_id)

    def _asks(self, guild_id: int) -> bool:
        return self.settings.guild(guild_id).optin

    def _turn(self, snowflake: int) -> asyncio.Lock:
        """Give the lock of a guild or a person: what is read is what the last decision wrote."""
        return self._turns.setdefault(snowflake, asyncio.Lock())

    async def _show_guild(self, guild: discord.Guild, before: GuildSettings, after: GuildSettings) -> None:
        for user_id in after.hidden - before.hidden:
            self._rooms.show_person(guild.id, user_id)
        if (
            before.audience != after.audience
            or before.proxies - after.proxies
            or after.hidden_roles - before.hidden_roles
            or before.optin < after.optin
        ):
            self._hide_unknown(guild)
        if _hides_words(before, after):
            self._bridge.forget_words(guild.id)
        for user_id in after.hidden - before.hidden:
            self._rooms.forget_words_in(guild.id, user_id)
        self._rooms.open(guild.id)  # before all those whose turn it is
        await self._rooms.show(guild)

    def _hide_unknown(self, guild: discord.Guild) -> None:
        """Take away whom the cache doesn't know (yet): nobody can tell whether they may stay."""
        shown = self._bridge.shown(guild.id)
        self._bridge.hide_members(guild.id, [uid for uid in shown if guild.get_member(int(uid)) is None])


def joined_at(guild: discord.Guild) -> datetime | None:
    """Tell when the bot came to a guild, as far as Discord has told."""
    me: discord.Member | None = guild.me
    return None if me is None else me.joined_at


def _fewer_people(before: GuildSettings, after: GuildSettings) -> bool:
    """Tell whether people who were shown may not be shown any more, for what they are or do."""
    return (
        before.audience != after.audience
        or (before.offline != after.offline != "show")
        or (before.bots and not after.bots)
        or bool(before.proxies - after.proxies)
        or bool(after.hidden_roles - before.hidden_roles)
        or before.optin < after.optin
    )


def _hides_words(before: GuildSettings, after: GuildSettings) -> bool:
    """Tell whether words that were shown may not be shown any more."""
    return (
        (before.messages != after.messages and after.messages not in READABLE)
        or _fewer_people(before, after)
        or any(
            _show(before, channel) > _show(after, channel)
            for channel in {**before.channels, **after.channels}
        )
    )


def _show(settings: GuildSettings, channel: int) -> int:
    """Rank a decision on a channel: hidden, left to the rule, shown."""
    return {False: -1, None: 0, True: 1}[settings.channels.get(channel)]
