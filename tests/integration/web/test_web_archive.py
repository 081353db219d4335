"""A crawl from the feed along prev-archive to the end finds what entered the topic minus what was withdrawn, whatever
happened meanwhile; and whoever holds a feed is not sent it again before its content changes.
"""

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import text

from aggregator import store
from aggregator.store import Store

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "publish"))
import feed_rules

Site = Any
ATOM = "{http://www.w3.org/2005/Atom}"
DAY = 86400


def crawl(get: Callable[[str], Any], start: str = "/feeds/cargo.atom") -> Iterator[list[str]]:
    """The ids of each page, from the feed to its oldest archive; every page is valid."""
    address: str | None = start
    while address:
        answer = get(address)
        assert answer.status == 200, address
        assert feed_rules.check("atom", answer.body) == [], address
        feed = ET.fromstring(answer.body)
        links = {link.get("rel"): link.get("href") or "" for link in feed.findall(f"{ATOM}link")}
        assert links["self"] == f"http://news.example{address}"
        yield [entry.findtext(f"{ATOM}id") or "" for entry in feed.findall(f"{ATOM}entry")]
        address = links.get("prev-archive", "").removeprefix("http://news.example") or None


def entered(site: Site, topic: str = "cargo") -> set[str]:
    """Of everything that ever entered, what was not withdrawn: read straight from the table."""
    query = "SELECT slug FROM topic_entry JOIN story ON story.id = story WHERE topic = :topic AND withdrawn IS NULL"
    with site.opened.reading() as db:
        return {f"{site.live.tag}{row[0]}" for row in db.execute(text(query), {"topic": topic})}


def whole(pages: Iterator[list[str]]) -> set[str]:
    return {id_ for page in pages for id_ in page}


@pytest.fixture
def report(own_site: Site) -> Callable[..., None]:
    """Has a source report something at a time."""
    helpers = sys.modules[type(own_site).__module__]

    def now(source: str, key: str, words: str, age: int, when: int) -> None:
        found = helpers.article(source, key, words, words, age=age)
        helpers.keep(own_site.opened, own_site.live, [(found, False)], when)

    return now


def test_a_crawl_finds_everything_after_anything(own_site: Site, report: Callable[..., None], now: int) -> None:
    dice, when = random.Random(7), now
    for step in range(60):
        when += 4000
        ids = own_site.ids
        one, other = (dice.choice(sorted(ids)) for _ in range(2))
        kind = dice.choice(("news", "news", "late", "merge", "split", "withdraw", "restore", "correct", "prune"))
        with own_site.opened.writing() as db:
            if kind in ("merge", "split") and one != other:
                store.operator.rule(db, [ids[one], ids[other]], "said so", when, together=kind == "merge")
            elif kind == "withdraw":
                store.operator.withdraw(db, ids[one], "a mistake", when)
            elif kind == "restore":
                store.operator.restore(db, ids[one], "no mistake")
            elif kind == "prune":
                store.retention.prune(db, when, 31)
        if kind in ("news", "late"):
            age = now - when + (10 if kind == "news" else 30 * DAY)
            report("gazette", f"{kind}-{step}", f"Cargo {kind} {step}", age, when)
        elif kind == "correct":
            report("courier", "filler-7", f"Cargo corrected {step}", now - when + 5, when)
        own_site.settle(when)
        own_site.app.service.next_look = 0.0
        if step % 10 == 9:
            own_site.app.service.made.clear()
            assert whole(crawl(own_site.get)) == entered(own_site), f"after {kind} {step}"
    with own_site.opened.reading() as db:
        aliases = db.execute(text("SELECT count(*) FROM story WHERE alias_of IS NOT NULL")).scalar_one()
        gone = db.execute(text("SELECT count(*) FROM topic_entry WHERE withdrawn IS NOT NULL")).scalar_one()
    assert aliases, "the test merged nothing"
    assert gone, "the test withdrew nothing"


def test_a_crawl_survives_a_restart_and_news_in_its_middle(
    own_site: Site, report: Callable[..., None], now: int
) -> None:
    before, current = entered(own_site), [own_site]

    def get(address: str) -> Any:
        return current[0].get(address)

    pages = crawl(get)
    found = next(pages)
    for n in range(60):
        report("gazette", f"meanwhile-{n}", f"Cargo meanwhile {n}", -100, now + 200)
    again = type(own_site)(Store(str(own_site.opened.url)), own_site.live, own_site.config)
    current[0] = again
    found += [id_ for page in pages for id_ in page]
    assert set(found) == before, "what came after the crawl began is the next crawl's"
    assert whole(crawl(again.get)) == entered(own_site) > before
    again.app.service.close()
    again.runner.close()
    again.opened.close()


