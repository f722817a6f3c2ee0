"""What members say, and what they do with words: edit, delete, type, react."""

from datetime import timedelta
from typing import Final

import discord
from discord.ext import commands

from cogs.needs import Bridge, Policy, Roster

# Of one edit Discord tells twice where a link gets its preview, and the second time less exactly when it was.
EXACTNESS: Final = timedelta(milliseconds=1)


class Messages(commands.Cog):
    """Passes on members' words."""

    def __init__(self, bridge: Bridge, policy: Policy, roster: Roster) -> None:
        self._bridge = bridge
        self._policy = policy
        self._roster = roster

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something."""
        if message.guild is None or not self._policy.shows_message(message):
            return
        words = self._roster.message(message)
        if words.message:
            await self._bridge.broadcast_message(
                message.guild.id,
                words.uid,
                words.message,
                words.channel,
                id=words.id,
                channel_name=words.channel_name,
                reply_to=words.reply_to,
                parent=words.parent,
                emoji=words.emoji,
                speaker=self._roster.speaker(message),
            )

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Somebody changed their words. Discord also calls it an edit when a link gets its preview."""
        message = payload.message
        guild = message.guild
        if guild is None or self._bridge.author_of(guild.id, message.id) is None:
            return  # no viewer has seen it
        before = payload.cached_message
        if before is not None and _is_late(message, before):
            return
        words = self._roster.message(message)
        if before is None:
            changed = message.edited_at is not None
        else:
            old = self._roster.message(before)
            changed = (old.message, old.emoji) != (words.message, words.emoji)
        if changed:
            # What may not be shown by now takes the old words back all the same.
            text = words.message if self._policy.shows_message(message) else ""
            await self._bridge.broadcast_edit(
                guild.id, words.uid, words.channel, message.id, text or None, emoji=words.emoji
            )

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Words were taken back."""
        self._take_back(payload.guild_id, {payload.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """A moderator cleaned up."""
        self._take_back(payload.guild_id, payload.message_ids)

    @commands.Cog.listener()
    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Somebody was banned, perhaps together with what they said: no event tells which.

        Only bots that may ban somebody hear of it; where ours may not, whoever leaves counts as banned.
        """
        self._bridge.forget_words(guild.id, user.id)

    @commands.Cog.listener()
    async def on_typing(self, channel: object, user: discord.User | discord.Member, when: object) -> None:  # noqa: ARG002
        """Somebody is typing."""
        if isinstance(user, discord.Member) and self._policy.shows_doing(user, channel):
            await self._bridge.broadcast_typing(user.guild.id, user.id, channel.id)  # type: ignore[attr-defined]  # a shown channel has one

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody reacted to a message, however old."""
        member = payload.member
        if member is None:
            return
        member = member.guild.get_member(member.id) or member  # the cached one has a status
        channel = member.guild.get_channel_or_thread(payload.channel_id)
        if self._policy.shows_doing(member, channel):
            emoji = f":{payload.emoji.name}:" if payload.emoji.is_custom_emoji() else payload.emoji.name
            await self._bridge.broadcast_reaction(
                member.guild.id, member.id, payload.channel_id, emoji,
                image=self._roster.picture(payload.emoji),
            )  # fmt: skip

    def _take_back(self, guild_id: int | None, message_ids: set[int]) -> None:
        """Take back what viewers have seen, whatever may be shown of its author or channel by now."""
        if guild_id is not None:
            self._bridge.forget_messages(guild_id, message_ids)


def _is_late(message: discord.Message, known: discord.Message) -> bool:
    """Tell whether an edit brings what was said before one that is known: Discord keeps to no order there."""
    then, latest = message.edited_at, known.edited_at
    return latest is not None and (then is None or then < latest - EXACTNESS)
