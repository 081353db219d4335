"""The command line as cron and operators use it: real processes, real HTTP on loopback, real SQLite."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from papers import ITEMS, Papers, serving, write_config

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "aggregator"]


@pytest.fixture
def papers(tmp_path: Path) -> Iterator[Papers]:
    with serving(Papers(count=24)) as running:
        write_config(tmp_path / "config", running)
        yield running


class Operator:
    """Runs commands in a directory of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *words], cwd=self.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """Leave no process behind for the next test."""
        for process in self.started:
            process.kill()
            process.communicate()

    def run(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [*COMMAND, *words], cwd=self.home, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.stderr = done.stderr
        return done.stdout

    def json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", status=status))

    def links(self) -> list[str]:
        return [json.loads(line)["url"] for line in self.run("articles", "--json").splitlines()]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    made = Operator(tmp_path)
    yield made
    made.end()


def until(met: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def test_a_round_reports_what_it_did_and_a_second_one_is_conditional(operator: Operator, papers: Papers) -> None:
    papers.broken = {7}
    first = operator.json("fetch", "--all")
    counts = {key: first[key] for key in ("feeds", "ok", "failed", "entries", "new", "updated", "skipped", "gaps")}
    assert counts == {
        "feeds": 24, "ok": 23, "failed": 1, "entries": 23 * ITEMS, "new": 23 * ITEMS, "updated": 0, "skipped": 0, "gaps": 0
    }  # fmt: skip
    assert [(e["feed"], e["class"]) for e in first["errors"]] == [("paper-7", "HttpStatus")]
    second = operator.json("fetch", "--all")
    assert (second["not_modified"], second["new"], second["ok"]) == (23, 0, 0), "a restart stays conditional"
    assert sorted(operator.links()) == sorted(papers.links())


def test_due_is_the_default_and_asks_nothing_again_at_once(operator: Operator, papers: Papers) -> None:
    assert operator.json("fetch")["feeds"] == 24
    assert operator.json("fetch")["feeds"] == 0
    assert len(papers.log) == 24


def test_two_rounds_at_once_make_one_request_a_feed(operator: Operator, papers: Papers) -> None:
    """Row 41 of the fetching checklist."""
    papers.slow = 0.3
    operator.run("db", "upgrade")
    running = [operator.start("fetch", "--all", "--json") for _ in range(2)]
    reports = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        reports.append(json.loads(out))
    assert set(Counter(papers.log).values()) == {1}
    assert sum(report["new"] for report in reports) == 24 * ITEMS
    assert Counter(operator.links()) == Counter(dict.fromkeys(papers.links(), 1))


@pytest.mark.parametrize("after", [0.4, 0.9, 1.6, 2.2])
def test_a_killed_round_loses_nothing_and_doubles_nothing(operator: Operator, papers: Papers, after: float) -> None:
    """Row 42 of the fetching checklist."""
    papers.slow = 0.2
    process = operator.start("fetch", "--all")
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    report = operator.json("fetch", "--all")
    assert report["failed"] == 0
    assert report["skipped"] == 0, "a dead run holds nothing"
    assert Counter(operator.links()) == Counter(dict.fromkeys(papers.links(), 1))
    stories = [json.loads(line)["story"] for line in operator.run("articles", "--json").splitlines()]
    assert all(story is not None for story in stories), "what the killed round stored was placed by the next"


def test_sigterm_ends_in_order_and_frees_what_was_held(operator: Operator, papers: Papers) -> None:
    """Row 45 of the fetching checklist."""
    papers.slow = 0.5
    process = operator.start("fetch", "--all", "--json")
    until(lambda: bool(papers.asked))
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert time.monotonic() - began < 20
    assert json.loads(out)["failed"] == 0
    papers.slow = 0
    assert operator.json("fetch", "--all")["skipped"] == 0
    assert Counter(operator.links()) == Counter(dict.fromkeys(papers.links(), 1))


def test_a_broken_configuration_names_every_fault_and_the_round_goes_on_under_the_last_one(
    operator: Operator, papers: Papers
) -> None:
    operator.run("fetch", "--all")
    papers.edition = 1
    site = operator.home / "config" / "aggregator.toml"
    site.write_text(site.read_text().replace('title = "Test"', "titel = 3"))
    (operator.home / "config" / "topics" / "cargo.toml").write_text('title = { en = "Cargo" }\nmin_score = "five"\n')
    operator.run("check", status=2)
    assert "config/aggregator.toml:2: site.titel" in operator.stderr
    assert "config/topics/cargo.toml:2: min_score" in operator.stderr
    report = operator.json("fetch", "--all", status=2)
    assert report["new"] == 24
    assert "config/aggregator.toml:2: site.titel" in operator.stderr


def test_a_configuration_that_never_was_valid_stops_with_status_2(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "aggregator.toml").write_text("[site\n")
    operator.run("fetch", status=2)
    assert "config/aggregator.toml:1" in operator.stderr


def test_health_names_what_is_wrong_and_says_nothing_alarming_of_the_healthy(
    operator: Operator, papers: Papers
) -> None:
    papers.broken = {3}
    operator.run("fetch", "--all")
    health = {feed["source"]: feed for feed in operator.json("sources", "health")}
    assert set(health["paper-1"]) == {
        "source", "url", "state", "message", "moved_to", "last_success", "last_error", "next_poll", "gaps"
    }  # fmt: skip
    assert health["paper-3"]["state"] == "failing"
    assert health["paper-3"]["last_error"]["status"] == 500
    assert set(health["paper-3"]["last_error"]) == {"class", "status", "message", "time"}
    assert health["paper-1"]["state"] == "ok"
    values = json.dumps(list(health["paper-1"].values())).lower()
    assert not [word for word in ("error", "fail", "gone", "html") if word in values]


def test_articles_withdraw_restore_and_pin(operator: Operator, papers: Papers) -> None:
    operator.run("fetch", "--all")
    listed = [json.loads(line) for line in operator.run("articles", "list", "--json", "--topic", "cargo").splitlines()]
    assert len(listed) == 24 * ITEMS
    assert set(listed[0]) == {
        "id", "url", "source", "title", "language", "published", "story", "copy_of", "topics", "revisions"
    }  # fmt: skip
    operator.run("publish", "--to", "site")
    newest = (operator.home / "site" / "feeds" / "cargo.atom").read_text()
    sizes = Counter(one["story"] for one in listed)
    alone = [one for one in listed if sizes[one["story"]] == 1]
    gone = next(one for one in alone if f"{one['url']}<" in newest or f'{one["url"]}"' in newest)
    operator.run("articles", "withdraw", str(gone["id"]), "--reason", "wrong figures")
    operator.run("publish", "--to", "site")
    feed = (operator.home / "site" / "feeds" / "cargo.atom").read_text()
    assert f'{gone["url"]}"' not in feed
    assert "deleted-entry" in feed
    assert "wrong figures" in feed
    operator.run("articles", "restore", str(gone["id"]), "--reason", "they were right")
    operator.run("publish", "--to", "site")
    assert f'{gone["url"]}"' in (operator.home / "site" / "feeds" / "cargo.atom").read_text()
    operator.run("articles", "withdraw", "999999", "--reason", "x", status=1)


def test_stories_merge_and_split_hold_through_later_rounds(operator: Operator, papers: Papers) -> None:
    operator.run("fetch", "--all")

    def story_of(*ids: int) -> list[int]:
        held = {one["id"]: one["story"] for one in map(json.loads, operator.run("articles", "--json").splitlines())}
        return [held[id_] for id_ in ids]

    first, second = 1, 24 * ITEMS
    operator.run("stories", "merge", str(first), str(second), "--reason", "one event")
    one, other = story_of(first, second)
    assert one == other
    operator.run("stories", "split", str(first), str(second), "--reason", "they are two after all")
    papers.edition = 1
    operator.run("fetch", "--all")
    one, other = story_of(first, second)
    assert one != other
    assert operator.json("stories", "explain", str(first), str(second))["one_story"] is False


def test_an_edited_rule_takes_effect_at_the_next_round_in_the_archive_too(operator: Operator, papers: Papers) -> None:
    operator.run("fetch", "--all")
    rules = operator.home / "config" / "topics" / "cargo.toml"
    rules.write_text(rules.read_text().replace('strong = ["cargo"]', 'strong = ["cargo number 3"]').replace(
        'match = ["Cargo left the harbour"]', 'match = ["Cargo number 3 left"]'))  # fmt: skip
    plan = operator.json("topics", "plan")
    removed = {change["article"] for change in plan["changes"] if change["change"] == "removed"}
    operator.run("fetch")
    left = [json.loads(line)["id"] for line in operator.run("articles", "--json", "--topic", "cargo").splitlines()]
    assert len(left) == 24
    assert removed == set(range(1, 24 * ITEMS + 1)) - set(left), "the plan said exactly this"


def test_a_backup_restores_what_was_there(operator: Operator, papers: Papers) -> None:
    operator.run("fetch", "--all")
    before = operator.run("articles", "--json")
    operator.run("publish", "--to", "site")
    feed = (operator.home / "site" / "feeds" / "cargo.atom").read_bytes()
    operator.run("db", "backup", "copy.db")
    for leftover in (operator.home / "data").iterdir():
        leftover.unlink()
    operator.run("db", "restore", "copy.db")
    assert operator.run("articles", "--json") == before
    operator.run("publish", "--to", "site")
    assert (operator.home / "site" / "feeds" / "cargo.atom").read_bytes() == feed
    operator.run("db", "backup", "copy.db", status=1)


def test_a_restore_under_a_living_process_is_refused(operator: Operator, papers: Papers) -> None:
    operator.run("fetch", "--all")
    operator.run("db", "backup", "copy.db")
    papers.slow = 100.0  # until the gate opens: the round outlasts the start of another process
    running = operator.start("fetch", "--all")
    until(lambda: len(papers.asked) > papers.count)
    operator.run("db", "restore", "copy.db", status=1)
    assert f"process {running.pid} is using this database" in operator.stderr
    papers.gate.set()
    running.communicate(timeout=60)
    operator.run("db", "restore", "copy.db")
    assert (operator.home / "data" / "aggregator.db.before-restore").exists()


def test_preview_shows_a_document_as_it_would_be_stored(operator: Operator, papers: Papers) -> None:
    shown = operator.json("sources", "preview", papers.url(5))
    assert set(shown) == {"error", "feed", "entries"}
    assert set(shown["feed"]) == {
        "title", "link", "language", "ttl", "skip_hours", "skip_days", "update_period", "update_frequency", "hub", "self",
        "next",
    }  # fmt: skip
    assert len(shown["entries"]) == ITEMS
    assert set(shown["entries"][0]) == {
        "id", "key", "link", "title", "published", "updated", "author", "language", "html", "categories", "enclosures"
    }  # fmt: skip
    page = operator.home / "page.html"
    page.write_text("<html><body>Not found</body></html>")
    assert "HTML" in operator.json("sources", "preview", str(page), status=1)["error"]


def test_match_classifies_json_lines_and_says_why(operator: Operator, papers: Papers) -> None:
    lines = operator.home / "lines.jsonl"
    lines.write_text(
        '{"id": "x", "title": "Cargo rates", "html": "<p>Fell</p>"}\n{"id": 2, "title": "Opera", "html": ""}\n'
    )
    found = [json.loads(line) for line in operator.run("topics", "match", "lines.jsonl").splitlines()]
    assert [one["id"] for one in found] == ["x", 2]
    assert [topic["id"] for topic in found[0]["topics"]] == ["cargo"]
    assert found[0]["topics"][0]["matches"][0]["form"] == "Cargo"
    assert found[1]["topics"] == []
    lines.write_text("{")
    operator.run("topics", "match", "lines.jsonl", status=1)
    assert "lines.jsonl:1" in operator.stderr


def test_sources_are_added_disabled_exported_and_imported(operator: Operator, papers: Papers) -> None:
    operator.run("sources", "disable", "paper-1")
    assert operator.json("fetch", "--all")["feeds"] == 23
    operator.run("sources", "enable", "paper-1")
    assert operator.json("fetch")["feeds"] == 1
    opml = operator.run("sources", "export")
    assert opml.count("xmlUrl") == 24
    (operator.home / "more.opml").write_text(opml.replace("/feed.xml", "/other.xml", 2))
    operator.run("sources", "import", "more.opml")
    assert len(operator.json("sources", "list")) == 26
    operator.run("sources", "disable", "nobody", status=1)


def test_usage_errors_end_with_status_2_and_missing_things_with_1(operator: Operator, papers: Papers) -> None:
    operator.run("fetch", "--nonsense", status=2)
    operator.run("fetch", "--source", "nobody", status=2)
    operator.run("fetch", "--budget", "soon", status=2)
    operator.run("topics", "explain", "4711", status=1)
    operator.run("articles", "--database", "mysql://x", status=2)
    operator.run("fetch", "--database", "sqlite:///:memory:", status=2)
    operator.run("publish", "--to", "config/aggregator.toml", status=1)
    assert "Traceback" not in operator.stderr


def test_help_is_quick_enough_not_to_load_the_heavy_rooms() -> None:
    """No timing here (benchmarks measure): what must not be imported for --help is not imported."""
    code = (
        "import sys\nsys.argv=['aggregator','--help']\ntry:\n import aggregator.__main__ as m; m.main()\n"
        "except SystemExit: pass\nheavy={'sqlalchemy','pydantic','feedparser','httpx','lxml','starlette','trafilatura','nh3'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"
