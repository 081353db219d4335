"""The nouns of the project as frozen dataclasses (docs/glossary.md defines each word).

Times are whole seconds since the epoch, UTC, unless a name says otherwise: they cross processes, two databases and
five formats, and an integer does so without a time zone to lose. Only the edges (JSON, feeds, pages) turn them
into text.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from aggregator.errors import Fault, FetchError, ParseError

Seconds = int

# ---------------------------------------------------------------- what the operator configures


@dataclass(frozen=True, slots=True)
class Feed:
    """One address of a source, and how to read it. `interval` in seconds overrides the schedule."""

    source: str
    url: str
    kind: Literal["feed", "page", "sitemap", "channel"] = "feed"
    content: Literal["feed", "page"] = "feed"
    selectors: Mapping[str, str] = field(default_factory=dict)
    interval: Seconds | None = None
    archive: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher. `trust` 0…100 decides which of several copies is canonical; `timezone` serves dates without a
    zone.
    """

    id: str
    name: str
    url: str
    country: str
    language: str
    feeds: tuple[Feed, ...] = ()
    trust: int = 50
    timezone: str = "UTC"
    user_agent: str | None = None
    publish: Literal["excerpt", "full"] = "excerpt"
    robots: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicTest:
    """A text that a topic's author expects to match or not; `language` None means any of the topic's."""

    title: str
    text: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Limits of a topic; an empty tuple means no limit of that kind."""

    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """An operator's rules, as written: terms[language][weight] → terms, weight one of strong, medium, place, weak."""

    id: str
    title: Mapping[str, str]
    terms: Mapping[str, Mapping[str, tuple[str, ...]]]
    min_score: float = 5.0
    minus: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    none: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    require_any: tuple[str, ...] = ()
    scope: Scope = Scope()
    private: bool = False
    formerly: tuple[str, ...] = ()
    match: tuple[TopicTest, ...] = ()
    reject: tuple[TopicTest, ...] = ()


@dataclass(frozen=True, slots=True)
class TermList:
    """A shared list, "@name" in rules: terms by language; `countries` (ISO 3166 alpha-2) make it a region."""

    name: str
    terms: Mapping[str, tuple[str, ...]]
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """The published site. `hold` in seconds delays publication; `authority` (a domain) goes into tag: ids."""

    title: str
    base_url: str
    languages: tuple[str, ...]
    authority: str | None = None
    hold: Seconds = 0


