"""The gateway is lost and found: those who watch stay, and end with the true state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e import hurried
from tests.e2e.model import User
from tests.e2e.viewer import Viewer, truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def undisturbed(viewer: Viewer) -> bool:
    """Tell whether a viewer has kept its one connection and its one place."""
    return viewer.is_open() and len(viewer.joined) == 1 and not viewer.errors


def change(discord: LoopbackDiscord, guild: Guild) -> None:
    """Let somebody leave, somebody join, and several change."""
    discord.remove_member(guild.member("ann"))
    discord.add_member(guild, User("eve", status="dnd"), nick="Eve")
    discord.set_status(guild.member("bob"), "idle")
    discord.set_status(guild.member("cid"), "offline")
    discord.set_nick(guild.member("dan"), "Daniel")


async def test_resumed(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """What happened while the connection was cut is told after the resume, words included."""
    guild = discord.guild("D-World", "ann", "bob", "cid", "dan")
    viewer = await watch(await launch(), guild)
    discord.drop()
    await discord.disconnected()
    change(discord, guild)
    discord.say(guild.public, guild.member("bob"), "said meanwhile")
    await discord.resumed()
    await viewer.sees(truth(guild))
    await viewer.hears("said meanwhile")
    assert undisturbed(viewer)
    assert len(discord.gateway.identifies) == 1


async def test_asked_to_reconnect(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Discord sends its clients to another machine every few hours, in several ways; nobody notices."""
    guild = discord.guild("D-World", "ann", "bob", "cid", "dan")
    viewer = await watch(await launch(), guild)
    ways: list[Callable[[], None]] = [
        discord.gateway.ask_to_reconnect,
        lambda: discord.gateway.invalidate(resumable=True),
        lambda: discord.close_gateway(1001),
        lambda: discord.close_gateway(4000),
    ]
    for times, way in enumerate(ways, start=1):
        way()
        await discord.resumed(times)
    change(discord, guild)
    await viewer.sees(truth(guild))
    assert undisturbed(viewer)
    assert len(discord.gateway.identifies) == 1


