"""Which reader a document goes to, and what an operator is told when none can read it."""

import re
import zlib
from collections.abc import Callable, Set
from dataclasses import replace

from lxml import etree

from aggregator.errors import ParseError
from aggregator.model import Document, Feed, Reading
from aggregator.parse import strict
from aggregator.parse.atom import read_atom
from aggregator.parse.draft import Context
from aggregator.parse.encoding import utf8
from aggregator.parse.pieces import Pieces, pieces_of
from aggregator.parse.repair import references, repaired
from aggregator.parse.rss import read_rss
from aggregator.parse.sitemap import read_sitemap
from aggregator.parse.vocabulary import local
from aggregator.text.dates import zone

Reader = Callable[[etree._Element, Context], Reading]  # noqa: SLF001 - lxml has no public name for it

_READERS: dict[str, Reader] = {
    "rss": read_rss,
    "rdf": read_rss,
    "channel": read_rss,
    "feed": read_atom,
    "entry": read_atom,
    "urlset": read_sitemap,
    "sitemapindex": read_sitemap,
}
_html = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*|<!--(?:(?!-->).){0,2000}-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]",
    re.I | re.S,
)
_root = re.compile(rb"<[A-Za-z_]")
_feed_like = re.compile(rb"<(?:[\w.-]{1,30}:)?(?:rss|rdf|feed|channel|item|entry|urlset|sitemapindex|url)[\s>/]", re.I)
_HEAD = 4096
_IN_PIECES = ("feed", "sitemap")
_STRICT = ("fast", "sitemap")
_MOST_BYTES = 32_000_000


def read_document(document: Document, feed: Feed, timezone: str, known: Set[int]) -> Reading:
    """The whole route; see aggregator.parse.read."""
    _checked_zone(timezone)
    pieces = pieces_of(document.body, document.url, known) if feed.kind in _IN_PIECES else None
    if pieces is None:
        return _read_whole(document, feed, timezone)
    reading = _read_rest(pieces, document, timezone, known)
    if reading is not None:
        return reading
    reading = _read_whole(document, feed, timezone)
    sure = reading.route in _STRICT and len(reading.entries) == len(pieces.marks) and pieces.are_sound
    return replace(reading, marks=pieces.marks) if sure else reading


def _read_rest(pieces: Pieces, document: Document, timezone: str, known: Set[int]) -> Reading | None:
    """What is not known yet, by the fast path; None when the whole document must be read."""
    items = pieces.unknown(known)
    body = pieces.rest(items, document.content_type)
    if body is None:
        return None
    data = utf8(body, document.content_type).lstrip()
    if _entities_in_head(data):
        return None
    try:
        root = strict.parse(data)
        reading = _reader(root, document)(root, _context(data, document, timezone))
    except (strict.NotWellFormed, ParseError):
        return None
    exact = len(reading.entries) == len(items)
    return Reading(reading.facts, reading.entries, reading.route, pieces.marks) if exact else None


def _read_whole(document: Document, feed: Feed, timezone: str) -> Reading:
    data = utf8(_inflated(document.body), document.content_type).lstrip()
    if not data:
        raise ParseError("the body is empty")
    if feed.kind == "page":
        from aggregator.parse.listing import read_listing

        return read_listing(data, Context(document.url, timezone), feed.selectors)
    if feed.kind == "channel":
        from aggregator.parse.channel import read_channel

        return read_channel(data, Context(document.url, timezone))
    return _read_feed(data, document, timezone)


def _checked_zone(timezone: str) -> None:
    try:
        zone(timezone)
    except ValueError as error:
        raise ParseError(f"{error}: the source's timezone must be a name such as Asia/Almaty") from None


