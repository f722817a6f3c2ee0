"""The lines that people put over voice channels, which discord.py (2.7) doesn't read: asked for, and kept."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import aiohttp
import discord
from discord.abc import GuildChannel
from discord.ext import commands

from bridge.running.tasks import Tasks

# ruff: noqa: SLF001 - as in `internals`

MAX_STATUS: Final = 500  # characters that Discord takes
REQUEST_CHANNEL_INFO: Final = 43  # the opcode
# Seconds between two questions on a connection. It takes two a second in all, and those for members are more
# urgent.
PACE: Final = 1.0

log = logging.getLogger(__name__)

_VOCAL: Final = (discord.VoiceChannel, discord.StageChannel)
_VOCAL_TYPES: Final = (discord.ChannelType.voice.value, discord.ChannelType.stage_voice.value)
# A connection that has just ended, or a shard that has none yet.
_BROKEN: Final = (discord.DiscordException, aiohttp.ClientError, OSError, LookupError)


class VoiceStatuses:
    """Knows what stands over each voice channel, for as long as its guild has it.

    The client dispatches `voice_channel_status` with the guild when that has changed. What stood there before
    the bot came is asked for, one guild after the other.
    """

    def __init__(self, client: commands.AutoShardedBot) -> None:
        self._client = client
        self._statuses: dict[int, dict[int, str]] = {}  # by guild and channel
        self._wanted: dict[int, dict[int, None]] = {}  # by shard: guild ids, in order
        self._asking: set[int] = set()  # shards
        self._tasks = Tasks(log, "the statuses of voice channels")
        self._complained = False
        self._stopped = False
        parsers = client._connection.parsers
        parsers["VOICE_CHANNEL_STATUS_UPDATE"] = self._take_one
        parsers["CHANNEL_INFO"] = self._take_all
        parsers["GUILD_CREATE"] = self._before_guild(parsers["GUILD_CREATE"])
        parsers["CHANNEL_UPDATE"] = self._around_channel(parsers["CHANNEL_UPDATE"])
        client.add_listener(self._ask, "on_guild_available")
        client.add_listener(self._ask, "on_guild_join")
        client.add_listener(self._forget_guild, "on_guild_remove")
        client.add_listener(self._forget_channel, "on_guild_channel_delete")

    def of(self, channel: GuildChannel) -> str | None:
        """Say what stands over a channel, as it was written."""
        return self._statuses.get(channel.guild.id, {}).get(channel.id)

    async def stop(self) -> None:
        """Ask nothing more."""
        self._stopped = True
        await self._tasks.stop()
        self._asking.clear()  # one that had not begun did not take itself out

    # What Discord tells

    def _take_one(self, data: Any) -> None:
        guild = self._guild(data)
        told = list(self._read([data]))
        if guild is not None and told:
            [(channel_id, status)] = told
            self._put(guild, self._statuses.get(guild.id, {}) | {channel_id: status})

    def _take_all(self, data: Any) -> None:
        guild = self._guild(data)
        if guild is not None:
            self._put(guild, dict(self._read(data.get("channels"))))

    def _put(self, guild: discord.Guild, told: Mapping[int, str]) -> None:
        """Keep what stands over channels that there are, and tell if it is news."""
        known = {
            channel_id: status
            for channel_id, status in told.items()
            if status and isinstance(guild.get_channel(channel_id), _VOCAL)
        }
        if known != self._statuses.pop(guild.id, {}):
            self._client.dispatch("voice_channel_status", guild)
        if known:
            self._statuses[guild.id] = known

    def _guild(self, data: Any) -> discord.Guild | None:
        guild_id = _snowflake(data.get("guild_id")) if isinstance(data, dict) else None
        if guild_id is None:
            self._complain(data)
            return None
        return self._client.get_guild(guild_id)

    def _read(self, channels: object) -> Iterator[tuple[int, str]]:
        """Read statuses of channels; one that is none any more is empty."""
        if not isinstance(channels, list):
            self._complain(channels)
            return
        for channel in channels:
            channel_id = _snowflake(channel.get("id")) if isinstance(channel, dict) else None
            status = channel.get("status") or "" if isinstance(channel, dict) else None
            if channel_id is None or not isinstance(status, str):
                self._complain(channel)
            else:
                yield channel_id, status.strip()[:MAX_STATUS]

    def _complain(self, rubbish: object) -> None:
        if not self._complained:
            self._complained = True
            kind = type(rubbish).__name__
            log.warning("a status of a voice channel can't be read (%s); skipping those that can't", kind)

    def _before_guild(self, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        def start_afresh(data: Any) -> None:
            guild_id = _snowflake(data.get("id"))
            if guild_id is not None and data.get("unavailable") is not True:
                self._statuses.pop(guild_id, None)  # who knows how old it is
                known = {key: status for key, status in self._read(_vocal(data.get("channels"))) if status}
                if known:
                    self._statuses[guild_id] = known
            parse(data)

        return start_afresh

    def _around_channel(self, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        """Notice when the bot may look into a channel, or may no longer."""

        def compare(data: Any) -> None:
            guild, channel_id = self._guild(data), _snowflake(data.get("id"))
            if guild is None or channel_id is None or data.get("type") not in _VOCAL_TYPES:
                parse(data)
                return
            before = _sees(guild, channel_id)
            parse(data)
            after = _sees(guild, channel_id)
            if isinstance(data.get("status"), str):
                self._take_one(data)
            if before and not after:
                self._drop(guild.id, channel_id)
            elif after and not before:
                self._want(guild)

        return compare

    # What goes away

    async def _forget_guild(self, guild: discord.Guild) -> None:
        self._statuses.pop(guild.id, None)

    async def _forget_channel(self, channel: GuildChannel) -> None:
        self._drop(channel.guild.id, channel.id)

    def _drop(self, guild_id: int, channel_id: int) -> None:
        self._statuses.get(guild_id, {}).pop(channel_id, None)
        if not self._statuses.get(guild_id, True):
            del self._statuses[guild_id]

    # What is asked

    async def _ask(self, guild: discord.Guild) -> None:
        if guild.voice_channels or guild.stage_channels:
            self._want(guild)

    def _want(self, guild: discord.Guild) -> None:
        self._wanted.setdefault(guild.shard_id, {})[guild.id] = None
        if not self._stopped and guild.shard_id not in self._asking:
            self._asking.add(guild.shard_id)
            self._tasks.start(self._ask_all(guild.shard_id), f"asking on shard {guild.shard_id}")

    async def _ask_all(self, shard_id: int) -> None:
        """Ask about one guild after the other, as long as there are such."""
        try:
            while wanted := self._wanted.get(shard_id):
                guild_id = next(iter(wanted))
                del wanted[guild_id]
                guild = self._client.get_guild(guild_id)
                if guild is not None and not guild.unavailable and not await self._send(guild_id):
                    wanted[guild_id] = None  # the connection is on its way: when it is there
                await asyncio.sleep(PACE)
        finally:
            self._asking.discard(shard_id)

    async def _send(self, guild_id: int) -> bool:
        """Send the question, unless it would have to wait; tell whether it went out."""
        with contextlib.suppress(*_BROKEN):
            connection = self._client._get_websocket(guild_id)
            if connection.open and not connection.is_ratelimited():
                question = {"guild_id": str(guild_id), "fields": ["status"]}
                await connection.send_as_json({"op": REQUEST_CHANNEL_INFO, "d": question})
                return True
        return False


def _snowflake(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None


def _vocal(channels: object) -> list[Any]:
    """Choose those of a guild's channels that may have a status."""
    listed: Iterable[Any] = channels if isinstance(channels, list) else ()
    return [each for each in listed if isinstance(each, dict) and each.get("type") in _VOCAL_TYPES]


def _sees(guild: discord.Guild, channel_id: int) -> bool:
    channel = guild.get_channel(channel_id)
    # The cache may not have the bot itself yet.
    me: discord.Member | None = guild.get_member(guild._state.self_id or 0)
    return channel is not None and me is not None and channel.permissions_for(me).view_channel
