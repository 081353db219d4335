"""Assigns topics to an article, and explains the assignment."""

from dataclasses import dataclass
from operator import itemgetter

from aggregator.model import Article, Hit, Match
from aggregator.topics.finding import Found, find, has_part
from aggregator.topics.rules import Rules, TermRule
from aggregator.topics.scoring import Context, Score, candidates, hits, promising, score


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
    context = Context(language, source, country)
    matches = []
    for topic, terms in sorted(candidates(rules, found).items(), key=itemgetter(0)):
        if promising(rules, found, topic, terms):
            result = score(rules, found, topic, terms, context)
            if result.assigned:
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
    occurring = candidates(rules, found)
    return tuple(
        _verdict(rules, found, score(rules, found, topic, occurring.get(topic, []), context), topic)
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
        reasons.append(f"{rule.min_score - result.points:g} points")
    reasons += [f"a title and lead without {item.term.text!r}, which vetoes" for item in result.veto]
    if not result.required:
        reasons.append("one of " + ", ".join(rule.require_text) + " in the text or as the source's country")
    if not result.in_scope:
        reasons.append("a source, language or country within the topic's scope")
    return tuple(reasons)


def _near(rules: Rules, found: Found, topic: int, result: Score) -> tuple[str, ...]:
    """Terms of several parts that did not hit although half of their parts are there, and what kept them from it."""
    hit_terms = {item.term.text for item in result.evidence}
    everything = map(rules.term, range(len(rules.tables.terms)))
    terms = (term for term in everything if term.topic == topic and term.points > 0 and not term.simple)
    misses = ((term.text, _lacks(found, term)) for term in terms if term.text not in hit_terms)
    return tuple(dict.fromkeys(f"{text}: {lack}" for text, lack in misses if lack))


def _lacks(found: Found, term: TermRule) -> str:
    """What a term lacks, "" when too much of it to be called near."""
    parts = term.parts
    there = sum(has_part(found, part) for part in parts)
    if there == len(parts):
        return "too thin in title and lead" if len(term.sides) > 1 else "too far apart, or nothing of the list it needs"
    return f"{there} of {len(parts)} parts found" if there * 2 >= len(parts) and there else ""
