"""What commands ask of the policy: not only whether something is shown, but why."""

from typing import Final, Literal, Protocol

import discord

MemberVerdict = Literal["shown", "opted_out", "hidden_by_moderators", "bot", "offline"]
ChannelVerdict = Literal["shown", "shown_by_managers", "hidden_by_managers", "private", "age_restricted"]
SHOWN: Final[frozenset[ChannelVerdict]] = frozenset({"shown", "shown_by_managers"})
Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel


class Verdicts(Protocol):
    """Says what of a guild may be shown, and why."""

    def shows_guild(self, guild: discord.Guild) -> bool:
        """Tell whether viewers may see this guild."""

    def is_public(self, channel: Channel) -> bool:
        """Tell whether the rule shows this channel, whatever managers decided."""

    def channel_verdict(self, channel: Channel) -> ChannelVerdict:
        """Tell what holds for a channel, and why."""

    def member_verdict(self, member: discord.Member) -> MemberVerdict:
        """Tell what holds for a member, and why."""
