"""A simulated Discord that costs its tests little time."""

import copy
from typing import Any, Final

import discord
import pytest
from discord import app_commands
from simcord.env import Env

from bot.application.translator import Translator
from tests.bridge.watchers import PATIENCE

LOOK_AGAIN: Final = 0.001  # seconds; simcord's own are fifty times as long

_payloads: Final[dict[tuple[Any, ...], dict[str, Any]]] = {}


class QuickEnv(Env):
    """A simulated Discord that looks more often whether the bot has done, and waits longer for it."""

    def __init__(self, bot: discord.Client) -> None:
        super().__init__(bot, settle_timeout=PATIENCE)

    async def _settle_internal(self, **options: Any) -> None:
        await super()._settle_internal(**options | {"idle": LOOK_AGAIN})


def remember_payloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what Discord is told of a command be worked out once, and not for each test.

    discord.py asks for each of its texts in each of thirty languages. The commands are the same in each test.
    """
    for kind in (app_commands.Command, app_commands.Group, app_commands.ContextMenu):
        monkeypatch.setattr(kind, "get_translated_payload", _remembering(kind.get_translated_payload))


def _remembering(make: Any) -> Any:
    async def payload(command: Any, tree: Any, translator: app_commands.Translator) -> dict[str, Any]:
        if type(translator) is not Translator:
            return dict(await make(command, tree, translator))
        parts = tuple(part.qualified_name for part in getattr(command, "walk_commands", list)())
        key = (type(tree.client), type(command), command.qualified_name, parts)
        if key not in _payloads:
            _payloads[key] = await make(command, tree, translator)
        return copy.deepcopy(_payloads[key])

    return payload
