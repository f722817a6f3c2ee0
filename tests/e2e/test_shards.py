"""Several bot processes share one bot: each has some shards, and all of them together are one world."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from bot.running.errors import MEND
from tests.e2e.model import MANAGE_GUILD, User, snowflake
from tests.e2e.test_backplane import bridge
from tests.e2e.viewer import ALL_EVENTS, Viewer, truth
from tests.e2e.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.guild import Guild
    from tests.e2e.interactions import Reply
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.process import BotProcess
    from tests.postgres import Cluster
    from tests.redis import RedisServer

    Launch = Callable[..., Awaitable[BotProcess]]
    Bridge = Callable[[], Awaitable[BotProcess]]

__all__ = ["bridge"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


THERE, ELSEWHERE = "203.0.113.1", "203.0.113.2"  # addresses of viewers


class Pair:
    """Two guilds of one name, of which each of two processes has one, and two people who are in both.

    Zed and Shyla are shy, the keeper manages both guilds, as the bot's owner does.
    """

    def __init__(self, discord: LoopbackDiscord, launch: Launch, **shared: str) -> None:
        self.discord = discord
        self._launch = launch
        self._shared = shared
        self.zed, self.shy, self.keeper = User("Zebediah"), User("Shyla"), User("keeper")
        self.guilds = [self._found(shard) for shard in range(2)]

    def _found(self, shard: int) -> Guild:
        while True:
            guild = self.discord.guild("Harbour", "owner", "ann", "bob")
            if (guild.id >> 22) % 2 == shard:
                break
            del self.discord.guilds[guild.id]
            snowflake()  # else the next one would be of the same shard again
        guild.settle(self.zed)
        for manager in (self.keeper, self.discord.owner):
            guild.settle(manager, roles=(guild.role("Keepers", permissions=MANAGE_GUILD),))
        return guild

    async def start(self, number: int) -> BotProcess:
        """Start one of the processes."""
        limits = {"TRUSTED_PROXIES": "127.0.0.1", "MAX_VIEWERS_PER_ADDRESS": "1"}
        return await self._launch(SHARDS=f"{number}/2", **limits, **self._shared)

    async def command(self, number: int, who: User, line: str) -> Reply:
        """Use a command in one of the guilds."""
        return await self.discord.command(self.guilds[number].members[who.id], line)

    async def whole(self, who: User) -> str | None:
        """Let somebody ask for the status, and return what it says of all processes."""
        reply = await self.command(0, who, "dzone status")
        assert reply.message is not None
        fields = {field["name"]: field["value"] for field in reply.message["embeds"][0]["fields"]}
        assert fields["Viewers now"].isdecimal()
        return fields.get("The whole bot")

    async def tells(self, words: str) -> None:
        """Let the bot's owner ask for the status until it says something of all processes."""
        async with asyncio.timeout(PATIENCE):
            while words not in (await self.whole(self.discord.owner) or ""):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(1.0)  # who asks much more often isn't answered

    async def host(self, line: str, **options: str) -> Reply:
        """Let the bot's owner write a command to it."""
        owner = self.guilds[0].members[self.discord.owner.id]
        return await self.discord.command_privately(owner, f"host {line}", **options)

    async def servers(self, counted: int) -> str:
        """Let the bot's owner look where it is, until as many servers are counted: some may answer late."""
        async with asyncio.timeout(PATIENCE):
            while True:
                reply = await self.host("servers")
                assert reply.message is not None
                listed = str(reply.message["embeds"][0]["description"])
                if listed.startswith(f"**Servers: {counted}, "):
                    return listed

    def say(self, number: int, text: str) -> None:
        """Let somebody say something in one of the guilds."""
        self.discord.say(self.guilds[number].public, self.guilds[number].member("ann"), text)


@pytest.fixture
def pair(discord: LoopbackDiscord, launch: Launch, redis: RedisServer, cluster: Cluster) -> Pair:
    """Two processes that can be started, which share Redis and PostgreSQL."""
    return Pair(discord, launch, BACKPLANE_URL=redis.url, DATABASE_URL=cluster.empty_database())


