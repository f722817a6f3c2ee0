"""A bot writes its rooms to Redis, and `python -m bridge --backplane` shows them: real processes."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.bridge.watchers import until
from tests.e2e.browser import Browser
from tests.e2e.decisions import LOGIN_NEEDED, PASSWORD
from tests.e2e.oauth import CLIENT_SECRET
from tests.e2e.process import BotProcess
from tests.e2e.viewer import ALL_EVENTS, truth
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.e2e.conftest import Watch
    from tests.e2e.guild import Member
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Payload
    from tests.redis import RedisServer

    Launch = Callable[..., Awaitable[BotProcess]]
    Bridge = Callable[..., Awaitable[BotProcess]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bridge(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Bridge]:
    """Start a bridge that shows what the bot writes."""
    running: list[BotProcess] = []

    async def start(port: int | None = None) -> BotProcess:
        port = port or free_port()
        options = ("--host", "127.0.0.1", "--port", str(port), "--backplane", redis.url)
        process = await BotProcess.start(*options, folder=tmp_path, port=port, settings={}, module="bridge")
        running.append(process)
        await process.listening()
        await process.said("following the backplane")
        return process

    yield start
    for process in running:
        await process.stop()
        assert "Traceback" not in process.output


async def test_a_bot_and_a_bridge(
    discord: LoopbackDiscord, launch: Launch, bridge: Bridge, watch: Watch, redis: RedisServer
) -> None:
    """Whoever watches at the bridge sees what happens in Discord, once and in order; and who resumes, too."""
    guild = discord.guild("Harbour", "owner", "ann", "bob", "cid")
    other = discord.guild("Garden", "dan")
    bot = await launch(BACKPLANE_URL=redis.url)
    first = await bridge()
    viewer = await watch(first, events=["servers"])
    await viewer.until(lambda: {str(guild.id), str(other.id)} <= viewer.servers.keys())
    curious = await watch(first, guild, events=ALL_EVENTS, batch=True)
    await curious.sees(truth(guild))
    for number in range(30):
        discord.say(guild.public, guild.member("ann"), f"word {number}")
        discord.set_status(guild.member("bob"), ["idle", "dnd"][number % 2])
    await curious.hears("word 29")
    assert curious.words() == [f"word {number}" for number in range(30)]
    await curious.sees(truth(guild))

    # The bridge dies, and another one takes over: nothing is missing, and nobody gets all of it again.
    first.signal(signal.SIGKILL)
    await curious.closed()
    discord.say(guild.public, guild.member("ann"), "while nobody was there")
    second = await bridge()
    again = await watch(second, guild, like=curious, events=ALL_EVENTS, batch=True)
    assert again.joined[0].get("resumed") is True
    await again.hears("while nobody was there")
    assert again.words() == ["while nobody was there"]
    await again.sees(truth(guild))

    # A guild that its managers switch off vanishes at the bridge as well.
    await discord.command(guild.member("owner"), "dzone disable")
    assert await again.closed() == 1008
    later = await watch(second, other)
    assert str(guild.id) not in later.servers
    await until(lambda: str(guild.id) not in redis.ask("KEYS", "*"), "nothing of it is left in Redis")
    assert (await watch(bot, other)).is_open()


def shown_by(discord: LoopbackDiscord, who: Member) -> Payload:
    """Return what a d-zone client sends after somebody's login."""
    user = {"id": who.uid, "username": who.user.username}
    return {"discordToken": discord.oauth.issue(who.user), "discordUser": user}


async def test_a_protected_guild(
    discord: LoopbackDiscord, launch: Launch, bridge: Bridge, watch: Watch, redis: RedisServer
) -> None:
    """At a bridge those get in who get in at the bot, and nobody else; and what ends there ends here."""
    guild = discord.guild("Harbour", "owner", "ann", "bob", "cid")
    open_guild = discord.guild("Garden", "dan")
    owner, ann, bob, cid = (guild.member(name) for name in ("owner", "ann", "bob", "cid"))
    port, settings = free_port(), {"BACKPLANE_URL": redis.url, "DISCORD_CLIENT_SECRET": CLIENT_SECRET}
    settings["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    bot = await launch(**settings)
    await discord.command(owner, "dzone protect login")
    first, second = await bridge(port), await bridge()
    stranger = await watch(second, open_guild)
    assert LOGIN_NEEDED in (await stranger.knock(str(guild.id)) or "")
    shown = shown_by(discord, open_guild.member("dan"))
    assert LOGIN_NEEDED in (await stranger.knock(str(guild.id), **shown) or "")

    # A login with a token, and one on the page that a bridge shows; both are good until their reason ends.
    with_token = await watch(second, guild, **shown_by(discord, ann))
    browser = Browser(discord, first, bob.user)
    await browser.log_in()
    assert (await browser.me())["user"]["id"] == bob.uid
    on_page, again = await browser.watch(), await browser.watch()
    for viewer in (on_page, again):
        await viewer.join(str(guild.id))
        await viewer.sees(truth(guild))
    discord.remove_member(ann)
    assert await with_token.closed() == 1008
    await on_page.sees(truth(guild))

    # The bot is gone: who is in stays, nobody else gets in. It comes back, and knows who left meanwhile.
    await browser.log_out()
    assert await on_page.closed() == 1008
    await browser.log_in()
    late, stays = await browser.watch(), await watch(second, guild, **shown_by(discord, cid))
    await late.join(str(guild.id))
    bot.signal(signal.SIGKILL)
    await bot.exited()
    assert "bot doesn't answer" in (await stranger.knock(str(guild.id), **shown) or "")
    discord.remove_member(bob)
    bot = await launch(**settings)
    assert await late.closed() in (1008, 1013)
    await stays.until(lambda: len(stays.joined) > 1)
    await stays.sees(truth(guild))

    # Another door: who knows the password may enter, everybody else goes.
    form = await discord.command(owner, "dzone protect password")
    await discord.submit(form, PASSWORD)
    assert await stays.closed() == 1008
    await stranger.join(str(guild.id), password=PASSWORD)
    await stranger.sees(truth(guild))
    for process in (bot, first, second):
        assert PASSWORD not in process.output
    await browser.close()
