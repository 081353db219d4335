"""Every rendering keeps the rules of its format, whatever the texts and addresses in it; and the rules can be broken."""

import json
from dataclasses import replace

import feed_rules
import feed_samples as samples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import publish
from aggregator.model import Also, Chain, Enclosure, Item, Publication, Tombstone

FORMATS = ("atom", "rss", "json")

_pieces = st.sampled_from(
    ["<b>", "</b>", "<script>alert(1)</script>", "&amp;", "&lt;", "&", "<", "]]>", "<![CDATA[", "&#0;", "&#x1F;", "\x00",
     "\x0b", "\x1f", "\x7f", "\x85", "\x9f", "\ud800", "\udfff", "\ufffe", "\uffff", "\U0001fffe", "\ufdd0", "\ufeff",
     "\u202e", "\u2028", "\r\n", "\t", " ", "\u00a0", '"', "'", "<!--", "-->", "<?xml", "?>", "Қазақ", "ə", "🇰🇿", "a"]
)  # fmt: skip
texts = st.lists(_pieces | st.characters() | st.text(max_size=8), max_size=12).map("".join)
urls = (
    st.sampled_from(
        ["javascript:alert(1)", "data:text/html,<b>", "//x.example/", "/relative", "", "https://", "https://a b/", "ftp://x/",
         "https://x.example/a b?c=<d>&e=\"'#f", "https://пример.example/путь", "HTTPS://X.EXAMPLE:443/%zz", "https://u:p@x.example/",
         "https://x.example/\x00\x1f\ud800", "https://[::1]:80/", "https://x.example/?q=]]>", "mailto:a@b.example"]
    )
    | texts.map("https://x.example/".__add__)
    | texts
)  # fmt: skip
languages = st.sampled_from(["ru", "kk", "az-Latn", "und", "", "русский", "x" * 30, "en\x00"])
seconds = st.integers(0, 4_000_000_000)


@st.composite
def items(draw: st.DrawFn, number: int) -> Item:
    published = draw(seconds)
    return Item(
        id=f"{samples.TAG}s{number}", title=draw(texts), url=draw(st.none() | urls), html=draw(texts), language=draw(languages),
        published=published, updated=published + draw(st.integers(0, 1000)), entered=published, source_name=draw(texts),
        source_url=draw(urls), page=f"https://news.example/stories/s{number}", author=draw(st.none() | texts),
        categories=tuple(draw(st.lists(texts, max_size=3))), topics=("trade",),
        enclosures=tuple(draw(st.lists(st.builds(Enclosure, urls, texts, st.integers(-5, 10**12)), max_size=3))),
        also=tuple(draw(st.lists(st.builds(Also, texts, texts, urls, languages), max_size=3))), full=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    held = [draw(items(number)) for number in range(draw(st.integers(0, 3)))]
    stones = [Tombstone(f"{samples.TAG}gone", draw(seconds), draw(texts))] if draw(st.booleans()) else []
    built = samples.publication(*held, tombstones=stones, chain=Chain(3, page=draw(st.sampled_from([None, 1, 2, 3]))))
    return replace(built, title=draw(texts), subtitle=draw(texts))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(publications())
def test_hostile_texts_and_addresses_make_valid_feeds(publication: Publication) -> None:
    faults = {r.format: feed_rules.check(r.format, r.body) for r in publish.render(publication)}

    assert faults == {"atom": [], "rss": [], "json": []}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_feed_with_everything_in_it_is_valid(format_: str) -> None:
    assert feed_rules.check(format_, samples.bodies(samples.rich())[format_]) == []


@pytest.mark.parametrize("format_", FORMATS)
def test_a_feed_without_items_is_valid(format_: str) -> None:
    assert feed_rules.check(format_, samples.bodies(samples.publication())[format_]) == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_archive_pages_are_valid(number: int) -> None:
    page = samples.publication(samples.item(), chain=Chain(3, page=number))

    assert feed_rules.check_atom(publish.render(page, ("atom",))[0].body) == []


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), urls)
def test_the_html_that_we_make_is_paragraphs_lists_and_web_links(lines: list[str], url: str) -> None:
    others = [
        samples.report(n, source, title=line, url=url)
        for n, (source, line) in enumerate(zip("abcd", lines, strict=False))
    ]
    made = samples.item(samples.story(1, samples.report(9, text="\n".join(lines), title=lines[0], url=url), *others))
    body = json.loads(samples.bodies(samples.publication(made))["json"])["items"][0]["content_html"]

    faults, _, _ = feed_rules.read_html(body)

    assert faults == []


BREAKAGES = {
    "atom": [
        (b"<updated>2026", b"<updated>26"),
        (b'href="https://bereg', b'href="bereg'),
        (b"tag:news.example,2026:story/slug000000001", b"tag:news.example,2026:story/slug000000003"),
        (b"<id>https://bereg.example/</id>", b""),
        (b'rel="self"', b'rel="selfish"'),
        (b'length="12345"', b'length="much"'),
        (b' xml:lang="az"', b' xml:lang="a z"'),
        (b"when=", b"then="),
        (b"<published>2026-09-21", b"<published>2027-09-21"),
        ("Торговля</title>".encode(), "Торговля\n</title>".encode()),
    ],
    "rss": [
        (b"<pubDate>Mon,", b"<pubDate>Tue,"),
        (b'isPermaLink="false"', b'isPermaLink="true"'),
        (b'type="image/jpeg"/><source', b'type="jpeg"/><source'),
        (b"<ttl>15</ttl>", b"<ttl>soon</ttl>"),
        (b'rel="self"', b'rel="me"'),
        (b"<guid", b"<guide"),
    ],
    "json": [
        (b"jsonfeed.org/version/1.1", b"jsonfeed.org/version/9"),
        (b'"content_html"', b'"html"'),
        (b'"date_published":"2026-', b'"date_published":"26-'),
        (b'"mime_type":"image/jpeg"', b'"mime_type":"jpeg"'),
        (b'"url":"https://bereg', b'"url":"bereg'),
    ],
}


@pytest.mark.parametrize(("format_", "good", "bad"), [(f, *pair) for f, pairs in BREAKAGES.items() for pair in pairs])
def test_the_validator_finds_what_is_broken(format_: str, good: bytes, bad: bytes) -> None:
    body = samples.bodies(samples.rich())[format_]
    broken = body.replace(good, bad, 1)
    if good.startswith(b"<guid"):
        broken = broken.replace(b"</guid>", b"</guide>", 1)

    assert broken != body, "the sample no longer holds what this case breaks"
    assert feed_rules.check(format_, broken)
