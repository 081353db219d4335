"""The first schema"""

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "article",
        sa.Column("id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("feed", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("url_key", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("published", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("extras", sa.Text(), nullable=True),
        sa.Column("revisions", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        sa.Column("story", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("copy_of", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "key"),
    )
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.create_index("article_published", ["published", "id"], unique=False)
        batch_op.create_index("article_rules", ["rules", "id"], unique=False)
        batch_op.create_index("article_story", ["story"], unique=False)
        batch_op.create_index(
            "article_unplaced",
            ["occurred", "id"],
            unique=False,
            sqlite_where=sa.text("NOT placed"),
            postgresql_where=sa.text("NOT placed"),
        )
        batch_op.create_index("article_url_key", ["url_key"], unique=False)

    op.create_table(
        "article_topic",
        sa.Column("article", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("article", "topic"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("article_topic", schema=None) as batch_op:
        batch_op.create_index("article_topic_topic", ["topic", "article"], unique=False)

    op.create_table(
        "body",
        sa.Column("article", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("article"),
    )
    op.create_table(
        "clue",
        sa.Column("hash", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("occurred", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("article", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "occurred", "article"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "edge",
        sa.Column("a", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("b", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("edge", schema=None) as batch_op:
        batch_op.create_index("edge_b", ["b"], unique=False)

    op.create_table(
        "facts",
        sa.Column("article", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("clues", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("article"),
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("due", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("floor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("polled", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("polled_run", sa.Integer(), nullable=False),
        sa.Column("profile", sa.LargeBinary(), nullable=True),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=True),
        sa.Column("window", sa.LargeBinary(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_success", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_new", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("gap_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_since", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("moved_count", sa.Integer(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=True),
        sa.Column("self_url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("error_class", sa.String(), nullable=True),
        sa.Column("error_status", sa.Integer(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "url"),
    )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.create_index(
            "feed_due", ["due"], unique=False, sqlite_where=sa.text("active"), postgresql_where=sa.text("active")
        )
        batch_op.create_index("feed_host", ["host"], unique=False)

    op.create_table(
        "listening",
        sa.Column("feed", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lease_until", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("pushed", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("feed"),
        sa.UniqueConstraint("path"),
    )
    op.create_table(
        "host",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_run", sa.Integer(), nullable=True),
        sa.Column("last_request", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("blocked_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "publication",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dirty", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rendered", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gone", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rendering",
        sa.Column("publication", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("zstd", sa.LargeBinary(), nullable=False),
        sa.Column("past", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("publication", "format"),
    )
    op.create_table(
        "revision",
        sa.Column("article", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("replaced", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("article", "number"),
    )
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("activated", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "ruling",
        sa.Column("a", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("b", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("a", "b"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("born", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sighting",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", "key"),
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sighting_article"), ["article"], unique=False)

    op.create_table(
        "sketch",
        sa.Column("hash", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("occurred", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("article", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "occurred", "article"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "source",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("boilerplate", sa.LargeBinary(), nullable=True),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "story",
        sa.Column("id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("canonical", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("created", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entered", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("updated", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alias_of", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_alias_of"), ["alias_of"], unique=False)

    op.create_table(
        "topic_entry",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("story", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entered", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("topic", "number"),
        sa.UniqueConstraint("topic", "story"),
    )
    with op.batch_alter_table("topic_entry", schema=None) as batch_op:
        batch_op.create_index("topic_entry_story", ["story"], unique=False)
    _subscriptions_tokens_incidents()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE article_ids")
        op.execute("CREATE SEQUENCE story_ids")


def _subscriptions_tokens_incidents() -> None:
    op.create_table(
        "subscription",
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("publication", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked", sa.String(), nullable=True),
        sa.Column("asked_secret", sa.Text(), nullable=True),
        sa.Column("asked_lease", sa.Integer(), nullable=False),
        sa.Column("owed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("callback", "publication", "format"),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index("subscription_due", ["due"], unique=False)
        batch_op.create_index("subscription_host", ["host"], unique=False)

    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_scope"), ["scope"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("began", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index("incident_subject", ["subject"], unique=False)
