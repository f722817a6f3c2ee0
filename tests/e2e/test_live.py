"""The live message: it follows what happens, also after a restart, and ends with its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def says(words: str) -> Callable[[list[Payload]], bool]:
    """Tell whether the only message says something."""
    return lambda messages: len(messages) == 1 and words in messages[0]["embeds"][0]["description"]


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_live_message(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """It tells who is there and who watches, also after a restart; deleted or out of reach, it ends."""
    discord.guild("Oldtown")
    first = await launch(PUBLIC_URL="https://zone.example.org")
    guild = discord.guild("Newtown", "ann", "bob")
    lobby = guild.channel("lobby")
    discord.join(guild)
    owner = guild.member("owner")
    reply = await discord.command(owner, "dzone live channel", channel="lobby")
    assert lobby.mention in reply.text
    [card] = await discord.posted(lobby, says("**3** online, **0** watching"))
    discord.set_status(guild.member("ann"), "offline")
    viewer = await watch(first, guild)
    await discord.posted(lobby, says("**2** online, **1** watching"))
    await viewer.close()
    await first.stop()

    second = await launch(PUBLIC_URL="https://zone.example.org")
    discord.set_status(guild.member("bob"), "offline")
    await discord.posted(lobby, says("**1** online, **0** watching"))
    assert [message["id"] for message in discord.posts.of(lobby)] == [card["id"]]

    # What stands before Discord may shut the bot out for a while; and of old messages it takes few changes.
    discord.rest.blocked = True
    discord.set_status(guild.member("bob"), "idle")
    await second.said("the live message wasn't changed")
    change = f"PATCH /channels/{lobby.id}/messages/{card['id']}"
    old = {
        "retry_after": 0.05,
        "code": 30046,
        "message": "Maximum number of edits to messages older than 1 hour",
    }
    discord.rest.limits[change] = [old] * 6
    discord.rest.blocked = False
    await second.said("Discord limits how often the live message may be changed")
    await discord.posted(lobby, says("**2** online, **0** watching"))
    discord.posts.remove(card)
    discord.set_status(guild.member("bob"), "offline")
    await second.said("the live message is no more: deleted")
    status = await discord.command(owner, "dzone status")
    assert "It was deleted." in str(status.message)

    await discord.command(owner, "dzone live channel", channel="lobby")
    await discord.command(owner, "dzone live off")
    assert discord.posts.of(lobby) == []

    # What the bot may not see any more it can't change: that ends it as well.
    await discord.command(owner, "dzone live channel", channel="lobby")
    discord.change_channel(lobby, unseen=True)
    discord.set_status(guild.member("bob"), "online")
    await second.said("the live message is no more: forbidden")
