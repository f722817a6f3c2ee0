"""Which guilds have all their members in the cache, whatever number Discord named."""

from typing import Any

import discord
from discord.state import ConnectionState

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for


def is_loaded(guild: discord.Guild) -> bool:
    """Tell whether all members of a guild have arrived.

    `Guild.chunked` compares with Discord's own count, which may be off by one for good.
    """
    return guild.chunked or _loaded(guild._state).get(guild.id) is guild


def mark_loaded(guild: discord.Guild) -> None:
    """Note that all members have arrived: of this object, and not of what a later session sends.

    From here on who came is counted, and not what Discord said.
    """
    if guild._state._get_guild(guild.id) is guild:
        guild._member_count = len(guild._members)
        _loaded(guild._state)[guild.id] = guild


def forget_loaded(state: ConnectionState[Any], guild_id: int) -> None:
    """Drop the note about a guild that is gone or comes anew."""
    _loaded(state).pop(guild_id, None)


def brings_all(state: ConnectionState[Any], whole: dict[str, Any]) -> bool:
    """Tell whether a guild came with all its members, as those do that aren't large.

    Their number may be off by one all the same: to ask for them again would bring nobody else.
    """
    missing = whole["member_count"] - len(whole["members"])
    return whole.get("large") is False and state._intents.presences and -1 <= missing <= 1


def answers_for_all(state: ConnectionState[Any], chunk: dict[str, Any]) -> bool:
    """Tell whether a chunk is the last one of the answer to a request for all members of a guild."""
    request = state._chunk_requests.get(int(chunk["guild_id"]))
    return (
        request is not None
        and request.nonce == chunk.get("nonce")
        and chunk.get("chunk_index", 0) + 1 == chunk.get("chunk_count")
    )


def _loaded(state: ConnectionState[Any]) -> dict[int, discord.Guild]:
    """Find the guilds of a client that are loaded: it is kept with discord.py's own cache."""
    found: dict[int, discord.Guild] = vars(state).setdefault("_loaded_guilds", {})
    return found
