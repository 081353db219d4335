"""Scores what was found in a text: weights by zone, places that only strengthen, minus, vetoes and requirements."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aggregator.model import Hit
from aggregator.topics.finding import MOST_SPANS, Figure, Found, figures, sides
from aggregator.topics.reading import Span
from aggregator.topics.rules import Figure as FigureRule
from aggregator.topics.rules import TermRule, TopicRule

ZONES = (2.0, 1.0, 1.0)
"""Factors of title, lead, and a rest that mentions it often enough."""
REST = (0.5, 0.75, 1.0)
"""Factors of one, two, three and more occurrences in the rest only."""
MINUS_REST = (0.0, 0.5, 1.0)
"""The same for what counts against a topic: one mention deep in a body says nothing against a subject."""
DENSE = 2
"""What each side of a pair must reach in title (2 for each mention) and lead (1)."""

WEIGHTS = ("strong", "medium", "place", "weak")

Occurring = list[tuple[TermRule, Sequence[Figure]]]
"""Terms, each with its occurrences."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an article besides its words."""

    language: str
    source: str = ""
    country: str = ""


class Evidence(NamedTuple):
    """A term, its first occurrence in its best zone, and the points it brings (below 0 for minus)."""

    term: TermRule
    figure: Figure
    points: float
    zone: int


class Score(NamedTuple):
    """A topic's reckoning. What may stand against it besides points: a veto, a requirement, its scope."""

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


def candidates(found: Found) -> dict[int, Occurring]:
    """Topic → its terms that occur, each with its occurrences."""
    by_topic = simple_terms(found, range(len(found.rules.tables.topics)))
    tried = [figure for role in found.roles for figure in _possible(found, role.figures)]
    for figure in (*tried, *found.rules.figures(found.mask)):
        _try(found, by_topic.setdefault(figure.term.topic, []), figure.term)
    return {topic: terms for topic, terms in by_topic.items() if terms}


def simple_terms(found: Found, topics: Container[int]) -> dict[int, Occurring]:
    """Of some topics those terms that are one atom and occur."""
    by_topic: dict[int, Occurring] = {}
    for role, spans in zip(found.roles, found.atoms.values(), strict=True):
        for term in role.terms:
            if term.topic in topics:
                by_topic.setdefault(term.topic, []).append((term, [(span,) for span in spans[:MOST_SPANS]]))
    return by_topic


def reachable(found: Found) -> dict[int, list[TermRule]]:
    """The topics that could be assigned, each with its figures that may stand there.

    No figure is looked for yet: all that may be there together, each counted in full, reaches the score.
    """
    reach: dict[int, float] = {}
    body = found.body
    tried = list(found.rules.figures(found.mask))
    for (_, figures_, _, gains, _), spans in zip(found.roles, found.atoms.values(), strict=True):
        if figures_:
            tried += _possible(found, figures_)
        for topic, points in gains:
            reach[topic] = reach.get(topic, 0.0) + (2.0 * points if spans[0][0] < body else points)
    for _, topic, points, _, _ in tried:
        if points > 0:
            reach[topic] = reach.get(topic, 0.0) + 2.0 * points
    rules = found.rules.tables.topics
    topics: dict[int, list[TermRule]] = {topic: [] for topic, most in reach.items() if most >= rules[topic].min_score}
    for term, topic, _, _, _ in tried if topics else ():
        if topic in topics:
            topics[topic].append(term)
    return topics


def _possible(found: Found, figures_: Sequence[FigureRule]) -> list[FigureRule]:
    """The figures of which no part is missing."""
    atoms, absent = found.atoms, ~found.mask
    possible = []
    for figure in figures_:
        _, _, _, parts, lists = figure
        if not lists & absent:
            for atom in parts:
                if atom not in atoms:
                    break
            else:
                possible.append(figure)
    return possible


def _try(found: Found, terms: Occurring, figure: TermRule) -> None:
    spots = occurrences(found, figure)
    if spots:
        terms.append((figure, spots))


def occurrences(found: Found, term: TermRule) -> list[Figure]:
    """Where a term whose parts are all there occurs."""
    return _pair(found, term) if len(term.sides) > 1 else figures(found, term)


def _pair(found: Found, term: TermRule) -> list[Figure]:
    """One figure of the first places of all sides, or none when a side is thin in title and lead."""
    spans = sides(found, term)
    if not all(_density(found, side) >= DENSE for side in spans):
        return []
    titled = all(side[0][0] < found.body for side in spans)
    return [tuple(side[0] if titled else _first_in_lead(found, side) for side in spans)]


def _density(found: Found, side: Sequence[Span]) -> int:
    return sum((2, 1, 0)[found.zone(start)] for start, _ in side)


def _first_in_lead(found: Found, side: Sequence[Span]) -> Span:
    return next((span for span in side if found.zone(span[0]) == 1), side[0])


def reckon(found: Found, topic: int, terms: Occurring, figures_: Sequence[TermRule], context: Context) -> Score | None:
    """The reckoning of a topic over its terms of one atom and those of its figures that occur; None when these cannot
    reach the score, whatever counts against them.
    """
    for figure in figures_:
        if figure.points > 0:
            _try(found, terms, figure)
    if not _promising(found, topic, terms):
        return None
    for figure in figures_:
        if figure.points <= 0:
            _try(found, terms, figure)
    return score(found, topic, terms, context)


