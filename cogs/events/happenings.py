"""What happens beside words: boosts, new threads, polls, scheduled events that begin and end."""

from typing import Final

import discord
from discord.ext import commands

from bridge.model import Happening
from cogs.needs import Bridge, Policy, Roster
from cogs.rooms import Rooms

_BOOSTS: Final = (
    discord.MessageType.premium_guild_subscription,
    discord.MessageType.premium_guild_tier_1,
    discord.MessageType.premium_guild_tier_2,
    discord.MessageType.premium_guild_tier_3,
)
# One that repeats is planned anew.
_OVER: Final = (discord.EventStatus.completed, discord.EventStatus.scheduled)


class Happenings(commands.Cog):
    """Passes on what has a place of its own in the picture, beside people and what they say.

    Discord tells of a boost in up to three ways, of which a guild may have switched off one; the bridge takes
    those that come together for one. A poll that was opened before the bot came isn't known: a vote says no
    more of it than its message's id, and what was written before, the bot doesn't ask for.
    """

    def __init__(self, bridge: Bridge, policy: Policy, roster: Roster, rooms: Rooms) -> None:
        self._bridge = bridge
        self._policy = policy
        self._roster = roster
        self._rooms = rooms

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Somebody asks in a poll, or Discord says that one is closed, or that somebody boosted the guild."""
        guild = message.guild
        if guild is None:
            return
        if message.type in _BOOSTS:
            self._show_boost(guild, guild.get_member(message.author.id))
        elif message.type is discord.MessageType.poll_result:
            if message.reference is not None and message.reference.message_id is not None:
                self._bridge.end_happening(guild.id, message.reference.message_id)
        elif message.poll is not None and self._policy.shows_message(message):
            poll = self._roster.poll(message)
            if poll is not None:
                self._bridge.show_happening(guild.id, poll)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A poll is closed: that changes its message."""
        message = payload.message
        if message.guild is not None and message.poll is not None and message.poll.is_finalised():
            self._bridge.end_happening(message.guild.id, message.id)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Somebody has begun to boost, or has other roles, that may decide on what is read of them."""
        if before.roles != after.roles:
            self._rooms.show_words_of(before, after)
        if before.premium_since is None and after.premium_since is not None:
            self._show_boost(after.guild, after)

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """A guild has more boosts than before; whose isn't told."""
        if before.name and after.premium_subscription_count > before.premium_subscription_count:
            self._show_boost(after, None)

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """Somebody has opened a thread, or posted in a forum."""
        owner = thread.guild.get_member(thread.owner_id)
        if owner is not None and self._policy.shows_doing(owner, thread):
            self._bridge.show_happening(thread.guild.id, self._roster.thread(thread, owner))

    @commands.Cog.listener()
    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        """A thread's title was changed, which is somebody's words."""
        if before.name != after.name:
            title, place = self._roster.names_of(after)
            self._bridge.rename_thread(after.guild.id, after.id, title, place)

    @commands.Cog.listener()
    async def on_scheduled_event_create(self, event: discord.ScheduledEvent) -> None:
        """Somebody has planned an event, or it is told only now that it is on."""
        await self._show_events(event)

    @commands.Cog.listener()
    async def on_scheduled_event_update(
        self,
        before: discord.ScheduledEvent,  # noqa: ARG002 - the gateway's
        after: discord.ScheduledEvent,
    ) -> None:
        """An event begins or ends, or is called something else."""
        if after.status in _OVER:
            self._bridge.end_happening(after.guild_id, after.id)
        elif not self._is_shown(after):
            self._rooms.forget_event(after.guild_id, after.id)
        await self._show_events(after)

    @commands.Cog.listener()
    async def on_scheduled_event_delete(self, event: discord.ScheduledEvent) -> None:
        """An event is taken back."""
        self._rooms.forget_event(event.guild_id, event.id)
        await self._show_events(event)

    def _is_shown(self, event: discord.ScheduledEvent) -> bool:
        guild, is_on = event.guild, event.status is discord.EventStatus.active
        return is_on and guild is not None and self._policy.shows_event(event, guild)

    async def _show_events(self, event: discord.ScheduledEvent) -> None:
        if event.guild is not None:
            await self._rooms.show_events_soon(event.guild)

    def _show_boost(self, guild: discord.Guild, member: discord.Member | None) -> None:
        """Show that somebody boosted a guild; who, where viewers may know."""
        if not self._policy.is_gated(guild):
            is_shown = member is not None and self._policy.shows_deed(member)
            uid = str(member.id) if member is not None and is_shown else None
            self._bridge.show_happening(guild.id, Happening("", "boost", uid))
