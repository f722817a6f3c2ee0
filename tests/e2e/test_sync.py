"""Discord is told of the commands when they changed, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.viewer import truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload
    from tests.e2e.process import BotProcess
    from tests.e2e.rest import Rest

    Launch = Callable[..., Awaitable[BotProcess]]

OURS = {"dzone", "dzone-link", "dzone-hidden", "host", "myself", "Hide from d-zone"}
STORED = "telling Discord of the commands has ended"  # by then it is stored what Discord was told
pytestmark = pytest.mark.asyncio(loop_scope="session")


def told(discord: LoopbackDiscord) -> int:
    """Count how often Discord was told of the commands."""
    return discord.rest.requests.count(f"PUT {discord.rest.commands.path}")


async def test_told_once(discord: LoopbackDiscord, run: Run) -> None:
    """The first start tells Discord; the second doesn't, as it finds that nothing changed; --sync does."""
    discord.guild("D-World", "ann")
    for arguments, words, times in (
        ((), "Discord knows the commands now", 1),
        ((), "commands are unchanged", 1),
        (("--sync",), "Discord knows the commands now", 2),
        ((), "commands are unchanged", 2),
    ):
        bot = await run(*arguments, LOG_LEVEL="DEBUG")
        await bot.said(words)
        await bot.said(STORED)
        await bot.stop()
        assert told(discord) == times
    names = {command["name"] for command in await discord.commands()}
    assert names == OURS


async def test_an_entry_point_stays(discord: LoopbackDiscord, run: Run) -> None:
    """An application with an Activity keeps the command that opens it, in every language; it is no change."""
    entry_point = discord.rest.commands.enable_activities()
    discord.guild("D-World", "ann")
    for arguments, words in (
        ((), "Discord knows"),
        ((), "commands are unchanged"),
        (("--sync",), "Discord knows"),
    ):
        bot = await run(*arguments, LOG_LEVEL="DEBUG")
        await bot.said(words)
        await bot.said(STORED)
        await bot.stop()
        *ours, kept = await discord.commands()
        assert {command["name"] for command in ours} == OURS
        assert kept == entry_point | {"version": kept["version"]}


REFUSALS: dict[str, tuple[Callable[[Rest], object], str]] = {
    "a name": (
        lambda rest: rest.commands.reserved.add("myself"),
        "it refused /myself, name: Command name is invalid (APPLICATION_COMMAND_INVALID_NAME).",
    ),
    "a day's creations": (lambda rest: setattr(rest.commands, "created", 199), "tomorrow"),
    "the token": (lambda rest: rest.broken.update({f"PUT {rest.commands.path}": 401}), "DISCORD_TOKEN"),
    "the application": (lambda rest: rest.broken.update({f"GET {rest.commands.path}": 403}), "restricted"),
    "to be disturbed": (
        lambda rest: rest.broken.update({f"PUT {rest.commands.path}": 429}),
        "no more requests",
    ),
    "to make sense": (lambda rest: rest.garbled.update({f"GET {rest.commands.path}": "<html>"}), "no sense"),
    "to say what it took": (lambda rest: rest.garbled.update({f"PUT {rest.commands.path}": "{}"}), "no list"),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_discord_refuses(
    discord: LoopbackDiscord, launch: Launch, run: Run, watch: Watch, what: str
) -> None:
    """The log names it, the world is shown all the same, and the next start tells again."""
    guild = discord.guild("D-World", "ann")
    refuse, words = REFUSALS[what]
    refuse(discord.rest)
    bot = await launch()
    await bot.said("Discord didn't take the commands")
    [line] = [line for line in bot.output.splitlines() if "didn't take the commands" in line]
    assert words in line
    await (await watch(bot, guild)).sees(truth(guild))
    await bot.stop()
    discord.rest.broken.clear()
    discord.rest.garbled.clear()
    discord.rest.commands.reserved.clear()
    discord.rest.commands.created = 0
    again = await run()
    await again.said("Discord knows the commands now")
    assert len(await discord.commands()) == len(OURS)


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_discord_has_an_outage(
    discord: LoopbackDiscord, launch: Launch, watch: Watch, method: str
) -> None:
    """While discord.py tries again and again the world is shown, lives, and can be stopped."""
    guild = discord.guild("D-World", "ann")
    request = f"{method} {discord.rest.commands.path}"
    discord.rest.broken[request] = 500
    bot = await launch()
    viewer = await watch(bot, guild)
    await discord.requested(request, times=2)
    discord.set_status(guild.member("ann"), "idle")
    await viewer.sees(truth(guild))
    await bot.stop()
    assert await bot.exited() == 0


# The loopback itself: as strict as the real one.


def slash(**fields: object) -> Payload:
    return {"type": 1, "name": "wave", "description": "Wave.", **fields}


TOLD: list[tuple[list[Payload], object]] = [
    ([slash(), slash(name="auf-wiedersehen_2"), slash(name="ñandú"), slash(name="नमस्ते")], 200),
    ([slash(), {"type": 2, "name": "Wave at Them"}], 200),
    ([slash(name="Wave")], {"0": "name"}),
    ([slash(), slash(name="wave at")], {"1": "name"}),
    ([slash(name="")], {"0": "name"}),
    ([slash(name="w" * 33)], {"0": "name"}),
    ([slash(name_localizations={"de": "Winken"})], {"0": "name_localizations"}),
    ([slash(description="")], {"0": "description"}),
    ([slash(description="w" * 101)], {"0": "description"}),
    ([slash(options=[slash(name="Hand", type=3)])], {"0": "options"}),
    ([{"type": 2, "name": "Wave", "description": "no"}], {"0": "description"}),
    ([slash(), slash()], {"1": "name"}),
    ([slash(type=4, handler=2)], {"0": "type"}),
    ([slash(name=f"w{number}") for number in range(101)], 30032),
    ([{"type": 2, "name": f"w{number}"} for number in range(6)], 30032),
]


@pytest.mark.parametrize(("given", "outcome"), TOLD)
async def test_what_the_loopback_takes(
    discord: LoopbackDiscord, given: list[Payload], outcome: object
) -> None:
    """Names, descriptions and numbers as Discord wants them, or nothing is changed."""
    commands = discord.rest.commands
    status, answer = commands.take("PUT", commands.path, {}, given)
    if status == 200:
        assert outcome == 200
        assert [command["name"] for command in answer] == [command["name"] for command in given]
        return
    assert isinstance(answer, dict)
    errors = {index: next(iter(fields)) for index, fields in answer.get("errors", {}).items()}
    assert (errors or answer["code"]) == outcome
    assert commands.known.get(commands.path, []) == []


async def test_what_the_loopback_keeps(discord: LoopbackDiscord) -> None:
    """An entry point stays, whoever tells of commands without it; ids stay, and only what is new counts."""
    commands = discord.rest.commands
    entry_point = commands.enable_activities()
    assert commands.take("PUT", commands.path, {}, [slash()])[1]["code"] == 50240
    for _ in range(2):
        commands.take("PUT", commands.path, {}, [slash(), entry_point])
    assert commands.created == 1
    assert commands.known[commands.path][1]["id"] == entry_point["id"]
    [_, brief] = commands.take("GET", commands.path, {}, None)[1]
    assert "name_localizations" not in brief
    commands.created = 200
    assert commands.take("PUT", commands.path, {}, [slash(name="new"), entry_point])[1]["code"] == 30034
