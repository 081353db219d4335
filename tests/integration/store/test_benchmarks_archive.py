"""An archive for measurements is a sound store: more articles, each in its story, and feeds as before their first poll."""

import sqlite3
from contextlib import closing
from pathlib import Path

from store_making import NOW, ingest, one_claim, prepared

from aggregator import store
from aggregator.bootstrap import open_store
from aggregator.model import Group
from benchmarks.archive import grow


def test_an_import_is_multiplied_into_the_past(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    opened = open_store(f"sqlite:///{path}")
    claim = one_claim(opened)
    ingest(opened, claim, prepared("one"), prepared("two"))
    with opened.writing() as db:
        touched = store.placing.settle(db, [(Group((1,)), 1), (Group((2,)), 2)], NOW)
        store.entries.refresh(db, touched, NOW, ("all",))
    opened.close()
    assert grow(path, 21) == 20, "whole copies only"
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        in_stories = "SELECT count(DISTINCT article.story) FROM article JOIN story ON story.canonical = article.id"
        assert db.execute(f"{in_stories} AND story.id = article.story").fetchone() == (20,)
        assert db.execute("SELECT count(*), max(occurred) < ? FROM article", (NOW - 3600,)).fetchone() == (20, 1)
        assert db.execute("SELECT count(*) FROM facts").fetchone() == (0,)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT DISTINCT etag, lease_token, due FROM feed").fetchall() == [(None, None, 0)]
