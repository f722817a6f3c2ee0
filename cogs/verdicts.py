"""What the policy says of members and channels: not only whether they are shown, but why."""

from typing import Final, Literal

import discord

MemberVerdict = Literal[
    "shown", "opted_out", "blocked", "hidden_by_moderators", "hidden_by_role", "gated", "outside",
    "not_agreed", "bot", "offline",
]  # fmt: skip
ChannelVerdict = Literal["shown", "shown_by_managers", "hidden_by_managers", "private", "age_restricted"]
# Who isn't shown for one of these isn't with what they said either.
WITHDRAWN: Final[frozenset[MemberVerdict]] = frozenset(
    {"opted_out", "blocked", "hidden_by_moderators", "hidden_by_role", "outside", "not_agreed"}
)
SHOWN: Final[frozenset[ChannelVerdict]] = frozenset({"shown", "shown_by_managers"})
Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
