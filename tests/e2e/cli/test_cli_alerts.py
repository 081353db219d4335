"""docs/alerts.yml against real processes: what each alert warns of is brought about, /metrics makes its expression true, and
the operations feed names it. Where Debian's promtool is installed it also tries the rules on series of hours and days.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from papers import Papers, serving, write_config
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from tests_support import new_database

from aggregator import store
from aggregator.store import Store
from aggregator.worker.queue import install

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[3] / "docs"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for rule in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"][0]["rules"]
}

Samples = dict[str, list[tuple[dict[str, str], float]]]

SELECTOR = re.compile(r"(?P<name>\b(?:aggregator_\w+|up)\b)(?P<labels>\{[^}]*\})?(?P<range>\[\w+\])?")


def holds(expression: str, now: Samples, before: Samples, at: float) -> bool:
    """Whether an expression is true for any series. So much of PromQL as alerts.yml uses: a function of a range is the
    difference of two looks; without sum() the largest series counts, of `time() - x` the smallest.
    """
    smallest = expression.startswith("time()")

    def value(match: re.Match[str]) -> str:
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', match["labels"] or ""))

        def sum_of(some: Samples) -> list[float]:
            return [v for labels, v in some.get(match["name"], []) if wanted.items() <= labels.items()]

        found, old = sum_of(now), sum_of(before)
        total = f"sum({match[0]})" in expression or f"rate({match[0]})" in expression
        pick = sum if total else min if smallest else max
        if not found:
            return "nan"
        return repr(pick(found) - (pick(old) if old else 0.0) if match["range"] else pick(found))

    python = re.sub(r"\b(?:sum|rate|delta|increase)(?=\()", "", SELECTOR.sub(value, expression))
    return bool(eval(python, {"time": lambda: at, "nan": float("nan")}))


class Site:
    """A database, a web server on it, its numbers and its operations feed."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        self.environment = os.environ | {"AGGREGATOR_DATABASE_URL": url, "AGGREGATOR_LOG": "json"}
        self.server: subprocess.Popen[bytes] | None = None
        self.port, self.private = 0, ""
        self.before: Samples = {}

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "aggregator", *words]
        done = subprocess.run(
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode in (0, 2), done.stderr
        return done.stdout

    def start(self) -> None:
        """A server begins with a look at what is wrong; its first numbers are those of before."""
        self.end()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        words = [sys.executable, "-m", "aggregator", "serve", "--port", str(self.port)]
        with (self.home / f"serve-{self.port}.log").open("w") as log:
            self.server = subprocess.Popen(words, cwd=self.home, env=self.environment, stderr=log)
        self.until(lambda: "aggregator_database_up" in self.metrics())

    def end(self) -> None:
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server = None

    def until(self, met: Any, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.1)

    def get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode())
        except OSError:
            return ""

    def metrics(self) -> Samples:
        found: Samples = {}
        for family in text_string_to_metric_families(self.get("/metrics")):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    def firing(self) -> set[str]:
        now = self.metrics() | {"up": [({"job": "aggregator"}, float(bool(self.get("/liveness"))))]}
        return {name for name, rule in RULES.items() if holds(rule["expr"], now, self.before, time.time())}

    def operations(self) -> str:
        if not self.private:
            path = re.search(r"/private/\S+?/operations\.atom", self.run("tokens", "make", "operations"))
            assert path is not None
            self.private = path[0]
        return self.get(self.private)


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    for url in new_database(getattr(request, "param", "sqlite"), request, tmp_path):
        found = Site(tmp_path, url)
        yield found
        found.end()


def change(url: str, *statements: str) -> None:
    opened = Store(url)
    with opened.writing() as db:
        for statement in statements:
            db.execute(text(statement), {"now": int(time.time())} if ":now" in statement else {})
    opened.close()


