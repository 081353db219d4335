"""One way to reach either database: connections, transactions, and the few words in which the two dialects differ."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Executable, Row, Table, create_engine, event, func, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
)

from aggregator.errors import BadDatabaseUrl, DatabaseUnavailable
from aggregator.store import faults
from aggregator.store.tables import META

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Db = Connection
"""An open transaction; the functions of this package take one, callers only hand it on."""

AnyRow = Row[*tuple[Any, ...]]
"""A result row of any columns."""

BUSY_MS = 30_000
COLLISIONS = frozenset({"40001", "40P01", "23505"})
"""PostgreSQL's codes for a serialization failure, a deadlock, and a key that another transaction added meanwhile."""

CACHE_KB = 32_000
"""Pages that an SQLite connection keeps, at most."""

WAL_BYTES = 64_000_000
"""SQLite's write-ahead log is cut back to this after a checkpoint; without it the file keeps its largest size for ever."""

PARAMETERS = 500
"""How many values one IN list carries (SQLite's oldest limit is 999)."""


class Store:
    """A database, SQLite or PostgreSQL. `reading()` and `writing()` open a transaction and commit or roll it back."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.engine = _engine(self.url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """A snapshot that changes nothing. Errors: DatabaseUnavailable."""
        with _available(self.url), self.engine.connect() as db, db.begin():
            yield db

    def is_same(self, other: "Store") -> bool:
        """Whether two addresses are one database, as far as the addresses tell."""
        if self.is_sqlite and other.is_sqlite:
            return Path(str(self.url.database)).resolve() == Path(str(other.url.database)).resolve()
        return self.url == other.url

    @contextmanager
    def snapshot(self) -> Iterator[Db]:
        """One state of the database for as long as the block lasts, whatever others commit. Errors: DatabaseUnavailable."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with _available(self.url), self.engine.connect().execution_options(**options) as db, db.begin():
            yield db

    @contextmanager
    def writing(self) -> Iterator[Db]:
        """One transaction; SQLite takes its write lock at once, so that it never fails half-way as "locked"."""
        with _available(self.url), self.engine.connect().execution_options(write=True) as db, db.begin():
            yield db

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What the database refuses inside the block is raised as DatabaseUnavailable."""
        with _available(self.url):
            yield

    def collided(self, error: BaseException) -> bool:
        """Whether a transaction failed only because another process worked on the same rows; it may be done again."""
        cause = error if isinstance(error, DBAPIError) else error.__cause__
        return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) in COLLISIONS

    def close(self) -> None:
        self.engine.dispose()


def parse_url(url: str) -> URL:
    """`sqlite:///relative`, `sqlite:////absolute`, `postgresql://…` (through psycopg). Errors: BadDatabaseUrl."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # no address at all, or a port that is no number
        raise BadDatabaseUrl(f"{url!r} is not a database address, e.g. sqlite:///data/aggregator.db") from error
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise BadDatabaseUrl(f"{parsed.get_backend_name()} is not supported: sqlite or postgresql")
    if not parsed.database or parsed.database == ":memory:":
        raise BadDatabaseUrl(
            "a database in memory is gone with its connection; name a file: sqlite:///data/aggregator.db"
        )
    return parsed


