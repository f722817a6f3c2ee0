"""The tables of the database, as the newest migration leaves them.

They bear a prefix: a database that a hosting platform gives may be shared with other programs.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, MetaData, Table, Text, false, true

PREFIX: Final = "dzone_"
VERSION_TABLE: Final = PREFIX + "version"

metadata: Final = MetaData()

guilds: Final = Table(
    PREFIX + "guilds",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shown", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("name", Text),
    Column("messages", Text, nullable=False),
    Column("offline", Text, nullable=False),
    Column("bots", Boolean, nullable=False),
    Column("protection", Text, nullable=False),
    Column("role_id", BigInteger),
    Column("password_hash", Text),
    Column("left_at", BigInteger),  # seconds since 1970: when the bot was removed, if it was
    Column("audience", BigInteger),  # the role that counts as everybody
    Column("live_channel", BigInteger),
    Column("live_message", BigInteger),  # the one that is kept up to date
    Column("live_ended", Text),  # why it isn't any more
    Column("optin", Boolean, nullable=False, server_default=false()),  # whether only who agreed is shown
    Column("gestures", Boolean, nullable=False, server_default=true()),
    Column("role_names", Boolean, nullable=False, server_default=false()),
)


def _of_guild() -> Column[int]:
    return Column("guild_id", BigInteger, ForeignKey(guilds.c.guild_id, ondelete="CASCADE"), primary_key=True)


channels: Final = Table(
    PREFIX + "channels",
    metadata,
    _of_guild(),
    Column("channel_id", BigInteger, primary_key=True),
    Column("shown", Boolean, nullable=False),
)


def _ids_of_guilds(name: str, of_what: str) -> Table:
    return Table(PREFIX + name, metadata, _of_guild(), Column(of_what, BigInteger, primary_key=True))


proxies: Final = _ids_of_guilds("proxies", "channel_id")
hidden: Final = _ids_of_guilds("hidden", "user_id")
hidden_roles: Final = _ids_of_guilds("hidden_roles", "role_id")

members: Final = Table(
    PREFIX + "members",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hidden", Boolean, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("color", Text),
    Column("agreed", Boolean, nullable=False, server_default=false()),
    Column("line", Text),
)

notes: Final = Table(
    PREFIX + "notes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
