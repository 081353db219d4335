"""A feed opened in a browser: the XSLT makes a page of it that says how to subscribe; markup stays text."""

import feed_samples as samples
import pytest
from lxml import etree

from aggregator import publish

HTML = "{http://www.w3.org/1999/xhtml}"


def page_of(body: bytes) -> etree._Element:
    return etree.XSLT(etree.fromstring(publish.stylesheet("feed.xsl")))(etree.fromstring(body)).getroot()


def texts(page: etree._Element, name: str) -> list[str]:
    return ["".join(found.itertext()) for found in page.iter(f"{HTML}{name}")]


@pytest.mark.parametrize("format_", ["atom", "rss"])
def test_the_page_shows_titles_sources_excerpts_and_the_address_to_subscribe_to(format_: str) -> None:
    page = page_of(samples.bodies(samples.rich())[format_])

    assert texts(page, "h1") == ["Торговля"]
    assert texts(page, "h2")[2] == "Товарооборот вырос, № 3"
    assert [a.get("href") for a in page.iter(f"{HTML}a")][3] == "https://bereg.example/news/3?a=1&b=2"
    assert [i.get("value") for i in page.iter(f"{HTML}input")] == [f"https://news.example/feeds/trade.{format_}"]
    assert [link.get("href") for link in page.iter(f"{HTML}link")] == ["https://news.example/static/feed.css"]
    assert "Агентство «Берег»" in texts(page, "p")[-2]
    assert texts(page, "p")[-1].strip().startswith("Казахстан и Азербайджан намерены")
    assert [article.get("lang") for article in page.iter(f"{HTML}article")][1:] == ["az", "ru", "ru"]


def test_markup_and_references_of_an_excerpt_become_text() -> None:
    evil = samples.report(1, text='1 < 2 & <script>alert("1")</script> it\'s')
    page = page_of(samples.bodies(samples.publication(samples.item(samples.story(1, evil))))["atom"])

    assert not list(page.iter(f"{HTML}script"))
    assert """1 < 2 & <script>alert("1")</script> it's""" in texts(page, "p")[-1]


def test_an_endless_text_ends() -> None:
    long = samples.report(1, "xezer", html="<p>&amp; < <b>слово</b></p>" * 5000)
    page = page_of(samples.bodies(samples.publication(samples.item(samples.story(1, long))))["rss"])

    assert len(texts(page, "p")[-1]) < 1200


@pytest.mark.parametrize("language", ["ru", "kk", "az", "tr", "en"])
def test_the_page_speaks_the_language_of_the_feed(language: str) -> None:
    page = page_of(samples.bodies(samples.publication(language=language))["atom"])

    assert page.get("lang") == language
    words = {"ru": "подписаться", "kk": "Жазылу", "az": "Abunə", "tr": "Abone", "en": "subscribe"}
    assert words[language] in texts(page, "aside")[0]


def test_a_feed_refers_to_both_stylesheets_before_its_root() -> None:
    for format_ in ("atom", "rss"):
        root = etree.fromstring(samples.bodies(samples.publication())[format_])
        assert [pi.text for pi in root.itersiblings(preceding=True)][::-1] == [
            'type="text/xsl" href="https://news.example/static/feed.xsl"',
            'type="text/css" href="https://news.example/static/feed.css"',
        ]


def test_only_the_two_stylesheets_are_handed_out() -> None:
    assert publish.stylesheet("feed.css").startswith(b"/*")
    with pytest.raises(KeyError):
        publish.stylesheet("../__init__.py")
