"""What the cogs need of the bot that hosts them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import discord
from discord.abc import GuildChannel
from discord.activity import ActivityTypes

from bridge.model import Channel, GuildInfo, Member, Message, Status, Voice
from cogs.settings import GuildSettings, MemberSettings
from cogs.verdicts import ChannelVerdict, MemberVerdict


class Policy(Protocol):
    """Says what of a guild may be shown."""

    def shows_member(self, member: discord.Member) -> bool:
        """Tell whether viewers may see this person or bot."""

    def shows_guild(self, guild: discord.Guild) -> bool:
        """Tell whether viewers may see this guild."""

    def everybody(self, guild: discord.Guild) -> discord.Role | None:
        """Name the role that counts as everybody."""

    def can_be_everybody(self, role: discord.Role) -> bool:
        """Tell whether what a role can see may count as public: not if it is everything."""

    def is_audience(self, role: discord.Role) -> bool:
        """Tell whether managers have chosen a role to count as everybody."""

    def is_gated(self, guild: discord.Guild) -> bool:
        """Tell whether nobody may be shown: there is nothing that everybody can see, or no such role."""

    def keeps(self, guild: discord.Guild, member: Member) -> bool:
        """Tell whether somebody whom viewers see may stay, though the cache doesn't know them."""

    def shows_offline(self, guild_id: int, member_count: int) -> bool:
        """Tell whether viewers of a guild with so many members may see who is offline."""

    def shows_channel(self, channel: object) -> bool:
        """Tell whether viewers may see this channel."""

    def shows_chat(self, channel: object) -> bool:
        """Tell whether viewers may read what is written in this channel, or over it."""

    def is_hidden(self, guild_id: int, channel_id: int) -> bool:
        """Tell whether managers have hidden a channel, whatever is known of it."""

    def waiting(self, guild_id: int) -> list[int]:
        """Name the channels that managers want shown, but that the bot may not view."""

    def is_public(self, channel: GuildChannel) -> bool:
        """Tell whether the rule shows this channel, whatever managers decided."""

    def channel_verdict(self, channel: GuildChannel) -> ChannelVerdict:
        """Tell what holds for a channel, and why."""

    def member_verdict(self, member: discord.Member) -> MemberVerdict:
        """Tell what holds for a member, and why."""

    def shows_message(self, message: discord.Message) -> bool:
        """Tell whether viewers may see that this was said."""

    def shows_doing(self, member: discord.Member, channel: object) -> bool:
        """Tell whether viewers may see that somebody says or does something in a channel."""

    def admits(self, member: discord.Member) -> bool:
        """Tell whether somebody who logged in may watch this guild."""

    def login_role(self, guild_id: int) -> int | None:
        """Name the role that whoever logs in has to have, if there is one."""


class Roster(Protocol):
    """Translates Discord's things into the bridge's."""

    def guild(self, guild: discord.Guild, known: GuildInfo | None = None) -> GuildInfo:
        """Describe a guild; of one that is unavailable as it was `known` before."""

    def member(self, member: discord.Member) -> Member:
        """Describe one person or bot."""

    def speaker(self, message: discord.Message) -> Member | None:
        """Describe who says something, for viewers who may not know them."""

    def talking(self, guild: discord.Guild) -> list[discord.Member]:
        """Name who is in a voice or stage channel."""

    def colors_of(self, role: discord.Role) -> tuple[int, int | None]:
        """Read a role's colour, 0 for none, and the one that it runs into."""

    def status(self, member: discord.Member) -> Status:
        """Read a status."""

    def voice(self, member: discord.Member) -> Voice | None:
        """Read where a member talks."""

    def activity(self, activities: Sequence[ActivityTypes]) -> str | None:
        """Say what somebody does."""

    def channels(self, guild: discord.Guild) -> list[Channel]:
        """Describe the channels that may be shown."""

    def message(self, message: discord.Message) -> Message:
        """Describe a message."""

    def picture(self, emoji: discord.PartialEmoji) -> str | None:
        """Name the picture of a custom emoji, if viewers are to see it."""


class MemberLoader(Protocol):
    """Fetches members that the gateway did not send by itself."""

    def load(self, guild: discord.Guild) -> None:
        """Fetch a guild's members when its turn comes."""

    def is_loaded(self, guild: discord.Guild) -> bool:
        """Tell whether all of a guild's members have arrived, whatever number Discord names."""

    def expects_more(self, guild: discord.Guild) -> bool:
        """Tell whether members may arrive who aren't known yet; without their intent, none will."""


class Settings(Protocol):
    """What has been decided. Reading never waits; what is saved is stored first and only then holds."""

    @property
    def default_guild(self) -> int | None:
        """The guild that a viewer without a choice sees, if one was chosen."""

    def guild(self, guild_id: int) -> GuildSettings:
        """Tell what a guild's managers have decided."""

    def member(self, user_id: int) -> MemberSettings:
        """Tell what somebody has decided about themselves."""

    async def save_guild(self, guild_id: int, settings: GuildSettings) -> None:
        """Store a guild's settings, all of them.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def save_member(self, user_id: int, settings: MemberSettings) -> None:
        """Store what somebody decided.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def save_default(self, guild_id: int | None) -> None:
        """Store which guild a viewer without a choice sees.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """

    async def forget_guild(self, guild_id: int) -> None:
        """Delete everything that is stored about a guild: the defaults hold again.

        Raises:
            NotSaved: if the database can't be reached or is full.
        """


class Departures(Protocol):
    """Remembers which guilds removed the bot, and when."""

    @property
    def guild_ids(self) -> frozenset[int]:
        """The guilds of which something is stored."""

    async def note_left(self, guild_id: int, when: datetime) -> None:
        """Remember that a guild removed the bot, unless that is known already.

        Raises:
            NotSaved: if it can't be stored.
        """

    async def note_joined(self, guild_id: int) -> None:
        """Remember that a guild has the bot.

        Raises:
            NotSaved: if it can't be stored.
        """

    async def forget_left_before(self, when: datetime) -> frozenset[int]:
        """Delete what is stored of guilds that removed the bot before a time; return which.

        Raises:
            NotSaved: if it can't be deleted.
        """
