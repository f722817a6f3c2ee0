"""What webhooks post: in which channels viewers read it, as commands and the panel decide."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

import discord

from cogs.settings import GuildSettings
from cogs.texts import Text


def shown(channels: Iterable[int]) -> Text:
    """Say that it is shown now."""
    return Text(
        "What webhooks post in {channel} is shown now, as the words of a visitor. "
        "{/dzone channels proxies} stops it.",
        channel=_mentions(channels),
    )


def hidden(channels: Iterable[int]) -> Text:
    """Say that it isn't shown any more."""
    return Text(
        "What webhooks post in {channel} isn't shown any more, and what they posted is removed. "
        "{/dzone channels proxies} shows it again.",
        channel=_mentions(channels),
    )


def warning(channels: Iterable[int]) -> Text:
    """Say what it means to show it."""
    return Text(
        "**I can't tell who is behind a webhook.** If you show what webhooks post in {channel}, "
        "strangers all over the world also read what members post there under another name, even members "
        "who have hidden themselves. Do they agree?",
        channel=_mentions(channels),
    )


def _mentions(channels: Iterable[int]) -> str:
    """Name them so that only who may see one reads its name."""
    return " ".join(f"<#{channel_id}>" for channel_id in channels)


def proxying(channels: Collection[int], *, on: bool) -> Callable[[GuildSettings], GuildSettings]:
    """Decide whether what webhooks say in some channels is shown."""

    def change(settings: GuildSettings) -> GuildSettings:
        others = settings.proxies.difference(channels)
        return replace(settings, proxies=others.union(channels) if on else others)

    return change


def ticked(guild: discord.Guild, settings: GuildSettings, most: int) -> list[int]:
    """Name the channels in which it is shown, as far as they are there and a menu has room for them."""
    return [each for each in sorted(settings.proxies) if guild.get_channel(each) is not None][:most]