def _inflated(body: bytes) -> bytes:
    """`body`, unpacked when it is a gzip file (sitemaps are published so), to 32 MB at the most."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        unpacker = zlib.decompressobj(wbits=31)
        unpacked = unpacker.decompress(body, _MOST_BYTES)
    except zlib.error as error:
        raise ParseError(f"the body looks like gzip but is not: {error}") from None
    if unpacker.unconsumed_tail:
        raise ParseError("the unpacked body is larger than 32 MB")
    if not unpacked:
        raise ParseError("the body looks like gzip but there is nothing in it")
    return unpacked


def _context(data: bytes, document: Document, timezone: str) -> Context:
    return Context(document.url, timezone, based=b"xml:base" in data)


def _read_feed(data: bytes, document: Document, timezone: str) -> Reading:
    context = _context(data, document, timezone)
    if data[:1] in (b"{", b"["):
        from aggregator.parse.jsonfeed import read_jsonfeed

        return read_jsonfeed(data, context)
    if _html.match(data[:_HEAD]):
        raise ParseError(_page_instead(document))
    try:
        root, route = _tree(data)
    except strict.NotWellFormed as fault:
        if not _feed_like.search(data):
            raise ParseError(_other_than_feed(data)) from None
        return _tolerant(data, context, fault.message)
    reading = _reader(root, document)(root, context)
    return replace(reading, route=route) if route != reading.route == "fast" else reading


def _reader(root: etree._Element, document: Document) -> Reader:
    name = local(root).lower()
    if name == "html":
        raise ParseError(_page_instead(document))
    if name not in _READERS:
        raise ParseError(f"this is no feed: its root element is <{local(root)[:60]}>")
    return _READERS[name]


def _tree(data: bytes) -> tuple[etree._Element, str]:
    """The document's tree and the route that led to it; NotWellFormed when only feedparser may read it.

    Documents that declare entities are feedparser's: no entity is ever expanded outside the guarded child.
    """
    if _entities_in_head(data):
        raise strict.NotWellFormed("it declares entities")
    try:
        return strict.parse(data), "fast"
    except strict.NotWellFormed as fault:
        if not _feed_like.search(data):
            raise
        try:
            return strict.parse(repaired(data.decode()).encode()), "repaired"
        except strict.NotWellFormed:
            raise fault from None


def _entities_in_head(data: bytes) -> bool:
    root = _root.search(data)
    return data.find(b"<!ENTITY", 0, root.start() if root else len(data)) >= 0


def _tolerant(data: bytes, context: Context, fault: str) -> Reading:
    from aggregator.parse.tolerant import read_tolerantly

    try:
        return read_tolerantly(_for_feedparser(data), context)
    except ParseError as error:
        raise ParseError(f"broken XML ({fault}), and the tolerant reader could not help: {error}") from None


def read_by_feedparser(document: Document, timezone: str) -> Reading:
    """The document as feedparser reads it in the guarded child, well-formed or not. Errors: ParseError."""
    from aggregator.parse.tolerant import read_tolerantly

    data = utf8(_inflated(document.body), document.content_type).lstrip()
    return read_tolerantly(_for_feedparser(data), Context(document.url, timezone))


def _for_feedparser(data: bytes) -> bytes:
    """What feedparser gets: cheaply repaired, for it raises on references to no character and writes "AT&T;" for AT&T.

    Where entities are declared, only the former: the latter would undo references to them.
    """
    text = data.decode()
    return (references(text) if "<!ENTITY" in text else repaired(text)).encode()


def _other_than_feed(data: bytes) -> str:
    beginning = " ".join(data[:200].decode("utf-8", "replace").split())[:80]
    return f"this is no feed, neither XML nor JSON; it begins {beginning!r}"


def _page_instead(document: Document) -> str:
    from aggregator.parse.discovery import feeds_of, title_of

    title, feeds = title_of(document), feeds_of(document)
    named = f"; its <link rel=alternate> names {', '.join(feeds[:3])}" if feeds else "; it names no feed"
    return f"an HTML page{f' ({title!r})' if title else ''} came instead of a feed{named}"
