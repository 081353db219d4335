"""Finds in a text what the rules ask for: atoms (words and phrases), then figures of several atoms.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aggregator.topics.asides import asides, has_asides
from aggregator.topics.letters import UPPER, split
from aggregator.topics.marks import BREAK, Chunks, Mark, marks_of
from aggregator.topics.rules import Rules, TermRule

Span = tuple[int, int]
Figure = tuple[Span, ...]
"""The spans that together are one occurrence of a term."""
Link = tuple[Span, int]
"""A span, and the number under which a list's member counts (0 outside lists)."""

LEAD_WORDS = 70
MOST_CHARACTERS = 200_000
"""How much of a text is read; the longest reports have a tenth of that."""
MOST_SPANS = 40
"""Occurrences of one part that figures are built from: bounds the work a hostile text can cause."""

_LONGEST_PHRASE = 16
"""Words of the longest phrase that a figure looks for before its first part."""

_DATELINE = re.compile(
    rf"\s*[{UPPER}]{{3,}}(?:[ -][{UPPER}]{{2,}}){{0,3}}(?:,[^—–\n]{{1,30}})?(?:\.? ?[/(]?[^/()\n—–]{{1,40}}[/)]?)?\.? ?[—–-] "
    rf"|\s*[{UPPER}]\w+[.,] (?:\d{{1,2}} \w+[.,] )?[{UPPER}]{{3,}}[.:]?\s"
)


@dataclass(slots=True)
class Found:
    """What one text holds. Positions before `body` are title, from `body` to `rest` lead, then the rest."""

    title: str
    text: str
    marks: Sequence[object]
    body: int
    rest: int
    atoms: dict[int, list[Span]]
    lists: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    links: dict[int, list[Link]] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)

    def zone(self, position: int) -> int:
        """0 title, 1 lead, 2 rest."""
        return 0 if position < self.body else 1 if position < self.rest else 2

    @property
    def tokens(self) -> list[str]:
        """The token at each position; cut on demand, for most texts never ask."""
        if not self.cut:
            self.cut += [*split(self.title), "\n", *split(self.text)]
        return self.cut


def find(rules: Rules, title: str, text: str) -> Found:
    """All atoms of the rules in a title and a text, each with its spans in order."""
    text = text[:MOST_CHARACTERS]
    marks = marks_of(rules.chunks, title[:MOST_CHARACTERS])
    body = len(marks) + 1
    marks.append(BREAK)
    marks += _body_marks(rules.chunks, text)
    _hide_dateline(marks, text, body)
    return Found(title, text, marks, body, _end_of_lead(marks, body), _scan(marks))


def _body_marks(chunks: Chunks, text: str) -> list[Mark | tuple[()] | None]:
    """The marks of a text; words in lines about other articles mean nothing."""
    lines = text.split("\n")
    if not has_asides(lines):
        return marks_of(chunks, text)
    marks: list[Mark | tuple[()] | None] = []
    for line, aside in zip(lines, asides(lines), strict=True):
        found = marks_of(chunks, line)
        marks += [mark and None for mark in found] if aside else found
        marks.append(BREAK)
    return marks[:-1]


def _hide_dateline(marks: list[Mark | tuple[()] | None], text: str, start: int) -> None:
    """Where an agency sits is not what it reports: "BAKU (Agency) —", «АСТАНА. АГЕНТСТВО —», "Bakı, 5 noyabr, AGENTLİK"."""
    dateline = _DATELINE.match(text)
    if dateline:
        for position in range(start, start + len(split(dateline[0]))):
            marks[position] = marks[position] and None


def _end_of_lead(marks: Sequence[object], start: int) -> int:
    """The position after the first 70 words of the text; breaks between them do not count."""
    end = min(start + LEAD_WORDS, len(marks))
    counted = start
    while counted < end < len(marks):
        missing = marks[counted:end].count(BREAK)
        counted, end = end, min(end + missing, len(marks))
    return end


def _scan(marks: Sequence[Mark | tuple[()] | None]) -> dict[int, list[Span]]:
    atoms: dict[int, list[Span]] = {}
    for position, mark in enumerate(marks):
        if not mark:
            continue
        _, whole, anchors = mark
        if whole:
            span = (position, position + 1)
            for atom in whole:
                if atom in atoms:
                    atoms[atom].append(span)
                else:
                    atoms[atom] = [span]
        for atom, row, offset in anchors:
            start = position - offset
            if _stands(row, marks, start, offset):
                atoms.setdefault(atom, []).append((start, start + len(row)))
    return atoms


def _stands(row: Sequence[Sequence[int]], marks: Sequence[Mark | tuple[()] | None], start: int, anchor: int) -> bool:
    """Whether a phrase stands at `start`, its anchor being there already."""
    if start < 0 or start + len(row) > len(marks):
        return False
    for at, slots in enumerate(row, start):
        if at != start + anchor:
            mark = marks[at]
            if not mark or mark[0].isdisjoint(slots):
                return False
    return True


