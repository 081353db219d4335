"""Runs migrations on the connection that schema.upgrade hands over, inside its transaction."""

from alembic import context

from aggregator.store.declared import SQLModel

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
