"""What ages: indexes after their windows, bodies after the operator's days. What was published stays findable."""

from sqlalchemy import Table, delete, select

from aggregator.model import Seconds
from aggregator.store.engine import Db, chunks
from aggregator.store.tables import ARTICLE, BODY, CLUE, FACTS, SKETCH

DAY = 86400
SKETCH_DAYS = 31
"""A day more than the window in which copies are looked for."""

CLUE_DAYS = 4
"""A day more than the window in which stories are looked for."""


def prune(db: Db, now: Seconds, days: int) -> int:
    """Drop what is past its time; returns how many bodies went. An article that still waits for its story keeps all."""
    for table, kept in ((CLUE, min(days, CLUE_DAYS)), (SKETCH, min(days, SKETCH_DAYS))):
        waiting = select(ARTICLE.c.id).where(ARTICLE.c.placed.is_(False))
        db.execute(delete(table).where(table.c.occurred < now - kept * DAY, table.c.article.not_in(waiting)))
    return _drop(db, (BODY, FACTS), now - days * DAY)


def _drop(db: Db, tables: tuple[Table, ...], before: Seconds) -> int:
    old = select(ARTICLE.c.id).where(ARTICLE.c.occurred < before, ARTICLE.c.placed)
    held = select(tables[0].c.article).where(tables[0].c.article.in_(old)).distinct()
    ids = list(db.execute(held).scalars())
    for part in chunks(ids):
        for table in tables:
            db.execute(delete(table).where(table.c.article.in_(part)))
    return len(ids)
