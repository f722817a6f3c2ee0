"""Discord's ids as they stand in words, in code or in a link: some belong to who or what may not be shown."""

import re
from collections.abc import Callable
from typing import Final

import discord

SOMEONE: Final = "@someone"
CHANNEL: Final = "#channel"

# A mention that is none, as in code, or a number by itself. Discord's oldest ids have 15 digits.
_IDS: Final = re.compile(
    r"<(?:@!?(?P<mention>[0-9]{15,20})|#(?P<channel>[0-9]{15,20}))>|(?<![0-9])(?P<number>[0-9]{15,20})(?![0-9])"
)


def without_secret_ids(
    text: str,
    guild: discord.Guild | None,
    shows_channel: Callable[[object], bool],
    names_user: Callable[[int], bool],
    hides_user: Callable[[int], bool],
) -> str:
    """Replace the ids of people who may not be named, and of channels that may not be shown.

    As a mention in code, an unknown one counts as hidden, as it does in a mention outside of code. A number
    by itself may be anything: it stays unless it is known to be one that `hides_user`, or such a channel's.
    """

    def replace(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        number = int(match[kind])
        if kind == "mention":
            return match[0] if names_user(number) else SOMEONE
        channel = guild.get_channel_or_thread(number) if guild else None
        hidden = channel is not None and not shows_channel(channel)
        if kind == "channel":
            return CHANNEL if hidden or channel is None else match[0]
        return CHANNEL[1:] if hidden else SOMEONE[1:] if hides_user(number) else match[0]

    return _IDS.sub(replace, text)
