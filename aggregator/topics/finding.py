"""Finds in a text what the rules ask for: atoms (words and phrases), then figures of several atoms.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress

from aggregator.topics.grammar import LONGEST_PHRASE
from aggregator.topics.marks import STOP, Mark
from aggregator.topics.reading import MOST_CHARACTERS, Passage, Span, lead, read, read_body
from aggregator.topics.rules import Rules, TermRule

Figure = tuple[Span, ...]
"""The spans that together are one occurrence of a term."""
Link = tuple[Span, int]
"""A span, and the number under which a list's member counts (0 outside lists)."""

MOST_SPANS = 40
"""Occurrences of a term or part that are reckoned with: bounds the work a hostile text can cause."""

_LAST_BIT = 1 << 511
"""Sentences farther apart share a bit: no figure reaches so far, and a text of thousands needs no giant numbers."""

_FEW = 8
"""Links that are looked through sooner than searched."""


@dataclass(slots=True)
class Found:
    """What one text holds. Positions before `body` are title, from `body` to `rest` lead, then the rest."""

    title: Passage
    text: Passage
    marks: Sequence[Mark | tuple[()] | None]
    body: int
    rest: int
    atoms: dict[int, list[Span]]
    stops: list[int]
    lists: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    links: dict[int, list[Link]] = field(default_factory=dict)
    bits: list[int] = field(default_factory=list)
    presence: dict[int, int] = field(default_factory=dict)

    def zone(self, position: int) -> int:
        """0 title, 1 lead, 2 rest."""
        return 0 if position < self.body else 1 if position < self.rest else 2

    @property
    def sentences(self) -> list[int]:
        """The sentence that each position stands in, as a bit; cut on demand, for only figures ask."""
        if not self.bits:
            self._cut()
        return self.bits

    def meet(self, parts: Sequence[int]) -> int:
        """The sentences, as bits, that hold something for every part; none rules a figure out before any is built."""
        presence = self.presence
        sentences = -1
        for part in parts:
            sentences &= presence[part] if part in presence else self.presence_of(part)
            if not sentences:
                return 0
        return sentences

    def presence_of(self, part: int) -> int:
        """The sentences in which a part stands, as bits; those of lists are noted as their members are."""
        bits = self.presence.get(part, 0)
        if not bits and part in self.atoms:
            sentences = self.sentences
            for start, _ in self.atoms[part]:
                bits |= sentences[start]
            self.presence[part] = bits
        return bits

    def _cut(self) -> None:
        start, bit = 0, 1
        for at in self.stops:
            if self.marks[at] is STOP or not self._goes_on(at):
                self.bits += [bit] * (at + 1 - start)
                start, bit = at + 1, bit << 1 if bit < _LAST_BIT else 1
        self.bits += [bit] * (len(self.marks) - start)

    def _goes_on(self, at: int) -> bool:
        return self.title.goes_on(at) if at < self.body else self.text.goes_on(at - self.body)


def find(rules: Rules, title: str, text: str) -> Found:
    """All atoms of the rules in a title and a text, each with its spans in order."""
    heading = read(rules.chunks, title[:MOST_CHARACTERS])
    passage = read_body(rules.chunks, text[:MOST_CHARACTERS])
    marks = [*chain.from_iterable(heading.rows), STOP, *chain.from_iterable(passage.rows)]
    body = sum(map(len, heading.rows)) + 1
    return Found(heading, passage, marks, body, body + lead(passage), *_scan(marks))


def _scan(marks: Sequence[Mark | tuple[()] | None]) -> tuple[dict[int, list[Span]], list[int]]:
    """Atom → its spans, and where sentences may end. Most words mean nothing to any rule and are passed over."""
    atoms: dict[int, list[Span]] = {}
    stops: list[int] = []
    last = len(marks)
    for position, mark in compress(enumerate(marks), marks):
        slots, whole, anchors = mark  # type: ignore[misc]  # only true values pass
        if not slots:
            stops.append(position)
            continue
        for atom in whole:
            if atom in atoms:
                atoms[atom].append((position, position + 1))
            else:
                atoms[atom] = [(position, position + 1)]
        for atom, neighbours, before, after in anchors:
            if before <= position < last - after:
                for away, fitting in neighbours:
                    other = marks[position + away]
                    if not other or other[0].isdisjoint(fitting):
                        break
                else:
                    atoms.setdefault(atom, []).append((position - before, position + after + 1))
    return atoms, stops


def figures(found: Found, term: TermRule) -> list[Figure]:
    """The occurrences of a term of one side, in order, no two from the same first part."""
    parts, gaps = term.sides[0]
    if len(parts) == 1:
        return [(span,) for span, _ in _links(found, parts[0])]
    shared = found.meet(parts)
    if not shared or _too_few(found, parts):
        return []
    sentences = found.sentences
    by_part = {part: [link for link in _links(found, part) if sentences[link[0][0]] & shared] for part in set(parts)}
    choices = [by_part[part] for part in parts]
    if len(parts) == 2:
        return _couples(sentences, choices[0], choices[1], gaps[0])
    chains = (_chain(sentences, (first,), choices, gaps) for first in choices[0])
    return [tuple(span for span, _ in chain) for chain in chains if chain]


def _couples(sentences: Sequence[int], firsts: list[Link], seconds: list[Link], gap: int) -> list[Figure]:
    """Each first with the nearest second within its gap; a second farther off on the same side could not be nearer."""
    couples: list[Figure] = []
    for first in firsts:
        near = _next(seconds, first, gap)
        if firsts is not seconds:
            near += _previous(seconds, first, gap)
        for _, link in sorted(near):
            if sentences[first[0][0]] == sentences[link[0][0]]:
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
            links = [(span, member) for one, member in members for span in found.atoms[one]]
            if len(members) > 1:
                links = sorted(dict(links).items())
            del links[MOST_SPANS:]
        found.links[atom] = links
    return links


def _chain(
    sentences: Sequence[int], chain: tuple[Link, ...], choices: Sequence[list[Link]], gaps: tuple[int, ...]
) -> tuple[Link, ...]:
    """The chain completed, or (): each link within its gap of one before, no member twice, nearest first.

    Members of one list are linked in the order of the text only: another order would be the same figure.
    """
    depth = len(chain)
    links = choices[depth]
    if links is choices[depth - 1]:
        links = links[bisect_left(links, chain[-1]) + 1 :]
    near = _reached(chain, links, gaps[depth - 1], sentences)
    if len(near) > 1:
        near.sort()
    for _, link in near:
        longer = (*chain, link)
        whole = longer if depth + 1 == len(choices) else _chain(sentences, longer, choices, gaps)
        if whole:
            return whole
    return ()


def _reached(chain: tuple[Link, ...], links: list[Link], gap: int, sentences: Sequence[int]) -> list[tuple[int, Link]]:
    """The links in the chain's sentence and within `gap` positions of one of its links, with their distance."""
    if len(links) > _FEW:
        links = _window(chain, links, gap)
    sentence = sentences[chain[0][0][0]]
    near = []
    for link in links:
        (start, end), member = link
        if sentences[start] != sentence:
            continue
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


def _window(chain: tuple[Link, ...], links: list[Link], gap: int) -> list[Link]:
    """Those of many links that may be within the gap at all."""
    first = min(chain)[0][0]
    last = max(end for (_, end), _ in chain)
    return links[bisect_left(links, ((first - gap - LONGEST_PHRASE,),)) : bisect_left(links, ((last + gap,),))]
