"""What ages: indexes after their windows, bodies after the operator's days. What was published stays findable."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Column, ColumnElement, and_, delete, func, select, true, update

from aggregator.model import Seconds
from aggregator.store.engine import Db, set_meta
from aggregator.store.placing import begin
from aggregator.store.postings import COPIES, STORIES, Index, forget
from aggregator.store.tables import ARTICLE, BODY, FACTS, INCIDENT, REVISION, RULES, RUN

DAY = 86400
KEEP_DAYS = 90
"""Runs and rules of the past are kept so long."""

VACUUM_PAGES = 5_000
"""Pages given back to the file system at most at once: 20 MB."""

SKETCH_DAYS = 31
"""A day more than the window in which copies are looked for."""

CLUE_DAYS = 4
"""A day more than the window in which stories are looked for."""


ROWS = 20_000
"""Rows that one step looks through: a few dozen milliseconds, for which others wait on SQLite."""

POSTINGS = 512
"""Rows of an index that one step looks through: each holds dozens of postings."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a step has got: the key that it looked at last, and how many texts went meanwhile. `done`: to its end."""

    last: int | None = None
    dropped: int = 0
    done: bool = False


Step = Callable[[Db, Mark], Mark]


def steps(now: Seconds, days: int) -> tuple[Step, ...]:
    """What is past its time, in steps. Each is called with its own last mark, in a transaction of its own each time,
    until it says that it is done: polls go on in between. An article that still waits for its story keeps all.
    """
    return (
        partial(_drop_postings, STORIES, now - min(days, CLUE_DAYS) * DAY),
        partial(_drop_postings, COPIES, now - min(days, SKETCH_DAYS) * DAY),
        partial(_drop_texts, now - days * DAY),
        partial(_finish, now),
    )


def prune(db: Db, now: Seconds, days: int) -> int:
    """All steps in one transaction, where nobody waits for it; returns how many texts went."""
    dropped = 0
    for step in steps(now, days):
        mark = Mark()
        while not mark.done:
            mark = step(db, mark)
            dropped += mark.dropped
    return dropped


def _drop_postings(index: Index, before: Seconds, db: Db, mark: Mark) -> Mark:
    """The next POSTINGS rows of an index, between two turns of the placer, who else writes them."""
    begin(db)
    first = 0 if mark.last is None else mark.last + 1
    end = min(first + POSTINGS, 1 << index.bits)
    forget(db, index, before, range(first, end))
    return Mark(end - 1, done=end == 1 << index.bits)


def _drop_texts(before: Seconds, db: Db, mark: Mark) -> Mark:
    near, last = _following(db, ARTICLE.c.id, mark)
    old = select(ARTICLE.c.id).where(near, ARTICLE.c.occurred < before, ARTICLE.c.placed)
    db.execute(delete(FACTS).where(FACTS.c.article.in_(old)))
    db.execute(update(REVISION).where(REVISION.c.article.in_(old), REVISION.c.blob.is_not(None)).values(blob=None))
    dropped = db.execute(delete(BODY).where(BODY.c.article.in_(old))).rowcount
    return Mark(last, dropped, last is None)


def _following(db: Db, key: Column[int], mark: Mark) -> tuple[ColumnElement[bool], int | None]:
    """The condition for the next ROWS of a table and the last key among them; None when they are its last ones."""
    after = true() if mark.last is None else key > mark.last
    last = db.execute(select(key).where(after).order_by(key).offset(ROWS - 1).limit(1)).scalar()
    return (after if last is None else and_(after, key <= last)), last


def _finish(now: Seconds, db: Db, _: Mark) -> Mark:
    _forget(db, now - KEEP_DAYS * DAY)
    _give_back_space(db)
    set_meta(db, "tended", str(now))
    return Mark(done=True)


def _give_back_space(db: Db) -> None:
    """SQLite's file shrinks by what is free in it. Python's driver takes one step of this PRAGMA: a page at a time then."""
    if db.dialect.name == "sqlite":
        free = int(db.exec_driver_sql("PRAGMA freelist_count").scalar_one())
        for _ in range(min(free, VACUUM_PAGES)):
            db.exec_driver_sql("PRAGMA incremental_vacuum(1)")


def _forget(db: Db, before: Seconds) -> None:
    """Runs and incidents that ended and rules that were replaced long ago; numbers are given out beyond the newest, which
    stay.
    """
    newest = select(func.max(RUN.c.id)).scalar_subquery()
    db.execute(delete(RUN).where(RUN.c.ended < before, RUN.c.id < newest))
    latest = select(func.max(INCIDENT.c.id)).scalar_subquery()
    db.execute(delete(INCIDENT).where(INCIDENT.c.ended < before, INCIDENT.c.id < latest))
    last = select(func.max(RULES.c.id)).scalar_subquery()
    db.execute(delete(RULES).where(RULES.c.active.is_(False), RULES.c.activated < before, RULES.c.id < last))
