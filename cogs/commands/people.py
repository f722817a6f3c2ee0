"""`/dzone optin`, `gestures` and `role`: who is shown at all, as what, and what they may do."""

from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands

from cogs.commands.desk import Desk
from cogs.commands.replies import Refused, answer, called
from cogs.commands.status import GESTURES, ROLE_NAMES
from cogs.settings import MAX_ROLES, GuildSettings
from cogs.texts import Lines, Text

OnOff = Literal["on", "off"]

ONLY_AGREED = Text(
    "From now on viewers see only members who have agreed with {/myself show}, and no bots or webhooks. What "
    "was said before is removed. Tell your members."
)
EVERYBODY_AGAIN = Text(
    "Viewers see members again without asking them first. {/myself hide} still hides them."
)

EVERYBODY_HAS_IT = Text("Everybody has that role. {/dzone disable} hides the whole server.")


class ManagePeople(Desk):
    """The part of `/dzone` that is about who is shown at all."""

    role = app_commands.Group(
        name="role", description="Hide members by their role, or show what roles are called."
    )

    @app_commands.command()
    @app_commands.describe(mode="Whether only members are shown who have agreed.")
    async def optin(self, interaction: discord.Interaction, mode: OnOff) -> None:
        """Show only members who have agreed to it, or all of them."""
        text = ONLY_AGREED if mode == "on" else EVERYBODY_AGAIN
        await self._decide(interaction, text, lambda settings: replace(settings, optin=mode == "on"))

    @app_commands.command()
    @app_commands.describe(mode="Whether members may make their own figure move.")
    async def gestures(self, interaction: discord.Interaction, mode: OnOff) -> None:
        """Let members make their own figure wave, hop or sit on the page, or not."""
        text = GESTURES[mode == "on"]
        if mode == "on" and not self._page_login:
            text = Lines(text, self._login_missing())
        await self._decide(interaction, text, lambda settings: replace(settings, gestures=mode == "on"))

    @role.command(name="hide")
    @app_commands.describe(role="Whoever has it isn't shown.")
    async def hide_role(self, interaction: discord.Interaction, role: discord.Role) -> None:
        """Hide all members who have a role."""
        guild = self._place(interaction, told=True).guild
        if role.is_default():
            raise Refused(EVERYBODY_HAS_IT)

        def change(settings: GuildSettings) -> GuildSettings:
            roles = frozenset(one for one in settings.hidden_roles if guild.get_role(one)) | {role.id}
            if len(roles) > MAX_ROLES:
                raise Refused(
                    Text(
                        "At most {most} roles can be hidden. {/dzone role show} shows one again.",
                        most=MAX_ROLES,
                    )
                )
            return replace(settings, hidden_roles=roles)

        text = Text(
            "Members with the role {role} aren't shown any more, nor is what they wrote. {/dzone role show} "
            "shows them again.",
            role=called(role),
        )
        await self._decide(interaction, text, change)

    @role.command(name="show")
    @app_commands.describe(role="Whoever has it is shown again.")
    async def show_role(self, interaction: discord.Interaction, role: discord.Role) -> None:
        """Show the members who have a role again."""
        text = Text("Having the role {role} hides nobody any more.", role=called(role))
        await self._decide(
            interaction,
            text,
            lambda settings: replace(settings, hidden_roles=settings.hidden_roles - {role.id}),
        )

    @role.command(name="list")
    async def list_roles(self, interaction: discord.Interaction) -> None:
        """See which roles hide the members who have them."""
        guild = self._place(interaction, told=True).guild
        settings = self._decisions.settings.guild(guild.id)
        roles = hidden_roles(guild, settings)
        if roles is None:
            roles = Text("No role hides anybody. {/dzone role hide} chooses one.")
        else:
            roles = Lines(roles, Text("{/dzone role show} shows them again."))
        await answer(interaction, roles)

    @role.command(name="names")
    @app_commands.describe(mode="Whether viewers read what roles are called.")
    async def name_roles(self, interaction: discord.Interaction, mode: OnOff) -> None:
        """Show what the roles are called that give members their colour, or hide it."""
        text = ROLE_NAMES[mode == "on"]
        if mode == "on":
            text = Lines(text, Text("{/dzone role hide} keeps a role's name secret, with all who have it."))
        await self._decide(interaction, text, lambda settings: replace(settings, role_names=mode == "on"))


def hidden_roles(guild: discord.Guild, settings: GuildSettings) -> Text | None:
    """Name the roles whose members aren't shown, if there are any."""
    known = sorted(role for one in settings.hidden_roles if (role := guild.get_role(one)))
    if not known:
        return None
    return Text("**Hidden by a role:** {roles}", roles=" ".join(role.mention for role in known))
