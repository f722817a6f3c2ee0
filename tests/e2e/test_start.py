"""From nothing to a room full of people."""

from __future__ import annotations

import asyncio
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.e2e import gateway
from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.e2e.model import VOICE, User
from tests.e2e.viewer import ALL_EVENTS, truth
from tests.e2e.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def crowd(discord: LoopbackDiscord, name: str, size: int, *, online: int) -> Guild:
    """Make a guild with so many members besides owner and bot, the first of them online."""
    guild = discord.guild(name, *(f"member{number}" for number in range(size)))
    for member in list(guild.members.values())[2 + online :]:
        member.user.status = "offline"
    return guild


async def test_cold_start_to_first_presence(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """A first visit sends null, gets the guild's members, and sees the next change of status."""
    guild = discord.guild("D-World", "ann", "bob")
    bot = await launch()
    viewer = await watch(bot, None)
    await viewer.sees(truth(guild))
    discord.set_status(guild.member("ann"), "dnd")
    await viewer.sees(truth(guild))
    assert viewer.joined[-1]["serverName"] == "D-World"
    assert viewer.of("presence")[-1]["uid"] == guild.member("ann").uid


async def test_fifty_guilds_are_listed(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Every guild is in the list, under its snowflake, with its name and a slug of its own."""
    guilds = [discord.guild(f"Guild {number % 25}", "ann") for number in range(50)]
    viewer = await watch(await launch(), events=["servers"])
    await viewer.until(lambda: len(viewer.servers) >= len(guilds))
    assert {uid: entry["name"] for uid, entry in viewer.servers.items()} == {
        str(guild.id): guild.name for guild in guilds
    }
    assert len({entry["id"] for entry in viewer.servers.values()}) == 50


async def test_a_guild_of_five_thousand_among_fifty(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """A room of a guild with more than 500 members shows those who aren't offline, all of them."""
    for number in range(49):
        discord.guild(f"Guild {number}", "ann", "bob")
    big = crowd(discord, "Big", 5_000, online=700)
    big.miscount = 0
    viewer = await watch(await launch(), big, events=ALL_EVENTS)
    await viewer.sees(truth(big, offline=False))
    await viewer.until(lambda: viewer.joined[0]["counts"]["members"] == 5_002)


async def test_offline_members_of_a_big_guild_come_and_go(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """Where offline members are hidden, going offline is leaving and coming online is joining."""
    big = crowd(discord, "Big", 600, online=5)
    bot = await launch()
    viewer = await watch(bot, big)
    await viewer.sees(truth(big, offline=False))
    discord.set_status(big.member("member1"), "offline")
    discord.set_status(big.member("member599"), "idle")
    await viewer.sees(truth(big, offline=False))


async def test_whatever_happens_while_members_are_fetched(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """While Discord still owes the offline members, the room is open, and what people do is seen there."""
    guild = crowd(discord, "Slow", 300, online=20)
    lounge = guild.channel("Lounge", VOICE)
    discord.gateway.withhold_members()
    bot = await launch()
    viewer, oldest = await watch(bot, guild, events=ALL_EVENTS), await watch(bot, guild)
    await discord.members_requested()
    for each in (viewer, oldest):
        await each.sees(truth(guild, offline=False))

    # Who sits in voice is known by that, before the others of whom Discord hasn't told.
    late = guild.member("member299")
    discord.speak(late, lounge)
    await viewer.until(lambda: late.uid in viewer.users)
    assert viewer.users[late.uid]["voice"]["channelName"] == "Lounge"

    # They change their status, join and leave.
    discord.set_status(guild.member("member297"), "online")
    discord.set_status(guild.member("member1"), "offline")
    discord.remove_member(guild.member("member2"))
    discord.remove_member(guild.member("member298"))
    discord.add_member(guild, User("newcomer"))
    discord.gateway.release_members()
    for each in (viewer, oldest):
        await each.sees(truth(guild))


async def test_members_of_a_guild_are_requested_once(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """Discord allows one such request for a guild in 30 seconds, and small guilds need none."""
    guilds = [crowd(discord, f"Guild {number}", 260, online=1) for number in range(3)]
    discord.guild("Small", "ann").miscount = 1
    bot = await launch()
    for guild in guilds:
        await (await watch(bot, guild)).sees(truth(guild))
    asked = Counter(int(request["guild_id"]) for request in discord.gateway.member_requests)
    assert asked == {guild.id: 1 for guild in guilds}


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("miscount", [-1, 1])
@pytest.mark.parametrize("size", [2, 300])
async def test_a_wrong_number_of_members(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, size: int, miscount: int
) -> None:
    """Who is there is seen, and asked for once if at all; who left while nobody heard of it goes."""
    guild = crowd(discord, "Miscounted", size, online=1)
    guild.miscount = miscount
    bot = await launch()
    viewer = await watch(bot, guild, events=["servers"])
    await viewer.sees(truth(guild))
    del guild.members[guild.member("member1").id]
    discord.lose_sessions()
    discord.drop()
    await viewer.sees(truth(guild))
    later = await watch(bot, guild, events=["servers"])
    assert later.joined[0]["counts"]["members"] == len(guild.members)
    asked = [int(request["guild_id"]) for request in discord.gateway.member_requests]
    assert asked == ([guild.id] * 2 if size == 300 else [])  # once for each session


async def test_a_very_large_guild(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Only who talks comes by itself; who changed status before they came is seen as they are then."""
    guild = crowd(discord, "Metropolis", 300, online=200)
    guild.very_large = 250
    lounge = guild.channel("Lounge", VOICE)
    speaker = guild.member("member7")
    guild.voice[speaker.id] = discord.voice(speaker, lounge)
    discord.gateway.withhold_members()
    viewer = await watch(await launch(), guild)
    await discord.members_requested()
    await viewer.until(lambda: speaker.uid in viewer.users)
    assert guild.member("member8").uid not in viewer.users
    discord.set_status(guild.member("member8"), "dnd")
    discord.set_status(guild.member("member9"), "offline")
    discord.gateway.release_members()
    await viewer.sees(truth(guild))


async def test_the_connection_is_cut_before_all_is_ready(
    discord: LoopbackDiscord, run: Run, watch: Watch
) -> None:
    """A gateway that is lost right after the login costs no more than a moment.

    Whether the bot has heard of its session by then, and resumes it, or begins another, is a matter of luck.
    """
    guild = discord.guild("D-World", "ann", "bob")
    bot = await run()
    await discord.identified()
    discord.drop()
    await discord.accepted(2)
    discord.set_status(guild.member("ann"), "idle")
    await bot.listening()
    await (await watch(bot, guild)).sees(truth(guild))


async def test_names_without_a_latin_letter(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Each guild's slug leads to it, whatever it is called."""
    names = ["D-World", "D-World", "日本", "中国", "Привет", "🎮", "!!!", "d world", ""]
    guilds = {str(guild.id): guild for guild in [discord.guild(name, "ann") for name in names]}
    bot = await launch()
    lister = await watch(bot, events=["servers"])
    await lister.until(lambda: lister.servers.keys() == guilds.keys())
    for guild_id, entry in lister.servers.items():
        viewer = await watch(bot, entry["id"])
        assert viewer.joined[0]["request"]["server"] == entry["id"]
        await viewer.sees(truth(guilds[guild_id]))


async def test_a_bot_in_no_guild_yet(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """A visitor waits in an empty room, and moves when the bot is added to a first guild."""
    viewer = await watch(await launch())
    assert viewer.servers == {}
    assert viewer.users == {}
    guild = discord.guild("First", "ann")
    discord.join(guild)
    await viewer.until(lambda: len(viewer.joined) == 2)
    await viewer.sees(truth(guild))


async def test_only_the_intents_that_are_needed(discord: LoopbackDiscord, launch: Launch) -> None:
    """The bot asks for what it shows and for nothing else."""
    await launch()
    needed = gateway.GUILDS | gateway.MEMBERS | gateway.PRESENCES | gateway.VOICE_STATES
    needed |= gateway.MESSAGES | gateway.CONTENT | gateway.REACTIONS | gateway.TYPING
    needed |= 1 << 2  # who is banned
    needed |= 1 << 16  # which scheduled events are on
    # discord.py's own groups bring the same for direct messages, which nothing here shows.
    direct = gateway.DIRECT_MESSAGES | 1 << 13 | 1 << 14
    asked = discord.gateway.identifies[0]["intents"]
    assert asked & needed == needed
    assert asked & ~(needed | direct) == 0


async def test_the_invite_link_is_printed(discord: LoopbackDiscord, launch: Launch) -> None:
    """Whoever starts the bot is told how to get it into their guild."""
    bot = await launch()
    await bot.said(f"client_id={discord.bot.id}")


async def test_the_token_may_be_in_a_file(discord: LoopbackDiscord, launch: Launch, tmp_path: Path) -> None:
    """`.env` in the working directory is read, and the environment wins."""
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nPORT=1\n", encoding="utf-8")
    await launch(DISCORD_TOKEN=None)
    assert len(discord.gateway.identifies) == 1


async def test_the_page_is_served_on_the_same_port(discord: LoopbackDiscord, launch: Launch) -> None:
    """A browser that opens the bridge's address gets a page."""
    bot = await launch()
    page = f"http://127.0.0.1:{bot.port}/"

    def fetch() -> tuple[int, str, bytes]:
        with urllib.request.urlopen(page, timeout=PATIENCE) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()

    status, kind, content = await asyncio.to_thread(fetch)
    assert (status, kind) == (200, "text/html")
    assert b"<html" in content.lower()


async def test_the_demo_needs_no_discord(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """`--demo` shows three guilds that live, without a token and without a network."""
    bot = await launch("--demo", DISCORD_TOKEN=None, DISCORD_API_URL=None)
    viewer = await watch(bot)
    assert len(viewer.servers) == 3
    await viewer.until(lambda: bool(viewer.events))
    assert discord.rest.requests == []
