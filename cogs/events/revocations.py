"""Who watches by a login loses it with its reason: when they leave, are kicked, or lose the role."""

import discord
from discord.ext import commands

from cogs.needs import Bridge, MemberLoader, Policy


class Access(commands.Cog):
    """Withdraws what a login gave."""

    def __init__(self, bridge: Bridge, policy: Policy, loader: MemberLoader) -> None:
        self._bridge = bridge
        self._policy = policy
        self._loader = loader

    @commands.Cog.listener()
    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        """Somebody left, was kicked or banned."""
        self._bridge.revoke(payload.guild_id, payload.user.id)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Somebody may have lost the role that the guild asks for."""
        if before.roles != after.roles and not self._policy.admits(after):
            self._bridge.revoke(after.guild.id, after.id)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """The gateway told of a guild: who left or lost a role before may still be watching."""
        self._review(guild)

    @commands.Cog.listener()
    async def on_members_loaded(self, guild: discord.Guild) -> None:
        """All of a guild's members have arrived."""
        self._review(guild)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """The role that the guild asks for may be gone: then nobody has it."""
        if self._policy.login_role(role.guild.id) == role.id:
            self._bridge.revoke(role.guild.id)

    def _review(self, guild: discord.Guild) -> None:
        gone = [uid for uid in self._bridge.logged_in(guild.id) if self._is_gone(guild, int(uid))]
        if gone:  # all in one look: there may be thousands
            self._bridge.revoke(guild.id, gone)
        self._bridge.review(guild.id)

    def _is_gone(self, guild: discord.Guild, uid: int) -> bool:
        member = guild.get_member(uid)
        # As long as members are missing in the cache, they may only be on the way.
        return self._loader.is_loaded(guild) if member is None else not self._policy.admits(member)
