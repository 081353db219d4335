"""Readers that exist read our feeds as we mean them: feedparser, newsboat, Chromium; over real HTTP on loopback."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import feed_samples as samples
import feedparser
import pytest

from aggregator import publish
from aggregator.model import Publication
from aggregator.publish.body import body

TRICKY = 'Рост <5 % & «нефть» — 100 % "план" 🇰🇿 Əliyev’in'
BROWSERS = [found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))]


class Handler(SimpleHTTPRequestHandler):
    """Serves a directory with the media types that we declare; feeds as XML below /xml/, which browsers show."""

    def guess_type(self, path: str) -> str:
        format_ = path.rpartition(".")[2]
        return "application/xml" if "/xml/" in path else publish.MEDIA_TYPES.get(format_, "text/html; charset=utf-8")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server: its address and the directory it serves."""
    root = tmp_path / "site"
    root.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    server.server_close()


def published(base_url: str) -> Publication:
    of = samples.rich()
    tricky = samples.item(samples.story(9, samples.report(9, title=TRICKY)))
    return replace(of, base_url=base_url, items=(tricky, *of.items))


def write(of: Publication, root: Path, folder: str = "feeds") -> None:
    files = [(f"{folder}/trade.{made.format}", made.body) for made in publish.render(of)]
    publish.export.write_site(
        [*files, ("static/feed.css", publish.stylesheet()), ("page.html", publish.page(files[0][1]))], root
    )


# ---------------------------------------------------------------- feedparser


@pytest.mark.parametrize("format_", ["atom", "rss"])
def test_feedparser_reads_back_what_we_wrote(format_: str) -> None:
    of = published("https://news.example")
    (made,) = publish.render(of, (format_,))
    read = feedparser.parse(made.body, response_headers={"content-type": made.media_type}, sanitize_html=False)

    assert not read.bozo
    assert read.version == {"atom": "atom10", "rss": "rss20"}[format_]
    assert (read.feed.title, read.feed.language) == ("Торговля", "ru")
    assert [(e.id, e.title, e.link) for e in read.entries] == [(i.id, i.title, i.url or i.page) for i in of.items]
    for entry, item in zip(read.entries, of.items, strict=True):
        assert (entry.content[0].value if item.full else entry.summary) == body(item)
        assert entry.published_parsed[:6] == samples_time(item.published)
        assert entry.author == (item.author or item.source_name)
        assert entry.source.title == item.source_name
        assert [tag.term for tag in entry.get("tags", [])] == list(item.categories)
        assert {file.href for file in entry.enclosures} <= {file.url for file in item.enclosures}
        assert bool(entry.enclosures) == bool(item.enclosures)
        assert [file["url"] for file in entry.get("media_content", [])] == [file.url for file in item.enclosures]


def samples_time(seconds: int) -> tuple[int, ...]:
    from time import gmtime

    return tuple(gmtime(seconds)[:6])


def test_feedparser_sees_relations_languages_and_updates_of_atom() -> None:
    of = published("https://news.example")
    read = feedparser.parse(publish.render(of, ("atom",))[0].body)
    retold = read.entries[3]

    assert retold.updated_parsed[:6] == samples_time(of.items[3].updated)
    assert retold.title_detail.language == "ru"
    assert [link.href for link in retold.links if link.rel == "related"] == [
        "https://news.example/stories/slug000000003",
        "https://dala.example/news/4?a=1&b=2",
        "https://gone.example/news/6?a=1&b=2",
    ]
    assert {link.rel: link.href for link in read.feed.links}["hub"] == "https://news.example/hub"


def test_json_and_atom_say_the_same() -> None:
    of = published("https://news.example")
    atom, json_ = publish.render(of, ("atom", "json"))
    items = json.loads(json_.body)["items"]
    read = feedparser.parse(atom.body, sanitize_html=False)

    assert [(i["id"], i["title"], i["url"], i["date_published"], i.get("tags", [])) for i in items] == [
        (e.id, e.title, e.link, e.published, [tag.term for tag in e.get("tags", [])]) for e in read.entries
    ]


# ---------------------------------------------------------------- newsboat


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("newsboat"), reason="newsboat is not installed")
@pytest.mark.parametrize("format_", ["atom", "rss"])
def test_newsboat_lists_every_entry(format_: str, site: tuple[str, Path], tmp_path: Path) -> None:
    address, root = site
    of = published(address)
    write(of, root)
    (tmp_path / "urls").write_text(f"{address}/feeds/trade.{format_}\n")
    (tmp_path / "config").write_text("")

    for _ in range(2):
        newsboat(tmp_path, "reload")

    with sqlite3.connect(tmp_path / "cache.db") as db:
        rows = db.execute(
            "SELECT guid, title, url, pubDate, author, content FROM rss_item ORDER BY pubDate DESC"
        ).fetchall()
        (title,) = db.execute("SELECT title FROM rss_feed").fetchone()
    assert title == "Торговля"
    assert [row[:4] for row in rows] == [(i.id, i.title, i.url or i.page, i.published) for i in of.items]
    assert all((item.author or item.source_name) in row[4] for row, item in zip(rows, of.items, strict=True))
    assert all(row[5].strip() == body(item) for row, item in zip(rows, of.items, strict=True))


def newsboat(directory: Path, command: str) -> str:
    """What newsboat says, run with its own home, configuration and cache."""
    files = [f"-{option}{directory / name}" for option, name in (("C", "config"), ("u", "urls"), ("c", "cache.db"))]
    environment = {**os.environ, "HOME": str(directory), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    made = subprocess.run(
        ["newsboat", *files, "-x", command], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return made.stdout


# ---------------------------------------------------------------- a browser


@pytest.mark.slow
@pytest.mark.skipif(not BROWSERS, reason="no chromium is installed")
def test_a_browser_shows_a_feed_readable_with_and_without_a_server_that_knows_it(site: tuple[str, Path]) -> None:
    from playwright.sync_api import sync_playwright

    address, root = site
    of = published(address)
    write(of, root, "xml")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSERS[0], args=["--disable-background-networking"])
        page = browser.new_page()
        shown = {}
        for format_ in ("atom", "rss"):
            page.goto(f"{address}/xml/trade.{format_}")
            shown[format_] = page.evaluate(VISIBLE)
        page.goto(f"{address}/page.html")
        titles, to_copy = page.locator("h2 a").all_inner_texts(), page.locator("aside input").input_value()
        browser.close()

    titles_of_feed = [item.title for item in of.items]
    for seen in shown.values():
        assert seen["titles"] == titles_of_feed
        assert seen["texts"] == []
        assert "подписаться" in seen["invitation"]
    assert titles == titles_of_feed
    assert to_copy == f"{address}/feeds/trade.atom"


VISIBLE = """() => {
  const visible = name => [...document.getElementsByTagName(name)].filter(e => e.getClientRects().length);
  const top = document.querySelector('channel') || document.documentElement;
  return {
    titles: visible('title').filter(e => ['entry', 'item'].includes(e.parentNode.localName)).map(e => e.textContent),
    texts: ['summary', 'content', 'description'].flatMap(visible).map(e => e.textContent),
    invitation: getComputedStyle(top, '::before').content,
  };
}"""
