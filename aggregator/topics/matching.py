"""Assigns topics to an article, and explains the assignment."""

import re
from dataclasses import dataclass

from aggregator.model import Article, Hit, Match
from aggregator.topics.finding import Found, find
from aggregator.topics.rules import Rules, TermRule
from aggregator.topics.scoring import Context, Score, candidates, hits, reachable, reckon, score, simple_terms


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a topic was or was not assigned: its points against those needed, and every term that played a part.

    `missing` says in words what kept it from passing; `near` are terms of which only a part was found.
    """

    topic: str
    score: float
    needed: float
    assigned: bool
    hits: tuple[Hit, ...] = ()
    minus: tuple[Hit, ...] = ()
    veto: tuple[Hit, ...] = ()
    missing: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


def match(
    rules: Rules, *, title: str, text: str, language: str, source: str = "", country: str = ""
) -> tuple[Match, ...]:
    """The topics of an article in the order of the rules, each with its hits, weightiest first.

    `language` only serves topics whose scope names languages; `country` is the source's, ISO 3166 alpha-2.
    """
    found = find(rules, title, text)
    figures = reachable(found)
    terms = simple_terms(found, figures) if figures else {}
    context = Context(language, source, country)
    matches = []
    for topic in sorted(figures):
        result = reckon(found, topic, terms.get(topic, []), figures[topic], context)
        if result is not None and result.assigned:
            matches.append(Match(result.topic.id, round(result.points, 2), hits(found, result.evidence)))
    return tuple(matches)


def match_article(rules: Rules, article: Article, country: str) -> tuple[Match, ...]:
    """`match` for a normalised article whose source stands in `country`."""
    return match(
        rules,
        title=article.title,
        text=article.text,
        language=article.language,
        source=article.source,
        country=country,
    )


def explain(
    rules: Rules, *, title: str, text: str, language: str, source: str = "", country: str = ""
) -> tuple[Verdict, ...]:
    """A verdict for every topic, in the order of the rules."""
    found = find(rules, title, text)
    context = Context(language, source, country)
    occurring = candidates(found)
    return tuple(
        _verdict(rules, found, score(found, topic, occurring.get(topic, []), context), topic)
        for topic in range(len(rules.tables.topics))
    )


def _verdict(rules: Rules, found: Found, result: Score, topic: int) -> Verdict:
    return Verdict(
        result.topic.id,
        round(result.points, 2),
        result.topic.min_score,
        result.assigned,
        hits(found, result.evidence),
        hits(found, result.minus),
        hits(found, result.veto),
        _missing(result),
        _near(rules, found, topic, result),
    )


def _missing(result: Score) -> tuple[str, ...]:
    rule = result.topic
    reasons = []
    if result.points < rule.min_score:
        reasons.append(_counted(rule.min_score - result.points))
    reasons += [f"a title and opening without {item.term.text!r}, which vetoes" for item in result.veto]
    if not result.required:
        reasons.append("one of " + ", ".join(rule.require_text) + " in the text or as the source's country")
    if not result.in_scope:
        reasons.append("a source, language or country within the topic's scope")
    return tuple(reasons)


def _counted(points: float) -> str:
    return f"{points:g} point" if points == 1 else f"{points:g} points"


def _near(rules: Rules, found: Found, topic: int, result: Score) -> tuple[str, ...]:
    """Terms of several parts that did not hit though half of their parts are there, and what kept them from it.

    The nearest come first: those that lack least, of these the weightiest.
    """
    hit_terms = {item.term.text for item in result.evidence}
    everything = map(rules.term, range(len(rules.tables.terms)))
    terms = (term for term in everything if term.topic == topic and term.points > 0 and not term.simple)
    rows = [(_missing_parts(found, term), term) for term in terms if term.text not in hit_terms]
    rows = [(lack, term) for lack, term in rows if len(lack) * 2 <= len(term.parts) and len(lack) < len(term.parts)]
    rows.sort(key=lambda row: (len(row[0]), -row[1].points))
    return tuple(dict.fromkeys(f"{term.text}: {_lacks(found, term, lack)}" for lack, term in rows))


def _missing_parts(found: Found, term: TermRule) -> list[str]:
    """The parts of a term that are not there, as written."""
    names = re.split(r"\s+(?:~\d+|&)\s+", term.text)
    return [names[min(at, len(names) - 1)] for at, part in enumerate(term.parts) if not found.has(part)]


def _lacks(found: Found, term: TermRule, missing: list[str]) -> str:
    if missing:
        return "without " + ", ".join(dict.fromkeys(missing))
    if len(term.sides) > 1:
        return "too thin in title and opening"
    needed = any(not found.has(-1 - need) for need in term.needs)
    return "nothing of the list it asks for" if needed else "too far apart, or in two sentences"
