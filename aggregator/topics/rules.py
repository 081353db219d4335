"""Compiled rules: plain tables that travel between processes and databases, read at first use.

Vocabulary of the tables: a *slot* is one word of the rules with all its forms; a *phrase* a row of slots; an *atom*
phrases that may stand for each other; a *term* one atom or a figure of several *parts* (an atom, or below 0 a list);
a *list* a set of atoms. Entries are strings until a text asks for them: loading tens of thousands of terms would
otherwise cost more than matching an hour's news.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from aggregator.topics.marks import Anchor, Chunks, Meaning
from aggregator.topics.vocabulary import Vocabulary

FORMAT = 1
"""Version of the encoding and of what it means; bytes of another one are refused."""

_MOST_MASKS = 10_000
"""Sets of lists whose figures are remembered."""

Side = tuple[tuple[int, ...], tuple[int, ...]]
"""Parts of a figure, and the gaps between them."""


@dataclass(frozen=True, slots=True)
class TermRule:
    """A compiled term. A part below 0 is list -1 - part; `needs` are lists asked for anywhere."""

    topic: int
    text: str
    weight: str
    points: float
    sides: tuple[Side, ...]
    needs: tuple[int, ...] = ()

    @property
    def parts(self) -> tuple[int, ...]:
        """The parts of all sides."""
        return tuple(part for parts, _ in self.sides for part in parts)

    @property
    def simple(self) -> bool:
        """Whether it is one atom and nothing else, found while the text is read; requirements are looked up later."""
        return len(self.parts) == 1 and self.parts[0] >= 0 and not self.needs and self.weight != "require"


@dataclass(frozen=True, slots=True)
class TopicRule:
    """A compiled topic: what an assignment needs besides its terms; `require` holds indexes of terms."""

    id: str
    min_score: float
    require: tuple[int, ...] = ()
    require_countries: tuple[str, ...] = ()
    require_text: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


class Figure(NamedTuple):
    """A term of several parts, and what must be there for it to be tried: atoms, and lists as bits."""

    term: TermRule
    topic: int
    points: float
    atoms: tuple[int, ...]
    mask: int


class Role(NamedTuple):
    """What an atom is good for: terms it is all of, figures to try when it is there, lists it is a (list, member) of.

    `gains` are the topics for which it brings points, with these; `mask` its lists as bits.
    """

    terms: tuple[TermRule, ...]
    figures: tuple[Figure, ...]
    lists: tuple[tuple[int, int], ...]
    gains: tuple[tuple[int, float], ...]
    mask: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that compiling yields, as JSON knows it. In strings, ";" parts fields and blanks part numbers.

    stems[stem] "slot class slot class …", acronyms[as written] "slot slot …"; slots[i] "atoms;phrase offset …";
    phrases[i] "atom;slots;slots …" by position; atoms[i] "terms;figures;list member …"; figures[i] of list i "terms".
    """

    stems: dict[str, str]
    classes: list[str]
    acronyms: dict[str, str]
    lower: list[int]
    slots: list[str]
    phrases: list[str]
    atoms: list[str]
    figures: list[str]
    terms: list[str]
    topics: list[TopicRule]


def numbers(text: str) -> tuple[int, ...]:
    """Numbers parted by blanks."""
    return tuple(map(int, text.split()))


def written(items: Sequence[int]) -> str:
    """What `numbers` reads."""
    return " ".join(map(str, items))


def encode_term(term: TermRule) -> str:
    """A term as one string, its text last because it may hold any mark."""
    sides = "&".join(f"{written(parts)}~{written(gaps)}" for parts, gaps in term.sides)
    return f"{term.topic};{term.weight};{term.points};{written(term.needs)};{sides};{term.text}"


def decode_term(row: str) -> TermRule:
    """What `encode_term` wrote."""
    topic, weight, points, needs, sides, text = row.split(";", 5)
    pairs = (side.split("~") for side in sides.split("&"))
    return TermRule(
        int(topic), text, weight, float(points), tuple((numbers(p), numbers(g)) for p, g in pairs), numbers(needs)
    )


