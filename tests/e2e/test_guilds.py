"""Guilds come, go, and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.viewer import ALL_EVENTS, Viewer, truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Town, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_renamed(town: Town, curious: Viewer, guild: Guild, watch: Watch) -> None:
    """A guild's new name is in the list; nobody who watches is disturbed."""
    town.discord.rename(guild, "Another Name")
    await curious.until(lambda: curious.servers[str(guild.id)]["name"] == "Another Name")
    later = await watch(town.bot, guild)
    assert later.servers[str(guild.id)]["name"] == "Another Name"
    assert later.joined[0]["serverName"] == "Another Name"
    assert len(curious.joined) == 1


async def test_an_old_link_leads_to_a_renamed_guild(
    town: Town, curious: Viewer, guild: Guild, watch: Watch
) -> None:
    """The slug stands in people's links: it leads to the guild under its new name too."""
    slug = curious.servers[str(guild.id)]["id"]
    town.discord.rename(guild, "Quite Another Name")
    await curious.until(lambda: curious.servers[str(guild.id)]["name"] == "Quite Another Name")
    later = await watch(town.bot, slug)
    assert later.joined[0]["serverName"] == "Quite Another Name"


async def test_joined(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """A guild that the bot is added to is announced, and can be watched."""
    discord.guild("First", "ann")
    bot = await launch()
    curious = await watch(bot, events=["servers"])
    second = discord.guild("Second", *(f"member{number}" for number in range(300)))
    second.member("member7").user.status = "offline"
    discord.join(second)
    await curious.until(lambda: str(second.id) in curious.servers)
    viewer = await watch(bot, second)
    await viewer.sees(truth(second))


async def test_left(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Who watches a guild that the bot is removed from hears why, and is let go; others aren't."""
    first, second = discord.guild("First", "ann"), discord.guild("Second", "bob")
    bot = await launch()
    viewer, other = await watch(bot, first), await watch(bot, second, events=["servers"])
    discord.leave(first)
    assert await viewer.closed() == 1008
    assert len(viewer.errors) == 1
    await other.until(lambda: str(first.id) not in other.servers)
    assert other.is_open()


async def test_unavailable(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """During an outage of a guild those who watch keep what they see, and others may still come."""
    guild, other = discord.guild("First", "ann", "bob"), discord.guild("Second", "cid")
    bot = await launch()
    viewer, elsewhere = await watch(bot, guild), await watch(bot, other)
    before = truth(guild)
    discord.fail(guild)
    # Events come in order: when the other guild's is there, the outage has been dealt with.
    discord.set_status(other.member("cid"), "dnd")
    await elsewhere.sees(truth(other))
    assert viewer.people() == before
    later = await watch(bot, guild)
    assert later.people() == before


async def test_back(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """After an outage those who watched see what has changed meanwhile, on the same connection."""
    guild = discord.guild("First", "ann", "bob", "cid")
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS)
    discord.fail(guild)
    del guild.members[guild.member("cid").id]
    guild.member("ann").user.status = "idle"
    guild.member("bob").nick = "Bobby"
    discord.recover(guild)
    await viewer.sees(truth(guild))
    discord.set_status(guild.member("ann"), "dnd")
    await viewer.sees(truth(guild))
    assert len(viewer.joined) == 1


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_large_guild_is_back(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """After an outage Discord tells who is online in a large guild; who went offline is offline."""
    guild = discord.guild("Large", *(f"member{number}" for number in range(300)))
    for number in range(20, 300):
        guild.member(f"member{number}").user.status = "offline"
    viewer = await watch(await launch(), guild)
    await viewer.sees(truth(guild))
    already = len(viewer.events)
    discord.fail(guild)
    del guild.members[guild.member("member299").id]
    guild.member("member298").user.status = "idle"
    guild.member("member1").user.status = "offline"
    discord.recover(guild)
    await viewer.sees(truth(guild))
    assert len(viewer.joined) == 1
    assert len(viewer.events) - already == 3, "changes only, not everybody anew"


async def test_unavailable_from_the_start(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """A guild that has an outage when the bot starts is there as soon as it is over."""
    first, second = discord.guild("First", "ann"), discord.guild("Second", "bob")
    second.available = False
    bot = await launch()
    curious = await watch(bot, first, events=["servers"])
    discord.recover(second)
    await curious.until(lambda: str(second.id) in curious.servers)
    await (await watch(bot, second)).sees(truth(second))
