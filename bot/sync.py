"""Discord gets to know the commands: only when they changed, for it limits how often it may be told."""

import asyncio
import hashlib
import json
import logging
from typing import Any, Final, Protocol

import aiohttp
import discord
from discord import app_commands

from cogs.settings import NotSaved

NOTE: Final = "commands"  # under which the hash of what Discord knows is kept
PATIENCE: Final = 60.0  # seconds; discord.py waits by itself when Discord limits it, for hours if need be

log = logging.getLogger(__name__)


class Notes(Protocol):
    """Keeps short texts over a restart."""

    def note(self, key: str) -> str | None:
        """Return what was kept."""

    async def save_note(self, key: str, value: str) -> None:
        """Keep something.

        Raises:
            NotSaved: if it can't be kept.
        """


async def sync(tree: app_commands.CommandTree[Any], notes: Notes, *, force: bool = False) -> bool:
    """Tell Discord of the commands if they are others than last time; with `force`, in any case.

    Call it after login, with all cogs loaded and the translator set. A failure is logged and leaves Discord
    with the commands it knew. Returns whether Discord was told.
    """
    fingerprint = await fingerprint_of(tree)
    if not force and notes.note(NOTE) == fingerprint:
        log.debug("commands are unchanged")
        return False
    try:
        async with asyncio.timeout(PATIENCE):
            synced = await tree.sync()
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning(
            "Discord didn't take the commands (%s); people see the old ones, or none. "
            "Start the bot again later, with --sync.",
            " ".join(str(error).split()) or type(error).__name__,
        )
        return False
    log.info("Discord knows the commands now: %s", ", ".join(command.name for command in synced))
    try:
        await notes.save_note(NOTE, fingerprint)
    except NotSaved as error:
        log.warning("that Discord knows the commands isn't stored (%s); the next start tells it again", error)
    return True


async def fingerprint_of(tree: app_commands.CommandTree[Any]) -> str:
    """Hash what Discord would be told, with all translations, and for which application."""
    commands: list[Any] = tree.get_commands()
    translator = tree.translator
    told = [
        await command.get_translated_payload(tree, translator) if translator else command.to_dict(tree)
        for command in commands
    ]
    told.sort(key=lambda command: (command["type"], command["name"]))
    text = json.dumps([tree.client.application_id, told], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
