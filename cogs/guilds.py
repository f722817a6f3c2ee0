"""Guilds come and go, change their name and their channels; rooms follow."""

import logging
from collections.abc import Iterable

import discord
from discord.abc import GuildChannel
from discord.ext import commands

from bridge.model import Channel, Member
from bridge.server import WebSocketServer
from cogs.needs import MemberLoader, Policy, Roster

log = logging.getLogger(__name__)


class Guilds(commands.Cog):
    """Keeps one room for each guild."""

    def __init__(
        self, bot: commands.AutoShardedBot, bridge: WebSocketServer, policy: Policy, roster: Roster,
        loader: MemberLoader,
    ) -> None:  # fmt: skip
        self._bot = bot
        self._bridge = bridge
        self._policy = policy
        self._roster = roster
        self._loader = loader

    def show(self, guild: discord.Guild) -> None:
        """Bring the guild's room to what the member cache knows.

        As long as members are missing there, nobody is taken away: they may only be on the way.
        """
        if not self._policy.shows_guild(guild):
            self._bridge.hide_guild(guild.id)
        elif self._loader.is_loaded(guild):
            self.show_all(guild)
        else:
            self._bring(guild, None, self._roster.channels(guild))
            self._bridge.show_members(guild.id, self._roster.members(guild))
            hidden = (member.id for member in guild.members if not self._policy.shows_member(member))
            self._bridge.hide_members(guild.id, hidden)

    def show_all(self, guild: discord.Guild) -> None:
        """Bring the guild's room to what the member cache knows; who isn't in it is taken away."""
        self._bring(guild, self._roster.members(guild), self._roster.channels(guild))

    def show_member(self, member: discord.Member) -> None:
        """Bring one member of the guild's room to what the member cache knows, or take them away."""
        if self._policy.shows_member(member):
            self._bridge.show_members(member.guild.id, [self._roster.member(member)])
        else:
            self._bridge.hide_members(member.guild.id, [member.id])

    def _bring(
        self,
        guild: discord.Guild,
        members: Iterable[Member] | None = None,
        channels: Iterable[Channel] | None = None,
    ) -> None:
        """Bring the guild's room to this state, if there may be one."""
        if self._policy.shows_guild(guild):
            self._bridge.show_guild(self._roster.guild(guild), members, channels)

    def _show_channels(self, guild: discord.Guild) -> None:
        """Show what may be seen of the channels now, and of those who talk in them."""
        self._bring(guild, None, self._roster.channels(guild))
        talking = (m for channel in (*guild.voice_channels, *guild.stage_channels) for m in channel.members)
        shown = [self._roster.member(member) for member in talking if self._policy.shows_member(member)]
        self._bridge.show_members(guild.id, shown)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """The gateway told of a guild: after a start, a new session or an outage."""
        self.show(guild)
        if not self._loader.is_loaded(guild):
            self._loader.load(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Somebody invited the bot."""
        log.info("joined guild %s", guild.id)
        await self.on_guild_available(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot is no longer in a guild."""
        log.info("left guild %s", guild.id)
        self._bridge.hide_guild(guild.id)

    @commands.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Discord has an outage: viewers keep what they see."""
        log.warning("guild %s is unavailable at Discord; viewers keep what they see", guild.id)

    @commands.Cog.listener()
    async def on_members_loading(self, guild: discord.Guild) -> None:
        """Some more of a guild's members have arrived."""
        self.show(guild)

    @commands.Cog.listener()
    async def on_members_loaded(self, guild: discord.Guild) -> None:
        """All of a guild's members have arrived."""
        self.show_all(guild)

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard_id: int) -> None:
        """The gateway is back and told what was missed: make sure that rooms agree."""
        for guild in self._bot.guilds:
            if guild.shard_id == shard_id and not guild.unavailable:
                self.show(guild)

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """A new name, or an age restriction."""
        if (before.name, before.nsfw_level) != (after.name, after.nsfw_level):
            self.show(after)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: GuildChannel) -> None:
        """A new channel."""
        self._show_channels(channel.guild)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: GuildChannel) -> None:
        """A channel less."""
        self._show_channels(channel.guild)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: GuildChannel, after: GuildChannel) -> None:  # noqa: ARG002
        """A channel's name, place or visibility."""
        self._show_channels(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """What @everyone may see decides which channels are shown."""
        if after.is_default() and before.permissions != after.permissions:
            self._show_channels(after.guild)

    @commands.Cog.listener()
    async def on_member_join(self, member: discord.Member) -> None:
        """One more."""
        self._count(member.guild, +1)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        """One less."""
        if guild := self._bot.get_guild(payload.guild_id):
            self._count(guild, -1)

    def _count(self, guild: discord.Guild, change: int) -> None:
        """Pass on a guild's new size, which decides whether offline members are shown."""
        now = guild.member_count or 0
        before = now - change
        if self._policy.shows_offline(guild.id, now) == self._policy.shows_offline(guild.id, before):
            self._bring(guild)
        else:
            self.show_all(guild)
