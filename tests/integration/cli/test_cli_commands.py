"""Each command as scripts and operators use it: JSON alone on stdout, exit statuses, nothing cut."""

import json
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.options import public_url
from aggregator.config import load


def told(ran: tuple[int, str, str], status: int = 0) -> Any:
    """The one JSON value that stands on stdout."""
    assert ran[0] == status, ran
    return json.loads(ran[1])


def test_every_word_on_an_article_says_in_json_what_was_done(aggregator, world) -> None:
    done = told(aggregator("articles", "withdraw", "1", "--reason", "wrong", "--json", *world.common))
    assert {key: done[key] for key in ("action", "article", "reason")} == {
        "action": "withdrawn", "article": 1, "reason": "wrong"
    }  # fmt: skip
    assert told(aggregator("articles", "pin", "2", "--reason", "best", "--json", *world.common))["action"] == "pinned"
    back = told(aggregator("articles", "restore", "1", "--reason", "right", "--json", *world.common))
    assert (back["action"], back["article"]) == ("restored", 1)
    assert isinstance(back["story"], int)


@pytest.mark.parametrize("word", ["withdraw", "restore", "pin"])
def test_a_word_on_an_article_that_is_not_there_cannot_be_done(aggregator, world, word: str) -> None:
    status, out, err = aggregator("articles", word, "4711", "--reason", "x", "--json", *world.common)
    assert (status, out) == (1, "")
    assert "there is no article 4711" in err


def test_merging_and_splitting_say_in_json_which_stories_came_of_it(aggregator, world) -> None:
    merged = told(aggregator("stories", "merge", "1", "9", "--reason", "one", "--json", *world.common))
    assert (merged["action"], merged["articles"], len(set(merged["stories"]))) == ("merged", [1, 9], 1)
    split = told(aggregator("stories", "split", "1", "9", "--reason", "two", "--json", *world.common))
    assert (split["action"], len(set(split["stories"]))) == ("split", 2)
    shown = told(aggregator("stories", "show", str(split["stories"][0]), "--json", *world.common))
    assert [report["id"] for report in shown["reports"]] == [1]
    assert aggregator("stories", "merge", "1", "1", "--reason", "x", *world.common)[0] == 2
    assert aggregator("stories", "merge", "1", "4711", "--reason", "x", *world.common)[0] == 1


def test_articles_alone_lists_as_articles_list_does(aggregator, world) -> None:
    alone = aggregator("articles", "--json", *world.common)
    assert alone == aggregator("articles", "list", "--json", *world.common)
    assert len(alone[1].splitlines()) == 24


def test_an_unknown_topic_is_a_usage_error_that_names_the_nearest(aggregator, world) -> None:
    status, out, err = aggregator("articles", "list", "--topic", "crago", *world.common)
    assert (status, out) == (2, "")
    assert "there is no topic crago; did you mean cargo?" in err
    without_files = ("--config", "nowhere", "--database", world.database)
    assert aggregator("articles", "list", "--topic", "cargo", *without_files)[0] == 0, "the database knows it"


def test_an_unknown_source_is_a_usage_error_that_names_the_nearest(aggregator, world) -> None:
    status, out, err = aggregator("fetch", "--source", "paper_2", *world.common)
    assert (status, out) == (2, "")
    assert "there is no source paper_2; did you mean" in err
    assert "paper-2" in err
    assert "did you mean" in aggregator("sources", "boilerplate", "paper_2", *world.common)[2]


def test_a_budget_of_nothing_polls_nothing(aggregator, world) -> None:
    report = told(aggregator("fetch", "--all", "--budget", "0s", "--json", *world.common))
    assert (report["feeds"], report["skipped"]) == (0, 4)


def test_all_and_due_exclude_each_other(aggregator, world) -> None:
    status, _, err = aggregator("fetch", "--all", "--due", *world.common)
    assert status == 2
    assert "--all and --due" in err
    assert told(aggregator("fetch", "--due", "--json", *world.common))["feeds"] == 0


