"""What the bot shows with fewer of the privileged intents than it would like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e import gateway
from tests.e2e.model import VOICE
from tests.e2e.viewer import ALL_EVENTS, Viewer, truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.guild import Guild
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def everybody_online(guild: Guild) -> dict[str, tuple[str, str, str]]:
    """Return what a viewer sees who can't know of any status."""
    return {uid: (name, "online", color) for uid, (name, _, color) in truth(guild).items()}


async def warnings(bot: BotProcess, number: int = 1) -> list[str]:
    """Return what the bot's log warns of, when it has warned of so many intents."""
    await bot.told("Intent is off", number)
    return [line for line in bot.stdout.splitlines() if " WARNING " in line]


def asked(discord: LoopbackDiscord) -> int:
    """Return the privileged intents that the bot identified with, which is done once."""
    [identify] = discord.gateway.identifies
    asked: int = identify["intents"]
    return asked & sum(gateway.PRIVILEGED.values())


async def test_all_are_there(discord: LoopbackDiscord, launch: Launch) -> None:
    """With all three nothing is said of any."""
    discord.guild("D-World", "ann")
    bot = await launch()
    assert asked(discord) == sum(gateway.PRIVILEGED.values())
    assert "Intent" not in bot.output


async def test_without_message_content(discord: LoopbackDiscord, launch: Launch, watch: Watch) -> None:
    """People talk in empty bubbles, also to the bot, whose words alone Discord would tell."""
    discord.intents.discard("message_content")
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS)
    await viewer.sees(truth(guild))
    ann = guild.member("ann")
    discord.say(guild.public, ann, "a secret")
    message = discord.say(guild.public, ann, f"a secret for {guild.members[discord.bot.id].mention}")
    await viewer.happens("message", 2)
    discord.edit(guild.public, message, "another secret")
    discord.set_nick(ann, "Ann")
    await viewer.sees(truth(guild))
    assert viewer.words() == ["...", "..."]
    assert not viewer.knows("secret")
    assert asked(discord) == gateway.MEMBERS | gateway.PRESENCES
    assert [line.partition("the ")[2].partition(";")[0] for line in await warnings(bot)] == [
        "Message Content Intent is off: people talk in empty bubbles"
    ]


@pytest.mark.parametrize("size", [3, 600])
async def test_without_presences(discord: LoopbackDiscord, launch: Launch, watch: Watch, size: int) -> None:
    """Everybody is there and counts as online, also where those who are offline would be hidden."""
    discord.intents.discard("presences")
    guild = discord.guild("D-World", *(f"member{number}" for number in range(size)))
    guild.member("member1").user.status = "offline"
    guild.member("member2").user.status = "dnd"
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS)
    await viewer.sees(everybody_online(guild))
    discord.say(guild.public, guild.member("member1"), "hello")
    await viewer.hears("hello")
    discord.remove_member(guild.member("member2"))
    await viewer.sees(everybody_online(guild))
    assert asked(discord) == gateway.MEMBERS | gateway.CONTENT
    [warning] = await warnings(bot)
    assert "Presence Intent is off" in warning


@pytest.mark.parametrize("missing", [{"members"}, {"members", "presences"}, set(gateway.PRIVILEGED)], ids=len)
async def test_without_members(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, missing: set[str]
) -> None:
    """Who sits in voice is shown as long as they do; nobody is asked for, and the bot itself is known."""
    discord.intents -= missing
    guild = discord.guild("D-World", "ann", "bob", *(f"member{number}" for number in range(600)))
    lounge = guild.channel("Lounge", VOICE)
    ann, bob = guild.member("ann"), guild.member("bob")
    discord.speak(ann, lounge)
    bot = await launch()
    viewer = await watch(bot, guild, events=ALL_EVENTS)
    await sees_only(viewer, guild, discord, "ann")
    assert viewer.users[ann.uid]["voice"]["channelName"] == "Lounge"
    discord.speak(bob, lounge, self_mute=True)
    await sees_only(viewer, guild, discord, "ann", "bob")
    assert viewer.users[bob.uid]["voice"]["muted"]
    discord.speak(ann, None)
    await sees_only(viewer, guild, discord, "bob")
    discord.gateway.invalidate(resumable=False)
    discord.speak(bob, None)  # which nobody tells
    discord.speak(ann, lounge)
    await discord.identified(2)
    await sees_only(viewer, guild, discord, "ann")
    assert discord.gateway.member_requests == []
    told = await warnings(bot, len(missing))
    assert len([line for line in told if "Intent is off" in line]) == len(missing)
    assert len(viewer.joined) == 1


async def sees_only(viewer: Viewer, guild: Guild, discord: LoopbackDiscord, *names: str) -> None:
    """Wait until nobody but these and the bot is there."""
    hoped = {guild.member(name).uid for name in names} | {str(discord.bot.id)}
    await viewer.until(lambda: viewer.users.keys() == hoped)
    assert {user["status"] for user in viewer.users.values()} == {"online"}
