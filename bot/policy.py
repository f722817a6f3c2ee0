"""What of a guild may be shown: one question per kind of thing.

Only what is public: the channels that @everyone can view and that are not age-restricted. Every cog asks
here before anything reaches the bridge; there is no filter further down.
"""

from typing import Final

import discord
from discord.abc import GuildChannel

HIDE_OFFLINE_ABOVE: Final = 500  # members; a larger guild shows who is there, so that a page can draw it

_RESTRICTED: Final = (discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted)
_SPOKEN: Final = (discord.MessageType.default, discord.MessageType.reply)


class Policy:
    """The rules for all guilds."""

    def shows_member(self, member: discord.Member, status: discord.Status | None = None) -> bool:
        """Tell whether viewers may see this person or bot; with `status`, whether they may with that one."""
        if (member.status if status is None else status) is not discord.Status.offline:
            return True
        return self.shows_offline(member.guild.member_count or 0)

    def shows_offline(self, member_count: int) -> bool:
        """Tell whether viewers of a guild with so many members may see who is offline."""
        return member_count <= HIDE_OFFLINE_ABOVE

    def shows_channel(self, channel: object) -> bool:
        """Tell whether viewers may see this channel, and that somebody does something in it."""
        if isinstance(channel, discord.Thread):
            return not channel.is_private() and self.shows_channel(channel.parent)
        if not isinstance(channel, GuildChannel):
            return False  # a direct message, or a channel the cache doesn't know
        guild = channel.guild
        if guild.nsfw_level in _RESTRICTED or getattr(channel, "nsfw", False):
            return False
        return channel.permissions_for(guild.default_role).view_channel

    def shows_message(self, message: discord.Message) -> bool:
        """Tell whether viewers may see these words: a shown member's own, in a shown channel."""
        return (
            message.webhook_id is None
            and message.type in _SPOKEN
            and isinstance(message.author, discord.Member)
            and self.shows_member(message.author)
            and self.shows_channel(message.channel)
        )
