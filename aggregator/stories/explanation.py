"""Why two articles are, or are not, one text or one story: all that `compare` saw, for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from aggregator.model import Report
from aggregator.stories.facts import NAMES, Facts, Kind
from aggregator.stories.guards import NUMBERS_SHARED, number_weights
from aggregator.stories.numbers import figures, valued
from aggregator.stories.pairs import (
    COPY_CONTAINMENT,
    COPY_WINDOW,
    RULE_VERSION,
    STORY_CONTAINMENT,
    STORY_WINDOW,
    Bar,
    facts_of,
    judge,
    needed_shared,
    series,
)
from aggregator.stories.scoring import SIGNALS, same_stems, trained
from aggregator.stories.shingles import Passage, containment, passages, shared_passages, shingles
from aggregator.stories.units import forms, read


@dataclass(frozen=True, slots=True)
class Common:
    """What both articles speak of: its key, the same in all languages, and how it stands in each."""

    key: str
    kind: Literal["name", "place", "actor", "thing", "concept"]
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a value, with what an agreement on it means (0…1), and how it is written in either article, or ""."""

    value: str
    weight: float
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Pull:
    """A signal of the score: its value, and what it adds to the log odds."""

    signal: str
    value: float
    odds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What the evidence was held against. Windows in seconds."""

    copy: float = COPY_CONTAINMENT
    evidence: float = STORY_CONTAINMENT
    edge: float = 0.0
    join: float = 0.0
    numbers: float = NUMBERS_SHARED
    copy_window: int = COPY_WINDOW
    story_window: int = STORY_WINDOW


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence on a pair. Numbers are values ("3450"), names and ids keys that mean the same in all languages.

    `apart` in seconds; `score` is the containment of a copy or the probability of a story; `signals` by name; `bar` is
    what kept the pair apart whatever its score; `hashes` of the sketches are shared, `hashes_needed` to look closer;
    `lonely_names` open the one article and stand nowhere in the other;
    `template` is the likeness of the words around names and numbers; `unread` are words whose agreement counts nothing.
    """

    a: int
    b: int
    verdict: Literal["copy", "story", "nothing"]
    score: float
    rule: int
    apart: int
    series: bool
    bar: Bar
    same_language: bool
    same_source: bool
    containment: float
    hashes: int
    hashes_needed: int
    template: float
    passages: tuple[Passage, ...]
    agreeing: tuple[str, ...]
    conflicting: tuple[str, ...]
    names: tuple[str, ...]
    ids: tuple[str, ...]
    common: tuple[Common, ...]
    figures: tuple[Figure, ...]
    lonely_names: tuple[tuple[str, ...], tuple[str, ...]]
    words: tuple[int, int]
    ignored: tuple[str, ...]
    signals: tuple[tuple[str, float], ...]
    pulls: tuple[Pull, ...]
    limits: Limits


def explain(a: Report, b: Report) -> Explanation:
    """The evidence between two reports, with a.id < b.id as in edges."""
    if a.id > b.id:
        a, b = b, a
    verdict, ours, theirs = judge(a, b), facts_of(a), facts_of(b)
    numbers = _figures(a.text, b.text)
    common = _common(a, b)
    same_language = a.language == b.language
    return Explanation(
        a=a.id,
        b=b.id,
        verdict=verdict.kind,
        score=verdict.score,
        rule=RULE_VERSION,
        apart=abs(a.when - b.when),
        series=series(a, b),
        bar=verdict.bar,
        same_language=same_language,
        same_source=a.source == b.source,
        containment=containment(shingles(a.text), shingles(b.text)) if same_language else 0.0,
        hashes=shared_passages(a.features.sketch, b.features.sketch),
        hashes_needed=needed_shared(min(ours.words, theirs.words)),
        template=same_stems(ours, theirs) if same_language else 0.0,
        passages=passages(a.text, b.text) if same_language else (),
        agreeing=tuple(sorted(figure.value for figure in numbers if figure.a and figure.b)),
        conflicting=tuple(sorted(figure.value for figure in numbers if not (figure.a and figure.b))),
        names=tuple(one.key[1:] for one in common if one.kind == "name"),
        ids=tuple(one.key for one in common if one.kind != "name"),
        common=common,
        figures=numbers,
        lonely_names=(_lonely(a, theirs), _lonely(b, ours)),
        words=(ours.words, theirs.words),
        ignored=_ignored(a, b),
        signals=tuple(zip(SIGNALS, verdict.signals, strict=True)) if verdict.signals else (),
        pulls=_pulls(verdict.signals),
        limits=Limits(edge=trained().floor, join=trained().join),
    )


def _pulls(signals: tuple[float, ...]) -> tuple[Pull, ...]:
    if not signals:
        return ()
    return tuple(Pull(*row[:2], row[1] * row[2]) for row in zip(SIGNALS, signals, trained().weights, strict=True))


_KINDS: Mapping[int, Literal["name", "place", "actor", "thing", "concept"]] = {
    Kind.NAME: "name",
    Kind.PLACE: "place",
    Kind.ACTOR: "actor",
    Kind.THING: "thing",
    Kind.CONCEPT: "concept",
}


def _common(a: Report, b: Report) -> tuple[Common, ...]:
    """What both articles speak of, weightiest first, names before what happened."""
    ours, theirs = forms(a.title, a.text, a.language), forms(b.title, b.text, b.language)
    shared = [
        unit
        for unit in read(a.title, a.text, a.language).weightiest()
        if unit >> 8 in ours and unit >> 8 in theirs and unit >> 5 & 7 in _KINDS
    ]
    shared.sort(key=lambda unit: unit >> 5 & 7 not in NAMES)
    return tuple(
        Common(ours[unit >> 8][0], _KINDS[unit >> 5 & 7], ours[unit >> 8][1], theirs[unit >> 8][1]) for unit in shared
    )


def _lonely(report: Report, other: Facts) -> tuple[str, ...]:
    """Names that a report opens with and the other does not mention, as they stand."""
    lonely = facts_of(report).opening_names.difference(other.units)
    told = forms(report.title, report.text, report.language)
    return tuple(form for hash_, (_, form) in told.items() if hash_ in lonely)


def _figures(a: str, b: str) -> tuple[Figure, ...]:
    """All numbers of two texts, weightiest first, agreeing ones before the others."""
    ours, theirs = _written(a), _written(b)
    weights = number_weights(a) | number_weights(b)
    found = [Figure(key, weight, ours.get(key, ""), theirs.get(key, "")) for key, weight in weights.items()]
    return tuple(sorted(found, key=lambda one: (not (one.a and one.b), -one.weight, one.value)))


def _written(text: str) -> dict[str, str]:
    """Value → how it is written first."""
    found: dict[str, str] = {}
    for figure in figures(text):
        for number in valued(figure):
            found.setdefault(number.key, figure.strip())
    return found


def _ignored(a: Report, b: Report) -> tuple[str, ...]:
    """Words of both articles that stand in so many that sharing them says nothing."""
    ours, theirs = _unread(a), _unread(b)
    return tuple(dict.fromkeys(word for word in ours if word in theirs))


def _unread(report: Report) -> Iterable[str]:
    units = read(report.title, report.text, report.language).units
    told = forms(report.title, report.text, report.language)
    common = {unit >> 8 for unit in units if unit & 7 <= 1 and unit >> 5 & 7 != Kind.NUMBER}
    return {form.lower(): None for hash_, (_, form) in told.items() if hash_ in common}
