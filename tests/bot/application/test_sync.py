"""Discord is told of the commands when they changed, and only then."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands
from discord.ext import commands
from discord.http import Route

from bot.application import sync as syncing
from bot.application.sync import fingerprint_of, sync, sync_guild
from bot.application.translator import Translator
from cogs.settings import NotSaved


class Notes:
    """Keeps notes in memory; `stuck` notes can't be kept."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.stuck = False

    def note(self, key: str) -> str | None:
        return self.kept.get(key)

    async def save_note(self, key: str, value: str | None) -> None:
        if self.stuck:
            raise NotSaved("the disk is full")
        if value is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = value


APPLICATION = 105
LAUNCH = {
    "id": "9", "application_id": "105", "version": "10", "type": 4, "name": "launch",
    "name_localizations": {"de": "start"}, "description": "Open the world", "description_localizations": None,
    "dm_permission": True, "default_member_permissions": None, "nsfw": False, "handler": 2,
    "integration_types": [0, 1], "contexts": [0, 1, 2],
}  # fmt: skip


class Discord:
    """Knows commands, and may fail: with an exception, or by answering nonsense."""

    def __init__(self) -> None:
        self.known: list[dict[str, Any]] = []
        self.puts: list[list[dict[str, Any]]] = []
        self.failures: dict[str, Exception] = {}
        self.answers: dict[str, Any] = {}

    async def request(self, route: Route, *, json: Any = None, params: Any = None) -> Any:
        """Stand for `HTTPClient.request`."""
        assert route.path == "/applications/{application_id}/commands"
        if route.method == "PUT":
            self.puts.append(json)
        if failure := self.failures.get(route.method):
            raise failure
        if route.method in self.answers:
            return self.answers[route.method]
        if route.method == "PUT":
            self.known = [{"id": str(number), **command} for number, command in enumerate(json)]
        elif params != {"with_localizations": "true"}:
            return [{**command, "name_localizations": None} for command in self.known]
        return self.known


def refusal(status: int, body: Any) -> discord.HTTPException:
    """Make what discord.py makes of an answer."""
    response: Any = SimpleNamespace(status=status, reason="Refused")
    return discord.HTTPException(response, body)


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


garden = app_commands.Group(name="garden", description="What grows.")


@garden.command()
async def plant(interaction: discord.Interaction, seed: str) -> None:
    """Plant something."""


Tree = app_commands.CommandTree[Any]


@pytest.fixture
def tree() -> Tree:
    """A tree with one command of each kind, of an application that Discord knows."""
    bot = commands.Bot("", intents=discord.Intents.none())
    bot._connection.application_id = APPLICATION
    tree: Tree = bot.tree
    tree.add_command(wave)
    tree.add_command(greet)
    return tree


