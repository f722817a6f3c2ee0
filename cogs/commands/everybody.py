"""What stands beside `/dzone` for those who don't manage the server: a whole group is hidden from them."""

from dataclasses import dataclass, replace
from typing import Any, Final

import discord
from discord import app_commands

from cogs.commands.desk import Desk, moderated
from cogs.commands.people import hidden_roles
from cogs.commands.replies import NOBODY, Refused, answer, say
from cogs.commands.standing import OUTDATED, custom_id
from cogs.settings import GuildSettings
from cogs.texts import Language, Lines, Text, language_of

PAGE: Final = 20  # people at a time; a menu has room for 25
MAX_LABEL: Final = 100  # characters


@dataclass(frozen=True, slots=True)
class HiddenPeople:
    """A page of those whom moderators have hidden in a guild."""

    guild: discord.Guild
    settings: GuildSettings
    language: Language
    page: int
    cog: str

    @property
    def _last(self) -> int:
        return max(0, (len(self.settings.hidden) - 1) // PAGE)

    @property
    def _number(self) -> int:
        """Its number, from 0; fewer people may be hidden than when somebody asked for it."""
        return min(self.page, self._last)

    def _people(self) -> list[int]:
        return sorted(self.settings.hidden)[self._number * PAGE : (self._number + 1) * PAGE]

    def text(self) -> Text:
        """Say who they are."""
        roles = hidden_roles(self.guild, self.settings)
        people = self._hidden_people()
        return people if roles is None else Lines(people, roles)

    def _hidden_people(self) -> Text:
        if not self.settings.hidden:
            return Text(
                "Moderators have hidden nobody here. To hide somebody, right-click them and choose Apps, "
                "Hide from d-zone."
            )
        mentions = " ".join(f"<@{user_id}>" for user_id in self._people())
        head = Text("**Hidden by moderators in this server: {count}**", count=len(self.settings.hidden))
        if not self._last:
            return Lines(head, Text("{people}", people=mentions))
        page = Text("Page {page} of {pages}", page=self._number + 1, pages=self._last + 1)
        return Lines(head, Text("{people}", people=mentions), page)

    def view(self) -> discord.ui.View:
        """Make the menu that shows some of them again, and the buttons to the other pages."""
        view = discord.ui.View(timeout=None)
        people = self._people()
        if people:
            options = [discord.SelectOption(label=self._label(uid), value=str(uid)) for uid in people]
            menu: discord.ui.Select[Any] = discord.ui.Select(
                custom_id=custom_id(self.cog, "show_again"),
                placeholder=Text("Show again").within(self.language),
                options=options,
                max_values=len(options),
            )
            view.add_item(menu)
        for label, number in ((Text("Back"), self._number - 1), (Text("Next"), self._number + 1)):
            if 0 <= number <= self._last:
                button: discord.ui.Button[Any] = discord.ui.Button(
                    label=label.within(self.language), custom_id=custom_id(self.cog, f"page_{number}")
                )
                view.add_item(button)
        view.stop()
        return view

    def _label(self, user_id: int) -> str:
        member = self.guild.get_member(user_id)
        return (member.display_name if member else str(user_id))[:MAX_LABEL]


class Everybody(Desk):
    """The link for every member, and the list of hidden people for moderators."""

    @app_commands.command(name="dzone-link")
    @app_commands.guild_only()
    async def link(self, interaction: discord.Interaction) -> None:
        """Get the link to this server as a little world."""
        guild = self._guild(interaction)
        unshown = Text("This server isn't shown, so its link doesn't work. Whoever manages it can show it.")
        link = self._open_link(guild, unshown)
        text = Lines(
            Text("**{name}** as a little pixel world: {link}", name=self._name(guild), link=link),
            Text("{/myself status} tells what viewers see of you, {/myself hide} hides you."),
        )
        button: discord.ui.Button[Any] = discord.ui.Button(url=link, label=say(interaction, Text("Watch")))
        view = discord.ui.View(timeout=None).add_item(button)
        view.stop()
        await answer(interaction, text, view=view)

    @app_commands.command(name="dzone-hidden")
    @app_commands.guild_only()
    @app_commands.default_permissions(moderate_members=True)
    async def hidden(self, interaction: discord.Interaction) -> None:
        """See whom moderators have hidden from viewers, and show them again."""
        page = self._page(interaction, 0)
        await answer(interaction, page.text(), view=page.view())

    def _page(self, interaction: discord.Interaction, number: int) -> HiddenPeople:
        guild = moderated(self._bot, interaction)
        settings = self._decisions.settings.guild(guild.id)
        return HiddenPeople(guild, settings, language_of(interaction.locale), number, self.__cog_name__)

    async def used(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:
        """Turn the page, or show somebody again."""
        guild = moderated(self._bot, interaction)
        name, _, number = what.partition("_")
        if what == "show_again":
            again = frozenset(int(value) for value in values if value.isdecimal())
            await interaction.response.defer()
            await self._decisions.change_guild(guild, lambda before: _without(before, again))
            shown = Text(
                "Shown again, unless they have hidden themselves: {people}",
                people=" ".join(f"<@{user_id}>" for user_id in sorted(again)),
            )
            page = self._page(interaction, 0)
            said = say(interaction, Lines(shown, page.text()))
            await interaction.edit_original_response(content=said, view=page.view(), allowed_mentions=NOBODY)
        elif name == "page" and number.isdecimal():
            page = self._page(interaction, int(number))
            await interaction.response.edit_message(
                content=say(interaction, page.text()), view=page.view(), allowed_mentions=NOBODY
            )
        else:
            raise Refused(OUTDATED)


def _without(settings: GuildSettings, people: frozenset[int]) -> GuildSettings:
    return replace(settings, hidden=settings.hidden - people)
