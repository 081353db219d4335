"""Topic matching as docs/topics.md tells it, with no memory and no short cut: what the quick way must agree with.

Every token is looked up in all stems, every phrase and figure is tried at every place, every topic is reckoned in full.
Shared with the quick way are the compiled tables, the cutting into tokens, folding, and the automata of endings.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from aggregator.model import Hit, Match
from aggregator.topics.asides import asides
from aggregator.topics.finding import MOST_SPANS
from aggregator.topics.forms import endings
from aggregator.topics.letters import BREAKS, LONGEST, STOPS, TOKEN, acronym_of, fold
from aggregator.topics.reading import _DATELINE, _OPENING
from aggregator.topics.rules import Rules, TermRule, numbers

Span = tuple[int, int]
Link = tuple[Span, int]
Figure = tuple[Span, ...]


class Token(NamedTuple):
    """A word or mark: its slots (None for a mark), whether a sentence ends with it, its piece, where it stands."""

    slots: frozenset[int] | None
    stops: bool
    piece: int
    where: str
    start: int
    end: int


class Evidence(NamedTuple):
    term: TermRule
    figure: Figure
    points: float
    zone: int


class Plain:
    """The tables of some rules, spelt out."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        tables = rules.tables
        self.terms = [rules.term(index) for index in range(len(tables.terms))]
        self.wholes = [numbers(row.split(";")[0]) for row in tables.slots]
        self.phrases = [
            (int(atom), [frozenset(numbers(row)) for row in rows])
            for atom, *rows in (phrase.split(";") for phrase in tables.phrases)
        ]
        anchors = [numbers(row.split(";")[1]) for row in tables.slots]
        self.offsets = {phrase: at for row in anchors for phrase, at in zip(row[::2], row[1::2], strict=True)}
        self.lists: dict[int, dict[int, int]] = {}
        for atom, row in enumerate(tables.atoms):
            members = numbers(row.split(";")[2])
            for index, member in zip(members[::2], members[1::2], strict=True):
                self.lists.setdefault(index, {})[atom] = member
        self.classes = [endings(name) for name in tables.classes]
        self.slots = cache(self._slots)

    def _slots(self, token: str) -> frozenset[int]:
        if len(token) > LONGEST:
            return frozenset()
        tables, folded = self.rules.tables, fold(token)
        found = set()
        for end in range(1, len(folded) + 1):
            pairs = numbers(tables.stems.get(folded[:end], ""))
            rest = folded[end:]
            found |= {slot for slot, group in zip(pairs[::2], pairs[1::2], strict=True) if rest in self.classes[group]}
        if not token[:1].islower():
            found -= set(tables.lower)
        acronym = acronym_of(token)
        return frozenset(found | set(numbers(tables.acronyms.get(acronym, "") if acronym else "")))

    def match(self, *, title: str, text: str, language: str, source: str = "", country: str = "") -> tuple[Match, ...]:
        told = Told(self, title, text)
        found = (told.reckoned(topic, language, source, country) for topic in range(len(self.rules.tables.topics)))
        return tuple(match for match in found if match)


