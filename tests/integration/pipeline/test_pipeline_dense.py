"""A day on which all write of one thing: more reports of one event than are looked at for each of them."""

import random
from collections import Counter
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from placed_newsroom import NOW, fresh, partition, place
from store_making import batch

from aggregator import store, stories
from aggregator.model import Article, Prepared
from benchmarks.stories_stream import event, told

pytestmark = pytest.mark.slow

REPORTS, OTHERS = 80, 160


@lru_cache(maxsize=1)
def day() -> tuple[Prepared, ...]:
    """Retellings of one event among other news, shuffled, a few minutes between two."""
    chance = random.Random(1)
    first = event(chance)
    retold = [("big", told(chance, first.language, first.names, first.numbers, first)) for _ in range(REPORTS)]
    pieces = [*retold, *(("other", event(chance)) for _ in range(OTHERS))]
    chance.shuffle(pieces)
    found = []
    for number, (label, piece) in enumerate(pieces):
        article = Article(
            source=f"s{number}", key=f"{label} {number}", url=None, url_key=None, title=piece.title, html="",
            text=piece.text, language=piece.language, published=NOW - 86400 + number * 300, updated=None,
            digest=str(number).encode(),
        )  # fmt: skip
        found.append(Prepared(article, stories.describe(piece.title, piece.text, piece.language), ()))
    return tuple(found)


def stories_of(tmp_path: Path, together: int) -> frozenset[frozenset[str]]:
    """The stories when so many articles arrive and are placed at a time."""
    opened = fresh(tmp_path, str(together))
    for start in range(0, len(day()), together):
        for item in day()[start : start + together]:
            claim = SimpleNamespace(source=item.article.source, feed=1, boilerplate=b"")
            with opened.writing() as db:
                store.articles.ingest(db, claim, batch(item), NOW, 1, lambda *_: True)  # type: ignore[arg-type]
        place(opened, 1000)
    found = partition(opened)[0]
    opened.close()
    return found


def test_a_story_of_eighty_reports_is_one_however_many_are_placed_together(tmp_path: Path) -> None:
    """With sixteen candidates for each, the largest story has 26 reports: an edge that was not looked for counts as none."""
    at_once = stories_of(tmp_path, 1000)
    assert {together: stories_of(tmp_path, together) for together in (7, 60)} == dict.fromkeys((7, 60), at_once)
    largest = max(at_once, key=len)
    assert Counter(key.split()[0] for key in largest)["big"] > REPORTS * 0.8
    assert not [key for key in largest if key.startswith("other")]


def test_a_report_has_at_most_fifty_candidates_for_its_story_and_fifty_for_copies(tmp_path: Path) -> None:
    opened = fresh(tmp_path, "counted")
    with opened.writing() as db:
        for item in day():
            claim = SimpleNamespace(source=item.article.source, feed=1, boilerplate=b"")
            store.articles.ingest(db, claim, batch(item), NOW, 1, lambda *_: True)  # type: ignore[arg-type]
        waiting = store.placing.unplaced(db, 1000)
        reports = store.reports.Reports(db, {}).of(waiting)
        met = [store.candidates.meet(db, [report], stories.reach) for report in reports]
    opened.close()
    reach = stories.reach(reports[0])
    assert max(map(len, met)) <= reach.most + reach.most_stories
    assert max(map(len, met)) >= reach.most_stories, "the day is dense enough for this test"
