"""The tolerant way: feedparser's reading of broken documents, and how it differs from ours on sound ones."""

import pytest
from parse_corpus import Case, cases, shown_entry, shown_facts

from aggregator.errors import ParseError
from aggregator.model import Reading
from aggregator.parse.draft import Context
from aggregator.parse.encoding import utf8
from aggregator.parse.route import _for_feedparser
from aggregator.parse.tolerant import read_tolerantly

BROKEN = [case for case in cases() if case.needs_child and case.error is None]
HOPELESS = [case for case in cases() if case.needs_child and case.error is not None]
SOUND = [case for case in cases() if case.route in ("fast", "repaired")]
COMPARED = ("id", "link", "title", "html", "published", "updated", "author", "enclosures", "categories", "language")


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_broken_documents_are_read_as_expected(case: Case) -> None:
    reading = case.read()
    assert reading.route == "tolerant", case.about
    assert shown_facts(reading.facts) == case.facts, case.about
    assert [shown_entry(entry, case.url) for entry in reading.entries] == list(case.entries), case.about


@pytest.mark.parametrize("case", HOPELESS, ids=lambda case: case.name)
def test_what_neither_reads_is_refused_with_both_reasons(case: Case) -> None:
    with pytest.raises(ParseError) as refusal:
        case.read()
    assert str(refusal.value) == case.error, case.about


def tolerant(case: Case) -> Reading:
    data = utf8(case.body, case.content_type).lstrip()
    return read_tolerantly(_for_feedparser(data), Context(case.url, case.timezone))


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
def test_feedparser_agrees_on_sound_documents_save_for_argued_fields(case: Case) -> None:
    ours, theirs = case.read(), tolerant(case)
    assert len(ours.entries) == len(theirs.entries)
    pairs = list(zip(ours.entries, theirs.entries, strict=True))
    differing = {name for name in COMPARED if any(getattr(a, name) != getattr(b, name) for a, b in pairs)}
    if (ours.facts.title, ours.facts.link) != (theirs.facts.title, theirs.facts.link):
        differing.add("facts")
    assert differing == set(case.feedparser), "a difference nobody argued, or an argument without a difference"


def test_of_a_document_beyond_the_cap_the_first_items_are_read() -> None:
    filler = "Текст о порте. " * 400
    items = "".join(
        f"<item><title>{n}</b></title><link>https://port.example/{n}</link><description>{filler}</description></item>"
        for n in range(300)
    )
    case = Case("", "", "", "https://port.example/rss.xml")
    reading = case.read(f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode())
    assert reading.route == "tolerant"
    assert 100 < len(reading.entries) < 300
    assert reading.entries[0].link == "https://port.example/0"
    assert reading.entries[-1].html.endswith("порте.")


def test_a_broken_document_without_entries_is_an_error_that_names_the_fault() -> None:
    case = Case("", "", "", "https://port.example/rss.xml")
    with pytest.raises(ParseError, match=r"broken XML \(.*line 1.*\), and the tolerant reader could not help"):
        case.read(b"<item><b></item>")
