"""Bringing the archive under new rules: a page at a time, resumable, beside everything else.

Articles take their new topics page by page, each page one short transaction; a killed process goes on where it ended.
The feeds follow in one transaction after the last page, so that no reader ever sees half of a topic under new rules.
"""

import structlog

from aggregator import store
from aggregator.bootstrap import Tools
from aggregator.model import Match, StoredArticle
from aggregator.store import Db
from aggregator.worker.pool import Matchable, Pool

log = structlog.get_logger()

PAGE = 500

_warned: set[int] = set()
"""Numbers of rules of ours that other ones replaced, and that we have spoken of."""


async def rematch(tools: Tools, pool: Pool, *, waiting: bool = False) -> int:
    """Match again what was matched under other rules; returns how many articles changed topics.

    `waiting`: only articles without a story, which were under way in the pool as the rules changed. Once another
    process has activated its rules, ours are past: matching the archive by them would undo its work, and it ours.
    """
    changed, after, live = 0, 0, tools.live

    def page_after(position: int) -> list[StoredArticle]:
        with tools.store.reading() as db:
            if not _in_force(db, live.number):
                return []
            return store.rules.outdated(db, live.number, position, PAGE, waiting=waiting)

    while page := page_after(after):
        countries = {source.id: source.country for source in live.config.sources}
        texts = [Matchable(a.title, a.text, a.language, a.source, countries.get(a.source, "")) for a in page]
        found = dict(zip((article.id for article in page), await pool.match(texts), strict=True))
        changed += await tools.write(_replace, found, tools)
        after = page[-1].id
    if not waiting and not _follows(tools):
        await tools.write(_settle, tools)
    return changed


def _in_force(db: Db, number: int) -> bool:
    """Whether our rules are the live ones; says once that others have replaced them."""
    active = store.rules.active(db)
    if active is None or active[0] == number:
        return True
    warn_of(number, active[0])
    return False


def warn_of(ours: int, theirs: int) -> None:
    """Say once that another process's rules hold instead of ours."""
    if ours not in _warned:
        _warned.add(ours)
        told = "another process activated other rules, the newest hold; give both the same configuration"
        log.warning(told, ours=ours, theirs=theirs)


def _follows(tools: Tools) -> bool:
    """Whether the feeds follow the live rules already, or those are not ours to follow."""
    with tools.store.reading() as db:
        number = tools.live.number
        return store.rules.is_settled(db, number) or not _in_force(db, number)


def _replace(db: Db, found: dict[int, tuple[Match, ...]], tools: Tools) -> int:
    """New topics of a page of articles; nothing when other rules became the live ones meanwhile."""
    live = tools.live
    if not _in_force(db, live.number):
        return 0
    late = store.rules.is_settled(db, live.number)
    if late:
        store.placing.begin(db)
    moved = store.rules.rematch(db, live.number, found)
    if late:  # the feeds follow these rules already: what another process stored under older ones comes after
        store.entries.refresh(db, store.entries.stories_of(db, moved), tools.now(), live.topic_ids)
    return len(moved)


def _settle(db: Db, tools: Tools) -> None:
    """Bring all feeds under the live rules: every story whose reports have other topics now, at once."""
    store.placing.begin(db)  # a story must not change while its entries do
    if _in_force(db, tools.live.number):
        follow(db, tools.live.number, tools.live.topic_ids, tools.now())


def follow(db: Db, number: int, live: tuple[str, ...], now: int) -> None:
    """The entries of all stories, made to agree with the matches of their reports."""
    store.entries.refresh(db, store.rules.unsettled(db, live), now, live)
    store.entries.mark_dirty(db, (*live, store.entries.EVERYTHING), now)  # items tell why they are in a topic
    store.rules.settled(db, number)
