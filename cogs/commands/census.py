"""How many of a guild's members are shown, and how many are not, and why."""

import asyncio
from collections import Counter
from weakref import WeakValueDictionary

import discord

from bridge.running.turns import Turns
from cogs.needs import Policy
from cogs.verdicts import MemberVerdict

Counts = Counter[MemberVerdict]


class Census:
    """Counts members, a millisecond of it in one round of the loop, however many guilds are asked about.

    All who ask about a guild while one count is under way share the next: what was decided before they asked
    is in it.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._turns = Turns()
        self._guilds: WeakValueDictionary[int, _Asked] = WeakValueDictionary()  # while somebody asks

    async def of(self, guild: discord.Guild) -> Counts:
        """Count a guild's members by what holds for each."""
        asked = self._guilds.setdefault(guild.id, _Asked())
        before = asked.begun
        async with asked.turn:
            if asked.begun == before or asked.counts is None:  # none has begun since, or it was called off
                asked.begun += 1
                asked.counts = None
                asked.counts = await self._count(guild)
            return asked.counts

    async def _count(self, guild: discord.Guild) -> Counts:
        counts: Counts = Counter()

        def count(member: discord.Member) -> None:
            counts[self._policy.member_verdict(member)] += 1

        await self._turns.each(guild.members, count)
        return counts


class _Asked:
    """A guild that somebody asks about: how many counts have begun, and what the last one found."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.begun = 0
        self.counts: Counts | None = None
