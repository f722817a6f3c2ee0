"""Members join voice channels, mute themselves, stream, leave."""

import discord
from discord.ext import commands

from bridge.server import WebSocketServer
from cogs.needs import Policy, Roster


class VoiceChannels(commands.Cog):
    """Passes on who talks where."""

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
        """Somebody's place in voice changed; a channel that may not be shown counts as none.

        Without the intent for members the bot knows somebody only as long as they sit in a channel.
        """
        guild_id = member.guild.id
        if member.guild.get_member(member.id) is None:
            self._bridge.hide_members(guild_id, [member.id])
        elif self._bridge.member(guild_id, member.id) is None and self._policy.shows_member(member):
            self._bridge.show_members(guild_id, [self._roster.member(member)])
        else:
            await self._bridge.broadcast_voice(guild_id, member.id, self._roster.voice(member))
