"""The image of the `Dockerfile` runs the bot, with the settings as `compose.yaml` gives them."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import yaml
from dotenv import dotenv_values

from bot.config import Config
from tests.certificates import Pem
from tests.e2e import container
from tests.e2e.conftest import assert_discreet, settings_for
from tests.e2e.engine import NEEDED, Engine
from tests.e2e.loopback import LoopbackDiscord
from tests.e2e.process import ROOT, BotProcess
from tests.e2e.viewer import truth
from tests.e2e.waiting import PATIENCE
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Run, Watch
    from tests.e2e.container import Image
    from tests.e2e.guild import Guild

pytestmark = pytest.mark.timeout(900)  # the first test has the image built

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
[HEALTHY] = re.findall(
    r"HEALTHCHECK (?:.|\n)*?CMD (\[.*\])", (ROOT / "Dockerfile").read_text(encoding="utf-8")
)
# Who asks does so again and again; a busy machine may take longer to answer once.
ASKS_ONCE = [word.replace("timeout=4", f"timeout={PATIENCE}") for word in json.loads(HEALTHY)]
HEAD = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SAID = dict(word.split("=", 1) for word in HEAD.partition("services:")[0].split() if "=" in word)
BOT: dict[str, Any] = COMPOSE["services"]["bot"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image, and a container of it."""
    container.require()
    image = container.Image(tmp_path_factory.mktemp("image"))
    try:
        image.build()
        yield image
    finally:
        image.remove()


def composed(**written: str) -> dict[str, str]:
    """Return the environment that compose gives to the bot: a copy of the example, and its own word."""
    example = dotenv_values(ROOT / ".env.example")
    return {**{name: value or "" for name, value in example.items()}, **written, **BOT["environment"]}


@pytest.mark.asyncio(loop_scope="session")
async def test_the_bot_in_a_container(image: Image, discord: LoopbackDiscord, watch: Watch) -> None:
    """With a copy of the example as its .env; it tells how it is, and stops when told to."""
    guild = discord.guild("D-World", "ann", "bob")
    port = free_port()
    wanted = settings_for(discord, port)
    env = composed(DISCORD_TOKEN=wanted["DISCORD_TOKEN"], DISCORD_API_URL=discord.api_url, PORT=str(port))
    line = image.command("dzone-bot", env=env)
    pipe = asyncio.subprocess.PIPE
    bot = BotProcess(await asyncio.create_subprocess_exec(*line, stdout=pipe, stderr=pipe), port)
    try:
        await bot.listening()
        viewer = await watch(bot, guild)
        await viewer.sees(truth(guild))
        await asyncio.to_thread(image.run, *ASKS_ONCE, env=env)
        with pytest.raises(AssertionError, match="refused"):
            await asyncio.to_thread(image.run, *ASKS_ONCE, env={"PORT": str(free_port())})
    finally:
        await bot.stop()
    assert_discreet(bot)


class Composed:
    """The bot as compose runs it: reached at the port that is published."""

    def __init__(self, engine: Engine, discord: LoopbackDiscord, **written: str) -> None:
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/"
        self._engine = engine
        wanted = settings_for(discord, self.port)
        names = ("DISCORD_TOKEN", "DISCORD_API_URL", "PORT")
        lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
        given = {name: wanted[name] for name in names} | written
        text = "\n".join(
            f"{name}={given[name]}" if (name := line.partition("=")[0]) in given else line for line in lines
        )
        (engine.folder / ".env").write_text(f"{text}\n", encoding="utf-8")

    async def does(self, *words: str) -> str:
        """Have compose do something."""
        return await asyncio.to_thread(self._engine.compose, *words)

    async def ready(self) -> None:
        """Wait until it tells so at its port."""
        try:
            async with asyncio.timeout(90), aiohttp.ClientSession() as session:
                while not await self._is_ready(session):  # noqa: ASYNC110 - nothing tells an outsider
                    await asyncio.sleep(0.2)
        except TimeoutError:
            said = await self.does("logs", "bot")
            raise AssertionError(f"the bot isn't ready after 90 s; it says:\n{said}") from None

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        with suppress(aiohttp.ClientError):
            async with session.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return answer.status == 200
        return False


async def healthy(engine: Engine) -> None:
    """Wait until Podman calls the bot healthy: one look may take a busy machine longer than it is given."""
    async with asyncio.timeout(90):
        while True:
            with suppress(AssertionError):
                await asyncio.to_thread(engine.podman, "healthcheck", "run", f"{engine.project}_bot_1")
                return


async def written(engine: Engine, guild: Guild) -> None:
    """Wait until the bot has written a guild to Redis: who watches at the bot itself sees it sooner."""
    asks = "import redis; print(redis.Redis(host='redis').keys('dzone*'))"
    async with asyncio.timeout(90):
        while str(guild.id) not in await asyncio.to_thread(engine.run_in, "bot", "python3", "-c", asks):  # noqa: ASYNC110
            await asyncio.sleep(0.2)  # nothing tells an outsider


LISTENING = "00000000:1538 00000000:0000 0A"  # on port 5432 of all addresses, in the kernel's words


async def accepting(engine: Engine) -> None:
    """Wait for PostgreSQL: the bot does so for a minute, in which a slow machine may not have made it."""
    async with asyncio.timeout(90):
        while LISTENING not in await asyncio.to_thread(engine.run_in, "postgres", "cat", "/proc/net/tcp"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)  # nothing tells an outsider


