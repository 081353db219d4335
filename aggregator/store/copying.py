"""Moving everything from one database to another, of the same kind or the other: all of it, verified, or nothing.

The target is filled in one transaction; a copy that was killed leaves it as empty as it was. Leases, runs and queued
jobs belong to processes and not to data: the copy holds none.
"""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Table, func, select, text, update

from aggregator.errors import StoreError
from aggregator.model import Seconds
from aggregator.store import faults, runs, schema
from aggregator.store.engine import AnyRow, Db, Store
from aggregator.store.tables import ARTICLE, FEED, HOST, RUN, STORY, TABLES

ROWS = 5000
"""Rows that are in memory at once."""

OURS = {ARTICLE: "article_ids", STORY: "story_ids"}
"""Tables whose ids we give out ourselves, and the sequence that does it on PostgreSQL."""

SERIAL = tuple(table for table in TABLES.sorted_tables if table.autoincrement_column is not None and table not in OURS)
"""Tables whose ids the database gives out."""

Told = Callable[[str, int], None]
"""Is told now and then, and at the end of every table, how many of its rows are copied."""


def copy(
    source: Store,
    target: Store,
    now: Seconds,
    told: Told = lambda *_: None,
    *,
    replace: bool = False,
    running: bool = False,
) -> int:
    """Copy all tables; returns how many rows there are. `replace`: what the target holds is deleted first. `running`:
    processes may be at work on the source; the copy is of one moment.

    Errors: StoreError when the target holds something, when a process is at work, or when a table does not hold
    afterwards what it should; the target is unchanged then.
    """
    if source.is_same(target):
        raise StoreError(f"{faults.shown(source.url)} is both source and target: name another, empty database")
    with source.snapshot() as old, target.writing() as new:
        if not running:
            _refuse_the_living(old, source, now)
        _refuse_the_living(new, target, now)
        _make_room(new, replace=replace)
        total = 0
        for table in TABLES.sorted_tables:
            count = _fill(new, table, _telling(_rows(old, table), table.name, told))
            _check(old, new, table, count)
            told(table.name, count)
            total += count
        _let_go(new, now)
        _set_sequences(new)
    return total


def _refuse_the_living(db: Db, opened: Store, now: Seconds) -> None:
    where = opened.url.render_as_string(hide_password=True)
    if schema.revision(db) != schema.HEAD:
        raise StoreError(f"{where} has another version's schema: run `aggregator db upgrade --database URL` first")
    if pids := runs.living(db):
        raise StoreError(f"process {', '.join(map(str, pids))} is using {where}: stop it first")
    if elsewhere := runs.others(db, 0, now - runs.SILENT):
        raise StoreError(f"{elsewhere} process(es) of other machines are using {where}: stop them first")


def _make_room(db: Db, *, replace: bool) -> None:
    for table in TABLES.sorted_tables:
        if replace:
            db.execute(table.delete())
        elif db.execute(select(table).limit(1)).first() is not None:
            raise StoreError(f"the target holds data already (table {table.name}): name an empty database")


def _rows(db: Db, table: Table) -> Iterator[AnyRow]:
    query = select(table).order_by(*table.primary_key)
    yield from db.execution_options(yield_per=ROWS).execute(query)


def size(source: Store) -> int:
    """How many rows there are in all, as far as that is known before they are copied."""
    with source.reading() as db:
        return sum(
            int(db.execute(select(func.count()).select_from(table)).scalar_one()) for table in TABLES.sorted_tables
        )


def _telling(rows: Iterable[AnyRow], name: str, told: Told) -> Iterator[AnyRow]:
    for number, row in enumerate(rows):
        if number and number % ROWS == 0:
            told(name, number)
        yield row


def _fill(db: Db, table: Table, rows: Iterable[AnyRow]) -> int:
    return (_fill_sqlite if db.dialect.name == "sqlite" else _fill_postgresql)(db, table, rows)


def _fill_sqlite(db: Db, table: Table, rows: Iterable[AnyRow]) -> int:
    count, page = 0, []
    for row in rows:
        page.append(row._asdict())
        if len(page) == ROWS:
            db.execute(table.insert(), page)
            count, page = count + ROWS, []
    if page:
        db.execute(table.insert(), page)
    return count + len(page)


def _fill_postgresql(db: Db, table: Table, rows: Iterable[AnyRow]) -> int:
    """COPY takes a tenth of the time of INSERT."""
    count, driver = 0, db.connection.driver_connection
    assert driver is not None  # the connection is open
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as stream:
        for row in rows:
            stream.write_row([_storable(value) for value in row])
            count += 1
    return count


def _storable(value: object) -> object:
    """PostgreSQL's text holds no NUL; SQLite's does."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value


def _check(old: Db, new: Db, table: Table, count: int) -> None:
    query = select(func.count()).select_from(table)
    there, here = old.execute(query).scalar_one(), new.execute(query).scalar_one()
    if not there == here == count:
        raise StoreError(f"table {table.name}: {there} rows in the source, {count} copied, {here} in the target")


def _let_go(db: Db, now: Seconds) -> None:
    db.execute(update(HOST).values(lease_until=0, lease_token=None, lease_run=None))
    db.execute(update(FEED).where(FEED.c.lease_token.is_not(None)).values(lease_token=None))
    db.execute(update(RUN).where(RUN.c.ended.is_(None)).values(ended=now))


def _set_sequences(db: Db) -> None:
    """PostgreSQL goes on counting after the highest id; SQLite looks at the rows themselves. Errors: StoreError."""
    if db.dialect.name == "sqlite":
        return
    for table in (*OURS, *SERIAL):
        highest = int(db.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one())
        name = OURS.get(table) or f"{table.name}_id_seq"
        db.execute(text("SELECT setval(CAST(:name AS regclass), :n, :used)"), _last(name, highest))
        following = int(db.execute(text("SELECT nextval(CAST(:name AS regclass))"), {"name": name}).scalar_one())
        if following <= highest:
            raise StoreError(f"the sequence {name} would give out {following}, but {highest} is taken")
        db.execute(text("SELECT setval(CAST(:name AS regclass), :n, :used)"), _last(name, highest))


def _last(name: str, highest: int) -> dict[str, object]:
    return {"name": name, "n": max(highest, 1), "used": highest > 0}
