"""A guild of real discord.py objects: the JSON that Discord would send, read by discord.py's own parsers."""

import copy
from typing import Any

import discord

from bot.client import INTENTS
from tests.e2e.guild import Guild, Member, answering, changed, forwarding, laid_out, written
from tests.e2e.model import (
    CATEGORY,
    DIRECT,
    FORUM,
    JOINED_AT,
    NEWS,
    NEWS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    STAGE,
    TEXT,
    VIEW_CHANNEL,
    VOICE,
    Channel,
    Role,
    User,
)

# What the other modules here need of Discord's JSON they take from this one.
__all__ = [
    "CATEGORY", "DIRECT", "FORUM", "JOINED_AT", "NEWS", "NEWS_THREAD", "PRIVATE_THREAD", "PUBLIC_THREAD",
    "STAGE", "TEXT", "VIEW_CHANNEL", "VOICE", "Channel", "Guild", "Member", "Role", "User", "World",
    "answering", "changed", "forwarding", "laid_out", "written",
]  # fmt: skip

Payload = dict[str, Any]


class World:
    """One guild with ann (online) and bob (offline, called Bobby), and a public channel `general`."""

    def __init__(
        self, *, guild_name: str = "Home", member_count: int | None = None, nsfw_level: int = 0
    ) -> None:
        self.client = discord.Client(intents=INTENTS, chunk_guilds_at_startup=False)
        self.written = Guild(guild_name, User("owner"), miscount=0)
        self.general = self.written.public
        self.ann = self.written.settle(User("ann"))
        self.bob = self.written.settle(User("bob", status="offline"), nick="Bobby")
        self._differs: Payload = {"nsfw_level": nsfw_level}
        if member_count is not None:
            self._differs["member_count"] = member_count

    def learn(self) -> None:
        """Let discord.py know what was written of the guild since."""
        self.hear("GUILD_CREATE", self.written.payload(self.written.owner) | self._differs)

    @property
    def guild(self) -> discord.Guild:
        """The guild as it is written now."""
        self.learn()
        guild = self.client.get_guild(self.written.id)
        assert guild is not None
        return guild

    def hear(self, event: str, payload: Payload) -> None:
        """Let discord.py hear what the gateway says."""
        self.client._connection.parsers[event](copy.deepcopy(payload))  # parsers take payloads apart

    def member(self, written: Member) -> discord.Member:
        """Find somebody."""
        member = self.guild.get_member(written.id)
        assert member is not None
        return member

    def channel(self, written: Channel, **extra: Any) -> object:
        """Find a channel or a thread; `extra` adds to what Discord says of it."""
        channel = self.guild.get_channel_or_thread(written.id)
        assert channel is not None
        if extra:
            self.hear("CHANNEL_UPDATE", written.payload() | extra)
        return channel

    def message(
        self, text: str = "", author: Member | User | None = None,
        channel: Channel | None = None, **extra: Any,
    ) -> discord.Message:  # fmt: skip
        """Say something; `extra` adds to the message's fields or replaces them."""
        self.learn()
        self.hear("MESSAGE_CREATE", written(channel or self.general, author or self.ann, text, **extra))
        return self.client.cached_messages[-1]
