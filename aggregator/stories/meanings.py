"""What words mean: the units they stand for, worked out at their first sight and remembered."""

from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from zlib import crc32

from aggregator.stories.alphabet import CAPITALS, FOLDED, LOWER, MARK, letters_of
from aggregator.stories.facts import Kind
from aggregator.stories.letters import in_cyrillic, kazakh, romanise, skeleton, stem, stem_of
from aggregator.stories.lexicon import RARE, lexicon
from aggregator.stories.numbers import valued

Unit = int
"""One thing a text speaks of, 32 bits: 24 of the hash of its key, then kind (3), zone (2), rarity (3) as in `facts`."""

NOTHING: Unit = 0
ODD: Unit = 7 << 5
"""Stands for a word that its neighbours decide about: of a kind that no unit is of."""
Odd = tuple[Unit, str | None]
"""Of such a word: its unit when it is no name, and its key as a part of phrases."""

MOST_WORDS = 40_000
"""Words of one generation in all languages together, some 5 MB."""
_HASH = 0xFFFFFF00
_LONG_WORD = 100
_MOST_LANGUAGES = 64
_NUMBER_WORD = 1
_UNCOUNTED_ID = 5
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


Reading = tuple[bytes, Unit, str | None]
"""What a word is read as: the key of its unit, the unit, and its key as a part of phrases."""


def made(key: bytes, kind: Kind, rarity: int) -> Unit:
    """A unit by its key; equal keys make equal units."""
    return crc32(key) & _HASH | kind << 5 | rarity


def reading(bare: bytes, language: str, *, as_name: bool) -> Reading:
    """What the letters of a word stand for; as a name its capitals count, otherwise they do not."""
    table = lexicon()
    lower = bare.translate(LOWER)
    identifier = (table.capitals.get(bare) if as_name else None) or table.sense(lower, language)
    if language == "kk" and not identifier:
        lower = kazakh(lower)
        identifier = table.sense(lower, language)
    part = table.part(lower, language)
    if identifier:
        return identifier.encode(), named(identifier), part
    return *_plain(lower, language, as_name=as_name and bare[:1] in CAPITALS), part


def _plain(lower: bytes, language: str, *, as_name: bool) -> tuple[bytes, Unit]:
    if len(lower) < _SHORTEST_WORD:
        return b"", NOTHING
    key = stem(lower, language)
    level = lexicon().rarity.get(key, RARE)
    if as_name and level > _TOO_COMMON_FOR_A_NAME:
        bones = skeleton(lower, language)
        if len(bones) >= _SHORTEST_SKELETON:
            return b"~" + bones, made(b"~" + bones, Kind.NAME, RARE)
    return key, _of_stem(key, lexicon().rarity)


def _of_stem(key: bytes, rarity: Mapping[bytes, int]) -> Unit:
    """The unit of a stem; that of a stem of all articles is nothing."""
    level = rarity.get(key, RARE)
    return crc32(key) & _HASH | level if level else NOTHING


@lru_cache(maxsize=4096)
def named(identifier: str) -> Unit:
    """The unit of an id of the lexicon."""
    table = lexicon()
    kind = _KINDS.get(table.kinds[identifier], Kind.THING)
    key = identifier.encode()
    return made(key, kind, table.rarity.get(key, _NUMBER_WORD if kind is Kind.NUMBER else _UNCOUNTED_ID))


@lru_cache(maxsize=8192)
def counted(figure: str) -> tuple[Unit, ...]:
    """The units of a figure as it stands in a text: one, or both ends of a range."""
    return tuple(made(b"#" + n.key.encode(), Kind.NUMBER, round(n.weight * RARE)) for n in valued(figure))


_RECORD = Struct("=II")
_record = _RECORD.pack