@pytest.fixture
def engine(image: Image, tmp_path: Path) -> Iterator[Engine]:
    """Podman, if this system lets it run containers."""
    container.require(*NEEDED)
    engine = Engine(image, tmp_path)
    if said := engine.works():
        pytest.skip(f"this system lets nobody run containers: {said}")
    try:
        yield engine
    finally:
        engine.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_compose_runs_the_bot_alone(engine: Engine, watch: Watch) -> None:
    """Locked in, reached from this machine, and told of; what somebody decides outlives its container."""
    async with LoopbackDiscord(host=engine.gateway("default")) as discord:
        guild = discord.guild("D-World", "ann", "bob")
        bob = guild.member("bob")
        bot = Composed(engine, discord)
        await bot.does("up", "-d")
        await bot.ready()
        viewer = await watch(bot, guild, events=["typing"])  # type: ignore[arg-type]  # it is where it is
        await viewer.sees(truth(guild))
        await healthy(engine)
        assert await asyncio.to_thread(engine.run_in, "bot", "id", "-u") == "10001\n"
        status = await asyncio.to_thread(engine.run_in, "bot", "cat", "/proc/1/status")
        assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
        assert "Max open files            16384 " in await asyncio.to_thread(
            engine.run_in, "bot", "cat", "/proc/1/limits"
        )
        with pytest.raises(AssertionError, match="Read-only file system"):
            await asyncio.to_thread(engine.run_in, "bot", "touch", "/opt/dzone/x")
        await discord.command(bob, "myself hide")
        await viewer.until(lambda: bob.uid not in viewer.users)
        await bot.does("down")
        assert await viewer.closed() == 1001
        await bot.does("up", "-d")
        await bot.ready()
        again = await watch(bot, guild, events=["typing"])  # type: ignore[arg-type]  # as above
        assert again.users.keys() == viewer.users.keys()


@pytest.mark.asyncio(loop_scope="session")
async def test_compose_runs_the_profiles(engine: Engine, image: Image, watch: Watch) -> None:
    """With the addresses that its head names; nobody but the bot reaches the two. A backup as documented."""
    services = COMPOSE["services"]
    image.build_servers(services["redis"]["image"], services["postgres"]["image"])
    profiles = ("--profile", "postgres", "--profile", "redis")
    async with LoopbackDiscord(host=engine.gateway("default")) as discord:
        guild = discord.guild("D-World", "ann", "bob")
        bob = guild.member("bob")
        bot = Composed(engine, discord, **SAID)
        await bot.does(*profiles, "up", "-d", "postgres", "redis")
        await accepting(engine)
        await bot.does(*profiles, "up", "-d")
        await bot.ready()
        viewer = await watch(bot, guild, events=["typing"])  # type: ignore[arg-type]  # as above
        await discord.command(bob, "myself hide")
        await viewer.until(lambda: bob.uid not in viewer.users)
        await written(engine, guild)
        routes = await asyncio.to_thread(engine.run_in, "redis", "cat", "/proc/net/route")
        assert all(line.split()[1] != "00000000" for line in routes.splitlines()[1:])  # no way out
        backup = await bot.does("exec", "-T", "bot", "dzone-bot", "settings", "export", "-")
        assert bob.uid in json.dumps(json.loads(backup))
        await bot.does(*profiles, "down", "-v")
        assert await viewer.closed() == 1001


@pytest.mark.asyncio(loop_scope="session")
async def test_its_health_where_it_speaks_https(run: Run, tmp_path: Path) -> None:
    """It is asked in the same way: whose certificate it has doesn't matter here."""
    pem = Pem(tmp_path)
    tls = {"TLS_CERT": str(pem.chain), "TLS_KEY": str(pem.key)}
    bot = await run("--demo", HEALTH="on", **tls)
    await bot.listening()
    words = [sys.executable, *ASKS_ONCE[1:]]
    asked = await asyncio.create_subprocess_exec(*words, env=tls | {"PORT": str(bot.port)})
    assert await asked.wait() == 0


def test_compose_asks_as_the_image_does() -> None:
    """Podman keeps no health check in what it builds, so the file has the same one."""
    assert BOT["healthcheck"]["test"] == ["CMD", *json.loads(HEALTHY)]


def test_it_is_not_root(image: Image) -> None:
    """A number, which platforms ask for; it may write where settings are stored, and nowhere else."""
    assert image.config()["User"] == "10001:10001"
    assert image.run("id", "-u").strip() == "10001"
    image.run("touch", "/data/dzone.sqlite3")
    with pytest.raises(AssertionError, match="denied"):
        image.run("touch", "/opt/dzone/x")


def test_it_has_what_it_needs_and_no_more(image: Image) -> None:
    """A fast loop, and what the profiles of compose need; no sources."""
    image.run("python3", "-c", "import uvloop, redis, asyncpg")
    image.run("test", "!", "-e", "/src")


def test_what_compose_says_of_the_profiles() -> None:
    """The addresses in its head are settings that the bot understands, and name its services."""
    config = Config.read({"DISCORD_TOKEN": "t", **SAID})
    assert {"postgres", "redis"} == {name for name, one in COMPOSE["services"].items() if "profiles" in one}
    assert "@postgres:5432/" in config.database_url
    assert config.backplane_url == "redis://redis:6379/0"


def test_what_compose_lets_out() -> None:
    """Only this machine reaches the bot, until its owner says otherwise, and nobody reaches the servers."""
    assert all(port.startswith("127.0.0.1:") for port in BOT["ports"])
    assert [name for name, one in COMPOSE["services"].items() if "ports" in one] == ["bot"]
    assert COMPOSE["networks"]["servers"]["internal"] is True
    assert set(BOT["networks"]) <= COMPOSE["networks"].keys()  # or podman-compose refuses the file
    assert BOT["cap_drop"] == ["ALL"]
