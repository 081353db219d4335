"""Feeds know the shard of their host and count their polls; runs tell when they last lived; postings are packed"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.postings import COPIES, STORIES, Rows, place
from aggregator.text.hosts import shard

revision = "0002"
down_revision = "0001"

ROWS = 10_000


def upgrade() -> None:
    zero = sa.text("0")
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shard", sa.Integer(), nullable=False, server_default=zero))
        batch_op.add_column(sa.Column("polls", sa.BigInteger(), nullable=False, server_default=zero))
        batch_op.add_column(sa.Column("failed_polls", sa.BigInteger(), nullable=False, server_default=zero))
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("beat", sa.BigInteger(), nullable=False, server_default=zero))
    _fill(op.get_bind())
    with op.batch_alter_table("feed", schema=None) as batch_op:
        for name in ("shard", "polls", "failed_polls"):
            batch_op.alter_column(name, server_default=None)
        active, words = sa.text("active"), sa.text("active = 1")
        batch_op.create_index("feed_shard", ["shard", "due"], unique=False, sqlite_where=words, postgresql_where=active)
    held = sa.text("lease_run IS NOT NULL")
    op.create_index("host_held", "host", ["lease_run"], unique=False, sqlite_where=held, postgresql_where=held)
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.alter_column("beat", server_default=None)
    _pack_postings()
    if op.get_bind().dialect.name == "sqlite":
        _reword()


def _pack_postings() -> None:
    """A row an article and hash becomes a posting among many of a row."""
    db = op.get_bind()
    for index in (COPIES, STORIES):
        rows, name = Rows(db, index, ()), index.table.name
        for hash_, occurred, article in db.execute(sa.text(f"SELECT hash, occurred, article FROM {name}")):  # noqa: S608
            rows.add((hash_,), place(occurred, article))
        op.drop_table(name)
        op.create_table(
            name,
            sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("postings", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("number"),
            postgresql_with={"fillfactor": 70},
        )
        rows.write()


def _reword() -> None:
    """SQLite takes a partial index for exactly the words that its query has; these two were never taken."""
    op.drop_index("feed_due", "feed")
    op.create_index("feed_due", "feed", ["due"], sqlite_where=sa.text("active = 1"))
    op.drop_index("article_unplaced", "article")
    op.create_index("article_unplaced", "article", ["occurred", "id"], sqlite_where=sa.text("placed IS 0"))


def _fill(db: sa.Connection) -> None:
    """Every feed gets the shard of its host, a page of hosts at a time; a run that had not ended was alive when it began."""
    db.execute(sa.text("UPDATE run SET beat = coalesce(ended, started)"))
    hosts, after = sa.text("SELECT DISTINCT host FROM feed WHERE host > :after ORDER BY host LIMIT :rows"), ""
    while page := list(db.execute(hosts, {"after": after, "rows": ROWS}).scalars()):
        rows = [{"shard": shard(host), "host": host} for host in page]
        db.execute(sa.text("UPDATE feed SET shard = :shard WHERE host = :host"), rows)
        after = page[-1]
