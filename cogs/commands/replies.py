"""How commands answer, also when they can't do what they were asked."""

import asyncio
import contextlib
import logging
from http import HTTPStatus
from typing import Any, Final, Protocol

import aiohttp
import discord
from discord import app_commands

from bridge.running import words
from bridge.running.named import Named, of_guild
from cogs.commands.patience import Patience
from cogs.settings import NotSaved
from cogs.texts import Text, language_of

log = logging.getLogger(__name__)

NOBODY: Final = discord.AllowedMentions.none()
MAX_TITLE: Final = 256  # characters of an embed's title
MAX_REASON: Final = 150  # characters of why Discord didn't take an answer, in a line of the log
ACKNOWLEDGED: Final = 40060  # Discord's code: it took an answer, and we didn't hear so

SHUT_OUT: Final = 40333  # the code of what stands before Discord and keeps an address out for a while
_BETWEEN: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_NOBODY_S: Final = (0, SHUT_OUT)  # a refusal of Discord's own has another code

OUT_OF_REACH: Final = (aiohttp.ClientError, OSError)  # as TimeoutError is
NOT_TAKEN: Final = (discord.HTTPException, *OUT_OF_REACH)
"""What an answer ends in that Discord doesn't take, or doesn't get."""

# Seconds before each further try to say something: Discord gives up on who says nothing for three seconds,
# and for what was promised it waits a quarter of an hour.
SOON: Final[tuple[float, ...]] = (0.3, 0.7, 1.2)
LATER: Final[tuple[float, ...]] = (1.0, 4.0, 15.0, 60.0, 240.0)


LOST: Final = Text(
    "For a moment I couldn't reach Discord, and my answer got lost. What you asked for may be done already; "
    "use the command again to be sure."
)


class Refused(app_commands.AppCommandError):
    """Something that can't be done as asked. The text says why, and what can be done."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.template)
        self.text = text


class Ignored(app_commands.AppCommandError):
    """Something that isn't answered: too much of it comes from there."""


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
    if isinstance(cause, Ignored):
        return
    if isinstance(cause, NOT_TAKEN):
        _warn(interaction, cause)
        if _may_pass(cause):
            await _answer_later(interaction, LOST)
        return
    text = _explain(cause)
    if text is None:
        _log(interaction).error("%s failed", _what(interaction), exc_info=cause)
        text = Text("Something went wrong; the details are in my log. Try again, or tell my operator.")
    try:
        await answer(interaction, text)
    except NOT_TAKEN as unheard:
        _warn(interaction, unheard)
        if _may_pass(unheard):
            await _answer_later(interaction, text)


async def _answer_later(interaction: discord.Interaction, text: Text) -> None:
    """Say something as soon as Discord takes it, unless that takes too long."""
    for pause in LATER if interaction.response.is_done() else SOON:
        await asyncio.sleep(pause)
        try:
            await answer(interaction, text)
        except discord.HTTPException as error:
            if error.code == ACKNOWLEDGED:
                await _follow_up(interaction, text)
            if not _may_pass(error):
                return
        except OUT_OF_REACH:
            continue
        else:
            return


async def _follow_up(interaction: discord.Interaction, text: Text) -> None:
    """Say something where an answer has been promised, even if we don't know that it has."""
    with contextlib.suppress(*NOT_TAKEN):
        await interaction.followup.send(say(interaction, text), ephemeral=True, allowed_mentions=NOBODY)


def _may_pass(error: BaseException) -> bool:
    """Tell whether another try may succeed: nobody was there to refuse the first."""
    if isinstance(error, discord.HTTPException):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or is_shut_out(error)
    return True


def is_shut_out(error: discord.HTTPException) -> bool:
    """Tell whether what stands before Discord refused, or there were too many requests: that passes."""
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return error.status in _BETWEEN and error.code in _NOBODY_S


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


def _warn(interaction: discord.Interaction, error: BaseException) -> None:
    """Log that Discord didn't take an answer, most often since it came too late, or that it got none."""
    if isinstance(error, discord.HTTPException):
        said = words.one_line(str(error), MAX_REASON)
        _log(interaction).warning("%s: Discord didn't take the answer: %s", _what(interaction), said)
    else:
        _log(interaction).warning(
            "%s: Discord can't be reached: %s", _what(interaction), words.name(error, MAX_REASON)
        )


def _log(interaction: discord.Interaction) -> logging.Logger | Named:
    """Have lines say where it happened: in a guild, or in private."""
    return log if interaction.guild_id is None else of_guild(log, interaction.guild_id)


def _what(interaction: discord.Interaction) -> str:
    command = interaction.command
    return f"/{command.qualified_name}" if command else "a button or a form"


class Doorman(Protocol):
    """Knows whom who runs the bot has blocked."""

    def turns_away(self, user_id: int, guild_id: int | None) -> bool:
        """Tell whether somebody may use nothing of the bot, or nobody may in their guild."""


async def expect_welcome(interaction: discord.Interaction[Any]) -> None:
    """See that somebody isn't blocked, and doesn't use it all the time: for each way to use the bot.

    Raises:
        Refused: if they are, or do.
        Ignored: if they do, and heard so.
    """
    tree = getattr(interaction.client, "tree", None)
    if isinstance(tree, CommandTree):
        await _expect_patience(interaction, tree.patience)
    doorman: Doorman | discord.Client = interaction.client
    turns_away = getattr(doorman, "turns_away", None)
    if turns_away is not None and turns_away(interaction.user.id, interaction.guild_id):
        raise Refused(Text("My operator has blocked you or this server."))


async def _expect_patience(interaction: discord.Interaction[Any], patience: Patience) -> None:
    who = interaction.user.id, interaction.guild_id
    if not patience.allows(*who):
        if not patience.tells(*who):
            raise Ignored
        raise Refused(Text("My commands are used too fast here. Wait a minute and try again."))
    await patience.turn(*who)


class CommandTree(app_commands.CommandTree):
    """The bot's commands, and one place for all that goes wrong in them."""

    def __init__(self, client: discord.Client, **options: Any) -> None:
        super().__init__(client, **options)
        self.patience = Patience()

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Refuse whoever is blocked."""
        await expect_welcome(interaction)
        return True

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer instead of leaving somebody with Discord's own words."""
        await answer_failure(interaction, error)