@dataclass(frozen=True, slots=True)
class FetchRules:
    """How we fetch. `allow` lists (network, port) pairs excepted from the address guard, port 0 = any."""

    contact: str = ""
    allow: tuple[tuple[str, int], ...] = ()
    ports: tuple[int, ...] = (80, 443)
    host_gap: float = 1.0
    timeout: float = 30.0
    max_bytes: int = 15_000_000
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All of config/, valid as a whole. `digest` changes when anything in it does."""

    site: Site
    fetch: FetchRules
    sources: tuple[Source, ...]
    topics: tuple[Topic, ...]
    lists: tuple[TermList, ...]
    digest: str
    warnings: tuple[Fault, ...] = ()


# ---------------------------------------------------------------- what comes over the wire


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


# ---------------------------------------------------------------- what we make of it


@dataclass(frozen=True, slots=True)
class Article:
    """A normalised entry. `key` is its identity within the source; `digest` changes when its content does.

    `html` is sanitised and complete; `text` is its plain text, paragraphs separated by a newline, without the site's
    boilerplate (what rules and sketches see; publishing trims `html` to it, so that a wrong cut can be undone);
    `dated` is False when the entry had no usable date and `published` is when it was first seen; `url` is the
    cleaned link to publish, `url_key` its key for comparison.
    """

    source: str
    key: str
    url: str | None
    url_key: str | None
    title: str
    html: str
    text: str
    language: str
    published: Seconds
    updated: Seconds | None
    digest: bytes
    author: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """A term that was found: `form` as it stands in the text at [start:end) of `where` ("title" or "text")."""

    term: str
    form: str
    where: Literal["title", "text"]
    start: int
    end: int
    points: float


@dataclass(frozen=True, slots=True)
class Match:
    """A topic that an article was assigned to, and why."""

    topic: str
    score: float
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Features:
    """What the stories stage keeps of an article.

    `sketch`: the ≤24 smallest 64-bit hashes of its shingles (signed, for SQL; the language is part of the hash);
    `clues`: ≤20 signed 64-bit hashes of its rarest stems, names and gazetteer ids, comparable across languages;
    `facts`: everything pair scoring needs besides the text, packed, with a version byte first.
    """

    sketch: tuple[int, ...] = ()
    clues: tuple[int, ...] = ()
    facts: bytes = b""


@dataclass(frozen=True, slots=True)
class Pace:
    """What the scheduler remembers of a feed. `due` is the next poll; `profile` its packed estimate of the
    publishing rate.

    `floor` is the earliest time the publisher allows (max-age, ttl, Retry-After, skipHours …); `failures` counts in
    a row.
    """

    due: Seconds = 0
    interval: Seconds = 3600
    floor: Seconds = 0
    failures: int = 0
    polled: Seconds | None = None
    profile: bytes = b""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll told the scheduler. `entries` in the document, `new` of them unseen; `gap` when none was seen
    before.

    `floor` in seconds from `at`; `failure` None for success; `gone` for 410; `retry_after` in seconds.
    """

    at: Seconds
    new: int = 0
    entries: int = 0
    gap: bool = False
    floor: Seconds = 0
    facts: FeedFacts | None = None
    validators: bool = True
    failure: Literal["soft", "hard", "temporary"] | None = None
    status: int | None = None
    retry_after: Seconds | None = None

    @classmethod
    def of(cls, at: Seconds, claim: "Claim", answer: "Document | Failure", batch: "Batch | None") -> Self:
        """What an answer tells; `batch` is None when nothing changed."""
        if isinstance(answer, Failure):
            return cls(at, failure=answer.kind, status=answer.status, retry_after=answer.retry_after)
        floor, validators = answer.fresh_for or 0, bool(answer.validators or claim.validators)
        if batch is None:
            return cls(at, floor=floor, validators=validators)
        entries = 0 if answer.is_delta else batch.entries  # a delta says nothing of the window
        return cls(at, batch.unseen, entries, batch.gap, floor, batch.facts, validators)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with all that is computed before it meets the store."""

    article: Article
    features: Features
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A feed leased for one poll, and what the store remembers of it. `url` is the address to ask (a move may be
    adopted).

    `window` and `boilerplate` are packed memories of the normalise stage, `kept` lines that an operator wants never to
    be cut; `token` fences the commit; `pushed`: its hub tells us of new entries.
    """

    feed: int
    source: str
    url: str
    configured_url: str
    host: str
    token: str
    run: int
    pace: Pace
    last_request: Seconds | None = None
    validators: Validators = Validators()
    body_hash: bytes = b""
    window: bytes = b""
    boilerplate: bytes = b""
    kept: tuple[str, ...] = ()
    pushed: bool = False

    def knows(self, document: Document) -> bool:
        """Nothing can be new: the server said so, or the bytes are those of the last poll."""
        return document.not_modified or document.digest == self.body_hash


