"""Buttons and menus that work for as long as their message is there, also after a restart.

All there is to know stands in their ids; whether somebody may use one is asked at each use.
"""

import re
from typing import Any, Final, Protocol, Self

import discord

from cogs.commands.replies import Refused, answer_failure, expect_welcome
from cogs.texts import Text

OUTDATED: Final = Text(
    "These buttons are of an older version of mine. {/dzone status} tells the current settings."
)


class Counter(Protocol):
    """A cog whose buttons and menus stand somewhere."""

    async def used(self, interaction: discord.Interaction, what: str, values: list[Any]) -> None:
        """Do what somebody asks for; `values` are those that were chosen from a menu."""


class Standing(
    discord.ui.DynamicItem[discord.ui.Item[Any]],
    template=r"dzone:(?P<cog>[A-Za-z]{1,20}):(?P<what>[a-z0-9_]{1,40})",
):
    """A button or a menu that leads to a cog, by its name."""

    def __init__(self, item: discord.ui.Item[Any], cog: str, what: str) -> None:
        super().__init__(item)
        self._cog = cog
        self._what = what

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py passes it
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Find it again by what stands in its id."""
        return cls(item, match["cog"], match["what"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cog do it; what goes wrong is said to whoever used it."""
        cog: Any = interaction.client.get_cog(self._cog)
        if not hasattr(cog, "used"):
            await answer_failure(interaction, Refused(OUTDATED))
            return
        try:
            await expect_welcome(interaction)
            await cog.used(interaction, self._what, list(getattr(self.item, "values", ())))
        except Exception as error:  # noqa: BLE001 - an edge: discord.py would leave somebody with no answer
            await answer_failure(interaction, error)


def custom_id(cog: str, what: str) -> str:
    """Make the id of a button or a menu of a cog."""
    return f"dzone:{cog}:{what}"


def standing(view: discord.ui.View) -> discord.ui.View:
    """Let discord.py forget a view once it is sent: `Standing` is there for all of them."""
    view.stop()
    return view
