"""What is never written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.e2e.viewer import ALL_EVENTS, truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_most_talkative_log(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """Not even at DEBUG: the token, what members say, what viewers send to get in."""
    guild = discord.guild("D-World", "ann", "bob")
    den = guild.channel("den", hidden=True)
    bot = await launch(LOG_LEVEL="DEBUG")
    secrets: dict[str, Any] = {"password": "open-sesame", "discordToken": "a-viewers-token"}
    viewer = await watch(bot, guild, events=ALL_EVENTS, **secrets)
    discord.say(den, guild.member("ann"), "the secret plan")
    message = discord.say(guild.public, guild.member("ann"), "the public plan")
    discord.edit(guild.public, message, "the edited plan")
    discord.write_privately(guild.member("ann").user, "the private plan")
    discord.drop()
    await discord.resumed()
    discord.set_status(guild.member("bob"), "idle")
    await viewer.sees(truth(guild))
    await viewer.close()
    await bot.stop()
    for secret in (TOKEN, *secrets.values(), "plan"):
        assert secret not in bot.output


async def test_the_life_is_logged(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """At INFO an operator sees the bot come up, lose the gateway and find it again, and go."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    await watch(bot, guild)
    before = bot.stdout
    discord.drop()
    await discord.resumed()
    await bot.stop()
    assert "INFO" in before
    assert " WARNING " in bot.stdout.removeprefix(before)
    assert bot.stderr == ""
