"""What two articles are to each other: copies, reports of one event, or nothing."""

import json
from dataclasses import dataclass
from typing import Literal

from aggregator.model import Edge, Report
from aggregator.stories.facts import NAMES, Facts, unpack
from aggregator.stories.features import describe
from aggregator.stories.guards import (
    SHORT_TEXT,
    is_column,
    is_series,
    names_alone,
    number_weights,
    numbers_agree,
    of_other_deeds,
    other_issue,
)
from aggregator.stories.scoring import agreement, probability, signals, trained
from aggregator.stories.shingles import containment, shared_passages, shingles

HOUR = 3600
COPY_WINDOW = 30 * 24 * HOUR
STORY_WINDOW = 72 * HOUR
MIN_SHARED = 2
MAX_CANDIDATES = 50
CLUES_SHARED = 2
"""Of twenty: pairs that share one only never became a story that another pair would not have made."""
RULE_VERSION = 3
COPY_CONTAINMENT = 0.5
STORY_CONTAINMENT = 0.27
FEWEST_WORDS = 8
"""A story needs texts: titles alone never merge."""
ENOUGH_WORDS = 12
SHOWN = 8
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Found = Literal["copy", "story", "nothing"]
Bar = Literal["", "series", "column", "names", "deeds", "window", "little"]
"""What keeps a pair from being a story whatever its score: an issue of a series, another text of a column, names without
a deed, headlines of other actors or deeds, too long between them, or too little in common to be scored.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a pair: kind and score of its edge, and what they rest on. `signals` only when it was scored."""

    kind: Found
    score: float
    contained: float = 0.0
    bar: Bar = ""
    signals: tuple[float, ...] = ()


UNRELATED, FAR_APART = Verdict("nothing", 0.0, bar="little"), Verdict("nothing", 0.0, bar="window")


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
        return FAR_APART
    ours, theirs = facts_of(a), facts_of(b)
    contained = _contained(a, b, ours, theirs)
    comparable = apart <= STORY_WINDOW and min(ours.words, theirs.words) >= FEWEST_WORDS
    shared = agreement(ours, theirs) if comparable else None
    if contained < STORY_CONTAINMENT and shared is None:
        return UNRELATED if apart <= STORY_WINDOW else FAR_APART
    one_text = contained >= STORY_CONTAINMENT and _may_be_one_text(a, b, ours, theirs)
    if one_text and contained >= COPY_CONTAINMENT:
        return Verdict("copy", contained, contained)
    if shared is None:
        return Verdict("nothing", 0.0, contained, "little" if comparable else "window")
    values = signals(ours, theirs, shared, apart=apart, same_source=a.source == b.source)
    score = max(probability(values, trained().weights), contained if one_text else 0.0)
    if score < trained().floor:
        return Verdict("nothing", score, contained, signals=values)
    bar = _bar(a, b, one_text=one_text)
    return Verdict("nothing" if bar else "story", score, contained, bar, values)


def _bar(a: Report, b: Report, *, one_text: bool) -> Bar:
    """What keeps apart two that look like one story."""
    if not one_text and series(a, b):
        return "series"
    ours, theirs = facts_of(a), facts_of(b)
    if is_column(ours, theirs, same_source=a.source == b.source):
        return "column"
    if of_other_deeds(ours, theirs):
        return "deeds"
    return "names" if a.language == b.language and not one_text and names_alone(ours, theirs) else ""


def series(a: Report, b: Report) -> bool:
    """Whether two reports are issues of a series."""
    return is_series(facts_of(a), facts_of(b), same_source=a.source == b.source, same_language=a.language == b.language)


def never_together(a: Report, b: Report) -> bool:
    """Whether two reports of one outlet are issues of a series or a column, so that no third report may join them."""
    if a.source != b.source:
        return False
    return series(a, b) or (is_column(facts_of(a), facts_of(b), same_source=True) and judge(a, b).kind != "copy")


def _contained(a: Report, b: Report, facts_a: Facts, facts_b: Facts) -> float:
    """Containment of the texts, when their sketches give reason to look."""
    if a.language != b.language:
        return 0.0
    if shared_passages(a.features.sketch, b.features.sketch) < needed_shared(min(facts_a.words, facts_b.words)):
        return 0.0
    return containment(shingles(a.text), shingles(b.text))


def _may_be_one_text(a: Report, b: Report, facts_a: Facts, facts_b: Facts) -> bool:
    """Whether numbers, names and headlines allow one text; a few words ("Follow us …") are one text only under one title."""
    if series(a, b) or of_other_deeds(facts_a, facts_b):
        return False
    if min(facts_a.words, facts_b.words) < ENOUGH_WORDS and facts_a.title != facts_b.title:
        return False
    return not other_issue(facts_a, facts_b) and numbers_agree(number_weights(a.text), number_weights(b.text))


def _evidence(a: Report, b: Report, verdict: Verdict) -> str:
    ours, theirs = number_weights(a.text).keys(), number_weights(b.text).keys()
    units = facts_of(a).units
    shared = facts_of(b).meanings.intersection(units)
    found = {
        "rule": RULE_VERSION,
        "passages": shared_passages(a.features.sketch, b.features.sketch),
        "containment": round(verdict.contained, 3),
        "meanings": len(shared),
        "names": len([key for key in shared if units[key] >> 5 in NAMES]),
        "agree": sorted(ours & theirs)[:SHOWN],
        "differ": sorted(ours ^ theirs)[:SHOWN],
    }
    return _ENCODER.encode(found)
