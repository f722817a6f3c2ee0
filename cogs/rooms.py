"""Rooms of guilds: brought to what the member cache knows and the policy allows, in turns."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import discord
from discord.abc import GuildChannel
from discord.ext import commands

from bridge import model
from bridge.running.rate import Rate
from bridge.running.turns import Turns
from cogs.allowance import Allowance
from cogs.needs import Bridge, MemberLoader, Policy, Roster
from cogs.passes import Passes
from cogs.verdicts import WITHDRAWN

# Of the loop's time, in seconds, one guild's channels may take so much. Whoever invites the bot may change
# hundreds of them dozens of times a second.
SHARE: Final = Rate(per_second=0.05, at_once=0.5)
TOGETHER: Final = Rate(per_second=0.3, at_once=1.0)  # the same for those of all guilds
LONGEST: Final = 2.0  # seconds that they wait
EACH: Final = 0.00003  # seconds that it takes to look at a member
SOON: Final = 0.1  # seconds until it is looked again whether a timeout is over, which may be a little early
# On whom more depends than what is told of themselves: who may connect, what is called after them.
_ELSEWHERE: Final = (discord.VoiceChannel, discord.StageChannel, discord.CategoryChannel)


class Rooms:
    """Keeps one room for each guild.

    Everything here may be done at any time and again: it reads what is known and decided at that moment. It
    goes by ids, since the cache may not know (yet, or any more) whom viewers see.
    """

    def __init__(
        self, bot: commands.AutoShardedBot, bridge: Bridge, policy: Policy, roster: Roster,
        loader: MemberLoader,
    ) -> None:  # fmt: skip
        self._bot = bot
        self._bridge = bridge
        self._policy = policy
        self._roster = roster
        self._loader = loader
        self._turns = Turns()
        self._allowance = Allowance(SHARE, TOGETHER, LONGEST)
        self._waiting: set[int] = set()  # the guilds whose channels will be shown when they have time again
        self._waiting_events: set[int] = set()  # the same for their scheduled events
        self._passes = Passes(bot, self.show_members)
        # By guild and member: when the line of somebody is shown again who is timed out.
        self._returns: dict[tuple[int, int], asyncio.TimerHandle] = {}

    # Guilds

    async def show(self, guild: discord.Guild) -> None:
        """Bring a guild's room to what may be shown now: first who has to go, then who is there.

        As long as members are missing in the cache, nobody is taken away for not being there.
        """
        guild_id = guild.id
        if self._policy.is_gated(guild):
            await self._review_all(guild_id)  # nobody hears what their channels' end means for them
        await self._turns.each([guild_id], self.open)
        await self._review_all(guild_id)
        if _is_known(guild):
            await self.show_members(guild)
        await self._turns.each([guild_id], self._update)

    async def show_channels(self, guild: discord.Guild, changed: GuildChannel | None = None) -> None:
        """Bring a room to what may be seen of the channels now, and of those who talk in them.

        A guild whose channels take too much of the loop's time waits, and what changes meanwhile is shown
        together. But nobody waits for the end of one that has `changed` and may not be shown any more.
        """
        if changed is not None and self._is_as_shown(changed):
            return
        wait = self._allowance.wait(guild.id)
        if wait > 0 or guild.id in self._waiting:
            if changed is not None and not self._policy.shows_channel(changed):
                self._take_away(changed)
            if guild.id in self._waiting:
                return
            self._waiting.add(guild.id)
            try:
                await asyncio.sleep(wait)
            finally:
                self._waiting.discard(guild.id)
        current = self._bot.get_guild(guild.id)
        if current is not None:
            await self._show_channels(current)

    async def _show_channels(self, guild: discord.Guild) -> None:
        began = time.thread_time()
        talking: list[discord.Member] = []
        if is_moved := self._is_gate_moved(guild):
            talking = list(guild.members)
        else:
            self.open(guild.id)
            talking = self._roster.talking(guild)
        self._allowance.pay(guild.id, time.thread_time() - began + EACH * len(talking))
        if is_moved:
            await self.show(guild)  # the last open channel was closed, or the first one opened
        else:
            await self.show_members(guild, talking)

    def _is_gate_moved(self, guild: discord.Guild) -> bool:
        return self._policy.is_gated(guild) == bool(self._bridge.shown(guild.id))

    def _is_as_shown(self, channel: GuildChannel) -> bool:
        """Tell whether a change of a channel is no news to viewers, nor in what they may see around it."""
        guild = channel.guild
        if isinstance(channel, _ELSEWHERE) or guild.get_channel(channel.id) is None:
            return False
        known = self._bridge.channels(guild.id).get(str(channel.id))
        described = self._roster.channel(channel)
        return described == (known and replace(known, plot=None)) and not self._is_gate_moved(guild)

    def _take_away(self, channel: GuildChannel) -> None:
        """Take a channel away that may not be shown any more, and what was said in it."""
        info, shown = self._bridge.guild(channel.guild.id), dict(self._bridge.channels(channel.guild.id))
        if info is not None and shown.pop(str(channel.id), None) is not None:
            self._bridge.show_guild(info, None, shown.values())

    async def _review_all(self, guild_id: int) -> None:
        await self._turns.each(list(self._bridge.shown(guild_id)), lambda uid: self._review(guild_id, uid))

    def update(self, guild: discord.Guild) -> None:
        """Tell viewers what a guild is called now, and how many there are."""
        self._update(guild.id)

    def _update(self, guild_id: int) -> None:
        guild, before = self._bot.get_guild(guild_id), self._bridge.guild(guild_id)
        if guild is not None and before is not None and self._policy.shows_guild(guild):
            self._bridge.show_guild(self._roster.guild(guild, before))

    def open(self, guild_id: int) -> None:
        """Bring a room to what may be seen of the guild itself and its channels, at once; or close it."""
        guild = self._bot.get_guild(guild_id)
        if guild is None or not self._policy.shows_guild(guild):
            self._bridge.hide_guild(guild_id)
            return
        before = self._bridge.guild(guild_id)
        if _is_known(guild):
            info = self._roster.guild(guild, before)
            if before is None or not before.listed:
                info = replace(info, listed=False)  # until its people are there, whom who waits will see
            self._bridge.show_guild(info, None, self._roster.channels(guild))
            self.show_events(guild)
            self._review_words(guild)
        elif before is not None:  # Discord has named no more than its id: what was known is all there is
            self._bridge.show_guild(self._roster.guild(guild, before), None, self._still_shown(guild))

    def show_events(self, guild: discord.Guild) -> None:
        """Bring a room to which scheduled events are on, at once."""
        if _is_known(guild):
            self._bridge.show_events(guild.id, self._roster.events(guild))

    async def show_events_soon(self, guild: discord.Guild) -> None:
        """Bring a room to which scheduled events are on; where they take too much time, as for channels."""
        if guild.id in self._waiting_events:
            return
        self._waiting_events.add(guild.id)
        try:
            if (wait := self._allowance.wait(guild.id)) > 0:
                await asyncio.sleep(wait)
        finally:
            self._waiting_events.discard(guild.id)
        current = self._bot.get_guild(guild.id)
        if current is not None:
            began = time.thread_time()
            self.show_events(current)
            self._allowance.pay(guild.id, time.thread_time() - began)

    def forget_event(self, guild_id: int, event_id: int) -> None:
        """Take a scheduled event back, at once."""
        known = self._bridge.happenings(guild_id)
        kept = [one for one in known if one.kind == "event" and one.id != str(event_id)]
        self._bridge.show_events(guild_id, kept)

    def show_events_of(self, guild: discord.Guild, user_id: int) -> None:
        """Bring what somebody's scheduled events are called to what may be read of them now."""
        if any(event.creator_id == user_id for event in guild.scheduled_events):
            self.show_events(guild)

    def _still_shown(self, guild: discord.Guild) -> list[model.Channel]:
        """Name the channels that viewers see and that nobody has hidden, without their categories.

        A category may have been hidden as well: which one is whose can't be known now.
        """
        channels = self._bridge.channels(guild.id).values()
        return [
            replace(channel, category=None)
            for channel in channels
            if not self._policy.is_hidden(guild.id, int(channel.id))
        ]

    def _review_words(self, guild: discord.Guild) -> None:
        """Take back what was said where nobody may listen any more, or where there is nothing any more."""
        places = self._bridge.places_of_words(guild.id)
        gone = [
            place for place in places if not self._policy.shows_chat(guild.get_channel_or_thread(int(place)))
        ]
        if gone:
            self._bridge.forget_channels(guild.id, gone)

    # Members

    async def show_members(
        self,
        guild: discord.Guild,
        members: Iterable[discord.Member] | None = None,
        concerns: Callable[[discord.Member], bool] = lambda _: True,
    ) -> None:
        """Bring members whom something concerns to what the cache knows; without `members`, all of them."""

        def show(known: discord.Member) -> None:
            current = self._bot.get_guild(guild.id)
            member = current.get_member(known.id) if current else None
            if member is not None and concerns(member):
                self.show_member(member)

        # A copy: a look at each of them here would take too long.
        await self._turns.each(list(guild.members if members is None else members), show)

    async def show_all_soon(self, guild: discord.Guild, role: discord.Role | None = None) -> None:
        """Show all who have a role, or everybody, where it is no secret what is seen of them until then.

        As often as a guild has time for that, so that nobody else has to wait for it.
        """
        await self._passes.make(guild, role)

    def show_member(self, member: discord.Member) -> None:
        """Bring one member to what the cache knows, or take them away."""
        if self._policy.shows_member(member):
            self._bridge.show_members(member.guild.id, [self._roster.member(member)])
            self._await_line(member)
        else:
            self._review(member.guild.id, member.id)

    def _await_line(self, member: discord.Member) -> None:
        """Show somebody anew when their timeout is over, if they have a line: no event says so."""
        key = member.guild.id, member.id
        if (before := self._returns.pop(key, None)) is not None:
            before.cancel()
        returns = self._roster.line_returns(member)
        if returns is not None:
            seconds = max(SOON, (returns - discord.utils.utcnow()).total_seconds())
            loop = asyncio.get_running_loop()
            self._returns[key] = loop.call_later(seconds, self._show_line, *key)

    def _show_line(self, guild_id: int, user_id: int) -> None:
        del self._returns[guild_id, user_id]
        self.show_person(guild_id, user_id)

    async def show_everywhere(self, user_id: int) -> None:
        """Bring somebody to what may be shown of them now, in every room."""
        await self._turns.each(self._bridge.guild_ids(), lambda guild_id: self.show_person(guild_id, user_id))

    def show_person(self, guild_id: int | str, user_id: int | str) -> None:
        """Bring somebody to what may be shown of them now, whether or not the cache knows them."""
        guild = self._bot.get_guild(int(guild_id))
        member = guild.get_member(int(user_id)) if guild else None
        if guild is not None:
            self.show_events_of(guild, int(user_id))
        if member is not None:
            self.show_member(member)
        else:
            self._review(guild_id, user_id)

    def _review(self, guild_id: int | str, user_id: int | str) -> None:
        """Take somebody away whom viewers may not see any more."""
        shown = self._bridge.shown(guild_id).get(str(user_id))
        if shown is None:
            # What they asked may stand for weeks, whether or not they are seen.
            asked = any(one.uid == str(user_id) for one in self._bridge.happenings(guild_id))
            if asked and self._is_withdrawn(guild_id, user_id):
                self._bridge.forget_words(guild_id, user_id)
        elif not self._may_stay(guild_id, shown):
            # Words first: where some still wait for their bubble, an old client would only see that whoever
            # said them is offline.
            if self._is_withdrawn(guild_id, user_id):
                self._bridge.forget_words(guild_id, user_id)
            self._bridge.hide_members(guild_id, [user_id])

    def _is_withdrawn(self, guild_id: int | str, user_id: int | str) -> bool:
        guild = self._bot.get_guild(int(guild_id))
        member = guild.get_member(int(user_id)) if guild else None
        return member is not None and self._policy.member_verdict(member) in WITHDRAWN

    def _may_stay(self, guild_id: int | str, shown: model.Member) -> bool:
        guild = self._bot.get_guild(int(guild_id))
        member = guild.get_member(int(shown.uid)) if guild else None
        if member is not None:
            verdict = self._policy.member_verdict(member)
            visiting = verdict == "offline" and self._bridge.is_visiting(guild_id, shown.uid)
            return verdict == "shown" or visiting
        return guild is not None and self._may_stay_unknown(guild, shown)

    def _may_stay_unknown(self, guild: discord.Guild, shown: model.Member) -> bool:
        """Tell whether viewers may go on seeing somebody whom the cache doesn't know (yet)."""
        if not self._policy.keeps(guild, shown):
            return False
        if self._bridge.is_visiting(guild.id, shown.uid):
            return True
        told = self._bridge.guild(guild.id)
        count = (told.member_count if told else None) or 0
        there = shown.status != "offline" or self._policy.shows_offline(guild.id, count)
        return there and (not _is_known(guild) or self._loader.expects_more(guild))

    # Words

    def show_words_of(self, before: discord.Member, after: discord.Member) -> None:
        """Bring what is read of somebody who has other roles now to what may be."""
        self.show_events_of(after.guild, after.id)
        was, now = (self._policy.member_verdict(member) in WITHDRAWN for member in (before, after))
        if now and not was:
            self.forget_words_in(after.guild.id, after.id)

    def hears_of_bans(self, guild_id: int) -> bool:
        """Tell whether Discord says who is banned in a guild: only to bots that may ban somebody themselves.

        To all others a ban is a departure like any other.
        """
        guild = self._bot.get_guild(guild_id)
        me = guild.get_member(self._bot.user.id) if guild and self._bot.user else None
        return me is not None and me.guild_permissions.ban_members

    async def forget_words(self, user_id: int, where: Callable[[str], bool] = lambda _: True) -> None:
        """Take back what somebody said, in every room, or `where`; also where they are no longer."""
        await self._turns.each(
            [guild_id for guild_id in self._bridge.guild_ids() if where(guild_id)],
            lambda guild_id: self.forget_words_in(guild_id, user_id),
        )

    def forget_words_in(self, guild_id: int | str, user_id: int) -> None:
        """Take back what somebody said in a guild, and what others said there who may have named them."""
        guild = self._bot.get_guild(int(guild_id))
        is_unseen = guild is not None and str(user_id) not in self._bridge.shown(guild_id)
        # Who isn't seen is named all the same; and so is who isn't known yet.
        if guild and is_unseen and (guild.get_member(user_id) or self._loader.expects_more(guild)):
            self._bridge.forget_past(guild_id)
        self._bridge.forget_words(guild_id, user_id)


def _is_known(guild: discord.Guild) -> bool:
    """Tell whether Discord has told more of a guild than its id, as it does first in each new session."""
    return bool(guild.name)
