"""What the pages have to say, in every language: each setting, command and option there is."""

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from bot import __main__ as bot_command
from bot.config import SETTINGS, Config
from bridge import __main__ as bridge_command
from cogs.commands.everybody import Everybody
from cogs.commands.host import Host
from cogs.commands.manage import Manage
from cogs.commands.myself import Myself
from cogs.texts import CATALOGS, Language, Text
from tests.docs.pages import LANGUAGES, NAMES, PAGES, page, read, structure
from tests.examples import ROOT

TRANSLATIONS = LANGUAGES[1:]
WEB = ROOT / "bridge" / "web"
DEFAULTS = ("3000", "localhost", "self", "INFO", "sqlite:///dzone.sqlite3", "10000", "65536", "120")


@pytest.fixture
async def tree() -> app_commands.CommandTree[Any]:
    """All commands, of a bot that does nothing."""
    bot: Any = commands.Bot("", intents=discord.Intents.none())
    nothing: Any = None
    await bot.add_cog(Manage(bot, nothing, nothing, nothing, nothing, ""))
    await bot.add_cog(Everybody(bot, nothing, nothing, nothing, nothing, ""))
    await bot.add_cog(Myself(bot, nothing, nothing, nothing))
    await bot.add_cog(Host(bot, nothing, nothing, nothing, nothing, ""))
    found: app_commands.CommandTree[Any] = bot.tree
    return found


def test_there_are_no_other_pages() -> None:
    """Each file is a page in one of the languages."""
    files = {page(name, language) for name in NAMES for language in LANGUAGES}
    assert files == set(PAGES.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_same_parts(name: str, language: Language) -> None:
    """Headings with their anchors, tables, lists, pictures and examples, in the same order."""
    assert list(structure(name, language)) == list(structure(name, "en"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_heading_can_be_linked_to(name: str, language: Language) -> None:
    """All but the title have an anchor, which no translation changes."""
    headings = [part for part in structure(name, language) if part[0] == "heading"]
    assert headings[0] == ("heading", "#", "")
    assert all(anchor for _, _, anchor in headings[1:])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_explained(language: Language) -> None:
    """In a table, which also has the defaults."""
    words = read("configuration", language)
    assert [name for name in SETTINGS if f"| `{name}` |" not in words] == []
    assert [default for default in DEFAULTS if f"`{default}`" not in words] == []


def test_the_example_of_a_configuration_is_one() -> None:
    """It could be read as it stands."""
    example = read("configuration", "en").split("```ini\n")[1].split("```")[0]
    env = dict(line.split("=", 1) for line in example.splitlines())
    assert Config.read(env).public_url == "https://zone.example.org"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_explained(tree: app_commands.CommandTree[Any], language: Language) -> None:
    """By the name that Discord shows in this language, with its parameters and choices."""
    words = " ".join(read("commands", language).split())
    assert [name for name in names(tree, language) if name not in words] == []


def names(tree: app_commands.CommandTree[Any], language: Language) -> Iterator[str]:
    """Name all that somebody may type or choose, as a page writes it."""
    catalog = CATALOGS[language]
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield Text(f"{{/{command.qualified_name}}}").within(language)
            for parameter in command.parameters:
                yield f"`{catalog.get(f'{parameter.name}:', parameter.name)}`"
                yield from (f"`{catalog.get(choice.name, choice.name)}`" for choice in parameter.choices)
    for menu in tree.get_commands(type=discord.AppCommandType.user):
        yield f"**{catalog.get(menu.name, menu.name)}**"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "command"), [("start", bot_command), ("customize", bridge_command)], ids=["bot", "bridge"]
)
def test_every_option_is_explained(name: str, command: Any, language: Language) -> None:
    """Those of the command line."""
    words = read(name, language)
    assert [option for option in options(command._parser()) if option not in words] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_page_says_is_quoted_as_it_says_it(language: Language) -> None:
    """The states of the connection and the notices, in the reader's language."""
    said = "".join(file.read_text(encoding="utf-8") for file in WEB.rglob("*.js"))
    table = read("world", language).split("{ #states }")[1].split("\n#")[0]
    _, *states = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    assert len(states) > 5
    assert [state for state in states if f"'{state}'" not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bot_says_what_a_symptom_quotes(language: Language) -> None:
    """Each line that is looked up by its words, up to what is different each time."""
    terms = re.findall(r"^(`.+)\n: ", read("troubleshooting", language), re.MULTILINE)
    quoted = [words for term in terms for words in re.findall(r"`([^`]+)`", term)]
    pieces = [piece.strip(" :.()") for words in quoted for piece in words.split("...")]
    said = all_that_is_said()
    assert len(quoted) > 10
    assert [piece for piece in pieces if piece not in said and not piece.startswith("No module")] == []


@cache
def all_that_is_said() -> str:
    """Join the texts of the code; looking for them takes a while."""
    return "".join(texts_of_the_code())


def texts_of_the_code() -> Iterator[str]:
    """Find all that the program may say, with nothing for what is filled in."""
    for folder in ("bot", "bridge", "cogs"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Name the options and subcommands of a parser."""
    for action in parser._actions:
        yield from (f"{option}`" for option in action.option_strings if option.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for name, subparser in action.choices.items():
                yield f" {name} "
                yield from options(subparser)


def test_everything_an_address_may_say_is_explained() -> None:
    """In each language: the table has the page's own list, and nothing else."""
    code = (WEB / "ui" / "address.js").read_text("utf-8")
    listed = code.split("export const SETTINGS = {")[1].split("\n};")[0]
    known = sorted(re.findall(r"^  (\w+):", listed, re.MULTILINE))
    assert "hour" in known
    for language in LANGUAGES:
        _, _, links = read("world", language).partition("{ #links }")
        explained = re.findall(r"^\| `\?(\w+)=", links.partition("\n## ")[0], re.MULTILINE)
        assert sorted(explained) == known, language
