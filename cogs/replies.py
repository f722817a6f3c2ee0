"""How commands answer, also when they can't do what they were asked."""

import logging
from typing import Any, Final

import discord
from discord import app_commands

from cogs.settings import NotSaved
from cogs.texts import Text, language_of

log = logging.getLogger(__name__)

NOBODY: Final = discord.AllowedMentions.none()
MAX_TITLE: Final = 256  # characters of an embed's title


class Refused(app_commands.AppCommandError):
    """Something that can't be done as asked. The text says why, and what can be done."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.template)
        self.text = text


def plain(name: str) -> str:
    """Write somebody's words so that Discord shows them as they are."""
    return discord.utils.escape_mentions(discord.utils.escape_markdown(name))


def called(role: discord.Role) -> str:
    """Name a role as Discord shows it; a mention of the one that all have would read as "@@everyone"."""
    return "@everyone" if role.is_default() else role.mention


def say(interaction: discord.Interaction, text: Text) -> str:
    """Say something in the language of whoever asked."""
    return text.within(language_of(interaction.locale))


async def answer(interaction: discord.Interaction, text: Text, **parts: Any) -> None:
    """Answer whoever asked, and nobody else; `parts` are what else the message has, such as a view."""
    content = say(interaction, text)
    if interaction.response.is_done():
        await interaction.followup.send(content, ephemeral=True, allowed_mentions=NOBODY, **parts)
    else:
        await interaction.response.send_message(content, ephemeral=True, allowed_mentions=NOBODY, **parts)


async def wait(interaction: discord.Interaction) -> None:
    """Ask for patience: Discord gives up on who says nothing for three seconds, and databases may be slow."""
    await interaction.response.defer(ephemeral=True, thinking=True)


def expect_choices(interaction: discord.Interaction) -> None:
    """See that each option has a value that it offers: Discord may still offer those of an older version.

    Raises:
        Refused: if one has another.
    """
    command = interaction.command
    for option in command.parameters if isinstance(command, app_commands.Command) else ():
        value = getattr(interaction.namespace, option.display_name, None)
        if option.choices and value not in {None, *(choice.value for choice in option.choices)}:
            raise Refused(Text("I can't use that value. Choose one of those that Discord offers."))


async def answer_failure(interaction: discord.Interaction, error: Exception) -> None:
    """Say in one sentence what went wrong; what is a bug of ours is logged, once."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, discord.HTTPException):
        _warn(interaction, cause)
        return
    text = _explain(cause)
    if text is None:
        log.error("%s failed", _what(interaction), exc_info=cause)
        text = Text("Something went wrong; the details are in my log. Try again, or tell my operator.")
    try:
        await answer(interaction, text)
    except discord.HTTPException as unheard:
        _warn(interaction, unheard)


def _explain(error: BaseException) -> Text | None:
    match error:
        case Refused():
            return error.text
        case NotSaved():
            return Text(
                "Nothing was changed: my database doesn't answer or is full. Try again in a few minutes; "
                "if that doesn't help, tell my operator."
            )
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return Text("This command has changed. Reload Discord (Ctrl+R) and try again.")
        case _:
            return None


def _warn(interaction: discord.Interaction, error: discord.HTTPException) -> None:
    """Log that Discord didn't take an answer; most often it came too late."""
    log.warning("%s: Discord didn't take the answer: %s", _what(interaction), error)


def _what(interaction: discord.Interaction) -> str:
    command = interaction.command
    return f"/{command.qualified_name}" if command else "a button or a form"


class CommandTree(app_commands.CommandTree):
    """The bot's commands, and one place for all that goes wrong in them."""

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer instead of leaving somebody with Discord's own words."""
        await answer_failure(interaction, error)