def test_a_table_in_a_pipe_has_whole_rows_and_nothing_is_cut(aggregator, world) -> None:
    _, out, _ = aggregator("sources", "list", *world.common)
    lines = out.splitlines()
    assert len(lines) == 5
    assert lines[2].split() == ["paper-2", "KZ", "en", "yes", "Paper", "2", world.papers.url(2)]
    _, out, err = aggregator("sources", "health", *world.common)
    first = out.splitlines()[1]
    assert first.startswith("paper-3"), "who is in trouble stands first"
    assert "500" in first
    assert err == "4 feeds: 1 failing, 3 ok\n"
    longest = max(json.loads(line)["title"] for line in aggregator("articles", "--json", *world.common)[1].splitlines())
    assert longest in aggregator("articles", *world.common)[1]


@pytest.mark.parametrize("words", ["sources list", "sources health", "topics list", "articles list", "stories show 1"])
def test_every_table_has_its_json(aggregator, world, words: str) -> None:
    status, out, _ = aggregator(*words.split(), "--json", *world.common)
    assert status == 0
    assert all(json.loads(line) is not None for line in out.splitlines())


# ---------------------------------------------------------------- sources


def test_a_feed_that_is_configured_is_not_added_again(aggregator, world) -> None:
    before = {path: path.read_bytes() for path in (world.config / "sources").iterdir()}
    spelt = world.papers.url(2).replace("http://", "HTTP://") + "#top"
    for url in (world.papers.url(2), spelt):
        status, out, err = aggregator("sources", "add", url, "--json", *world.common)
        assert (status, out) == (1, "")
        assert "is configured already: source paper-2 at " in err
        file, line = err.strip().rpartition(" at ")[2].rsplit(":", 1)
        assert 'id = "paper-2"' in "\n".join(Path(file).read_text().splitlines()[int(line) - 1 :][:2])
    assert {path: path.read_bytes() for path in (world.config / "sources").iterdir()} == before


def test_an_added_source_is_told_in_json(aggregator, world) -> None:
    new = f"http://127.77.0.9:{world.papers.port}/feed.xml"
    done = told(aggregator("sources", "add", new, "--json", "--country", "AZ", "--language", "en", *world.common))
    assert done == {
        "source": "127.77.0.9", "name": "127.77.0.9", "url": new, "entries": 8,
        "file": str(world.config / "sources" / "az.toml"),
    }  # fmt: skip
    assert "127.77.0.9" in {source.id for source in load(world.config).sources}
    assert aggregator("sources", "add", new, *world.common)[0] == 1


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--country", "ZZ", "ISO 3166"), ("--country", "kz", "write KZ"), ("--language", "russian", "language code"),
     ("--id", "Paper Nine", "write paper-nine"), ("--id", "paper-1", "already"), ("--name", " ", "empty")],
)  # fmt: skip
def test_a_wrong_option_is_blamed_by_name_and_nothing_is_fetched(aggregator, world, option, value, said) -> None:
    asked = len(world.papers.log)
    new = f"http://127.77.0.9:{world.papers.port}/feed.xml"
    status, out, err = aggregator("sources", "add", new, option, value, *world.common)
    assert (status, out) == (2, "")
    assert f"Invalid value for {option}" in err
    assert said in err
    assert ".toml:" not in err, "there is no line to look at"
    assert len(world.papers.log) == asked


def test_what_a_feed_says_wrongly_of_itself_does_not_stop_its_addition(aggregator, world, monkeypatch) -> None:
    body = b'<rss version="2.0"><channel><title>A\nB</title><link>javascript:x</link><language>English!</language></channel></rss>'
    monkeypatch.setattr(type(world.papers), "body", lambda *_: body)
    new = f"http://127.77.0.8:{world.papers.port}/feed.xml"
    done = told(aggregator("sources", "add", new, "--json", *world.common))
    added = next(source for source in load(world.config).sources if source.id == done["source"])
    assert (added.name, added.url, added.language) == ("A B", f"http://127.77.0.8:{world.papers.port}/", "und")


