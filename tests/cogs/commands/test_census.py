"""How members are counted for a status: together for all who ask, and a little at a time."""

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import discord
import pytest

from bridge.running import turns
from cogs.commands.census import Census

if TYPE_CHECKING:
    from cogs.needs import Policy
    from cogs.verdicts import MemberVerdict


class Watched:
    """A policy that notes whom it is asked about; `offline` are those who are so."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.offline: set[int] = set()
        self.is_asked = asyncio.Event()

    def member_verdict(self, member: Any) -> "MemberVerdict":
        self.asked.append(member)
        self.is_asked.set()
        return "offline" if member in self.offline else "shown"


@pytest.fixture
def policy() -> Watched:
    return Watched()


@pytest.fixture
def census(policy: Watched, monkeypatch: pytest.MonkeyPatch) -> Census:
    monkeypatch.setattr(turns, "BUDGET", 0.0)  # one member takes longer
    return Census(cast("Policy", policy))


def guild(guild_id: int, size: int = 10) -> discord.Guild:
    """A guild with so many members, each of them a number."""
    return cast("discord.Guild", SimpleNamespace(id=guild_id, members=list(range(size))))


async def test_a_count(census: Census, policy: Watched) -> None:
    """Each member is counted, by what holds for them."""
    policy.offline = {3, 4}
    assert await census.of(guild(1)) == {"shown": 8, "offline": 2}


async def test_others_have_their_turn(census: Census, policy: Watched) -> None:
    """However many guilds are asked about at once, no more is counted in one round of the loop."""
    counting = asyncio.gather(*(census.of(guild(number)) for number in range(20)))
    before = 0
    while not counting.done():
        await asyncio.sleep(0)
        assert len(policy.asked) - before <= 1
        before = len(policy.asked)
    assert before == 200


async def test_who_asks_meanwhile(census: Census, policy: Watched) -> None:
    """They share the next count, in which is what was decided before they asked."""
    first = asyncio.create_task(census.of(guild(1)))
    await policy.is_asked.wait()
    policy.offline = {0}  # who has been counted already
    later = await asyncio.gather(*(census.of(guild(1)) for _ in range(50)))
    assert await first == {"shown": 10}
    assert later == [{"shown": 9, "offline": 1}] * 50
    assert len(policy.asked) == 20
    await census.of(guild(1))
    assert len(policy.asked) == 30


async def test_a_count_that_is_called_off(census: Census, policy: Watched) -> None:
    """Who waits for it gets one all the same."""
    asking = [asyncio.create_task(census.of(guild(1))) for _ in range(3)]
    await policy.is_asked.wait()
    asking[0].cancel()
    assert await asking[1] == await asking[2] == {"shown": 10}
    assert asking[0].cancelled()
