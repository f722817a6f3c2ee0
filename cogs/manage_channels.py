"""`/dzone channels`: a guild's managers decide which channels viewers see."""

from collections.abc import Callable
from dataclasses import replace

import discord
from discord import app_commands

from cogs.channels import STATES, choices, find_channel, grouped, listed
from cogs.desk import Desk, may_manage
from cogs.dialogs import confirm
from cogs.replies import MAX_TITLE, answer, plain
from cogs.settings import GuildSettings
from cogs.texts import Text, language_of
from cogs.verdicts import SHOWN, Channel


class ManageChannels(Desk):
    """The part of `/dzone` that is about channels."""

    channels = app_commands.Group(name="channels", description="Decide which channels viewers see.")

    async def _offer_channels(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer channels; Discord asks without looking whether somebody may."""
        if not may_manage(interaction) or not isinstance(interaction.user, discord.Member):
            return []
        return choices(interaction.user, typed, self._policy, language_of(interaction.locale))

    @channels.command(name="show")
    @app_commands.describe(channel="Type to search.")
    @app_commands.autocomplete(channel=_offer_channels)
    async def show_channel(self, interaction: discord.Interaction, channel: str) -> None:
        """Show a channel to viewers."""
        chosen = self._channel(interaction, channel)
        if self._policy.channel_verdict(chosen) in SHOWN:
            text = Text(
                "{channel} is shown already. {/dzone channels hide} hides it.", channel=chosen.mention
            )
            await answer(interaction, text)
        elif self._policy.is_public(chosen):
            await self._decide(interaction, _shown(chosen), _override(chosen, None))
        else:
            await self._ask_to_show(interaction, chosen)

    def _channel(self, interaction: discord.Interaction, text: str) -> Channel:
        return find_channel(self._place(interaction).manager, text, self._policy)

    async def _ask_to_show(self, interaction: discord.Interaction, channel: Channel) -> None:
        """Show what isn't public only to who has read what that means."""

        async def show(pressed: discord.Interaction) -> Text:
            chosen = self._channel(pressed, str(channel.id))  # it may be gone, or a permission
            await self._decisions.change_guild(chosen.guild, _override(chosen, show=True))
            return _shown(chosen)

        open_to_all = channel.permissions_for(channel.guild.default_role).view_channel
        reason = (
            Text("**{channel} is age-restricted.**", channel=channel.mention)
            if open_to_all
            else Text("**Not everybody in this server can see {channel}.**", channel=channel.mention)
        )
        warning = Text(
            "{reason} If you show it, strangers all over the world see its name, who is in it and what they "
            "write. Do those who write there agree?",
            reason=reason,
        )
        await confirm(interaction, warning, Text("Show it to strangers"), show)

    @channels.command(name="hide")
    @app_commands.describe(channel="Type to search.")
    @app_commands.autocomplete(channel=_offer_channels)
    async def hide_channel(self, interaction: discord.Interaction, channel: str) -> None:
        """Hide a channel from viewers, even if it becomes public later."""
        chosen = self._channel(interaction, channel)
        text = Text(
            "{channel} is hidden now, and what was said there is removed. {/dzone channels reset} applies "
            "the rule again.",
            channel=chosen.mention,
        )
        await self._decide(interaction, text, _override(chosen, show=False))

    @channels.command(name="reset")
    @app_commands.describe(channel="Type to search.")
    @app_commands.autocomplete(channel=_offer_channels)
    async def reset_channel(self, interaction: discord.Interaction, channel: str) -> None:
        """Apply the rule to a channel again: shown if public and not age-restricted."""
        chosen = self._channel(interaction, channel)
        if self._policy.is_public(chosen):
            text = Text(
                "The rule applies to {channel} again: it is shown, because it is public.",
                channel=chosen.mention,
            )
        else:
            text = Text(
                "The rule applies to {channel} again: it is hidden, because not everybody may see it.",
                channel=chosen.mention,
            )
        await self._decide(interaction, text, _override(chosen, None))

    @channels.command(name="list")
    async def list_channels(self, interaction: discord.Interaction) -> None:
        """List the channels: which ones viewers see, which not, and why."""
        manager = self._place(interaction).manager
        language = language_of(interaction.locale)
        embed = discord.Embed(title=plain(manager.guild.name)[:MAX_TITLE])
        for verdict, some in grouped(manager, self._policy).items():
            if some:
                title = f"{STATES[verdict].within(language)} ({len(some)})"
                embed.add_field(name=title, value=listed(some, language), inline=False)
        text = Text(
            "What viewers see of your channels. {/dzone channels show} and {/dzone channels hide} change "
            "it, {/dzone channels reset} undoes the change."
        )
        await answer(interaction, text, embed=embed)


def _shown(channel: Channel) -> Text:
    return Text("{channel} is shown now. {/dzone channels hide} hides it.", channel=channel.mention)


def _override(channel: Channel, show: bool | None) -> Callable[[GuildSettings], GuildSettings]:  # noqa: FBT001
    """Decide on a channel; None leaves it to the rule."""

    def change(settings: GuildSettings) -> GuildSettings:
        others = {key: shown for key, shown in settings.channels.items() if key != channel.id}
        return replace(settings, channels=others if show is None else {**others, channel.id: show})

    return change