def test_switching_a_source_is_told_in_json_and_can_be_said_twice(aggregator, world) -> None:
    off = told(aggregator("sources", "disable", "paper-1", "--json", *world.common))
    assert (off["source"], off["enabled"], off["changed"]) == ("paper-1", False, 1)
    assert told(aggregator("sources", "disable", "paper-1", "--json", *world.common))["changed"] == 0
    assert "1 feed enabled" in aggregator("sources", "enable", "paper-1", *world.common)[1]
    assert "nothing to change" in aggregator("sources", "enable", "paper-1", *world.common)[1]
    status, out, err = aggregator("sources", "enable", "paper-one", "--json", *world.common)
    assert (status, out) == (1, "")
    assert "did you mean paper-" in err


OPML = """<opml version="2.0"><body>
<outline text="Old" xmlUrl="{known}"/>
<outline text="New" xmlUrl="https://new.example/feed" category="/KZ" language="kk"/>
<outline text="New again" xmlUrl="https://www.new.example/feed/"/>
<outline text="Telly" xmlUrl="https://tv.example/feed" category="UX"/>
<outline text="Secret" xmlUrl="https://user:password@secret.example/feed"/>
<outline text="File" xmlUrl="ftp://old.example/feed"/>
</body></opml>"""


def test_an_import_tells_what_was_added_known_and_refused_and_why(aggregator, world, tmp_path: Path) -> None:
    opml = tmp_path / "list.opml"
    opml.write_text(OPML.format(known=world.papers.url(1)))
    done = told(aggregator("sources", "import", str(opml), "--json", "--language", "en", *world.common))
    assert done["file"] == str(world.config / "sources" / "imported.toml")
    assert [one["source"] for one in done["added"]] == ["new.example", "tv.example"]
    assert [one["source"] for one in done["known"]] == ["paper-1", "new.example"]
    reasons = {one["url"].partition("://")[0]: one["reason"] for one in done["refused"]}
    assert "name or password" in reasons["https"]
    assert "user:password" not in json.dumps(done), "no message repeats a secret"
    assert reasons["ftp"] == "not an http or https address"
    sources = {source.id: source for source in load(world.config).sources}
    assert (sources["new.example"].country, sources["new.example"].language) == ("KZ", "kk")
    assert (sources["tv.example"].country, sources["tv.example"].language) == ("INT", "en")
    written = (world.config / "sources" / "imported.toml").read_bytes()
    again = told(aggregator("sources", "import", str(opml), "--json", *world.common))
    assert (again["file"], again["added"], len(again["known"])) == (None, [], 4)
    assert (world.config / "sources" / "imported.toml").read_bytes() == written


def test_an_import_for_people_names_each_feed(aggregator, world, tmp_path: Path) -> None:
    opml = tmp_path / "list.opml"
    opml.write_text(OPML.format(known=world.papers.url(1)))
    _, out, _ = aggregator("sources", "import", str(opml), *world.common)
    assert [line.split()[0] for line in out.splitlines()] == [
        "added", "added", "known", "known", "refused", "refused", "2"
    ]  # fmt: skip
    assert out.splitlines()[-1].endswith("2 known already, 2 refused")
    assert aggregator("sources", "import", str(opml), "--country", "ZZ", *world.common)[0] == 2
    opml.write_text("<html/>")
    assert aggregator("sources", "import", str(opml), *world.common)[0] == 1
    assert aggregator("sources", "import", str(tmp_path / "none.opml"), *world.common)[0] == 1


def test_an_export_goes_to_stdout_a_file_or_into_json(aggregator, world, tmp_path: Path) -> None:
    _, opml, _ = aggregator("sources", "export", *world.common)
    assert opml.count("xmlUrl=") == 4
    assert told(aggregator("sources", "export", "--json", *world.common)) == {"feeds": 4, "opml": opml}
    target = tmp_path / "out.opml"
    done = told(aggregator("sources", "export", "--to", str(target), "--json", *world.common))
    assert done == {"feeds": 4, "file": str(target)}
    assert target.read_text() == opml


