"""What of a guild may be shown: one question per kind of thing.

Without a decision only what is public is shown: the channels that @everyone can view and that are not
age-restricted. Every cog asks here before anything reaches the bridge; there is no filter further down.
"""

from typing import Final

import discord
from discord.abc import GuildChannel

from cogs.needs import Settings
from cogs.settings import GuildSettings
from cogs.verdicts import SHOWN, ChannelVerdict, MemberVerdict

HIDE_OFFLINE_ABOVE: Final = 500  # members; a larger guild shows who is there, so that a page can draw it

_RESTRICTED: Final = (discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted)
_SPOKEN: Final = (discord.MessageType.default, discord.MessageType.reply)


class Policy:
    """The rules for all guilds, and what was decided against them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def shows_guild(self, guild: discord.Guild) -> bool:
        """Tell whether viewers may see this guild."""
        return self._settings.guild(guild.id).shown

    def shows_member(self, member: discord.Member) -> bool:
        """Tell whether viewers may see this person or bot."""
        return self.member_verdict(member) == "shown"

    def member_verdict(self, member: discord.Member) -> MemberVerdict:
        """Tell what holds for a person or bot, and why."""
        decided = self._settings.guild(member.guild.id)
        if self._settings.member(member.id).hidden:
            return "opted_out"
        if member.id in decided.hidden:
            return "hidden_by_moderators"
        if not decided.bots and member.bot:
            return "bot"
        if member.raw_status == "offline" and not _shows_offline(decided, member.guild.member_count or 0):
            return "offline"
        return "shown"

    def shows_offline(self, guild_id: int, member_count: int) -> bool:
        """Tell whether viewers of a guild with so many members may see who is offline."""
        return _shows_offline(self._settings.guild(guild_id), member_count)

    def shows_channel(self, channel: object) -> bool:
        """Tell whether viewers may see this channel, and that somebody does something in it."""
        if isinstance(channel, discord.Thread):
            return not channel.is_private() and self.shows_channel(channel.parent)
        # Not a direct message, nor a channel the cache doesn't know.
        return isinstance(channel, GuildChannel) and self.channel_verdict(channel) in SHOWN

    def channel_verdict(self, channel: GuildChannel) -> ChannelVerdict:
        """Tell what holds for a channel, and why."""
        decided = self._settings.guild(channel.guild.id).channels.get(channel.id)
        if decided is not None:
            return "shown_by_managers" if decided else "hidden_by_managers"
        return _rule(channel)

    def is_public(self, channel: GuildChannel) -> bool:
        """Tell whether the rule shows this channel, whatever was decided."""
        return _rule(channel) == "shown"

    def shows_message(self, message: discord.Message) -> bool:
        """Tell whether viewers may see that this was said: by a shown member, in a shown channel."""
        return (
            message.webhook_id is None
            and message.type in _SPOKEN
            and isinstance(message.author, discord.Member)
            and self.shows_doing(message.author, message.channel)
        )

    def shows_doing(self, member: discord.Member, channel: object) -> bool:
        """Tell whether viewers may see that somebody says or does something in a channel."""
        return (
            self._settings.guild(member.guild.id).messages != "off"
            and not self._settings.member(member.id).muted
            and self.shows_member(member)
            and self.shows_channel(channel)
        )

    def shows_words(self, guild_id: int) -> bool:
        """Tell whether viewers may read what is said, and not only see that something is."""
        return self._settings.guild(guild_id).messages == "full"

    def shows_words_of(self, user_id: int) -> bool:
        """Tell whether viewers may read what somebody says, as far as that is for them to decide."""
        decided = self._settings.member(user_id)
        return not decided.hidden and not decided.muted

    def admits(self, member: discord.Member) -> bool:
        """Tell whether somebody who logged in may watch this guild."""
        decided = self._settings.guild(member.guild.id)
        if decided.protection != "login":
            return False
        return decided.role_id is None or member.get_role(decided.role_id) is not None

    def login_role(self, guild_id: int) -> int | None:
        """Name the role that whoever logs in has to have, if there is one."""
        decided = self._settings.guild(guild_id)
        return decided.role_id if decided.protection == "login" else None

    def names_user(self, guild_id: int, user_id: int) -> bool:
        """Tell whether somebody who is mentioned may be named."""
        return (
            not self._settings.member(user_id).hidden and user_id not in self._settings.guild(guild_id).hidden
        )


def _rule(channel: GuildChannel) -> ChannelVerdict:
    guild = channel.guild
    if guild.nsfw_level in _RESTRICTED or getattr(channel, "nsfw", False):
        return "age_restricted"
    return "shown" if channel.permissions_for(guild.default_role).view_channel else "private"


def _shows_offline(decided: GuildSettings, member_count: int) -> bool:
    if decided.offline == "auto":
        return member_count <= HIDE_OFFLINE_ABOVE
    return decided.offline == "show"
