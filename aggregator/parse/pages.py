"""An entry without text, completed from its article's page."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from aggregator.errors import ParseError
from aggregator.model import Document, Entry


def with_page(entry: Entry, pages: Mapping[str, Document] | None, timezone: str) -> Entry:
    """The entry with its page's text and canonical link, and the page's date, author and picture where it has none.

    `pages` by link; an entry whose page was not read, or has no text, stays as it is. A link that led to a site's front
    page keeps its own address.
    """
    document = (pages or {}).get(entry.link or "")
    if document is None:
        return entry
    from aggregator.parse.article import read_article

    try:
        page = read_article(document, timezone)
    except ParseError:
        return entry
    return replace(
        entry,
        link=page.link if page.link and urlsplit(page.link).path.strip("/") else entry.link,
        title=entry.title or page.title,
        title_is_html=entry.title_is_html if entry.title else page.title_is_html,
        html=page.html,
        base=page.base,
        published=entry.published if entry.published is not None else page.published,
        updated=entry.updated if entry.updated is not None else page.updated,
        author=entry.author or page.author,
        language=entry.language or page.language,
        enclosures=entry.enclosures or page.enclosures,
    )
