"""What ages: indexes after their windows, bodies after the operator's days. What was published stays findable."""

from sqlalchemy import Table, delete, func, select

from aggregator.model import Seconds
from aggregator.store.engine import Db, chunks, set_meta
from aggregator.store.tables import ARTICLE, BODY, CLUE, FACTS, RULES, RUN, SKETCH

DAY = 86400
KEEP_DAYS = 90
"""Runs and rules of the past are kept so long."""

VACUUM_PAGES = 5_000
"""Pages given back to the file system at most at once: 20 MB."""

SKETCH_DAYS = 31
"""A day more than the window in which copies are looked for."""

CLUE_DAYS = 4
"""A day more than the window in which stories are looked for."""


def prune(db: Db, now: Seconds, days: int) -> int:
    """Drop what is past its time; returns how many bodies went. An article that still waits for its story keeps all."""
    for table, kept in ((CLUE, min(days, CLUE_DAYS)), (SKETCH, min(days, SKETCH_DAYS))):
        waiting = select(ARTICLE.c.id).where(ARTICLE.c.placed.is_(False))
        db.execute(delete(table).where(table.c.occurred < now - kept * DAY, table.c.article.not_in(waiting)))
    dropped = _drop(db, (BODY, FACTS), now - days * DAY)
    _forget(db, now - KEEP_DAYS * DAY)
    _give_back_space(db)
    set_meta(db, "tended", str(now))
    return dropped


def _give_back_space(db: Db) -> None:
    """SQLite's file shrinks by what is free in it. Python's driver takes one step of this PRAGMA: a page at a time then."""
    if db.dialect.name == "sqlite":
        free = int(db.exec_driver_sql("PRAGMA freelist_count").scalar_one())
        for _ in range(min(free, VACUUM_PAGES)):
            db.exec_driver_sql("PRAGMA incremental_vacuum(1)")


def _forget(db: Db, before: Seconds) -> None:
    """Runs that ended and rules that were replaced long ago; numbers are given out beyond the newest, which stay."""
    newest = select(func.max(RUN.c.id)).scalar_subquery()
    db.execute(delete(RUN).where(RUN.c.ended < before, RUN.c.id < newest))
    last = select(func.max(RULES.c.id)).scalar_subquery()
    db.execute(delete(RULES).where(RULES.c.active.is_(False), RULES.c.activated < before, RULES.c.id < last))


def _drop(db: Db, tables: tuple[Table, ...], before: Seconds) -> int:
    old = select(ARTICLE.c.id).where(ARTICLE.c.occurred < before, ARTICLE.c.placed)
    held = select(tables[0].c.article).where(tables[0].c.article.in_(old)).distinct()
    ids = list(db.execute(held).scalars())
    for part in chunks(ids):
        for table in tables:
            db.execute(delete(table).where(table.c.article.in_(part)))
    return len(ids)
