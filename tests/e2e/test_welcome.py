"""Somebody invites the bot: what it says there, and that this holds over a restart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.model import VIEW_CHANNEL
from tests.e2e.viewer import truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_from_the_invitation_to_the_first_viewer(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """Hidden at first, welcomed in its language, refused to others, shown by a button after a restart."""
    old = discord.guild("Oldtown", "bob")
    first = await launch(FIRST_SHOWN="off")
    guild = discord.guild("Neustadt", "ann")
    guild.locale, guild.system = "de", guild.channel("ankunft")
    discord.join(guild)
    [message] = await discord.posted(guild.system)
    assert message["content"].startswith("**Hallo! Ich kann Neustadt als kleine Pixelwelt zeigen")
    assert "Niemand kann zuschauen." in message["content"]
    lookout = await watch(first)
    assert str(guild.id) not in lookout.servers

    refusal = await discord.press_on(message, guild.system, guild.member("ann"), "Zeigen")
    assert "Manage Server" in refusal.text
    assert refusal.private
    await first.stop()

    second = await launch(FIRST_SHOWN="off")
    done = await discord.press_on(message, guild.system, guild.member("owner"), "Zeigen")
    assert "is shown now" in done.text
    assert done.private
    await discord.posted(guild.system, lambda posts: "Wer den Computer erreicht" in posts[0]["content"])
    assert re.search(
        r"^\*\*Stand <t:\d+:f>:\*\* Wer", discord.posts.of(guild.system)[0]["content"], re.MULTILINE
    )
    viewer = await watch(second, guild, events=["typing"])
    await viewer.sees(truth(guild))
    assert not any("Pixelwelt" in str(frame) for frame in viewer.frames)

    discord.leave(guild)
    assert await viewer.closed() == 1008
    lookout = await watch(second, None, events=["servers"])
    discord.join(guild)
    await lookout.until(lambda: str(guild.id) in lookout.servers)  # it is shown as before
    assert len(discord.posts.of(guild.system)) == 1
    assert discord.posts.of(old.public) == []


async def test_where_the_bot_may_not_write(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """All works but the welcome, and the status says what is missing."""
    discord.guild("Oldtown")
    bot = await launch()
    guild = discord.guild("Newtown", "ann")
    everyone = guild.roles[guild.id]
    everyone.permissions = str(VIEW_CHANNEL)
    discord.join(guild, permissions=VIEW_CHANNEL)
    await bot.said("there is no channel to write a welcome in")
    viewer = await watch(bot, guild)
    await viewer.sees(truth(guild))
    status = await discord.command(guild.member("owner"), "dzone status")
    assert status.message is not None
    assert "Send Messages and Embed Links are missing" in str(status.message["embeds"])
