"""Runs migrations on the connection that `bot.migrations.upgrade` gives."""

from alembic import context

from bot.storage.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # all or nothing: the connection is in a transaction
)
context.run_migrations()
