"""What the newsroom's hosts answer: a request in, a response out; conditions and gzip as RFC 9110 has them."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit

from aggregator.demo import pages
from aggregator.demo.feeds import MEDIA_TYPES, Issue, http_date, render
from aggregator.demo.newsroom import Newsroom, Outlet, Piece
from aggregator.demo.picture import PICTURE
from aggregator.model import Seconds

_REASONS = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 421: "Misdirected Request"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head; header names in lower case, `target` as sent (path and query)."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """The host asked for, without its port, in lower case."""
        return urlsplit(f"//{self.headers.get('host', '')}").hostname or ""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `drip` is the seconds over which its body trickles out."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """All hosts of the newsroom on `port`, as they stand in `round`; `drip` is the slow outlet's time for its feed."""

    newsroom: Newsroom
    now: Seconds
    port: int
    round: int = 1
    drip: float = 1.5

    def respond(self, request: Request) -> Response:
        """The answer to a request for any host; hosts that are not ours get 421 (RFC 9110, section 15.5.20)."""
        if request.method not in ("GET", "HEAD"):
            return _error(405)
        outlet = next((outlet for outlet in self.newsroom.outlets if outlet.host == request.host), None)
        if outlet is None:
            return _error(421)
        return _zipped(request, _conditional(request, self._resource(outlet, request)))

    def issue(self, outlet: Outlet) -> Issue:
        """The state of an outlet's feed in this round."""
        shown = (piece for piece in self.newsroom.edition(self.round) if piece.outlet == outlet.id)
        return Issue(outlet, tuple(shown), self.now, self.port)

    def _resource(self, outlet: Outlet, request: Request) -> Response:
        if request.target == outlet.feed and outlet.moved_to:
            return Response(301, {"location": outlet.url(self.port, outlet.moved_to)})
        if request.target == outlet.feed_path:
            return self._feed(outlet)
        if answer := _FIXED.get(request.path):
            return answer()
        return self._page(outlet, request)

    def _feed(self, outlet: Outlet) -> Response:
        if outlet.serve == "broken":
            return _error(500, "Internal Server Error")
        headers, body = _feed_bytes(self, outlet)
        return Response(200, headers, body, self.drip if outlet.serve == "slow" else 0.0)

    def _page(self, outlet: Outlet, request: Request) -> Response:
        issue = self.issue(outlet)
        if request.target == "/" or request.path.startswith("/section/"):
            return _html(outlet, pages.front(issue))
        piece = _asked_for(self, issue, request.target)
        if piece is None:
            return _error(404)
        if request.path.startswith("/media/"):
            return Response(200, {"content-type": "image/png"}, PICTURE)
        return _html(outlet, pages.article(issue, piece))


def _asked_for(site: Site, issue: Issue, target: str) -> Piece | None:
    """The visible piece whose page or picture has this address."""
    id_ = site.newsroom.piece_of(issue.outlet.url(site.port, target))
    pictures = {f"/media/{piece.id}.png": piece for piece in issue.pieces if issue.outlet.images}
    return next((piece for piece in issue.pieces if piece.id == id_), None) or pictures.get(target)


@lru_cache(maxsize=64)
def _feed_bytes(site: Site, outlet: Outlet) -> tuple[Mapping[str, str], bytes]:
    """A feed with the headers that describe it; rendered once per site and round."""
    issue = site.issue(outlet)
    body = render(issue)
    headers = {"content-type": _media_type(outlet)}
    if outlet.validators == "both":
        headers["etag"] = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    if outlet.validators != "none":
        headers["last-modified"] = http_date(issue.changed)
    if outlet.max_age is not None:
        headers["cache-control"] = f"max-age={outlet.max_age}"
    return headers, body


def _media_type(outlet: Outlet) -> str:
    """Where the encoding is not UTF-8 only the XML declaration tells it, as with many old systems."""
    return f"{MEDIA_TYPES[outlet.format]}; charset=utf-8" if outlet.encoding == "utf-8" else "text/xml"


def _html(outlet: Outlet, page: str) -> Response:
    body = page.encode(outlet.encoding, "xmlcharrefreplace")
    return Response(200, {"content-type": f"text/html; charset={outlet.encoding}"}, body)


def _error(status: int, reason: str = "") -> Response:
    page = pages.error(status, reason or _REASONS[status])
    return Response(status, {"content-type": "text/html; charset=utf-8"}, page.encode())


def _robots() -> Response:
    return Response(200, {"content-type": "text/plain; charset=utf-8"}, pages.ROBOTS.encode())


_FIXED: Mapping[str, Callable[[], Response]] = {"/robots.txt": _robots, "/favicon.ico": lambda: _error(404)}


# ---------------------------------------------------------------- conditions and codings


def _conditional(request: Request, response: Response) -> Response:
    """304 when the client holds what is current; If-None-Match outranks If-Modified-Since (RFC 9110, 13.2.2)."""
    if response.status != 200 or not _current(request, response):
        return response
    kept = {name: value for name, value in response.headers.items() if name != "content-type"}
    return Response(304, kept)


def _current(request: Request, response: Response) -> bool:
    etag, held = response.headers.get("etag"), request.headers.get("if-none-match")
    if etag and held is not None:
        return any(_plain(tag) == etag for tag in held.split(","))
    modified, since = response.headers.get("last-modified"), request.headers.get("if-modified-since")
    return bool(modified and since) and _not_after(modified or "", since or "")


def _plain(tag: str) -> str:
    """An entity tag as that of the identity coding: weak comparison, and the mark of the gzip variant taken off."""
    return tag.strip().removeprefix("W/").replace('-gzip"', '"')


def _not_after(modified: str, since: str) -> bool:
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):  # a date that is none, or one without a zone: the condition is ignored
        return False


def _zipped(request: Request, response: Response) -> Response:
    """The gzip variant when the client takes it; its strong ETag differs as its bytes do (RFC 9110, 8.8.3.3)."""
    headers = {**response.headers, "vary": "accept-encoding"}
    if not _accepts_gzip(request) or response.status not in (200, 304):
        return replace(response, headers=headers)
    if etag := headers.get("etag"):
        headers["etag"] = f'{etag[:-1]}-gzip"'
    if not response.body:
        return replace(response, headers=headers)
    headers["content-encoding"] = "gzip"
    return replace(response, headers=headers, body=gzip.compress(response.body, mtime=0))


def _accepts_gzip(request: Request) -> bool:
    codings = request.headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
    return "gzip" in (coding.partition(";")[0] for coding in codings if not coding.endswith(("q=0", "q=0.0")))
