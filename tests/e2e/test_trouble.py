"""Errors a beginner meets: an exit code, and a line or two that say what to do."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from bot.running.errors import AGAIN, MEND
from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.e2e.viewer import truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.process import BotProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

INTENT_NAMES = {"presences": "presence", "members": "members", "message_content": "message content"}


async def complaint(bot: BotProcess, code: int = MEND) -> str:
    """Wait for a bot to fail with an exit code, and return what it says on stderr."""
    assert await bot.exited() == code, bot.output
    lines = bot.stderr.splitlines()
    assert 1 <= len(lines) <= 2, bot.stderr
    return bot.stderr


async def test_no_token(run: Run) -> None:
    """Nobody can guess the name of the setting."""
    assert "DISCORD_TOKEN" in await complaint(await run(DISCORD_TOKEN=None))


async def test_an_empty_token(run: Run) -> None:
    """A copy of the example file has the setting, without a value."""
    assert "DISCORD_TOKEN" in await complaint(await run(DISCORD_TOKEN="  "))


async def test_a_rejected_token(discord: LoopbackDiscord, run: Run) -> None:
    """Discord's API doesn't know the token; it isn't repeated for whoever looks over one's shoulder."""
    bot = await run(DISCORD_TOKEN="a-wrong.token-of.mine")
    assert "DISCORD_TOKEN" in await complaint(bot)
    assert "token-of" not in bot.output
    assert discord.gateway.identifies == []


async def test_a_token_that_only_the_gateway_rejects(discord: LoopbackDiscord, run: Run) -> None:
    """The token is reset between login and identify (close code 4004)."""
    discord.gateway.token = "another"
    assert "DISCORD_TOKEN" in await complaint(await run())


@pytest.mark.parametrize(
    "missing",
    [{"presences"}, {"members"}, {"message_content"}, {"presences", "members"}, set(INTENT_NAMES)],
    ids=lambda missing: "+".join(sorted(missing)),
)
async def test_refused_intents(discord: LoopbackDiscord, run: Run, missing: set[str]) -> None:
    """Which privileged intents are off is said by name, with the link to where they are switched on.

    Discord refuses them although it says that they are granted: the bot asks once more, and believes it.
    """
    discord.gateway.refused_intents |= missing
    bot = await run()
    said = await complaint(bot)
    assert f"https://discord.com/developers/applications/{discord.bot.id}/bot" in said
    assert "lost" not in bot.output
    assert discord.rest.requests.count("GET /oauth2/applications/@me") == 2


async def test_intents_that_are_refused_after_the_login(
    discord: LoopbackDiscord, launch: Callable[..., Awaitable[BotProcess]], watch: Watch
) -> None:
    """Somebody switches an intent off just now: the bot asks what is left to it, and runs with that."""
    guild = discord.guild("D-World", "ann")
    discord.gateway.on_identify = lambda: discord.intents.discard("message_content")
    bot = await launch()
    viewer = await watch(bot, guild)
    await viewer.sees(truth(guild))
    discord.say(guild.public, guild.member("ann"), "unread")
    await viewer.hears("...")
    assert len(discord.gateway.identifies) == 2
    await bot.said("Message Content Intent is off")
    assert "lost" not in bot.output


async def test_a_bot_that_was_started_too_often(
    discord: LoopbackDiscord, launch: Callable[..., Awaitable[BotProcess]], watch: Watch
) -> None:
    """It says so, and waits before it connects: one time too many, and Discord resets the token."""
    guild = discord.guild("D-World", "ann")
    discord.gateway.starts, discord.gateway.resets_in = 2, 1.0
    bot = await launch()
    await (await watch(bot, guild)).sees(truth(guild))
    await bot.said("connect only 2 more times")
    assert len(discord.gateway.identifies) == 1


async def test_a_network_that_comes_late(discord: LoopbackDiscord, run: Run, watch: Watch) -> None:
    """The bot is up before it, as where a machine starts both: it waits, says so, and goes on."""
    guild = discord.guild("D-World", "ann")
    async with discord.out_of_reach():
        bot = await run()
        await bot.said("Discord can't be reached yet")
    await bot.listening()
    assert "Discord can be reached now" in bot.output
    await (await watch(bot, guild)).sees(truth(guild))


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("200 OK", "text/html", "<html>Welcome to our hotel</html>"),
        ("200 OK", "application/json", "<html>"),
        ("511 Network Authentication Required", "text/html", "<html>Log in</html>"),
    ],
)
async def test_somebody_else_answers(run: Run, status: str, kind: str, body: str) -> None:
    """A network that wants a login first says so in place of Discord: two lines, and no traceback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as portal:
        address = f"http://127.0.0.1:{portal.sockets[0].getsockname()[1]}/api/v10"
        said = await complaint(await run(DISCORD_API_URL=address), AGAIN)
    assert said.startswith(f"What answers at {address} isn't Discord.")


async def test_port_in_use(discord: LoopbackDiscord, run: Run) -> None:
    """Another program has the port, which is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in await complaint(await run(PORT=str(port)), AGAIN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("LOG_LEVEL", "chatty"),
        ("DISCORD_API_URL", "discord"),
        ("PUBLIC_URL", "ftp://example.org"),
    ],
)
async def test_a_malformed_setting(discord: LoopbackDiscord, run: Run, name: str, value: str) -> None:
    """A setting that can't be understood is named, with what it says, before anything is done."""
    bot = await run(**{name: value})
    said = await complaint(bot)
    assert name in said
    assert value in said
    assert discord.rest.requests == []


async def test_an_unknown_setting(run: Run, tmp_path: Path) -> None:
    """A typing error in `.env` is found, not ignored."""
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nPROT=3000\n", encoding="utf-8")
    said = await complaint(await run(DISCORD_TOKEN=None))
    assert "PROT" in said


async def test_wrong_usage(run: Run) -> None:
    """An option that doesn't exist is exit code 2."""
    bot = await run("--nonsense")
    assert await bot.exited() == 2
    assert "--nonsense" in bot.stderr


async def test_discord_has_troubles_of_its_own(discord: LoopbackDiscord, run: Run) -> None:
    """An answer of Discord's that nobody can mend here is still said in a line."""
    discord.rest.broken["/oauth2/applications/@me"] = 501
    await complaint(await run(), AGAIN)
