"""Whether members who watch may make their own figure wave, hop or sit."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make room for it; where nobody has decided, they may."""
    op.add_column("dzone_guilds", sa.Column("gestures", sa.Boolean, nullable=False, server_default=sa.true()))
