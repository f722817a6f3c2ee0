"""Discord doesn't take an answer, or can't be reached with it: a line in the log, and whoever asked hears so.

The gateway works meanwhile, so the commands arrive.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Watch
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess

    Launch = Callable[..., Awaitable[BotProcess]]
    Trouble = Callable[[web.Request], Awaitable[web.Response | None]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = "<!DOCTYPE html>\n<html>\n<head><title>502 Bad Gateway</title></head>\n" + "<p>cloud</p>\n" * 200


def complaints(bot: BotProcess) -> list[str]:
    """Return what a bot has logged as a trouble, by lines: also those that belong to another."""
    lines = bot.output.splitlines()
    return [line for line in lines if line.strip() and " INFO " not in line]


async def reset(request: web.Request) -> web.Response:
    """Cut the connection in place of an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def refusing(status: int, code: int = 0) -> Trouble:
    """Answer as Discord does when it refuses."""

    async def refuse(request: web.Request) -> web.Response:
        body = json.dumps({"message": "No", "code": code}).encode()
        return web.Response(body=body, status=status, content_type="application/json")

    return refuse


@pytest.mark.usefixtures("in_a_hurry")  # or it might have given up when Discord is back
async def test_nobody_listens(discord: LoopbackDiscord, launch: Launch) -> None:
    """A refused connection is one line. As soon as Discord is back, whoever asked hears that."""
    ann = discord.guild("D-World", "ann").member("owner")
    bot = await launch()
    await discord.commands()
    async with discord.out_of_reach(gateway=False):
        reply = await discord.begin(ann, "dzone status")
        await bot.said("can't be reached")
    await discord.answered(reply)
    assert reply.private
    assert "couldn't reach Discord" in reply.text
    [line] = complaints(bot)
    assert "/dzone status: Discord can't be reached: ClientConnectorError: Cannot connect" in line
    assert len(line) <= 300


async def test_a_connection_is_reset(discord: LoopbackDiscord, launch: Launch) -> None:
    """The same."""
    ann = discord.guild("D-World", "ann").member("owner")
    bot = await launch()
    await discord.commands()

    async def reset_once(request: web.Request) -> web.Response:
        discord.rest.trouble = None
        return await reset(request)

    discord.rest.trouble = reset_once
    reply = await discord.begin(ann, "dzone status")
    await bot.said("can't be reached")
    await discord.answered(reply)
    assert "couldn't reach Discord" in reply.text
    [line] = complaints(bot)
    assert "/dzone status: Discord can't be reached" in line


async def test_an_answer_is_taken_but_nobody_says_so(discord: LoopbackDiscord, launch: Launch) -> None:
    """What was promised is kept: Discord knows that an answer comes, and the bot believes that it doesn't."""
    ann = discord.guild("D-World", "ann").member("owner")
    bot = await launch()
    await discord.commands()

    async def take_and_reset(request: web.Request) -> web.Response:
        discord.rest.trouble = None
        await discord.rest.take(request)
        return await reset(request)

    discord.rest.trouble = take_and_reset
    reply = await discord.begin(ann, "dzone enable")
    await discord.answered(reply)
    await bot.said("can't be reached")
    assert len(complaints(bot)) == 1


@pytest.mark.parametrize(("status", "code"), [(401, 0), (403, 50001), (404, 10062)])
async def test_an_answer_is_refused(discord: LoopbackDiscord, launch: Launch, status: int, code: int) -> None:
    """One line, and no further try: it would be refused as well."""
    ann = discord.guild("D-World", "ann").member("owner")
    bot = await launch()
    await discord.commands()
    discord.rest.trouble = refusing(status, code)
    before = len(discord.rest.requests)
    await discord.begin(ann, "dzone status")
    await bot.said("didn't take the answer")
    discord.rest.trouble = None
    reply = await discord.command(ann, "dzone status")  # the next one is answered
    assert reply.message is not None
    [line] = complaints(bot)
    assert f"/dzone status: Discord didn't take the answer: {status}" in line
    assert len(line) <= 300
    asked = [request for request in discord.rest.requests[before:] if "callback" in request]
    assert len(asked) == 2


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_page_in_place_of_an_answer(discord: LoopbackDiscord, launch: Launch) -> None:
    """What stands between answers 502 with HTML: one short line of it."""
    ann = discord.guild("D-World", "ann").member("owner")

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, status=502, content_type="text/html")

    bot = await launch()
    await discord.commands()
    discord.rest.trouble = page
    await discord.begin(ann, "dzone status")
    await bot.said("didn't take the answer")  # discord.py tries five times
    discord.rest.trouble = None
    assert (await discord.command(ann, "dzone status")).message is not None
    [line] = complaints(bot)
    assert "502 Bad Gateway" in line
    assert len(line) <= 300


async def test_a_slow_answer(discord: LoopbackDiscord, launch: Launch) -> None:
    """Discord gives up on a command after three seconds: others are answered meanwhile."""
    ann = discord.guild("D-World", "ann").member("owner")
    bot = await launch()
    await discord.commands()
    asked, too_late = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.Response | None:
        discord.rest.trouble = None
        asked.set()
        await too_late.wait()
        return await refusing(404, 10062)(request)

    discord.rest.trouble = wait
    await discord.begin(ann, "dzone status")
    await asked.wait()
    assert (await discord.command(ann, "dzone members")).message is not None
    too_late.set()
    await bot.said("didn't take the answer")
    assert len(complaints(bot)) == 1


async def test_a_decision_whose_answer_gets_lost(
    discord: LoopbackDiscord, launch: Launch, watch: Watch
) -> None:
    """It holds; that the answer got lost is said when Discord takes it."""
    guild = discord.guild("D-World", "ann")
    bot = await launch()
    viewer = await watch(bot, guild)
    await discord.commands()

    async def lose_the_second(request: web.Request) -> web.Response | None:
        if request.path.endswith("/callback"):
            return await discord.rest.take(request)
        discord.rest.trouble = None
        return await reset(request)

    discord.rest.trouble = lose_the_second
    reply = await discord.begin(guild.member("owner"), "dzone disable")
    await discord.answered(reply)
    assert "may be done already" in reply.text
    assert await viewer.closed() == 1008
    await bot.said("can't be reached")
    assert len(complaints(bot)) == 1