class Told:
    """One article."""

    def __init__(self, plain: Plain, title: str, text: str) -> None:
        self.plain = plain
        self.texts = {"title": title, "text": text}
        self.tokens = [*_tokens(plain, title, "title", frozenset()), Token(None, True, -1, "gap", 0, 0)]
        self.body = len(self.tokens)
        read = list(_tokens(plain, text, "text", _hidden(text)))
        words = [token for token in read if token.piece in _lead(text)]
        self.rest = self.body + len(words)
        self.tokens += read
        self.sentence = list(accumulate((token.stops for token in self.tokens), initial=0))
        self.atoms = self._atoms()

    def _atoms(self) -> dict[int, list[Span]]:
        rows = []
        for at, token in enumerate(self.tokens):
            for slot in token.slots or ():
                rows += [(atom, at, -1, (at, at + 1)) for atom in self.plain.wholes[slot]]
        there = frozenset().union(*(token.slots or () for token in self.tokens))
        for number, (atom, row) in enumerate(self.plain.phrases):
            if all(slots & there for slots in row):
                for at in range(len(self.tokens) - len(row) + 1):
                    if all((self.tokens[at + n].slots or frozenset()) & slots for n, slots in enumerate(row)):
                        rows.append((atom, at + self.plain.offsets[number], number, (at, at + len(row))))
        found: dict[int, list[Span]] = {}
        for atom, _, _, span in sorted(set(rows)):
            found.setdefault(atom, []).append(span)
        return found

    def links(self, part: int) -> list[Link]:
        if part >= 0:
            return [(span, 0) for span in self.atoms.get(part, ())][:MOST_SPANS]
        members = self.plain.lists.get(-1 - part, {})
        links = {span: members[atom] for atom, spans in self.atoms.items() if atom in members for span in spans}
        return sorted(links.items())[:MOST_SPANS]

    def occurrences(self, term: TermRule) -> list[Figure]:
        if not all(self.links(-1 - need) for need in term.needs):
            return []
        if len(term.sides) > 1:
            return self._pair([[span for span, _ in self.links(parts[0])] for parts, _ in term.sides])
        parts, gaps = term.sides[0]
        if len(parts) == 1:
            return [(span,) for span, _ in self.links(parts[0])]
        choices = [self.links(part) for part in parts]
        chains = (self._chain((first,), parts, choices, gaps) for first in choices[0])
        return [tuple(span for span, _ in chain) for chain in chains if chain]

    def _pair(self, sides: list[list[Span]]) -> list[Figure]:
        if any(sum((2, 1, 0)[self.zone(start)] for start, _ in side) < 2 for side in sides):
            return []
        if all(self.zone(side[0][0]) == 0 for side in sides):
            return [tuple(side[0] for side in sides)]
        return [tuple(next((span for span in side if self.zone(span[0]) == 1), side[0]) for side in sides)]

    def _chain(
        self, chain: tuple[Link, ...], parts: Sequence[int], choices: Sequence[list[Link]], gaps: Sequence[int]
    ) -> tuple[Link, ...]:
        """The chain completed by the nearest links, or () when it cannot be."""
        depth = len(chain)
        if depth == len(choices):
            return chain
        same = parts[depth] == parts[depth - 1]
        near = []
        for link in choices[depth]:
            (start, end), member = link
            if (same and link <= chain[-1]) or self.sentence[start] != self.sentence[chain[0][0][0]]:
                continue
            away = [start - b + 1 if start >= b else a - end + 1 for (a, b), _ in chain]
            twice = any(member and member == other for _, other in chain)
            if min(away) > 0 and min(away) <= gaps[depth - 1] and not twice:
                near.append((min(away), link))
        if len(choices) == 2:  # of two that stand on the same side, the one that begins nearer
            before = max((row for row in near if row[1] < chain[0]), key=lambda row: row[1], default=None)
            after = min((row for row in near if row[1] > chain[0]), key=lambda row: row[1], default=None)
            near = [row for row in (before, after) if row]
        longer = (self._chain((*chain, link), parts, choices, gaps) for _, link in sorted(near))
        return next(filter(None, longer), ())

    def zone(self, position: int) -> int:
        return 0 if position < self.body else 1 if position < self.rest else 2

    def evidence(self, term: TermRule, spots: list[Figure]) -> Evidence:
        zones = [self.zone(max(start for start, _ in figure)) for figure in spots]
        best = zones.index(min(zones))
        rest = (0.5, 0.75, 1.0) if term.points > 0 else (0.0, 0.5, 1.0)
        factor = (2.0, 1.0, rest[min(len(spots), 3) - 1])[zones[best]]
        return Evidence(term, spots[best], term.points * factor, zones[best])

    def reckoned(self, topic: int, language: str, source: str, country: str) -> Match | None:
        rule = self.plain.rules.tables.topics[topic]
        terms = [(term, self.occurrences(term)) for term in self.plain.terms if term.topic == topic]
        occurring = [(term, spots[:MOST_SPANS]) for term, spots in terms if spots]
        evidence = self._distinct([row for row in occurring if row[0].points > 0])
        points = {weight: sum(e.points for e in evidence if e.term.weight == weight) for weight in _WEIGHTS}
        subjects = points["strong"] + points["medium"]
        total = subjects + points["weak"] + min(points["place"], subjects)
        total += sum(self.evidence(term, spots).points for term, spots in occurring if term.weight == "minus")
        vetoed = any(self.evidence(term, spots).zone < 2 for term, spots in occurring if term.weight == "none")
        required = not rule.require_text or country in rule.require_countries
        required = required or any(term.weight == "require" for term, _ in occurring)
        scoped = (
            (not rule.sources or source in rule.sources)
            and (not rule.countries or country in rule.countries)
            and (
                not rule.languages or language in rule.languages or language.split("-", maxsplit=1)[0] in rule.languages
            )
        )
        if total < rule.min_score or vetoed or not required or not scoped:
            return None
        return Match(rule.id, round(total, 2), tuple(self._hits(evidence)))

    def _distinct(self, rows: list[tuple[TermRule, list[Figure]]]) -> list[Evidence]:
        """Every mention counts for its weightiest, then longest term only."""
        rows = sorted(rows, key=lambda row: (-row[0].points, -sum(b - a for a, b in row[1][0]), row[0].text))
        taken: set[int] = set()
        found = []
        for term, spots in rows:
            words = [{at for a, b in figure for at in range(a, b)} for figure in spots]
            own = [figure for figure, its in zip(spots, words, strict=True) if its - taken]
            taken = taken.union(*words)
            if own:
                found.append(self.evidence(term, own))
        return found

    def _hits(self, evidence: list[Evidence]) -> Iterator[Hit]:
        spots = []
        for item in evidence:
            inside = [s for s in item.figure if (s[0] < self.body) == (item.zone == 0) or len(item.figure) == 1]
            spots.append((item, (min(inside)[0], max(end for _, end in inside))))
        for item, (first, last) in sorted(spots, key=lambda row: (-row[0].points, row[1])):
            begin, end = self.tokens[first], self.tokens[last - 1]
            form = self.texts[begin.where][begin.start : end.end]
            yield Hit(item.term.text, form, begin.where, begin.start, end.end, item.points)  # type: ignore[arg-type]


