"""What the headers of a response say: freshness, validators, links, Retry-After, and what an error status means.

Headers arrive as (name, value) bytes; values are read as latin-1, which maps every byte to one character, so that
a validator can be sent back byte for byte (RFC 9110, section 8.8).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from aggregator.errors import FailureKind
from aggregator.model import Seconds, Validators

RawHeaders = Sequence[tuple[bytes, bytes]]

MAX_VALIDATOR = 2048
"""Characters of an ETag or Last-Modified that we are willing to store and send back."""
MAX_WAIT: Seconds = 30 * 86_400
"""No header makes us wait longer than this, whatever it says."""

_DIGITS = re.compile(r"\d{1,18}")
_DIRECTIVE = re.compile(r'([A-Za-z0-9-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,;]*)))?')
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s=;,<>]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"<>]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def header(headers: RawHeaders, name: bytes) -> str | None:
    """Return the first value of `name` (lower case), or None."""
    return next(values(headers, name), None)


def values(headers: RawHeaders, name: bytes) -> Iterator[str]:
    """Yield every value of `name` (lower case) in order."""
    return (value.decode("latin-1") for key, value in headers if key.lower() == name)


def validators(headers: RawHeaders) -> Validators:
    """Return ETag and Last-Modified verbatim, malformed or not."""
    return Validators(_storable(header(headers, b"etag")), _storable(header(headers, b"last-modified")))


def _storable(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR else None


def is_sendable(value: str) -> bool:
    """Whether a header value of ours is free of line breaks and control characters, and so injects nothing."""
    return bool(value) and not _UNSAFE.search(value)


def http_date(text: str | None) -> Seconds | None:
    """Read an HTTP-date in any of its three forms (RFC 9110, section 5.6.7), or None."""
    try:
        date = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return int(date.replace(tzinfo=date.tzinfo or UTC).timestamp()) if date else None


def delta_seconds(text: str | None) -> Seconds | None:
    """Read a non-negative number of seconds (RFC 9111, section 1.2.2), or None."""
    return int(text) if text and _DIGITS.fullmatch(text) else None


def fresh_for(headers: RawHeaders, now: Seconds) -> Seconds | None:
    """Return the seconds for which the server asked us not to come back (RFC 9111, section 4.2.1), or None.

    max-age minus Age; without max-age, Expires minus Date. Invalid values are ignored, stale ones give None.
    """
    fresh = _max_age(headers)
    if fresh is None:
        expires = http_date(header(headers, b"expires"))
        sent = http_date(header(headers, b"date")) or now
        fresh = expires - sent if expires is not None else 0
    age = delta_seconds((header(headers, b"age") or "").strip()) or 0
    left = min(fresh - age, MAX_WAIT)
    return left if left > 0 else None


def _max_age(headers: RawHeaders) -> Seconds | None:
    named: dict[str, str] = {}
    for value in values(headers, b"cache-control"):
        for name, quoted, token in _DIRECTIVE.findall(value):
            named.setdefault(name.lower(), quoted or token)
    if "no-cache" in named or "no-store" in named:
        return 0
    return delta_seconds(named.get("max-age"))


def retry_after(headers: RawHeaders, now: Seconds) -> Seconds | None:
    """Return Retry-After in seconds from now (RFC 9110, section 10.2.3), or None; a date gone by gives 0."""
    text = (header(headers, b"retry-after") or "").strip()
    wait = delta_seconds(text)
    if wait is None:
        date = http_date(text)
        wait = None if date is None else max(0, date - now)
    return None if wait is None else min(wait, MAX_WAIT)


def links(headers: RawHeaders, base: str) -> dict[str, str]:
    """Return rel → absolute target of the Link headers (RFC 8288); of several targets with one rel the first."""
    found: dict[str, str] = {}
    for value in values(headers, b"link"):
        for target, parameters in _LINK.findall(value):
            rel = _REL.search(parameters)
            for name in (rel.group(1) or rel.group(2) or "").lower().split() if rel else ():
                found.setdefault(name, _absolute(base, target.strip()))
    return {name: url for name, url in found.items() if url}


def _absolute(base: str, target: str) -> str:
    try:
        url = urljoin(base, target)
    except ValueError:
        return ""
    return url if url.lower().startswith(("http://", "https://")) else ""


def kind_of(status: int) -> FailureKind:
    """What an error status asks of us: 429, other pauses and 5xx are temporary, 4xx hard, anything odd soft."""
    if status in (408, 425, 429) or status >= 500:
        return "temporary"
    return "hard" if status >= 400 else "soft"


def explain_status(status: int) -> str:
    """A sentence for the operator about an error status."""
    meaning = {
        304: "the server says 'not modified' although we asked without validators",
        226: "the server sent a delta although we asked for none",
        401: "the server wants a login",
        403: "the server forbids us this address",
        404: "there is nothing at this address",
        410: "the feed is gone for good",
        429: "the server says we ask too often",
        451: "withheld for legal reasons",
        503: "the server is unavailable for now",
    }.get(status)
    return f"HTTP status {status}" + (f": {meaning}" if meaning else "")
