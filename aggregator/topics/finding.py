"""Finds in a text what the rules ask for: atoms (words and phrases), then figures of several atoms.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aggregator.topics.letters import BREAKS, TOKEN, UPPER
from aggregator.topics.rules import Mark, Rules, TermRule

Span = tuple[int, int]
Figure = tuple[Span, ...]
"""The spans that together are one occurrence of a term."""
Link = tuple[Span, str]
"""A span, and the spelling under which a list's member counts ("" outside lists)."""

LEAD_WORDS = 70
MOST_TOKENS = 20_000
"""Positions of a text that are read; the longest reports have a tenth of that."""
MOST_SPANS = 40
"""Occurrences of one part that figures are built from: bounds the work a hostile text can cause."""

_DATELINE = re.compile(
    rf"\s*[{UPPER}]{{3,}}(?:[ -][{UPPER}]{{2,}}){{0,3}}(?:,[^—–\n]{{1,30}})?(?:\.? ?[/(]?[^/()\n—–]{{1,40}}[/)]?)?\.? ?[—–-] "
    rf"|\s*[{UPPER}]\w+[.,] (?:\d{{1,2}} \w+[.,] )?[{UPPER}]{{3,}}[.:]?\s"
)


@dataclass(slots=True)
class Found:
    """What one text holds. Positions before `body` are title, from `body` to `rest` lead, then the rest."""

    title: str
    text: str
    tokens: Sequence[str]
    body: int
    rest: int
    atoms: dict[int, list[Span]]
    lists: dict[int, list[tuple[int, str]]]
    links: dict[int, list[Link]] = field(default_factory=dict)

    def zone(self, position: int) -> int:
        """0 title, 1 lead, 2 rest."""
        return 0 if position < self.body else 1 if position < self.rest else 2


def find(rules: Rules, title: str, text: str) -> Found:
    """All atoms of the rules in a title and a text, each with its spans in order, and the lists they belong to."""
    tokens = TOKEN.findall(title)
    body = len(tokens) + 1
    tokens.append("\n")
    tokens += TOKEN.findall(text)
    if len(tokens) > MOST_TOKENS:
        del tokens[MOST_TOKENS:]
    lookup = rules.marks
    marks = [lookup[token] for token in tokens]
    _hide_dateline(marks, text, body)
    atoms = _scan(rules, marks)
    return Found(title, text, tokens, body, _end_of_lead(tokens, body), atoms, _lists(rules, atoms))


def _hide_dateline(marks: list[Mark | None], text: str, start: int) -> None:
    """Where an agency sits is not what it reports: "BAKU (Agency) —", «АСТАНА. АГЕНТСТВО —», "Bakı, 5 noyabr, AGENTLİK"."""
    dateline = _DATELINE.match(text)
    if dateline:
        count = len(TOKEN.findall(dateline[0]))
        marks[start : start + count] = [None] * count


def _end_of_lead(tokens: Sequence[str], start: int) -> int:
    """The position after the first 70 words of the text; marks between them do not count."""
    end = min(start + LEAD_WORDS, len(tokens))
    counted = start
    while counted < end < len(tokens):
        missing = sum(map(BREAKS.__contains__, tokens[counted:end]))
        counted, end = end, min(end + missing, len(tokens))
    return end


def _scan(rules: Rules, marks: Sequence[Mark | None]) -> dict[int, list[Span]]:
    phrases = rules.tables.phrases
    atoms: dict[int, list[Span]] = {}
    for position, mark in enumerate(marks):
        if mark is None:
            continue
        _, whole, anchors = mark
        for atom in whole:
            if atom in atoms:
                atoms[atom].append((position, position + 1))
            else:
                atoms[atom] = [(position, position + 1)]
        for phrase, offset in anchors:
            atom, row = phrases[phrase]
            start = position - offset
            if _stands(row, marks, start, offset):
                atoms.setdefault(atom, []).append((start, start + len(row)))
    return atoms


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


def _lists(rules: Rules, atoms: dict[int, list[Span]]) -> dict[int, list[tuple[int, str]]]:
    """Lists of which a member was found → those atoms, each with the spelling it counts under."""
    found: dict[int, list[tuple[int, str]]] = {}
    lists_of = rules.atom_lists
    for atom in atoms:
        for index, member in lists_of.get(atom, ()):
            if index in found:
                found[index].append((atom, member))
            else:
                found[index] = [(atom, member)]
    return found


def figures(found: Found, term: TermRule) -> list[Figure]:
    """The occurrences of a term of one side, in order, no two from the same first part."""
    atoms, gaps = term.sides[0]
    choices = []
    for atom in atoms:
        if atom not in found.atoms and -1 - atom not in found.lists:
            return []
        choices.append(_links(found, atom))
    if len(choices) == 1:
        return [(span,) for span, _ in choices[0]]
    return [chain for first in choices[0] for chain in _chain(found, (first,), choices[1:], gaps)]


def sides(found: Found, term: TermRule) -> list[list[Span]]:
    """The spans of each side of a pair, in order, each position once."""
    return [[span for span, _ in _links(found, atoms[0])] for atoms, _ in term.sides]


def _links(found: Found, atom: int) -> list[Link]:
    """Where an atom stands, or the members of a list (below 0), in order."""
    links = found.links.get(atom)
    if links is None:
        if atom >= 0:
            links = [(span, "") for span in found.atoms.get(atom, ())[:MOST_SPANS]]
        else:
            members = found.lists.get(-1 - atom, ())
            links = sorted({span: member for one, member in members for span in found.atoms[one]}.items())[:MOST_SPANS]
        found.links[atom] = links
    return links


def _chain(
    found: Found, chain: tuple[Link, ...], choices: Sequence[list[Link]], gaps: tuple[int, ...]
) -> Iterator[Figure]:
    """The chain completed, at most once: each link within its gap of one before, no member twice, nearest first."""
    if not choices:
        yield tuple(span for span, _ in chain)
        return
    for _, link in sorted(_reached(chain, choices[0], gaps[0])):
        if _in_one_sentence(found, chain[0][0], link[0]):
            for figure in _chain(found, (*chain, link), choices[1:], gaps[1:]):
                yield figure
                return


def _reached(chain: tuple[Link, ...], links: list[Link], gap: int) -> list[tuple[int, Link]]:
    """The links within `gap` positions of one of the chain's, with their distance; neighbours are at 1."""
    near = []
    for link in links:
        (start, end), member = link
        best = gap + 1
        for (other_start, other_end), other in chain:
            away = start - other_end + 1 if start >= other_end else other_start - end + 1
            if away <= 0 or (member and member == other):
                best = gap + 1
                break
            best = min(best, away)
        if best <= gap:
            near.append((best, link))
    return near


def _in_one_sentence(found: Found, one: Span, other: Span) -> bool:
    first, second = (one, other) if one < other else (other, one)
    tokens = found.tokens
    return not any(tokens[at] in _ENDS and _ends_sentence(tokens, at) for at in range(first[1], second[0]))


_ENDS = frozenset("\n.!?…")


def _ends_sentence(tokens: Sequence[str], at: int) -> bool:
    """Whether a mark ends a sentence: a capital follows, and no abbreviation goes before («г. Актау», "U.N.")."""
    if tokens[at] != ".":
        return True
    return len(tokens[at - 1]) > 3 and not tokens[at + 1][:1].islower()


def offsets(source: str, tokens: Sequence[str]) -> list[Span]:
    """Characters [start, end) of each token: they stand in `source` in this order, only unread marks between them."""
    found = []
    at = 0
    for token in tokens:
        start = source.find(token, at)
        at = start + len(token)
        found.append((start, at))
    return found
