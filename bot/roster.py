"""Discord's guilds, members and channels as the bridge knows them."""

from collections.abc import Iterable
from typing import Final

import discord
from discord.abc import GuildChannel

from bot.policy import Policy
from bot.slug import code_of, slug_of
from bot.text import readable
from bridge.model import DEFAULT_COLOR, Channel, ChannelKind, GuildInfo, Member, Message, Status, Voice

AVATAR_SIZE: Final = 64  # pixels

_STATUSES: Final[dict[discord.Status, Status]] = {
    discord.Status.online: "online",
    discord.Status.idle: "idle",
    discord.Status.dnd: "dnd",
}
_KINDS: Final[dict[discord.ChannelType, ChannelKind]] = {
    discord.ChannelType.text: "text",
    discord.ChannelType.news: "news",
    discord.ChannelType.voice: "voice",
    discord.ChannelType.stage_voice: "stage",
    discord.ChannelType.forum: "forum",
    discord.ChannelType.media: "forum",
}
_DOING: Final[dict[object, str]] = {
    discord.ActivityType.playing: "Playing",
    discord.ActivityType.streaming: "Streaming",
    discord.ActivityType.listening: "Listening to",
    discord.ActivityType.watching: "Watching",
    discord.ActivityType.competing: "Competing in",
}


class Roster:
    """Translates. What may be shown it asks of the policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def guild(self, guild: discord.Guild) -> GuildInfo:
        """Describe a guild."""
        return GuildInfo(
            id=str(guild.id),
            slug=slug_of(guild.name, guild.id),
            name=guild.name,
            alias=code_of(guild.id),
            member_count=guild.member_count,
        )

    def members(self, guild: discord.Guild) -> list[Member]:
        """Describe everybody of a guild who is known so far and may be shown."""
        return [self.member(member) for member in guild.members if self._policy.shows_member(member)]

    def member(self, member: discord.Member) -> Member:
        """Describe one person or bot."""
        return Member(
            uid=str(member.id),
            username=member.display_name,
            status=self.status(member.status),
            role_color=self.color(member),
            bot=member.bot,
            avatar=member.display_avatar.with_size(AVATAR_SIZE).url,
            voice=self.voice(member),
            activity=self.activity(member.activities),
        )

    def status(self, status: discord.Status) -> Status:
        """Read a status; invisible people, and what Discord may yet invent, are offline."""
        return _STATUSES.get(status, "offline")

    def color(self, member: discord.Member) -> str:
        """Read the colour of the highest role that has one."""
        value = member.color.value  # 0 is Discord's "no colour", not black
        return f"#{value:06x}" if value else DEFAULT_COLOR

    def voice(self, member: discord.Member) -> Voice | None:
        """Read where a member talks, if that channel may be shown."""
        state = member.voice
        if state is None or state.channel is None or not self._policy.shows_channel(state.channel):
            return None
        return Voice(
            channel=str(state.channel.id),
            channel_name=state.channel.name,
            muted=state.mute or state.self_mute or state.suppress,
            deafened=state.deaf or state.self_deaf,
            streaming=bool(state.self_stream),
        )

    def activity(self, activities: Iterable[discord.BaseActivity | discord.Spotify]) -> str | None:
        """Say what somebody does, such as "Playing Factorio"; else their custom status."""
        activities = list(activities)
        for activity in activities:
            doing = _DOING.get(getattr(activity, "type", None))
            if doing and (name := getattr(activity, "name", None)):
                return f"{doing} {name}"
        for activity in activities:
            # An emoji alone comes with Discord's own name for it.
            if isinstance(activity, discord.CustomActivity) and activity.name not in (None, "Custom Status"):
                return activity.name
        return None

    def channels(self, guild: discord.Guild) -> list[Channel]:
        """Describe the channels that may be shown."""
        return [
            Channel(
                id=str(channel.id),
                name=channel.name,
                kind=_KINDS[channel.type],
                category=self._category(channel),
                position=channel.position,
            )
            for channel in guild.channels
            if channel.type in _KINDS and self._policy.shows_channel(channel)
        ]

    def _category(self, channel: GuildChannel) -> str | None:
        category = channel.category
        return category.name if category and self._policy.shows_channel(category) else None

    def message(self, message: discord.Message) -> Message:
        """Describe a message in a guild, as people read it. Its words may be empty."""
        answered = message.reference.resolved if message.reference else None
        author = answered.author if isinstance(answered, discord.Message) else None
        replied = isinstance(author, discord.Member) and self._policy.shows_member(author)
        return Message(
            uid=str(message.author.id),
            message=readable(message, self._policy.shows_channel),
            channel=str(message.channel.id),
            id=str(message.id),
            channel_name=getattr(message.channel, "name", None),
            reply_to=str(author.id) if author and replied else None,
        )
