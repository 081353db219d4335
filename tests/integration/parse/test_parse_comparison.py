"""Our reading beside feedparser's: what differs is told field by field, and nothing but that."""

from collections.abc import Iterator

import pytest
from parse_corpus import Case, cases

from aggregator import parse
from aggregator.model import Document, Feed
from aggregator.parse.comparison import FIELDS, LONGEST

URL = "https://port.example/rss.xml"


@pytest.fixture(scope="module", autouse=True)
def child() -> Iterator[None]:
    yield
    parse.close()


def compare(body: str, kind: str = "feed") -> parse.Comparison:
    return parse.compare(Document(URL, body=body.encode()), Feed("source", URL, kind=kind))  # type: ignore[arg-type]


def rss(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>Порт</title><link>https://port.example/</link>{''.join(items)}</channel></rss>"


SOUND = "<item><title>Рейс</title><link>https://port.example/1</link><guid>https://port.example/1</guid><pubDate>Tue, 20 Oct 2026 09:00:00 +0500</pubDate></item>"


def test_where_both_say_the_same_nothing_differs() -> None:
    found = compare(rss(SOUND))
    assert (found.differences, found.only_ours, found.only_feedparser, found.skipped) == ((), 0, 0, "")
    assert (found.entries, found.route) == (1, "fast")
    assert found.compared == dict.fromkeys(FIELDS, 1) | {"feed title": 1, "feed link": 1}


def test_a_difference_is_told_with_its_field_entry_and_both_values() -> None:
    foreign = "<atom:id xmlns:atom='http://www.w3.org/2005/Atom'>urn:other</atom:id>"
    (found,) = compare(rss(f"<item>{foreign}<title>Рейс</title><link>https://port.example/1</link></item>")).differences
    assert (found.field, found.entry) == ("id", "Рейс")
    assert (found.ours, found.feedparser) == ("", "urn:other")


def test_long_values_are_shown_from_where_they_part() -> None:
    text = "Слово. " * 200
    item = SOUND.replace(
        "</item>",
        f"<description>{text}</description><itunes:summary xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>{text}конец</itunes:summary></item>",
    )
    for difference in compare(rss(item)).differences:
        assert len(difference.ours) <= LONGEST + 2
        assert difference.ours != difference.feedparser


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (
            '{"version": "https://jsonfeed.org/version/1", "title": "x", "items": []}',
            "feed",
            "feedparser reads no such",
        ),
        (rss(SOUND.replace("Рейс", "Рейс <b>")), "feed", "feedparser itself read it"),
    ],
)
def test_what_feedparser_cannot_judge_is_skipped_and_says_why(body: str, kind: str, why: str) -> None:
    assert why in compare(body, kind).skipped


def test_what_neither_can_read_is_told_for_both() -> None:
    found = compare("<html><body>x</body></html>")
    assert "HTML page" in found.ours
    assert found.feedparser


COMPARED = [case for case in cases() if case.error is None and case.route in ("fast", "repaired")]
NAMES = {"content": "html", "author": "author"}


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.name)
def test_of_the_corpus_only_argued_fields_differ(case: Case) -> None:
    document = Document(case.url, body=case.body, content_type=case.content_type)
    found = parse.compare(document, Feed("source", case.url, kind=case.kind), timezone=case.timezone)
    assert (found.only_ours, found.only_feedparser) == (0, 0)
    argued = {*case.feedparser, "summary", *(("feed title", "feed link") if "facts" in case.feedparser else ())}
    assert {NAMES.get(one.field, one.field) for one in found.differences} <= argued
