"""A text as units that mean the same in five languages: names, ids, concepts, numbers, and stems of all other words."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

from aggregator.stories.facts import Kind, Zone
from aggregator.stories.letters import kazakh, skeleton, stem
from aggregator.stories.lexicon import RARE, Lexicon, lexicon
from aggregator.stories.numbers import figures, valued

LEAD_LETTERS = 420
NUMBER_WORD = 1
UNCOUNTED_ID = 5
_TOKEN = re.compile(r"\w+(?:['’ʼ`]\w+)*|[.!?:…\n«\"“]")
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_MARKS = frozenset('.!?:…\n«"“')
_MOST_REMEMBERED = 50_000
_SHORTEST_WORD = 3
_SHORTEST_SKELETON = 3
_TOO_COMMON_FOR_A_NAME = 2
_KINDS = {
    "country": Kind.PLACE,
    "capital": Kind.PLACE,
    "city": Kind.PLACE,
    "place": Kind.PLACE,
    "sea": Kind.PLACE,
    "region": Kind.PLACE,
    "route": Kind.ACTOR,
    "company": Kind.ACTOR,
    "org": Kind.ACTOR,
    "person": Kind.ACTOR,
    "concept": Kind.CONCEPT,
    "number": Kind.NUMBER,
}


Unit = int
"""One thing a text speaks of, 64 bits: 56 of the hash of its key, then kind (3), zone (2), rarity (3) as in `facts`."""

NOTHING: Unit = 0
Meaning = tuple[Unit, str | None]
"""The unit of a word, and its key as a part of phrases."""

_REPEATED = (0, 20, 23, 26, 29)
_OFTEN, _MOST_REPEATED = 5, 32
_ZONED = tuple((value & 7) * (5 + 2 * (value >> 3 & 3)) for value in range(256))
_BY_KIND = (1, 64, 80, 96, 96, 96, 80, 0)
"""As clues: ids first. Stems after all others, and only where those are few: they are no meanings, without which no story
is made (scoring.py); looked for by stems, thirty articles were compared for one that shared a meaning.
"""
_FEW_CLUES = 10
_ANY_MEANING = 16_000
"""Ranks of stems lie below: at most 7 of rarity × 9 in a title × 32 often."""
_RARE_ENOUGH = 4
_AS_CLUE = tuple(
    zoned * _BY_KIND[value >> 5] if (value & 7) + (value >> 5 == Kind.NUMBER) >= _RARE_ENOUGH else 0
    for value, zoned in enumerate(_ZONED)
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Units with their zones → their weights (rarer, earlier and repeated ones weigh more), and their ranks as clues."""

    weights: dict[Unit, int]
    as_clues: list[int]

    def weightiest(self) -> list[Unit]:
        """By weight; of equal ones the first."""
        return sorted(self.weights, key=self.weights.__getitem__, reverse=True)


def made(key: str, kind: Kind, rarity: int) -> Unit:
    """A unit by its key; equal keys make equal units."""
    digest = int.from_bytes(blake2b(key.encode(), digest_size=7).digest(), "big")
    return digest << 8 | kind << 5 | rarity


def read(title: str, text: str, language: str) -> Ranked:
    """The units of an article with their ranks, in the order of their first appearance, the title's first."""
    cut = text.rfind(" ", 0, LEAD_LETTERS) if len(text) > LEAD_LETTERS else len(text)
    title_units, lead_units, body_units = _mentions((title, text[:cut], text[cut:]), language)
    zones = dict.fromkeys(lead_units, Zone.LEAD << 3)
    zones.update(dict.fromkeys(title_units, Zone.TITLE << 3))
    weights: dict[Unit, int] = {}
    ranks: list[int] = []
    for unit, count in Counter(title_units + lead_units + body_units).items():
        placed = unit | zones.get(unit, 0)
        packed, repeated = placed & 255, _REPEATED[count] if count < _OFTEN else _MOST_REPEATED
        weights[placed] = _ZONED[packed] * repeated
        ranks.append(_AS_CLUE[packed] * repeated)
    return Ranked(weights, ranks)


def clues(found: Ranked, most: int) -> tuple[int, ...]:
    """56-bit hashes of the units by which other reports of the event may be found, best first.

    None that stands in one of thirty articles or more: it leads to all of them. Of equal ones the larger hash, so that
    two reports of one event choose the same. Stems fill up to ten.
    """
    last = sorted(found.as_clues, reverse=True)[:most]
    if not last or not last[0]:
        return ()
    best = [
        (rank, unit >> 8) for rank, unit in zip(found.as_clues, found.weights, strict=True) if rank >= last[-1] and rank
    ]
    best.sort(reverse=True)
    return tuple([key for n, (rank, key) in enumerate(best[:most]) if n < _FEW_CLUES or rank >= _ANY_MEANING])


