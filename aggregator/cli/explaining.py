"""The evidence on two articles in words that fit 80 columns: what agrees, what contradicts, what was ignored, the score."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from aggregator.cli.output import minute
from aggregator.model import Edge, Report, Seconds
from aggregator.stories import Explanation

WIDTH = 80
LITTLE = 0.3
"""A number that weighs no more than this (a year, a small or round count) proves little."""

Spoken = tuple[bool, str, Seconds]
"""An operator's ruling: together or not, why, when."""

MOST = 12
"""Names, matters, figures and common words shown; `--json` has all."""

LONGEST_PASSAGES = 4
_SIGNALS = {
    "bias": "two articles are seldom one event: start",
    "meanings": "share of all they speak of that both do",
    "names": "names of no table that agree, by weight",
    "numbers": "numbers that agree, by weight",
    "numbers_conflict": "share of numbers that do not",
    "title": "both headlines name it, by weight",
    "lead_less": "the one's opening found in the other, least",
    "lead_more": "... most",
    "headline_less": "the one's headline found in the other, least",
    "headline_more": "... most",
    "days": "days apart",
    "same_source": "the same outlet tells it twice",
    "title_conflict": "each headline names a place or actor of its own",
}
_BARS = {
    "series": "one template over other numbers or other places: issues of a series, never one story",
    "column": "one outlet, one headline, two texts: a column, never one story",
    "names": "the same names, and hardly a word of what happened in common: two events",
    "deeds": "the headlines name other actors, or contrary deeds: two events of one kind",
    "window": "too far apart in time, or too short: a story needs texts within the window",
    "little": "too little in common to be scored at all",
}


def told(
    found: Explanation,
    pair: tuple[Report, Report],
    *,
    together: bool,
    edge: Edge | None,
    ruling: Spoken | None,
) -> Iterator[str]:
    """The explanation, line by line; `pair` in the order of the explanation."""
    for report in pair:
        yield from _wrapped(
            f"{report.id}", f"{report.title}  ({report.source}, {report.language}, {minute(report.when)})"
        )
    yield ""
    yield from _wrapped("", _verdict(found, together=together))
    if ruling is not None:
        joined, reason, at = ruling
        word = "one story" if joined else "two stories"
        yield from _wrapped("", f"An operator ruled on {minute(at)} that they are {word}: {reason}")
    yield from _section("What agrees", _agrees(found))
    yield from _section("What contradicts", _contradicts(found))
    yield from _section("What was ignored, and why", _ignored(found))
    yield from _section("The rules it was held against", _rules(found, edge))
    yield from _section("The score", _score(found))


def _verdict(found: Explanation, *, together: bool) -> str:
    today = "They are ONE STORY today." if together else "They are TWO STORIES today."
    if found.verdict == "copy":
        pair = f"The same text: {found.containment:.0%} of the shorter one stands in the other."
    elif found.verdict == "story":
        pair = f"By this pair alone: one event, probability {found.score:.0%}."
    else:
        pair = f"By this pair alone: {_BARS.get(found.bar) or f'two events, probability {found.score:.0%} that it is one'}."
    if together and found.verdict == "nothing":
        pair += " They are together through other reports, or by a ruling."
    if not together and found.verdict == "story":
        pair += " Other reports pull them apart: the average over all pairs decides."
    return f"{today} {pair}"


def _agrees(found: Explanation) -> Iterator[tuple[str, str]]:
    agreeing = [one for one in found.figures if one.a and one.b]
    yield "numbers", _list(_both(one.a, one.b) for one in agreeing if one.weight > LITTLE)
    if weak := _list(_both(one.a, one.b) for one in agreeing if one.weight <= LITTLE):
        yield "weakly", f"{weak} - years, small and round counts prove little"
    named = [one for one in found.common if one.kind in ("name", "place", "actor")]
    yield "names", _list(_both(one.a, one.b) for one in named)
    yield "matters", _list(_both(one.a, one.b) for one in found.common if one not in named)
    if not found.same_language:
        yield "passages", "not looked for: the texts are in two languages"
        return
    longest = sorted(found.passages, key=lambda one: -len(one.text))
    yield "passages", "none of four words and more" if not longest else f"{len(longest)}, the longest:"
    for passage in longest[:LONGEST_PASSAGES]:
        yield "", f"“{_cut(passage.text)}”"


