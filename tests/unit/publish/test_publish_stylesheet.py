"""A feed opened in a browser: it is a page that says how to subscribe, in the feed's language; markup stays text."""

import feed_samples as samples
import pytest
from lxml import etree, html

from aggregator import publish


def page_of(body: bytes) -> html.HtmlElement:
    return html.fromstring(publish.page(body))


def texts(page: html.HtmlElement, name: str) -> list[str]:
    return [found.text_content() for found in page.iter(name)]


@pytest.mark.parametrize("format_", ["atom", "rss"])
def test_the_page_shows_titles_sources_excerpts_and_the_address_to_subscribe_to(format_: str) -> None:
    page = page_of(samples.bodies(samples.rich())[format_])

    assert texts(page, "h1") == ["Торговля"]
    assert texts(page, "h2")[2] == "Товарооборот вырос, № 3"
    assert [a.get("href") for a in page.iter("a")][3] == "https://bereg.example/news/3?a=1&b=2"
    assert [i.get("value") for i in page.iter("input")] == [f"https://news.example/feeds/trade.{format_}"]
    assert [link.get("href") for link in page.iter("link")] == ["https://news.example/static/feed.css"]
    assert "Агентство «Берег»" in texts(page, "p")[-2]
    assert texts(page, "p")[-1].strip().startswith("Казахстан и Азербайджан намерены")
    assert [article.get("lang") for article in page.iter("article")][1:] == ["az", "ru", "ru"]


def test_markup_and_references_of_an_excerpt_become_text() -> None:
    evil = samples.report(1, text='1 < 2 & <script>alert("1")</script> it\'s')
    page = page_of(samples.bodies(samples.publication(samples.item(samples.story(1, evil))))["atom"])

    assert not list(page.iter("script"))
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


@pytest.mark.parametrize("format_", ["atom", "rss"])
def test_a_feed_refers_to_its_stylesheet_before_its_root(format_: str) -> None:
    root = etree.fromstring(samples.bodies(samples.publication())[format_])
    (instruction,) = root.itersiblings(preceding=True)

    assert instruction.text == 'type="text/css" href="https://news.example/static/feed.css"'


def test_the_page_is_html_in_utf_8() -> None:
    page = publish.page(samples.bodies(samples.rich())["atom"])

    assert page.startswith(b"<!DOCTYPE html>")
    assert "Агентство «Берег»".encode() in page
    assert b"xmlns" not in page


def test_the_stylesheet_is_handed_out() -> None:
    assert b"@namespace atom" in publish.stylesheet()
