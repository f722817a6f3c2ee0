"""Which message is kept up to date, or why it isn't any more."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make room for it; nobody has one yet."""
    op.add_column("dzone_guilds", sa.Column("live_channel", sa.BigInteger))
    op.add_column("dzone_guilds", sa.Column("live_message", sa.BigInteger))
    op.add_column("dzone_guilds", sa.Column("live_ended", sa.Text))
