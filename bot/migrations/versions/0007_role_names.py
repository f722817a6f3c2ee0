"""Whether viewers read what the roles are called that give members their colour."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make room for it; where nobody has decided, they don't."""
    op.add_column(
        "dzone_guilds", sa.Column("role_names", sa.Boolean, nullable=False, server_default=sa.false())
    )
