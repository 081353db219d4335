"""Header fields of our answers: what browsers may do with them, who may cache them, what belongs to them."""

from urllib.parse import quote

from aggregator.web.held import Header
from aggregator.web.public import EVERYTHING, Public

_POLICY = "default-src 'none'; {}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

SAFE: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)

PAGE: tuple[Header, ...] = (
    *SAFE,
    (b"content-security-policy", _POLICY.format("style-src 'self'; img-src 'self'").encode("ascii")),
)
"""No script at all, no style but our own."""

ANYONE: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Last-Modified, Link, Retry-After, IM, Delta-Base"),
)

FEED: tuple[Header, ...] = (*PAGE, *ANYONE)
"""A feed opened in a browser is a page, too."""

PREFLIGHT: tuple[Header, ...] = (
    *ANYONE,
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since, Accept, A-IM"),
    (b"access-control-max-age", b"86400"),
    (b"allow", b"GET, HEAD, OPTIONS"),
)

PRIVATE: tuple[Header, ...] = (
    *PAGE,
    (b"cache-control", b"private, max-age=300"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
)
"""What stands behind a token: for its reader's own cache only, and not for scripts of other sites."""

FRESH_FEED = 300
"""Seconds that a feed may be kept without asking: half the shortest interval at which its sources are usually read."""

FRESH_PAGE = 60
FRESH_ARCHIVE = 3600

_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


def fresh_for(seconds: int) -> Header:
    return b"cache-control", b"public, max-age=%d" % seconds


def feed_links(public: Public, topic: str, format_: str, query: str = "", *, hub: bool = False) -> Header:
    """Link: itself, its hub, the other formats, the page for people (RFC 8288; WebSub, section 4)."""
    asked = f"?{query}" if query else ""
    feeds = {name: f"{public.base}/feeds/{topic}.{name}{asked}" for name in _TYPES}
    page = f"{public.base}/" if topic == EVERYTHING or "+" in topic else f"{public.base}/topics/{topic}"
    links = [
        _link(feeds[format_], "self", _TYPES[format_]),
        *([f'<{ascii_url(public.base)}/hub>; rel="hub"'] if hub else []),
        *(_link(url, "alternate", _TYPES[name]) for name, url in feeds.items() if name != format_),
        _link(page, "alternate", "text/html"),
    ]
    return b"link", ", ".join(links).encode("ascii")


def _link(url: str, rel: str, media_type: str) -> str:
    return f'<{ascii_url(url)}>; rel="{rel}"; type="{media_type}"'


def ascii_url(url: str) -> str:
    """A URL as a header can carry it: nothing but ASCII, no angle brackets, no line ends."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~")
