"""`/dzone`: a guild's managers decide what viewers see of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bridge.access.passwords import hash_password
from cogs.commands.audience import ManageAudience
from cogs.commands.channels import ManageChannels
from cogs.commands.desk import HIDDEN
from cogs.commands.dialogs import PasswordForm, confirm
from cogs.commands.handbook import FOR_HOST, pages
from cogs.commands.inputs import check_password, parse_name
from cogs.commands.live import ManageLive
from cogs.commands.people import ManagePeople
from cogs.commands.replies import NOBODY, Refused, answer, expect_choices, say, wait
from cogs.commands.setup import ManageSetup
from cogs.commands.status import MESSAGES, OFFLINE, whole_bot
from cogs.settings import GuildSettings, MessageMode, OfflineMode
from cogs.texts import Lines, Text, language_of

OnOff = Literal["on", "off"]
ShowHide = Literal["show", "hide"]


_SHOWN_AGAIN = Text("**The defaults then apply again: its public channels are shown to everybody.**")
_HIDDEN_AGAIN = Text("**It is then shown to nobody, until somebody shows it again.**")


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Manage(
    ManageChannels,
    ManageAudience,
    ManagePeople,
    ManageLive,
    ManageSetup,
    commands.GroupCog,
    group_name="dzone",
    group_description="Decide what viewers see of this server.",
):
    """What managers may do. Discord hides the commands from others, and this cog refuses them."""

    protect = app_commands.Group(name="protect", description="Decide who may watch this server.")

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Refuse who may not, whatever Discord let them see."""
        if interaction.command is not None and FOR_HOST in interaction.command.extras:
            if not await self._bot.is_owner(interaction.user):
                raise Refused(Text("Only my operator, who runs this bot, can decide that."))
        else:
            self._place(interaction)
        expect_choices(interaction)
        return True

    # Shown or not

    @app_commands.command()
    async def enable(self, interaction: discord.Interaction) -> None:
        """Show this server to viewers."""
        guild = self._place(interaction).guild
        await wait(interaction)
        settings = await self._decisions.change_guild(guild, lambda settings: replace(settings, shown=True))
        text = Text(
            "This server is shown now: {link}\n{/dzone link} posts the link for everybody, "
            "{/dzone status} tells what viewers see.",
            link=self._link(guild),
        )
        await answer(interaction, self._outcome(guild, settings, text))

    @app_commands.command()
    async def disable(self, interaction: discord.Interaction) -> None:
        """Hide this server from everybody, at once."""
        guild = self._place(interaction).guild
        await wait(interaction)
        await self._decisions.change_guild(guild, lambda settings: replace(settings, shown=False))
        await answer(interaction, HIDDEN)

    @app_commands.command()
    async def status(self, interaction: discord.Interaction) -> None:
        """See what is shown, how many people watch, and what is missing."""
        guild = self._place(interaction, told=True).guild
        await wait(interaction)
        report = self._report(guild, await self._viewers(guild), await self._whole(interaction.user))
        embed = await report.embed(language_of(interaction.locale))
        await interaction.followup.send(embed=embed, ephemeral=True, allowed_mentions=NOBODY)

    @app_commands.command()
    async def help(self, interaction: discord.Interaction) -> None:
        """See all commands, and what each is for."""
        await wait(interaction)
        is_host = await self._bot.is_owner(interaction.user)
        commands, language = self._bot.tree.walk_commands(), language_of(interaction.locale)
        for page in pages(commands, interaction.permissions, language, is_host=is_host):
            await interaction.followup.send(embed=discord.Embed(description=page), ephemeral=True)

    async def _whole(self, user: discord.User | discord.Member) -> Text | None:
        """Ask what all processes have together; nobody but who runs the bot is told."""
        whole = await self._bridge.overview()
        if (whole is None and self._bridge.is_alone) or not await self._bot.is_owner(user):
            return None
        return whole_bot(whole)

    @app_commands.command()
    @app_commands.describe(state="Whether strangers find it in the list.")
    async def listed(self, interaction: discord.Interaction, state: OnOff) -> None:
        """Show this server in the public list, or hide it there."""
        guild = self._place(interaction).guild
        if state == "on":
            text = Text("This server is in the public list now. {/dzone listed} takes it out again.")
        else:
            text = Text(
                "This server isn't in the public list any more. Its link still opens it: {link}",
                link=self._link(guild),
            )
        await self._decide(interaction, text, lambda settings: replace(settings, listed=state == "on"))

    @app_commands.command()
    async def link(self, interaction: discord.Interaction) -> None:
        """Post the link to this server for everybody in this channel."""
        guild = self._place(interaction).guild
        unshown = Text("This server isn't shown, so its link doesn't work. {/dzone enable} shows it.")
        link = self._open_link(guild, unshown)
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            url=link, label=say(interaction, Text("Watch"))
        )
        text = Text("**{name}** as a little pixel world: {link}", name=self._name(guild), link=link)
        await interaction.response.send_message(
            say(interaction, text),
            view=discord.ui.View(timeout=None).add_item(button),
            allowed_mentions=NOBODY,
        )

    # Its name

    @app_commands.command()
    @app_commands.describe(name="What viewers read, up to 100 characters.")
    async def name(self, interaction: discord.Interaction, name: str) -> None:
        """Give this server another name for viewers."""
        public = parse_name(name)
        await self._rename(interaction, public, Text("{/dzone reset-name} goes back to its name on Discord."))

    @app_commands.command(name="reset-name")
    async def reset_name(self, interaction: discord.Interaction) -> None:
        """Use the server's name on Discord again."""
        await self._rename(interaction, None, Text("{/dzone name} changes it."))

    async def _rename(self, interaction: discord.Interaction, name: str | None, then: Text) -> None:
        guild = self._place(interaction).guild
        await wait(interaction)
        await self._decisions.change_guild(guild, lambda settings: replace(settings, name=name))
        text = Text(
            "Viewers know this server as **{name}** now, at {link}. Older links keep working. {then}",
            name=self._name(guild),
            link=self._link(guild),
            then=then,
        )
        await answer(interaction, text)

    # What is shown of messages and members

    @app_commands.command()
    @app_commands.describe(mode="What viewers see when somebody writes.")
    async def messages(self, interaction: discord.Interaction, mode: MessageMode) -> None:
        """Decide whether viewers read messages, also the last ones on arrival, see bubbles, or nothing."""
        text = Text("Messages: {what} {/dzone messages} changes it.", what=MESSAGES[mode])
        await self._decide(interaction, text, lambda settings: replace(settings, messages=mode))

    @app_commands.command()
    @app_commands.describe(
        offline="Whether offline members are shown; auto: up to 500 members.", bots="Whether bots are shown."
    )
    async def members(
        self,
        interaction: discord.Interaction,
        offline: OfflineMode | None = None,
        bots: ShowHide | None = None,
    ) -> None:
        """Decide which members viewers see; without options, see the current settings."""
        guild = self._place(interaction).guild
        await wait(interaction)
        settings = self._decisions.settings.guild(guild.id)
        if offline or bots:
            settings = await self._decisions.change_guild(
                guild,
                lambda before: replace(
                    before,
                    offline=offline or before.offline,
                    bots=before.bots if bots is None else bots == "show",
                ),
            )
        shown_bots = Text("Bots are shown.") if settings.bots else Text("Bots are not shown.")
        then = Text("{/dzone members} changes it, {/dzone status} counts who is shown.")
        await answer(interaction, Lines(OFFLINE[settings.offline], shown_bots, then))

    # Who may watch

    @protect.command(name="off")
    async def protect_off(self, interaction: discord.Interaction) -> None:
        """Let everybody watch."""
        text = Text("Everybody may watch now. {/dzone protect password} keeps strangers out.")
        await self._decide(interaction, text, _protection("off"))

    @protect.command(name="login")
    @app_commands.describe(role="Only members who have this role.")
    async def protect_login(self, interaction: discord.Interaction, role: discord.Role | None = None) -> None:
        """Let only members watch, after login."""
        if role is None or role.is_default():
            who, role_id = Text("Only members of this server may watch now, after login."), None
        else:
            who = Text("Only members with the role {role} may watch now, after login.", role=role.mention)
            role_id = role.id
        then = Text("{/dzone protect off} lets everybody watch.")
        lines = (who, then) if self._page_login else (who, self._login_missing(), then)
        await self._decide(interaction, Lines(*lines), _protection("login", role_id=role_id))

    @protect.command(name="password")
    async def protect_password(self, interaction: discord.Interaction) -> None:
        """Let only people with a password watch; a form asks you for it."""
        await interaction.response.send_modal(PasswordForm(interaction, self._set_password))

    async def _set_password(self, interaction: discord.Interaction, password: str) -> None:
        self._place(interaction)
        check_password(password)
        await wait(interaction)
        password_hash = await asyncio.to_thread(hash_password, password)
        await self._decide(
            interaction,
            Text(
                "Only people who know the password may watch now. Tell it to those you trust: I can't "
                "show it again. {/dzone protect password} sets another, {/dzone protect off} lets everybody "
                "watch."
            ),
            _protection("password", password_hash=password_hash),
        )

    # The whole

    @app_commands.command(extras={FOR_HOST: True})
    @app_commands.describe(server="Leave it out to see the current one.")
    async def default(
        self, interaction: discord.Interaction, server: Literal["this", "none"] | None = None
    ) -> None:
        """Bot owner only: choose the default server."""
        guild = self._guild(interaction)
        await wait(interaction)
        if server:
            await self._decisions.choose_default(guild.id if server == "this" else None)
        chosen = self._decisions.settings.default_guild
        if chosen is None:
            text = Text("No server is chosen: viewers get the first one. {/dzone default} chooses this one.")
        else:
            known = self._bot.get_guild(chosen)
            text = Text(
                "Viewers who haven't chosen a server see **{name}**. {/dzone default} chooses another "
                "server or none.",
                name=self._name(known) if known else chosen,
            )
        await answer(interaction, text)

    @app_commands.command()
    async def forget(self, interaction: discord.Interaction) -> None:
        """Delete everything that is stored about this server."""

        async def forget(pressed: discord.Interaction) -> Text:
            guild = self._place(pressed).guild
            if self._decisions.settings.guild(guild.id).live_message is not None:
                await self._live().end(guild)
            await self._decisions.forget_guild(guild)
            return Text(
                "Everything about this server is deleted, and the defaults apply again. {/dzone status} "
                "shows them; to stop showing this server for good, remove me from it."
            )

        warning = Text(
            "This deletes all settings of this server: its name, who may watch, which channels are shown, "
            "whom moderators have hidden. {then} This can't be undone.",
            then=_SHOWN_AGAIN if self._decisions.settings.first_shown else _HIDDEN_AGAIN,
        )
        await confirm(interaction, warning, Text("Delete everything"), forget)


def _protection(
    protection: Literal["off", "login", "password"],
    *,
    role_id: int | None = None,
    password_hash: str | None = None,
) -> Callable[[GuildSettings], GuildSettings]:
    return lambda settings: replace(
        settings, protection=protection, role_id=role_id, password_hash=password_hash
    )
