"""What owners and members have decided."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "dzone_guilds",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("messages", sa.Text, nullable=False),
        sa.Column("offline", sa.Text, nullable=False),
        sa.Column("bots", sa.Boolean, nullable=False),
        sa.Column("protection", sa.Text, nullable=False),
        sa.Column("role_id", sa.BigInteger),
        sa.Column("password_hash", sa.Text),
        sa.Column("left_at", sa.BigInteger),
    )
    op.create_table(
        "dzone_channels",
        _of_guild(),
        sa.Column("channel_id", sa.BigInteger, primary_key=True),
        sa.Column("shown", sa.Boolean, nullable=False),
    )
    op.create_table(
        "dzone_hidden",
        _of_guild(),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
    )
    op.create_table(
        "dzone_members",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("muted", sa.Boolean, nullable=False),
        sa.Column("color", sa.Text),
    )
    op.create_table(
        "dzone_notes",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _of_guild() -> sa.Column[int]:
    guild = sa.ForeignKey("dzone_guilds.guild_id", ondelete="CASCADE")
    return sa.Column("guild_id", sa.BigInteger, guild, primary_key=True)
