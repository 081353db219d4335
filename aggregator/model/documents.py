"""What comes over the wire: documents, and what they say."""

import hashlib
from dataclasses import dataclass

from aggregator.model.clock import Seconds


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified of the last response, verbatim (RFC 9110, section 8.8), sent back to ask "changed
    since?".
    """

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes and HTTP facts of one response; `status` 304 has no body.

    `url` is the address that answered, after redirects; `moved_to` the target when every hop was permanent (301, 308);
    `fresh_for` the seconds the server asked us not to come back (max-age minus Age, or Expires); `hub` and
    `self_url` from Link headers.
    """

    url: str
    status: int = 200
    body: bytes = b""
    content_type: str = ""
    validators: Validators = Validators()
    moved_to: str | None = None
    fresh_for: Seconds | None = None
    hub: str | None = None
    self_url: str | None = None
    fetched_at: Seconds = 0

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def is_delta(self) -> bool:
        """Whether it holds only the entries that are new or changed since the last one (RFC 3229)."""
        return self.status == 226

    @property
    def digest(self) -> bytes:
        """16 bytes that change when the body does. SHA-1 is what processors are fastest at; nobody gains by a collision."""
        return hashlib.sha1(self.body, usedforsecurity=False).digest()[:16]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A media file of an entry; `length` in bytes, 0 when unknown."""

    url: str
    type: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What a document says of itself. `ttl` and `update_*` as published (minutes; RSS syndication module), skip_* in
    GMT.
    """

    title: str = ""
    link: str | None = None
    language: str | None = None
    ttl: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    update_period: str | None = None
    update_frequency: int | None = None
    hub: str | None = None
    self_url: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as published, decoded but not yet normalised.

    `title` may hold markup when `title_is_html`; `html` is the richest body there is, unsanitised; `summary` a
    shorter one.
    `id` is the guid or Atom id, exactly as written; `link` is absolute http(s) or None.
    `published` and `updated` are None when absent or impossible; `language` only when the entry or feed names it.
    """

    id: str | None
    link: str | None
    title: str
    title_is_html: bool = True
    html: str = ""
    summary: str = ""
    published: Seconds | None = None
    updated: Seconds | None = None
    author: str | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    base: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document read: its facts and entries in document order. `route` names how: fast, repaired, tolerant, json,
    page, sitemap, channel.

    `marks` are 8-byte hashes of all items' bytes, in document order; empty when items could not be told apart. When there
    are more marks than entries, the entries are those of the items whose marks were not known.
    """

    facts: FeedFacts
    entries: tuple[Entry, ...]
    route: str = "fast"
    marks: tuple[int, ...] = ()
