"""What the pages ask of the store gives the same answer by SQLite and by PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator import store
from aggregator.store import Store

NOW = 1_795_372_202


@pytest.fixture
def either(opened: Store, tmp_path: Path, make: Callable[[Store, Path], Any]) -> Iterator[Any]:
    made = make(opened, tmp_path)
    yield made
    made.app.service.close()
    made.runner.close()


def test_pages_feeds_and_json_are_the_same(either: Any) -> None:
    assert "124 stories" in either.get("/topics/cargo?hl=en").text
    assert either.get("/feeds/cargo.json?lang=ru&source=vestnik&since=2d&q=submarines").json["items"] == []
    assert len(either.get("/feeds/cargo.json?lang=ru&since=2d").json["items"]) == 1
    assert len(either.get("/feeds/all.json?q=submarines").json["items"]) == 1
    assert either.get(f"/stories/{either.slug('gazette/storm')}").status == 200
    assert either.get("/feeds/cargo/archive/2.atom").status == 200
    for path in (
        "/",
        "/sources",
        "/api/v1/topics",
        "/api/v1/stories?before=50",
        "/api/v1/sources",
        "/stories/%00",
        "/topics/%00",
    ):
        assert either.get(path).status == (404 if "%00" in path else 200)
    either.client = "127.0.0.1"
    assert either.get("/metrics").status == 200


def test_queries_of_the_pages(either: Any) -> None:
    with either.opened.reading() as db:
        assert store.reading.standing(db, NOW - 100_000)["cargo"] == (124, 124)
        assert store.reading.standing(db, NOW - 60)["cargo"] == (124, 0), "by the time of the reports"
        volume = store.reading.volume(db, ["cargo"], NOW - 3 * 86400)
        assert sum(one.reports for one in volume) == 126
        assert {one.day for one in volume} == {NOW // 86400, NOW // 86400 - 1}
        assert sum(one.reports for one in store.reading.volume(db, ["cargo"], NOW - 3600)) == 1
        pages = [store.reading.texts(db, since=0, below=below, limit=200) for below in (None, 3)]
        assert [one.id for one in pages[0]] == list(range(127, 0, -1))
        assert [one.id for one in pages[1]] == [2, 1]
        assert [one.id for one in store.reading.texts(db, since=0, above=124)] == [125, 126, 127]
        known = either.ids
        found = store.reading.stories_of(db, [known["gazette/storm"], known["courier/storm"]])
        assert len(found) == 1
        assert [one.id for one in store.reading.listed(db, "cargo", within=found)] == list(found)
        assert store.reading.story_ids(db, "cargo", within=()) == ()
        edges = store.reading.edges(db, [known["gazette/storm"], known["courier/storm"]])
        assert [edge.kind for edge in edges] == ["copy"]
        assert store.reading.edges(db, [known["gazette/storm"]]) == ()
        slug = either.slug("gazette/storm")
        assert (store.reading.is_story(db, slug), store.reading.is_story(db, "nope")) == (True, False)
