"""A text as units that mean the same in five languages: names, ids, concepts, numbers, and stems of all other words."""

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b

from aggregator.stories.facts import Kind, Zone
from aggregator.stories.letters import kazakh, skeleton, stem
from aggregator.stories.lexicon import RARE, Lexicon, lexicon
from aggregator.stories.numbers import numbers

LEAD_LETTERS = 420
NUMBER_WORD = 1
UNCOUNTED_ID = 5
_TOKEN = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*|[.!?:…\n«\"“]")
_APOSTROPHE = re.compile("['’ʼ`]")
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
_REPEATED = (0, 20, 23, 26, 29, 32)
_ZONED = tuple((value & 7) * (5 + 2 * (value >> 3 & 3)) for value in range(256))


def made(key: str, kind: Kind, rarity: int) -> Unit:
    """A unit by its key; equal keys make equal units."""
    digest = int.from_bytes(blake2b(key.encode(), digest_size=7).digest(), "big")
    return digest << 8 | kind << 5 | rarity


def read(title: str, text: str, language: str) -> list[tuple[int, Unit]]:
    """The units of an article with their weights, weightiest first: rarer, earlier and repeated ones weigh more."""
    cut = text.rfind(" ", 0, LEAD_LETTERS) if len(text) > LEAD_LETTERS else len(text)
    parts = (title, text[:cut], text[cut:])
    title_units, lead_units, body_units = _mentions(parts, language)
    counts = Counter(title_units)
    counts.update(lead_units)
    counts.update(body_units)
    zones = dict.fromkeys(lead_units, Zone.LEAD << 3)
    zones.update(dict.fromkeys(title_units, Zone.TITLE << 3))
    placed = [(unit | zones.get(unit, 0), min(count, 5)) for unit, count in counts.items()]
    return sorted([(_ZONED[unit & 255] * _REPEATED[count], unit) for unit, count in placed], reverse=True)


def keys(title: str, text: str, language: str) -> dict[int, str]:
    """The keys of an article's units by their hash (unit >> 8): what people see instead of hashes."""
    found: dict[int, str] = {}
    for words in _words((title, text)):
        previous: str | None = None
        for word in words:
            key, unit, part = unit_of(word, language)
            if unit:
                found[unit >> 8] = key
            phrase = lexicon().phrases.get((previous or "", part or ""))
            if phrase:
                found[named(phrase) >> 8] = phrase
            previous = part
    return found


def _mentions(parts: tuple[str, ...], language: str) -> list[list[Unit]]:
    """The units of the title and of the parts of a text, each as often as it stands there."""
    return [
        _units(words, language) + [counted(n.key, n.weight) for n in numbers(part)]
        for part, words in zip(parts, _words(parts), strict=True)
    ]


def _words(parts: tuple[str, ...]) -> list[list[str]]:
    """The words of each part (the title first), in lower case unless they are capitals inside sentences of the text."""
    tokens = [_tokens(part) for part in parts]
    names = {word for inside, _ in tokens[1:] for word in inside if word[0].isupper()}
    return [[word if word in names else word.lower() for word in words] for _, words in tokens]


def _tokens(text: str) -> tuple[list[str], list[str]]:
    """Words inside sentences, whose capital is their own, and all words."""
    inside: list[str] = []
    words: list[str] = []
    start = True
    for token in _TOKEN.findall(text):
        if not token[0].isalpha():
            start = True
            continue
        words.append(token)
        if not start:
            inside.append(token)
        start = False
    return inside, words


def _units(words: list[str], language: str) -> list[Unit]:
    units: list[Unit] = []
    previous: str | None = None
    phrases = lexicon().phrases
    for word in words:
        _, unit, part = unit_of(word, language)
        if unit:
            units.append(unit)
        if part and previous and (previous, part) in phrases:
            units.append(named(phrases[previous, part]))
        previous = part
    return units


@lru_cache(maxsize=65536)
def unit_of(word: str, language: str) -> tuple[str, Unit, str | None]:
    """Key and unit of a word, and its key as a part of phrases. Words come again and again, so this is remembered."""
    bare = _APOSTROPHE.split(word)[0]
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
def counted(key: str, weight: float) -> Unit:
    """The unit of a number."""
    return made("#" + key, Kind.NUMBER, round(weight * RARE))
