"""Shards that begin apart, late, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import snowflake
from tests.e2e.test_start import crowd
from tests.e2e.viewer import Viewer, truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def on_shard(discord: LoopbackDiscord, shard: int, name: str, *names: str) -> Guild:
    """Make a guild that belongs to this one of two shards."""
    while (guild := discord.guild(name, *names)).id >> 22 & 1 != shard:
        del discord.guilds[guild.id]
        snowflake()  # or the next one would be as far from this as this is from the one before
    return guild


async def test_two_shards(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Where Discord advises two shards, guilds of both are shown and live."""
    discord.rest.shards = 2
    guilds = [on_shard(discord, number % 2, f"Guild {number}", "ann") for number in range(3)]
    bot = await launch()
    curious = await watch(bot, events=["servers"])
    await curious.until(lambda: len(curious.servers) == 3)
    for guild in guilds:
        viewer = await watch(bot, guild)
        await viewer.sees(truth(guild))
        discord.set_status(next(reversed(guild.members.values())), "idle")
        await viewer.sees(truth(guild))


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("refused", [0, 1])
async def test_a_shard_that_is_refused(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, refused: int
) -> None:
    """The other shard's guilds are there and live; whoever asks for one of the missing hears why."""
    discord.rest.shards = 2
    discord.gateway.refused_shards.add(refused)
    here = on_shard(discord, 1 - refused, "Here", "ann")
    missing = on_shard(discord, refused, "Missing", "bob")
    bot = await launch()
    viewer = await watch(bot, here, events=["servers"])
    await viewer.sees(truth(here))
    discord.set_status(next(reversed(here.members.values())), "idle")
    await viewer.sees(truth(here))
    later = await Viewer.connect(bot.url)
    assert "isn't there yet" in (await later.knock(str(missing.id)) or "")
    await discord.refused(2)
    discord.gateway.refused_shards.clear()
    await viewer.until(lambda: str(missing.id) in viewer.servers)
    await later.join(str(missing.id))
    await later.sees(truth(missing))
    await bot.said("the connection to Discord is back")
    assert "couldn't connect" in (await later.knock("no-such-server") or "")
    await later.close()
    assert bot.output.count("watch at") == 1


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_shard_that_is_lost_for_long(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """While one shard waits for its next try, another that is lost comes back at once."""
    discord.rest.shards = 2
    first, second = on_shard(discord, 0, "Even", "ann"), on_shard(discord, 1, "Odd", "bob")
    bot = await launch()
    viewer = await watch(bot, first, events=["servers"])
    await viewer.until(lambda: len(viewer.servers) == 2)
    other = await watch(bot, second)
    discord.gateway.refused_shards.add(0)
    discord.drop()
    discord.lose_sessions()
    await discord.refused(2)
    discord.set_status(second.member("bob"), "dnd")
    await other.sees(truth(second))
    discord.gateway.refused_shards.clear()
    discord.set_status(first.member("ann"), "dnd")
    await viewer.sees(truth(first))
    assert len(viewer.joined) == len(other.joined) == 1


async def test_guilds_that_come_late(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """The page is there before any guild is; each appears when Discord tells of it."""
    first, second = discord.guild("First", "ann"), discord.guild("Second", "bob")
    discord.gateway.withhold_guilds()
    bot = await launch()
    viewer = await watch(bot, None, events=["servers"])
    assert viewer.users == {}
    assert "isn't there yet" in (await viewer.knock(str(second.id), events=["servers"]) or "")
    discord.gateway.release_guild(first)
    await viewer.until(lambda: len(viewer.joined) == 2)
    await viewer.sees(truth(first))
    discord.gateway.release_guild(second)
    await viewer.until(lambda: len(viewer.servers) == 2)
    assert "couldn't connect" in (await viewer.knock("no-such-server", events=["servers"]) or "")
    assert "in no server" not in bot.output


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_session_that_never_begins(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Where Discord lets nobody in the page opens all the same, and says what is the matter."""
    guild = discord.guild("D-World", "ann")
    discord.gateway.refused_shards.add(0)
    bot = await launch()
    viewer = await watch(bot, None)
    assert "isn't there yet" in (await viewer.knock(str(guild.id)) or "")
    discord.gateway.refused_shards.clear()
    await viewer.until(lambda: len(viewer.joined) == 2)
    await viewer.sees(truth(guild))


async def test_a_restart_too_soon(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Discord doesn't name the members of the same guild again so soon: it waits, the others don't."""
    again = crowd(discord, "Again", 260, online=5)
    bot = await launch()
    await (await watch(bot, again)).sees(truth(again))
    await bot.stop()
    new = crowd(discord, "New", 260, online=5)
    discord.gateway.limit_members(again, 1.5)
    bot = await launch()
    viewer = await watch(bot, again)
    await (await watch(bot, new)).sees(truth(new))
    await bot.said("1 guild(s) wait up to")
    assert discord.gateway.limits == [again.id]
    await viewer.sees(truth(again))
    assert discord.gateway.limits == [again.id]
    assert bot.output.count("only once in 30 seconds") == 1
