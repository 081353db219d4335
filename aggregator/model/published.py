"""What we publish."""

from dataclasses import dataclass
from typing import Literal

from aggregator.model.clock import Seconds
from aggregator.model.documents import Enclosure
from aggregator.model.stored import StoredStory


@dataclass(frozen=True, slots=True)
class Also:
    """Another report of the same story."""

    source: str
    title: str
    url: str
    language: str


@dataclass(frozen=True, slots=True)
class Item:
    """A story as an entry of a published feed. `id` is its tag: URI, `html` sanitised, `page` its page on our site;
    `full` when `html` is the whole article and not an excerpt.
    """

    id: str
    title: str
    url: str | None
    html: str
    language: str
    published: Seconds
    updated: Seconds
    entered: Seconds
    source_name: str
    source_url: str
    page: str
    author: str | None = None
    categories: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    also: tuple[Also, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that was withdrawn (RFC 6721)."""

    id: str
    when: Seconds
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a feed: stories newest first, what was withdrawn lately, how many archive pages are sealed; the number
    of the last entry when some of those after the sealed pages are not among the stories, else 0; whether a server of
    ours runs, so that there is a hub.
    """

    stories: tuple[StoredStory, ...]
    tombstones: tuple[Tombstone, ...] = ()
    sealed: int = 0
    tail: int = 0
    served: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a document stands among the archive pages of its feed (RFC 5005, section 4).

    `sealed` says how many pages there are, counted from 1 with the oldest; `page` which of them this is, None for the
    feed itself. When not all entries after those pages stand in the feed, `tail` is the number of the last one, and a
    page of their own named after it (`upto`) stands before the feed: its address never holds anything else.
    """

    sealed: int = 0
    tail: int = 0
    page: int | None = None
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """A feed ready to be rendered: items newest first. `path` is its address without extension, e.g. "/feeds/green-
    energy".
    """

    id: str
    title: str
    path: str
    base_url: str
    tag: str
    language: str
    updated: Seconds
    items: tuple[Item, ...]
    subtitle: str = ""
    tombstones: tuple[Tombstone, ...] = ()
    prev_archive: str | None = None
    next_archive: str | None = None
    archive: bool = False
    hub: str | None = None
    ttl_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Rendering:
    """The bytes of a publication in one format, with the validators to serve them under. `marks` are hashes of its
    entries, 8 bytes each, by which a later version knows what is new in it.
    """

    format: Literal["atom", "rss", "json"]
    media_type: str
    body: bytes
    etag: str
    last_modified: Seconds
    marks: bytes = b""
