"""The services of compose.yaml as plain processes: PostgreSQL, a web server and two workers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import procrastinate.schema
import pytest
from papers import Papers, serving, write_config
from sqlalchemy import select, text
from tests_support import new_database

from aggregator import store
from aggregator.store import Store
from aggregator.store.tables import ARTICLE, ENTRY, FEED, HOST

pytestmark = pytest.mark.slow


class Site:
    """Processes on one PostgreSQL database; all of them are ended at the end."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        self.environment = os.environ | {"AGGREGATOR_DATABASE_URL": url, "AGGREGATOR_LOG": "json"}
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        with (self.home / f"{words[0]}-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "aggregator", *words], cwd=self.home, env=self.environment,
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", *words], cwd=self.home, env=self.environment, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    def logs(self) -> list[dict[str, Any]]:
        lines = [line for path in sorted(self.home.glob("*.log")) for line in path.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    for url in new_database("postgresql", request, tmp_path):
        found = Site(tmp_path, url)
        yield found
        found.end()


def until(met: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def count(opened: Store, query: str) -> int:
    with opened.reading() as db:
        return int(db.execute(text(query)).scalar_one())


def polls(opened: Store) -> int:
    return count(opened, "SELECT coalesce(sum(polls), 0) FROM feed")


def hasten(opened: Store) -> None:
    with opened.writing() as db:
        store.feeds.hasten(db, int(time.time()))


def test_two_workers_and_a_server_poll_place_publish_and_serve(site: Site) -> None:
    with serving(Papers(40, slow=0.1)) as papers:
        write_config(site.home / "config", papers)
        site.run("db", "upgrade")
        port = free_port()
        server, workers = site.start("serve", "--port", str(port)), [site.start("worker") for _ in range(2)]
        opened = Store(site.url)
        until(lambda: polls(opened) == 40)
        until(lambda: count(opened, "SELECT count(*) FROM article WHERE NOT placed") == 0)
        until(lambda: count(opened, "SELECT count(*) FROM publication WHERE dirty IS NOT NULL") == 0)
        assert Counter(papers.log) == Counter({(f"127.77.0.{n}", 200): 1 for n in range(1, 41)}), "each asked once"
        address = f"http://127.0.0.1:{port}/feeds/cargo.atom"

        def served() -> bytes:
            return bytes(urllib.request.urlopen(address, timeout=10).read())

        until(lambda: served().count(b"<entry") == 50)
        papers.edition = 3
        hasten(opened)
        until(lambda: polls(opened) == 80)
        until(lambda: b"/a/10" in served())
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(30) for worker in workers] == [0, 0]
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        with opened.reading() as db:
            urls = list(db.execute(select(ARTICLE.c.url)).scalars())
            assert sorted(urls) == sorted({*urls}), "no article is doubled"
            assert len(urls) == 40 * 11
            assert papers.links() <= set(urls)
            assert db.execute(select(HOST.c.name).where(HOST.c.lease_token.is_not(None))).first() is None
            numbers = sorted(db.execute(select(ENTRY.c.number).where(ENTRY.c.topic == "cargo")).scalars())
            assert numbers == list(range(1, len(numbers) + 1))
        assert count(opened, "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('doing', 'failed')") == 0
        opened.close()
    told = site.logs()
    assert not [line for line in told if line["level"] in {"warning", "error"}], "all is well"
    assert {line["event"] for line in told} >= {"serving", "polled"}


def test_a_worker_that_is_killed_or_stopped_strands_nothing(site: Site) -> None:
    with serving(Papers(30, slow=0.4)) as papers:
        write_config(site.home / "config", papers)
        site.run("db", "upgrade")
        opened = Store(site.url)
        victim, other = site.start("worker"), site.start("worker")
        until(lambda: polls(opened) >= 3)
        victim.kill()
        until(lambda: polls(opened) >= 30, 90)
        until(lambda: count(opened, "SELECT count(*) FROM article WHERE placed") == 240, 90)
        papers.edition = 2
        hasten(opened)
        until(lambda: polls(opened) >= 35)
        other.send_signal(signal.SIGTERM)
        assert other.wait(30) == 0
        held = count(opened, "SELECT count(*) FROM host WHERE lease_token IS NOT NULL")
        third = site.start("worker")
        until(lambda: polls(opened) >= 60, 90)
        third.send_signal(signal.SIGTERM)
        third.wait(30)
        with opened.reading() as db:
            found = Counter(db.execute(select(ARTICLE.c.url)).scalars())
            assert not list(db.execute(select(FEED.c.url).where(FEED.c.polls < 2)).scalars())
        assert set(found.values()) == {1}
        assert papers.links() <= set(found)
        assert held == 0, "a graceful stop gives everything back"
        opened.close()


def test_a_worker_needs_postgresql_and_its_tables_of_this_version(site: Site, tmp_path: Path) -> None:
    write_config(site.home / "config", Papers(1, port=9))
    told = site.run("worker", "--database", f"sqlite:///{tmp_path / 'x.db'}", status=2)
    assert "a worker needs PostgreSQL" in told
    opened = Store(site.url)
    store.schema.upgrade(opened)
    make_old_queue(opened)
    assert "run `aggregator db upgrade`" in site.run("worker", status=1)
    site.run("db", "upgrade")
    worker = site.start("worker")
    until(lambda: count(opened, "SELECT count(*) FROM procrastinate_workers") == 1)
    time.sleep(0.5)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    opened.close()


def make_old_queue(opened: Store) -> None:
    """The tables of procrastinate 3.2, made by its migrations one after the other."""
    with opened.writing() as db:
        for path in sorted(Path(procrastinate.schema.SchemaManager.get_migrations_path()).glob("*.sql")):
            if path.name < "03.03":
                db.connection.driver_connection.execute(path.read_text())
        db.exec_driver_sql("COMMENT ON TABLE procrastinate_jobs IS '03.02.00'")
