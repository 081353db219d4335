"""Publication → the bytes that servers hand out, and the validators to serve them under."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import TYPE_CHECKING

from aggregator.model import Publication, Rendering
from aggregator.publish import clean, feedxml
from aggregator.publish.addresses import Format
from aggregator.publish.body import content
from aggregator.publish.deltas import marks
from aggregator.publish.jsonfeed import json_feed

if TYPE_CHECKING:
    from lxml.etree import XSLT

MEDIA_TYPES: Mapping[str, str] = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
    "opml": "text/x-opml; charset=utf-8",
    "css": "text/css; charset=utf-8",
}

_build_date = re.compile(rb"<(updated|lastBuildDate)>[^<]*</\1>")


def render(publication: Publication, formats: Iterable[Format] = ("atom", "rss", "json")) -> tuple[Rendering, ...]:
    """The publication in each format, in the order asked for. The same publication always gives the same bytes.

    The ETag (without quotes, so that a server can add "-gz" for a coding) names the content and not the feed's own
    date: as long as it stays, keep the bytes and the Last-Modified that are stored.
    """
    cleaned, wanted = clean.publication(publication), tuple(formats)
    contents = tuple(map(content, cleaned.items))
    bodies = dict(feedxml.write(cleaned, contents, [format_ for format_ in wanted if format_ != "json"]))
    if "json" in wanted:
        bodies["json"] = json_feed(cleaned, contents)
    return tuple(_rendering(format_, bodies[format_], cleaned) for format_ in wanted)


def _rendering(format_: Format, body: bytes, of: Publication) -> Rendering:
    return Rendering(format_, MEDIA_TYPES[format_], body, etag(body), of.updated, marks(format_, body))


def etag(body: bytes) -> str:
    """A hash of all but the build date, which is the first such element: the feed's own stand before its entries."""
    date = _build_date.search(body) if body.startswith(b"<?xml") else None
    digest = blake2b(body[: date.start()] if date else b"", digest_size=16)
    digest.update(memoryview(body)[date.end() if date else 0 :])
    return digest.hexdigest()


def stylesheet() -> bytes:
    """The text of /static/feed.css, which every feed refers to."""
    return (files("aggregator.publish") / "feed.css").read_bytes()


def page(feed: bytes) -> bytes:
    """An Atom or RSS feed of ours as a web page that tells how to subscribe, in the feed's language.

    For a browser that opens the address of a feed (it sends `Sec-Fetch-Dest: document`, feed readers do not): Chrome
    shows feeds as plain text, and no browser will run XSLT itself much longer. Costs 4 ms for 50 items.
    """
    from lxml import etree

    return str(_page_maker()(etree.fromstring(feed))).encode()


@lru_cache
def _page_maker() -> "XSLT":
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.XSLT(etree.fromstring((files("aggregator.publish") / "feed.xsl").read_bytes(), parser))
