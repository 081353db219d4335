"""OPML: what we write is valid and leaves private topics out; what others wrote is read or refused, never obeyed."""

from dataclasses import replace

import feed_rules
import pytest
from feed_samples import SITE, SOURCES
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator import publish
from aggregator.errors import ParseError
from aggregator.model import Feed, Topic
from aggregator.publish import outlines

TOPICS = (
    Topic("green-energy", {"en": "Green energy", "ru": "Зелёная энергетика"}, {}),
    Topic("trade", {"en": "Trade & transit"}, {}),
    Topic("secret", {"en": "Secret"}, {}, private=True),
)


def test_public_topics_are_listed_with_their_atom_feeds() -> None:
    body = publish.opml(SITE, TOPICS)

    assert feed_rules.check_opml(body) == []
    assert publish.read_opml(body) == (
        (
            "Зелёная энергетика",
            "https://news.example/feeds/green-energy.atom",
            "https://news.example/topics/green-energy",
            None,
            None,
        ),
        ("Trade & transit", "https://news.example/feeds/trade.atom", "https://news.example/topics/trade", None, None),
    )
    assert b"secret" not in body.lower()


def test_sources_are_exported_with_every_feed_and_read_back() -> None:
    feeds = (Feed("dala", "https://dala.example/feed?a=1&b=2"), Feed("dala", "https://dala.example/kk/rss"),
             Feed("dala", "https://dala.example/news", kind="page"))  # fmt: skip
    body = publish.opml_sources([replace(SOURCES["dala"], feeds=feeds)])

    assert feed_rules.check_opml(body) == []
    assert publish.read_opml(body) == (
        ("Алтын дала", "https://dala.example/feed?a=1&b=2", "https://dala.example/", "KZ", "kk"),
        ("Алтын дала", "https://dala.example/kk/rss", "https://dala.example/", "KZ", "kk"),
    )
    assert b'type="link"' in body


def test_the_same_list_gives_the_same_bytes() -> None:
    assert publish.opml(SITE, TOPICS) == publish.opml(SITE, TOPICS)


def opml(outlines: str, declaration: str = "") -> bytes:
    return f'<?xml version="1.0"?>{declaration}<opml version="1.1"><head/><body>{outlines}</body></opml>'.encode()


def test_folders_become_categories() -> None:
    found = publish.read_opml(
        opml(
            '<outline text="News"><outline title="Kazakhstan" text="KZ"><outline text="A" xmlUrl="https://a.example/rss"/>'
            '</outline></outline><outline text="B" xmlUrl="https://b.example/rss" category="/Region/Caspian,/Other"/>'
        )
    )

    assert found == (
        ("A", "https://a.example/rss", None, "News/Kazakhstan", None),
        ("B", "https://b.example/rss", None, "Region/Caspian", None),
    )


def test_each_feed_is_read_once_and_gets_a_title() -> None:
    outline = '<outline xmlUrl=" https://a.example/rss " htmlUrl="javascript:x"/>'

    assert publish.read_opml(opml(outline * 2)) == (
        ("https://a.example/rss", "https://a.example/rss", None, None, None),
    )


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "feed.xml", "", "ftp://a.example/rss", "https://a:b@a.example/rss"],
)
def test_addresses_that_are_not_of_the_web_are_left_out(url: str) -> None:
    assert publish.read_opml(opml(f'<outline text="A" xmlUrl="{url}"/>')) == ()
    named = outlines.refused(opml(f'<outline text="A" xmlUrl="{url}"/><outline xmlUrl="https://a.example/rss"/>'))
    assert [address for address, _ in named] == [url] * bool(url)


@pytest.mark.parametrize(
    "data",
    [b"", b"   ", b"not xml", b"<html><body/></html>", b"<opml version='2.0'/>", b"<opml><body>", b"\xff\xfe\x00", b"<rss/>",
     b"<opml><body><outline xmlUrl='a&b'/></body></opml>"],
)  # fmt: skip
def test_what_is_not_opml_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        publish.read_opml(data)


def test_entities_are_not_read_from_files() -> None:
    declaration = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]>'

    assert publish.read_opml(opml('<outline text="A" xmlUrl="https://a.example/rss">&x;</outline>', declaration)) == (
        ("A", "https://a.example/rss", None, None, None),
    )


def test_a_bomb_of_entities_is_refused() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    declaration = f'<!DOCTYPE opml [<!ENTITY e0 "lollollol">{levels}]>'

    with pytest.raises(ParseError):
        publish.read_opml(opml('<outline text="&e9;" xmlUrl="https://a.example/rss"/>', declaration))


def test_a_tower_of_outlines_is_refused() -> None:
    with pytest.raises(ParseError):
        publish.read_opml(opml('<outline text="a">' * 5000 + "</outline>" * 5000))


def test_an_enormous_file_is_refused() -> None:
    with pytest.raises(ParseError, match="too large"):
        publish.read_opml(b" " * 20_000_001)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda s: opml(s.encode("utf-8", "replace").decode())))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        found = publish.read_opml(data)
    except ParseError:
        return
    assert all(url.startswith("http") for _, url, _, _ in found)


@given(st.lists(st.text(min_size=1, max_size=30), max_size=4))
def test_hostile_titles_make_valid_opml(titles: list[str]) -> None:
    topics = [Topic(f"t{n}", {"en": title}, {}) for n, title in enumerate([*titles, "x"])]

    assert feed_rules.check_opml(publish.opml(SITE, topics)) == []
    assert etree.fromstring(publish.opml(SITE, topics)).get("version") == "2.0"
