"""Members join voice channels, mute themselves, stream, leave, and say what goes on there."""

import discord
from discord.ext import commands

from bridge.server import WebSocketServer
from cogs.needs import Policy, Roster


class VoiceChannels(commands.Cog):
    """Passes on who talks where, and what stands over the channel."""

    def __init__(self, bridge: WebSocketServer, policy: Policy, roster: Roster) -> None:
        self._bridge = bridge
        self._policy = policy
        self._roster = roster

    @commands.Cog.listener()
    async def on_voice_state_update(
        self,
        member: discord.Member,
        before: discord.VoiceState,  # noqa: ARG002 - the gateway's
        after: discord.VoiceState,  # noqa: ARG002 - the roster reads the member's own
    ) -> None:
        """Somebody's place in voice changed; a channel that may not be shown counts as none."""
        await self._bridge.broadcast_voice(member.guild.id, member.id, self._roster.voice(member))

    @commands.Cog.listener()
    async def on_voice_channel_status(self, guild: discord.Guild) -> None:
        """What people put over a guild's voice channels is something else now."""
        if self._policy.shows_guild(guild) and not guild.unavailable:
            self._bridge.show_guild(self._roster.guild(guild), None, self._roster.channels(guild))