def _contradicts(found: Explanation) -> Iterator[tuple[str, str]]:
    lonely = [one for one in found.figures if not (one.a and one.b)]
    yield f"only {found.a}", _list(one.a for one in lonely if one.a)
    yield f"only {found.b}", _list(one.b for one in lonely if one.b)
    for id_, names in zip((found.a, found.b), found.lonely_names, strict=True):
        if names:
            yield "names", f"only {id_} opens with: {_list(names)}"
    conflict = dict(found.signals).get("numbers_conflict", 0.0)
    if found.signals and lonely:
        yield "so", f"{conflict:.0%} of the numbers of the text with fewer do not agree, by weight"


def _ignored(found: Explanation) -> Iterator[tuple[str, str]]:
    yield "words", _list(found.ignored) + " - they stand in so many articles" if found.ignored else "none in common"
    yield "times", "times of day, and digits inside words (A320)"
    yield "template", "what the site prints around every text was cut before (see `articles show`)"
    if not found.same_language:
        yield "the rest", "words that no table translates: only names, numbers and known matters compare"


def _rules(found: Explanation, edge: Edge | None) -> Iterator[tuple[str, str]]:
    limits = found.limits
    yield (
        "time",
        (
            f"{_span(found.apart)} apart; a story is told within {_span(limits.story_window)}, a copy within "
            f"{_span(limits.copy_window)}"
        ),
    )
    if found.same_language:
        yield (
            "copy",
            (
                f"{found.containment:.0%} of the shorter text's passages stand in the other; {limits.copy:.0%} make a copy, "
                f"{limits.evidence:.0%} evidence of a story, when {limits.numbers:.0%} of the numbers agree"
            ),
        )
        yield "", f"{found.hashes} hashes of their sketches are shared, {found.hashes_needed} needed to look closer"
        yield "template", f"the words around names and numbers are {found.template:.0%} alike; from 50 % on a template"
    else:
        yield "copy", "copies are of one language"
    yield "series", "yes: " + _BARS["series"] if found.series else "no"
    yield (
        "story",
        (
            f"an edge from probability {limits.edge:.0%} on; stories join while the average over all pairs of their reports is "
            f"above {limits.join:.0%}"
        ),
    )
    stored = f"{edge.kind}, {edge.score:.0%}" if edge is not None else "no edge"
    yield "version", f"rule {found.rule}; stored evidence: {stored}"


def _score(found: Explanation) -> Iterator[tuple[str, str]]:
    if not found.pulls:
        yield "", "not scored: " + (_BARS.get(found.bar) or "a copy is judged by its passages and numbers")
        return
    for pull in found.pulls:
        yield "", f"{_SIGNALS[pull.signal]:45}{pull.value:6.2f} {pull.odds:+6.1f}"
    total = sum(pull.odds for pull in found.pulls)
    yield "", f"{'sum of the log odds':45}{'':6} {total:+6.1f} = {found.score:.0%}"


def _section(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield ""
    yield title
    for name, words in rows:
        yield from _wrapped(name, words or "none", indent="  ", column=12)


def _wrapped(name: str, words: str, indent: str = "", column: int = 0) -> Iterator[str]:
    width = max(column, len(name) + 2 if name else 0)
    first = indent + name.ljust(width)
    for line in wrap(words, WIDTH - len(first), break_on_hyphens=False) or [""]:
        yield (first + line).rstrip()
        first = " " * len(first)


def _both(a: str, b: str) -> str:
    return a if a.lower() == b.lower() else f"{a} = {b}"


def _list(words: Iterable[str]) -> str:
    every: Sequence[str] = list(words)
    rest = f" and {len(every) - MOST} more" if len(every) > MOST else ""
    return " · ".join(every[:MOST]) + rest


def _cut(text: str, most: int = 240) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most].rpartition(" ")[0] + " …"


def _span(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    if hours >= 96:
        return f"{hours // 24} days"
    return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"
