"""The tables, declared with SQLModel. No row is ever built from them: queries use the tables of tables.py.

Times are epoch seconds (see model). Ids of articles are given out in bulk (engine.new_ids), so that a whole poll is
a handful of executemany statements.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import AutoString, Field, SQLModel

__all__ = ["AutoString", "SQLModel"]

IS_ACTIVE = text("active = 1")
"""SQLite takes a partial index for exactly the words that its query has: these are SQLAlchemy's."""

ROOM_TO_UPDATE = {"postgresql_with": {"fillfactor": 70}}
"""Rows that are written again and again stay in their page, and their index is not touched."""

ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _big(*, primary: bool = False, index: bool = False, nullable: bool = True) -> Any:
    """A 64-bit integer column; a primary key is given out by us, and in SQLite is the row's own number, without an index."""
    kind, null = ROW_NUMBER if primary else BigInteger(), nullable and not primary
    column: Column[int] = Column(kind, primary_key=primary, index=index, nullable=null, autoincrement=False)
    return Field(default=None, sa_column=column)


def _number() -> Any:
    """A primary key that SQLite keeps as the row's own number."""
    return Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=False))


def _blob(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(LargeBinary, nullable=nullable))


def _text(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=nullable))


class Meta(SQLModel, table=True):
    """One value a row: counters ("version"), the tag authority, the dictionary of bodies."""

    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str


class Run(SQLModel, table=True):
    """One invocation that polls; `machine`, `pid` and `born` tell whether it still lives, `beat` when it last said so."""

    __tablename__ = "run"
    id: int | None = Field(default=None, primary_key=True)
    started: int = _big(nullable=False)
    ended: int | None = _big()
    machine: str
    pid: int
    born: str
    beat: int = _big(nullable=False)


class Host(SQLModel, table=True):
    """The lease and manners of one registrable domain."""

    __tablename__ = "host"
    __table_args__ = (
        Index(
            "host_held",
            "lease_run",
            sqlite_where=text("lease_run IS NOT NULL"),
            postgresql_where=text("lease_run IS NOT NULL"),
        ),
    )
    name: str = Field(primary_key=True)
    lease_until: int = _big(nullable=False)
    lease_token: str | None = None
    lease_run: int | None = None
    last_request: int | None = _big()
    blocked_until: int = _big(nullable=False)


class FeedRow(SQLModel, table=True):
    """One address of a source, its schedule, its validators and what became of its polls."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("source", "url"),
        Index("feed_due", "due", sqlite_where=IS_ACTIVE, postgresql_where=text("active")),
        Index("feed_shard", "shard", "due", sqlite_where=IS_ACTIVE, postgresql_where=text("active")),
        Index("feed_host", "host"),
    )
    id: int | None = Field(default=None, primary_key=True)
    source: str
    url: str = _text(nullable=False)
    host: str
    shard: int = 0
    active: bool = True
    due: int = _big(nullable=False)
    interval: int = 3600
    floor: int = _big(nullable=False)
    failures: int = 0
    retry_at: int = _big(nullable=False)
    polled: int | None = _big()
    polled_run: int = 0
    profile: bytes | None = _blob()
    lease_token: str | None = None
    etag: str | None = _text()
    last_modified: str | None = _text()
    body_hash: bytes | None = _blob()
    window: bytes | None = _blob()
    first_seen: int = _big(nullable=False)
    last_success: int | None = _big()
    last_new: int | None = _big()
    items: int = 0
    gaps: int = 0
    gap_at: int | None = _big()
    gone: bool = False
    moved_to: str | None = _text()
    moved_since: int | None = _big()
    moved_count: int = 0
    hub: str | None = _text()
    self_url: str | None = _text()
    title: str | None = _text()
    failing_since: int | None = _big()
    error_class: str | None = None
    error_status: int | None = None
    error_message: str | None = _text()
    error_at: int | None = _big()
    polls: int = _big(nullable=False)
    failed_polls: int = _big(nullable=False)


class ListeningRow(SQLModel, table=True):
    """A hub that was asked to tell us of a feed's new entries (WebSub); `path` is the end of our callback's address."""

    __tablename__ = "listening"
    feed: int = _big(primary=True)
    hub: str = _text(nullable=False)
    topic: str = _text(nullable=False)
    path: str = Field(unique=True)
    secret: str
    state: str
    asked: int = _big(nullable=False)
    failures: int = 0
    retry_at: int = _big(nullable=False)
    lease_until: int | None = _big()
    pushed: int | None = _big()


class SourceRow(SQLModel, table=True):
    """What is learned of a source: its boilerplate. `kept`: JSON list of lines that an operator wants never to be cut."""

    __tablename__ = "source"
    id: str = Field(primary_key=True)
    boilerplate: bytes | None = _blob()
    kept: str | None = _text()


class RulesRow(SQLModel, table=True):
    """A set of rules that is or was live; `content` is the operator's rules as data, `compiled` for the matcher."""

    __tablename__ = "rules"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    content: bytes = _blob(nullable=False)
    activated: int = _big(nullable=False)
    active: bool = False


