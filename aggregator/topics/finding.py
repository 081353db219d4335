"""Finds in a text what the rules ask for: atoms (words and phrases), then figures of several atoms.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter

from aggregator.topics.grammar import LONGEST_PHRASE
from aggregator.topics.marks import Anchor, Rows
from aggregator.topics.reading import Reading, Span, goes_on, read
from aggregator.topics.rules import Role, Rules, TermRule

Figure = tuple[Span, ...]
"""The spans that together are one occurrence of a term."""
Link = tuple[Span, int]
"""A span, and the number under which a list's member counts (0 outside lists)."""

Stop = tuple[int, int, tuple[tuple[int, bool], ...]]
"""The position of a piece's first token, the piece, and where in it sentences end."""

MOST_SPANS = 40
"""Occurrences of a term or part that are reckoned with: bounds the work a hostile text can cause."""

MOST_STEPS = 50_000
"""Links looked at for one figure of three parts and more: there are terms that can be linked in endlessly many ways."""

_LAST_BIT = 1 << 511
"""Sentences farther apart share a bit: no figure reaches so far, and a text of thousands needs no giant numbers."""

_FEW = 8
"""Links that are looked through sooner than searched."""


@dataclass(slots=True)
class Found:
    """What one text holds. Positions before `body` are title, from `body` to `rest` lead, then the rest.

    `stops` are where sentences may end, `end` is the position after the last token; `roles`
    are those of the atoms, `mask` the lists of which a member stands there, as bits.
    """

    rules: Rules
    reading: Reading
    atoms: dict[int, list[Span]]
    stops: list[Stop]
    end: int
    body: int
    roles: list[Role]
    mask: int
    _rest: int = 0
    _members: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _links: dict[int, list[Link]] = field(default_factory=dict)
    _bits: list[int] = field(default_factory=list)
    _presence: dict[int, int] = field(default_factory=dict)

    @property
    def rest(self) -> int:
        """The position after the lead."""
        if not self._rest:
            self._rest = self.reading.rest()
        return self._rest

    def zone(self, position: int) -> int:
        """0 title, 1 lead, 2 rest."""
        return 0 if position < self.body else 1 if position < self.rest else 2

    @property
    def sentences(self) -> list[int]:
        """The sentence that each position stands in, as a bit; only figures ask."""
        if not self._bits:
            self._prepare()
        return self._bits

    def meet(self, parts: Sequence[int]) -> int:
        """The sentences, as bits, that hold something for every part; none rules a figure out before any is built."""
        if not self._bits:
            self._prepare()
        presence, sentences = self._presence, -1
        for part in parts:
            sentences &= presence.get(part, 0)
        return sentences

    def members(self, part: int) -> list[tuple[int, int]]:
        """The atoms of a list that are there, each with its number as a member."""
        if not self._bits:
            self._prepare()
        return self._members.get(part, [])

    def _prepare(self) -> None:
        """Cut the text into sentences, and note in which of them atoms and members of lists stand."""
        bits = self._bits = self._cut()
        presence, members = self._presence, self._members
        for (atom, spans), role in zip(self.atoms.items(), self.roles, strict=True):
            there = 0
            for start, _ in spans:
                there |= bits[start]
            presence[atom] = there
            for index, member in role.lists:
                part = -1 - index
                if part in presence:
                    presence[part] |= there
                    members[part].append((atom, member))
                else:
                    presence[part] = there
                    members[part] = [(atom, member)]

    def _cut(self) -> list[int]:
        bits: list[int] = []
        pieces = self.reading.pieces
        start, bit = 0, 1
        for position, piece, stops in self.stops:
            for offset, sure in stops:
                if sure or not goes_on(pieces, piece):
                    end = position + offset + 1
                    bits += [bit] * (end - start)
                    start, bit = end, bit << 1 if bit < _LAST_BIT else 1
        bits += [bit] * (self.end - start)
        return bits

    def has(self, part: int) -> bool:
        """Whether something stands for a part: the atom, or a member of the list."""
        return part in self.atoms if part >= 0 else bool(self.mask >> -1 - part & 1)

    def links(self, part: int) -> list[Link]:
        """Where an atom stands, or the members of a list (below 0), in order."""
        links = self._links.get(part)
        if links is None:
            if part >= 0:
                links = [(span, 0) for span in self.atoms.get(part, ())[:MOST_SPANS]]
            else:
                members = self.members(part)
                links = [(span, member) for atom, member in members for span in self.atoms[atom]]
                if len(members) > 1:
                    links = sorted(dict(links).items())
                del links[MOST_SPANS:]
            self._links[part] = links
        return links


