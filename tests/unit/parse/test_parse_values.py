"""Addresses, media, persons and texts: what is one, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Enclosure
from aggregator.parse.draft import as_html, enclosure, looks_like_html, person, web_address
from aggregator.parse.values import clean, scalar

BASE = "https://port.example/feeds/all.xml"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://port.example/1", "https://port.example/1"),
        ("  https://port.example/1\n", "https://port.example/1"),
        ("HTTPS://Port.Example/A?b=C", "HTTPS://Port.Example/A?b=C"),
        ("https://port.example/a b", "https://port.example/a%20b"),
        ("https://port.example/a\n b", "https://port.example/a%20b"),
        ("https://порт.example/жаңалық", "https://порт.example/жаңалық"),
        ("/1", "https://port.example/1"),
        ("1", "https://port.example/feeds/1"),
        ("../1", "https://port.example/1"),
        ("//cdn.example/1", "https://cdn.example/1"),
        ("?id=1", "https://port.example/feeds/all.xml?id=1"),
        ("https://[2001:db8::1]/1", "https://[2001:db8::1]/1"),
        ("https://port.example/[1]", "https://port.example/[1]"),
        ("", None),
        (" ", None),
        ("#top", None),
        ("javascript:alert(1)", None),
        (" java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@port.example", None),
        ("ftp://port.example/1", None),
        ("http:", None),
        ("http:///1", None),
        ("https://[port.example/1", None),
        ("https://[::1", None),
    ],
)
def test_an_address_leads_to_some_host_by_http(written: str, address: str | None) -> None:
    assert web_address(written, BASE) == address


@given(st.text(max_size=60))
def test_no_text_makes_an_address_of_another_scheme(written: str) -> None:
    found = web_address(written, BASE)
    assert found is None or found.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("kind", "length", "found"),
    [
        ("Image/PNG ", "12", Enclosure("https://port.example/a.jpg", "image/png", 12)),
        ("", "", Enclosure("https://port.example/a.jpg", "image/jpeg", 0)),
        (None, "-1", Enclosure("https://port.example/a.jpg", "image/jpeg", 0)),
        ("image/jpeg", "1" * 30, Enclosure("https://port.example/a.jpg", "image/jpeg", 0)),
        ("image/jpeg", "٣", Enclosure("https://port.example/a.jpg", "image/jpeg", 0)),
        ("image/jpeg", "9" * 16, Enclosure("https://port.example/a.jpg", "image/jpeg", 2**53)),
    ],
)
def test_an_enclosure_keeps_type_and_length_that_make_sense(kind: str | None, length: str, found: Enclosure) -> None:
    assert enclosure("/a.jpg", kind, length, BASE) == found


def test_the_name_is_taken_from_a_mailbox() -> None:
    assert person("desk@port.example (Айдар  Сериков)") == "Айдар Сериков"
    assert person(" Anna\n Reed ") == "Anna Reed"


@pytest.mark.parametrize("text", ["<p>x", "a</b> c", "&nbsp;", "&#8212;", "<IMG src=x>"])
def test_text_with_tags_or_references_is_html(text: str) -> None:
    assert looks_like_html(text)


@pytest.mark.parametrize("text", ["5 < 6 > 4", "AT&T; x", "a & b;", "x<y</ z", "<3 &"])
def test_text_with_signs_is_not_html(text: str) -> None:
    assert not looks_like_html(text)


def test_plain_text_becomes_paragraphs() -> None:
    assert as_html("a < b\n\n  c & d ") == "<p>a &lt; b</p><p>c &amp; d</p>"


def test_values_out_of_json_can_be_stored_anywhere() -> None:
    assert clean("a\x00b\ud800c\ufffe") == "ab\ufffdc"
    assert clean("\ud83d\ude00") == "😀"
    assert (clean(5), clean(None), clean(["x"])) == ("", "", "")
    assert (scalar(5), scalar(1.5), scalar(True), scalar("x")) == ("5", "1.5", "", "x")
