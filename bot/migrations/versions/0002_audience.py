"""Which role counts as everybody, and where webhooks are heard."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make room for both; nobody has decided yet."""
    op.add_column("dzone_guilds", sa.Column("audience", sa.BigInteger))
    guild = sa.ForeignKey("dzone_guilds.guild_id", ondelete="CASCADE")
    op.create_table(
        "dzone_proxies",
        sa.Column("guild_id", sa.BigInteger, guild, primary_key=True),
        sa.Column("channel_id", sa.BigInteger, primary_key=True),
    )
