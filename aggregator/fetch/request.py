"""A request for one document, and the headers it is sent with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from aggregator.fetch.decode import ACCEPT_ENCODING
from aggregator.fetch.facts import is_sendable
from aggregator.model import Validators

ACCEPT = {
    "feed": (
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
        "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
    ),
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "any": "*/*",
}


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch and how.

    `validators` make it conditional; `user_agent` and `headers` come from the source's configuration and `headers`
    go only to the origin of `url`; `robots` asks robots.txt first (pages do, feeds do not); `max_bytes` overrides the
    cap on decoded bytes; `delta` accepts only the new entries of the feed (status 226, RFC 3229); `content` is what a
    POST carries.
    """

    url: str
    validators: Validators = NO_VALIDATORS
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: Literal["feed", "page", "any"] = "feed"
    robots: bool = False
    max_bytes: int | None = None
    delta: bool = False
    content: bytes | None = None


def header_fields(request: Request, agent: str, *, secrets: bool) -> list[tuple[bytes, bytes]]:
    """Return the header fields to send; without `secrets` the configured ones are left out (another origin asked).

    A value with a line break or control character is not sent at all, so that what a server once called a validator
    cannot inject a header.
    """
    fields = dict(_own_fields(request, agent))
    if secrets:
        fields |= {name.lower(): value for name, value in request.headers.items()}
    return [(name.encode("latin-1"), _bytes(value)) for name, value in fields.items() if is_sendable(value)]


def _own_fields(request: Request, agent: str) -> Iterator[tuple[str, str]]:
    yield "user-agent", request.user_agent or agent
    yield "accept", ACCEPT[request.accept]
    yield "accept-encoding", ACCEPT_ENCODING
    if request.validators.etag:
        yield "if-none-match", request.validators.etag
        if request.delta:
            yield "a-im", "feed"
    if request.validators.last_modified:
        yield "if-modified-since", request.validators.last_modified


def _bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8")
