"""Compiles topics and shared lists into Rules. Terms that cannot be read are left out here: `problems` names them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from aggregator.model import TermList, Topic
from aggregator.topics.forms import Pattern, patterns
from aggregator.topics.grammar import Near, Part, Phrase, Term, TermError, Word, WordKind, parse_term
from aggregator.topics.letters import fold
from aggregator.topics.rules import FORMAT, Rules, Tables, TermRule, TopicRule, encode_term, written

POINTS: Mapping[str, float] = {"strong": 5.0, "medium": 3.0, "place": 2.0, "weak": 1.0}
MINUS = 5.0

_SHORT = 4
"""Letters under which a word is likely to be a function word ("and", «для», "ilə")."""

SlotKey = tuple[bool, bool, tuple[tuple[str, str], ...]]


def compile_rules(topics: Sequence[Topic], lists: Sequence[TermList]) -> Rules:
    """Compile what can be compiled; terms with faults and terms that name an unknown list never match."""
    builder = _Builder(lists, _spellings(topics, lists))
    for topic in topics:
        builder.add(topic)
    return Rules(digest(topics, lists), builder.tables())


_UNMATCHED = frozenset({"title", "private", "formerly", "match", "reject"})
"""Keys of a topic that say nothing of which articles it takes."""


def digest(topics: Sequence[Topic], lists: Sequence[TermList]) -> str:
    """The name of what these topics and lists compile to, without compiling them; equal content, equal digest."""
    matched = [{key: value for key, value in asdict(topic).items() if key not in _UNMATCHED} for topic in topics]
    content = [FORMAT, matched, [asdict(entry) for entry in lists]]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=dict).encode()).hexdigest()


Spelling = tuple[str, WordKind, bool]
"""A word as rules compare it: folded, kind, lower case only."""


def _spellings(topics: Sequence[Topic], lists: Sequence[TermList]) -> Mapping[Spelling, dict[tuple[str, str], None]]:
    """Each word of the rules with the languages it is a word of, and how each writes it.

    A text's language is not asked, so "liman" of two languages is one word with the endings of both.
    """
    found: dict[Spelling, dict[tuple[str, str], None]] = {}
    for language, text in _texts(topics, lists):
        for word in _words_of(text):
            found.setdefault((fold(word.text), word.kind, word.lower), {})[language, word.text] = None
    return found


def _texts(topics: Sequence[Topic], lists: Sequence[TermList]) -> Iterator[tuple[str, str]]:
    """Every term with its language."""
    for entry in lists:
        yield from ((language, text) for language, texts in entry.terms.items() for text in texts)
    for topic in topics:
        for language, weights in topic.terms.items():
            yield from ((language, text) for texts in weights.values() for text in texts)
            yield from ((language, text) for text in topic.require_any)
        for by_language in (topic.minus, topic.none):
            yield from ((language, text) for language, texts in by_language.items() for text in texts)


def _words_of(text: str) -> Iterator[Word]:
    try:
        term = parse_term(text)
    except TermError:
        return
    for side in term.sides:
        for part in side.parts:
            for phrase in part.phrases:
                yield from (word for alternatives in phrase for word in alternatives)


def _written(entries: Mapping[str, list[int]]) -> dict[str, str]:
    return {key: written(values) for key, values in entries.items()}


class _Builder:
    """Gathers slots, atoms and terms; words and phrases that many terms share are kept once."""

    def __init__(self, lists: Sequence[TermList], spellings: Mapping[Spelling, dict[tuple[str, str], None]]) -> None:
        self._spellings = spellings
        self._slots: dict[SlotKey, int] = {}
        self._uses: dict[int, int] = {}
        self._lengths: dict[int, int] = {}
        self._atoms: dict[tuple[tuple[tuple[int, ...], ...], ...], int] = {}
        self._terms: list[TermRule] = []
        self._known: set[tuple[object, ...]] = set()
        self._topics: list[TopicRule] = []
        self._countries = {entry.name: entry.countries for entry in lists}
        self._list_of = {entry.name: index for index, entry in enumerate(lists)}
        self._members: dict[str, int] = {}
        self._lists = [self._compiled_list(entry) for entry in lists]

    def add(self, topic: Topic) -> None:
        index = len(self._topics)
        for weights in topic.terms.values():
            for weight, points in POINTS.items():
                self._add_terms(index, weight, points, weights.get(weight, ()))
        for terms in topic.minus.values():
            self._add_terms(index, "minus", -MINUS, terms)
        for terms in topic.none.values():
            self._add_terms(index, "none", 0.0, terms)
        require, countries = self._requirement(index, topic)
        scope = topic.scope
        self._topics.append(
            TopicRule(
                topic.id, topic.min_score, require, countries, topic.require_any,
                scope.sources, scope.languages, scope.countries,
            )
        )  # fmt: skip

    def tables(self) -> Tables:
        """The tables; each phrase is anchored at its rarest position."""
        stems, classes, acronyms, lower = self._vocabulary()
        slots: list[tuple[list[int], list[int]]] = [([], []) for _ in self._slots]
        phrases: list[str] = []
        for rows, atom in self._atoms.items():
            for row in rows:
                if len(row) == 1:
                    for slot in row[0]:
                        slots[slot][0].append(atom)
                    continue
                offset = min(range(len(row)), key=lambda at: self._commonness(row[at]))
                for slot in row[offset]:
                    slots[slot][1].extend((len(phrases), offset))
                phrases.append(f"{atom};" + ";".join(map(written, row)))
        meanings = [f"{written(atoms)};{written(anchors)}" for atoms, anchors in slots]
        atoms, figures = self._roles()
        terms = list(map(encode_term, self._terms))
        return Tables(stems, classes, acronyms, lower, meanings, phrases, atoms, figures, terms, self._topics)

    def _commonness(self, slots: tuple[int, ...]) -> tuple[bool, int, int]:
        """How often a position of a phrase may occur in texts: short words most, then those that many phrases share."""
        lengths = [self._lengths[slot] for slot in slots]
        return min(lengths) < _SHORT, sum(self._uses[slot] for slot in slots), -min(lengths)

    def _vocabulary(self) -> tuple[dict[str, str], list[str], dict[str, str], list[int]]:
        stems: dict[str, list[int]] = {}
        acronyms: dict[str, list[int]] = {}
        classes: dict[str, int] = {}
        lower = []
        for (is_acronym, is_lower, forms), slot in self._slots.items():
            if is_lower:
                lower.append(slot)
            for stem, group in forms:
                if is_acronym:
                    acronyms.setdefault(stem, []).append(slot)
                else:
                    stems.setdefault(stem, []).extend((slot, classes.setdefault(group, len(classes))))
        return _written(stems), list(classes), _written(acronyms), lower

    def _roles(self) -> tuple[list[str], list[str]]:
        """By atom its terms, figures and memberships; by list its figures."""
        terms: dict[int, list[int]] = {}
        figures: dict[int, list[int]] = {}
        for index, term in enumerate(self._terms):
            if term.simple:
                terms.setdefault(term.sides[0][0][0], []).append(index)
            elif term.weight != "require":
                figures.setdefault(self._rarest(term), []).append(index)
        members: dict[int, list[int]] = {}
        for number, atoms in enumerate(self._lists):
            for atom, member in atoms.items():
                members.setdefault(atom, []).extend((number, member))
        fields = (terms, figures, members)
        rows = [";".join(written(field.get(atom, ())) for field in fields) for atom in self._atoms.values()]
        return rows, [written(figures.get(-1 - number, ())) for number in range(len(self._lists))]

    def _rarest(self, term: TermRule) -> int:
        """The part of a figure at which it is tried: a word before a list, a short list before a long one.

        What a topic requires is not tried: it is looked up when the rest of the topic has been found.
        """
        return min(term.parts, key=lambda part: (part < 0, len(self._lists[-1 - part]) if part < 0 else -part))

    def _compiled_list(self, entry: TermList) -> dict[int, int]:
        """The atoms of a list, each with the number (from 1, the same in all lists) that its spelling has as a member."""
        atoms: dict[int, int] = {}
        for text in (text for terms in entry.terms.values() for text in terms):
            term = self._read(text)
            if term and len(term.sides) == 1 and len(term.sides[0].parts) == 1 and term.sides[0].parts[0].phrases:
                member = self._members.setdefault(fold(text), len(self._members) + 1)
                atoms.setdefault(self._atom(term.sides[0].parts[0].phrases), member)
        return atoms

    def _requirement(self, topic: int, rule: Topic) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Terms of which one must be there; a list among them may be met by the source's country instead."""
        countries = tuple(
            country for name in rule.require_any if name[:1] == "@" for country in self._countries.get(name[1:], ())
        )
        first = len(self._terms)
        self._add_terms(topic, "require", 0.0, rule.require_any)
        return tuple(range(first, len(self._terms))), countries

    def _add_terms(self, topic: int, weight: str, points: float, terms: Sequence[str]) -> None:
        for text in dict.fromkeys(terms):
            term = self._read(text)
            if term is not None:
                sides = tuple(self._side(side) for side in term.sides)
                needs = tuple(self._list_of[name] for name in term.needs)
                self._keep(TermRule(topic, text, weight, points, sides, needs))

    def _keep(self, rule: TermRule) -> None:
        """Terms that are spelt alike in several languages are one term."""
        content = (rule.topic, rule.weight, rule.sides, rule.needs)
        if content not in self._known:
            self._known.add(content)
            self._terms.append(rule)

    def _read(self, text: str) -> Term | None:
        """A term, or None when it is faulty or names a list that is not there."""
        try:
            term = parse_term(text)
        except TermError:
            return None
        named = [*term.needs, *(part.list for side in term.sides for part in side.parts if part.list)]
        return term if all(name in self._list_of for name in named) else None

    def _side(self, side: Near) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return tuple(self._reference(part) for part in side.parts), side.gaps

    def _reference(self, part: Part) -> int:
        return -1 - self._list_of[part.list] if part.list else self._atom(part.phrases)

    def _atom(self, phrases: tuple[Phrase, ...]) -> int:
        rows = tuple(self._row(phrase) for phrase in phrases)
        return self._atoms.setdefault(rows, len(self._atoms))

    def _row(self, phrase: Phrase) -> tuple[tuple[int, ...], ...]:
        last = len(phrase) - 1
        return tuple(
            tuple(sorted({self._slot(word, head=0 < at == last) for word in alternatives}))
            for at, alternatives in enumerate(phrase)
        )

    def _forms(self, word: Word, *, head: bool) -> tuple[Pattern, ...]:
        versions = self._spellings[fold(word.text), word.kind, word.lower]
        found = (
            pattern
            for language, text in versions
            for pattern in patterns(Word(text, word.kind, word.lower), language, head=head)
        )
        return tuple(dict.fromkeys(found))

    def _slot(self, word: Word, *, head: bool) -> int:
        acronym = word.kind == "acronym"
        forms = ((word.text, ""),) if acronym else self._forms(word, head=head)
        slot = self._slots.setdefault((acronym, word.lower, forms), len(self._slots))
        self._uses[slot] = self._uses.get(slot, 0) + 1
        self._lengths[slot] = len(word.text)
        return slot