class ArticleRow(SQLModel, table=True):
    """A normalised entry without its body."""

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("source", "key"),
        Index("article_url_key", "url_key"),
        Index("article_story", "story"),
        Index("article_published", "published", "id"),
        Index("article_rules", "rules", "id"),
        Index(
            "article_unplaced", "occurred", "id", sqlite_where=text("placed IS 0"), postgresql_where=text("NOT placed")
        ),
    )
    id: int = _big(primary=True)
    source: str
    feed: int
    key: str = _text(nullable=False)
    url: str | None = _text()
    url_key: str | None = _text()
    title: str = _text(nullable=False)
    language: str
    published: int = _big(nullable=False)
    updated: int | None = _big()
    first_seen: int = _big(nullable=False)
    occurred: int = _big(nullable=False)
    digest: bytes = _blob(nullable=False)
    author: str | None = _text()
    extras: str | None = _text()
    revisions: int = 0
    rules: int = 0
    placed: bool = False
    story: int | None = _big()
    copy_of: int | None = _big()
    pinned: bool = False
    withdrawn: int | None = _big()
    reason: str | None = _text()


class Body(SQLModel, table=True):
    """The texts of an article, compressed (codec.py)."""

    __tablename__ = "body"
    article: int = _big(primary=True)
    blob: bytes = _blob(nullable=False)


class Revision(SQLModel, table=True):
    """An earlier state of an article, numbered from 1."""

    __tablename__ = "revision"
    article: int = _big(primary=True)
    number: int = Field(primary_key=True)
    replaced: int = _big(nullable=False)
    title: str = _text(nullable=False)
    blob: bytes | None = _blob()


class Sighting(SQLModel, table=True):
    """The same address, seen in another source; it never changes the article."""

    __tablename__ = "sighting"
    source: str = Field(primary_key=True)
    key: str = Field(sa_column=Column(Text, primary_key=True))
    article: int = _big(index=True, nullable=False)
    seen: int = _big(nullable=False)


class Sketch(SQLModel, table=True):
    """Which articles share a passage: postings of shingle hashes, many hashes a row (postings.py)."""

    __tablename__ = "sketch"
    __table_args__ = (ROOM_TO_UPDATE,)
    number: int = _number()
    postings: bytes = _blob(nullable=False)


class Clue(SQLModel, table=True):
    """Which articles may report one event: postings of names, ids and numbers, as in `sketch`."""

    __tablename__ = "clue"
    __table_args__ = (ROOM_TO_UPDATE,)
    number: int = _number()
    postings: bytes = _blob(nullable=False)


class FactsRow(SQLModel, table=True):
    """What the stories stage needs of an article to score a pair (model.Features, packed)."""

    __tablename__ = "facts"
    article: int = _big(primary=True)
    sketch: bytes = _blob(nullable=False)
    clues: bytes = _blob(nullable=False)
    facts: bytes = _blob(nullable=False)


class MatchRow(SQLModel, table=True):
    """A topic of an article, and the terms that made it so."""

    __tablename__ = "article_topic"
    __table_args__ = (Index("article_topic_topic", "topic", "article"), {"sqlite_with_rowid": False})
    article: int = _big(primary=True)
    topic: str = Field(primary_key=True)
    score: float
    why: str = _text(nullable=False)


