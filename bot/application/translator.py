"""Names and descriptions of commands, in the languages that the bot speaks."""

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.app_commands import locale_str

from cogs.texts import translation


class Translator(app_commands.Translator):
    """Looks up what Discord shows of the command tree; who reads another language sees English."""

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """Translate a name, a description or a choice."""
        return translation(catalog_key(string, context), locale)


def catalog_key(string: locale_str, context: app_commands.TranslationContextTypes) -> str:
    """Tell where a string stands in the catalogs: a command by its whole name, a parameter as `name:`."""
    match context.location:
        case Location.command_name | Location.group_name if not isinstance(
            context.data, app_commands.ContextMenu
        ):
            return f"/{context.data.qualified_name}"
        case Location.parameter_name:
            return f"{string.message}:"
        case _:
            return string.message
