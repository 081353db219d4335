"""The feeds that a page names."""

from aggregator import parse
from aggregator.model import Document


def found(html: str, url: str = "https://port.example/ru/") -> tuple[str, ...]:
    return parse.discover(Document(url, body=html.encode()))


def test_declared_feeds_come_first_and_comments_last_among_them() -> None:
    html = """<head><base href="/news/"><link rel="alternate" type="application/rss+xml" title="Комментарии" href="c.xml">
    <link rel="alternate" type="application/atom+xml; charset=utf-8" href="a.xml"><link rel="ALTERNATE home" type="application/rss+xml" href="/r.xml">
    <link rel="alternate" hreflang="kk" href="/kk/"><link rel="stylesheet" type="text/css" href="/s.css"></head>
    <body><a href="/feed/">RSS</a><a href="https://port.example/r.xml">лента</a></body>"""
    assert found(html) == (
        "https://port.example/news/a.xml",
        "https://port.example/r.xml",
        "https://port.example/news/c.xml",
        "https://port.example/feed/",
    )


def test_a_json_feed_is_one_and_the_interface_of_a_content_system_is_not() -> None:
    html = """<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1><link rel=alternate type=application/json title="JSON Feed" href=/feed.json>
    <link rel=alternate type=application/feed+json href=/feed2>"""
    assert found(html) == ("https://port.example/feed.json", "https://port.example/feed2")


def test_links_that_look_like_feeds() -> None:
    paths = ["/rss", "/rss.xml", "/feed/", "/ru/feeds/all", "/index.rdf", "/?feed=rss2", "/news.atom"]
    others = [
        "/feedback",
        "/press",
        "/grossiste",
        "/atomic",
        "mailto:rss@port.example",
        "javascript:rss()",
        "/about#rss",
    ]
    html = "".join(f'<a href="{path}">x</a>' for path in [*others, *paths])
    assert found(html) == tuple(f"https://port.example{path}" for path in paths)


def test_what_is_no_page_names_none() -> None:
    assert found("") == ()
    assert parse.discover(Document("https://port.example/", body=b"\x00\xff\xfe")) == ()
