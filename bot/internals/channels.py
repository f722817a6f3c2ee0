"""Channels that Discord tells of only by halves: those that the bot may not view, and those with spoilers.

Since 2026-11-16 a channel that a bot may not view comes with a name that is none, and one overwrite in place
of its own. discord.py (2.7) takes it for a channel, and keeps no flags by which it could be told.
"""

from typing import Any, Final

import discord
from discord.abc import GuildChannel
from discord.ext import commands

# ruff: noqa: SLF001 - that is what this package is for

REDACTED: Final = 1 << 17  # flags of a channel
SPOILER: Final = 1 << 21
REDACTED_NAME: Final = "___hidden___"

Payload = dict[str, Any]

_VIEW: Final = discord.Permissions(view_channel=True).value
_EVERYTHING: Final = discord.Permissions(administrator=True).value


def is_seen_by_everyone(channel: GuildChannel) -> bool:
    """Tell whether @everyone may view a channel: `permissions_for` takes several times as long to say so."""
    everyone = channel.guild.default_role
    allowed = everyone._permissions
    if allowed & _EVERYTHING:
        return True
    overwrites = channel._overwrites  # that of @everyone comes first
    if overwrites and overwrites[0].id == everyone.id:
        allowed = allowed & ~overwrites[0].deny | overwrites[0].allow
    return bool(allowed & _VIEW)


class HiddenChannels:
    """Keeps channels that the bot may not view out of discord.py's cache, and remembers which there are.

    To everybody else such a channel is none: losing sight of it is its deletion, and winning it its creation.
    Channels that people open knowingly, because of spoilers, are read as age-restricted.
    """

    def __init__(self, client: commands.AutoShardedBot) -> None:
        self._client = client
        self._ids: dict[int, set[int]] = {}  # by guild
        self._talking: dict[int, dict[str, Payload]] = {}  # by guild and user: voice states in such channels
        parsers = client._connection.parsers
        self._parse = dict(parsers)
        parsers["GUILD_CREATE"] = self._guild_create
        parsers["GUILD_DELETE"] = self._guild_delete
        parsers["CHANNEL_CREATE"] = parsers["CHANNEL_UPDATE"] = self._channel
        parsers["CHANNEL_DELETE"] = self._channel_delete
        parsers["VOICE_STATE_UPDATE"] = self._voice_state

    def of(self, guild_id: int) -> frozenset[int]:
        """Name a guild's channels that the bot may not view."""
        return frozenset(self._ids.get(guild_id, ()))

    def _guild_create(self, data: Payload) -> None:
        guild_id = int(data["id"])
        if data.get("unavailable") is not True:
            channels = data.get("channels") or []
            self._ids[guild_id] = {int(channel["id"]) for channel in channels if _is_redacted(channel)}
            self._talking[guild_id] = {}
            for state in data.get("voice_states") or []:
                self._note_voice(guild_id, state)
            seen = [_with_limit(channel) for channel in channels if not _is_redacted(channel)]
            data = data | {"channels": seen}
        self._parse["GUILD_CREATE"](data)

    def _guild_delete(self, data: Payload) -> None:
        if not data.get("unavailable"):
            self._ids.pop(int(data["id"]), None)
            self._talking.pop(int(data["id"]), None)
        self._parse["GUILD_DELETE"](data)

    def _channel(self, data: Payload) -> None:
        guild_id, channel_id = int(data.get("guild_id") or 0), int(data["id"])
        guild = self._client.get_guild(guild_id)
        known = guild.get_channel(channel_id) if guild is not None else None
        hidden = self._ids.setdefault(guild_id, set())
        if _is_redacted(data):
            hidden.add(channel_id)
            if known is not None:
                self._parse["CHANNEL_DELETE"](data)
            return
        hidden.discard(channel_id)
        if known is None:
            self._parse["CHANNEL_CREATE"](_with_limit(data))
            self._find_talking(guild_id, channel_id)
        else:
            was_limited = getattr(known, "nsfw", False)
            self._parse["CHANNEL_UPDATE"](_with_limit(data, otherwise=was_limited))

    def _channel_delete(self, data: Payload) -> None:
        self._ids.get(int(data.get("guild_id") or 0), set()).discard(int(data["id"]))
        self._parse["CHANNEL_DELETE"](data)

    def _voice_state(self, data: Payload) -> None:
        self._note_voice(int(data.get("guild_id") or 0), data)
        self._parse["VOICE_STATE_UPDATE"](data)

    def _note_voice(self, guild_id: int, state: Payload) -> None:
        """Keep who is in a channel that may come into view: nobody tells of it then."""
        talking = self._talking.setdefault(guild_id, {})
        if int(state.get("channel_id") or 0) in self._ids.get(guild_id, ()):
            talking[state["user_id"]] = state | {"guild_id": str(guild_id)}
        else:
            talking.pop(state.get("user_id", ""), None)

    def _find_talking(self, guild_id: int, channel_id: int) -> None:
        talking = self._talking.get(guild_id, {})
        for user_id in [uid for uid, state in talking.items() if int(state["channel_id"]) == channel_id]:
            self._parse["VOICE_STATE_UPDATE"](talking.pop(user_id))


def _is_redacted(channel: Payload) -> bool:
    return _flag(channel, REDACTED) or channel.get("name") == REDACTED_NAME


def _with_limit(channel: Payload, *, otherwise: bool = False) -> Payload:
    """Read a channel with spoilers as age-restricted; without flags it is what it was `otherwise`."""
    told = isinstance(channel.get("flags"), int)
    limited = _flag(channel, SPOILER) if told else otherwise
    return channel | {"nsfw": True} if limited else channel


def _flag(channel: Payload, flag: int) -> bool:
    flags = channel.get("flags")
    return isinstance(flags, int) and bool(flags & flag)
