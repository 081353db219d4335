"""Bringing the archive under new rules: a page at a time, resumable, beside everything else."""

from aggregator import store
from aggregator.bootstrap import Tools
from aggregator.model import Match, StoredArticle
from aggregator.store import Db
from aggregator.worker.pool import Matchable, Pool

PAGE = 500


async def rematch(tools: Tools, pool: Pool, *, waiting: bool = False) -> int:
    """Match again what was matched under other rules; returns how many articles changed topics.

    `waiting`: only articles without a story, which were under way in the pool as the rules changed.
    """
    changed, after, live = 0, 0, tools.live

    def page_after(position: int) -> list[StoredArticle]:
        with tools.store.reading() as db:
            return store.rules.outdated(db, live.number, position, PAGE, waiting=waiting)

    while page := page_after(after):
        countries = {source.id: source.country for source in live.config.sources}
        texts = [Matchable(a.title, a.text, a.language, a.source, countries.get(a.source, "")) for a in page]
        found = dict(zip((article.id for article in page), await pool.match(texts), strict=True))
        changed += await tools.write(_replace, found, tools)
        after = page[-1].id
    return changed


def _replace(db: Db, found: dict[int, tuple[Match, ...]], tools: Tools) -> int:
    store.placing.begin(db)  # a story must not change while its entries do
    moved = store.rules.rematch(db, tools.live.number, found)
    stories = store.entries.stories_of(db, moved)
    store.entries.refresh(db, stories, tools.now(), tools.live.topic_ids)
    return len(moved)
