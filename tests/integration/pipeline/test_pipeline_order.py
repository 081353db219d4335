"""Stories do not depend on the order in which articles arrive, nor on how many are placed at a time.

The sample newsroom's pieces, prepared in this process, are stored and placed in shuffled orders; the partition into
stories and copies must be the same each time, and the address of a published story never changes.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from store_making import batch
from tests_support import new_database

from aggregator import pipeline, store, stories
from aggregator.demo.newsroom import load
from aggregator.model import Article, Match, Prepared
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY, STORY

pytestmark = pytest.mark.slow

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
    live = SimpleNamespace(trust=TRUST, topic_ids=TOPICS, number=1)
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


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Parts, Parts]:
    """All pieces stored in the order of their time and placed together."""
    opened = fresh(tmp_path_factory.mktemp("order"), "whole")
    arrive(opened, sorted(pieces(), key=lambda item: item.article.published), 10_000)
    found = partition(opened)
    opened.close()
    return found


def difference(found: Parts, wanted: Parts) -> str:
    return f"only here {sorted(map(sorted, found - wanted))}, only at once {sorted(map(sorted, wanted - found))}"


def shuffled(opened: Store, seed: int) -> None:
    """Pieces in a random order, in random portions, placed by random limits; addresses checked after each portion."""
    chance = random.Random(seed)
    waiting = list(pieces())
    chance.shuffle(waiting)
    seen: dict[str, str] = {}
    while waiting:
        count = chance.choice((1, 3, 10, 40, 200))
        arrive(opened, waiting[:count], chance.choice((1, 2, 7, 50, 200)))
        waiting = waiting[count:]
        found = addresses(opened)
        assert seen.keys() <= found.keys(), "a published address never vanishes"
        seen = found
    for topic, taken in numbers(opened).items():
        assert taken == list(range(1, len(taken) + 1)), topic


@pytest.mark.parametrize("seed", range(8))
def test_any_order_gives_the_same_stories(tmp_path: Path, at_once: tuple[Parts, Parts], seed: int) -> None:
    opened = fresh(tmp_path, "shuffled")
    shuffled(opened, seed)
    told, copies = partition(opened)
    opened.close()
    assert told == at_once[0], difference(told, at_once[0])
    assert copies == at_once[1], difference(copies, at_once[1])


@pytest.mark.parametrize("seed", [101, 102])
def test_postgresql_gives_the_same_stories(
    request: pytest.FixtureRequest, tmp_path: Path, at_once: tuple[Parts, Parts], seed: int
) -> None:
    for url in new_database("postgresql", request, tmp_path):
        opened = store.Store(url)
        store.schema.ensure(opened)
        shuffled(opened, seed)
        assert partition(opened) == at_once
        opened.close()


def test_placing_everything_again_changes_nothing(tmp_path: Path) -> None:
    opened = fresh(tmp_path, "again")
    arrive(opened, pieces(), 200)
    before = partition(opened), addresses(opened), numbers(opened)
    with opened.writing() as db:
        db.execute(ARTICLE.update().values(placed=False))
    place(opened, 17)
    assert (partition(opened), addresses(opened), numbers(opened)) == before
    opened.close()


def test_an_operators_word_on_an_aged_article_does_not_tear_its_story_apart(tmp_path: Path) -> None:
    """The indexes forget after days and the facts after months; the evidence found while they stood remains."""
    opened = fresh(tmp_path, "aged")
    arrive(opened, pieces(), 200)
    before = partition(opened), addresses(opened)
    for days in (10, 40, 200):
        with opened.writing() as db:
            store.retention.prune(db, NOW + days * 86400, 90)
            db.execute(ARTICLE.update().values(placed=False))
        place(opened, 50)
        assert (partition(opened), addresses(opened)) == before, days
    opened.close()
