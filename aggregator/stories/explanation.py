"""Why two articles are, or are not, one text or one story: all that `compare` saw, for people."""

from dataclasses import dataclass
from typing import Literal

from aggregator.model import Report
from aggregator.stories.facts import Kind
from aggregator.stories.guards import number_weights
from aggregator.stories.pairs import RULE_VERSION, judge, series
from aggregator.stories.scoring import SIGNALS
from aggregator.stories.shingles import Passage, containment, passages, shingles
from aggregator.stories.units import keys, read


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence on a pair. Numbers are values ("3450"), names and ids keys that mean the same in all languages.

    `apart` in seconds; `score` is the containment of a copy or the probability of a story; `signals` by name.
    """

    a: int
    b: int
    verdict: Literal["copy", "story", "nothing"]
    score: float
    rule: int
    apart: int
    series: bool
    containment: float
    passages: tuple[Passage, ...]
    agreeing: tuple[str, ...]
    conflicting: tuple[str, ...]
    names: tuple[str, ...]
    ids: tuple[str, ...]
    signals: tuple[tuple[str, float], ...]


def explain(a: Report, b: Report) -> Explanation:
    """The evidence between two reports, with a.id < b.id as in edges."""
    if a.id > b.id:
        a, b = b, a
    verdict = judge(a, b)
    ours, theirs = number_weights(a.text).keys(), number_weights(b.text).keys()
    shared = _shared(a, b)
    return Explanation(
        a=a.id,
        b=b.id,
        verdict=verdict.kind,
        score=verdict.score,
        rule=RULE_VERSION,
        apart=abs(a.when - b.when),
        series=series(a, b),
        containment=containment(shingles(a.text), shingles(b.text)),
        passages=passages(a.text, b.text),
        agreeing=tuple(sorted(ours & theirs)),
        conflicting=tuple(sorted(ours ^ theirs)),
        names=tuple(key[1:] for key, kind in shared if kind is Kind.NAME),
        ids=tuple(key for key, kind in shared if kind not in (Kind.NAME, Kind.STEM, Kind.NUMBER)),
        signals=tuple(zip(SIGNALS, verdict.signals, strict=True)) if verdict.signals else (),
    )


def _shared(a: Report, b: Report) -> list[tuple[str, Kind]]:
    """What both articles speak of, weightiest first."""
    theirs = {unit >> 8 for unit in read(b.title, b.text, b.language).weights}
    names = keys(a.title, a.text, a.language)
    ours = [
        unit for unit in read(a.title, a.text, a.language).weightiest() if unit >> 8 in theirs and unit >> 8 in names
    ]
    return [(names[unit >> 8], Kind(unit >> 5 & 7)) for unit in ours]
