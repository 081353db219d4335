"""The feeds behind a page: what it declares (the RSS Board's autodiscovery), then links that look like feeds."""

import re
from collections.abc import Iterator

from lxml import etree

from aggregator.errors import ParseError
from aggregator.model import Document
from aggregator.parse import htmlpage
from aggregator.parse.draft import web_address
from aggregator.parse.encoding import utf8

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_JSON = "application/json"
_feed_path = re.compile(
    r"(?:/|^)(?:feeds?|rss|atom|rdf|feed\.json)(?:[/._-]|$)|\.(?:rss|atom|rdf)$|[?&](?:feed|format)=(?:rss|atom)", re.I
)
_comments = re.compile(r"comment|коммент|пікір|şərh|yorum", re.I)
_MOST = 20


def feeds_of(document: Document) -> tuple[str, ...]:
    """Absolute addresses, most trusted first, each once; none for what is no page. Feeds of comments come last."""
    try:
        root = htmlpage.parse(utf8(document.body, document.content_type))
    except ParseError:
        return ()
    base = htmlpage.base_of(root, document.url)
    declared = sorted(_declared(root), key=lambda named: bool(_comments.search(" ".join(named))))
    found = [web_address(address, base) for address, _ in declared]
    found += [web_address(address, base) for address in _anchored(root)]
    return tuple(dict.fromkeys(address for address in found if address))[:_MOST]


def title_of(document: Document) -> str:
    """The page's title, shortened for a message."""
    try:
        root = htmlpage.parse(utf8(document.body, document.content_type))
    except ParseError:
        return ""
    return htmlpage.title_of(root)[:80]


def _declared(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Address and title of every <link rel=alternate> with a feed's type."""
    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if ("alternate" in relations and kind in _TYPES) or "feed" in relations or _is_json_feed(link, relations, kind):
            yield link.get("href") or "", link.get("title") or ""


def _is_json_feed(link: etree._Element, relations: list[str], kind: str) -> bool:
    """application/json is any API's type, too: a JSON Feed's address or title says so (JSON Feed 1.0)."""
    said = f"{link.get('href')} {link.get('title')}".lower()
    return "alternate" in relations and kind == _JSON and "feed" in said and "wp-json" not in said


def _anchored(root: etree._Element) -> Iterator[str]:
    for anchor in root.iter("a"):
        address = anchor.get("href") or ""
        if _feed_path.search(address.partition("#")[0]):
            yield address
