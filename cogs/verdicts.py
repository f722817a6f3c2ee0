"""What the policy says of members and channels: not only whether they are shown, but why."""

from typing import Final, Literal

import discord

MemberVerdict = Literal[
    "shown", "opted_out", "blocked", "hidden_by_moderators", "gated", "outside", "bot", "offline"
]  # fmt: skip
ChannelVerdict = Literal["shown", "shown_by_managers", "hidden_by_managers", "private", "age_restricted"]
SHOWN: Final[frozenset[ChannelVerdict]] = frozenset({"shown", "shown_by_managers"})
Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