@pytest.fixture
def loopback(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Discord:
    """The Discord that the tree is told to."""
    loopback = Discord()
    monkeypatch.setattr(tree.client.http, "request", loopback.request)
    return loopback


@pytest.fixture
def notes() -> Notes:
    """Nothing is known yet."""
    return Notes()


async def test_discord_is_told_once(tree: Tree, notes: Notes, loopback: Discord) -> None:
    """The next start has nothing to tell, and asks nothing."""
    assert await sync(tree, notes)
    loopback.failures["GET"] = OSError()
    assert not await sync(tree, notes)
    [told] = loopback.puts
    assert [command["name"] for command in told] == ["wave", "Greet"]


@pytest.mark.usefixtures("loopback")
async def test_force(tree: Tree, notes: Notes) -> None:
    """`--sync` tells in any case."""
    await sync(tree, notes)
    assert await sync(tree, notes, force=True)


async def test_an_entry_point_comes_along(tree: Tree, notes: Notes, loopback: Discord) -> None:
    """As Discord has it, in every language, but for what can't be set; it is no change of ours."""
    loopback.known = [{"id": "8", "type": 1, "name": "old"}, LAUNCH]
    assert await sync(tree, notes)
    *_, told = loopback.puts[-1]
    unsettable = {"id", "application_id", "version", "dm_permission"}
    assert told == {field: value for field, value in LAUNCH.items() if field not in unsettable}
    loopback.known = []
    assert not await sync(tree, notes)


@pytest.mark.parametrize("change", ["a command less", "a translation", "a permission", "an application"])
@pytest.mark.usefixtures("loopback")
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


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (discord.DiscordException("503 Service Unavailable\n(error code: 0): down"), "503 Service"),
        (refusal(503, "<html>\nupstream</html>"), "<html> upstream</html>"),
        (refusal(401, {"message": "401: Unauthorized", "code": 0}), "rejected DISCORD_TOKEN"),
        (refusal(403, {"message": "Missing Access", "code": 50001}), "Missing Access"),
        (refusal(403, {"message": "internal network error", "code": 40333}), "shuts this address out"),
        (refusal(404, {"message": "Unknown Application", "code": 10002}), "DISCORD_API_URL"),
        (refusal(429, "error code: 1015"), "no more requests"),
        (refusal(400, {"message": "Maximum number of commands reached", "code": 30032}), "Remove some"),
        (refusal(400, {"message": "Max number of daily creates", "code": 30034}), "tomorrow"),
        (refusal(400, {"message": "You cannot remove it", "code": 50240}), "entry point"),
        (refusal(400, {"message": "Invalid Form Body", "code": 50035}), "Invalid Form Body"),
        (refusal(400, {"message": "\x1b[2J{0}", "code": 1}), "[2J{0}"),
        (refusal(400, {"message": "?", "code": ["?"]}), "['?']"),
        (discord.RateLimited(7200), "7200 seconds"),
        (aiohttp.ClientConnectionError("no network"), "no network"),
        (OSError("no route"), "no route"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("Expecting value"), "makes no sense"),
        (KeyError("retry_after"), "makes no sense"),
    ],
)
async def test_a_failure_stops_nothing(
    tree: Tree, notes: Notes, loopback: Discord, method: str, failure: Exception, words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """One line says what was refused and what to do, and the next start tries again."""
    loopback.failures[method] = failure
    assert not await sync(tree, notes)
    assert words in only_line(caplog)
    assert not notes.kept


def only_line(caplog: pytest.LogCaptureFixture) -> str:
    """Return the one warning; it is one line, and says when to start the bot again or what to mend."""
    [record] = caplog.records
    line = record.getMessage()
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert line.isprintable()
    assert len(line) < 256  # with the time and the name before it, 300
    assert "again" in line or "Check" in line or "See" in line
    return line


async def test_an_unknown_application(tree: Tree, notes: Notes, caplog: pytest.LogCaptureFixture) -> None:
    """Before a login there is nobody to tell."""
    tree.client._connection.application_id = None
    assert not await sync(tree, notes)
    assert "application_id" in only_line(caplog)


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("answer", ["", "<html>\n</html>" * 100, None, {}, [None], ["x"], [{"type": 4}]])
async def test_an_answer_that_is_none(
    tree: Tree, notes: Notes, loopback: Discord, method: str, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A proxy may answer whatever it likes."""
    loopback.answers[method] = answer
    assert not await sync(tree, notes)
    assert only_line(caplog)
    assert not notes.kept


INVALID: list[tuple[Any, str]] = [
    ({"0": {"name": {"_errors": [{"code": "TAKEN", "message": "It is taken."}]}}},
     "/wave, name: It is taken (TAKEN)"),
    ({"2": {"description": {"_errors": [{"code": "LONG", "message": "Too long"}]}}},
     "“Greet”, description: Too long (LONG)"),
    ({"1": {"options": {"0": {"options": {"0": {"choices": {"3": {"name": {"_errors": [
        {"code": "LONG", "message": "Too long"}]}}}}}}}}},
     "/garden plant seed, choices.3.name: Too long (LONG)"),
    ({"1": {"options": {"7": {"_errors": [{"code": "ODD", "message": "Odd"}]}}}},
     "/garden, options.7: Odd (ODD)"),
    ({"3": {"handler": {"_errors": [{"code": "ODD", "message": "Odd"}]}}}, "launch”, handler: Odd (ODD)"),
    ({"0": {"_errors": [{"code": "APPLICATION_COMMAND_TOO_LARGE", "message": "Too large"}]}},
     "/wave: Too large (APPLICATION_COMMAND_TOO_LARGE)"),
    ({"_errors": [{"code": "MAX", "message": "Must be 100 or fewer"}]},
     "refused Must be 100 or fewer (MAX)."),
    ({"9": "no such command"}, "9: no such command"),
    ({str(n): {"name": {"_errors": [{"message": "no"}]}} for n in range(9)}, "; and 6 more"),
    ({"0": {"name": {"_errors": [{"code": "L" * 99, "message": "m" * 999}]}},
      "1": {"_errors": [{"message": "also"}]}},
     "/wave, name: mmm"),
    ({"_errors": "all"}, "_errors: all"),
    ({"0": None, "2": 7, "x" * 1000: {"_errors": []}}, "“Greet”: no reason given"),
    ({"_errors": [7, {"code": 3}]}, "no reason given; no reason given"),
    ({}, "Invalid Form Body"),
]  # fmt: skip


@pytest.mark.parametrize(("errors", "words"), INVALID)
async def test_what_is_invalid_is_named(
    tree: Tree, notes: Notes, loopback: Discord, errors: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By the name of the command, not by its number; whatever Discord nests."""
    tree.add_command(garden)
    loopback.known = [LAUNCH]
    loopback.failures["PUT"] = refusal(400, {"code": 50035, "message": "Invalid Form Body", "errors": errors})
    assert not await sync(tree, notes)
    assert [command["name"] for command in loopback.puts[0]] == ["wave", "garden", "Greet", "launch"]
    assert words in only_line(caplog)


async def test_errors_without_end(
    tree: Tree, notes: Notes, loopback: Discord, caplog: pytest.LogCaptureFixture
) -> None:
    """However deep they are nested."""
    errors: dict[str, Any] = {"0": "?"}
    for _ in range(200):
        errors = {"0": errors}
    loopback.failures["PUT"] = refusal(400, {"code": 50035, "message": "Invalid", "errors": errors})
    assert not await sync(tree, notes)
    assert "/wave" in only_line(caplog)


async def test_discord_may_make_us_wait(
    tree: Tree, notes: Notes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """discord.py waits as long as Discord's limits want; the bot doesn't."""

    async def wait(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(syncing, "PATIENCE", 0.01)
    monkeypatch.setattr(tree.client.http, "request", wait)
    assert not await sync(tree, notes)
    assert "TimeoutError" in only_line(caplog)


async def test_a_note_that_cannot_be_kept(
    tree: Tree, notes: Notes, loopback: Discord, caplog: pytest.LogCaptureFixture
) -> None:
    """Discord knows; the next start will tell it once more."""
    notes.stuck = True
    assert await sync(tree, notes)
    assert loopback.puts
    assert "the disk is full" in caplog.text


# Those of one guild


class Guilds:
    """Knows what commands guilds have, and may refuse them."""

    def __init__(self) -> None:
        self.known: dict[int, list[str]] = {}
        self.puts = 0
        self.failures: dict[int, Exception] = {}

    async def put(self, application_id: int, guild_id: int, commands: list[dict[str, Any]]) -> Any:
        """Stand for `HTTPClient.bulk_upsert_guild_commands`."""
        assert application_id == APPLICATION
        self.puts += 1
        if failure := self.failures.get(guild_id):
            raise failure
        self.known[guild_id] = [command["name"] for command in commands]
        return commands


@pytest.fixture
def guilds(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Guilds:
    known = Guilds()
    monkeypatch.setattr(tree.client.http, "bulk_upsert_guild_commands", known.put)
    for guild_id in (1, 2):
        tree.add_command(hidden_wave, guild=discord.Object(guild_id))
    return known


async def test_commands_of_one_guild(tree: Tree, guilds: Guilds) -> None:
    """Discord is told once; where another guild has them, the first has none any more."""
    notes = Notes()
    await sync_guild(tree, notes, None)
    assert guilds.puts == 0
    await sync_guild(tree, notes, 1)
    await sync_guild(tree, notes, 1)
    assert (guilds.known, guilds.puts) == ({1: ["wave"]}, 1)
    await sync_guild(tree, notes, 1, force=True)
    assert guilds.puts == 2
    await sync_guild(tree, notes, 2)
    assert guilds.known == {1: [], 2: ["wave"]}
    await sync_guild(tree, notes, None)
    assert guilds.known == {1: [], 2: []}
    await sync_guild(tree, notes, None)
    assert guilds.puts == 5


async def test_a_guild_that_has_gone(tree: Tree, guilds: Guilds, caplog: pytest.LogCaptureFixture) -> None:
    """What it had is gone with it; one that isn't there gets none, which is said and tried again."""
    notes = Notes()
    await sync_guild(tree, notes, 1)
    blocked, gone = {"code": 40333, "message": "internal network error"}, {"code": 50001, "message": "x"}
    guilds.failures[1] = discord.Forbidden(SimpleNamespace(status=403, reason="x"), blocked)  # type: ignore[arg-type]
    await sync_guild(tree, notes, 2)
    assert 2 not in guilds.known  # that is no word of Discord's
    guilds.failures[1] = discord.Forbidden(SimpleNamespace(status=403, reason="x"), gone)  # type: ignore[arg-type]
    await sync_guild(tree, notes, 2)
    assert guilds.known[2] == ["wave"]
    await sync_guild(tree, notes, 1)
    assert "Discord didn't take the commands of OWNER_GUILD" in caplog.text
    del guilds.failures[1]
    await sync_guild(tree, notes, 1)
    assert guilds.known == {1: ["wave"], 2: []}


async def test_a_guild_whose_commands_can_not_be_noted(
    tree: Tree, guilds: Guilds, caplog: pytest.LogCaptureFixture
) -> None:
    """The next start tells Discord again."""
    notes = Notes()
    notes.stuck = True
    await sync_guild(tree, notes, 1)
    assert "the next start tells it again" in caplog.text
