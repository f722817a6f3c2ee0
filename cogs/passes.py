"""Looks at everybody in a guild, where what they bring is no secret until then: not all the time.

Whoever invites the bot may give fifty thousand members another colour dozens of times a second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol
from weakref import WeakValueDictionary

import discord
from discord.ext import commands

from bridge.running.rate import Rate
from cogs.allowance import Allowance

# Of the loop's time, in seconds, they may take so much for one guild, and for all of them together.
SHARE: Final = Rate(per_second=0.05, at_once=0.5)
TOGETHER: Final = Rate(per_second=0.2, at_once=1.0)
LONGEST: Final = 60.0  # seconds that one waits
EACH: Final = 0.00003  # seconds that it takes to show a member
GLANCE: Final = 0.000002  # seconds to see that one isn't meant
MOST_ROLES: Final = 5  # by which members are told apart: with more of them, everybody is meant


class Show(Protocol):
    """Brings members of a guild whom something concerns to what is known of them."""

    def __call__(
        self, guild: discord.Guild, *, concerns: Callable[[discord.Member], bool]
    ) -> Awaitable[None]:
        """Do so, in turns."""


class Passes:
    """Has one at a time in each guild; what is asked for while it waits is done together."""

    def __init__(self, bot: commands.AutoShardedBot, show: Show) -> None:
        self._bot = bot
        self._show = show
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        # By guild, whom the next one is for: who has one of these roles, of which none stands for all.
        self._asked: dict[int, set[int | None]] = {}
        self._allowance = Allowance(SHARE, TOGETHER, LONGEST)

    async def make(self, guild: discord.Guild, role: discord.Role | None = None) -> None:
        """Show all who have a role, or everybody, when the guild has time for it."""
        asked = self._asked.get(guild.id)
        whom = None if role is None or role.is_default() else role.id
        if asked is not None:
            asked.add(whom)
            return
        asked = self._asked[guild.id] = {whom}
        turn = self._turns.setdefault(guild.id, asyncio.Lock())
        try:
            async with turn:
                while (wait := self._allowance.wait(guild.id)) > 0:  # noqa: ASYNC110 - others may take the time meanwhile
                    await asyncio.sleep(wait)
                del self._asked[guild.id]
                await self._make(guild.id, asked)
        finally:
            if self._asked.get(guild.id) is asked:
                del self._asked[guild.id]

    async def _make(self, guild_id: int, asked: set[int | None]) -> None:
        guild = self._bot.get_guild(guild_id)
        if guild is None:
            return
        roles = None if None in asked or len(asked) > MOST_ROLES else [role for role in asked if role]
        shown = 0

        def is_meant(member: discord.Member) -> bool:
            nonlocal shown
            meant = roles is None or any(member.get_role(role) is not None for role in roles)
            shown += meant
            return meant

        looked_at = len(guild.members)
        try:
            await self._show(guild, concerns=is_meant)
        finally:
            self._allowance.pay(guild_id, GLANCE * looked_at + EACH * shown)