async def test_session_invalidated(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """After a fresh identify (op 9) viewers see what nobody told: who left, who joined, who changed."""
    guild = discord.guild("D-World", "ann", "bob", "cid", "dan")
    viewer = await watch(await launch(), guild)
    discord.gateway.invalidate(resumable=False)
    change(discord, guild)
    await discord.identified(2)
    await viewer.sees(truth(guild))
    discord.set_status(guild.member("eve"), "online")
    await viewer.sees(truth(guild))
    assert undisturbed(viewer)


@pytest.mark.usefixtures("in_a_hurry")
async def test_nobody_says_hello(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """In an outage Discord refuses connections, then takes them and hangs up before it has greeted."""
    guild = discord.guild("D-World", "ann", "bob", "cid", "dan")
    viewer = await watch(await launch(), guild)
    discord.gateway.refusing = True
    discord.drop()
    await discord.refused(5)  # by then a new session is to begin
    discord.gateway.slams, discord.gateway.refusing = 3, False
    change(discord, guild)
    await discord.identified(2)
    await viewer.sees(truth(guild))
    assert undisturbed(viewer)


@pytest.mark.usefixtures("in_a_hurry")
async def test_session_gone(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """The connection is cut, and the session can't be resumed: the same, with a large guild as well."""
    small = discord.guild("Small", "ann", "bob", "cid", "dan")
    large = discord.guild("Large", "ann", "bob", "cid", "dan", *(f"member{number}" for number in range(300)))
    for number in range(100):
        large.member(f"member{number}").user.status = "offline"
    bot = await launch()
    viewers = {guild: await watch(bot, guild) for guild in (small, large)}
    await viewers[large].sees(truth(large))
    discord.drop()
    discord.lose_sessions()
    for guild in (small, large):
        change(discord, guild)
    discord.set_status(large.member("member0"), "online")
    discord.set_status(large.member("member299"), "offline")
    discord.remove_member(large.member("member1"))  # offline: only the chunks can tell
    await discord.identified(2)
    for guild, viewer in viewers.items():
        await viewer.sees(truth(guild))
        assert undisturbed(viewer)


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_guild_of_thousands_after_a_new_session(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """Where offline members are hidden the room isn't emptied either; those who went are gone."""
    guild = discord.guild(
        "Large", "ann", "bob", "cid", "dan", *(f"member{number}" for number in range(1_500))
    )
    for number in range(1_000):
        guild.member(f"member{number}").user.status = "offline"
    bot = await launch()
    viewer = await watch(bot, guild)
    await viewer.sees(truth(guild, offline=False))
    already = len(viewer.of("presence"))
    discord.gateway.invalidate(resumable=False)
    change(discord, guild)
    discord.set_status(guild.member("member0"), "online")
    discord.set_status(guild.member("member1499"), "offline")
    await discord.identified(2)
    await viewer.sees(truth(guild, offline=False))
    assert undisturbed(viewer)
    assert len(viewer.of("presence")) - already < 20, "changes only, not everybody anew"


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_new_session_while_members_are_fetched(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """A request for members that the old session never answered doesn't keep the new one from asking."""
    guild = discord.guild("Large", "ann", "bob", "cid", "dan", *(f"member{number}" for number in range(300)))
    for number in range(300):
        guild.member(f"member{number}").user.status = "offline"
    discord.gateway.withhold_members()
    viewer = await watch(await launch(), guild)
    await discord.members_requested()
    discord.gateway.invalidate(resumable=False)
    change(discord, guild)
    await discord.identified(2)
    discord.gateway.release_members()
    await viewer.sees(truth(guild))
    assert undisturbed(viewer)


async def test_guilds_changed_between_sessions(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """A guild that was left between two sessions is hidden, one that was joined is shown."""
    stays, goes = discord.guild("Stays", "ann"), discord.guild("Goes", "bob")
    bot = await launch()
    viewer, leaver = await watch(bot, stays, events=["servers"]), await watch(bot, goes)
    discord.gateway.invalidate(resumable=False)
    discord.leave(goes)
    comes = discord.guild("Comes", "cid")
    await discord.identified(2)
    await viewer.until(lambda: viewer.servers.keys() == {str(stays.id), str(comes.id)})
    assert await leaver.closed() == 1008
    await (await watch(bot, comes)).sees(truth(comes))
    assert undisturbed(viewer)


async def test_away_for_longer(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """While the gateway refuses, the bot retries, says so in few words, and its viewers stay.

    What was said meanwhile comes with the session, and so do all changes.
    """
    guild = discord.guild("D-World", "ann", "bob", "cid", "dan")
    bot = await launch()
    viewer = await watch(bot, guild)
    said = bot.stdout
    discord.gateway.refusing = True
    discord.drop()
    await discord.refused(2)
    change(discord, guild)
    later = await watch(bot, guild)
    discord.say(guild.public, guild.member("bob"), "said meanwhile")
    assert later.people() == viewer.people()
    discord.gateway.refusing = False
    await viewer.sees(truth(guild))
    await viewer.hears("said meanwhile")
    assert undisturbed(viewer)
    assert len(discord.gateway.identifies) == 1
    await bot.said("the connection to Discord is back")
    lost, refused, *still = complaints(bot.stdout.removeprefix(said))
    assert "is lost" in lost
    assert "HTTP 503" in refused
    assert "discordstatus" in refused
    assert all("still has no connection" in line for line in still)
    assert len(still) == discord.gateway.refusals - 2


@pytest.mark.usefixtures("in_a_hurry")
async def test_cut_again_and_again(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Each time the bot comes back, and viewers see at once what changed; long outages are told try by try.

    The last of them outlasts the session.
    """
    guild = discord.guild("D-World", "ann", "bob", "cid", "dan")
    bot = await launch()
    viewer = await watch(bot, guild)
    for number, tries in enumerate((0, 2, 4, 9)):
        said, refused = bot.stdout, discord.gateway.refusals
        discord.gateway.refusing = True
        discord.drop()
        discord.set_status(guild.member("bob"), ("idle", "dnd", "online", "offline")[number])
        newcomer = discord.add_member(guild, User(f"eve{number}"))
        if number == 3:
            discord.lose_sessions()
        await discord.refused(refused + tries)
        discord.gateway.refusing = False
        await viewer.sees(truth(guild))
        discord.set_status(newcomer, "idle")
        await viewer.sees(truth(guild))
        await bot.told("the connection to Discord is back", number + 1)
        news = complaints(bot.stdout.removeprefix(said))
        still = [line for line in news if "still has no connection" in line]
        assert len(news) - len(still) == 1 + bool(discord.gateway.refusals > refused)
        assert len(still) == max(0, discord.gateway.refusals - refused - 2)
    assert undisturbed(viewer)
    assert len(discord.gateway.identifies) == 2


async def test_nothing_listens_where_the_gateway_was(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """A refused TCP connection is one line for each try from the third on, and no traceback."""
    guild = discord.guild("D-World", "ann")
    discord.gateway.members_every = hurried.ALLOWED
    bot = await launch()
    viewer = await watch(bot, guild)
    said = bot.stdout
    async with discord.out_of_reach():
        await bot.said("try 4 failed")
    discord.set_status(guild.member("ann"), "dnd")
    await viewer.sees(truth(guild))
    await bot.said("the connection to Discord is back")
    lost, *tries = complaints(bot.stdout.removeprefix(said))
    assert "is lost" in lost
    assert all(f"try {number} failed (ClientConnectorError" in line for number, line in enumerate(tries, 3))
    assert undisturbed(viewer)


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_first_handshake_is_refused(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """The page is there, the log says it once with a hint, and the guilds come when they can."""
    guild = discord.guild("D-World", "ann")
    discord.gateway.refusing = True
    bot = await launch()
    await discord.refused(2)
    discord.gateway.refusing = False
    await bot.said("the connection to Discord is back")
    await (await watch(bot, guild)).sees(truth(guild))
    first, *later = complaints(bot.stdout)
    assert "gateway refuses shard 0 (HTTP 503)" in first
    assert all("still has no connection" in line for line in later)


def complaints(said: str) -> list[str]:
    """Return the warnings and errors that a bot has logged; each is one line."""
    return [line for line in said.splitlines() if " WARNING " in line or " ERROR " in line]
