"""What asks back: buttons to confirm or undo, and the form for a password."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import discord

from cogs.commands.inputs import MAX_NAME, MAX_PASSWORD, MIN_PASSWORD
from cogs.commands.replies import NOBODY, NOT_TAKEN, answer, answer_failure, expect_welcome, say
from cogs.texts import Text

PATIENCE: Final = 120.0  # seconds that buttons work
FORM_PATIENCE: Final = 900.0  # seconds that Discord accepts a form

Act = Callable[[discord.Interaction], Awaitable[Text]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what stands on it, and what it does. What that returns takes the question's place."""

    label: Text
    act: Act
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


class Question(discord.ui.View):
    """Buttons below an answer, for whoever asked alone; after a while they go.

    `expired` is what then takes the message's place; without it the message stays.
    """

    def __init__(self, asked: discord.Interaction, *choices: Choice, expired: Text | None = None) -> None:
        super().__init__(timeout=PATIENCE)
        self._asked = asked
        self._expired = expired
        for choice in choices:
            self.add_item(_Button(self, asked, choice))

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let only who was asked press."""
        await expect_welcome(interaction)
        if interaction.user.id == self._asked.user.id:
            return True
        await answer(interaction, Text("These buttons belong to whoever used the command. Use it yourself."))
        return False

    async def on_timeout(self) -> None:
        """Take the buttons away."""
        change: dict[str, Any] = {"content": say(self._asked, self._expired)} if self._expired else {}
        with contextlib.suppress(*NOT_TAKEN):  # the message was dismissed
            await self._asked.edit_original_response(view=None, **change)

    async def on_error(self, interaction: discord.Interaction, error: Exception, item: object, /) -> None:  # noqa: ARG002
        """Say what went wrong; the buttons stay, to try again."""
        await answer_failure(interaction, error)


class _Button(discord.ui.Button[Question]):
    def __init__(self, question: Question, asked: discord.Interaction, choice: Choice) -> None:
        super().__init__(label=say(asked, choice.label), style=choice.style)
        self._question = question
        self._act = choice.act

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what the button says, and show the outcome in place of the question."""
        await interaction.response.defer()
        outcome = await self._act(interaction)
        self._question.stop()
        content = say(interaction, outcome)
        await interaction.edit_original_response(content=content, view=None, allowed_mentions=NOBODY)


async def confirm(asked: discord.Interaction, warning: Text, label: Text, act: Act) -> None:
    """Do something only when the button below a warning is pressed."""
    question = Question(
        asked,
        Choice(label, act, discord.ButtonStyle.danger),
        Choice(Text("Cancel"), _cancel),
        expired=Text("That took too long, and nothing was changed. Use the command again."),
    )
    await answer(asked, warning, view=question)


async def _cancel(interaction: discord.Interaction) -> Text:  # noqa: ARG001
    """Leave everything as it is."""
    return Text("Nothing was changed.")


Taken = Callable[[discord.Interaction, str], Awaitable[None]]


class _Form(discord.ui.Modal):
    """Asks for one line, where nobody else reads it and Discord keeps no record."""

    def __init__(
        self, asked: discord.Interaction, title: Text, question: tuple[Text, Text],
        line: "discord.ui.TextInput[Any]", taken: Taken,
    ) -> None:  # fmt: skip
        super().__init__(title=say(asked, title), timeout=FORM_PATIENCE)
        self._taken = taken
        self._line = line
        text, description = question
        label: discord.ui.Label[Any] = discord.ui.Label(
            text=say(asked, text), description=say(asked, description), component=line
        )
        self.add_item(label)

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        """Hand on what was written."""
        await expect_welcome(interaction)
        await self._taken(interaction, self._line.value)

    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:  # type: ignore[override]  # as discord.py's own
        """Say what went wrong."""
        await answer_failure(interaction, error)


class PasswordForm(_Form):
    """Asks for a new password."""

    def __init__(self, asked: discord.Interaction, taken: Taken) -> None:
        line: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="password", min_length=MIN_PASSWORD, max_length=MAX_PASSWORD
        )
        question = (
            Text("Password for viewers"),
            Text("4 to 100 characters. Don't use one that you use elsewhere."),
        )
        super().__init__(asked, Text("Who may watch this server"), question, line, taken)


class NameForm(_Form):
    """Asks for another public name."""

    def __init__(self, asked: discord.Interaction, name: str | None, taken: Taken) -> None:
        line: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="name", max_length=MAX_NAME, required=False, default=name
        )
        question = (Text("Public name"), Text("Leave it empty to use the server's name on Discord."))
        super().__init__(asked, Text("What viewers call this server"), question, line, taken)