_WEIGHTS = ("strong", "medium", "place", "weak")


def _pieces(text: str) -> list[re.Match[str]]:
    return list(re.finditer(r"\n|\ue000|[^\s\ue000]+", text))


def _tokens(plain: Plain, text: str, where: str, hidden: frozenset[int]) -> Iterator[Token]:
    pieces = _pieces(text)
    for number, piece in enumerate(pieces):
        tokens = list(TOKEN.finditer(piece[0]))
        following = pieces[number + 1][0] if number + 1 < len(pieces) else ""
        for at, token in enumerate(tokens):
            start, end = piece.start() + token.start(), piece.start() + token.end()
            if token[0] in BREAKS:
                yield Token(None, _ends([one[0] for one in tokens], at, following), number, where, start, end)
            else:
                slots = frozenset() if number in hidden else plain.slots(token[0])
                yield Token(slots, False, number, where, start, end)


def _ends(tokens: list[str], at: int, following: str) -> bool:
    """Whether a mark ends a sentence: not a comma, nor a full stop of an abbreviation or before a lower-case letter."""
    if tokens[at] not in STOPS or tokens[at] != "." or at == 0:
        return tokens[at] in STOPS
    before = tokens[at - 1]
    if len(before) < 4 and (len(before) < 2 or not before.isupper()):
        return False
    after = tokens[at + 1] if at + 1 < len(tokens) else following.lstrip(_OPENING)
    return not after[:1].islower()


def _hidden(text: str) -> frozenset[int]:
    """The pieces of a dateline, and of lines that speak of other articles."""
    text = text.replace("\ue000", "\n")
    dateline = _DATELINE.match(text)
    found = set(range(len(_pieces(dateline[0])))) if dateline else set()
    lines = text.split("\n")
    at = 0
    for line, aside in zip(lines, asides(lines), strict=True):
        if aside:
            found |= set(range(at, at + len(line.split())))
        at += len(line.split()) + 1
    return frozenset(found)


def _lead(text: str) -> frozenset[int]:
    """The pieces of the first 70 words; marks and line ends that stand alone are none."""
    counted, lead = 0, set()
    for number, piece in enumerate(_pieces(text)):
        tokens = TOKEN.findall(piece[0])
        if counted == 70:
            break
        lead.add(number)
        counted += not (not tokens or (len(tokens) == 1 and tokens[0] in STOPS))
    return frozenset(lead)
