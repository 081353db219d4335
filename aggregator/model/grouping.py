"""Reports of events, the evidence between them, and the groups they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aggregator.model.articles import Features
from aggregator.model.clock import Seconds


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
    clues needed, and at most so many candidates for a copy and for a story.
    """

    copy_window: Seconds
    story_window: Seconds
    needed: int
    most: int
    clues: int = 1
    most_stories: int = 50


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
