"""A bot in as many guilds as one connection to Discord takes: one member's decision concerns them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import User
from tests.e2e.viewer import ALL_EVENTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

GUILDS = 2_000


async def test_somebody_in_every_guild_hides_and_shows_themselves(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """It holds nobody up, which the fixture sees, and nowhere is a word of theirs left."""
    everywhere = User("everywhere")
    guilds = [discord.guild(f"Guild {number}", "ann") for number in range(GUILDS)]
    members = [guild.settle(everywhere) for guild in guilds]
    bot = await launch()
    lookout = await watch(bot, None, events=["servers"])
    await lookout.until(lambda: len(lookout.servers) == GUILDS)
    places = (0, GUILDS // 2, GUILDS - 1)
    viewers = [await watch(bot, guilds[place], events=ALL_EVENTS, batch=True) for place in places]
    for times in range(1, 3):
        words, before = f"here I am, number {times}", [viewer.cursor for viewer in viewers]
        for member in members:
            discord.say(member.guild.public, member, words)
        for viewer in viewers:
            await viewer.hears(words)
        assert "hidden" in (await discord.command(members[0], "myself hide")).text
        for place, viewer, cursor in zip(places, viewers, before, strict=True):
            await viewer.until(lambda: str(everywhere.id) not in viewer.users)  # noqa: B023
            back = await watch(bot, guilds[place], events=ALL_EVENTS, batch=True, cursor=cursor)
            assert not back.knows(words)
            assert members[place].uid not in back.users
        assert "shown" in (await discord.command(members[0], "myself show")).text
        for viewer in viewers:
            await viewer.until(lambda: str(everywhere.id) in viewer.users)  # noqa: B023
