"""What the operator configures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aggregator.errors import Fault
from aggregator.model.clock import Seconds


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
