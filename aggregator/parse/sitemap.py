"""Sitemaps (sitemaps.org 0.9) and news sitemaps (Google's extension): a list of pages with their titles and dates."""

from functools import lru_cache

from lxml import etree

from aggregator.errors import ParseError
from aggregator.model import Entry, FeedFacts, Reading
from aggregator.parse.draft import Context, Draft
from aggregator.parse.limits import check_items
from aggregator.parse.shared import language, published, title, updated
from aggregator.parse.vocabulary import Handler, Table, local, names, namespace_of

_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"
_SHOWN = 3


def _loc(draft: Draft, element: etree._Element) -> None:
    draft.link(0, element.text)


def _nested(draft: Draft, element: etree._Element) -> None:
    _NEWS_TABLE.fill(draft, element)


def _image(draft: Draft, element: etree._Element) -> None:
    for child in element:
        if local(child) == "loc":
            draft.media(child.text, "", "")


def _keywords(draft: Draft, element: etree._Element) -> None:
    for word in (element.text or "").split(","):
        draft.category(word)


_NEWS_TABLE: Table[Draft] = Table(
    names(
        _NEWS,
        {
            "publication": _nested,
            "language": language,
            "title": title(0),
            "publication_date": published(0),
            "keywords": _keywords,
        },
    )
)
_EXTENSIONS: dict[str, Handler[Draft]] = {**names(_NEWS, {"news": _nested}), **names(_IMAGE, {"image": _image})}


@lru_cache(maxsize=16)
def _table(namespace: str) -> Table[Draft]:
    return Table({**_EXTENSIONS, **names(namespace, {"loc": _loc, "lastmod": updated(0)})})


def read_sitemap(root: etree._Element, context: Context) -> Reading:
    """The pages a sitemap lists; ParseError for an index of sitemaps, which has none itself."""
    if local(root).lower() == "sitemapindex":
        raise ParseError(_index(root))
    urls = check_items([url for url in root if local(url).lower() == "url"])
    return Reading(FeedFacts(), tuple(_entry(url, context) for url in urls), "sitemap")


def _entry(url: etree._Element, context: Context) -> Entry:
    draft = Draft(context.url)
    _table(namespace_of(url)).fill(draft, url)
    return draft.finish(context)


def _index(root: etree._Element) -> str:
    named = [child.text.strip() for sitemap in root for child in sitemap if local(child) == "loc" and child.text]
    shown = ", ".join(named[:_SHOWN]) + (" …" if len(named) > _SHOWN else "")
    return (
        f"an index of {len(named)} sitemaps came instead of a sitemap: choose one of them as the feed's url ({shown})"
    )
