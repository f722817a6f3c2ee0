"""What Discord lets the bot know: which of the privileged intents it has, and what it costs to lack one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import discord

# As the portal calls them, and what is not shown without them.
NAMES: Final = {
    "presences": "Presence Intent",
    "members": "Server Members Intent",
    "message_content": "Message Content Intent",
}
COSTS: Final = {
    "presences": "everybody is shown as online, and nobody's activity is shown",
    "members": "only people who talk or sit in a voice channel are shown",
    "message_content": "people talk in empty bubbles",
}


@dataclass(frozen=True, slots=True)
class Abilities:
    """The privileged intents that the bot has; by default all of them."""

    presences: bool = True
    members: bool = True
    message_content: bool = True

    @classmethod
    def of(cls, intents: discord.Intents) -> Self:
        """Read them from what the bot asks the gateway for."""
        return cls(intents.presences, intents.members, intents.message_content)

    @classmethod
    def granted(cls, flags: discord.ApplicationFlags) -> Self:
        """Read them from what the portal says; those "limited" need no review yet, and count as well."""
        return cls(
            presences=flags.gateway_presence or flags.gateway_presence_limited,
            members=flags.gateway_guild_members or flags.gateway_guild_members_limited,
            message_content=flags.gateway_message_content or flags.gateway_message_content_limited,
        )

    @property
    def knows_statuses(self) -> bool:
        """Whether the bot knows of everybody who is offline: somebody it barely knows may seem to be."""
        return self.presences and self.members

    @property
    def missing(self) -> Iterator[str]:
        """Name the intents that the bot lacks, as discord.py calls them."""
        return (name for name in NAMES if not getattr(self, name))

    def within(self, intents: discord.Intents) -> discord.Intents:
        """Return those of some intents that the bot may ask for."""
        fewer = discord.Intents(**dict(intents))
        for name in self.missing:
            setattr(fewer, name, False)
        return fewer


COMPLETE: Final = Abilities()
