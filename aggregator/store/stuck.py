"""Articles that could not be placed by a fault of this program: set aside for a while, so that no other one waits."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from aggregator.model import Seconds
from aggregator.store.engine import Db, chunks, plain, set_meta
from aggregator.store.tables import ARTICLE, META

AGAIN = 6 * 3600
"""Seconds until such an article is tried once more: an update of the program may have mended it."""

_NAME = "stuck "


@dataclass(frozen=True, slots=True)
class Stuck:
    """An article, why it could not be placed, since when it is set aside, and until when."""

    article: int
    source: str
    url: str | None
    message: str
    since: Seconds
    until: Seconds


def put(db: Db, article: int, message: str, now: Seconds) -> Stuck:
    """Set an article aside; one that was before keeps its beginning."""
    since = next((one.since for one in listed(db) if one.article == article), now)
    value = {"message": plain(message)[:500], "since": since, "until": now + AGAIN}
    set_meta(db, f"{_NAME}{article}", json.dumps(value, ensure_ascii=False))
    return next(one for one in listed(db) if one.article == article)


def ids(db: Db, now: Seconds) -> frozenset[int]:
    """Articles that are not to be looked at now."""
    return frozenset(article for article, value in _values(db).items() if _waits(value["until"], now))


def forget_placed(db: Db, now: Seconds) -> None:
    """Articles that were tried again, and are placed, are set aside no more."""
    due = [article for article, value in _values(db).items() if not _waits(value["until"], now)]
    for part in chunks(due):
        placed = db.execute(select(ARTICLE.c.id).where(ARTICLE.c.id.in_(part), ARTICLE.c.placed)).scalars()
        db.execute(delete(META).where(META.c.name.in_([f"{_NAME}{article}" for article in placed])))


def listed(db: Db) -> tuple[Stuck, ...]:
    """All that are set aside, by id."""
    values = _values(db)
    columns = (ARTICLE.c.id, ARTICLE.c.source, ARTICLE.c.url)
    rows = (r for part in chunks(values) for r in db.execute(select(*columns).where(ARTICLE.c.id.in_(part))))
    return tuple(Stuck(row.id, row.source, row.url, **values[row.id]) for row in sorted(rows, key=lambda r: r.id))


def in_words(one: Stuck) -> str:
    """For an operator."""
    return (
        f"article {one.article} ({one.url}) could not be placed by a fault of this program: {one.message}; "
        "it is tried again every six hours, and after an update; please report it"
    )


def _waits(until: Seconds, now: Seconds) -> bool:
    """A time far ahead was written under a wrong clock."""
    return now < until <= now + 2 * AGAIN


def _values(db: Db) -> dict[int, dict[str, Any]]:
    rows = db.execute(select(META.c.name, META.c.value).where(META.c.name.startswith(_NAME)))
    return {int(row.name.removeprefix(_NAME)): json.loads(row.value) for row in rows}
