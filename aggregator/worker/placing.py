"""Placing what waits: an article that cannot be placed by a fault of ours is set aside, and keeps no other one waiting."""

from collections import Counter
from collections.abc import Collection, Sequence

import structlog

from aggregator import pipeline, store
from aggregator.bootstrap import Tools
from aggregator.errors import CannotCompare, StoreError
from aggregator.store import Db

log = structlog.get_logger()

TOGETHER = 1000
"""Articles placed in one transaction, at most."""

HOPELESS = 20
"""So many articles set aside one after the other, and none placed: the fault is not theirs."""

Pair = tuple[int, int]


async def place_all(tools: Tools) -> int:
    """Place whatever waits; returns how many articles that were.

    A batch that fails is halved until the first article fails alone: that one is set aside (store/stuck.py), as is an
    article that cannot be compared with others. Errors: the fault itself when no article can be placed at all.
    """
    total, together, aside = 0, TOGETHER, 0
    bad: list[Pair] = []
    while True:
        hidden = guilty(bad)
        try:
            placed = await tools.write(_place, tools, together, hidden)
        except StoreError:
            raise
        except CannotCompare as error:
            if error.pair in bad:
                raise
            bad.append(error.pair)
            cause = error.__cause__ or error
            continue
        except Exception as error:
            if aside >= HOPELESS and not total:
                raise
            if together == 1:
                aside += await _set_aside(tools, await tools.write(_first, tools, hidden), error)
            together = TOGETHER if together == 1 else (together + 1) // 2
            continue
        if hidden:
            aside += await _set_aside(tools, sorted(hidden), cause)
            bad.clear()
        elif not placed:
            return total
        total, together = total + placed, min(TOGETHER, together * 2)


def guilty(bad: Sequence[Pair]) -> frozenset[int]:
    """Who must be left out so that no bad pair is left: those of the most pairs first, of equals the latest."""
    found: set[int] = set()
    while left := [pair for pair in bad if found.isdisjoint(pair)]:
        times = Counter(end for pair in left for end in pair)
        found.add(max(times, key=lambda article: (times[article], article)))
    return frozenset(found)


def _place(db: Db, tools: Tools, together: int, hidden: Collection[int]) -> int:
    aside = store.stuck.ids(db, tools.now()).union(hidden)
    placed = pipeline.place(db, tools, together, aside)
    store.stuck.forget_placed(db, tools.now())
    return placed


def _first(db: Db, tools: Tools, hidden: Collection[int]) -> tuple[int, ...]:
    """The first of those that `pipeline.place` takes."""
    aside, ripe = store.stuck.ids(db, tools.now()).union(hidden), tools.now() + 1 - tools.live.config.site.hold
    return store.placing.unplaced(db, 1, aside, ripe)


async def _set_aside(tools: Tools, articles: Sequence[int], error: BaseException) -> int:
    message = f"{type(error).__name__}: {error}"
    for article in articles:
        one = await tools.write(store.stuck.put, article, message, tools.now())
        log.error(
            "article set aside: it cannot be placed by a fault of this program; the others are",
            article=one.article, source=one.source, url=one.url, exc_info=error,
        )  # fmt: skip
    return len(articles)
