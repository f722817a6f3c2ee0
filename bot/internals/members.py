"""Members: how they are asked for, and what is known of them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import discord
from discord.ext import commands

# ruff: noqa: SLF001 - discord.py's private parts are what this package is for

_COLORS: Final = range(1 << 24)


def ask_for_presences(client: discord.Client) -> None:
    """Ask for members together with their presences.

    discord.py asks without: who came online between GUILD_CREATE and the answer would seem offline.
    """
    ask = client._connection.chunker

    async def chunker(*args: Any, **kwargs: Any) -> None:
        await ask(*args, **kwargs | {"presences": True})

    client._connection.chunker = chunker  # type: ignore[method-assign]


def keep_users_current(client: commands.AutoShardedBot) -> None:
    """Take what Discord says of accounts together with members.

    discord.py leaves an account that it knows as it was: a name that somebody gave up while the guild was
    unavailable, or they were not in it, would go on being shown.
    """
    parsers = client._connection.parsers
    members_of: dict[str, Callable[[Any], list[Any]]] = {
        "GUILD_CREATE": lambda data: data.get("members", []),
        "GUILD_MEMBERS_CHUNK": lambda data: data.get("members", []),
        "GUILD_MEMBER_ADD": lambda data: [data],
    }
    for event, members in members_of.items():
        parsers[event] = _updating(client, parsers[event], members)


def _updating(
    client: discord.Client, parse: Callable[[Any], None], members: Callable[[Any], list[Any]]
) -> Callable[[Any], None]:
    def update_and_parse(data: Any) -> None:
        for member in members(data):
            user = client._connection.get_user(int(member["user"]["id"]))
            if user is not None and user != client.user:
                user._update(member["user"])
        parse(data)

    return update_and_parse


def roles_of(member: discord.Member) -> Iterator[discord.Role]:
    """Name somebody's roles but @everyone, in no order: `member.roles` sorts them each time."""
    return filter(None, map(member.guild.get_role, member._roles))


def colors_of(role: discord.Role) -> tuple[int, int | None]:
    """Read a role's colour, 0 for none, and the one that it runs into, if it has a gradient.

    `role.color` makes an object of it each time, and raises if Discord sent something else than a colour.
    """
    first, second = role._colour, role._secondary_colour
    return first if _is_color(first) else 0, second if _is_color(second) else None


def _is_color(value: object) -> bool:
    return isinstance(value, int) and value in _COLORS


def talking_in(guild: discord.Guild) -> list[discord.Member]:
    """Name who is in voice: `channel.members` looks at everybody in all channels, for each channel."""
    return list(filter(None, map(guild.get_member, guild._voice_states)))


def guild_of_forward(message: discord.Message) -> discord.Guild | None:
    """Find the guild of the bot that a message was forwarded from; Discord may leave out its own."""
    source = message.reference
    if source is None:
        return None
    if source.guild_id is None and message.guild and message.guild.get_channel_or_thread(source.channel_id):
        return message.guild
    return message._state._get_guild(source.guild_id)


def forget_chunk_request(guild: discord.Guild) -> None:
    """Drop a request for members that was never answered: discord.py would wait for it again."""
    guild._state._chunk_requests.pop(guild.id, None)


def came_at(guild: discord.Guild) -> datetime | None:
    """Tell when the bot came into a guild; None in an outage, where Discord names only the guild's id."""
    account = guild._state.user  # none before the first READY, where `guild.me` fails
    me = guild.get_member(account.id) if account else None
    return me.joined_at if me else None