def figures(found: Found, term: TermRule) -> list[Figure]:
    """The occurrences of a term of one side whose parts are all there, in order, no two from the same first part."""
    atoms, gaps = term.sides[0]
    choices = [_links(found, atom) for atom in atoms]
    if len(choices) == 1:
        return [(span,) for span, _ in choices[0]]
    if len(choices) == 2:
        return _couples(found, choices[0], choices[1], gaps[0])
    if _too_few(found, atoms):
        return []
    return [chain for first in choices[0] for chain in _chain(found, (first,), choices, gaps)]


def _couples(found: Found, firsts: list[Link], seconds: list[Link], gap: int) -> list[Figure]:
    """Each first with the nearest second within its gap; a second farther off on the same side could not be nearer."""
    couples: list[Figure] = []
    for first in firsts:
        near = _next(seconds, first, gap)
        if firsts is not seconds:
            near += _previous(seconds, first, gap)
        for _, link in sorted(near):
            if _in_one_sentence(found, first[0], link[0]):
                couples.append((first[0], link[0]))
                break
    return couples


def _next(links: list[Link], first: Link, gap: int) -> list[tuple[int, Link]]:
    (_, end), member = first
    for at in range(bisect_left(links, ((end,),)), len(links)):
        away = links[at][0][0] - end
        if away >= gap:
            break
        if not (member and member == links[at][1]):
            return [(away, links[at])]
    return []


def _previous(links: list[Link], first: Link, gap: int) -> list[tuple[int, Link]]:
    (start, _), member = first
    for at in range(bisect_left(links, ((start,),)) - 1, -1, -1):
        away = start - links[at][0][1]
        if away >= gap:
            break
        if away >= 0 and not (member and member == links[at][1]):
            return [(away, links[at])]
    return []


def has_part(found: Found, part: int) -> bool:
    """Whether something stands for a part: the atom, or a member of the list."""
    return part in found.atoms if part >= 0 else -1 - part in found.lists


def _too_few(found: Found, parts: Sequence[int]) -> bool:
    """Whether a list asked for thrice has fewer than three members there."""
    return any(
        len({member for _, member in found.lists[-1 - part]}) < parts.count(part) for part in set(parts) if part < 0
    )


def sides(found: Found, term: TermRule) -> list[list[Span]]:
    """The spans of each side of a pair, in order, each position once."""
    return [[span for span, _ in _links(found, atoms[0])] for atoms, _ in term.sides]


def _links(found: Found, atom: int) -> list[Link]:
    """Where an atom stands, or the members of a list (below 0), in order."""
    links = found.links.get(atom)
    if links is None:
        if atom >= 0:
            links = [(span, 0) for span in found.atoms.get(atom, ())[:MOST_SPANS]]
        else:
            members = found.lists.get(-1 - atom, ())
            links = sorted({span: member for one, member in members for span in found.atoms[one]}.items())[:MOST_SPANS]
        found.links[atom] = links
    return links


def _chain(
    found: Found, chain: tuple[Link, ...], choices: Sequence[list[Link]], gaps: tuple[int, ...]
) -> Iterator[Figure]:
    """The chain completed, at most once: each link within its gap of one before, no member twice, nearest first.

    Members of one list are linked in the order of the text only: another order would be the same figure.
    """
    if len(chain) == len(choices):
        yield tuple(span for span, _ in chain)
        return
    links = choices[len(chain)]
    if links is choices[len(chain) - 1]:
        links = links[bisect_left(links, chain[-1]) + 1 :]
    for _, link in sorted(_reached(chain, links, gaps[len(chain) - 1])):
        if _in_one_sentence(found, chain[0][0], link[0]):
            for figure in _chain(found, (*chain, link), choices, gaps):
                yield figure
                return


def _reached(chain: tuple[Link, ...], links: list[Link], gap: int) -> list[tuple[int, Link]]:
    """The links within `gap` positions of one of the chain's, with their distance; neighbours are at 1."""
    first = min(chain)[0][0]
    last = max(end for (_, end), _ in chain)
    window = links[bisect_left(links, ((first - gap - _LONGEST_PHRASE,),)) : bisect_left(links, ((last + gap,),))]
    near = []
    for link in window:
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
    first, second = (one[1], other[0]) if one < other else (other[1], one[0])
    if BREAK not in found.marks[first:second]:
        return True
    return not any(_ends_sentence(found.tokens, at) for at in range(first, second))


def _ends_sentence(tokens: Sequence[str], at: int) -> bool:
    """Whether a mark ends a sentence: no full stop of an abbreviation («г. Актау», "U.N."), or inside a sentence."""
    if tokens[at] != ".":
        return tokens[at] in _ENDS
    return len(tokens[at - 1]) > 3 and not tokens[at + 1][:1].islower()


_ENDS = frozenset("\n\ue000!?…")


def offsets(source: str, tokens: Sequence[str]) -> list[Span]:
    """Characters [start, end) of each token: they stand in `source` in this order, only unread marks between them."""
    found = []
    at = 0
    for token in tokens:
        start = source.find(token, at)
        at = start + len(token)
        found.append((start, at))
    return found
