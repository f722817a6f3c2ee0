"""Which guilds the bot had met before each of them was stored."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Note when that began, if a bot has run with these tables: what it showed by then stays shown."""
    began = sa.text(
        "INSERT INTO dzone_notes (key, value) SELECT 'upgraded', CAST(:now AS TEXT) "
        "WHERE EXISTS (SELECT 1 FROM dzone_notes) OR EXISTS (SELECT 1 FROM dzone_guilds) "
        "OR EXISTS (SELECT 1 FROM dzone_members)"
    )
    op.get_bind().execute(began, {"now": str(int(time.time()))})
