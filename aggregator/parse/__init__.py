"""Documents in, entries out: the only door to lxml, feedparser and trafilatura.

    body → text in UTF-8 → strict XML ─────────────────────┬→ RSS, RDF, Atom, sitemap → Reading
                           └ broken → cheap repair → strict ┤
                                                 └ broken → feedparser, in a guarded child process
           JSON → JSON Feed      HTML → listing by selectors, channel page, article page

Importing this package loads none of these libraries: what a call needs is imported when it is first made.
"""

from collections.abc import Mapping, Set

from aggregator.model import Document, Entry, Feed, Reading
from aggregator.parse.comparison import Comparison

__all__ = ["Comparison", "close", "compare", "discover", "page", "read", "with_page"]


def read(document: Document, feed: Feed, known: Set[int] = frozenset(), *, timezone: str = "UTC") -> Reading:
    """What `document` says when read as `feed` tells; `timezone` serves dates without a zone.

    Items whose bytes have a mark in `known` (`Reading.marks` of an earlier reading) may be left out of the entries.

    Raises ParseError, with a message for the operator, when it is nothing of the kind or hostile.
    """
    from aggregator.parse.route import read_document

    return read_document(document, feed, timezone, known)


def compare(document: Document, feed: Feed, *, timezone: str = "UTC") -> Comparison:
    """What we and feedparser (in the guarded child) read in `document`, field by field. Raises nothing."""
    from aggregator.parse import comparison

    return comparison.compare(document, feed, timezone)


def page(document: Document, *, timezone: str = "UTC") -> Entry:
    """The article on a page: its text as simple HTML, title, date, author, language, picture, same-host canonical link.

    Raises ParseError when the page has no text.
    """
    from aggregator.parse.article import read_article

    return read_article(document, timezone)


def with_page(entry: Entry, pages: Mapping[str, Document] | None, timezone: str) -> Entry:
    """`entry` completed from its page among `pages` (by link): text, date, author and picture where it has none."""
    from aggregator.parse import pages as reading

    return reading.with_page(entry, pages, timezone)


def discover(document: Document) -> tuple[str, ...]:
    """Absolute addresses of the feeds that a page names: <link rel=alternate> first, then feed-like anchors."""
    from aggregator.parse.discovery import feeds_of

    return feeds_of(document)


def close() -> None:
    """End this process's guarded child, if one was started; the next call that needs one starts it again."""
    from aggregator.parse import guard

    guard.close()
