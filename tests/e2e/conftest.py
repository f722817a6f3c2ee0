"""Fixtures: a loopback Discord, the bot's process, viewers; and a town that short tests share.

All of it lives in one event loop, that of the session: the town's process outlives each test.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import pytest_asyncio

from tests.e2e import hurried
from tests.e2e.guild import Guild
from tests.e2e.loopback import TOKEN, LoopbackDiscord
from tests.e2e.process import BOT, BotProcess
from tests.e2e.viewer import ALL_EVENTS, Viewer
from tests.e2e.waiting import PATIENCE
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

HOUSES = 240
NOT_YET = "isn't there yet"  # what the bridge says of a guild that is to come


def settings_for(discord: LoopbackDiscord, port: int) -> dict[str, str]:
    """Return the environment of a bot that belongs to a loopback Discord."""
    return {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_URL": discord.api_url,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "INFO",
    }


class Run(Protocol):
    """Starts a bot in an empty folder; a setting of None is left out of its environment."""

    def __call__(self, *args: str, **settings: str | None) -> Awaitable[BotProcess]: ...


class Watch(Protocol):
    """Connects a viewer to a bot's bridge and lets it enter a room; `like` is who it was before."""

    def __call__(
        self, bot: BotProcess, server: Guild | str | None = None, like: Viewer | None = None, **fields: Any
    ) -> Awaitable[Viewer]: ...


@pytest_asyncio.fixture(loop_scope="session")
async def discord() -> AsyncIterator[LoopbackDiscord]:
    """A Discord that knows no guild yet."""
    async with LoopbackDiscord() as discord:
        yield discord
        assert not discord.rest.unknown


@pytest.fixture
def in_a_hurry(discord: LoopbackDiscord) -> None:
    """Let Discord tell a guild's members and let shards in more often than it does, and the bot know."""
    discord.gateway.members_every = discord.gateway.identify_every = hurried.ALLOWED


@pytest_asyncio.fixture(loop_scope="session")
async def run(discord: LoopbackDiscord, tmp_path: Path) -> AsyncIterator[Run]:
    """Start a bot and don't wait for it: for one that is about to fail.

    Where Discord is `hurried` the bot is as well.
    """
    running: list[BotProcess] = []

    async def start(*args: str, **settings: str | None) -> BotProcess:
        port = free_port()
        chosen = {**settings_for(discord, port), **settings}
        given = {name: value for name, value in chosen.items() if value is not None}
        module = "tests.e2e.hurried" if discord.gateway.members_every == hurried.ALLOWED else BOT
        bot = await BotProcess.start(*args, folder=tmp_path, port=port, settings=given, module=module)
        running.append(bot)
        return running[-1]

    yield start
    for bot in running:
        await bot.stop()
        assert_discreet(bot)


@pytest_asyncio.fixture(loop_scope="session")
async def launch(discord: LoopbackDiscord, run: Run) -> Callable[..., Awaitable[BotProcess]]:
    """Start a bot and wait until viewers can connect, and until it has heard what Discord tells it then.

    On a slow machine the bot opens before it has a session: what happened until then, nobody would tell it.
    """

    async def start(*args: str, **settings: str | None) -> BotProcess:
        begun = len(discord.gateway.identifies)
        gets_a_session = not discord.gateway.turns_away and "--demo" not in args
        bot = await run(*args, **settings)
        await bot.listening()
        if gets_a_session:
            await discord.heard(begun + 1)
        return bot

    return start


@pytest_asyncio.fixture(loop_scope="session")
async def watch() -> AsyncIterator[Watch]:
    """Connect viewers."""
    viewers: list[Viewer] = []

    async def enter(
        bot: BotProcess, server: Guild | str | None = None, like: Viewer | None = None, **fields: Any
    ) -> Viewer:
        # Who asks for nothing is taken for an old client, which comes from a browser.
        is_old = like is None and not fields.keys() & {"batch", "events", "cursor"}
        wanted = str(server.id) if isinstance(server, Guild) else server
        async with asyncio.timeout(PATIENCE):
            while True:
                viewer = await Viewer.connect(bot.url, origin="http://localhost" if is_old else None)
                viewers.append(viewer)
                if like is not None:
                    viewer.users, fields["cursor"] = dict(like.users), like.cursor
                refusal = await viewer.knock(wanted, **fields)
                if refusal is None:
                    return viewer
                # On a slow machine the bot opens before Discord has told of this guild: come again.
                assert NOT_YET in refusal, refusal
                await viewer.close()
                await asyncio.sleep(0.1)

    yield enter
    for viewer in viewers:
        await viewer.close()


def assert_discreet(bot: BotProcess) -> None:
    """Whatever happened: a bot never shows its token, and no failure surprises it."""
    assert TOKEN not in bot.output
    assert "Traceback" not in bot.output, bot.output


class Town:
    """Guilds that are all alike, on one Discord with one bot; a test takes one and does as it likes there."""

    def __init__(self, discord: LoopbackDiscord) -> None:
        self.discord = discord
        self.bot: BotProcess
        self._empty = [self._build(number) for number in range(HOUSES)]

    def _build(self, number: int) -> Guild:
        # ann, bob and cid are there, dan isn't.
        guild = self.discord.guild(f"House {number}", "ann", "bob", "cid", "dan")
        guild.member("bob").nick = "Bobby"
        guild.member("dan").user.status = "offline"
        return guild

    def take(self) -> Guild:
        """Return a guild that no test has touched."""
        return self._empty.pop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A bot that is up and running, for tests that need no fresh one."""
    async with LoopbackDiscord() as discord:
        town = Town(discord)
        port, folder = free_port(), tmp_path_factory.mktemp("town")
        town.bot = await BotProcess.start(folder=folder, port=port, settings=settings_for(discord, port))
        try:
            await town.bot.listening()
            await discord.heard()
            yield town
        finally:
            await town.bot.stop()
        assert_discreet(town.bot)
        assert not discord.rest.unknown


@pytest.fixture
def guild(town: Town) -> Guild:
    """A guild of the town, for this test alone."""
    return town.take()


@pytest_asyncio.fixture(loop_scope="session")
async def viewer(town: Town, guild: Guild, watch: Watch) -> Viewer:
    """A viewer of that guild as every d-zone client is: it asks for nothing special."""
    return await watch(town.bot, guild)


@pytest_asyncio.fixture(loop_scope="session")
async def curious(town: Town, guild: Guild, watch: Watch) -> Viewer:
    """A viewer of that guild who asks for every event, in batches."""
    return await watch(town.bot, guild, events=ALL_EVENTS, batch=True)
