"""The addresses that a publication names: its own in each format, its current feed, its page for people."""

from typing import Literal

from aggregator.model import Publication, Site

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
    if topic == "operations":
        return f"{publication.base_url}{_PRIVATE}operations"
    at_home = topic == "all" or "+" in topic or publication.path.startswith(_PRIVATE)
    return publication.base_url + ("/" if at_home else f"/topics/{topic}")


_PRIVATE = "/private/-/"
"""Where private feeds say they stand as long as they are not handed to anybody: "-" is where the token comes."""


def private_path(name: str) -> str:
    """The address of a private feed without extension, before its reader's token is written into it."""
    return f"{_PRIVATE}{name}"


def with_token(body: bytes, base_url: str, token: str) -> bytes:
    """A private feed (or a part of one) with its reader's token in all addresses of its own."""
    base = base_url.encode()
    return body.replace(base + _PRIVATE.encode(), base + f"/private/{token}/".encode("ascii"))


def hub(site: Site) -> str:
    """Where our own hub takes subscriptions (WebSub)."""
    return f"{site.base_url.rstrip('/')}/hub"


def stylesheet(publication: Publication) -> str:
    """What makes a feed readable in a browser."""
    return f"{publication.base_url}/static/feed.css"


def _query(publication: Publication) -> str:
    query = publication.id.partition("?")[2]
    return f"?{query}" if query else ""
