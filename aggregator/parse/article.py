"""An article's page → one entry: the text by trafilatura (in the guarded child), the facts from the page's own metadata."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from aggregator.errors import ParseError
from aggregator.model import Document, Entry
from aggregator.parse import guard, htmlpage
from aggregator.parse.draft import Context, Draft, is_absolute, paragraphs, web_address
from aggregator.parse.encoding import utf8
from aggregator.parse.facts import plain
from aggregator.parse.values import clean
from aggregator.text.html import escape, without_unread

_ARTICLES = (
    "Article",
    "NewsArticle",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "BlogPosting",
    "OpinionNewsArticle",
)
_PUBLISHED = ("article:published_time", "og:published_time", "datepublished", "pubdate", "dc.date.issued", "dc.date")
_UPDATED = ("article:modified_time", "og:updated_time", "datemodified", "dc.date.modified")
_body = re.compile(r"<body[^<>]*>(.*)</body>", re.S)
_between_tags = re.compile(r">\s*\n\s*(?=<)")
_heading = re.compile(r"<h[12]>([^<]{1,500}(?:<[^<>]{1,20}>[^<]{0,500}){0,8})</h[12]>\s*")
_MOST_LINKED_DATA = 200_000
Linked = Mapping[str, Any]


def read_article(document: Document, timezone: str) -> Entry:
    """See aggregator.parse.page. What a page says of itself in several ways is believed in the order of this module."""
    data = utf8(document.body, document.content_type)
    root = htmlpage.parse(data)
    linked, metas = _linked_data(root), _metas(root)
    html = _text(data, document.url, linked)
    if not html:
        raise ParseError("the page has no text that reads like an article")
    draft = Draft(htmlpage.base_of(root, document.url))
    draft.link(0, _canonical(root, draft.base, document.url))
    draft.link(1, document.url)
    draft.language = (root.get("lang") or metas.get("content-language", "")).strip() or None
    _titles(draft, root, linked, metas)
    draft.body(0, _without_headline(html, next((title for _, title, _ in sorted(draft.titles)), "")))
    _dates(draft, root, linked, metas)
    _authors(draft, linked, metas)
    draft.media(metas.get("og:image") or metas.get("twitter:image"), metas.get("og:image:type"), "")
    return draft.finish(Context(document.url, timezone))


def _text(data: bytes, url: str, linked: Linked) -> str:
    page = without_unread(data.decode()).encode()
    if len(page) > guard.MOST_BYTES:
        raise ParseError(f"a page of {len(page) // 1_000_000} MB without its scripts is too large to read")
    html = clean(guard.ask("page", page, url=url)["html"])
    match = _body.search(html)
    text = _between_tags.sub(">", match[1]).strip() if match else ""
    return text or paragraphs(clean(linked.get("articleBody")))


def _without_headline(html: str, title: str) -> str:
    """A text that begins with its own title would say it twice."""
    heading = _heading.match(html)
    same = heading and plain(heading[1]).casefold() in plain(escape(title)).casefold()
    return html[heading.end() :] if heading and same else html


def _canonical(root: etree._Element, base: str, url: str) -> str | None:
    """rel=canonical, if it leads to the same host: elsewhere it names another publisher's page, or a broken one."""
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            address = web_address(link.get("href") or "", base)
            same = address and _host(address) == _host(url) and urlsplit(address).path.strip("/")
            return address if same else None
    return None


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _titles(draft: Draft, root: etree._Element, linked: Linked, metas: Mapping[str, str]) -> None:
    draft.title(0, metas.get("og:title"), html=False)
    draft.title(1, clean(linked.get("headline")), html=False)
    for heading in list(root.iter("h1"))[:1]:
        draft.title(2, htmlpage.text_of(heading), html=False)
    draft.title(3, htmlpage.title_of(root), html=False)


def _dates(draft: Draft, root: etree._Element, linked: Linked, metas: Mapping[str, str]) -> None:
    for rank, name in enumerate(_PUBLISHED):
        draft.date(draft.published, rank, metas.get(name))
    for rank, name in enumerate(_UPDATED):
        draft.date(draft.updated, rank, metas.get(name))
    draft.date(draft.published, 10, clean(linked.get("datePublished")))
    draft.date(draft.updated, 10, clean(linked.get("dateModified")))
    for time in list(root.iter("time"))[:1]:
        draft.date(draft.published, 11, time.get("datetime") or htmlpage.text_of(time))


def _authors(draft: Draft, linked: Linked, metas: Mapping[str, str]) -> None:
    authors = linked.get("author")
    for author in authors if isinstance(authors, list) else [authors]:
        draft.author(0, clean(author.get("name") if isinstance(author, dict) else author))
    for rank, name in ((1, "author"), (2, "article:author")):
        written = metas.get(name, "")
        draft.author(rank, None if is_absolute(written) else written)


def _metas(root: etree._Element) -> dict[str, str]:
    """Content of <meta> by lower-case name, property, itemprop or http-equiv; the first of each counts."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")
        content = (meta.get("content") or "").strip()
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _linked_data(root: etree._Element) -> Linked:
    """The first article that the page describes in JSON-LD (schema.org), or nothing."""
    for script in root.iter("script"):
        text = script.text or ""
        if (script.get("type") or "").lower() == "application/ld+json" and len(text) < _MOST_LINKED_DATA:
            for thing in _things(text):
                if _is_article(thing):
                    return thing
    return {}


def _things(text: str) -> Iterator[Linked]:
    """What one script describes: an object, a list of them, or a @graph."""
    try:
        described = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return
    for thing in described if isinstance(described, list) else [described]:
        if isinstance(thing, dict):
            graph = thing.get("@graph")
            yield thing
            yield from (part for part in graph if isinstance(part, dict)) if isinstance(graph, list) else ()


def _is_article(thing: Linked) -> bool:
    kinds = thing.get("@type")
    return any(kind in _ARTICLES for kind in (kinds if isinstance(kinds, list) else [kinds]))