def find(rules: Rules, title: str, text: str) -> Found:
    """All atoms of the rules in a title and a text, each with its spans in order."""
    reading = read(rules.chunks, title, text)
    atoms, stops, end = _scan(reading.rows)
    roles = list(map(rules.roles.__getitem__, atoms))
    mask = 0
    for role in roles:
        mask |= role.mask
    return Found(rules, reading, atoms, stops, end, reading.body(), roles, mask)


def _scan(rows: Rows) -> tuple[dict[int, list[Span]], list[Stop], int]:
    """Atom → its spans, where sentences may end, and where the last does.

    Most words mean nothing to any rule and are passed over.
    """
    atoms: dict[int, list[Span]] = {}
    stops: list[Stop] = []
    words: dict[int, frozenset[int]] = {}
    anchored: list[tuple[int, tuple[Anchor, ...]]] = []
    first = 0
    for piece, row in compress(enumerate(rows), rows):
        more, _, meant, ends = row  # type: ignore[misc]  # only true values pass
        if ends:
            stops.append((piece + first, piece, ends))
        for offset, slots, whole, anchors in meant:
            at = piece + first + offset
            words[at] = slots
            for atom in whole:
                if atom in atoms:
                    atoms[atom].append((at, at + 1))
                else:
                    atoms[atom] = [(at, at + 1)]
            if anchors:
                anchored.append((at, anchors))
        first += more
    for atom, spans in _phrases(words, anchored).items():
        atoms[atom] = _merged(atoms.get(atom, []), spans)
    return atoms, stops, len(rows) - 1 + first


def _phrases(
    words: Mapping[int, frozenset[int]], anchored: Sequence[tuple[int, tuple[Anchor, ...]]]
) -> dict[int, list[tuple[int, Span]]]:
    """The phrases that stand around tokens: atom → where it was anchored, and its span."""
    found: dict[int, list[tuple[int, Span]]] = {}
    for at, anchors in anchored:
        if at + 1 not in words and at - 1 not in words:
            continue
        for atom, neighbours, before, after in anchors:
            for away, fitting in neighbours:
                other = words.get(at + away)
                if other is None or other.isdisjoint(fitting):
                    break
            else:
                found.setdefault(atom, []).append((at, (at - before, at + after + 1)))
    return found


def _merged(single: list[Span], anchored: list[tuple[int, Span]]) -> list[Span]:
    """The spans of an atom in the order in which its words and the anchors of its phrases stand."""
    if not single:
        return [span for _, span in anchored]
    rows = [*((span[0], span) for span in single), *anchored]
    return [span for _, span in sorted(rows, key=itemgetter(0))]


def figures(found: Found, term: TermRule) -> list[Figure]:
    """The occurrences of a term of one side, in order, no two from the same first part."""
    parts, gaps = term.sides[0]
    if len(parts) == 1:
        return [(span,) for span, _ in found.links(parts[0])]
    shared = found.meet(parts)
    if not shared or _too_few(found, parts):
        return []
    sentences = found.sentences
    by_part = {part: [link for link in found.links(part) if sentences[link[0][0]] & shared] for part in set(parts)}
    choices = [by_part[part] for part in parts]
    if len(parts) == 2:
        return _couples(sentences, choices[0], choices[1], gaps[0])
    steps = [MOST_STEPS]
    chains = (_chain(sentences, (first,), choices, gaps, steps) for first in choices[0])
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


def _too_few(found: Found, parts: Sequence[int]) -> bool:
    """Whether a list asked for thrice has fewer than three members there."""
    return any(
        len({member for _, member in found.members(part)}) < parts.count(part) for part in set(parts) if part < 0
    )


def sides(found: Found, term: TermRule) -> list[list[Span]]:
    """The spans of each side of a pair, in order, each position once."""
    return [[span for span, _ in found.links(atoms[0])] for atoms, _ in term.sides]


def _chain(
    sentences: Sequence[int],
    chain: tuple[Link, ...],
    choices: Sequence[list[Link]],
    gaps: tuple[int, ...],
    steps: list[int],
) -> tuple[Link, ...]:
    """The chain completed, or (): each link within its gap of one before, no member twice, nearest first.

    Members of one list are linked in the order of the text only: another order would be the same figure. What is left
    of the links that may be looked at is counted down in `steps`.
    """
    depth = len(chain)
    links = choices[depth]
    if links is choices[depth - 1]:
        links = links[bisect_left(links, chain[-1]) + 1 :]
    steps[0] -= len(links)
    if steps[0] < 0:
        return ()
    near = _reached(chain, links, gaps[depth - 1], sentences)
    if len(near) > 1:
        near.sort()
    for _, link in near:
        longer = (*chain, link)
        whole = longer if depth + 1 == len(choices) else _chain(sentences, longer, choices, gaps, steps)
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