class EdgeRow(SQLModel, table=True):
    """Evidence that two articles (a < b) belong together."""

    __tablename__ = "edge"
    __table_args__ = (Index("edge_b", "b"), {"sqlite_with_rowid": False})
    a: int = _big(primary=True)
    b: int = _big(primary=True)
    kind: str
    score: float
    evidence: str = _text(nullable=False)


class RulingRow(SQLModel, table=True):
    """An operator's word on two articles (a < b)."""

    __tablename__ = "ruling"
    a: int = _big(primary=True)
    b: int = _big(primary=True)
    together: bool
    reason: str = _text(nullable=False)
    at: int = _big(nullable=False)


class StoryRow(SQLModel, table=True):
    """A story. `slug` is its public id, minted once; an alias points to the story that took it in."""

    __tablename__ = "story"
    id: int = _big(primary=True)
    slug: str = Field(unique=True)
    canonical: int | None = _big()
    created: int = _big(nullable=False)
    entered: int | None = _big()
    updated: int = _big(nullable=False)
    alias_of: int | None = _big(index=True)


class EntryRow(SQLModel, table=True):
    """A story's place in a topic, numbered from 1 as it first entered; feeds and archive pages are ranges of it."""

    __tablename__ = "topic_entry"
    __table_args__ = (UniqueConstraint("topic", "story"), Index("topic_entry_story", "story"))
    topic: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    story: int = _big(nullable=False)
    entered: int = _big(nullable=False)
    updated: int = _big(nullable=False)
    current: bool = True
    withdrawn: int | None = _big()
    reason: str | None = _text()


class PublicationRow(SQLModel, table=True):
    """A topic's feed: `dirty` since when, and the version that servers watch."""

    __tablename__ = "publication"
    id: str = Field(primary_key=True)
    dirty: int | None = _big()
    version: int = _big(nullable=False)
    rendered: int = _big(nullable=False)
    gone: int | None = _big()


class RenderingRow(SQLModel, table=True):
    """The bytes of a publication in one format: identity and zstd."""

    __tablename__ = "rendering"
    publication: str = Field(primary_key=True)
    format: str = Field(primary_key=True)
    media_type: str
    etag: str
    last_modified: int = _big(nullable=False)
    body: bytes = _blob(nullable=False)
    zstd: bytes = _blob(nullable=False)
    past: bytes | None = _blob()


class SubscriptionRow(SQLModel, table=True):
    """A callback that wants to be told of a feed (WebSub): what it asked for, what it is owed, when it is due."""

    __tablename__ = "subscription"
    __table_args__ = (Index("subscription_due", "due"), Index("subscription_host", "host"))
    callback: str = Field(sa_column=Column(Text, primary_key=True))
    publication: str = Field(primary_key=True)
    format: str = Field(primary_key=True)
    host: str
    secret: str | None = _text()
    lease_until: int = _big(nullable=False)
    asked: str | None = None
    asked_secret: str | None = _text()
    asked_lease: int = 0
    owed: int = _big(nullable=False)
    due: int | None = _big()
    claimed: int = _big(nullable=False)
    failures: int = 0


class TokenRow(SQLModel, table=True):
    """A key to something private, of which only the hash is kept. `scope` is a topic, "operations" or "metrics"."""

    __tablename__ = "token"
    id: int | None = Field(default=None, primary_key=True)
    scope: str = Field(index=True)
    digest: str = Field(unique=True)
    note: str = _text(nullable=False)
    created: int = _big(nullable=False)


class IncidentRow(SQLModel, table=True):
    """Something an operator should know: a feed (or the configuration) in a bad state, from its beginning to its end."""

    __tablename__ = "incident"
    __table_args__ = (Index("incident_subject", "subject"),)
    id: int | None = Field(default=None, primary_key=True)
    subject: str = _text(nullable=False)
    source: str
    state: str
    message: str = _text(nullable=False)
    began: int = _big(nullable=False)
    updated: int = _big(nullable=False)
    ended: int | None = _big()
