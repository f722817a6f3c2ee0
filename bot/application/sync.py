"""Discord gets to know the commands: only when they changed, for it limits how often it may be told."""

import asyncio
import hashlib
import json
import logging
from typing import Any, Final, Protocol

import aiohttp
import discord
from discord import app_commands

from bot import internals
from bot.application.refusals import Payload, explain
from bridge.running.words import one_line
from cogs.settings import NotSaved

GUILD_NOTE: Final = "guild_commands"  # under which the guild that has some of its own is kept, and their hash
NOTE: Final = "commands"  # under which the hash of what Discord knows is kept
PATIENCE: Final = 60.0  # seconds; discord.py waits by itself when Discord limits it, for hours if need be
NOT_THERE: Final = (10004, 50001)  # what Discord says of a guild where the bot isn't
ENTRY_POINT: Final = 4  # the type of the command that opens an application's Activity
SETTABLE: Final = (
    "type", "name", "name_localizations", "description", "description_localizations", "handler",
    "integration_types", "contexts", "default_member_permissions", "nsfw",
)  # fmt: skip
"""What of an entry point may be told to Discord; it adds the rest by itself."""

log = logging.getLogger(__name__)


class Notes(Protocol):
    """Keeps short texts over a restart."""

    def note(self, key: str) -> str | None:
        """Return what was kept."""

    async def save_note(self, key: str, value: str | None) -> None:
        """Keep something, or nothing any more.

        Raises:
            NotSaved: if it can't be kept.
        """


async def sync(tree: app_commands.CommandTree[Any], notes: Notes, *, force: bool = False) -> bool:
    """Tell Discord of the commands if they are others than last time; with `force`, in any case.

    Call it after login, with all cogs loaded and the translator set. A failure is logged and leaves Discord
    with the commands it knew. Returns whether Discord was told.
    """
    commands = await payloads_of(tree)
    fingerprint = _fingerprint(tree, commands)
    if not force and notes.note(NOTE) == fingerprint:
        log.debug("commands are unchanged")
        return False
    told = list(commands)
    try:
        async with asyncio.timeout(PATIENCE):
            told += await _entry_point(tree.client)
            known = await internals.replace_commands(tree.client, told)
    except (discord.DiscordException, aiohttp.ClientError, OSError, internals.StrangeAnswer) as error:
        log.warning("Discord didn't take the commands: %s", explain(error, told))
        return False
    log.info("Discord knows the commands now: %s", ", ".join(one_line(command["name"]) for command in known))
    try:
        await notes.save_note(NOTE, fingerprint)
    except NotSaved as error:
        log.warning("that Discord knows the commands isn't stored (%s); the next start tells it again", error)
    return True


async def sync_guild(
    tree: app_commands.CommandTree[Any], notes: Notes, guild_id: int | None, *, force: bool = False
) -> None:
    """Tell Discord of the commands that one guild has, if any has; another one has none any more.

    A failure is logged, and tried again at the next start.
    """
    known = notes.note(GUILD_NOTE) or ""
    before = int(known.partition(" ")[0] or 0) or None
    if guild_id is None and before is None:
        return
    payloads = [] if guild_id is None else await payloads_of(tree, discord.Object(guild_id))
    note = None if guild_id is None else f"{guild_id} {_fingerprint(tree, payloads)}"
    if note == known and not force:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            if before not in (guild_id, None):
                await _withdraw(tree.client, before)
            if guild_id is not None:
                await internals.replace_commands(tree.client, payloads, guild_id)
        await notes.save_note(GUILD_NOTE, note)
    except (discord.DiscordException, aiohttp.ClientError, OSError, internals.StrangeAnswer) as error:
        log.warning("Discord didn't take the commands of OWNER_GUILD: %s", explain(error, payloads))
    except NotSaved as error:
        log.warning("that Discord knows the commands isn't stored (%s); the next start tells it again", error)


async def _withdraw(client: discord.Client, guild_id: int | None) -> None:
    """Leave no commands in a guild, unless the bot isn't there any more."""
    try:
        await internals.replace_commands(client, [], guild_id)
    except discord.HTTPException as error:
        if error.code not in NOT_THERE:
            raise


async def _entry_point(client: discord.Client) -> list[Payload]:
    """Return what opens the application's Activity, if it has one: it isn't ours.

    Discord refuses commands that come without it.
    """
    return [
        {field: command[field] for field in SETTABLE if field in command}
        for command in await internals.fetch_commands(client)
        if command.get("type") == ENTRY_POINT
    ]


async def payloads_of(
    tree: app_commands.CommandTree[Any], guild: discord.abc.Snowflake | None = None
) -> list[Payload]:
    """Return what Discord is told of the commands, of a guild's own or of all others, with translations."""
    commands: list[Any] = tree.get_commands(guild=guild)
    translator = tree.translator
    return [
        await command.get_translated_payload(tree, translator) if translator else command.to_dict(tree)
        for command in commands
    ]


async def fingerprint_of(tree: app_commands.CommandTree[Any]) -> str:
    """Hash what Discord would be told of our commands, and for which application."""
    return _fingerprint(tree, await payloads_of(tree))


def _fingerprint(tree: app_commands.CommandTree[Any], commands: list[Payload]) -> str:
    told = sorted(commands, key=lambda command: (command["type"], command["name"]))
    text = json.dumps([tree.client.application_id, told], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
