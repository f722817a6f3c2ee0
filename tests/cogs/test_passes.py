"""Looks at everybody in a guild: one at a time, and not all the time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from cogs import allowance
from cogs.passes import MOST_ROLES, Passes
from tests.bridge.clock import StillClock

GUILD = 7


@dataclass
class Role:
    id: int

    def is_default(self) -> bool:
        return self.id == GUILD


@dataclass
class Member:
    roles: tuple[int, ...]

    def get_role(self, role: int) -> int | None:
        return role if role in self.roles else None


@dataclass
class Guild:
    """One with a member who has no role, and one for each of ten roles."""

    id: int = GUILD
    members: list[Member] = field(default_factory=lambda: [Member(()), *(Member((n,)) for n in range(10))])


@dataclass
class Show:
    """Shows those who are meant, when it may."""

    shown: list[int] = field(default_factory=list)
    may: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, guild: Any, *, concerns: Callable[[Any], bool]) -> None:
        self.shown.append(sum(map(concerns, guild.members)))
        await self.may.wait()


@dataclass
class Bot:
    guild: Guild | None = field(default_factory=Guild)

    def get_guild(self, guild_id: int) -> Guild | None:
        return self.guild


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StillClock:
    """The clock by which a guild's time comes back."""
    clock = StillClock()
    monkeypatch.setattr(allowance, "time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def show() -> Show:
    return Show()


@pytest.fixture
def guild() -> discord.Guild:
    return cast("discord.Guild", Guild())


@pytest.fixture
def some(show: Show) -> Passes:
    return Passes(cast("Any", Bot()), show)


def role(number: int) -> discord.Role:
    return cast("discord.Role", Role(number))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("roles", "shown"),
    [
        ([1, 2, 2, 1], 2),
        ([*range(1, MOST_ROLES + 1)], MOST_ROLES),
        ([*range(1, MOST_ROLES + 2)], 11),
        ([1, None], 11),
        ([GUILD], 11),
    ],
)
async def test_what_is_asked_for_meanwhile_is_done_together(
    some: Passes, show: Show, guild: discord.Guild, roles: list[int | None], shown: int
) -> None:
    """However often that is; with many roles everybody is meant, as with the one that all have."""
    asked = [asyncio.create_task(some.make(guild, role(9)))]
    await until(lambda: show.shown == [1])
    for number in roles:
        asked.append(asyncio.create_task(some.make(guild, None if number is None else role(number))))
        await asyncio.sleep(0)
    show.may.set()
    await asyncio.gather(*asked)
    assert show.shown == [1, shown]


async def test_a_guild_waits_that_took_too_much(
    some: Passes, show: Show, guild: discord.Guild, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the loop's time; after so many seconds at most it has its turn again."""
    monkeypatch.setattr(some._allowance, "_longest", 0.05)
    show.may.set()
    some._allowance.pay(GUILD, 1e9)
    asked = [asyncio.create_task(some.make(guild)) for _ in range(10)]
    await asyncio.sleep(0)
    assert show.shown == []
    clock.now += 0.06
    await asyncio.gather(*asked)
    assert show.shown == [11]


async def test_a_guild_that_has_gone(show: Show, guild: discord.Guild) -> None:
    """There is nobody to show."""
    await Passes(cast("Any", Bot(None)), show).make(guild)
    assert show.shown == []


async def test_who_waits_no_more_keeps_nobody_from_it(
    some: Passes, guild: discord.Guild, clock: StillClock
) -> None:
    """As when the bot stops."""
    some._allowance.pay(GUILD, 1e9)
    waiting = asyncio.create_task(some.make(guild))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not some._asked
