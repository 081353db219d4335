"""The sample newsroom's pieces stored and placed in this process, as often and in whatever order a test likes."""

import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from store_making import batch

from aggregator import pipeline, store, stories
from aggregator.demo.newsroom import load
from aggregator.model import Article, Match, Prepared
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY, STORY

NOW = 1_790_000_000
TRUST = {outlet.id: outlet.trust for outlet in load().outlets}
TOPICS = tuple(sorted({topic for piece in load().pieces for topic in piece.topics}))

Parts = frozenset[frozenset[str]]


@lru_cache
def pieces() -> tuple[Prepared, ...]:
    found = []
    for piece in load().pieces:
        url = piece.url(load().outlet(piece.outlet), 80)
        article = Article(
            source=piece.outlet, key=piece.id, url=url, url_key=url, title=piece.title, html="", text=piece.text,
            language=piece.lang, published=piece.published(NOW), updated=None, digest=piece.id.encode(),
        )  # fmt: skip
        features = stories.describe(piece.title, piece.text, piece.lang)
        found.append(Prepared(article, features, tuple(Match(topic, 5.0) for topic in piece.topics)))
    return tuple(found)


def tools() -> Any:
    config = SimpleNamespace(site=SimpleNamespace(hold=0))
    live = SimpleNamespace(trust=TRUST, topic_ids=TOPICS, number=1, config=config)
    return SimpleNamespace(live=live, now=lambda: NOW)


def place(opened: Store, limit: int) -> None:
    placed = 1
    while placed:
        with opened.writing() as db:
            placed = pipeline.place(db, tools(), limit)


def arrive(opened: Store, items: Sequence[Prepared], limit: int) -> None:
    by_source: dict[str, list[Prepared]] = defaultdict(list)
    for item in items:
        by_source[item.article.source].append(item)
    for source, some in by_source.items():
        claim = SimpleNamespace(source=source, feed=1, boilerplate=b"")
        with opened.writing() as db:
            store.articles.ingest(db, claim, batch(*some), NOW, 1, lambda *_: True)  # type: ignore[arg-type]
    place(opened, limit)


def partition(opened: Store) -> tuple[Parts, Parts]:
    """Stories, and copy groups of two and more, as sets of piece ids."""
    told: dict[int, set[str]] = defaultdict(set)
    copies: dict[int, set[str]] = defaultdict(set)
    with opened.reading() as db:
        rows = list(
            db.execute(select(ARTICLE.c.id, ARTICLE.c.key, ARTICLE.c.story, ARTICLE.c.copy_of, ARTICLE.c.placed))
        )
    keys = {row.id: row.key for row in rows}
    for row in rows:
        assert row.placed
        assert row.story is not None
        told[row.story].add(row.key)
        if row.copy_of is not None:
            copies[row.copy_of] |= {row.key, keys[row.copy_of]}
    return frozenset(map(frozenset, told.values())), frozenset(map(frozenset, copies.values()))


def addresses(opened: Store) -> dict[str, str]:
    """The public id of each published story → that of the story it leads to."""
    with opened.reading() as db:
        rows = {row.id: row for row in db.execute(select(STORY).where(STORY.c.entered.is_not(None)))}
    for row in rows.values():
        if row.alias_of is not None:
            assert rows[row.alias_of].alias_of is None, "no chain of aliases"
    return {row.slug: rows[row.alias_of].slug if row.alias_of is not None else row.slug for row in rows.values()}


def numbers(opened: Store) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    with opened.reading() as db:
        for row in db.execute(select(ENTRY.c.topic, ENTRY.c.number).order_by(ENTRY.c.number)):
            found[row.topic].append(row.number)
    return found


def fresh(tmp_path: Path, name: str) -> Store:
    opened = store.Store(f"sqlite:///{tmp_path / name}.db")
    store.schema.ensure(opened)
    return opened


def half(url: str, seed: int, which: int) -> None:
    """Every other piece, stored and placed in random portions: what one of two processes does. Waits for a line first."""
    opened, chance = store.Store(url), random.Random(seed + which)
    waiting = list(pieces())[which::2]
    chance.shuffle(waiting)
    print("ready", flush=True)
    sys.stdin.readline()
    while waiting:
        count = chance.choice((1, 3, 10, 40))
        arrive(opened, waiting[:count], chance.choice((1, 2, 7, 50)))
        waiting = waiting[count:]
    opened.close()


def difference(found: Parts, wanted: Parts) -> str:
    return f"only here {sorted(map(sorted, found - wanted))}, only at once {sorted(map(sorted, wanted - found))}"


if __name__ == "__main__":
    half(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
