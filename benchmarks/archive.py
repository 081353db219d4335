"""A store with years behind it: what a first import left is multiplied into the past, until so many articles stand there.

Every copy of an article has a key, an address and a story of its own and lies the span of the import further back, so
that the indexes are as large and as mixed as a real archive's. What pruning takes from old articles is gone. The feeds are
as before their first poll.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from aggregator.store.tables import ARTICLE, BODY, CLUE, EDGE, ENTRY, FACTS, FEED, HOST, MATCH, SKETCH, STORY

KEPT = (ARTICLE, BODY, MATCH, EDGE, STORY, ENTRY)
FORGOTTEN = (SKETCH, CLUE, FACTS)
"""What pruning takes from old articles; their texts stay here, which pruning would take, too."""

_IDS = ("article", "story", "copy_of", "canonical", "alias_of", "a", "b")
_TIMES = ("published", "updated", "first_seen", "occurred", "created", "entered", "withdrawn")
_NAMES = ("key", "url_key", "url", "slug")


def grow(path: Path, articles: int) -> int:
    """Make a SQLite store hold `articles` older articles instead of those it holds; how many there are then."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-1000000")
        db.execute("PRAGMA temp_store=FILE")
        there, step = db.execute("SELECT count(*), max(id) FROM article").fetchone()
        (stories,) = db.execute("SELECT max(id) FROM story").fetchone()
        span = 3600 + db.execute("SELECT max(occurred) - min(occurred) FROM article").fetchone()[0]
        copies = max(1, articles // there)
        _multiply(db, copies, step=max(step, stories), span=span)
        _forget_polls(db)
        db.commit()
        db.execute("ANALYZE")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(db.execute("SELECT count(*) FROM article").fetchone()[0])


def _multiply(db: sqlite3.Connection, copies: int, *, step: int, span: int) -> None:
    """Each table as `copies` moved copies of itself, written in the order of its key; the originals go."""
    db.execute("CREATE TEMP TABLE nth AS WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k LIMIT :c) "
               "SELECT n FROM k", {"c": copies})  # fmt: skip
    for table in KEPT:
        names = [column.name for column in table.columns]
        keys = [column.name for column in table.primary_key]
        made = ", ".join(_moved(table.name, name, step, span) for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        order = ", ".join(str(names.index(key) + 1) for key in keys)
        indexes = _without_indexes(db, table.name)
        db.execute(f'CREATE TEMP TABLE moved AS SELECT {made} FROM "{table.name}" o, nth ORDER BY {order}')
        db.execute(f'DELETE FROM "{table.name}"')
        db.execute(f'INSERT INTO "{table.name}" ({listed}) SELECT * FROM moved')
        db.execute("DROP TABLE moved")
        for statement in indexes:
            db.execute(statement)
    for table in FORGOTTEN:
        db.execute(f"DELETE FROM {table.name}")


def _moved(table: str, name: str, step: int, span: int) -> str:
    """The value of a column in the n-th copy."""
    column = f'o."{name}"'
    if name in _IDS or (name == "id" and table in {"article", "story"}):
        return f"{column} + (n - 1) * {step}"
    if name in _TIMES:
        return f"{column} - n * {span}"
    if name in _NAMES:
        return f"{column} || '~' || n"
    return f"{column} + (n - 1) * 100000" if (table, name) == ("topic_entry", "number") else column


def _without_indexes(db: sqlite3.Connection, table: str) -> list[str]:
    """Drop what can be made again by these statements: an index made at the end is made once, in order."""
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
                       (table,)).fetchall()  # fmt: skip
    for name, _ in found:
        db.execute(f'DROP INDEX "{name}"')
    return [sql for _, sql in found]


def _forget_polls(db: sqlite3.Connection) -> None:
    fresh = {"etag": None, "last_modified": None, "body_hash": None, "window": None, "profile": None, "due": 0,
             "polled": None, "polled_run": 0, "lease_token": None, "retry_at": 0, "last_new": None}  # fmt: skip
    assert fresh.keys() <= {column.name for column in FEED.columns}
    db.execute(f"UPDATE feed SET {', '.join(f'{name} = :{name}' for name in fresh)}", fresh)
    db.execute(f"UPDATE {HOST.name} SET lease_until = 0, lease_token = NULL, lease_run = NULL, last_request = NULL")