def _promising(found: Found, topic: int, terms: Occurring) -> bool:
    """Whether all terms together, each counted in full, reach the score."""
    points = dict.fromkeys(WEIGHTS, 0.0)
    for term, spots in terms:
        if term.points > 0:
            points[term.weight] += term.points * ZONES[found.zone(spots[0][0][0])]
    return _sum(points) >= found.rules.tables.topics[topic].min_score


def score(found: Found, topic: int, terms: Occurring, context: Context) -> Score:
    """The reckoning of one topic over its terms that occur."""
    rule = found.rules.tables.topics[topic]
    evidence = _distinct(found, [row for row in terms if row[0].points > 0])
    minus = [_evidence(found, term, spots) for term, spots in terms if term.weight == "minus"]
    veto = [_evidence(found, term, spots) for term, spots in terms if term.weight == "none"]
    return Score(
        rule,
        _total(evidence) + sum(item.points for item in minus),
        tuple(evidence),
        tuple(minus),
        tuple(item for item in veto if item.zone < 2),
        _required(rule, found, context),
        _in_scope(rule, context),
    )


def _total(evidence: Sequence[Evidence]) -> float:
    """Points in all."""
    points = dict.fromkeys(WEIGHTS, 0.0)
    for item in evidence:
        points[item.term.weight] += item.points
    return _sum(points)


def _sum(points: Mapping[str, float]) -> float:
    """Points by weight in all; places count no more than the strong and medium terms that they strengthen."""
    subjects = points["strong"] + points["medium"]
    return subjects + points["weak"] + min(points["place"], subjects)


def _distinct(found: Found, rows: Occurring) -> list[Evidence]:
    """Evidence in which every mention counts for its weightiest, then longest, term only.

    «порт» within «морской порт» or "terminal" in three languages are one mention, not several.
    """
    if len(rows) > 1:
        rows = sorted(rows, key=lambda row: (-row[0].points, -_length(row[1][0]), row[0].text))
    taken = 0
    evidence = []
    for term, spots in rows:
        own = []
        before = taken
        for figure in spots:
            words = _words(figure)
            if words & ~before:
                own.append(figure)
                taken |= words
        if own:
            evidence.append(_evidence(found, term, own))
    return evidence


def _length(figure: Figure) -> int:
    return sum(end - start for start, end in figure)


def _words(figure: Figure) -> int:
    """The positions of a figure as bits."""
    words = 0
    for start, end in figure:
        words |= (1 << end) - (1 << start)
    return words


def _evidence(found: Found, term: TermRule, spots: Sequence[Figure]) -> Evidence:
    best = spots[0]
    zone = _zone(found, best)
    if len(best) > 1 and zone:  # single spans come in order, the first is the best; of figures a later one may be
        for figure in spots:
            other = _zone(found, figure)
            if other < zone:
                best, zone = figure, other
    if zone < 2:
        factor = ZONES[zone]
    else:
        rest = REST if term.points > 0 else MINUS_REST
        factor = rest[min(len(spots), len(rest)) - 1]
    return Evidence(term, best, term.points * factor, zone)


def _zone(found: Found, figure: Figure) -> int:
    """The zone of a figure is its last member's: half in the title is not in the title."""
    last = figure[0][0] if len(figure) == 1 else max(figure)[0]
    return 0 if last < found.body else 1 if last < found.rest else 2


def _required(rule: TopicRule, found: Found, context: Context) -> bool:
    if not rule.require_text or context.country in rule.require_countries:
        return True
    return any(_occurs(found, found.rules.term(index)) for index in rule.require)


def _occurs(found: Found, term: TermRule) -> bool:
    if not all(found.has(part) for part in (*term.parts, *(-1 - need for need in term.needs))):
        return False
    return len(term.parts) == 1 or bool(occurrences(found, term))


def _in_scope(rule: TopicRule, context: Context) -> bool:
    return (
        (not rule.sources or context.source in rule.sources)
        and (not rule.countries or context.country in rule.countries)
        and (not rule.languages or bool({context.language, context.language.partition("-")[0]} & set(rule.languages)))
    )


def hits(found: Found, evidence: Sequence[Evidence]) -> tuple[Hit, ...]:
    """Evidence as hits, weightiest first: each at its first occurrence in its best zone."""
    if not evidence:
        return ()
    rows = sorted(((item, _spot(found, item)) for item in evidence), key=lambda row: (-row[0].points, row[1]))
    return tuple(_hit(found, item, spot) for item, spot in rows)


def _spot(found: Found, evidence: Evidence) -> Span:
    """The positions from the first to the last member of a figure, within the title or within the text."""
    figure = evidence.figure
    if len(figure) == 1:
        return figure[0]
    inside = [span for span in figure if (span[0] < found.body) == (evidence.zone == 0)]
    return min(inside)[0], max(end for _, end in inside)


def _hit(found: Found, evidence: Evidence, spot: Span) -> Hit:
    return Hit(evidence.term.text, *found.reading.place(*spot), evidence.points)