def test_nothing_fires_while_all_is_well_and_each_trouble_fires_its_alert_and_is_told(site: Site) -> None:
    with serving(Papers(4)) as papers:
        config = write_config(site.home / "config", papers)
        site.run("fetch", "--all")
        site.run("db", "backup", "monday.db")
        site.run("db", "prune")
        site.start()
        assert site.firing() == set()
        assert "<entry" not in site.operations()
        site.before = site.metrics()

        papers.broken, papers.edition = {1}, 20  # one publisher falls ill, the others publish more than a feed holds
        site.run("fetch", "--all")
        opened = Store(site.url)
        with opened.writing() as db:
            db.execute(text("UPDATE article SET placed = 0 WHERE id = 1"))
            store.stuck.put(db, 1, "RuntimeError: an article that no rule expected", int(time.time()))
        opened.close()
        change(
            site.url,
            "UPDATE article SET placed = 0, first_seen = :now - 3600 WHERE id = 2",
            "UPDATE feed SET due = :now - 3600 WHERE id > 1",
            "UPDATE feed SET last_success = :now - 7200",
            "UPDATE feed SET failing_since = :now - 90000 WHERE error_at IS NOT NULL",
            "UPDATE publication SET dirty = :now - 3600 WHERE id = 'cargo'",
            "UPDATE run SET ended = :now",
            "UPDATE meta SET value = CAST(:now - 200000 AS TEXT) WHERE name IN ('backed up', 'tended')",
        )
        (config / "topics" / "cargo.toml").write_text("title = 7\n")
        site.start()
        wanted = {
            "FeedsFailing", "FeedFailing", "PollsFail", "FeedGap", "NothingRead", "ArticleStuck", "ArticlesUnplaced",
            "FeedsUnrendered", "FeedsOverdue", "NobodyPolls", "ConfigurationRefused", "BackupOld", "NeverTended",
        }  # fmt: skip
        assert wanted <= site.firing(), wanted - site.firing()
        told = site.operations()
        for words in (
            "Paper 1: failing", "Paper 2: gap", "stuck", "the configuration was refused", "Test: overdue", "Test: unplaced",
            "Test: unrendered",
        ):  # fmt: skip
            assert words in told, words


@contextmanager
def small_disk(path: Path) -> Iterator[bool]:
    """A file system of 4 MB; False where this user may mount none, so that the alert of a full disk goes untried."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)], check=False, capture_output=True
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_and_a_server_that_is_gone(site: Site) -> None:
    small = site.home / "small"
    with small_disk(small) as mounted, serving(Papers(2)) as papers:
        site.environment["AGGREGATOR_DATABASE_URL"] = site.url = f"sqlite:///{small / 'a.db'}"
        try:
            write_config(site.home / "config", papers)
            site.run("fetch", "--all")
            site.start()
            assert "DiskFull" not in site.firing()
            if mounted:
                free = shutil.disk_usage(small).free
                (small / "other").write_bytes(b"x" * (free - 300_000))
                assert "DiskFull" in site.firing()
                site.start()
                assert "Test: disk" in site.operations()
            site.end()
            assert "AggregatorDown" in site.firing()
        finally:
            site.end()


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_a_queue_that_nobody_works_at_and_a_database_that_is_gone(site: Site, postgresql: URL) -> None:
    with serving(Papers(3)) as papers:
        write_config(site.home / "config", papers)
        site.run("fetch", "--all")
        opened = Store(site.url)
        install(opened)
        opened.close()
        site.start()
        site.before = site.metrics()
        assert not {"QueueStalled", "QueueJobsFail", "DatabaseGone"} & site.firing()
        job = "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status) VALUES ('default', 'poll', '{0}', '{0}')"
        change(site.url, job.format("todo"), job.format("failed"), "UPDATE feed SET due = :now - 3600")
        assert site.firing() >= {"QueueStalled", "QueueJobsFail", "FeedsOverdue"}
        site.start()
        assert "Test: overdue" in site.operations()

        name = make_url(site.url).database
        admin = create_engine(postgresql.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as db:
            db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            db.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name})
            site.until(lambda: "DatabaseGone" in site.firing())
            assert "the database does not answer" in site.get("/readiness")
            db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        site.until(lambda: "DatabaseGone" not in site.firing())
        admin.dispose()


def test_every_number_of_the_rules_is_one_that_a_server_gives_and_every_alert_is_explained(site: Site) -> None:
    """No server has all of them at once: a feed that fails, a queue, a backup may be missing."""
    page = (DOCS / "operating.md").read_text("utf-8")
    for name, rule in RULES.items():
        assert f"`{name}`" in page, f"docs/operating.md does not say what to do about {name}"
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"page", "ticket", "info"}
    assert set(re.findall(r"alertname: (\w+)", (DOCS / "alerts_test.yml").read_text())) == set(RULES)


def test_promtool_finds_the_rules_right_where_it_is_installed() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        return  # Debian has it in its package `prometheus`; the tests above do without
    done = subprocess.run(
        [promtool, "test", "rules", "alerts_test.yml"], cwd=DOCS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