def keys(title: str, text: str, language: str) -> dict[int, str]:
    """The keys of an article's units by their hash (unit >> 8): what people see instead of hashes."""
    return {hash_: key for hash_, (key, _) in forms(title, text, language).items()}


def forms(title: str, text: str, language: str) -> dict[int, tuple[str, str]]:
    """The keys of an article's units, and how each stands in it first, by hash (unit >> 8)."""
    found: dict[int, tuple[str, str]] = {}
    names, parts = _words((title, text))
    for words in parts:
        for before, word in pairwise(["", *words]):
            key, unit, part = unit_of(word if word in names else word.lower(), language)
            if unit:
                found.setdefault(unit >> 8, (key, word))
            first = unit_of(before, language)[2] if before else None
            phrase = lexicon().phrases.get((first or "", part or ""))
            if phrase:
                found.setdefault(named(phrase) >> 8, (phrase, f"{before} {word}"))
    return found


def _mentions(parts: tuple[str, ...], language: str) -> list[list[Unit]]:
    """The units of the title and of the parts of a text, each as often as it stands there."""
    names, found = _words(parts)
    as_name, as_word = memories(language)
    return [
        _units([as_name[word] if word in names else as_word[word] for word in words])
        + [unit for figure in figures(part) for unit in counted(figure)]
        for part, words in zip(parts, found, strict=True)
    ]


def _words(parts: tuple[str, ...]) -> tuple[set[str], list[list[str]]]:
    """The names (capitals inside sentences of the text), and the words and marks of each part, the title first."""
    found = [_TOKEN.findall(part) for part in parts]
    names = {
        word
        for part in found[1:]
        for before, word in pairwise(part)
        if not word.islower() and before not in _SENTENCE_MARKS
    }
    return names, found


def _units(meanings: list[Meaning]) -> list[Unit]:
    """The units of words, and of the phrases that neighbours make."""
    units = [unit for unit, _ in meanings if unit]
    for n in [n for n, (_, part) in enumerate(meanings[1:]) if part]:
        phrase = lexicon().phrases.get((meanings[n][1] or "", meanings[n + 1][1] or ""))
        if phrase:
            units.append(named(phrase))
    return units


class _Memory(dict[str, Meaning]):
    """What words of one language mean, looked up once and remembered, as they come again and again."""

    def __init__(self, language: str, *, name: bool) -> None:
        self.language, self.name = language, name

    def __missing__(self, word: str) -> Meaning:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        _, unit, part = unit_of(word if self.name else word.lower(), self.language)
        self[word] = unit, part
        return unit, part


@lru_cache(maxsize=64)
def memories(language: str) -> tuple[_Memory, _Memory]:
    """The memories of a language: of words that are names by their capital, and of all others in any case."""
    return _Memory(language, name=True), _Memory(language, name=False)


def unit_of(word: str, language: str) -> tuple[str, Unit, str | None]:
    """Key and unit of a word, and its key as a part of phrases."""
    letters = _LETTERS.search(word)
    if letters is None:
        return "", NOTHING, None
    bare = letters.group()
    table = lexicon()
    lower = bare.lower().replace("i\u0307", "i")
    identifier = table.capitals.get(bare) or table.sense(lower, language)
    if language == "kk" and not identifier:
        lower = kazakh(lower)
        identifier = table.sense(lower, language)
    part = table.part(lower, language)
    if identifier:
        return identifier, named(identifier), part
    return *_plain(bare, lower, language, table), part


def _plain(bare: str, lower: str, language: str, table: Lexicon) -> tuple[str, Unit]:
    if len(lower) < _SHORTEST_WORD:
        return "", NOTHING
    key = stem(lower, language)
    level = table.rarity.get(key, RARE)
    if bare[0].isupper() and level > _TOO_COMMON_FOR_A_NAME:
        bones = skeleton(lower, language)
        if len(bones) >= _SHORTEST_SKELETON:
            return "~" + bones, made("~" + bones, Kind.NAME, RARE)
    return key, made(key, Kind.STEM, level) if level else NOTHING


@lru_cache(maxsize=4096)
def named(identifier: str) -> Unit:
    """The unit of an id of the lexicon."""
    table = lexicon()
    kind = _KINDS.get(table.kinds[identifier], Kind.THING)
    return made(identifier, kind, table.rarity.get(identifier, NUMBER_WORD if kind is Kind.NUMBER else UNCOUNTED_ID))


@lru_cache(maxsize=8192)
def counted(figure: str) -> tuple[Unit, ...]:
    """The units of a figure as it stands in a text: one, or both ends of a range."""
    return tuple(made("#" + n.key, Kind.NUMBER, round(n.weight * RARE)) for n in valued(figure))
