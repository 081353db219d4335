"""The addresses that a publication names: its own in each format, its current feed, its page for people."""

from typing import Literal

from aggregator.model import Publication

Format = Literal["atom", "rss", "json"]


def own(publication: Publication, format_: Format) -> str:
    """Where this publication is found in a format (rel=self)."""
    return f"{publication.base_url}{publication.path}.{format_}{_query(publication)}"


def current(publication: Publication, format_: Format = "atom") -> str:
    """The feed that an archive page belongs to (RFC 5005, rel=current)."""
    path = publication.path.partition("/archive/")[0] if publication.archive else publication.path
    return f"{publication.base_url}{path}.{format_}{_query(publication)}"


def page(publication: Publication) -> str:
    """The page for people (rel=alternate)."""
    topic = publication.id.partition("?")[0]
    special = {"all": "/", "operations": "/operations"}
    return publication.base_url + special.get(topic, f"/topics/{topic}")


def stylesheet(publication: Publication) -> str:
    """What makes a feed readable in a browser."""
    return f"{publication.base_url}/static/feed.css"


def _query(publication: Publication) -> str:
    query = publication.id.partition("?")[2]
    return f"?{query}" if query else ""
