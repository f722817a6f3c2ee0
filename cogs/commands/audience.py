"""`/dzone audience`: who counts as everybody, in a server where only members see anything."""

from dataclasses import replace

import discord
from discord import app_commands

from cogs.commands.desk import Desk
from cogs.commands.dialogs import confirm
from cogs.commands.replies import Refused, answer, called
from cogs.commands.status import gate
from cogs.texts import Lines, Text


class ManageAudience(Desk):
    """The part of `/dzone` that is about who counts as everybody."""

    @app_commands.command()
    @app_commands.describe(role="The role that all members get; leave it out to see the current one.")
    async def audience(self, interaction: discord.Interaction, role: discord.Role | None = None) -> None:
        """Choose the role that counts as everybody; members without it aren't shown."""
        guild = self._place(interaction, told=True).guild
        if role is None:
            await answer(interaction, self._current(guild))
        elif not self._policy.can_be_everybody(role):
            raise Refused(self._sees_all(role))
        else:
            await self._ask(interaction, guild, role)

    def _current(self, guild: discord.Guild) -> Text:
        if self._policy.is_gated(guild):
            return gate(self._decisions.settings.guild(guild.id))
        role = self._policy.everybody(guild) or guild.default_role
        return Lines(
            Text(
                "{role} counts as everybody: viewers see the members who have it, and the channels that they "
                "can see.",
                role=called(role),
            ),
            Text("{/dzone audience} chooses another role."),
        )

    async def _ask(self, interaction: discord.Interaction, guild: discord.Guild, role: discord.Role) -> None:
        """Show what was behind a gate only to who has read what that means."""

        async def choose(pressed: discord.Interaction) -> Text:
            guild = self._place(pressed).guild
            settings = await self._decisions.change_guild(
                guild, lambda settings: replace(settings, audience=role.id)
            )
            text = Text(
                "{role} counts as everybody now: viewers see the members who have it, and the channels that "
                "they can see. {/dzone status} tells how many.",
                role=called(role),
            )
            return self._outcome(guild, settings, text)

        await confirm(interaction, self._audience_warning(guild, role), Text("Show it to strangers"), choose)
