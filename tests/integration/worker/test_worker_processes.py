"""Two processes on one PostgreSQL: polling, placing, publishing and taking over a configuration at the same time."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from papers import TOPIC, Papers, serving, write_config
from sqlalchemy import select

from aggregator import config as configuration
from aggregator import store
from aggregator.bootstrap import activate, files_of, open_live
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY, FEED, HOST, PUBLICATION, STORY
from aggregator.worker.service import stamp

pytestmark = pytest.mark.slow

NOW = int(time.time())


def fetch(config: Path, url: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "aggregator",
        "fetch",
        "--all",
        "--json",
        "--config",
        str(config),
        "--database",
        url,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy())


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Traceback" not in err, err
    return dict(json.loads(out))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_rounds_at_once_poll_each_feed_once_and_lose_nothing(
    opened: Store, database_url: str, tmp_path: Path
) -> None:
    with serving(Papers(30, slow=0.1)) as papers:
        config = write_config(tmp_path / "config", papers)
        for edition in (0, 3):
            papers.edition = edition
            papers.log.clear()
            both = [told(one) for one in [fetch(config, database_url), fetch(config, database_url)]]
            asked = [host for host, _ in papers.log]
            assert sorted(asked) == sorted(set(asked)), "no feed is polled twice"
            assert len(asked) == sum(one["feeds"] for one in both) == 30
            assert [one["errors"] for one in both] == [[], []]
            with opened.reading() as db:
                assert papers.links() <= set(db.execute(select(ARTICLE.c.url)).scalars())
    with opened.reading() as db:
        articles = list(db.execute(select(ARTICLE)))
        assert len({row.url for row in articles}) == len(articles) == 30 * 11
        assert all(row.placed and row.story is not None for row in articles)
        assert store.publications.dirty(db, 2**40) == ()
        standing = {row.story for row in articles}
        for topic in ("all", "cargo"):
            entries = list(db.execute(select(ENTRY).where(ENTRY.c.topic == topic)))
            assert sorted(row.number for row in entries) == list(range(1, len(entries) + 1)), topic
            assert standing <= {row.story for row in entries}, topic
        assert db.execute(select(HOST.c.name).where(HOST.c.lease_token.is_not(None))).first() is None
        slugs = list(db.execute(select(STORY.c.slug)).scalars())
        assert len(set(slugs)) == len(slugs) >= len(standing) > 300


def together(*calls: Any) -> list[Any]:
    """Run them in threads that begin at the same moment."""
    start = threading.Barrier(len(calls))

    def one(call: Any) -> Any:
        start.wait(20)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [done.result(60) for done in [threads.submit(one, call) for call in calls]]


def test_a_new_configuration_is_activated_by_many_at_once(database_url: str, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", Papers(40, port=9))
    loaded, files = configuration.load(config), files_of(config)
    stores = [Store(database_url) for _ in range(4)]
    store.schema.ensure(stores[0])
    lives = together(*(lambda one=one: activate(one, loaded, files, NOW) for one in stores))
    assert len({(live.number, live.tag, live.rules) for live in lives}) == 1
    with stores[0].reading() as db:
        assert len(list(db.execute(select(FEED.c.id)))) == len(list(db.execute(select(HOST.c.name)))) == 40
        assert sorted(db.execute(select(PUBLICATION.c.id)).scalars()) == ["all", "cargo"]
    for one in stores:
        one.close()


def live(opened: Store, config: Path) -> Any:
    found, broken = open_live(opened, config, NOW)
    assert broken is None
    return found


def test_a_topic_that_is_removed_and_returns_has_its_rules_back(opened: Store, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", Papers(1, port=9))
    (config / "topics" / "other.toml").write_text(TOPIC)
    first = live(opened, config)
    (config / "topics" / "cargo.toml").unlink()
    second = live(opened, config)
    assert second.topic_ids == ("other",)
    with opened.reading() as db:
        assert store.publications.is_gone(db, "cargo", NOW)
    (config / "topics" / "cargo.toml").write_text(TOPIC)
    third = live(opened, config)
    assert (third.number, third.rules) == (first.number, first.rules)
    assert second.number != first.number
    with opened.reading() as db:
        assert not store.publications.is_gone(db, "cargo", NOW)


def test_a_renamed_source_keeps_its_feeds_and_doubles_no_article(
    opened: Store, database_url: str, tmp_path: Path
) -> None:
    with serving(Papers(2)) as papers:
        config = write_config(tmp_path / "config", papers)
        assert told(fetch(config, database_url))["new"] == 16
        with opened.writing() as db:  # an address-less article would be doubled first of all
            db.execute(ARTICLE.update().values(url_key=None))
        sources = config / "sources" / "papers.toml"
        sources.write_text(sources.read_text().replace('id = "paper-1"', 'id = "herald"\nformerly = ["paper-1"]'))
        papers.edition = 1
        report = told(fetch(config, database_url))
    assert (report["new"], report["errors"]) == (2, [])
    with opened.reading() as db:
        rows = list(db.execute(select(FEED.c.source, FEED.c.active, FEED.c.polled)))
        assert sorted(row.source for row in rows) == ["herald", "paper-2"]
        assert sorted(set(db.execute(select(ARTICLE.c.source)).scalars())) == ["herald", "paper-2"]


def test_a_broken_edit_changes_nothing_and_the_last_live_files_go_on(opened: Store, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", Papers(1, port=9))
    first = live(opened, config)
    (config / "topics" / "cargo.toml").write_text("title = 3")
    found, broken = open_live(opened, config, NOW)
    assert broken is not None
    assert (found.number, found.rules, found.config.digest) == (first.number, first.rules, first.config.digest)


def test_a_file_that_vanishes_between_two_looks_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "here.toml").write_text("")
    assert [Path(name).name for name, _, _ in stamp(tmp_path)] == ["here.toml"]
