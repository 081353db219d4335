"""A text as units that mean the same in five languages: names, ids, concepts, numbers, and stems of all other words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from aggregator.stories.facts import Kind, Zone
from aggregator.stories.letters import skeleton, stem
from aggregator.stories.lexicon import RARE, Lexicon, lexicon
from aggregator.stories.numbers import numbers

LEAD_LETTERS = 420
NUMBER_WORD = 1
_TOKEN = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*|[.!?:…\n«\"“]")
_APOSTROPHE = re.compile("['’ʼ`]")
_SHORTEST_WORD = 3
_SHORTEST_SKELETON = 3
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


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing a text speaks of. `key` names it across languages, `hash` is 32 bits of it, `rarity` 0…7."""

    key: str
    hash: int
    kind: Kind
    rarity: int


@dataclass(slots=True)
class Found:
    """A unit in a text: its first zone and how often it stands there."""

    unit: Unit
    zone: Zone
    count: int = 1

    @property
    def weight(self) -> float:
        """Rarer, earlier and repeated units say more."""
        return self.unit.rarity * (1.0 + 0.4 * self.zone) * (1.0 + 0.15 * min(self.count - 1, 4))


def made(key: str, kind: Kind, default: int = RARE) -> Unit:
    """A unit with its rarity from the table."""
    return Unit(key, crc32(key.encode()), kind, lexicon().rarity.get(key, default))


def read(title: str, text: str, language: str) -> list[Found]:
    """The units of an article, weightiest first; equal weights in the order of their keys."""
    cut = text.rfind(" ", 0, LEAD_LETTERS) if len(text) > LEAD_LETTERS else len(text)
    zones = ((Zone.TITLE, title), (Zone.LEAD, text[:cut]), (Zone.BODY, text[cut:]))
    tokens = [_tokens(part, titled=zone is Zone.TITLE) for zone, part in zones]
    names = frozenset(word for inside, _ in tokens for word in inside if word[0].isupper())
    found: dict[str, Found] = {}
    for (zone, part), (_, words) in zip(zones, tokens, strict=True):
        _collect(found, zone, _units([word if word in names else word.lower() for word in words], language))
        _collect(found, zone, (_number(n.key, n.weight) for n in numbers(part)))
    return sorted(found.values(), key=_order)


def _order(item: Found) -> tuple[float, str]:
    return -item.weight, item.unit.key


def _collect(found: dict[str, Found], zone: Zone, units: Iterable[Unit | None]) -> None:
    for unit in units:
        if unit is None or not unit.rarity:
            continue
        known = found.get(unit.key)
        if known is None:
            found[unit.key] = Found(unit, zone)
        else:
            known.count += 1


def _tokens(text: str, *, titled: bool) -> tuple[list[str], list[str]]:
    """Words inside sentences (in titles: none), whose capital is their own, and all words."""
    inside: list[str] = []
    words: list[str] = []
    start = True
    for token in _TOKEN.findall(text):
        if not token[0].isalpha():
            start = True
            continue
        words.append(token)
        if not start and not titled:
            inside.append(token)
        start = False
    return inside, words


def _units(words: list[str], language: str) -> Iterable[Unit | None]:
    previous: str | None = None
    phrases = lexicon().phrases
    for word in words:
        unit, part = unit_of(word, language)
        yield unit
        if part and previous and (previous, part) in phrases:
            yield _named(phrases[previous, part])
        previous = part


@lru_cache(maxsize=65536)
def unit_of(word: str, language: str) -> tuple[Unit | None, str | None]:
    """What a word stands for, and its key as a part of phrases. Words come again and again, so this is remembered."""
    bare = _APOSTROPHE.split(word)[0]
    table = lexicon()
    lower = bare.lower().replace("i\u0307", "i")
    part = table.part(lower, language)
    if bare in table.capitals:
        return _named(table.capitals[bare]), part
    identifier = table.sense(lower, language)
    if identifier is not None:
        return _named(identifier), part
    return _plain(bare, lower, language, table), part


def _plain(bare: str, lower: str, language: str, table: Lexicon) -> Unit | None:
    if len(lower) < _SHORTEST_WORD:
        return None
    key = stem(lower, language)
    level = table.rarity.get(key, RARE)
    if bare[0].isupper() and level > 2:
        bones = skeleton(lower, language)
        if len(bones) >= _SHORTEST_SKELETON:
            return made("~" + bones, Kind.NAME)
    return made(key, Kind.STEM)


@lru_cache(maxsize=4096)
def _named(identifier: str) -> Unit:
    kind = _KINDS.get(lexicon().kinds[identifier], Kind.THING)
    return made(identifier, kind, NUMBER_WORD if kind is Kind.NUMBER else 5)


@lru_cache(maxsize=4096)
def _number(key: str, weight: float) -> Unit:
    return Unit("#" + key, crc32(b"#" + key.encode()), Kind.NUMBER, round(weight * RARE))