@contextmanager
def _available(url: URL) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError, PendingRollbackError) as error:
        if isinstance(error, DatabaseError) and type(error) not in {DatabaseError, OperationalError}:
            raise  # what we asked was wrong, not the database; a file that is none is a plain DatabaseError
        raise DatabaseUnavailable(faults.told(url, getattr(error, "orig", error))) from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=8)
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
    # Last in, first out: one warm cache for most of the work instead of one in each connection.
    engine = create_engine(url, connect_args=given, pool_use_lifo=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: a deferred one loses writers to "database is locked"
    cursor = connection.cursor()
    if cursor.execute("PRAGMA page_count").fetchone()[0] == 0:
        cursor.execute("PRAGMA page_size=8192")  # bodies of 1.5 KB leave less of a page empty than they do of 4 KB
        cursor.execute(
            "PRAGMA auto_vacuum=INCREMENTAL"
        )  # takes the write lock, and only means something before the first page
    pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", f"journal_size_limit={WAL_BYTES}")
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
    cursor.close()


def _on_begin(db: Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE" if db.get_execution_options().get("write") else "BEGIN")


# ---------------------------------------------------------------- where the dialects differ


def insert(db: Db, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that knows ON CONFLICT."""
    return _insert(db.dialect.name, table)


def _insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 60 ms that a program with SQLite need not spend

    return postgresql.insert(table)


def insert_all(db: Db, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows, all with the same columns, with one executemany."""
    if rows and db.dialect.name == "sqlite":  # its driver takes our values as they are
        names = tuple(rows[0])
        db.exec_driver_sql(_appending(table.name, names), [tuple([row[name] for name in names]) for row in rows])
    elif rows:
        db.execute(table.insert(), rows)


@lru_cache
def _appending(table: str, names: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608 - our names


def insert_missing(db: Db, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Append the rows whose key is not there yet."""
    if rows:
        db.execute(_upserting(db.dialect.name, table, ()), rows)


def upsert(db: Db, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows, replacing what stands under the same primary key."""
    if rows:
        db.execute(_upserting(db.dialect.name, table, tuple(rows[0])), rows)


@lru_cache
def _upserting(dialect: str, table: Table, names: Sequence[str]) -> Executable:
    """Built once: to build a statement costs more than to run it."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(dialect, table)
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    if not changed:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def next_number(db: Db, name: str, count: int = 1) -> int:
    """Take `count` numbers from a named counter and return the first. The row lock makes takers serial."""
    statement = insert(db, META).values(name=name, value=str(count))
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"value": text("CAST(CAST(meta.value AS BIGINT) + :n AS TEXT)")}
    )
    db.execute(statement, {"n": count})
    return int(db.execute(select(META.c.value).where(META.c.name == name)).scalar_one()) - count + 1


def new_ids(db: Db, table: Table, count: int) -> Sequence[int]:
    """Ids for `count` new rows. SQLite's writer is alone; PostgreSQL has a sequence of the table's name."""
    if count == 0:
        return range(0)
    if db.dialect.name == "sqlite":
        first = int(db.execute(_last_id(table)).scalar_one()) + 1
    else:
        taken = text("SELECT nextval(CAST(:name AS regclass)) FROM generate_series(1, :n)")
        return tuple(db.execute(taken, {"name": f"{table.name}_ids", "n": count}).scalars())
    return range(first, first + count)


@lru_cache
def _last_id(table: Table) -> Executable:
    return select(func.coalesce(func.max(table.c.id), 0))


def get_meta(db: Db, name: str) -> str | None:
    """The value under `name`, or None."""
    return db.execute(select(META.c.value).where(META.c.name == name)).scalar()


def set_meta(db: Db, name: str, value: str) -> None:
    upsert(db, META, [{"name": name, "value": value}])


def plain(words: str) -> str:
    """Text that any database takes: without NUL and lone surrogates, which exceptions may quote from hostile input."""
    return words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def chunks(values: Iterable[Any], size: int = PARAMETERS) -> Iterator[list[Any]]:
    """Lists of at most `size`, so that no statement outgrows a database's limit of parameters."""
    batch: list[Any] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def shared_clock(db: Db) -> int:
    """Seconds on a clock that all who share the database read alike: the server's on PostgreSQL, the time since boot on
    SQLite, which nobody sets. Leases are measured by it.
    """
    if db.dialect.name == "postgresql":
        return int(db.execute(text("SELECT floor(extract(epoch FROM clock_timestamp()))")).scalar_one())
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.time())


def lock(db: Db, name: str) -> None:
    """Hold a named lock until the transaction ends. SQLite's writer holds everything already."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
