"""The image of the `Dockerfile` runs the bot, with the settings as `compose.yaml` gives them."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from dotenv import dotenv_values

from bot.config import Config
from tests.e2e import container
from tests.e2e.conftest import assert_discreet, settings_for
from tests.e2e.process import ROOT, BotProcess, free_port
from tests.e2e.viewer import truth

if TYPE_CHECKING:
    from tests.e2e.conftest import Watch
    from tests.e2e.container import Image
    from tests.e2e.loopback import LoopbackDiscord

pytestmark = pytest.mark.timeout(900)  # the first test has the image built

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
[HEALTHY] = re.findall(
    r"HEALTHCHECK (?:.|\n)*?CMD (\[.*\])", (ROOT / "Dockerfile").read_text(encoding="utf-8")
)
BOT: dict[str, Any] = COMPOSE["services"]["bot"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image, and a container of it."""
    container.require()
    image = container.Image(tmp_path_factory.mktemp("image"))
    image.build()
    return image


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
        words = json.loads(HEALTHY)
        await asyncio.to_thread(image.run, *words, env=env)
        with pytest.raises(AssertionError, match="refused"):
            await asyncio.to_thread(image.run, *words, env={"PORT": str(free_port())})
    finally:
        await bot.stop()
    assert_discreet(bot)


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
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    said = dict(word.split("=", 1) for word in text.partition("services:")[0].split() if "=" in word)
    config = Config.read({"DISCORD_TOKEN": "t", **said})
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
