"""What the bot says: every text in every language, and nothing that nobody says."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

import cogs
from bot.application.translator import Translator, catalog_key
from bot.policy import HIDE_OFFLINE_ABOVE
from cogs.commands import inputs
from cogs.commands.everybody import Everybody
from cogs.commands.host import Host
from cogs.commands.manage import Manage
from cogs.commands.myself import Myself
from cogs.texts import CATALOGS, Language, Lines, Text, language_of

COGS = Path(cogs.__file__).parent
LANGUAGES: tuple[Language, ...] = ("de", "es")

# Commands of Discord's own client, the same in every language: what is typed after one of these names never
# reaches a bot, and after some of them it is posted for everybody to read.
BUILT_IN = {
    "me", "nick", "msg", "tts", "shrug", "tableflip", "unflip", "spoiler", "thread", "kick", "ban", "timeout",
    "leave", "giphy",
}  # fmt: skip


def said() -> set[str]:
    """Find every text in the code; a template without words needs no translation."""
    texts = set()
    for file in COGS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                text = ast.literal_eval(node.args[0])  # only what is written here can be found
                if any(literal.strip() for literal, *_ in string.Formatter().parse(text)):
                    texts.add(text)
    return texts


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, *_ in string.Formatter().parse(text) if name)


class Listener(app_commands.Translator):
    """Hears what Discord wants translated."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: Any
    ) -> str | None:
        self.heard.add(catalog_key(string, context))
        return None


@pytest.fixture
async def bot() -> commands.Bot:
    """All commands, of a bot that does nothing."""
    bot: Any = commands.Bot("", intents=discord.Intents.none())
    nothing: Any = None
    await bot.add_cog(Manage(bot, nothing, nothing, nothing, nothing, ""))
    await bot.add_cog(Everybody(bot, nothing, nothing, nothing, nothing, ""))
    await bot.add_cog(Myself(bot, nothing, nothing, nothing))
    await bot.add_cog(Host(bot, nothing, nothing, nothing, nothing, ""))
    result: commands.Bot = bot
    return result


async def payloads(bot: commands.Bot, translator: app_commands.Translator) -> list[dict[str, Any]]:
    return [await command.get_translated_payload(bot.tree, translator) for command in bot.tree.get_commands()]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_catalog_is_complete(bot: commands.Bot, language: Language) -> None:
    """It has what is said and what Discord shows of commands, and nothing else."""
    listener = Listener()
    await payloads(bot, listener)
    assert set(CATALOGS[language]) == said() | listener.heard


@pytest.mark.parametrize("language", LANGUAGES)
async def test_translations_say_the_same(bot: commands.Bot, language: Language) -> None:
    """They have the same values in them, and the commands that they name exist."""
    names = {f"/{command.qualified_name}" for command in bot.tree.walk_commands()}
    for text, translated in CATALOGS[language].items():
        assert placeholders(text) == placeholders(translated), text
        assert {name for name in placeholders(text) if name.startswith("/")} <= names, text
        assert translated == translated.strip() != ""
        assert text.endswith((".", "?", "}")) == translated.endswith((".", "?", "}")), text


def shown(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk through a command, its subcommands, parameters and choices."""
    yield payload
    for part in (*payload.get("options", ()), *payload.get("choices", ())):
        yield from shown(part)


async def test_discord_accepts_the_commands(bot: commands.Bot) -> None:
    """Names, descriptions and their number keep Discord's rules in every language."""
    for command in await payloads(bot, Translator()):
        for part in shown(command):
            is_slash = command["type"] == 1 and "value" not in part
            for name in (part["name"], *part.get("name_localizations", {}).values()):
                assert len(name) <= (32 if is_slash or part is command else 100)
                assert not is_slash or re.fullmatch(r"[-_\w]{1,32}", name), name
                assert not is_slash or name == name.lower(), name
            for text in (part.get("description", ""), *part.get("description_localizations", {}).values()):
                assert len(text) <= 100, text
            for locale in ("", "de", "es-ES"):
                siblings = [name_in(locale, option) for option in part.get("options", ())]
                assert len(siblings) == len(set(siblings)) <= 25, siblings
        assert sum(map(weight, shown(command))) <= 8000


async def test_no_command_is_one_of_the_clients_own(bot: commands.Bot) -> None:
    """In no language: `/me hide` would be posted as words in italics, and hide nobody."""
    names = {
        name
        for command in await payloads(bot, Translator())
        for name in (command["name"], *command["name_localizations"].values())
    }
    assert {"dzone", "myself", "ich", "yo"} <= names
    assert not names & BUILT_IN


def name_in(locale: str, part: dict[str, Any]) -> str:
    name: str = part.get("name_localizations", {}).get(locale, part["name"])
    return name


def weight(part: dict[str, Any]) -> int:
    """Count as Discord does: the longest of all languages."""
    names = [part["name"], *part.get("name_localizations", {}).values()]
    texts = [part.get("description", ""), *part.get("description_localizations", {}).values()]
    return max(map(len, names)) + max(map(len, texts)) + len(str(part.get("value", "")))


async def test_buttons_and_forms_have_room(bot: commands.Bot) -> None:
    """What stands on them is as short as Discord wants it."""
    for text, limit in (
        ("Show it to strangers", 80),
        ("Who may watch this server", 45),
        ("Password for viewers", 45),
        ("4 to 100 characters. Don't use one that you use elsewhere.", 100),
    ):
        for language in ("en", *LANGUAGES):
            assert len(Text(text).within(language)) <= limit


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("es-ES", "es"), ("es-419", "es"), ("en-US", "en"), ("en-GB", "en"), ("fr", "en")],
)
def test_languages(locale: str, language: str) -> None:
    """Who reads another language than we speak reads English."""
    assert language_of(discord.Locale(locale)) == language


def test_a_text_in_a_text() -> None:
    """Is said in the same language; what people wrote is no template."""
    text = Text("{count} {what}", count="{what}", what=Text("offline"))
    assert text.within("es") == "{what} desconectados"
    assert Lines(text, Text("Yes.")).within("es") == "{what} desconectados\nSí."


def test_a_command_in_a_text() -> None:
    """Is named word for word as the reader's Discord names it."""
    assert Text("{/dzone channels hide}").within("en") == "`/dzone channels hide`"
    assert Text("{/dzone channels hide}").within("de") == "`/dzone kanäle verbergen`"
    with pytest.raises(KeyError):
        Text("{forgotten}").within("en")


def test_numbers_in_texts_are_those_that_hold() -> None:
    """What texts say in words is what the code does."""
    assert HIDE_OFFLINE_ABOVE == 500
    assert (inputs.MIN_PASSWORD, inputs.MAX_PASSWORD, inputs.MAX_NAME) == (4, 100, 100)
