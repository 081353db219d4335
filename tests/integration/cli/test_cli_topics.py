"""`aggregator topics` as an operator uses it: a usage error names the nearest, lint, explain, plan and match answer."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from cli_inside import Inside

EDITED = """\
title = { en = "Cargo" }
min_score = 5
[terms.en]
strong = ["cargo number 1", "cargo ~3 harbour|quay"]
medium = ["number", "zeppelin"]
[tests]
match = ["Cargo number 1 left"]
reject = ["A concert in the harbour"]
"""


def edit(world: Any, text: str = EDITED) -> None:
    (world.config / "topics" / "cargo.toml").write_text(text)


@pytest.mark.parametrize(
    "words", [("plan", "--topic", "carg"), ("lint", "--topic", "carg"), ("explain", "1", "--topic", "carg")]
)
def test_an_unknown_topic_is_a_usage_error_that_names_the_nearest(
    world: Any, aggregator: Inside, words: tuple[str, ...]
) -> None:
    status, out, err = aggregator("topics", *words, *world.common)
    assert (status, out) == (2, "")
    assert "there is no topic carg; did you mean cargo?" in " ".join(err.split())


def test_explain_shows_what_counted_and_what_nearly_did_in_eighty_columns(world: Any, aggregator: Inside) -> None:
    edit(world)
    listed = aggregator("articles", "--json", *world.common[2:])[1].splitlines()
    numbers = {json.loads(line)["url"].rsplit("/", 1)[1]: json.loads(line)["id"] for line in listed}
    status, out, _ = aggregator("topics", "explain", str(numbers["5"]), *world.common)
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "cargo: no, 3 of 5 points\n  it lacks 2 points\n" in out
    assert "     +3  text " in out
    assert "“number”" in out
    assert "  nearly   cargo ~3 harbour|quay: without harbour|quay" in out
    assert "cargo: yes" in aggregator("topics", "explain", str(numbers["1"]), *world.common)[1]


def test_offsets_of_an_explanation_are_those_of_the_stored_text(world: Any, aggregator: Inside) -> None:
    listed = aggregator("articles", "--json", *world.common[2:])[1].splitlines()
    seen = 0
    for line in listed:
        told = json.loads(aggregator("topics", "explain", str(json.loads(line)["id"]), "--json", *world.common)[1])
        for verdict in told["topics"]:
            for hit in verdict["hits"]:
                assert told[hit["where"]][hit["start"] : hit["end"]] == hit["form"]
                seen += 1
    assert seen >= len(listed)


def test_lint_knows_the_archive(world: Any, aggregator: Inside) -> None:
    edit(world)
    status, out, _ = aggregator("topics", "lint", *world.common)
    assert status == 0
    assert "cargo.toml:5: terms.en.medium: number: stands in 24 of 24 articles (100 %), it tells little" in out
    told = json.loads(aggregator("topics", "lint", "--json", *world.common)[1])
    assert (told["articles"], len(told["warnings"])) == (24, 1)


def test_a_plan_names_articles_and_stories_writes_the_feeds_and_changes_nothing(
    world: Any, aggregator: Inside, tmp_path: Path
) -> None:
    before = aggregator("articles", "--json", *world.common[2:])[1]
    edit(world)
    feeds = tmp_path / "feeds"
    status, out, _ = aggregator("topics", "plan", "--feeds", str(feeds), *world.common)
    assert status == 0
    assert out.splitlines()[-1] == "0 added, 21 removed, of 24 articles"
    assert out.splitlines()[-2] == "cargo: 0 in, 21 out, 3 stories instead of 24 (87.5 % change)"
    assert "    had: cargo\n    now it lacks 2 points\n" in out
    assert {path.name for path in feeds.iterdir()} == {
        f"{n}.{f}" for n in ("cargo", "all") for f in ("atom", "rss", "json")
    }
    assert len(json.loads((feeds / "cargo.json").read_text())["items"]) == 3
    assert aggregator("articles", "--json", *world.common[2:])[1] == before


def test_a_plan_beyond_what_is_accepted_ends_with_1(world: Any, aggregator: Inside) -> None:
    edit(world)
    assert aggregator("topics", "plan", "--accept", "90", *world.common)[0] == 0
    status, _, err = aggregator("topics", "plan", "--accept", "50", *world.common)
    assert status == 1
    assert "more than 50 % of the stories change in cargo" in err


def test_match_reads_lines_and_writes_lines(world: Any, aggregator: Inside, tmp_path: Path) -> None:
    lines = tmp_path / "in.jsonl"
    items = [
        {"id": "a", "title": "Cargo", "html": "<p>Cargo &amp; more</p>", "lang": "en"},
        {"id": 2, "title": None, "html": None, "lang": None, "source_country": None},
        {"id": "c"},
    ]
    lines.write_text("\ufeff" + "\n\n".join(json.dumps(item) for item in items), encoding="utf-8")
    status, out, _ = aggregator("topics", "match", str(lines), "--config", str(world.config))
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [row["id"] for row in rows] == ["a", 2, "c"]
    assert rows[0]["topics"][0]["id"] == "cargo"
    assert rows[0]["topics"][0]["score"] == 10.0
    assert rows[0]["topics"][0]["matches"][0]["form"] == "Cargo"
    assert rows[1]["topics"] == rows[2]["topics"] == []


@pytest.mark.parametrize(("line", "told"), [("{", "not JSON"), ("[1]", "an object with id, title and html")])
def test_match_names_the_line_that_is_wrong(
    world: Any, aggregator: Inside, tmp_path: Path, line: str, told: str
) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_text('{"id": 1, "title": "x"}\n' + line + "\n")
    status, _, err = aggregator("topics", "match", str(lines), "--config", str(world.config))
    assert status == 1
    assert f"{lines}:2: {told}" in err


def test_of_two_cron_jobs_with_different_rules_the_untouched_one_gives_way(
    world: Any, aggregator: Inside, tmp_path: Path
) -> None:
    def live() -> set[str]:
        rows = map(json.loads, aggregator("articles", "--json", *world.common[2:])[1].splitlines())
        return {topic for row in rows for topic in row["topics"]}

    other = tmp_path / "other"
    shutil.copytree(world.config, other)
    (other / "topics" / "cargo.toml").rename(other / "topics" / "freight.toml")
    fetch = ("fetch", "--json", "--database", world.database)
    time.sleep(1.1)  # activations are told apart by the second
    assert aggregator(*fetch, "--config", str(other))[0] == 0
    assert live() == {"freight"}
    time.sleep(1.1)
    for _ in range(2):
        status, _, err = aggregator(*fetch, "--config", str(world.config))
        assert (status, live()) == (0, {"freight"})
        assert "another configuration went live after that of" in err
    (world.config / "topics" / "cargo.toml").touch()
    assert "another configuration" not in aggregator(*fetch, "--config", str(world.config))[2]
    assert live() == {"cargo"}