class Rules:
    """Compiled rules of all topics. `digest` names their content; equal rules have equal digests on every machine.

    Picklable. What it remembers can always be told from the tables again, so threads may share it.
    """

    __slots__ = ("_encoded", "_figures", "_terms", "chunks", "digest", "roles", "tables")

    def __init__(self, digest: str, tables: Tables, encoded: bytes | None = None) -> None:
        self.digest = digest
        self.tables = tables
        self._encoded = encoded
        self._terms: dict[int, TermRule] = {}
        self._figures: dict[int, tuple[Figure, ...]] = {}
        self.roles = _Roles(self)
        vocabulary = Vocabulary(tables.stems, tables.classes, tables.acronyms, tables.lower)
        self.chunks = Chunks(vocabulary, self._meaning)

    def to_bytes(self) -> bytes:
        """The rules as bytes that `from_bytes` reads: compressed JSON, so that reading them can run nothing."""
        if self._encoded is None:
            content = {"format": FORMAT, "digest": self.digest, "tables": asdict(self.tables)}
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            self._encoded = zlib.compress(text.encode(), 1)
        return self._encoded

    @classmethod
    def from_bytes(cls, encoded: bytes) -> "Rules":
        """Rules from `to_bytes`. Raises ValueError when the bytes are none, or of another version."""
        try:
            content = json.loads(zlib.decompress(encoded))
        except zlib.error as error:
            raise ValueError("these bytes are not compiled rules") from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError("these rules were compiled by another version: compile them again")
        return cls(content["digest"], _tables(content["tables"]), encoded)

    def __reduce__(self) -> tuple[Any, ...]:
        return Rules.from_bytes, (self.to_bytes(),)

    def remember(self, pieces: int) -> None:
        """Remember so many pieces of text before the elder half is forgotten: for one who reads an archive and ends."""
        self.chunks.most = pieces

    def term(self, index: int) -> TermRule:
        """A term by its index."""
        found = self._terms.get(index)
        if found is None:
            found = self._terms[index] = decode_term(self.tables.terms[index])
        return found

    def figures(self, mask: int) -> tuple[Figure, ...]:
        """The figures to try because of the lists of which a member is there, given as bits."""
        found = self._figures.get(mask)
        if found is None:
            if len(self._figures) >= _MOST_MASKS:
                self._figures.clear()
            lists = (index for index in range(mask.bit_length()) if mask >> index & 1)
            all_ = (self.figure(one) for index in lists for one in numbers(self.tables.figures[index]))
            found = self._figures[mask] = tuple(figure for figure in all_ if not figure.mask & ~mask)
        return found

    def figure(self, index: int) -> Figure:
        """A term of several parts by its index."""
        term = self.term(index)
        lists = {*term.needs, *(-1 - part for part in term.parts if part < 0)}
        atoms = tuple(dict.fromkeys(part for part in term.parts if part >= 0))
        return Figure(term, term.topic, term.points, atoms, sum(1 << index for index in lists))

    def _meaning(self, slot: int) -> Meaning:
        atoms, anchors = self.tables.slots[slot].split(";")
        pairs = numbers(anchors)
        return numbers(atoms), tuple(map(self._anchor, pairs[::2], pairs[1::2]))

    def _anchor(self, phrase: int, offset: int) -> Anchor:
        atom, *positions = self.tables.phrases[phrase].split(";")
        neighbours = [(at - offset, frozenset(numbers(row))) for at, row in enumerate(positions) if at != offset]
        neighbours.sort(key=lambda pair: abs(pair[0]))
        return int(atom), tuple(neighbours), offset, len(positions) - 1 - offset


class _Roles(dict[int, Role]):
    """Atom → its role."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, atom: int) -> Role:
        terms, figures, members = map(numbers, self._rules.tables.atoms[atom].split(";"))
        lists = tuple(zip(members[::2], members[1::2], strict=True))
        simple = tuple(map(self._rules.term, terms))
        self[atom] = role = Role(
            simple, tuple(map(self._rules.figure, figures)), lists,
            tuple((term.topic, term.points) for term in simple if term.points > 0),
            sum(1 << index for index in dict(lists)),
        )  # fmt: skip
        return role


def _tables(plain: dict[str, Any]) -> Tables:
    topics = [
        TopicRule(row.pop("id"), row.pop("min_score"), **{key: tuple(value) for key, value in row.items()})
        for row in plain.pop("topics")
    ]
    return Tables(**plain, topics=topics)
