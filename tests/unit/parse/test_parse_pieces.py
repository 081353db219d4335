"""Items that are known to the byte are left out, and what is read without them is what the whole document says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_corpus import Case, cases

from aggregator import parse
from aggregator.model import Document, Feed, Reading
from aggregator.parse.pieces import is_sound, pieces_of

URL = "https://port.example/rss.xml"
HEAD = '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Порт</title><language>ru</language>'
TAIL = "</channel></rss>"


def item(name: str, inside: str = "") -> str:
    return f"<item><title>{name}</title><link>https://port.example/{name}</link>{inside}</item>"


def document(*items: str, head: str = HEAD, tail: str = TAIL, url: str = URL) -> Document:
    return Document(url, body=(head + "\n".join(items) + tail).encode())


def read(made: Document, known: frozenset[int] = frozenset()) -> Reading:
    return parse.read(made, Feed("source", made.url), known)


def after(first: Document, second: Document) -> Reading:
    """The second document as it is read when the first was read before."""
    return read(second, frozenset(read(first).marks))


def titles(reading: Reading) -> list[str]:
    return [entry.title for entry in reading.entries]


A, B, C = (item(name) for name in "abc")


def test_only_what_is_new_is_read() -> None:
    found = after(document(A, B), document(C, A, B))
    assert titles(found) == ["c"]
    assert len(found.marks) == 3
    assert (found.facts.title, found.facts.language, found.route) == ("Порт", "ru", "fast")
    assert found.entries[0].language == "ru"


def test_a_changed_item_is_new() -> None:
    assert titles(after(document(A, B), document(item("a", "<author>x</author>"), B))) == ["a"]


def test_nothing_new_is_no_entry_but_all_marks() -> None:
    found = after(document(A, B), document(A, B, head=HEAD + "<ttl>5</ttl>"))
    assert (titles(found), len(found.marks), found.facts.ttl) == ([], 2, 5)


@pytest.mark.parametrize(
    "trap",
    [
        item("x", "<description><![CDATA[</item><item>]]></description>"),
        item("x", "<description><![CDATA[</item>]]></description>"),
        "<!-- </item> --><item><title>x</title></item>",
        item("x", "<!-- <item> -->"),
        item("x", "<?php </item> ?>"),
        item("x", "<item><title>nested</title></item>"),
        "<item/>",
        "<image><url>x</url></image>" + item("x"),
        "</channel><channel>" + item("x"),
        item("x") + "text",
    ],
)
def test_what_cannot_be_told_apart_is_read_whole(trap: str) -> None:
    made = document(C, A, trap, B)
    whole = read(made)
    found = after(document(A, B), made)
    assert found.entries == whole.entries or ([*found.marks] and titles(found) == ["c", "x"])
    again = read(made, frozenset(whole.marks))
    assert again.entries == whole.entries or titles(again) == []


def test_an_end_tag_in_a_section_is_no_end_whatever_was_known_before() -> None:
    """The bytes from one `</item>` to the next are those of a known item, but stand within a text here."""
    made = document(item("x", f"<description><![CDATA[</item>{B}<item><title>]]></description>"), A)
    assert after(document(A, B), made).entries == read(made).entries


def test_another_root_or_address_changes_every_mark() -> None:
    first = read(document(A, B))
    other = read(document(A, B, head=HEAD.replace('version="2.0"', 'version="2.0" xml:base="https://x.example/"')))
    moved = read(document(A, B, url="https://elsewhere.example/rss.xml"))
    assert not set(first.marks) & (set(other.marks) | set(moved.marks))


@pytest.mark.parametrize("comment", ["", "<!-- <items> -->", "<!-- </items> -->"])
def test_what_an_rdf_feed_says_of_itself_stands_before_and_behind_its_contents(comment: str) -> None:
    root = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    contents = "<items><rdf:Seq><rdf:li resource='https://port.example/a'/></rdf:Seq></items>"
    head = f"{root}<channel><title>Порт</title>{comment}{contents}{comment}<link>https://port.example/</link></channel>"
    first, second = (document(*items, head=head, tail="</rdf:RDF>") for items in ((A, B), (C, A, B)))
    found, whole = after(first, second), read(second)
    assert titles(found) == ["c"]
    assert found.facts == whole.facts
    assert (found.facts.title, found.facts.link) == ("Порт", "https://port.example/")


def test_a_broken_rest_is_read_whole() -> None:
    made = document(item("x", "<b>"), A, B, tail="</channel>")
    assert titles(after(document(A, B), made)) == titles(read(made))


def test_marks_are_only_given_where_each_item_became_an_entry_by_the_strict_parser() -> None:
    assert read(document(A, item("x", "&nbsp;"))).marks == ()
    assert len(read(document(A, B)).marks) == 2


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_a_declared_encoding_is_believed_for_the_rest_too(encoding: str) -> None:
    head = HEAD.replace('"1.0"', f'"1.0" encoding="{encoding}"')

    def encoded(*items: str) -> Document:
        return Document(URL, body=(head + "".join(items) + TAIL).encode(encoding))

    assert titles(after(encoded(A, B), encoded(item("Порт"), A, B))) == ["Порт"]


def test_an_encoding_nobody_declared_is_judged_by_the_whole() -> None:
    def encoded(*items: str) -> Document:
        return Document(URL, body=(HEAD.replace("Порт", "Port") + "".join(items) + TAIL).encode("cp1251"))

    long = item("Объём перевозок через порт вырос на треть")
    found = after(encoded(long, B), encoded(item("Ява"), long, B))
    assert "Ява" in titles(found)


def test_words_taken_for_another_encoding_are_judged_by_the_whole() -> None:
    broken = "Порт принял груз и паром".encode().decode("cp1251")
    made = document(item("и".encode().decode("cp1251")), item(broken), A)
    assert after(document(item(broken), A), made).entries == read(made).entries


SEPARABLE = [case for case in cases() if case.error is None and case.route in ("fast", "sitemap") and case.entries]


@pytest.mark.parametrize("case", SEPARABLE, ids=lambda case: case.name)
@given(data=st.data())
def test_of_every_document_the_rest_is_what_the_whole_says(case: Case, data: st.DataObject) -> None:
    whole = case.read()
    known = data.draw(st.sets(st.sampled_from(whole.marks))) if whole.marks else set()
    made = Document(case.url, body=case.body, content_type=case.content_type)
    found = parse.read(made, Feed("source", case.url, kind=case.kind), frozenset(known), timezone=case.timezone)
    assert found.facts == whole.facts
    if len(found.marks) > len(found.entries):
        assert found.entries == tuple(
            entry for entry, mark in zip(whole.entries, whole.marks, strict=True) if mark not in known
        )
    else:
        assert found.entries == whole.entries


def test_most_sound_documents_can_be_told_apart() -> None:
    assert sum(bool(case.read().marks) for case in SEPARABLE) >= 0.7 * len(SEPARABLE)


@given(
    st.lists(st.sampled_from([A, B, C, "</item>", "<item>", " ", "<![CDATA[", "]]>", item("x", "y" * 70_000)])),
    st.data(),
)
def test_what_may_be_met_again_changes_nothing_in_how_items_are_told_apart(
    parts: list[str], data: st.DataObject
) -> None:
    body = (HEAD + item("first") + "".join(parts) + TAIL).encode()
    alone = pieces_of(body, URL)
    others = pieces_of(document(B, A, item("x", "y" * 70_000)).body, URL)
    assert others is not None
    known = data.draw(st.permutations([*others.marks, *(alone.marks if alone else ())]))
    assert pieces_of(body, URL, known) == alone


@given(st.binary(max_size=300), st.sampled_from([b"<rss >", b"<feed>", b"<urlset>", b""]))
def test_no_bytes_make_it_raise(noise: bytes, root: bytes) -> None:
    body = root + noise + b"<item></item><entry></entry>" + noise
    pieces = pieces_of(body, URL)
    if pieces is not None:
        assert len(pieces.marks) == len(pieces.items) > 0
        assert all(item in body for item in pieces.unknown(set()))


@given(st.lists(st.sampled_from([b"<![CDATA[", b"]]>", b"<item>", b"</item>", b"<!--", b"-->", b"x", b"<?", b"?>"])))
def test_a_sound_item_has_one_start_and_closes_its_sections(parts: list[bytes]) -> None:
    made = b"<item>" + b"".join(parts)
    outside = re.sub(rb"<!\[CDATA\[.*?\]\]>", b"", made)
    assert is_sound(made, b"item") == (outside.count(b"<item>") == 1 and b"<!" not in outside and b"<?" not in outside)
