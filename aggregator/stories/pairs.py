"""What two articles are to each other: copies, reports of one event, or nothing."""

import json
from dataclasses import dataclass

from aggregator.model import Edge, Report
from aggregator.stories.facts import Facts, unpack
from aggregator.stories.features import describe
from aggregator.stories.guards import all_numbers, number_keys, numbers_agree
from aggregator.stories.scoring import Context, probability, signals, trained
from aggregator.stories.shingles import SKETCH_SIZE, containment, shingles

HOUR = 3600
COPY_WINDOW = 30 * 24 * HOUR
STORY_WINDOW = 72 * HOUR
MIN_SHARED = 2
SHORT_TEXT = 40
MAX_CANDIDATES = 50
RULE_VERSION = 1
COPY_CONTAINMENT = 0.5
PASSAGE_CONTAINMENT = 0.27


def needed_shared(words: int) -> int:
    """How many sketch hashes two texts must share to be compared as copies; `words` of the shorter one."""
    return 1 if words < SHORT_TEXT else MIN_SHARED


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `compare` found out about a pair, before it is an edge."""

    kind: str | None
    score: float
    series: bool
    contained: float
    values: tuple[float, ...]


def facts_of(report: Report) -> Facts:
    """The report's facts; described anew when another version wrote them."""
    known = unpack(report.features.facts)
    if known is None:
        known = unpack(describe(report.title, report.text, report.language).facts)
    assert known is not None
    return known


def compare(a: Report, b: Report) -> Edge | None:
    """The edge between two reports, or None. Depends on nothing else, and not on their order."""
    if a.id > b.id:
        a, b = b, a
    verdict = judge(a, b)
    if verdict is None or verdict.kind is None:
        return None
    kind = "copy" if verdict.kind == "copy" else "story"
    return Edge(a.id, b.id, "copy" if kind == "copy" else "story", round(verdict.score, 4), _evidence(a, b, verdict))


def judge(a: Report, b: Report) -> Verdict | None:
    """All that decides about a pair; None when the two are too far apart in time."""
    apart = abs(a.when - b.when)
    if apart > COPY_WINDOW:
        return None
    facts_a, facts_b = facts_of(a), facts_of(b)
    same_source = a.source == b.source
    series = same_source and facts_a.title == facts_b.title != 0 and all_numbers(a) != all_numbers(b)
    contained = _contained(a, b, facts_a, facts_b)
    if contained >= COPY_CONTAINMENT and not series and numbers_agree(number_keys(a.text), number_keys(b.text)):
        return Verdict("copy", contained, series, contained, ())
    if apart > STORY_WINDOW:
        return Verdict(None, 0.0, series, contained, ())
    passages = contained if contained >= PASSAGE_CONTAINMENT else 0.0
    values = signals(facts_a, facts_b, Context(apart, same_source, a.language == b.language, passages))
    score = 0.0 if series else probability(values, trained().weights)
    return Verdict("story" if score >= trained().floor else None, score, series, contained, values)


def _contained(a: Report, b: Report, facts_a: Facts, facts_b: Facts) -> float:
    """Containment of the texts, when the sketches give reason to look."""
    if a.language != b.language:
        return 0.0
    shared = len(set(a.features.sketch) & set(b.features.sketch))
    if shared < min(needed_shared(min(facts_a.words, facts_b.words)), SKETCH_SIZE):
        return 0.0
    return containment(shingles(a.text), shingles(b.text))


def _evidence(a: Report, b: Report, verdict: Verdict) -> str:
    ours, theirs = number_keys(a.text), number_keys(b.text)
    return json.dumps(
        {
            "rule": RULE_VERSION,
            "containment": round(verdict.contained, 3),
            "agree": sorted(ours & theirs)[:8],
            "differ": sorted(ours ^ theirs)[:8],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
