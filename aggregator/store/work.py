"""How the work goes: what waits, who works, how large everything is; the numbers behind /metrics and its alerts."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import and_, func, or_, select, text

from aggregator.model import Seconds
from aggregator.store import incidents, runs, stuck
from aggregator.store.engine import Db, get_meta, shared_clock
from aggregator.store.tables import ARTICLE, FEED, HOST, PUBLICATION, RUN


@dataclass(frozen=True, slots=True)
class Work:
    """Times in seconds, sizes in bytes; None for what this kind of database does not have or what never happened.

    `overdue` are feeds that are due while nobody holds their host, `overdue_for` how long the oldest of them waits; the
    same for articles without a story (but not those set aside, `stuck`) and feeds to render. `refused`: the configuration
    is. `polls` and `failed` count since the database was made.
    """

    polls: int
    failed: int
    overdue: int
    overdue_for: Seconds
    leased: int
    runs: int
    unplaced: int
    unplaced_for: Seconds
    stuck: int
    unrendered: int
    unrendered_for: Seconds
    database: int
    log: int | None
    disk_free: int | None
    backed_up: Seconds | None
    tended: Seconds | None
    refused: bool
    jobs: Mapping[str, int]


def gather(db: Db, now: Seconds) -> Work:
    """All of it, by a handful of queries that use indexes."""
    polls, failed = db.execute(
        select(func.coalesce(func.sum(FEED.c.polls), 0), func.coalesce(func.sum(FEED.c.failed_polls), 0))
    ).one()
    overdue, oldest = _overdue(db, now)
    aside = [one.article for one in stuck.listed(db)]
    unplaced, first_seen = db.execute(
        select(func.count(), func.min(ARTICLE.c.first_seen)).where(
            ARTICLE.c.placed.is_(False), ARTICLE.c.id.not_in(aside)
        )
    ).one()
    dirty, since = db.execute(
        select(func.count(), func.min(PUBLICATION.c.dirty)).where(PUBLICATION.c.dirty.is_not(None))
    ).one()
    database, log, free = _sizes(db)
    return Work(
        polls=int(polls), failed=int(failed), overdue=overdue, overdue_for=_age(oldest, now), leased=_leased(db),
        runs=_runs(db, now), unplaced=unplaced, unplaced_for=_age(first_seen, now), stuck=len(aside), unrendered=dirty,
        unrendered_for=_age(since, now), database=database, log=log, disk_free=free,
        backed_up=_noted(db, "backed up"), tended=_noted(db, "tended"),
        refused=incidents.refused(db) is not None, jobs=_jobs(db),
    )  # fmt: skip


def _age(since: Seconds | None, now: Seconds) -> Seconds:
    return 0 if since is None else max(0, now - since)


def _overdue(db: Db, now: Seconds) -> tuple[int, Seconds | None]:
    free = and_(or_(HOST.c.lease_until <= shared_clock(db), HOST.c.lease_token.is_(None)), HOST.c.blocked_until <= now)
    waiting = and_(FEED.c.active, FEED.c.gone.is_(False), FEED.c.due <= now, free)
    query = select(func.count(), func.min(FEED.c.due)).join(HOST, HOST.c.name == FEED.c.host).where(waiting)
    count, oldest = db.execute(query).one()
    return int(count), oldest


def _leased(db: Db) -> int:
    return int(db.execute(select(func.count()).where(HOST.c.lease_run.is_not(None))).scalar_one())


def _runs(db: Db, now: Seconds) -> int:
    alive = and_(RUN.c.ended.is_(None), RUN.c.beat >= now - runs.SILENT)
    return int(db.execute(select(func.count()).where(alive)).scalar_one())


def _noted(db: Db, name: str) -> Seconds | None:
    value = get_meta(db, name)
    return None if value is None else int(value)


def _sizes(db: Db) -> tuple[int, int | None, int | None]:
    """The database, SQLite's write-ahead log, and what is free where they lie."""
    if db.dialect.name == "postgresql":
        return int(db.execute(text("SELECT pg_database_size(current_database())")).scalar_one()), None, None
    file = Path(str(db.engine.url.database))
    log = file.with_name(file.name + "-wal")
    pages, size = (int(db.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("page_count", "page_size"))
    return pages * size, log.stat().st_size if log.exists() else 0, shutil.disk_usage(file.parent).free


def _jobs(db: Db) -> dict[str, int]:
    """Jobs of the queue by status; empty where there is none."""
    if db.dialect.name != "postgresql":
        return {}
    if db.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        return {}
    found = dict.fromkeys(("todo", "doing", "failed"), 0)
    rows = db.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"))
    return found | {row[0]: int(row[1]) for row in rows if row[0] in found}
