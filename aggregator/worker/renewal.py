"""Bringing the archive's stories under new rules: beside everything else, and on from where it was broken off."""

import asyncio
from collections.abc import Callable, Sequence

from aggregator import store, stories
from aggregator.bootstrap import Tools
from aggregator.model import Features
from aggregator.store.renewal import Stale
from aggregator.worker.placing import place_all

PAGE = 250


async def renew(tools: Tools, *, anew: bool = False, seen: Callable[[int], None] = lambda _: None) -> int:
    """Describe, compare and group what was judged under other rules; returns how many articles.

    Public ids, rulings and pins hold: a story is only another set of reports. `anew`: everything, as if no rule had been
    applied yet. `seen` hears of each page.
    """
    rule, done = stories.RULE_VERSION, 0
    if anew:
        await tools.write(store.renewal.begin, rule)
    while True:
        with tools.store.reading() as db:
            after = store.renewal.position(db, rule)
            page = [] if after is None else store.renewal.page(db, after, PAGE)
        if after is None:
            return done
        found = await asyncio.to_thread(_described, page)
        await tools.write(store.renewal.keep, rule, after, page, found)
        await place_all(tools)
        done += len(page)
        seen(len(page))


def _described(page: Sequence[Stale]) -> dict[int, Features]:
    return {one.id: stories.describe(one.title, one.text, one.language) for one in page}
