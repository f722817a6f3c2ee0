"""What of a guild may be shown: one question per kind of thing.

Without a decision only what is public is shown: the channels that @everyone can view and that are not
age-restricted. Where @everyone can view none, the guild is gated: nobody is shown until somebody has decided
which role counts as everybody. Every cog asks here before anything reaches the bridge; there is no filter
further down.
"""

from collections.abc import Callable
from typing import Final

import discord
from discord.abc import GuildChannel

from bot.gateway.abilities import COMPLETE, Abilities
from bot.internals import is_seen_by_everyone
from bot.internals.loading import is_loaded
from bridge import model
from cogs.needs import Settings
from cogs.settings import READABLE, GuildSettings
from cogs.verdicts import SHOWN, ChannelVerdict, MemberVerdict

HIDE_OFFLINE_ABOVE: Final = 500  # members; a larger guild shows who is there, so that a page can draw it

_RESTRICTED: Final = (discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted)
_SPOKEN: Final = (discord.MessageType.default, discord.MessageType.reply)
_SEEN: Final[frozenset[MemberVerdict]] = frozenset({"shown", "offline"})  # by who sees them write


class Policy:
    """The rules for all guilds, and what was decided against them.

    `abilities` says what the bot can know: where it can't know who is offline, nobody is. `unseen` names the
    channels of a guild that the bot may not view. `own_id` is the bot's own, once it is logged in.
    """

    def __init__(
        self,
        settings: Settings,
        abilities: Abilities = COMPLETE,
        unseen: Callable[[int], frozenset[int]] = lambda _: frozenset(),
    ) -> None:
        self._settings = settings
        self._open: dict[int, int] = {}  # by guild, the channel that was last found open to everybody
        self.abilities = abilities
        self.own_id: int | None = None
        self._unseen = unseen

    def shows_guild(self, guild: discord.Guild) -> bool:
        """Tell whether viewers may see this guild."""
        return self._settings.guild(guild.id).shown and not self._settings.is_blocked("guild", guild.id)

    def everybody(self, guild: discord.Guild) -> discord.Role | None:
        """Name the role that counts as everybody; None if the one that was chosen can't be that any more.

        One that has come to be an administrator's sees everything: that was not what was chosen.
        """
        chosen = self._settings.guild(guild.id).audience
        role = guild.default_role if chosen is None else guild.get_role(chosen)
        return role if role is None or self.can_be_everybody(role) else None

    def can_be_everybody(self, role: discord.Role) -> bool:
        """Tell whether what a role can see may count as public: not if it is everything."""
        return role.is_default() or not role.permissions.administrator

    def needs_roles(self, guild_id: int) -> bool:
        """Tell whether it takes roles to know whether somebody in a guild may be shown."""
        decided = self._settings.guild(guild_id)
        return bool(decided.hidden_roles) or decided.audience not in (None, guild_id)

    def asks(self, guild_id: int) -> bool:
        """Tell whether only members of a guild are shown who have agreed, so that it matters who spoke."""
        return self._settings.guild(guild_id).optin

    def hides_role(self, role: discord.Role) -> bool:
        """Tell whether those who have a role aren't shown."""
        return role.id in self._settings.guild(role.guild.id).hidden_roles

    def names_role(self, role: discord.Role) -> bool:
        """Tell whether viewers may read what a role is called, if it gives somebody shown a colour."""
        return self._settings.guild(role.guild.id).role_names and not self.hides_role(role)

    def is_audience(self, role: discord.Role) -> bool:
        """Tell whether managers have chosen a role to count as everybody, whether or not it can."""
        return self._settings.guild(role.guild.id).audience == role.id

    def is_gated(self, guild: discord.Guild) -> bool:
        """Tell whether nobody may be shown: there is nothing that everybody can see, or no such role."""
        if not guild.name:
            return False  # Discord has told no more than its id: what was known before goes on
        if self._settings.guild(guild.id).audience is not None:
            return self.everybody(guild) is None
        return not self._has_open_channel(guild)

    def _has_open_channel(self, guild: discord.Guild) -> bool:
        # Asked at each presence: where there was an open channel there mostly still is.
        known = guild.get_channel(self._open.get(guild.id, 0))
        if known is not None and _is_open(known):
            return True
        found = next((channel.id for channel in guild.channels if _is_open(channel)), None)
        if found is None:
            self._open.pop(guild.id, None)
            return False
        self._open[guild.id] = found
        return True

    def shows_member(self, member: discord.Member) -> bool:
        """Tell whether viewers may see this person or bot."""
        return self.member_verdict(member) == "shown"

    def member_verdict(self, member: discord.Member) -> MemberVerdict:
        """Tell what holds for a person or bot, and why."""
        decided = self._settings.guild(member.guild.id)
        if self._settings.member(member.id).hidden:
            return "opted_out"
        if self._settings.is_blocked("user", member.id):
            return "blocked"
        if member.id in decided.hidden or _has_any(member, decided.hidden_roles):
            return "hidden_by_moderators" if member.id in decided.hidden else "hidden_by_role"
        if self.is_gated(member.guild):
            return "gated"
        if not _belongs(member, decided.audience):
            return "outside"
        if decided.optin and not self._settings.member(member.id).agreed:
            return "not_agreed"  # nor is a bot shown, which may speak for anybody, or of them
        if not decided.bots and member.bot:
            return "bot"
        seems_offline = member.raw_status == "offline" and self.abilities.knows_statuses
        if seems_offline and not _shows_offline(decided, member.guild.member_count or 0):
            return "offline"
        return "shown"

    def keeps(self, guild: discord.Guild, member: model.Member) -> bool:
        """Tell whether somebody whom viewers see may stay, though the cache doesn't know them (yet)."""
        decided = self._settings.guild(guild.id)
        return (
            self.names_user(guild.id, int(member.uid))
            and not self.is_gated(guild)
            and (decided.bots or not member.bot)
        )

    def shows_offline(self, guild_id: int, member_count: int) -> bool:
        """Tell whether viewers of a guild with so many members may see who is offline."""
        return _shows_offline(self._settings.guild(guild_id), member_count)

    def shows_channel(self, channel: object) -> bool:
        """Tell whether viewers may see this channel, and that somebody does something in it."""
        if isinstance(channel, discord.Thread):
            return not channel.is_private() and self.shows_channel(channel.parent)
        # Not a direct message, nor a channel the cache doesn't know, such as one that is gone while people
        # are still in it.
        current = channel.guild.get_channel(channel.id) if isinstance(channel, GuildChannel) else None
        return current is not None and self.channel_verdict(current) in SHOWN

    def shows_chat(self, channel: object) -> bool:
        """Tell whether viewers may see that somebody writes in a channel, and read the line over it.

        Who is in a voice channel is seen by all who can view it; to read there they have to connect.
        """
        if isinstance(channel, discord.VoiceChannel | discord.StageChannel) and not self._decided(channel):
            everybody = self.everybody(channel.guild)
            if everybody is None or not channel.permissions_for(everybody).connect:
                return False
        return self.shows_channel(channel)

    def channel_verdict(self, channel: GuildChannel) -> ChannelVerdict:
        """Tell what holds for a channel, and why."""
        decided = self._decided(channel)
        if decided is not None:
            return "shown_by_managers" if decided else "hidden_by_managers"
        return self._rule(channel)

    def is_hidden(self, guild_id: int, channel_id: int) -> bool:
        """Tell whether managers have hidden a channel, whatever is known of it."""
        return self._settings.guild(guild_id).channels.get(channel_id) is False

    def waiting(self, guild_id: int) -> list[int]:
        """Name the channels that managers want shown, but that the bot may not view."""
        decided = self._settings.guild(guild_id)
        wanted = decided.proxies.union(key for key, shown in decided.channels.items() if shown)
        return sorted(wanted & self._unseen(guild_id))

    def is_public(self, channel: GuildChannel) -> bool:
        """Tell whether the rule shows this channel, whatever was decided."""
        return self._rule(channel) == "shown"

    def _decided(self, channel: GuildChannel) -> bool | None:
        return self._settings.guild(channel.guild.id).channels.get(channel.id)

    def _rule(self, channel: GuildChannel) -> ChannelVerdict:
        guild = channel.guild
        if guild.nsfw_level in _RESTRICTED or getattr(channel, "nsfw", False):
            return "age_restricted"
        everybody = self.everybody(guild)
        if everybody is None or not channel.permissions_for(everybody).view_channel:
            return "private"
        return "shown"

    def shows_message(self, message: discord.Message) -> bool:
        """Tell whether viewers may see that this was said.

        By a member, also one who is offline where these aren't shown: who writes is seen. Or by a webhook, in
        a channel where managers want that. What the bot itself writes is about the world, and not part of it.
        """
        if message.type not in _SPOKEN or not self.shows_chat(message.channel):
            return False
        if message.webhook_id is not None:
            return self.shows_proxy(message)
        author = message.author
        if not isinstance(author, discord.Member) or author.id == self.own_id:
            return False
        return self._hears(author) and self.shows_speaker(author)

    def shows_speaker(self, member: discord.Member) -> bool:
        """Tell whether viewers may see somebody who says something."""
        return self.member_verdict(member) in _SEEN

    def shows_proxy(self, message: discord.Message) -> bool:
        """Tell whether viewers may see what this webhook says, if they may see the channel or thread."""
        guild, channel = message.guild, message.channel
        if guild is None or message.webhook_id == message.application_id or self.is_gated(guild):
            return False  # an application's answer to a command is no proxy
        decided = self._settings.guild(guild.id)
        place = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
        # Who is behind a webhook can't be asked.
        return decided.messages != "off" and place in decided.proxies and not self.asks(guild.id)

    def _hears(self, member: discord.Member) -> bool:
        """Tell whether viewers may see that somebody says or does something, if they may see them."""
        return (
            self._settings.guild(member.guild.id).messages != "off"
            and not self._settings.member(member.id).muted
        )

    def shows_doing(self, member: discord.Member, channel: object) -> bool:
        """Tell whether viewers may see that somebody says or does something in a channel."""
        return self._hears(member) and self.shows_member(member) and self.shows_chat(channel)

    def shows_deed(self, member: discord.Member) -> bool:
        """Tell whether viewers may see that it was somebody who did something for the whole guild."""
        return self._hears(member) and self.shows_member(member)

    def shows_event(self, event: discord.ScheduledEvent, guild: discord.Guild) -> bool:
        """Tell whether viewers may see that a scheduled event is on.

        That is as public as the channel it is in. One elsewhere everybody in the guild sees.
        """
        if event.channel_id is not None:
            return self.shows_chat(guild.get_channel(event.channel_id))
        is_elsewhere = event.entity_type is discord.EntityType.external
        return is_elsewhere and guild.nsfw_level not in _RESTRICTED and not self.is_gated(guild)

    def names_event(self, event: discord.ScheduledEvent, guild: discord.Guild) -> bool:
        """Tell whether viewers may read what a scheduled event is called: words, by whoever made it.

        Of somebody who has left, or was banned, they aren't read any more.
        """
        creator = event.creator_id
        if not self.shows_words(guild.id) or self.asks(guild.id):
            return False
        if creator is not None and guild.get_member(creator) is None and is_loaded(guild):
            return False
        return creator is None or (self.shows_words_of(creator) and self.may_name(guild, creator))

    def names_thread(self, thread: discord.Thread) -> bool:
        """Tell whether viewers may read what a thread is called, if they may see it: words of its owner's."""
        owner = thread.owner_id
        return (
            self.shows_words(thread.guild.id)
            and self.shows_words_of(owner)
            and self.may_name(thread.guild, owner)
        )

    def shows_words(self, guild_id: int) -> bool:
        """Tell whether viewers may read what is said, and not only see that something is."""
        return self._settings.guild(guild_id).messages in READABLE

    def shows_words_of(self, user_id: int) -> bool:
        """Tell whether viewers may read what somebody says, as far as that is for them to decide."""
        decided = self._settings.member(user_id)
        return not (decided.hidden or decided.muted or self._settings.is_blocked("user", user_id))

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
        """Tell whether somebody who is mentioned may be named, as far as no role decides on that."""
        if self.has_hidden(guild_id, user_id):
            return False
        return not self._settings.guild(guild_id).optin or self._settings.member(user_id).agreed

    def may_name(self, guild: discord.Guild, user_id: int) -> bool:
        """Tell whether somebody may be named, whether or not the cache knows them."""
        member = guild.get_member(user_id)
        if member is None:  # nobody can tell whether one of their roles hides them
            return self.names_user(guild.id, user_id) and not self.needs_roles(guild.id)
        return self.shows_speaker(member)

    def has_hidden(self, guild_id: int, number: int) -> bool:
        """Tell whether a number is the id of somebody whom they, moderators or the operator have hidden."""
        return (
            self._settings.member(number).hidden
            or number in self._settings.guild(guild_id).hidden
            or self._settings.is_blocked("user", number)
        )


def _is_open(channel: GuildChannel) -> bool:
    return not isinstance(channel, discord.CategoryChannel) and is_seen_by_everyone(channel)


def _belongs(member: discord.Member, audience: int | None) -> bool:
    return audience is None or audience == member.guild.id or member.get_role(audience) is not None


def _has_any(member: discord.Member, roles: frozenset[int]) -> bool:
    return bool(roles) and any(member.get_role(role_id) is not None for role_id in roles)


def _shows_offline(decided: GuildSettings, member_count: int) -> bool:
    if decided.offline == "auto":
        return member_count <= HIDE_OFFLINE_ABOVE
    return decided.offline == "show"
