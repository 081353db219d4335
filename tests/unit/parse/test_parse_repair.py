"""The cheap repair: each fault mended, and nothing else touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.parse import strict
from aggregator.parse.repair import references, repaired


def inside(text: str) -> str:
    """What becomes of `text` within a document."""
    return repaired(f"<rss>{text}</rss>").removeprefix("<rss>").removesuffix("</rss>")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AT&T", "AT&amp;T"),
        ("R&D; and &co;", "R&amp;D; and &amp;co;"),
        ("?a=1&copy=2&lang=ru", "?a=1&amp;copy=2&amp;lang=ru"),
        ("&copy; &nbsp;&laquo;", "© \u00a0«"),
        ("&amp; &lt; &gt; &quot; &apos;", "&amp; &lt; &gt; &quot; &apos;"),
        ("&LT;b&GT; &AMP;", "&lt;b> &amp;"),
        ("&#65; &#x41; &#X41;", "&#65; &#65; &#65;"),
        ("&#; &#x; &#12345678901;", "&amp;#; &amp;#x; &amp;#12345678901;"),
        ("&" * 3, "&amp;" * 3),
    ],
)
def test_ampersands_and_entities(written: str, meant: str) -> None:
    assert inside(written) == meant


def test_character_data_sections_keep_their_text() -> None:
    assert (
        inside("&nbsp;<![CDATA[&nbsp; & <b>]]>&<![CDATA[& open") == "\u00a0<![CDATA[&nbsp; & <b>]]>&amp;<![CDATA[& open"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("&#xD83D;&#xDE00;", "😀"),
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D; &#xDE00;", "\ufffd \ufffd"),
        ("&#xDE00;&#xD83D;", "\ufffd\ufffd"),
        ("&#55555;&#55555;", "\ufffd\ufffd"),
        ("&#0;&#8;&#x1f;", ""),
        ("&#9;&#10;&#13;", "&#9;&#10;&#13;"),
        ("&#x110000;&#xFFFE;&#65535;", "\ufffd\ufffd\ufffd"),
    ],
)
def test_references_to_what_is_no_character(written: str, meant: str) -> None:
    assert references(written) == meant


def test_junk_around_the_document_goes() -> None:
    assert (
        repaired("\ufeff\n<b>Warning</b>\n<?xml version='1.0'?><rss><channel/></rss><!-- x -->junk")
        == "<rss><channel/></rss>"
    )


def test_text_without_a_feed_is_left_as_it_is() -> None:
    assert repaired("no & feed") == "no & feed"


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("<rss><channel><item>1</item><item>2", "<rss><channel><item>1</item></channel></rss>"),
        ("<rss><channel><item>1</item>\n</chan", "<rss><channel><item>1</item></channel></rss>"),
        ("<feed><entry>1</entry ><ent", "<feed><entry>1</entry ></feed>"),
        ("<rdf:RDF><item>1</item><item", "<rdf:RDF><item>1</item></rdf:RDF>"),
        ("<urlset><url>1</url><url>", "<urlset><url>1</url></urlset>"),
        ("<rss><channel><item>1", "<rss><channel><item>1"),
    ],
)
def test_a_cut_off_document_ends_with_its_last_whole_item(cut: str, whole: str) -> None:
    found = repaired(cut)
    assert found.replace(' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"', "") == whole


def test_undeclared_prefixes_are_declared_and_declared_ones_left() -> None:
    found = repaired('<rss xmlns:media="urn:own"><dc:date x:y="1"/><media:title/><xml:z/></rss>')
    assert found.startswith(
        '<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:x="urn:undeclared:x" xmlns:media="urn:own">'
    )
    assert strict.parse(found.encode())[0].tag == "{http://purl.org/dc/elements/1.1/}date"


@given(st.text(max_size=200))
def test_no_text_makes_it_raise_or_lengthens_it_beyond_measure(text: str) -> None:
    for document in (text, f"<rss>{text}</rss>"):
        assert len(repaired(document)) < 400 + 80 * len(document)


@given(
    st.text(alphabet="<>&;#x1aA!CDATA[]- =\"'", max_size=80).filter(lambda text: "<" not in text and "]]>" not in text)
)
def test_any_text_within_an_element_becomes_well_formed(text: str) -> None:
    strict.parse(repaired(f"<rss>{text}</rss>").encode())


def test_a_flood_of_ampersands_is_refused() -> None:
    with pytest.raises(ParseError, match="hostile"):
        repaired("<rss>" + "&" * 2_000_001 + "</rss>")
