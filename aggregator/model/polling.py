"""One poll of one feed: what goes to another process, what comes back, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from aggregator.errors import FetchError, ParseError
from aggregator.model.articles import Article, Features, Match
from aggregator.model.clock import Seconds
from aggregator.model.configured import Feed, Source
from aggregator.model.documents import Document, FeedFacts, Validators


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
    be cut; `token` fences the commit; `pushed`: its hub tells us of new entries, last at `heard`. `asked_ago`: at least so
    many seconds had gone by since the host was last asked; no time of a wall clock, which may be set before it is looked at.
    """

    feed: int
    source: str
    url: str
    configured_url: str
    host: str
    token: str
    run: int
    pace: Pace
    asked_ago: Seconds | None = None
    validators: Validators = Validators()
    body_hash: bytes = b""
    window: bytes = b""
    boilerplate: bytes = b""
    kept: tuple[str, ...] = ()
    pushed: bool = False
    heard: Seconds | None = None

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
