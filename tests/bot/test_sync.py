"""Discord is told of the commands when they changed, and only then."""

import asyncio
import logging
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands
from discord.ext import commands

from bot import sync as syncing
from bot.sync import fingerprint_of, sync
from bot.translator import Translator
from cogs.settings import NotSaved


class Notes:
    """Keeps notes in memory; `stuck` notes can't be kept."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.stuck = False

    def note(self, key: str) -> str | None:
        return self.kept.get(key)

    async def save_note(self, key: str, value: str) -> None:
        if self.stuck:
            raise NotSaved("the disk is full")
        self.kept[key] = value


class Tree(app_commands.CommandTree[commands.Bot]):
    """Counts how often Discord is told, and may fail."""

    told = 0
    failure: Exception | None = None

    async def sync(self, *, guild: Any = None) -> list[Any]:
        self.told += 1
        if self.failure:
            raise self.failure
        return [command for command in self.get_commands() if isinstance(command, app_commands.Command)]


@app_commands.command()
async def wave(interaction: discord.Interaction) -> None:
    """Show this server to viewers."""


@app_commands.command(name="wave")
@app_commands.default_permissions(manage_guild=True)
async def hidden_wave(interaction: discord.Interaction) -> None:
    """Show this server to viewers."""


@app_commands.context_menu()
async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
    """Greet somebody."""


@pytest.fixture
def tree() -> Tree:
    """A tree with one command of each kind."""
    tree = commands.Bot("", intents=discord.Intents.none(), tree_cls=Tree).tree
    assert isinstance(tree, Tree)
    tree.add_command(wave)
    tree.add_command(greet)
    return tree


@pytest.fixture
def notes() -> Notes:
    """Nothing is known yet."""
    return Notes()


async def test_discord_is_told_once(tree: Tree, notes: Notes) -> None:
    """The next start has nothing to tell."""
    assert await sync(tree, notes)
    assert not await sync(tree, notes)
    assert tree.told == 1


async def test_force(tree: Tree, notes: Notes) -> None:
    """`--sync` tells in any case."""
    await sync(tree, notes)
    assert await sync(tree, notes, force=True)


@pytest.mark.parametrize("change", ["a command less", "a translation", "a permission", "an application"])
async def test_a_change_is_told(tree: Tree, notes: Notes, change: str) -> None:
    """Translations count, and so does who may see a command; another bot knows nothing yet."""
    await sync(tree, notes)
    if change == "a command less":
        tree.remove_command("wave")
    elif change == "a translation":
        await tree.set_translator(Translator())
    elif change == "a permission":
        tree.remove_command("wave")
        tree.add_command(hidden_wave)
    else:
        tree.client._connection.application_id = 42
    assert await sync(tree, notes)


async def test_the_order_of_commands_is_no_change(tree: Tree) -> None:
    """Cogs may be added in another order."""
    before = await fingerprint_of(tree)
    tree.clear_commands(guild=None)
    tree.add_command(greet)
    tree.add_command(wave)
    assert await fingerprint_of(tree) == before


@pytest.mark.parametrize(
    "failure",
    [
        discord.DiscordException("503 Service Unavailable\n(error code: 0): down"),
        discord.app_commands.MissingApplicationID(),
        aiohttp.ClientConnectionError("no network"),
        OSError("no route"),
        TimeoutError(),
    ],
)
async def test_a_failure_stops_nothing(
    tree: Tree, notes: Notes, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says what to do, and the next start tries again."""
    tree.failure = failure
    assert not await sync(tree, notes)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "--sync" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert not notes.kept


async def test_discord_may_make_us_wait(
    tree: Tree, notes: Notes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """discord.py waits as long as Discord's limits want; the bot doesn't."""
    monkeypatch.setattr(syncing, "PATIENCE", 0.01)
    monkeypatch.setattr(tree, "sync", asyncio.Event().wait)
    assert not await sync(tree, notes)
    assert "TimeoutError" in caplog.text


async def test_a_note_that_cannot_be_kept(tree: Tree, notes: Notes, caplog: pytest.LogCaptureFixture) -> None:
    """Discord knows; the next start will tell it once more."""
    notes.stuck = True
    assert await sync(tree, notes)
    assert "the disk is full" in caplog.text
