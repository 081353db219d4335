"""Placing what waits: an article that cannot be placed by a fault of ours is set aside, and keeps no other one waiting."""

from collections import Counter
from collections.abc import Collection, Mapping

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
    turns = _Turns(tools)
    while await turns.one():
        pass
    return turns.placed


class _Turns:
    """How far placing has got: `together` are tried next, without those of the `bad` pairs and why each is bad."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._together = TOGETHER
        self._bad: dict[Pair, BaseException] = {}
        self._aside = 0
        self.placed = 0

    async def one(self) -> bool:
        """Place a batch, or learn why it cannot be; False when nothing waits any more."""
        hidden = guilty(self._bad)
        try:
            placed = await self._tools.write(_place, self._tools, self._together, hidden)
        except StoreError:
            raise
        except CannotCompare as error:
            if error.pair in self._bad:
                raise
            self._bad[error.pair] = error.__cause__ or error
            return True
        except Exception as error:  # noqa: BLE001 - the boundary of a job
            await self._narrow(hidden, error)
            return True
        self.placed += placed
        self._together = min(TOGETHER, self._together * 2)
        await self._set_aside(
            {one: next(why for pair, why in self._bad.items() if one in pair) for one in sorted(hidden)}
        )
        self._bad.clear()
        return bool(placed or hidden)

    async def _narrow(self, hidden: Collection[int], error: Exception) -> None:
        """Half as many next time, until it is one article that fails alone."""
        if self._aside >= HOPELESS and not self.placed:
            raise error
        if self._together > 1:
            self._together = (self._together + 1) // 2
            return
        first = await self._tools.write(_first, self._tools, hidden)
        await self._set_aside(dict.fromkeys(first, error))
        self._together = TOGETHER

    async def _set_aside(self, articles: Mapping[int, BaseException]) -> None:
        for article, error in articles.items():
            message = f"{type(error).__name__}: {error}"
            one = await self._tools.write(store.stuck.put, article, message, self._tools.now())
            log.error(
                "article set aside: it cannot be placed by a fault of this program; the others are",
                article=one.article, source=one.source, url=one.url, exc_info=error,
            )  # fmt: skip
        self._aside += len(articles)


def guilty(bad: Collection[Pair]) -> frozenset[int]:
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
    aside = store.stuck.ids(db, tools.now()).union(hidden)
    return store.placing.unplaced(db, 1, aside, tools.now(), tools.live.config.site.hold)
