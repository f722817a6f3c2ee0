"""`/myself`: people decide what viewers see of them; and moderators, of somebody in their guild."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal

import discord
from discord import app_commands
from discord.ext import commands

from cogs.commands.desk import moderated
from cogs.commands.dialogs import Choice, Question
from cogs.commands.inputs import parse_color, parse_line
from cogs.commands.palette import PALETTE, hint
from cogs.commands.portrait import Portrait
from cogs.commands.replies import Refused, answer, plain, say, wait
from cogs.commands.standing import OUTDATED, custom_id, standing
from cogs.decisions import Decisions
from cogs.needs import Bridge, Policy
from cogs.settings import GuildSettings, MemberSettings
from cogs.texts import Language, Lines, Text, language_of

OF_ROLE: Final = "role"  # in the menu of colours

Person = discord.Member | discord.User
Decided = Literal["hide", "mute", "color", "say", "show"]

_UNDO: Final[dict[Decided, tuple[Text, Callable[[MemberSettings], MemberSettings]]]] = {
    "hide": (
        Text("You aren't hidden any more: each server shows you as its managers have decided."),
        lambda settings: replace(settings, hidden=False),
    ),
    "mute": (
        Text("What you write from now on is shown again, in each server as its managers have decided."),
        lambda settings: replace(settings, muted=False),
    ),
    "color": (
        Text("Your figure has the colour of your role again. {/myself color} chooses another."),
        lambda settings: replace(settings, color=None),
    ),
    "say": (
        Text("Nothing stands over your head any more. {/myself say} writes something else."),
        lambda settings: replace(settings, line=None),
    ),
    "show": (
        Text(
            "Servers that show only members who have agreed don't show you any more. {/myself hide} hides "
            "you in all of them."
        ),
        lambda settings: replace(settings, agreed=False),
    ),
}


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
class Myself(
    commands.GroupCog,
    group_name="myself",
    group_description="Decide what viewers see of you, in every server.",
):
    """What everybody may do about themselves, and the menu with which moderators hide somebody."""

    def __init__(
        self, bot: commands.AutoShardedBot, bridge: Bridge, policy: Policy, decisions: Decisions
    ) -> None:
        self._bot = bot
        self._bridge = bridge
        self._policy = policy
        self._decisions = decisions
        self._menu = app_commands.ContextMenu(name="Hide from d-zone", callback=self._hide_somebody)
        app_commands.default_permissions(moderate_members=True)(self._menu)
        app_commands.guild_only(self._menu)

    async def cog_load(self) -> None:
        """Add the menu: a cog alone can't hold one."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take the menu away."""
        self._bot.tree.remove_command(self._menu.name, type=self._menu.type)

    @app_commands.command()
    async def hide(self, interaction: discord.Interaction) -> None:
        """Hide yourself in every server: figure, name and messages."""
        text = Text(
            "You are hidden in every server: viewers don't see you, your name or your messages any more. "
            "{/myself show} brings you back."
        )
        await self._decide(interaction, text, lambda settings: replace(settings, hidden=True, agreed=False))

    @app_commands.command()
    async def mute(self, interaction: discord.Interaction) -> None:
        """Hide your messages in every server; viewers still see you."""
        text = Text(
            "Your messages are hidden in every server, also those that you wrote before. {/myself show} "
            "shows what you write again, {/myself hide} hides you altogether."
        )
        await self._decide(interaction, text, lambda settings: replace(settings, muted=True))

    @app_commands.command()
    @app_commands.describe(color="Such as #7bd88f or #f80; leave it out to choose from a menu.")
    async def color(self, interaction: discord.Interaction, color: str | None = None) -> None:
        """Choose the colour of your figure."""
        if color:
            chosen = parse_color(color)
            await self._decide(interaction, _colored(chosen), lambda before: replace(before, color=chosen))
            return
        decided = self._decisions.settings.member(interaction.user.id)
        menu = _color_menu(self.__cog_name__, language_of(interaction.locale), decided.color)
        text = Text("Which colour is your figure to have? All of these can be seen well.")
        await answer(interaction, text, view=menu)

    async def used(self, interaction: discord.Interaction, what: str, values: list[str]) -> None:
        """Take the colour that somebody chose from the menu."""
        if what != "color" or len(values) != 1 or values[0] not in {*PALETTE, OF_ROLE}:
            raise Refused(OUTDATED)
        text, change = _UNDO["color"]
        if (chosen := values[0]) != OF_ROLE:
            text, change = _colored(chosen), lambda before: replace(before, color=chosen)
        await interaction.response.defer()
        await self._decisions.change_member(interaction.user.id, change)
        await interaction.edit_original_response(content=say(interaction, text), view=None)

    @app_commands.command()
    @app_commands.describe(line="Up to 40 characters.")
    async def say(self, interaction: discord.Interaction, line: str) -> None:
        """Have a line of your own stand over your head."""
        said = parse_line(line)
        text = Text(
            "Over your head stands: {line} Viewers read it wherever they read your messages. {/myself undo} "
            "takes it back.",
            line=plain(said),
        )
        await self._decide(interaction, text, lambda settings: replace(settings, line=said))

    @app_commands.command()
    async def show(self, interaction: discord.Interaction) -> None:
        """Show yourself and your messages again."""
        text = Text(
            "You and your messages are shown again, in each server as its managers have decided; also where "
            "they show only members who have agreed to it. {/myself hide} hides you, {/myself mute} only "
            "your messages."
        )
        await self._decide(
            interaction, text, lambda settings: replace(settings, hidden=False, muted=False, agreed=True)
        )

    @app_commands.command()
    @app_commands.describe(choice="What you decided before, such as to hide or a colour.")
    async def undo(self, interaction: discord.Interaction, choice: Decided) -> None:
        """Take back one thing that you decided, and leave the others."""
        text, change = _UNDO[choice]
        await self._decide(interaction, text, change)

    @app_commands.command()
    async def status(self, interaction: discord.Interaction) -> None:
        """See what is stored about you, and what viewers see of you."""
        user_id, guild = interaction.user.id, self._bot.get_guild(interaction.guild_id or 0)
        decided = self._decisions.settings.member(user_id)
        await wait(interaction)
        portrait = Portrait(user_id, decided, guild, self._bridge, self._policy, counts=self._bridge.is_alone)
        await answer(interaction, portrait.text())

    async def _decide(
        self, interaction: discord.Interaction, text: Text, change: Callable[[MemberSettings], MemberSettings]
    ) -> None:
        await wait(interaction)
        await self._decisions.change_member(interaction.user.id, change)
        await answer(interaction, text)

    # For moderators

    async def _hide_somebody(self, interaction: discord.Interaction, person: Person) -> None:
        guild = moderated(self._bot, interaction)

        async def undo(pressed: discord.Interaction) -> Text:
            await self._decisions.change_guild(moderated(self._bot, pressed), _without(person))
            return Text(
                "{person} is shown in this server again, unless they have hidden themselves. The same "
                "menu hides them.",
                person=person.mention,
            )

        await wait(interaction)
        await self._decisions.change_guild(guild, _with(person))
        text = Text(
            "{person} is hidden in this server: viewers don't see them, their name or their messages. To "
            "undo it, press the button; if it is gone, {/dzone-hidden} does it.",
            person=person.mention,
        )
        await answer(interaction, text, view=Question(interaction, Choice(Text("Show again"), undo)))


def _colored(color: str) -> Text:
    text = Text(
        "Your figure is `{color}` now, in every server. {/myself color} chooses another, {/myself undo} goes "
        "back to that of your role.",
        color=color,
    )
    note = hint(color)
    return text if note is None else Lines(text, note)


def _color_menu(cog: str, language: Language, current: str | None) -> discord.ui.View:
    """Make the menu of colours; it answers for as long as it is there."""
    choices = {OF_ROLE: Text("The colour of my role")} | PALETTE
    menu: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=custom_id(cog, "color"),
        options=[
            discord.SelectOption(label=name.within(language), value=value, default=value == current)
            for value, name in choices.items()
        ],
    )
    return standing(discord.ui.View(timeout=None).add_item(menu))


def _with(person: Person) -> Callable[[GuildSettings], GuildSettings]:
    return lambda settings: replace(settings, hidden=settings.hidden | {person.id})


def _without(person: Person) -> Callable[[GuildSettings], GuildSettings]:
    return lambda settings: replace(settings, hidden=settings.hidden - {person.id})
