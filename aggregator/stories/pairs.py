"""What two articles are to each other: copies, reports of one event, or nothing."""

import json
from dataclasses import dataclass
from typing import Literal

from aggregator.model import Edge, Report
from aggregator.stories.facts import Facts, kind_of, unpack
from aggregator.stories.features import describe
from aggregator.stories.guards import is_column, is_series, number_weights, numbers_agree, other_issue
from aggregator.stories.scoring import NO_AGREEMENT, Shared, agreement, probability, same_stems, signals, trained
from aggregator.stories.shingles import containment, shared_passages, shingles

HOUR = 3600
COPY_WINDOW = 30 * 24 * HOUR
STORY_WINDOW = 72 * HOUR
MIN_SHARED = 2
SHORT_TEXT = 40
MAX_CANDIDATES = 50
RULE_VERSION = 1
COPY_CONTAINMENT = 0.5
STORY_CONTAINMENT = 0.27
FEWEST_WORDS = 8
"""A story needs texts: titles alone never merge."""
ENOUGH_WORDS = 12
SHOWN = 8

Found = Literal["copy", "story", "nothing"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a pair: kind and score of its edge, and what they rest on. `signals` only within the window."""

    kind: Found
    score: float
    series: bool = False
    contained: float = 0.0
    shared: Shared = NO_AGREEMENT
    signals: tuple[float, ...] = ()


def needed_shared(words: int) -> int:
    """How many sketch hashes two texts must share to be compared as copies; `words` of the shorter one."""
    return 1 if words < SHORT_TEXT else MIN_SHARED


def facts_of(report: Report) -> Facts:
    """The report's facts; described anew when another version wrote them."""
    facts = unpack(report.features.facts)
    if facts is None:
        facts = unpack(describe(report.title, report.text, report.language).facts)
    assert facts is not None
    return facts


def compare(a: Report, b: Report) -> Edge | None:
    """The edge between two reports, or None. Depends on nothing else, and not on their order."""
    if a.id > b.id:
        a, b = b, a
    verdict = judge(a, b)
    if verdict.kind == "nothing":
        return None
    return Edge(a.id, b.id, verdict.kind, round(verdict.score, 4), _evidence(a, b, verdict))


def judge(a: Report, b: Report) -> Verdict:
    """All that decides about a pair."""
    apart = abs(a.when - b.when)
    if apart > COPY_WINDOW:
        return Verdict("nothing", 0.0)
    facts_a, facts_b = facts_of(a), facts_of(b)
    contained = _contained(a, b, facts_a, facts_b)
    keys = facts_a.keys & facts_b.keys
    comparable = apart <= STORY_WINDOW and min(facts_a.words, facts_b.words) >= FEWEST_WORDS
    if contained < STORY_CONTAINMENT and (not comparable or len(keys) < _fewest(facts_a, facts_b)):
        return Verdict("nothing", 0.0, contained=contained)
    shared = agreement(facts_a, facts_b, keys)
    same_source, same_language = a.source == b.source, a.language == b.language
    stems = same_stems(facts_a, facts_b, shared)
    series = is_series(facts_a, facts_b, stems, same_source=same_source, same_language=same_language)
    one_text = contained >= STORY_CONTAINMENT and not series and _may_be_one_text(a, b, facts_a, facts_b)
    if contained >= COPY_CONTAINMENT and one_text:
        return Verdict("copy", contained, series, contained, shared)
    if not comparable:
        return Verdict("nothing", 0.0, series, contained, shared)
    values = signals(facts_a, facts_b, shared, apart=apart, same_source=same_source)
    score = max(probability(values, trained().weights), contained if one_text else 0.0)
    apart_for_good = series or is_column(facts_a, facts_b, same_source=same_source)
    kind: Found = "nothing" if apart_for_good or score < trained().floor else "story"
    return Verdict(kind, 0.0 if apart_for_good else score, series, contained, shared, values)


def _fewest(a: Facts, b: Facts) -> int:
    """How many units a pair must share to be scored: no pair with fewer has ever come near an edge, and most have."""
    return 3 + min(len(a.keys), len(b.keys)) // 32


def never_together(a: Report, b: Report) -> bool:
    """Whether two reports of one outlet are issues of a series or a column, so that no third report may join them."""
    if a.source != b.source:
        return False
    verdict = judge(a, b)
    return verdict.series or (verdict.kind != "copy" and is_column(facts_of(a), facts_of(b), same_source=True))


def _contained(a: Report, b: Report, facts_a: Facts, facts_b: Facts) -> float:
    """Containment of the texts, when their sketches give reason to look."""
    if a.language != b.language:
        return 0.0
    if shared_passages(a.features.sketch, b.features.sketch) < needed_shared(min(facts_a.words, facts_b.words)):
        return 0.0
    return containment(shingles(a.text), shingles(b.text))


def _may_be_one_text(a: Report, b: Report, facts_a: Facts, facts_b: Facts) -> bool:
    """Whether numbers allow one text; a few words ("Follow us …") are one text only under one title."""
    if min(facts_a.words, facts_b.words) < ENOUGH_WORDS and facts_a.title != facts_b.title:
        return False
    return not other_issue(facts_a, facts_b) and numbers_agree(number_weights(a.text), number_weights(b.text))


def _evidence(a: Report, b: Report, verdict: Verdict) -> str:
    ours, theirs = number_weights(a.text).keys(), number_weights(b.text).keys()
    units = facts_of(a).units
    found = {
        "rule": RULE_VERSION,
        "passages": shared_passages(a.features.sketch, b.features.sketch),
        "containment": round(verdict.contained, 3),
        "units": len(verdict.shared.keys),
        "names": sum(1 for key in verdict.shared.keys if kind_of(units[key]).is_name),
        "agree": sorted(ours & theirs)[:SHOWN],
        "differ": sorted(ours ^ theirs)[:SHOWN],
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
