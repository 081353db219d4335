"""Scores what was found in a text: weights by zone, places that only strengthen, minus, vetoes and requirements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aggregator.model import Hit
from aggregator.topics.finding import Figure, Found, Span, figures, place, sides
from aggregator.topics.rules import Rules, TermRule, TopicRule

ZONES = (2.0, 1.0)
"""Factors of title and lead."""
REST = (0.5, 0.75, 1.0)
"""Factors of one, two, three and more occurrences in the rest only."""
DENSE = 2.0
"""What each side of a pair must reach in title (2 for each mention) and lead (1)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an article besides its words."""

    language: str
    source: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A term with its occurrences, the factor of its best zone, and the points it brings (below 0 for minus)."""

    term: TermRule
    figures: tuple[Figure, ...]
    points: float
    zone: int


@dataclass(frozen=True, slots=True)
class Score:
    """A topic's reckoning. `unmet` names what stands against it besides points: veto, requirement, scope."""

    topic: TopicRule
    points: float
    evidence: tuple[Evidence, ...]
    minus: tuple[Evidence, ...] = ()
    veto: tuple[Evidence, ...] = ()
    required: bool = True
    in_scope: bool = True

    @property
    def assigned(self) -> bool:
        return self.points >= self.topic.min_score and not self.veto and self.required and self.in_scope


Occurring = list[tuple[int, tuple[Figure, ...]]]
"""Indexes of terms, each with its occurrences."""


def candidates(rules: Rules, found: Found) -> dict[int, Occurring]:
    """Topic → its terms that occur, each with its occurrences, in the order of the rules."""
    by_topic: dict[int, Occurring] = {}
    terms = rules.tables.terms
    for index in _tried(rules, found):
        term = terms[index]
        spans = _pair(found, term) if len(term.sides) > 1 else figures(found, term)
        if spans:
            by_topic.setdefault(term.topic, []).append((index, tuple(spans)))
    return by_topic


def _tried(rules: Rules, found: Found) -> Iterable[int]:
    """The terms worth trying: the simple ones of every atom found, and figures whose anchor is there."""
    for atom in found.atoms:
        yield from rules.atom_terms.get(atom, ())
        yield from rules.anchored.get(atom, ())
    for index in found.lists:
        yield from rules.anchored.get(-1 - index, ())


def _pair(found: Found, term: TermRule) -> list[Figure]:
    """One figure of the densest places of all sides, or none when a side is thin in title and lead."""
    if any(need not in found.lists for need in term.needs):
        return []
    spans = sides(found, term)
    if not all(_density(found, side) >= DENSE for side in spans):
        return []
    titled = all(found.zone(side[0][0]) == 0 for side in spans)
    return [tuple(side[0] if titled else _first_in_lead(found, side) for side in spans)]


def _density(found: Found, side: Sequence[Span]) -> float:
    return sum((2.0, 1.0, 0.0)[found.zone(span[0])] for span in side)


def _first_in_lead(found: Found, side: Sequence[Span]) -> Span:
    return next((span for span in side if found.zone(span[0]) == 1), side[0])


def score(rules: Rules, found: Found, topic: int, terms: Occurring, context: Context) -> Score:
    """The reckoning of one topic over its terms that occur."""
    rule = rules.tables.topics[topic]
    rows = [(rules.tables.terms[index], spans) for index, spans in terms]
    evidence = _distinct(found, [row for row in rows if row[0].points > 0])
    minus = [_evidence(found, term, spans) for term, spans in rows if term.weight == "minus"]
    veto = [_evidence(found, term, spans) for term, spans in rows if term.weight == "none"]
    return Score(
        rule,
        _total(evidence) + sum(item.points for item in minus),
        tuple(evidence),
        tuple(minus),
        tuple(item for item in veto if item.zone < 2),
        _required(rule, any(term.weight == "require" for term, _ in rows), context),
        _in_scope(rule, context),
    )


def _total(evidence: Sequence[Evidence]) -> float:
    """Points in all; places count no more than the strong and medium terms that they strengthen."""
    points = {"strong": 0.0, "medium": 0.0, "place": 0.0, "weak": 0.0}
    for item in evidence:
        points[item.term.weight] += item.points
    subjects = points["strong"] + points["medium"]
    return subjects + points["weak"] + min(points["place"], subjects)


def _distinct(found: Found, rows: list[tuple[TermRule, tuple[Figure, ...]]]) -> list[Evidence]:
    """Evidence in which every mention counts for its weightiest, then longest, term only.

    «порт» within «морской порт» or "terminal" in three languages are one mention, not several.
    """
    taken: set[int] = set()
    order = sorted(rows, key=lambda row: (-row[0].points, -max(_length(figure) for figure in row[1])))
    evidence = []
    for term, spans in order:
        own = [figure for figure in spans if not _covered(figure, taken)] if len(term.sides) == 1 else list(spans)
        if own:
            evidence.append(_evidence(found, term, tuple(own)))
            if len(term.sides) == 1:
                taken.update(at for figure in own for span in figure for at in range(*span))
    return evidence


def _length(figure: Figure) -> int:
    return sum(end - start for start, end in figure)


def _covered(figure: Figure, taken: set[int]) -> bool:
    return all(at in taken for span in figure for at in range(*span))


def _evidence(found: Found, term: TermRule, spans: tuple[Figure, ...]) -> Evidence:
    zone = min(_zone(found, figure) for figure in spans)
    factor = ZONES[zone] if zone < 2 else REST[min(len(spans), len(REST)) - 1]
    points = term.points * factor if term.points > 0 else max(term.points, term.points * factor)
    return Evidence(term, spans, points, zone)


def _zone(found: Found, figure: Figure) -> int:
    """The zone of a figure is its last member's: half in the title is not in the title."""
    return max(found.zone(span[0]) for span in figure)


def _required(rule: TopicRule, met: bool, context: Context) -> bool:
    return not rule.require_text or met or context.country in rule.require_countries


def _in_scope(rule: TopicRule, context: Context) -> bool:
    return (
        (not rule.sources or context.source in rule.sources)
        and (not rule.countries or context.country in rule.countries)
        and (not rule.languages or bool({context.language, context.language.partition("-")[0]} & set(rule.languages)))
    )


def hit(found: Found, evidence: Evidence) -> Hit:
    """Evidence as a hit: the first occurrence in its best zone, with its exact place in the title or the text."""
    figure = next(figure for figure in evidence.figures if _zone(found, figure) == evidence.zone)
    if len({found.zone(span[0]) == 0 for span in figure}) > 1:
        figure = tuple(span for span in figure if found.zone(span[0]) != 0)
    spot = place(found, figure)
    where: Literal["title", "text"] = "title" if spot.where == "title" else "text"
    source = found.title if where == "title" else found.text
    return Hit(evidence.term.text, source[spot.start : spot.end], where, spot.start, spot.end, evidence.points)
