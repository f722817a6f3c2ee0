"""The line over a voice channel is words: told to who asked for events, where words may be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import MANAGE_GUILD, STAGE, VOICE
from tests.e2e.viewer import ALL_EVENTS, Viewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Town, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Channel
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = "movie-night-at-eight"


@pytest.fixture
def lounge(town: Town, guild: Guild) -> Channel:
    """A voice channel of that guild."""
    return opened(town, guild.channel("Lounge", VOICE))


@pytest.fixture
def witness(town: Town, guild: Guild) -> Channel:
    """Another one: what is told of it comes after all that was told before."""
    return opened(town, guild.channel("Witness", VOICE))


def opened(town: Town, channel: Channel) -> Channel:
    town.discord.create_channel(channel)
    return channel


def line(viewer: Viewer, channel: Channel) -> str | None:
    """Return what a viewer reads over a channel."""
    maps = [viewer.joined[-1].get("channels", {}), *viewer.of("channels")]
    status: str | None = maps[-1].get(str(channel.id), {}).get("status")
    return status


async def caught_up(town: Town, viewer: Viewer, witness: Channel, number: int = 1) -> None:
    """Wait until a viewer has seen all that happened to voice channels."""
    town.discord.caption(witness, f"witness {number}")
    await viewer.until(lambda: line(viewer, witness) == f"witness {number}")


async def test_a_line_is_told(
    town: Town, curious: Viewer, viewer: Viewer, guild: Guild, lounge: Channel, watch: Watch
) -> None:
    """As people read it; to who comes later, too, and not to who asked for no events."""
    town.discord.caption(lounge, f"**{LINE}** with {guild.member('bob').mention}")
    await curious.until(lambda: line(curious, lounge) == f"{LINE} with @someone")
    later = await watch(town.bot, guild, events=["typing"])
    assert line(later, lounge) == f"{LINE} with @someone"
    town.discord.set_nick(guild.member("ann"), "Annie")
    await viewer.until(lambda: viewer.users[guild.member("ann").uid]["username"] == "Annie")
    assert not viewer.knows(LINE)


@pytest.mark.parametrize("nothing", [None, ""])
async def test_a_line_is_gone_when_it_is_taken_away(
    town: Town, curious: Viewer, guild: Guild, lounge: Channel, watch: Watch, nothing: str | None
) -> None:
    """Nobody who comes later, or back, reads it any more."""
    away = await watch(town.bot, guild, events=ALL_EVENTS)
    await away.close()
    town.discord.caption(lounge, LINE)
    await curious.until(lambda: line(curious, lounge) == LINE)
    town.discord.caption(lounge, nothing)
    await curious.until(lambda: line(curious, lounge) is None)
    later = await watch(town.bot, guild, events=ALL_EVENTS)
    back = await watch(town.bot, guild, like=away, events=ALL_EVENTS)
    assert not later.knows(LINE)
    assert not back.knows(LINE)


@pytest.mark.parametrize(
    "change", [{"hidden": True}, {"locked": True}, {"nsfw": True}], ids=["private", "no connecting", "adults"]
)
@pytest.mark.parametrize("kind", [VOICE, STAGE])
async def test_a_line_where_words_are_nobodys(
    town: Town, guild: Guild, curious: Viewer, witness: Channel, change: dict[str, bool], kind: int
) -> None:
    """Over a channel whose chat not everybody may read, or not everybody should."""
    lounge = guild.channel("Lounge", kind)
    for field, value in change.items():
        setattr(lounge, field, value)
    opened(town, lounge)
    town.discord.caption(lounge, LINE)
    await caught_up(town, curious, witness)
    assert not curious.knows(LINE)


@pytest.mark.parametrize(
    "change", [{"hidden": True}, {"locked": True}, {"nsfw": True}], ids=["private", "no connecting", "adults"]
)
async def test_a_channel_that_closes(
    town: Town, guild: Guild, curious: Viewer, lounge: Channel, watch: Watch, change: dict[str, bool]
) -> None:
    """Its line is taken back, and comes again when it opens."""
    town.discord.caption(lounge, LINE)
    await curious.until(lambda: line(curious, lounge) == LINE)
    away = await watch(town.bot, guild, events=ALL_EVENTS)
    await away.close()
    town.discord.change_channel(lounge, **change)
    await curious.until(lambda: line(curious, lounge) is None)
    for like in (None, away):
        viewer = await watch(town.bot, guild, like=like, events=ALL_EVENTS)
        assert not viewer.knows(LINE)
    town.discord.change_channel(lounge, **dict.fromkeys(change, False))
    await curious.until(lambda: line(curious, lounge) == LINE)


@pytest.mark.parametrize("mode", ["off", "bubble"])
async def test_a_guild_where_words_are_not_shown(
    town: Town, guild: Guild, curious: Viewer, lounge: Channel, watch: Watch, mode: str
) -> None:
    """It is gone with the decision, from the past as well; and here again when that is taken back."""
    ann = guild.member("ann")
    ann.roles = [guild.role("Keepers", permissions=MANAGE_GUILD)]
    town.discord.create_role(guild, ann.roles[0])
    town.discord.set_roles(ann, *ann.roles)
    town.discord.caption(lounge, LINE)
    await curious.until(lambda: line(curious, lounge) == LINE)
    away = await watch(town.bot, guild, events=ALL_EVENTS)
    await away.close()
    await town.discord.command(ann, "dzone messages", mode=mode)
    await curious.until(lambda: line(curious, lounge) is None)
    town.discord.caption(lounge, LINE + "-again")
    for like in (None, away):
        viewer = await watch(town.bot, guild, like=like, events=ALL_EVENTS)
        assert not viewer.knows(LINE)
    await town.discord.command(ann, "dzone messages", mode="full")
    await curious.until(lambda: line(curious, lounge) == LINE + "-again")


async def test_a_line_that_was_there_before_the_bot(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """It is asked for, once for each guild that has voice channels."""
    guilds = [discord.guild(f"House {number}", "ann") for number in range(3)]
    lounges = [guild.channel("Lounge", VOICE) for guild in guilds[:2]]
    for lounge in lounges:
        lounge.status = LINE
    bot = await launch()
    for guild, lounge in zip(guilds, lounges, strict=False):
        viewer = await watch(bot, guild, events=ALL_EVENTS)
        await viewer.until(lambda: line(viewer, lounge) == LINE)  # noqa: B023
    asked = [(request["guild_id"], request["fields"]) for request in discord.gateway.info_requests]
    assert sorted(asked) == [(str(guild.id), ["status"]) for guild in guilds[:2]]


async def test_a_line_that_went_during_an_outage(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """Nobody told the bot: it asks again, and until it knows shows nothing."""
    guild = discord.guild("House", "ann")
    lounge, bar = guild.channel("Lounge", VOICE), guild.channel("Bar", VOICE)
    lounge.status = bar.status = LINE
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS)
    await viewer.until(lambda: line(viewer, lounge) == LINE)
    discord.fail(guild)
    lounge.status = None
    discord.recover(guild)
    await viewer.until(lambda: line(viewer, lounge) is None and line(viewer, bar) == LINE)
