"""Settings as rows of the tables: read all, write some."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Row, Table, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables
from bot.storage.checks import check_guild, check_id, check_member
from cogs.settings import Blockable, GuildSettings, MemberSettings

DEFAULT_GUILD: Final = "default_guild"  # the note that holds its id
UPGRADED: Final = "upgraded"  # the note that says since when each guild is stored; none in a newer database
NOTICE: Final = "notice"  # the note that holds when viewers were told something last, and what
BLOCKED: Final[Mapping[Blockable, str]] = MappingProxyType(
    {"guild": "blocked_guild:", "user": "blocked_user:"}
)
"""How the notes begin that say whom who runs the bot has blocked; their ids follow."""
_SETTINGS: Final = (
    "shown", "listed", "name", "messages", "offline", "bots", "protection", "role_id", "password_hash",
    "audience", "live_channel", "live_message", "live_ended", "optin", "gestures",
    "role_names",
)  # fmt: skip

# Settings of a guild that are sets of ids: each has a table of its own, and they are in that column.
_SETS: Final = (
    ("proxies", tables.proxies, "channel_id"),
    ("hidden", tables.hidden, "user_id"),
    ("hidden_roles", tables.hidden_roles, "role_id"),
)

_BREATH: Final = 500  # rows that are read without letting others in between

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Unreadable(Exception):
    """A row that no version of this program has written. The message says which."""


@dataclass(frozen=True, slots=True)
class StoredGuild:
    """A guild's settings, and when the bot was removed from it, if it was."""

    settings: GuildSettings
    left: datetime | None = None


@dataclass(slots=True)
class Changes:
    """What is to be stored, or deleted where it is None."""

    guilds: dict[int, StoredGuild | None] = field(default_factory=dict)
    members: dict[int, MemberSettings | None] = field(default_factory=dict)
    notes: dict[str, str | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.guilds or self.members or self.notes)

    def without(self, others: "Changes") -> "Changes":
        """Leave out all that others are about."""
        return Changes(
            {key: guild for key, guild in self.guilds.items() if key not in others.guilds},
            {key: member for key, member in self.members.items() if key not in others.members},
            {key: note for key, note in self.notes.items() if key not in others.notes},
        )

    def __or__(self, later: "Changes") -> "Changes":
        """Join both; what is in both is as the later has it."""
        return Changes(self.guilds | later.guilds, self.members | later.members, self.notes | later.notes)


@dataclass(slots=True)
class Contents:
    """Everything that is stored."""

    guilds: dict[int, StoredGuild] = field(default_factory=dict)
    members: dict[int, MemberSettings] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the guilds and people."""
        return len(self.guilds) + len(self.members)

    def apply(self, changes: Changes) -> None:
        """Make the changes here, too."""
        _apply(self.guilds, changes.guilds)
        _apply(self.members, changes.members)
        _apply(self.notes, changes.notes)

    def differing(self, changes: Changes) -> Changes:
        """Return those of the changes that would change something here."""
        return Changes(
            {key: guild for key, guild in changes.guilds.items() if self.guilds.get(key) != guild},
            {key: member for key, member in changes.members.items() if self.members.get(key) != member},
            {key: note for key, note in changes.notes.items() if self.notes.get(key) != note},
        )

    def present(self, changes: Changes) -> Changes:
        """Return what is here of all that the changes are about: storing it takes them back."""
        return Changes(
            {key: self.guilds.get(key) for key in changes.guilds},
            {key: self.members.get(key) for key in changes.members},
            {key: self.notes.get(key) for key in changes.notes},
        )


def blocked(contents: Contents, kind: Blockable) -> list[int]:
    """Name the guilds or people whom who runs the bot has blocked."""
    return sorted(snowflake for key in contents.notes if (snowflake := block_in(kind, key)))


def block_in(kind: Blockable, key: str) -> int:
    """Read from a note's key who is blocked; 0 if it is another one."""
    snowflake = key.removeprefix(BLOCKED[kind])
    return int(snowflake) if snowflake != key and snowflake.isdecimal() else 0