@dataclass(frozen=True, slots=True)
class Job:
    """A document and all that preparing its articles needs: pure data, so that any process can do it.

    `pages` holds the pages read for entries without text, by link; None before any was asked for. `rules` is the number
    of the rules that were live when the job was made; `most` bounds the entries prepared at once, the others wait.
    """

    document: Document
    feed: Feed
    source: Source
    languages: tuple[str, ...]
    now: Seconds
    window: bytes = b""
    boilerplate: bytes = b""
    kept: tuple[str, ...] = ()
    pages: Mapping[str, Document] | None = None
    rules: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one document came to. `entries` it held, `unseen` of them were not in the document before.

    `gap` is True when it shares no entry with the document before; `wanted` lists pages that must be read first;
    `waiting` entries are left for the next poll, which must get the document again; `rules` is the job's.
    """

    facts: FeedFacts
    prepared: tuple[Prepared, ...] = ()
    entries: int = 0
    unseen: int = 0
    gap: bool = False
    window: bytes = b""
    boilerplate: bytes | None = None
    wanted: tuple[str, ...] = ()
    route: str = "fast"
    rules: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a poll brought nothing, in words for an operator."""

    kind: Literal["soft", "hard", "temporary"]
    name: str
    message: str
    status: int | None = None
    retry_after: Seconds | None = None

    @classmethod
    def of(cls, error: FetchError | ParseError) -> Self:
        """The failure that an error of the fetch or parse stage stands for; an unreadable document is soft."""
        if isinstance(error, ParseError):
            return cls("soft", "ParseError", str(error))
        return cls(error.kind, type(error).__name__, str(error), error.status, error.retry_after)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one poll came to. `state`: ok (a document was read), not_modified (304), unchanged (same bytes), failed."""

    source: str
    url: str
    state: Literal["ok", "not_modified", "unchanged", "failed"]
    entries: int = 0
    new: int = 0
    updated: int = 0
    gap: bool = False
    failure: Failure | None = None

    @classmethod
    def of(cls, claim: Claim, answer: Document | Failure, batch: Batch | None, new: int, updated: int) -> Self:
        """The outcome of a poll that stored `new` articles and revised `updated` ones."""
        source, url = claim.source, claim.configured_url
        if isinstance(answer, Failure):
            return cls(source, url, "failed", failure=answer)
        if batch is None:
            return cls(source, url, "not_modified" if answer.not_modified else "unchanged")
        return cls(source, url, "ok", batch.entries, new, updated, batch.gap)


@dataclass(frozen=True, slots=True)
class Report:
    """A stored article as the stories stage sees it. `when` = min(published, first seen)."""

    id: int
    source: str
    language: str
    title: str
    text: str
    when: Seconds
    features: Features
    trust: int = 50


@dataclass(frozen=True, slots=True)
class Reach:
    """How far to look for reports that may resemble one: windows in seconds, shared hashes of the sketch and shared
    clues needed, candidates of each kind.
    """

    copy_window: Seconds
    story_window: Seconds
    needed: int
    most: int
    clues: int = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """Evidence that two articles (a < b) belong together: kind "copy" (same text) or "story" (same event), score
    0…1.
    """

    a: int
    b: int
    kind: Literal["copy", "story"]
    score: float
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """An operator's word on two articles: `together` True is must-link, False must-not-link."""

    a: int
    b: int
    together: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One story of a component: its article ids, and for each copy the id of the canonical article of its copy
    group.
    """

    members: tuple[int, ...]
    copy_of: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the store holds it. `topics` are those it matched itself; `html`, `text` only when asked for."""

    id: int
    source: str
    key: str
    url: str | None
    title: str
    language: str
    published: Seconds
    updated: Seconds | None
    first_seen: Seconds
    revisions: int = 0
    author: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    story: int | None = None
    copy_of: int | None = None
    pinned: bool = False
    withdrawn: Seconds | None = None
    topics: tuple[Match, ...] = ()
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class StoredStory:
    """A story with its reports, canonical one first; `entered` when it first entered a feed, `number` its place
    there.
    """

    id: int
    slug: str
    entered: Seconds
    updated: Seconds
    reports: tuple[StoredArticle, ...]
    number: int = 0
    alias_of: str | None = None

    @property
    def canonical(self) -> StoredArticle:
        return self.reports[0]

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({match.topic for report in self.reports for match in report.topics}))


# ---------------------------------------------------------------- what we publish


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
