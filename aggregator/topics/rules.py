"""Compiled rules: plain tables that travel between processes and databases, and the memo that reading texts fills.

Vocabulary of the tables: a *slot* is one word of the rules with all its forms; a *phrase* a row of slots; an *atom*
phrases that may stand for each other; a *term* one atom or a figure of several; a *list* a set of atoms.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from aggregator.topics.marks import Chunks, Meaning, Vocabulary

FORMAT = 1
"""Version of the encoding; bytes of another one are refused."""


@dataclass(frozen=True, slots=True)
class TermRule:
    """A compiled term. `atoms` and `gaps` by side; an atom below 0 is list -1 - atom; `needs` are lists asked for."""

    topic: int
    text: str
    weight: str
    points: float
    sides: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    needs: tuple[int, ...] = ()

    @property
    def simple(self) -> bool:
        """Whether it is one atom, found while the text is read. A requirement is looked up afterwards."""
        alone = len(self.sides) == 1 and len(self.sides[0][0]) == 1 and self.sides[0][0][0] >= 0
        return alone and self.weight != "require"


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


@dataclass(frozen=True, slots=True)
class ListRule:
    """A compiled shared list; members[i] is the spelling under which atoms[i] counts as one and the same member."""

    name: str
    atoms: tuple[int, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that compiling yields. stems[stem] = slot, class, slot, class …; acronyms are spelt as written."""

    stems: dict[str, list[int]]
    classes: list[str]
    acronyms: dict[str, list[int]]
    lower: list[int]
    slot_atoms: dict[int, list[int]]
    slot_anchors: dict[int, list[tuple[int, int]]]
    phrases: list[tuple[int, list[list[int]]]]
    terms: list[TermRule]
    topics: list[TopicRule]
    lists: list[ListRule]


class Rules:
    """Compiled rules of all topics. `digest` names their content; equal rules have equal digests on every machine.

    Picklable. What the memo holds is only what can be told from the tables, so sharing rules between threads is safe.
    """

    __slots__ = ("_encoded", "chunks", "digest", "list_figures", "roles", "tables")

    def __init__(self, digest: str, tables: Tables, encoded: bytes | None = None) -> None:
        self.digest = digest
        self.tables = tables
        self._encoded = encoded
        self.chunks = Chunks(Vocabulary(tables.stems, tables.classes, tables.acronyms, tables.lower), _meanings(tables))
        self.roles, self.list_figures = _roles(tables)

    def to_bytes(self) -> bytes:
        """The rules as bytes that `from_bytes` reads: compressed JSON, so that reading them can run nothing."""
        if self._encoded is None:
            content = {"format": FORMAT, "digest": self.digest, "tables": _plain(self.tables)}
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


@dataclass(frozen=True, slots=True)
class Role:
    """What an atom is good for: terms it is all of, figures it is the rarest part of, (list, spelling) it is a member of."""

    terms: tuple[TermRule, ...]
    figures: tuple[TermRule, ...]
    lists: tuple[tuple[int, str], ...]


def _meanings(tables: Tables) -> dict[int, Meaning]:
    """Slot → the atoms it is all of, and the phrases it anchors."""
    anchors = {
        slot: tuple((*tables.phrases[phrase], offset) for phrase, offset in pairs)
        for slot, pairs in tables.slot_anchors.items()
    }
    slots = tables.slot_atoms.keys() | anchors.keys()
    return {slot: (tuple(tables.slot_atoms.get(slot, ())), anchors.get(slot, ())) for slot in slots}


def _roles(tables: Tables) -> tuple[dict[int, Role], dict[int, tuple[TermRule, ...]]]:
    """Atom → its role; list → the figures that are tried when a member of it is there."""
    terms: dict[int, list[TermRule]] = {}
    figures: dict[int, list[TermRule]] = {}
    lists: dict[int, list[tuple[int, str]]] = {}
    for term in tables.terms:
        if term.simple:
            terms.setdefault(term.sides[0][0][0], []).append(term)
    for term, part in _anchored(tables):
        figures.setdefault(part, []).append(term)
    for index, rule in enumerate(tables.lists):
        for atom, member in zip(rule.atoms, rule.members, strict=True):
            lists.setdefault(atom, []).append((index, member))
    atoms = {atom for found in tables.slot_atoms.values() for atom in found} | {atom for atom, _ in tables.phrases}
    roles = {a: Role(tuple(terms.get(a, ())), tuple(figures.get(a, ())), tuple(lists.get(a, ()))) for a in atoms}
    return roles, {-1 - part: tuple(found) for part, found in figures.items() if part < 0}


def _anchored(tables: Tables) -> Iterator[tuple[TermRule, int]]:
    """Figures with their rarest part: a word before a list, a short list before a long one.

    What a topic requires is not among them: it is looked up when the rest of the topic has been found.
    """
    uses = Counter(atom for term in tables.terms for side, _ in term.sides for atom in side)
    for term in tables.terms:
        if not term.simple and term.weight != "require":
            atoms = (atom for side, _ in term.sides for atom in side)
            yield term, min(atoms, key=lambda a: (a < 0, uses[a] if a >= 0 else len(tables.lists[-1 - a].atoms)))


def _plain(tables: Tables) -> dict[str, Any]:
    return asdict(tables)


def _tables(plain: dict[str, Any]) -> Tables:
    """JSON knows neither tuples nor integer keys."""
    return Tables(
        stems=plain["stems"],
        classes=plain["classes"],
        acronyms=plain["acronyms"],
        lower=plain["lower"],
        slot_atoms={int(slot): atoms for slot, atoms in plain["slot_atoms"].items()},
        slot_anchors={int(slot): [(p, o) for p, o in anchors] for slot, anchors in plain["slot_anchors"].items()},
        phrases=[(atom, positions) for atom, positions in plain["phrases"]],
        terms=[_term(row) for row in plain["terms"]],
        topics=[TopicRule(**{key: _tuple(value) for key, value in row.items()}) for row in plain["topics"]],
        lists=[ListRule(row["name"], tuple(row["atoms"]), tuple(row["members"])) for row in plain["lists"]],
    )


def _term(row: dict[str, Any]) -> TermRule:
    sides = tuple((tuple(atoms), tuple(gaps)) for atoms, gaps in row["sides"])
    return TermRule(row["topic"], row["text"], row["weight"], row["points"], sides, tuple(row["needs"]))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
