"""Runs migrations on the connection that schema.upgrade hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

from aggregator.store import tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
assert tables.ARTICLE is not None  # the import above fills the metadata
with context.begin_transaction():
    context.run_migrations()
