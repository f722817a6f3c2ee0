"""Members come and go, change status, name, avatar and colour; roles are called otherwise. Viewers see it."""

import discord
from discord.ext import commands

from cogs.needs import Bridge, Policy, Roster
from cogs.rooms import Rooms


class Presence(commands.Cog):
    """Passes on who is there, and how."""

    def __init__(self, bridge: Bridge, policy: Policy, roster: Roster, rooms: Rooms) -> None:
        self._bridge = bridge
        self._policy = policy
        self._roster = roster
        self._rooms = rooms

    @commands.Cog.listener()
    async def on_member_join(self, member: discord.Member) -> None:
        """Somebody joined a guild."""
        self._rooms.show_member(member)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        """Somebody left, was kicked or banned; also who was never in the cache."""
        await self._bridge.broadcast_presence(payload.guild_id, payload.user.id, "offline", delete=True)

    @commands.Cog.listener()
    async def on_presence_update(self, before: discord.Member, after: discord.Member) -> None:  # noqa: ARG002
        """Somebody's status or activity changed.

        The bot runs this at once, and not in a task: `after` is the member itself, on whom of several changes
        in quick succession each would be read as the last.
        """
        guild_id = after.guild.id
        if not self._policy.shows_member(after):
            await self._bridge.broadcast_presence(guild_id, after.id, "offline", delete=True)
            return
        status, activity = self._roster.status(after), self._roster.activity(after.activities)
        if not await self._bridge.broadcast_presence(guild_id, after.id, status, activity=activity):
            self._rooms.show_member(after)  # they were not there: with all that is known of them

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:  # noqa: ARG002
        """Somebody's nickname, roles or avatar in this guild changed, and perhaps whether they are shown."""
        self._rooms.show_member(after)

    @commands.Cog.listener()
    async def on_user_update(self, before: discord.User, after: discord.User) -> None:  # noqa: ARG002
        """Somebody's name or avatar changed everywhere."""
        for guild in after.mutual_guilds:
            if member := guild.get_member(after.id):
                self._rooms.show_member(member)

    @commands.Cog.listener()
    async def on_guild_role_create(self, role: discord.Role) -> None:
        """One more role, which may soon give somebody a colour."""
        self._rooms.update(role.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role's name changed, or its colours or rank: those who have it, together."""
        ranked = before.position != after.position and after.color.value
        recolored = self._roster.colors_of(before) != self._roster.colors_of(after)
        if recolored or before.name != after.name:
            self._rooms.update(after.guild)
        if recolored or ranked:
            await self._rooms.show_all_soon(after.guild, after)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A role is gone, and with it the colour of those who had it."""
        self._rooms.update(role.guild)
        if role.color.value:
            await self._rooms.show_all_soon(role.guild)
