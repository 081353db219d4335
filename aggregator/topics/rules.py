"""Compiled rules: plain tables that travel between processes and databases, and the memo that reading texts fills.

Vocabulary of the tables: a *slot* is one word of the rules with all its forms; a *phrase* a row of slots; an *atom*
phrases that may stand for each other; a *term* one atom or a figure of several; a *list* a set of atoms.
"""

import json
import zlib
from collections import Counter
from collections.abc import Container
from dataclasses import asdict, dataclass
from typing import Any

from aggregator.topics.forms import endings
from aggregator.topics.letters import LONGEST, acronym_of, fold

FORMAT = 1
"""Version of the encoding; bytes of another one are refused."""

Mark = tuple[frozenset[int], tuple[int, ...], tuple[tuple[int, int], ...]]
"""What a token means to the rules: its slots, the atoms it is all of, the (phrase, offset) it may anchor."""


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
        return len(self.sides) == 1 and len(self.sides[0][0]) == 1 and self.sides[0][0][0] >= 0


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

    __slots__ = ("_encoded", "anchored", "atom_lists", "atom_terms", "digest", "marks", "tables")

    def __init__(self, digest: str, tables: Tables, encoded: bytes | None = None) -> None:
        self.digest = digest
        self.tables = tables
        self._encoded = encoded
        self.marks = Marks(tables)
        self.atom_terms, self.anchored = _index_terms(tables)
        self.atom_lists = _index_lists(tables)

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


class Marks(dict[str, Mark | None]):
    """Token as it stands → what it means to the rules, worked out at its first sight. Bounded: emptied when full."""

    __slots__ = ("_classes", "_tables")

    MOST = 150_000

    def __init__(self, tables: Tables) -> None:
        super().__init__()
        self._tables = tables
        self._classes: dict[int, Container[str]] = {}

    def __missing__(self, token: str) -> Mark | None:
        if len(token) > LONGEST:
            return None
        if len(self) >= self.MOST:
            self.clear()
        mark = self[token] = self._mark(token)
        return mark

    def _mark(self, token: str) -> Mark | None:
        slots = self._slots(token)
        if not slots:
            return None
        tables = self._tables
        atoms = tuple(atom for slot in slots for atom in tables.slot_atoms.get(slot, ()))
        anchors = tuple(anchor for slot in slots for anchor in tables.slot_anchors.get(slot, ()))
        return frozenset(slots), tuple(dict.fromkeys(atoms)), anchors

    def _slots(self, token: str) -> list[int]:
        found = dict.fromkeys(self._inflected(token))
        acronym = acronym_of(token)
        if acronym is not None:
            found |= dict.fromkeys(self._tables.acronyms.get(acronym, ()))
        return list(found)

    def _inflected(self, token: str) -> list[int]:
        folded = fold(token)
        upper = not token[:1].islower()
        stems = self._tables.stems
        found = []
        for end in range(1, len(folded) + 1):
            entries = stems.get(folded[:end])
            if entries:
                rest = folded[end:]
                pairs = zip(entries[::2], entries[1::2], strict=True)
                found += [slot for slot, group in pairs if rest in self._class(group)]
        return [slot for slot in found if not (upper and slot in self._tables.lower)]

    def _class(self, group: int) -> Container[str]:
        found = self._classes.get(group)
        if found is None:
            found = self._classes[group] = endings(self._tables.classes[group])
        return found


def _index_terms(tables: Tables) -> tuple[dict[int, list[TermRule]], dict[int, list[TermRule]]]:
    """Atom → its simple terms; atom (or list, below 0) → figures to try when it is there.

    A figure is tried at its rarest part: a word before a list, a short list before a long one.
    """
    simple: dict[int, list[TermRule]] = {}
    anchored: dict[int, list[TermRule]] = {}
    uses = Counter(atom for term in tables.terms for side, _ in term.sides for atom in side)
    for term in tables.terms:
        if term.simple:
            simple.setdefault(term.sides[0][0][0], []).append(term)
        else:
            atoms = (atom for side, _ in term.sides for atom in side)
            rarest = min(atoms, key=lambda a: (a < 0, uses[a] if a >= 0 else len(tables.lists[-1 - a].atoms)))
            anchored.setdefault(rarest, []).append(term)
    return simple, anchored


def _index_lists(tables: Tables) -> dict[int, list[tuple[int, str]]]:
    """Atom → the lists it is a member of, and the spelling it counts under."""
    found: dict[int, list[tuple[int, str]]] = {}
    for index, rule in enumerate(tables.lists):
        for atom, member in zip(rule.atoms, rule.members, strict=True):
            found.setdefault(atom, []).append((index, member))
    return found


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