class Words(dict[bytes, bytes]):
    """The words of a language as they stand → 8 bytes: the hash of the folded word for sketches, and its unit.

    The hash is 0 for a mark, the unit NOTHING for words that say nothing and ODD for some. Nothing is held that could not
    be worked out again, so threads may share it. `elder` is the generation before: what comes often passes into this one.
    """

    __slots__ = (
        "_beginnings",
        "_capitals",
        "_elder",
        "_is_kazakh",
        "_language",
        "_names",
        "_rarity",
        "_seed",
        "burden",
        "odd",
    )

    def __init__(self, language: str, elder: "Words | None" = None) -> None:
        self._language = language
        self._is_kazakh = language == "kk"
        self._elder = elder
        self._seed = crc32(language.encode())
        self._beginnings = lexicon().beginnings(language)
        self._capitals = lexicon().capitals
        self._rarity = lexicon().rarity
        self._names: dict[bytes, Unit] = {}
        self.odd: dict[bytes, Odd] = {}
        self.burden = 0
        self[MARK] = _record(0, NOTHING)

    def grown_old(self) -> "Words":
        """The next generation, which remembers this one and none before."""
        self._elder = None
        return Words(self._language, self)

    def name(self, word: bytes) -> Unit:
        """The unit of an odd word as a name."""
        unit = self._names.get(word)
        if unit is None:
            unit = self._names[word] = reading(letters_of(word), self._language, as_name=True)[1]
        return unit

    def __missing__(self, word: bytes) -> bytes:
        if self._elder is not None and word in self._elder:
            return self._passed_on(word, self._elder)
        folded = word.translate(FOLDED)
        is_small = folded == word or word.translate(LOWER) == word
        unit = self._small(word) if is_small else self._capital(word)
        if len(word) > _LONG_WORD:
            self.burden += len(word) // _LONG_WORD
        record = self[word] = _record(crc32(folded, self._seed), unit)
        return record

    def _passed_on(self, word: bytes, elder: "Words") -> bytes:
        if word in elder.odd:
            self.odd[word] = elder.odd[word]
        record = self[word] = elder[word]
        return record

    def _small(self, word: bytes) -> Unit:
        """The unit of a word in lower case. Most begin like nothing in the lexicon, and are stems of Latin letters."""
        known = self._beginnings
        if word[:4] not in known and word[:3] not in known and word[:2] not in known:
            roman = romanise(word, self._language)
            if roman.isalpha() and len(word) >= _SHORTEST_WORD and (not self._is_kazakh or in_cyrillic(word)):
                return _of_stem(stem_of(roman), self._rarity)
        _, unit, part = reading(letters_of(word), self._language, as_name=False)
        if not part:
            return unit
        self.odd[word] = unit, part
        return ODD

    def _capital(self, word: bytes) -> Unit:
        """The unit of a word with capitals: that of the word in lower case, unless it may be a name."""
        lower = word.translate(LOWER)
        _, unit = _RECORD.unpack(self[lower])
        plain, part = self.odd[lower] if unit == ODD else (unit, None)
        bare = letters_of(word)
        nameable = bare[:1] in CAPITALS and plain >> 5 & 7 == Kind.STEM and plain & 7 > _TOO_COMMON_FOR_A_NAME
        if part or nameable or bare in self._capitals:
            self.odd[word] = plain, part
            return ODD
        return plain


_known: dict[str, Words] = {}


def words_of(language: str) -> Words:
    """What is remembered of a language. All languages together are bounded; when they are too many, all grow old."""
    if remembered() > MOST_WORDS:
        for name, words in list(_known.items()):
            _known[name] = words.grown_old()
    if len(_known) >= _MOST_LANGUAGES:
        _known.clear()
    found = _known.get(language)
    if found is None:
        found = _known.setdefault(language, Words(language))
    return found


def remembered() -> int:
    """How many words are remembered in this generation; very long ones count as many."""
    return sum([len(words) + words.burden for words in list(_known.values())])


def forget() -> None:
    """Drops all that is remembered of words."""
    _known.clear()
    named.cache_clear()
    counted.cache_clear()
