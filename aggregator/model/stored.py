"""What the store hands out."""

from dataclasses import dataclass

from aggregator.model.articles import Match
from aggregator.model.clock import Seconds
from aggregator.model.documents import Enclosure


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
