"""Guilds come and go, change their name and their channels; rooms follow."""

import logging

import discord
from discord.abc import GuildChannel
from discord.ext import commands

from bridge.running.named import of_guild
from bridge.running.turns import Turns
from cogs.needs import Bridge, MemberLoader, Policy
from cogs.rooms import Rooms

log = logging.getLogger(__name__)


class Guilds(commands.Cog):
    """Has one room kept for each guild."""

    def __init__(
        self, bot: commands.AutoShardedBot, bridge: Bridge, policy: Policy, rooms: Rooms,
        loader: MemberLoader,
    ) -> None:  # fmt: skip
        self._bot = bot
        self._bridge = bridge
        self._policy = policy
        self._rooms = rooms
        self._loader = loader
        self._turns = Turns()

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """The gateway told of a guild: after a start, a new session or an outage."""
        if not self._loader.is_loaded(guild):
            self._loader.load(guild)
        await self._rooms.show(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Somebody invited the bot."""
        of_guild(log, guild.id).info("joined")
        await self.on_guild_available(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot is no longer in a guild."""
        of_guild(log, guild.id).info("left")
        self._bridge.hide_guild(guild.id)

    @commands.Cog.listener()
    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session begins: after the one before it, nobody told what happened."""
        await self._turns.each(
            [guild.id for guild in self._bot.guilds if guild.shard_id == shard_id], self._forget
        )

    @commands.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Discord has an outage: viewers keep what they see."""
        self._forget(guild.id)
        of_guild(log, guild.id).warning("unavailable at Discord; viewers keep what they see")

    def _forget(self, guild_id: int) -> None:
        """Pass nothing on of what was said before a gap: whether it was deleted in it, nobody ever tells.

        Not at its end, where words follow at the heels of the guild: those would be lost.
        """
        self._bridge.forget_past(guild_id)

    @commands.Cog.listener()
    async def on_members_loading(self, guild: discord.Guild) -> None:
        """Some more of a guild's members have arrived."""
        await self._rooms.show(guild)

    @commands.Cog.listener()
    async def on_members_loaded(self, guild: discord.Guild) -> None:
        """All of a guild's members have arrived: who isn't among them is gone."""
        await self._rooms.show(guild)

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard_id: int) -> None:
        """The gateway is back and told what was missed: make sure that rooms agree."""
        for guild in self._bot.guilds:
            if guild.shard_id == shard_id and not guild.unavailable:
                await self._rooms.show(guild)

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """A new name, an age restriction, or roles that no event of their own told of before."""
        if not before.name or before.nsfw_level != after.nsfw_level:
            await self._rooms.show(after)
        else:
            self._rooms.update(after)
            await self._rooms.show_channels(after)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: GuildChannel) -> None:
        """A new channel."""
        await self._rooms.show_channels(channel.guild)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: GuildChannel) -> None:
        """A channel less, and all that was said in it."""
        await self._rooms.show_channels(channel.guild)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: GuildChannel, after: GuildChannel) -> None:  # noqa: ARG002
        """A channel's name, place or visibility."""
        await self._rooms.show_channels(after.guild, after)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread or a post in a forum less, and all that was said in it: nothing else tells so."""
        self._bridge.forget_threads(payload.guild_id, [payload.thread_id])

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """What everybody may see decides which channels are shown."""
        guild = after.guild
        public = after.is_default() or self._policy.is_audience(after)
        if public and before.permissions != after.permissions:
            await self._rooms.show_channels(guild)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """The role that counted as everybody may be gone, or one that hid those who had it."""
        if self._policy.is_audience(role) or self._policy.hides_role(role):
            await self._rooms.show(role.guild)

    @commands.Cog.listener()
    async def on_member_join(self, member: discord.Member) -> None:
        """One more; perhaps back, with an event that they made before."""
        self._rooms.show_events_of(member.guild, member.id)
        await self._count(member.guild, +1)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        """One less, who may have made an event."""
        if guild := self._bot.get_guild(payload.guild_id):
            self._rooms.show_events_of(guild, payload.user.id)
            await self._count(guild, -1)

    async def _count(self, guild: discord.Guild, change: int) -> None:
        """Pass on a guild's new size, which decides whether offline members are shown."""
        now = guild.member_count or 0
        before = now - change
        self._rooms.update(guild)
        if self._policy.shows_offline(guild.id, now) != self._policy.shows_offline(guild.id, before):
            await self._rooms.show_all_soon(guild)