async def read(connection: AsyncConnection, about: Changes | None = None) -> Contents:
    """Read everything, or what changes are `about`.

    Raises:
        Unreadable: if a row holds what it can't hold.
    """
    contents = Contents()
    channels: dict[int, dict[int, bool]] = {}
    sets: dict[str, dict[int, set[int]]] = {name: {} for name, *_ in _SETS}
    guild_ids = about.guilds if about else None
    async for row in _rows(connection, tables.channels, guild_ids):
        channels.setdefault(row.guild_id, {})[row.channel_id] = row.shown
    for name, table, column in _SETS:
        async for row in _rows(connection, table, guild_ids):
            sets[name].setdefault(row.guild_id, set()).add(getattr(row, column))
    async for row in _rows(connection, tables.guilds, guild_ids):
        guild_id = row.guild_id
        own = {name: frozenset(held.get(guild_id, ())) for name, held in sets.items()}
        contents.guilds[guild_id] = _guild(row, channels.get(guild_id, {}), own)
    async for row in _rows(connection, tables.members, about.members if about else None):
        contents.members[row.user_id] = _member(row)
    async for row in _rows(connection, tables.notes, about.notes if about else None):
        contents.notes[row.key] = row.value
    _check_default(contents.notes.get(DEFAULT_GUILD))
    _check_upgraded(contents.notes.get(UPGRADED))
    return contents


async def _rows(
    connection: AsyncConnection, table: Table, keys: Collection[Any] | None
) -> AsyncIterator[Row[Any]]:
    """Read a table, or the rows that belong to some keys; a hundred thousand hold nobody up."""
    if keys is not None and not keys:
        return
    statement = select(table)
    if keys is not None:
        statement = statement.where(next(iter(table.primary_key.columns)).in_(keys))
    for number, row in enumerate(await connection.execute(statement)):
        if number % _BREATH == 0:
            await asyncio.sleep(0)
        yield row


async def write(connection: AsyncConnection, changes: Changes) -> None:
    """Store and delete, in the connection's transaction.

    What is stored anew is deleted before: that is the same statement for every database.
    """
    guilds = {key: guild for key, guild in changes.guilds.items() if guild}
    await _delete(connection, tables.guilds, changes.guilds)  # what refers to them goes with them
    await _insert(connection, tables.guilds, [_guild_row(key, guild) for key, guild in guilds.items()])
    await _insert(
        connection,
        tables.channels,
        [
            {"guild_id": key, "channel_id": channel_id, "shown": shown}
            for key, guild in guilds.items()
            for channel_id, shown in guild.settings.channels.items()
        ],
    )
    for name, table, column in _SETS:
        await _insert(
            connection,
            table,
            [
                {"guild_id": key, column: snowflake}
                for key, guild in guilds.items()
                for snowflake in getattr(guild.settings, name)
            ],
        )
    members = [_member_row(key, member) for key, member in changes.members.items() if member]
    await _delete(connection, tables.members, changes.members)
    await _insert(connection, tables.members, members)
    await _delete(connection, tables.notes, changes.notes)
    notes = [{"key": key, "value": value} for key, value in changes.notes.items() if value is not None]
    await _insert(connection, tables.notes, notes)


def _apply(held: dict[_Key, _Value], changes: Mapping[_Key, _Value | None]) -> None:
    for key, value in changes.items():
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value


async def _delete(connection: AsyncConnection, table: Table, keys: Mapping[Any, object]) -> None:
    if keys:
        (column,) = table.primary_key.columns
        await connection.execute(
            delete(table).where(column == bindparam("primary")), [{"primary": key} for key in keys]
        )


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(insert(table), rows)


def _guild(row: Row[Any], channels: Mapping[int, bool], sets: Mapping[str, Any]) -> StoredGuild:
    columns = row._mapping  # noqa: SLF001 - public in spite of its name, which must not be a column's
    settings = GuildSettings(
        **{name: columns[name] for name in _SETTINGS},
        channels=MappingProxyType(dict(channels)),
        **sets,
    )
    try:
        check_id("guild_id", row.guild_id)
        check_guild(settings)
        left = None if row.left_at is None else datetime.fromtimestamp(row.left_at, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"guild {row.guild_id}: {error}") from error
    return StoredGuild(settings, left)


def _guild_row(guild_id: int, guild: StoredGuild) -> dict[str, Any]:
    row = {name: getattr(guild.settings, name) for name in _SETTINGS}
    left = None if guild.left is None else int(guild.left.timestamp())
    return row | {"guild_id": guild_id, "left_at": left}


def _member(row: Row[Any]) -> MemberSettings:
    settings = MemberSettings(row.hidden, row.muted, row.color, row.agreed, row.line)
    try:
        check_id("user_id", row.user_id)
        check_member(settings)
    except ValueError as error:
        raise Unreadable(f"member {row.user_id}: {error}") from error
    return settings


def _member_row(user_id: int, member: MemberSettings) -> dict[str, Any]:
    return {"user_id": user_id, **asdict(member)}


def _check_default(note: str | None) -> None:
    try:
        if note is not None:
            check_id("the guild's id", int(note))
    except ValueError as error:
        raise Unreadable(f"default guild: {error}") from error


def _check_upgraded(note: str | None) -> None:
    try:
        if note is not None:
            datetime.fromtimestamp(int(note), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"{UPGRADED}: {error}") from error