def test_a_preview_is_a_page_that_can_be_read(aggregator, world) -> None:
    _, out, _ = aggregator("sources", "preview", world.papers.url(2), *world.common)
    lines = out.splitlines()
    assert lines[0] == "127.77.0.2"
    assert lines[1].startswith("  8 entries, read by the fast path, http://127.77.0.2/")
    assert f"    http://127.77.0.2:{world.papers.port}/a/0" in lines
    assert sum("cargo number" in line for line in lines) == 8
    assert max(map(len, lines)) <= 100


def test_topics_match_speaks_json_with_and_without_the_flag(aggregator, world, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": 1, "title": "Cargo", "html": ""}\n')
    plain = aggregator("topics", "match", str(texts), *world.common)
    assert plain == aggregator("topics", "match", str(texts), "--json", *world.common)
    assert told(plain)["topics"][0]["id"] == "cargo"


def test_a_round_with_nothing_due_and_a_table_with_nothing_in_it_say_so(aggregator, world, tmp_path: Path) -> None:
    assert aggregator("fetch", "--source", "paper-1", *world.common)[1].startswith("nothing was due; ")
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    status, out, err = aggregator("articles", "--database", empty)
    assert (status, len(out.splitlines()), err) == (0, 1, f"none in {empty}\n")
    assert public_url("postgresql://news:secret@db/news") == "postgresql://news@db/news"


def test_a_page_that_cannot_be_had_is_named(aggregator, world) -> None:
    url = world.papers.url(3)
    assert aggregator("sources", "preview", url, *world.common) == (1, "", f"error: {url}: HTTP status 500\n")
    assert aggregator("sources", "add", url + "?again", *world.common)[2] == f"error: {url}?again: HTTP status 500\n"


def test_an_added_source_is_written_as_people_write_one(aggregator, world) -> None:
    new = f"http://127.77.0.9:{world.papers.port}/feed.xml"
    aggregator("sources", "add", new, "--country", "AZ", *world.common)
    lines = (world.config / "sources" / "az.toml").read_text().splitlines()
    assert [line.partition(" = ")[0] for line in lines] == [
        "[[source]]", "id", "name", "url", "country", "language", "feeds"
    ]  # fmt: skip


def test_a_file_that_is_not_there_is_named_in_one_plain_line(aggregator, world) -> None:
    assert aggregator("topics", "match", "none.jsonl", *world.common) == (
        1,
        "",
        "error: none.jsonl: No such file or directory\n",
    )


def test_an_article_is_shown_whole(aggregator, world) -> None:
    shown = told(aggregator("articles", "show", "1", "--json", *world.common))
    assert (shown["id"], shown["topics"], shown["withdrawn"], shown["earlier"]) == (1, ["cargo"], None, [])
    assert "cargo number" in shown["text"]
    _, out, _ = aggregator("articles", "show", "1", *world.common)
    assert out.splitlines()[0] == shown["title"]
    assert shown["text"] in out
    assert f"  link        {shown['url']}" in out.splitlines()
    assert aggregator("articles", "show", "4711", *world.common)[0] == 1


def test_check_counts_in_words_and_names_the_schemas_it_wrote(aggregator, world, tmp_path: Path) -> None:
    ok = aggregator("check", *world.common)[1].splitlines()[-1]
    assert ok.startswith("ok: 4 sources with 4 feeds (4 enabled), 1 topic, 2 tests passed, ")
    written = told(aggregator("check", "--schema", str(tmp_path / "schemas"), "--json"))["written"]
    assert sorted(Path(name).name.partition(".")[0] for name in written) == ["aggregator", "lists", "sources", "topic"]
    assert all(Path(name).exists() for name in written)
