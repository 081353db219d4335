"""One document's way through its redirects: where it has been, what is left of its deadline, what it may still send."""

import base64

import httpx

from aggregator.errors import AddressRefused, RedirectError
from aggregator.fetch.request import Request, header_fields

MAX_HOPS = 5
_PERMANENT = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)


class Journey:
    """A request under way. `url` is the address to ask next, `left` the seconds of its deadline.

    `permanent` says whether every hop so far was; `cut` takes the beginning of a body that exceeds the cap instead of
    refusing it. Raises AddressRefused for what is no web address.
    """

    def __init__(self, request: Request, timeout: float, *, cut: bool = False) -> None:
        url = address(request.url)
        self.request = request
        self.left = timeout
        self.cut = cut
        self.hops = 0
        self.permanent = True
        self._may_tell = True  # secrets: until another origin has been asked
        # A login in the address becomes a header at once: it must not show in errors, documents or links made from them.
        self._login = _basic(url) if url.userinfo else None
        self.url = url.copy_with(userinfo=b"") if url.userinfo else url
        self._seen = {self.url}

    def fields(self, agent: str) -> list[tuple[bytes, bytes]]:
        """The header fields to send now."""
        fields = header_fields(self.request, agent, secrets=self._may_tell)
        if self._login and self._may_tell:
            fields.append((b"authorization", self._login))
        return fields

    @property
    def acceptable(self) -> set[int]:
        """The statuses that answer this request with a document: 304 and 226 only when they were asked for."""
        conditional = self.request.validators.etag or self.request.validators.last_modified
        delta = self.request.delta and self.request.validators.etag
        return {200, *({304} if conditional else ()), *({226} if delta else ())}

    def go_on(self, status: int, location: str | None) -> bool:
        """Step to the target of a redirect; False when the answer is none. Raises RedirectError, AddressRefused."""
        if status not in _REDIRECTS or not location:
            return False
        target = address(_as_utf8(location), self.url).copy_with(userinfo=b"")
        self._check(target)
        self.hops += 1
        self.permanent = self.permanent and status in _PERMANENT
        self._may_tell = self._may_tell and same_origin(self.url, target)
        self._seen.add(target)
        self.url = target
        return True

    def _check(self, target: httpx.URL) -> None:
        if target in self._seen:
            raise RedirectError(f"the redirects go round in a circle at {target}", url=str(self.url))
        if self.hops == MAX_HOPS:
            raise RedirectError(f"more than {MAX_HOPS} redirects", url=str(self.url))
        if self.url.scheme == "https" and target.scheme == "http":
            raise RedirectError(f"refused to go from https to {target}", url=str(self.url))


def address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read a web address, relative to `base` if given, without its fragment. Raises AddressRefused."""
    try:
        url = base.join(text) if base else httpx.URL(text)
        url = url.copy_with(fragment=None) if url.fragment else url
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused(f"not a usable address: {text[:200]!r} ({error})", url=text) from error
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) < 65_536:
        raise AddressRefused(f"only http and https addresses are fetched, not {text[:200]!r}", url=text)
    return url


def origin(url: httpx.URL) -> str:
    """The origin of an address as text: scheme://host[:port]."""
    return str(url.copy_with(raw_path=b"/", userinfo=b"")).removesuffix("/")


def same_origin(url: httpx.URL, target: httpx.URL) -> bool:
    """Whether secrets may travel along: scheme, host and port agree, or only http became https on standard ports."""
    upgrade = (url.scheme, url.port, target.scheme, target.port) == ("http", None, "https", None)
    return url.host == target.host and (upgrade or (url.scheme, url.port) == (target.scheme, target.port))


def _basic(url: httpx.URL) -> bytes:
    return b"Basic " + base64.b64encode(f"{url.username}:{url.password}".encode())


def _as_utf8(location: str) -> str:
    """Undo latin-1: addresses outside ASCII are sent as UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return location