async def test_two_processes_are_one_bot(
    discord: LoopbackDiscord, pair: Pair, bridge: Bridge, watch: Watch, redis: RedisServer
) -> None:
    """Also what is decided in one of them, and while the other dies and comes back."""
    discord.gateway.identify_every = 2.5  # of five: the first question may be heard late, the second at once
    bots = [await pair.start(number) for number in range(2)]
    shown = await bridge()
    assert [identify["shard"] for identify in discord.gateway.identifies] == [[0, 2], [1, 2]]

    # All guilds are in one list, two of the same name with links of their own; the commands were told once.
    lister = await watch(shown, None, events=["servers"])
    await lister.until(lambda: {str(guild.id) for guild in pair.guilds} <= lister.servers.keys())
    assert len({lister.servers[str(guild.id)]["id"] for guild in pair.guilds}) == 2
    events = [*ALL_EVENTS, "notice"]
    watchers = [await watch(shown, guild, events=events, batch=True) for guild in pair.guilds]
    for viewer, guild in zip(watchers, pair.guilds, strict=True):
        await viewer.sees(truth(guild))
    await discord.commands()
    assert sum(request.startswith("PUT /applications/") for request in discord.rest.requests) == 1

    await counted_together(bots)

    # What somebody decides in one guild holds in the guilds of the other process.
    await pair.command(0, pair.zed, "myself hide")
    for viewer in watchers:
        await viewer.until(lambda: str(pair.zed.id) not in viewer.users)  # noqa: B023
    await pair.command(1, pair.zed, "myself mute")  # on top of it
    discord.add_member(pair.guilds[1], pair.shy)
    await watchers[1].until(lambda: str(pair.shy.id) in watchers[1].users)
    await discord.command_privately(pair.guilds[1].members[pair.shy.id], "myself hide")
    await watchers[1].until(lambda: str(pair.shy.id) not in watchers[1].users)

    # One of them dies. Nobody loses anything of the world, and the other one goes on.
    assert await pair.whole(pair.keeper) is None
    listed = await pair.servers(2)
    await pair.tells("Servers: 2. Viewers: ")
    assert all(f"`{guild.id}` **Harbour**" in listed for guild in pair.guilds)
    await pair.host("announce", text="Back in five minutes")
    for viewer in watchers:
        await viewer.happens("notice")
    bots[1].signal(signal.SIGKILL)
    await bots[1].exited()
    pair.say(0, "still here")
    await watchers[0].hears("still here")
    pair.say(1, "while nobody listens")
    listed = await pair.servers(1)
    assert "Nobody answers for the shards 1/2" in listed
    redis.ask("DEL", "dzone:{guilds}:alive:1/2")  # which is believed for a minute
    assert "No process has the shards 1/2" in await pair.servers(1)
    await pair.tells("No process has the shards 1/2")

    # It comes back, and takes its own part alone anew.
    await pair.start(1)
    await rejoined(watchers[1])
    pair.say(1, "back again")
    await watchers[1].hears("back again")
    assert str(pair.zed.id) not in watchers[1].users
    pair.say(0, "all the time")
    await watchers[0].hears("all the time")
    assert len(watchers[0].of("notice")) == 1  # who began anew announces nothing new
    assert [len(viewer.joined) for viewer in watchers] == [1, 2]

    await blocked_and_let_in(pair, watchers[1], await watch(shown, None, events=["servers"]))
    assert discord.gateway.hasty == []


async def come_from(address: str, bot: BotProcess) -> Viewer:
    """Come to a bot by way of a proxy that it trusts."""
    return await Viewer.connect(bot.url, additional_headers={"X-Forwarded-For": address})


async def counted_together(bots: list[BotProcess]) -> None:
    """Whose address's places are taken at one of two processes is refused at the other; nobody else is."""
    at_first = await come_from(THERE, bots[0])
    async with asyncio.timeout(PATIENCE):
        while not (late := await come_from(THERE, bots[1])).errors:
            await late.close()
            await asyncio.sleep(0.1)
    assert "too many viewers" in late.errors[0]
    other = await come_from(ELSEWHERE, bots[1])
    assert not other.errors
    for viewer in (at_first, late, other):
        await viewer.close()


async def blocked_and_let_in(pair: Pair, watcher: Viewer, lister: Viewer) -> None:
    """Who runs the bot blocks the guild of the process that doesn't answer them, and lets it in again."""
    discord, guild = pair.discord, pair.guilds[1]
    question = await pair.host("block-server", server=str(guild.id))
    assert "I leave **Harbour**" in question.text
    await discord.press(question, "Block it")
    assert await watcher.closed() == 1008
    assert guild.id not in discord.guilds
    await lister.until(lambda: str(guild.id) not in lister.servers)
    await pair.host("unblock-server", server=str(guild.id))
    async with asyncio.timeout(PATIENCE):
        while str(guild.id) not in lister.servers:
            if guild.id not in discord.guilds:  # until its process hears of it, it leaves
                discord.join(guild)
            await asyncio.sleep(0.1)


async def rejoined(viewer: Viewer) -> None:
    """Wait until a viewer has been shown the guild as a new writer has it."""
    await viewer.until(lambda: len(viewer.joined) == 2)


async def test_shards_that_discord_refuses(run: Run, discord: LoopbackDiscord) -> None:
    """Each guild is of one shard; a shard that would have too many is no shard for Discord."""
    discord.guild("Harbour", "ann")
    discord.gateway.guilds_per_shard = 0
    bot = await run(SHARDS="0/1")
    assert await bot.exited() == MEND
    assert "larger total in SHARDS" in bot.stderr


async def test_settings_that_nobody_could_share(run: Run) -> None:
    """A file is one process's."""
    bot = await run(SHARDS="0/2")
    assert await bot.exited() == MEND
    assert bot.stderr.count("\n") == 1
    assert "DATABASE_URL" in bot.stderr
