"""Which articles may resemble which: look-ups in the two indexes, for all articles of a batch at once."""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Table, any_, bindparam, func, select, text

from aggregator.model import Reach, Report, Seconds
from aggregator.store.engine import Db
from aggregator.store.tables import CLUE, SKETCH

_SHIFT = 40
"""A posting is one integer, time and id, so that lists of them are sorted, cut by time and counted at C's speed."""

_ID = (1 << _SHIFT) - 1
Postings = Mapping[int, list[int]]


def pairs(db: Db, reports: Sequence[Report], reach: Callable[[Report], Reach]) -> set[tuple[int, int]]:
    """Pairs (a < b) that share enough hashes of the sketch (copies) or clues (stories) within their windows.

    Of many, the nearest to each report: most shared hashes first, then nearest in time, then the smallest id.
    """
    if not reports:
        return set()
    reaches = [reach(report) for report in reports]
    sketches = [report.features.sketch for report in reports]
    clues = [report.features.clues for report in reports]
    whens = [report.when for report in reports]
    texts = _postings(db, SKETCH, sketches, whens, max(one.copy_window for one in reaches))
    events = _postings(db, CLUE, clues, whens, max(one.story_window for one in reaches))
    found: set[tuple[int, int]] = set()
    for report, one in zip(reports, reaches, strict=True):
        copies = _nearest(texts, report, report.features.sketch, one.copy_window, one.needed, one.most)
        stories = _nearest(events, report, report.features.clues, one.story_window, one.clues, one.most)
        found.update(_pair(report.id, other) for other in (*copies, *stories))
    return found


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _postings(
    db: Db, index: Table, hashes: Iterable[Sequence[int]], whens: Sequence[Seconds], window: Seconds
) -> Postings:
    """hash → its postings in order, of all hashes and all times that the batch reaches."""
    found: dict[int, list[int]] = defaultdict(list)
    wanted: Any = sorted({hash_ for some in hashes for hash_ in some})
    if db.dialect.name == "sqlite":
        wanted = json.dumps(wanted)
    given = {"hashes": wanted, "since": min(whens) - window, "until": max(whens) + window}
    for hash_, when, article in db.execute(_NEAR[index.name, db.dialect.name], given):
        found[hash_].append(when << _SHIFT | article)
    for postings in found.values():
        postings.sort()
    return found


def _near(table: Table, dialect: str) -> Select[Any]:
    """Postings of the hashes that several articles share; most hashes of a text are its own. One parameter holds all."""
    near = table.c.occurred.between(bindparam("since"), bindparam("until"))
    given = (
        table.c.hash.in_(text("SELECT value FROM json_each(:hashes)"))
        if dialect == "sqlite"
        else table.c.hash == any_(bindparam("hashes", type_=ARRAY(BigInteger)))
    )
    shared = select(table.c.hash).where(given, near).group_by(table.c.hash).having(func.count() > 1)
    return select(table.c.hash, table.c.occurred, table.c.article).where(table.c.hash.in_(shared), near)


_NEAR = {
    (table.name, dialect): _near(table, dialect) for table in (SKETCH, CLUE) for dialect in ("sqlite", "postgresql")
}


def _nearest(
    postings: Postings, report: Report, hashes: Sequence[int], window: Seconds, needed: int, most: int
) -> Iterator[int]:
    since, until = (report.when - window) << _SHIFT, (report.when + window + 1) << _SHIFT
    shared: Counter[int] = Counter()
    for hash_ in hashes:
        some = postings.get(hash_)
        if some is not None and len(some) > 1:
            shared.update(some[bisect_left(some, since) : bisect_left(some, until)])
    shared.pop(report.when << _SHIFT | report.id, None)
    return (posting & _ID for posting in _best(shared, report.when, needed, most))


def _best(shared: Mapping[int, int], when: Seconds, needed: int, most: int) -> list[int]:
    """The `most` that share most, the nearest in time first among equals; a number of hashes at a time."""
    levels: dict[int, list[int]] = defaultdict(list)
    for posting, count in shared.items():
        levels[count].append(posting)
    found: list[int] = []
    for count in sorted((count for count in levels if count >= needed), reverse=True):
        level = levels[count]
        if len(found) + len(level) > most:
            level = _around(sorted(level), when, most - len(found))
        found += level
        if len(found) >= most:
            break
    return found


def _around(level: list[int], when: Seconds, most: int) -> list[int]:
    """The `most` nearest to a time, the smaller id first among equally near; `level` is sorted."""
    middle = bisect_left(level, when << _SHIFT)
    left = max(0, middle - most)
    left = bisect_left(level, level[left] >> _SHIFT << _SHIFT) if level else 0
    near = level[left : middle + most]
    return nsmallest(most, near, key=lambda posting: (abs((posting >> _SHIFT) - when), posting & _ID))
