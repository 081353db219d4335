"""Finds in a text what the rules ask for: atoms (words and phrases), then figures of several atoms.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from aggregator.topics.letters import BREAKS, TOKEN, UPPER
from aggregator.topics.rules import Mark, Rules, TermRule

Span = tuple[int, int]
Figure = tuple[Span, ...]
"""The spans that together are one occurrence of a term."""

LEAD_WORDS = 70
_DATELINE = re.compile(
    rf"\s*[{UPPER}]{{3,}}(?:[ -][{UPPER}]{{2,}}){{0,3}}(?:,[^—–\n]{{1,30}})?(?:\.? ?[/(]?[^/()\n—–]{{1,40}}[/)]?)?\.? ?[—–-] "
    rf"|\s*[{UPPER}]\w+[.,] (?:\d{{1,2}} \w+[.,] )?[{UPPER}]{{3,}}[.:]?\s"
)
MOST_TOKENS = 20_000
"""Positions of a text that are read; the longest reports have a tenth of that."""
MOST_SPANS = 40
"""Occurrences of one atom that figures are built from: bounds the work a hostile text can cause."""


@dataclass(slots=True)
class Found:
    """What one text holds. Positions before `body` are title, from `body` to `rest` lead, then the rest."""

    title: str
    text: str
    body: int
    rest: int
    tokens: Sequence[str]
    atoms: dict[int, list[Span]] = field(default_factory=dict)
    lists: dict[int, dict[Span, str]] = field(default_factory=dict)

    def zone(self, position: int) -> int:
        """0 title, 1 lead, 2 rest."""
        return 0 if position < self.body else 1 if position < self.rest else 2


class Place(NamedTuple):
    """Characters [start, end) of the title or the text."""

    where: str
    start: int
    end: int


def find(rules: Rules, title: str, text: str) -> Found:
    """All atoms of the rules in a title and a text, each with its spans in order."""
    heading = TOKEN.findall(title)
    tokens = [*heading, "\n", *TOKEN.findall(text)]
    if len(tokens) > MOST_TOKENS:
        del tokens[MOST_TOKENS:]
    lookup = rules.marks
    marks = [lookup[token] for token in tokens]
    _hide_dateline(marks, text, len(heading) + 1)
    found = Found(title, text, len(heading) + 1, _end_of_lead(tokens, len(heading) + 1), tokens)
    _scan(rules, marks, found.atoms)
    _fill_lists(rules, found)
    return found


def _hide_dateline(marks: list[Mark | None], text: str, start: int) -> None:
    """Where an agency sits is not what it reports: "BAKU (Agency) —", «АСТАНА. АГЕНТСТВО —», "Bakı, 5 noyabr, AGENTLİK"."""
    dateline = _DATELINE.match(text)
    if dateline:
        count = len(TOKEN.findall(dateline[0]))
        marks[start : start + count] = [None] * count


def _end_of_lead(tokens: Sequence[str], start: int) -> int:
    """The position after the first 70 words of the text; marks between them do not count."""
    words = 0
    for position in range(start, len(tokens)):
        if tokens[position] not in BREAKS:
            words += 1
            if words > LEAD_WORDS:
                return position
    return len(tokens)


def _scan(rules: Rules, marks: Sequence[Mark | None], atoms: dict[int, list[Span]]) -> None:
    phrases = rules.tables.phrases
    for position, mark in enumerate(marks):
        if mark is None:
            continue
        _, whole, anchors = mark
        for atom in whole:
            atoms.setdefault(atom, []).append((position, position + 1))
        for phrase, offset in anchors:
            atom, row = phrases[phrase]
            start = position - offset
            if _stands(row, marks, start, offset):
                atoms.setdefault(atom, []).append((start, start + len(row)))


def _stands(row: list[list[int]], marks: Sequence[Mark | None], start: int, anchor: int) -> bool:
    """Whether a phrase stands at `start`, its anchor being there already."""
    if start < 0 or start + len(row) > len(marks):
        return False
    for at, slots in enumerate(row):
        if at != anchor:
            mark = marks[start + at]
            if mark is None or mark[0].isdisjoint(slots):
                return False
    return True


def _fill_lists(rules: Rules, found: Found) -> None:
    lists_of = rules.atom_lists
    for atom, spans in found.atoms.items():
        for index, member in lists_of.get(atom, ()):
            found.lists.setdefault(index, {}).update((span, member) for span in spans)


def figures(found: Found, term: TermRule) -> list[Figure]:
    """The occurrences of a term in what was found; a pair (a & b) yields none here, see `pair`."""
    if any(need not in found.lists for need in term.needs):
        return []
    if len(term.sides) > 1:
        return []
    atoms, gaps = term.sides[0]
    if len(atoms) == 1:
        return [(span,) for span, _ in _spans(found, atoms[0])]
    choices = [_spans(found, atom) for atom in atoms]
    if not all(choices):
        return []
    return _nearby(found, choices, gaps)


def sides(found: Found, term: TermRule) -> list[list[Span]]:
    """The spans of each side of a pair, in order, each position once."""
    return [sorted({span for span, _ in _spans(found, atoms[0])}) for atoms, _ in term.sides]


def _spans(found: Found, atom: int) -> list[tuple[Span, str]]:
    if atom >= 0:
        return [(span, "") for span in islice(found.atoms.get(atom, ()), MOST_SPANS)]
    return sorted(found.lists.get(-1 - atom, {}).items())[:MOST_SPANS]


def _nearby(found: Found, choices: list[list[tuple[Span, str]]], gaps: tuple[int, ...]) -> list[Figure]:
    """One figure for each occurrence of the first part whose neighbours stand near enough."""
    complete = []
    for first in choices[0]:
        chain = _extend(found, [first], choices[1:], gaps)
        if chain is not None:
            complete.append(tuple(span for span, _ in chain))
    return complete


def _extend(
    found: Found, chain: list[tuple[Span, str]], choices: list[list[tuple[Span, str]]], gaps: tuple[int, ...]
) -> list[tuple[Span, str]] | None:
    """The chain with its next links, each within its gap of a link before and no member twice; the nearest first."""
    if not choices:
        return chain
    used = {member for _, member in chain if member}
    spans = [span for span, _ in chain]
    reached = ((min(distance(span, link[0]) for span in spans), link) for link in choices[0])
    near = sorted((away, link) for away, link in reached if 0 < away <= gaps[0] and link[1] not in used)
    for _, link in near:
        if _in_one_sentence(found, chain[0][0], link[0]):
            longer = _extend(found, [*chain, link], choices[1:], gaps[1:])
            if longer is not None:
                return longer
    return None


def distance(one: Span, other: Span) -> int:
    """Positions from the end of one span to the start of the other: neighbours are at 1, overlapping spans at 0."""
    return max(other[0] - one[1], one[0] - other[1], -1) + 1


def _in_one_sentence(found: Found, one: Span, other: Span) -> bool:
    first, second = sorted((one, other))
    return not any(_ends_sentence(found.tokens, at) for at in range(first[1], second[0]))


def _ends_sentence(tokens: Sequence[str], at: int) -> bool:
    """Whether a mark ends a sentence: a capital follows, and no abbreviation goes before («г. Актау», "U.N.")."""
    if tokens[at] != ".":
        return tokens[at] in "\n!?…"
    return len(tokens[at - 1]) > 3 and not tokens[at + 1][:1].islower()


def place(found: Found, figure: Figure) -> Place:
    """The characters a figure stands at: from its first token to its last within the title or the text."""
    start = min(span[0] for span in figure)
    end = max(span[1] for span in figure)
    where, source, shift = ("title", found.title, 0) if start < found.body else ("text", found.text, found.body)
    tokens = TOKEN.finditer(source)
    first = next(islice(tokens, start - shift, None))
    last = first
    if end - start > 1:
        last = next(islice(tokens, end - start - 2, None))
    return Place(where, first.start(), last.end())