def test_late_entries_are_found_although_no_full_page_holds_them(
    own_site: Site, report: Callable[..., None], now: int
) -> None:
    """An old story that enters late stands in the archive, not in the feed; the page that is not full yet has an
    address that will always mean the same entries.
    """
    for n in range(3):
        report("gazette", f"late-{n}", f"Cargo long ago {n}", 30 * DAY, now + 100 + n)
    own_site.settle(now + 200)
    own_site.app.service.next_look = 0.0
    pages = list(crawl(own_site.get))
    assert {id_ for page in pages for id_ in page} == entered(own_site)
    first = ET.fromstring(own_site.get("/feeds/cargo.atom").body)
    links = {link.get("rel"): link.get("href") or "" for link in first.findall(f"{ATOM}link")}
    partial = links["prev-archive"].removeprefix("http://news.example")
    last = int(partial.removeprefix("/feeds/cargo/archive/3-").removesuffix(".atom"))
    held = own_site.get(partial)
    report("gazette", "late-9", "Cargo longer ago", 40 * DAY, now + 300)
    own_site.settle(now + 400)
    own_site.app.service.next_look = 0.0
    assert own_site.get(partial, if_none_match=held.headers["etag"]).status == 304
    assert own_site.get(f"/feeds/cargo/archive/3-{last + 1}.atom").status == 200
    for wrong in (f"3-{last + 2}", "3-100", "2-101", "3-0", "1-51"):
        assert own_site.get(f"/feeds/cargo/archive/{wrong}.atom").status == 404, wrong


def test_a_merged_story_keeps_its_entry_with_a_link_to_the_survivor(own_site: Site, now: int) -> None:
    known = own_site.ids
    old = own_site.slug("courier/filler-3")
    other = own_site.slug("courier/filler-4")
    with own_site.opened.writing() as db:
        store.operator.rule(db, [known["courier/filler-3"], known["courier/filler-4"]], "one", now, together=True)
    own_site.settle(now + 60)
    own_site.app.service.made.clear()
    survivor = own_site.slug("courier/filler-3")
    gone = ({old, other} - {survivor}).pop()
    page = own_site.get("/feeds/cargo/archive/1.atom").text
    assert f"http://news.example/stories/{survivor}" in page
    assert f"story/{gone}</id>" in page
    assert own_site.get(f"/stories/{gone}").headers["location"] == f"/stories/{survivor}"


# ---------------------------------------------------------------- not twice the same


ADDRESSES = [f"/feeds/{topic}.{format_}" for topic in ("cargo", "harbour", "quiet", "all") for format_ in ("atom", "rss", "json")] + [
    "/feeds/cargo/archive/1.atom", "/feeds/cargo.atom?lang=ru", "/feeds/cargo+harbour.rss", "/opml",
]  # fmt: skip


def test_unchanged_polls_are_all_answered_304_also_after_a_restart_and_by_another_server(own_site: Site) -> None:
    held = {address: own_site.get(address, accept_encoding="gzip").headers for address in ADDRESSES}
    other = type(own_site)(Store(str(own_site.opened.url)), own_site.live, own_site.config)
    other.app.service.clock = lambda: 1_795_372_202 + 3600
    try:
        for asked in (own_site, other):
            for coding in ("gzip", "br", "zstd", "identity"):
                for address, headers in held.items():
                    answer = asked.get(address, accept_encoding=coding, if_none_match=headers["etag"])
                    assert answer.status == 304, (address, coding)
                    since = asked.get(address, if_modified_since=headers["last-modified"])
                    assert since.status == 304 or address not in ADDRESSES[:9], address
    finally:
        other.app.service.close()
        other.runner.close()
        other.opened.close()


def test_rendering_again_without_a_change_changes_no_etag(own_site: Site, now: int) -> None:
    before = {address: own_site.get(address).headers["etag"] for address in ADDRESSES}
    dates = {address: own_site.get(address).headers["last-modified"] for address in ADDRESSES[:12]}
    with own_site.opened.writing() as db:
        store.entries.mark_dirty(db, ("cargo", "harbour", "quiet", "all"), now + 500)
    own_site.settle(now + 1000)
    own_site.app.service.next_look = 0.0
    assert {address: own_site.get(address).headers["etag"] for address in ADDRESSES} == before
    assert {address: own_site.get(address).headers["last-modified"] for address in ADDRESSES[:12]} == dates


def updated(site: Site, slug: str) -> str:
    feed = ET.fromstring(site.get("/feeds/cargo.atom").body)
    return next(
        entry.findtext(f"{ATOM}updated") or ""
        for entry in feed.findall(f"{ATOM}entry")
        if (entry.findtext(f"{ATOM}id") or "").endswith(slug)
    )


def test_the_etag_changes_when_content_does_and_updated_only_in_earnest(
    own_site: Site, report: Callable[..., None], now: int
) -> None:
    slug = own_site.slug("gazette/boat")
    first, tag = updated(own_site, slug), own_site.get("/feeds/cargo.atom").headers["etag"]
    with own_site.opened.writing() as db:
        ids = own_site.ids
        store.operator.rule(db, [ids["gazette/boat"], ids["courier/filler-9"]], "one", now, together=True)
        store.operator.pin(db, ids["gazette/boat"], "first")
    own_site.settle(now + 60)
    own_site.app.service.next_look = 0.0
    slug = own_site.slug("gazette/boat")
    joined = own_site.get("/feeds/cargo.atom")
    assert joined.headers["etag"] != tag, "another outlet has it: the content changed"
    assert updated(own_site, slug) == first, "but the report did not"
    assert "Also reported by" in joined.text
