"""What the cogs need of the bot that hosts them."""

from collections.abc import Iterable
from typing import Protocol

import discord

from bridge.model import Channel, GuildInfo, Member, Message, Status, Voice

Activity = discord.BaseActivity | discord.Spotify


class Policy(Protocol):
    """Says what of a guild may be shown."""

    def shows_member(self, member: discord.Member, status: discord.Status | None = None) -> bool:
        """Tell whether viewers may see this person or bot; with `status`, whether they may with that one."""

    def shows_offline(self, member_count: int) -> bool:
        """Tell whether viewers of a guild with so many members may see who is offline."""

    def shows_channel(self, channel: object) -> bool:
        """Tell whether viewers may see this channel."""

    def shows_message(self, message: discord.Message) -> bool:
        """Tell whether viewers may see these words."""


class Roster(Protocol):
    """Translates Discord's things into the bridge's."""

    def guild(self, guild: discord.Guild) -> GuildInfo:
        """Describe a guild."""

    def members(self, guild: discord.Guild) -> list[Member]:
        """Describe everybody of a guild who may be shown."""

    def member(self, member: discord.Member) -> Member:
        """Describe one person or bot."""

    def status(self, status: discord.Status) -> Status:
        """Read a status."""

    def voice(self, member: discord.Member) -> Voice | None:
        """Read where a member talks."""

    def activity(self, activities: Iterable[Activity]) -> str | None:
        """Say what somebody does."""

    def channels(self, guild: discord.Guild) -> list[Channel]:
        """Describe the channels that may be shown."""

    def message(self, message: discord.Message) -> Message:
        """Describe a message."""


class MemberLoader(Protocol):
    """Fetches members that the gateway did not send by itself."""

    def load(self, guild: discord.Guild) -> None:
        """Fetch a guild's members when its turn comes."""
