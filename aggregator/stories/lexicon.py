"""What words mean across languages: proper names with ids, concepts, and how rare a stem is.

The tables lie beside this module in data/ and are read once. A form of a table matches a word when the rest of the word
can be an ending in that language; the longest form wins. Forms of two words are phrases of neighbouring words. Words
are bytes of `alphabet.in_bytes`, in lower case but for those in capitals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from aggregator.stories.alphabet import in_bytes

LANGUAGES = ("ru", "kk", "az", "tr", "en")
CYRILLIC = frozenset({"ru", "kk"})
RARE = 7
_ENDING = {"ru": 4, "kk": 8, "az": 8, "tr": 8, "en": 2}
_ANY_ENDING = 12
_EXACT = 0
BEGINNING = 4

Kind = Literal["name", "concept"]


@dataclass(frozen=True, slots=True)
class Sense:
    """What a form stands for: an id of the gazetteer or of the concepts, and the longest ending it may carry."""

    id: str
    ending: int


class Table(dict[bytes, Sense]):
    """Forms of one language. Most words begin like none of them, or like a few that are shorter or longer."""

    def __init__(self) -> None:
        self.lengths: dict[bytes, list[int]] = {}

    def add(self, form: bytes, sense: Sense, *, last: bool) -> Sense:
        """Enter a form; of two senses the `last` or the first stays."""
        lengths = self.lengths.setdefault(form[:BEGINNING], [])
        if len(form) not in lengths:
            lengths.append(len(form))
            lengths.sort(reverse=True)
        if last or form not in self:
            self[form] = sense
        return self[form]

    def longest(self, word: bytes) -> str | None:
        """The id of the longest form that the word can be. Forms of one letter are no beginnings of words."""
        for length in self.lengths.get(word[:BEGINNING], ()):
            sense = self.get(word[:length])
            if sense is not None and 0 <= len(word) - length <= sense.ending:
                return sense.id
        for length in range(min(len(word), BEGINNING) - 1, 1, -1):
            sense = self.get(word[:length])
            if sense is not None and len(word) - length <= sense.ending:
                return sense.id
        return None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Forms by language, those of names in every language's table; "und" is for texts of every other language.

    `parts` are the words of phrases, in the same way; `capitals` forms in capitals; `rarity` levels 0…6, by stem or id.
    """

    forms: dict[str, Table]
    parts: dict[str, Table]
    capitals: dict[bytes, str]
    phrases: dict[tuple[str, str], str]
    kinds: dict[str, str]
    rarity: dict[bytes, int]

    def sense(self, word: bytes, language: str) -> str | None:
        """The id that a lower-case word stands for in this language (any other language shares all names)."""
        return (self.forms.get(language) or self.forms["und"]).longest(word)

    def part(self, word: bytes, language: str) -> str | None:
        """The key of a word that may belong to a phrase."""
        return (self.parts.get(language) or self.parts["und"]).longest(word)

    def beginnings(self, language: str) -> frozenset[bytes]:
        """The first four letters of all forms, or all that a form has: a word that begins like none stands for nothing."""
        tables = [known.get(language) or known["und"] for known in (self.forms, self.parts)]
        return frozenset().union(*(table.lengths for table in tables))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The shipped tables."""
    return build(lines("gazetteer.txt"), lines("concepts.txt"), rarity())


@lru_cache(maxsize=1)
def rarity() -> dict[bytes, int]:
    """Stem or id → level 0 (in every article) … 6; what is not listed is rare (7)."""
    levels: dict[bytes, int] = {}
    for line in lines("rarity.txt"):
        level, *stems = line.split()
        levels.update(dict.fromkeys(map(in_bytes, stems), int(level)))
    return levels


def lines(name: str) -> tuple[str, ...]:
    """The lines of a table without its comments."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("# "))


def build(names: tuple[str, ...], concepts: tuple[str, ...], levels: dict[bytes, int]) -> Lexicon:
    """A lexicon of lines "id ; kind ; ru ; kk ; az ; tr ; en" (names) and "id ; ru ; kk ; az ; tr ; en" (concepts)."""
    tables = (*LANGUAGES, "und")
    made = Lexicon({name: Table() for name in tables}, {name: Table() for name in tables}, {}, {}, {}, levels)
    for line in names:
        identifier, kind, *columns = (cell.strip() for cell in line.split(";"))
        made.kinds[identifier] = kind
        for language, form in _forms(columns):
            _add(made, identifier, language, form, ("und", language))
    for line in concepts:
        identifier, *columns = (cell.strip() for cell in line.split(";"))
        key, kind = (identifier, "number") if identifier.startswith("#") else ("=" + identifier, "concept")
        made.kinds[key] = kind
        for language, form in _forms(columns):
            _add(made, key, language, form, (language,))
    for found in (made.forms, made.parts):
        for language in LANGUAGES:
            for shared, sense in found["und"].items():
                found[language].add(shared, sense, last=False)
    return made


def _forms(columns: list[str]) -> Iterator[tuple[str, str]]:
    for language, column in zip(LANGUAGES, columns, strict=True):
        for form in column.split(","):
            if form.strip() not in ("", "-"):
                yield language, form.strip()


def _add(made: Lexicon, identifier: str, language: str, form: str, tables: tuple[str, ...]) -> None:
    """One form into the tables of a language; the first id of a form keeps it in "und", the last one in its own."""
    if form.isupper():
        made.capitals[in_bytes(form)] = identifier
        return
    words = form.split()
    senses = [_sense(identifier if len(words) == 1 else word, word, language) for word in words]
    for table in tables:
        if len(senses) == 1:
            stem, sense = senses[0]
            made.forms[table].add(stem, sense, last=table != "und")
        else:
            first, second = (made.parts[table].add(stem, sense, last=False).id for stem, sense in senses)
            made.phrases[first, second] = identifier


def _sense(identifier: str, form: str, language: str) -> tuple[bytes, Sense]:
    if form.endswith("="):
        return in_bytes(form[:-1]), Sense(identifier, _EXACT)
    if form.endswith("*"):
        return in_bytes(form[:-1]), Sense(identifier, _ANY_ENDING)
    return in_bytes(form), Sense(identifier, _ENDING[language])
