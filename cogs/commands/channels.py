"""`/dzone channels`: a guild's managers decide which channels viewers see."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands

from cogs.commands import proxies
from cogs.commands.choices import STATES, ChannelOption, Chosen, chosen, grouped, listed
from cogs.commands.desk import Desk
from cogs.commands.dialogs import confirm
from cogs.commands.replies import MAX_TITLE, answer, plain
from cogs.settings import GuildSettings
from cogs.texts import Text, language_of
from cogs.verdicts import SHOWN

OnOff = Literal["on", "off"]
Option = app_commands.Transform[Chosen, ChannelOption]

_describe = app_commands.describe(channel="Its threads follow it.")


class ManageChannels(Desk):
    """The part of `/dzone` that is about channels."""

    channels = app_commands.Group(name="channels", description="Decide which channels viewers see.")

    @channels.command(name="show")
    @_describe
    async def show_channel(self, interaction: discord.Interaction, channel: Option) -> None:
        """Show a channel to viewers."""
        self._place(interaction)
        known = channel.known
        if known is not None and self._policy.channel_verdict(known) in SHOWN:
            text = Text(
                "{channel} is shown already. {/dzone channels hide} hides it.", channel=channel.mention
            )
            await answer(interaction, text)
        elif known is not None and self._policy.is_public(known):
            await self._decide(interaction, _shown(channel), _override(channel, None))
        else:
            await self._ask_to_show(interaction, channel)

    async def _ask_to_show(self, interaction: discord.Interaction, channel: Chosen) -> None:
        """Show what isn't public only to who has read what that means."""

        async def show(pressed: discord.Interaction) -> Text:
            guild = self._place(pressed).guild
            settings = await self._decisions.change_guild(guild, _override(channel, show=True))
            return self._outcome(guild, settings, _shown(chosen(guild, channel.id)))

        if channel.known is not None and self._is_open(channel):
            reason = Text("**{channel} is age-restricted.**", channel=channel.mention)
        else:
            reason = Text("**Not everybody in this server can see {channel}.**", channel=channel.mention)
        warning = Text(
            "{reason} If you show it, strangers all over the world see its name, who is in it and what they "
            "write. Do those who write there agree?",
            reason=reason,
        )
        await confirm(interaction, warning, Text("Show it to strangers"), show)

    def _is_open(self, channel: Chosen) -> bool:
        everybody = self._policy.everybody(channel.known.guild) if channel.known else None
        return bool(everybody and channel.known and channel.known.permissions_for(everybody).view_channel)

    @channels.command(name="hide")
    @_describe
    async def hide_channel(self, interaction: discord.Interaction, channel: Option) -> None:
        """Hide a channel from viewers, even if it becomes public later."""
        text = Text(
            "{channel} is hidden now, and what was said there is removed. {/dzone channels reset} applies "
            "the rule again.",
            channel=channel.mention,
        )
        await self._decide(interaction, text, _override(channel, show=False))

    @channels.command(name="reset")
    @_describe
    async def reset_channel(self, interaction: discord.Interaction, channel: Option) -> None:
        """Apply the rule to a channel again: shown if public and not age-restricted."""
        await self._decide(interaction, self._by_the_rule(channel), _override(channel, None))

    def _by_the_rule(self, channel: Chosen) -> Text:
        """Say what becomes of a channel on which nobody decides, and why."""
        if channel.known is None:
            return Text(
                "The rule applies to {channel} again: it is hidden, because I can't see it.",
                channel=channel.mention,
            )
        if self._policy.is_public(channel.known):
            return Text(
                "The rule applies to {channel} again: it is shown, because it is public.",
                channel=channel.mention,
            )
        if self._is_open(channel):
            return Text(
                "The rule applies to {channel} again: it is hidden, because it is age-restricted.",
                channel=channel.mention,
            )
        return Text(
            "The rule applies to {channel} again: it is hidden, because not everybody may see it.",
            channel=channel.mention,
        )

    @channels.command(name="proxies")
    @_describe
    @app_commands.describe(state="Whether viewers read what webhooks post there.")
    async def proxy_channel(self, interaction: discord.Interaction, channel: Option, state: OnOff) -> None:
        """Show what webhooks post in a channel, such as messages by PluralKit."""
        self._place(interaction)
        if state == "off":
            text = proxies.hidden([channel.id])
            await self._decide(interaction, text, proxies.proxying({channel.id}, on=False))
            return

        async def show(pressed: discord.Interaction) -> Text:
            guild = self._place(pressed).guild
            settings = await self._decisions.change_guild(guild, proxies.proxying({channel.id}, on=True))
            return self._outcome(guild, settings, proxies.shown([channel.id]))

        await confirm(interaction, proxies.warning([channel.id]), Text("Show it to strangers"), show)

    @channels.command(name="list")
    async def list_channels(self, interaction: discord.Interaction) -> None:
        """List the channels: which ones viewers see, which not, and why."""
        manager = self._place(interaction, told=True).manager
        language = language_of(interaction.locale)
        embed = discord.Embed(title=plain(manager.guild.name)[:MAX_TITLE])
        for verdict, some in grouped(manager, self._policy).items():
            if some:
                title = f"{STATES[verdict].within(language)} ({len(some)})"
                value = listed((channel.id for channel in some), language)
                embed.add_field(name=title, value=value, inline=False)
        if waiting := self._policy.waiting(manager.guild.id):
            title = f"{Text('shown as soon as I can see them').within(language)} ({len(waiting)})"
            embed.add_field(name=title, value=listed(waiting, language), inline=False)
        text = Text(
            "What viewers see of your channels. {/dzone channels show} and {/dzone channels hide} change it, "
            "{/dzone channels reset} undoes the change."
        )
        await answer(interaction, text, embed=embed)


def _shown(channel: Chosen) -> Text:
    if channel.known is None:
        return Text(
            "{channel} is shown as soon as I can see it: give my role View Channel there. "
            "{/dzone channels hide} hides it.",
            channel=channel.mention,
        )
    return Text("{channel} is shown now. {/dzone channels hide} hides it.", channel=channel.mention)


def _override(channel: Chosen, show: bool | None) -> Callable[[GuildSettings], GuildSettings]:  # noqa: FBT001
    """Decide on a channel; None leaves it to the rule."""

    def change(settings: GuildSettings) -> GuildSettings:
        others = {key: shown for key, shown in settings.channels.items() if key != channel.id}
        return replace(settings, channels=others if show is None else {**others, channel.id: show})

    return change
