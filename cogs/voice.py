"""Members join voice channels, mute themselves, stream, leave."""

import discord
from discord.ext import commands

from bridge.server import WebSocketServer
from cogs.needs import Roster


class VoiceChannels(commands.Cog):
    """Passes on who talks where."""

    def __init__(self, bridge: WebSocketServer, roster: Roster) -> None:
        self._bridge = bridge
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
