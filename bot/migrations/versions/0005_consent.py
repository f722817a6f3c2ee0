"""Who is shown by their own choice or not by their role, and what people say over their heads."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make room for it; nobody has decided yet."""
    op.add_column("dzone_guilds", sa.Column("optin", sa.Boolean, nullable=False, server_default=sa.false()))
    guild = sa.ForeignKey("dzone_guilds.guild_id", ondelete="CASCADE")
    op.create_table(
        "dzone_hidden_roles",
        sa.Column("guild_id", sa.BigInteger, guild, primary_key=True),
        sa.Column("role_id", sa.BigInteger, primary_key=True),
    )
    op.add_column("dzone_members", sa.Column("agreed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("dzone_members", sa.Column("line", sa.Text))
