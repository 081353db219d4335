"""Publication → Atom 1.0 (RFC 4287) and RSS 2.0, through feedgen and our extensions of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aggregator.model import Item, Publication
from aggregator.publish import addresses
from aggregator.publish.body import Content
from aggregator.publish.excerpts import paragraphs
from aggregator.publish.tags import feed_id
from aggregator.publish.times import instant

GENERATOR = "Aggregator"


def write(publication: Publication, contents: Sequence[Content], formats: Collection[str]) -> Mapping[str, bytes]:
    """The feed as "atom", "rss" or both, built once."""
    feed = _feed(publication, contents)
    writers = {"atom": _atom, "rss": _rss}
    return {format_: writers[format_](feed, publication) for format_ in formats}


def _atom(feed: Any, publication: Publication) -> bytes:
    feed.link(_atom_links(publication), replace=True)
    return bytes(feed.atom_str())


def _rss(feed: Any, publication: Publication) -> bytes:
    here = {"rel": "self", "type": "application/rss+xml", "href": addresses.own(publication, "rss")}
    feed.link([here, _page_link(publication)], replace=True)
    vars(feed)["_FeedGenerator__rss_lastBuildDate"] = None  # our extension writes it without touching the locale
    return bytes(feed.rss_str())


def _feed(publication: Publication, contents: Sequence[Content]) -> Any:
    from feedgen.feed import FeedGenerator

    from aggregator.publish.extensions import AtomEntry, AtomFeed, RssEntry, RssFeed

    feed = FeedGenerator()
    feed.register_extension("our_atom", AtomFeed, AtomEntry, atom=True, rss=False)
    feed.register_extension("our_rss", RssFeed, RssEntry, atom=False, rss=True)
    feed.our_atom.publication = feed.our_rss.publication = publication
    feed.id(feed_id(publication.tag, publication.id))
    feed.title(publication.title)
    feed.subtitle(publication.subtitle or publication.title)
    feed.author(name=publication.title, uri=addresses.page(publication))
    feed.language(publication.language)
    feed.updated(instant(publication.updated))
    feed.generator(GENERATOR)
    feed.ttl(publication.ttl_minutes)
    for item, content in zip(publication.items, contents, strict=True):
        _fill(feed.add_entry(order="append"), item, content)
    return feed


def _fill(entry: Any, item: Item, content: Content) -> None:
    links = _entry_links(item)
    entry.our_atom.item = entry.our_rss.item = item
    entry.our_atom.links = links
    entry.id(item.id)
    entry.title(item.title)
    entry.updated(instant(item.updated))
    entry.author(_author(item))
    entry.source(url=item.source_url, title=item.source_name)
    entry.link([dict(link) for link in links])
    if item.categories:
        entry.category([{"term": category} for category in item.categories])
    if item.full:
        entry.content(content.html, type="html")
        entry.summary(paragraphs(content.summary) or content.html, type="html")
    else:
        entry.summary(content.html, type="html")


def _author(item: Item) -> dict[str, str]:
    """Who wrote it; the outlet answers for what has no byline."""
    return {"name": item.author} if item.author else {"name": item.source_name, "uri": item.source_url}


def _page_link(publication: Publication) -> dict[str, str]:
    """The last link of the list: feedgen makes it the link of an RSS channel."""
    return {"rel": "alternate", "type": "text/html", "href": addresses.page(publication)}


def _atom_links(publication: Publication) -> list[dict[str, str]]:
    """RFC 4287, section 4.2.7; RFC 5005, section 4; WebSub, section 4."""
    named = (
        ("hub", publication.hub),
        ("prev-archive", publication.prev_archive),
        ("next-archive", publication.next_archive),
        ("current", addresses.current(publication) if publication.archive else None),
    )
    here = {"rel": "self", "type": "application/atom+xml", "href": addresses.own(publication, "atom")}
    return [here, *({"rel": rel, "href": href} for rel, href in named if href), _page_link(publication)]


def _entry_links(item: Item) -> list[dict[str, str]]:
    """The article, our page about the story, its files, and the same story elsewhere.

    RSS has room for one enclosure and feedgen takes the last, so the first file comes last.
    """
    article = {"rel": "alternate", "type": "text/html", "href": item.url or item.page}
    related = [{"rel": "related", "type": "text/html", "href": item.page}] if item.url else []
    others = [
        {"rel": "related", "type": "text/html", "href": other.url, "title": f"{other.source}: {other.title}"}
        | _hreflang(other.language)
        for other in item.also
        if other.url
    ]
    return [article | _hreflang(item.language), *related, *others, *_files(item)]


def _files(item: Item) -> list[dict[str, str]]:
    return [
        {"rel": "enclosure", "type": enclosure.type, "href": enclosure.url}
        | ({"length": str(enclosure.length)} if enclosure.length else {})
        for enclosure in reversed(item.enclosures)
    ]


def _hreflang(language: str) -> dict[str, str]:
    return {"hreflang": language} if language not in ("", "und") else {}
