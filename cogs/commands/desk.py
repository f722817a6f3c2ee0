"""What all `/dzone` commands share: who decides, where, and how a decision is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import discord
from discord.ext import commands

from bridge.model import GuildInfo
from cogs.commands.census import Census
from cogs.commands.choices import channels_of
from cogs.commands.replies import Refused, answer, called, plain, wait
from cogs.commands.status import NOT_SHOWN, PORTAL, Report, gate, only_here
from cogs.decisions import Decisions
from cogs.needs import Bridge, Policy, Roster
from cogs.settings import GuildSettings
from cogs.texts import Lines, Text

HIDDEN: Final = Text(
    "This server isn't shown any more: viewers were disconnected, and its link no longer works. "
    "{/dzone enable} shows it again."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manager decides, and who it is."""

    guild: discord.Guild
    manager: discord.Member


def may_manage(interaction: discord.Interaction) -> bool:
    """Tell whether Discord lets this person manage the guild; it says so with each interaction."""
    permissions = interaction.permissions
    return permissions.manage_guild or permissions.administrator


def moderated(bot: commands.AutoShardedBot, interaction: discord.Interaction) -> discord.Guild:
    """Tell in which guild somebody moderates.

    Raises:
        Refused: if they may not.
    """
    permissions = interaction.permissions
    guild = bot.get_guild(interaction.guild_id or 0)
    if guild is None or not (
        permissions.moderate_members or permissions.manage_guild or permissions.administrator
    ):
        raise Refused(
            Text("Only moderators can hide somebody else. You can hide yourself, with {/myself hide}.")
        )
    return guild


class Desk(commands.Cog):
    """Where a guild's managers decide."""

    def __init__(
        self, bot: commands.AutoShardedBot, bridge: Bridge, policy: Policy, roster: Roster,
        decisions: Decisions, public_url: str, *, page_login: bool = False,
    ) -> None:  # fmt: skip
        self._bot = bot
        self._bridge = bridge
        self._policy = policy
        self._census = Census(policy)
        self._roster = roster
        self._decisions = decisions
        self._public_url = public_url
        self._page_login = page_login  # whether people can log in on our own page

    def _guild(self, interaction: discord.Interaction) -> discord.Guild:
        guild = self._bot.get_guild(interaction.guild_id or 0)
        if guild is None:
            raise Refused(
                Text("I am not a member of this server, so there is nothing to show. Add me again.")
            )
        return guild

    def _place(self, interaction: discord.Interaction, *, told: bool = False) -> Place:
        """Tell where somebody decides; with `told`, only where Discord has told of the guild.

        Raises:
            Refused: if they may not, or if Discord has told no more than the guild's id.
        """
        guild = self._guild(interaction)
        if not may_manage(interaction) or not isinstance(interaction.user, discord.Member):
            raise Refused(Text("You need the permission Manage Server for that. Ask somebody who has it."))
        if told and not guild.name:
            raise Refused(
                Text("Discord tells me nothing about this server right now. Try again in a few minutes.")
            )
        return Place(guild, interaction.user)

    def _open_link(self, guild: discord.Guild, unshown: Text) -> str:
        """Return a guild's link for everybody.

        Raises:
            Refused: if it opens nothing, which `unshown` says, or for nobody else.
        """
        if not self._policy.shows_guild(guild):
            raise Refused(unshown)
        link = self._link(guild)
        if only_here(link):
            raise Refused(
                Text(
                    "The link opens only on the computer that I run on: {link}\nFor everybody else, my "
                    "operator has to set PUBLIC_URL.",
                    link=link,
                )
            )
        return link

    def _link(self, guild: discord.Guild) -> str:
        return f"{self._public_url}/?s={self._info(guild).slug}"

    def _info(self, guild: discord.Guild) -> GuildInfo:
        """Describe a guild as viewers know it, also during an outage."""
        return self._roster.guild(guild, self._bridge.guild(guild.id))

    def _report(self, guild: discord.Guild, viewers: int = 0, whole: Text | None = None) -> Report:
        """Gather what there is to say of a guild that Discord has told of."""
        return Report(
            bot=self._bot,
            guild=guild,
            policy=self._policy,
            census=self._census,
            settings=self._decisions.settings.guild(guild.id),
            name=self._roster.guild(guild).name,
            link=self._link(guild),
            viewers=viewers,
            login_missing=None if self._page_login else self._login_missing(),
            whole=whole,
        )

    async def _viewers(self, guild: discord.Guild) -> int:
        """Count who watches a guild, wherever they do."""
        return self._bridge.viewer_count(guild.id) + await self._bridge.viewers_elsewhere(guild.id)

    def _login_missing(self) -> Text:
        """Say what is needed before people can log in on our own page."""
        return Text(
            "On my own page nobody can log in yet: my operator has to set DISCORD_CLIENT_SECRET and to "
            "add {redirect} to the redirects, both at {link}. d-zone clients with their own login need no "
            "setup.",
            redirect=f"{self._public_url}/auth/callback",
            link=f"{PORTAL}/{self._bot.application_id}/oauth2",
        )

    def _sees_all(self, role: discord.Role) -> Text:
        """Say why a role can't count as everybody."""
        return Text(
            "{role} has the permission Administrator: it sees every channel, so it can't count as "
            "everybody. Choose a role that all members get.",
            role=role.mention,
        )

    def _audience_warning(self, guild: discord.Guild, role: discord.Role) -> Text:
        """Say what it means that a role counts as everybody."""
        open_to = [channel for channel in channels_of(guild) if channel.permissions_for(role).view_channel]
        return Text(
            "**Strangers all over the world will see the members with the role {role}, and what they write "
            "in the channels that this role can see ({count}).** Do they agree? Members without it aren't "
            "shown.",
            role=called(role),
            count=len(open_to),
        )

    def _name(self, guild: discord.Guild) -> str:
        return plain(self._info(guild).name)

    async def _decide(
        self, interaction: discord.Interaction, text: Text, change: Callable[[GuildSettings], GuildSettings]
    ) -> None:
        """Make a decision hold, then say so; and that viewers see nothing of it while the guild is hidden."""
        guild = self._place(interaction).guild
        if not interaction.response.is_done():
            await wait(interaction)
        settings = await self._decisions.change_guild(guild, change)
        await answer(interaction, self._outcome(guild, settings, text))

    def _outcome(self, guild: discord.Guild, settings: GuildSettings, text: Text) -> Text:
        """Say what was decided, and why viewers see nothing of it, if they don't."""
        if not settings.shown:
            return Lines(text, NOT_SHOWN)
        return Lines(text, gate(settings)) if self._policy.is_gated(guild) else text
