"""Members join voice channels, mute themselves, stream, leave, and say what goes on there."""

import discord
from discord.ext import commands

from cogs.needs import Bridge, Roster
from cogs.rooms import Rooms


class VoiceChannels(commands.Cog):
    """Passes on who talks where, and what stands over the channel."""

    def __init__(self, bridge: Bridge, roster: Roster, rooms: Rooms) -> None:
        self._bridge = bridge
        self._roster = roster
        self._rooms = rooms

    @commands.Cog.listener()
    async def on_voice_state_update(
        self,
        member: discord.Member,
        before: discord.VoiceState,  # noqa: ARG002 - the gateway's
        after: discord.VoiceState,  # noqa: ARG002 - the roster reads the member's own
    ) -> None:
        """Somebody's place in voice changed; a channel that may not be shown counts as none.

        Without the intent for members the bot knows somebody only as long as they sit in a channel.
        """
        guild_id = member.guild.id
        if member.guild.get_member(member.id) is None:
            self._bridge.hide_members(guild_id, [member.id])
        elif self._bridge.member(guild_id, member.id) is None:
            self._rooms.show_member(member)
        else:
            await self._bridge.broadcast_voice(guild_id, member.id, self._roster.voice(member))

    @commands.Cog.listener()
    async def on_voice_channel_status(self, guild: discord.Guild) -> None:
        """What people put over a guild's voice channels is something else now."""
        await self._rooms.show_channels(guild)
