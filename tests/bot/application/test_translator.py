"""Commands in the languages that people have set Discord to."""

from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from bot.application.translator import Translator
from cogs.commands.everybody import Everybody
from cogs.commands.manage import Manage
from cogs.commands.myself import Myself


@pytest.fixture
async def told() -> dict[str, Any]:
    """What Discord is told of the commands, by name."""
    bot: Any = commands.Bot("", intents=discord.Intents.none())
    nothing: Any = None
    await bot.add_cog(Manage(bot, nothing, nothing, nothing, nothing, ""))
    await bot.add_cog(Everybody(bot, nothing, nothing, nothing, nothing, ""))
    await bot.add_cog(Myself(bot, nothing, nothing, nothing))
    translator: app_commands.Translator = Translator()
    return {
        command.name: await command.get_translated_payload(bot.tree, translator)
        for command in bot.tree.get_commands()
    }


def option(payload: dict[str, Any], name: str) -> Any:
    return next(option for option in payload["options"] if option["name"] == name)


def test_names(told: dict[str, Any]) -> None:
    """Each command by its place: the same English word may be another in German."""
    spoken = {"de": "zeigen", "es-ES": "mostrar", "es-419": "mostrar"}
    assert option(option(told["dzone"], "channels"), "show")["name_localizations"] == spoken
    assert told["myself"]["name_localizations"]["de"] == "ich"
    assert told["dzone"]["name_localizations"]["de"] == "dzone"
    assert told["Hide from d-zone"]["name_localizations"]["de"] == "In d-zone verbergen"


def test_descriptions(told: dict[str, Any]) -> None:
    """Of groups, commands and parameters."""
    assert option(told["dzone"], "enable")["description"] == "Show this server to viewers."
    assert (
        option(told["dzone"], "enable")["description_localizations"]["de"] == "Zeig diesen Server Zuschauern."
    )
    assert "espectadores" in told["dzone"]["description_localizations"]["es-419"]
    color = option(option(told["myself"], "color"), "color")
    assert color["name_localizations"]["de"] == "farbe"
    assert color["description_localizations"]["de"].startswith("Etwa #7bd88f")


def test_choices(told: dict[str, Any]) -> None:
    """What is chosen is sent as it is, whatever it is called."""
    [bubble] = [
        choice
        for choice in option(option(told["dzone"], "messages"), "mode")["choices"]
        if choice["value"] == "bubble"
    ]
    assert bubble["name_localizations"]["de"] == "sprechblase"
