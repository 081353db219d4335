"""What the scorer keeps of an article, in a few hundred bytes.

Layout, big endian: version (1 byte), words of the text (2), hash of the title's skeleton (4), then the units,
weightiest first, 4 bytes each: 24 bits of hash, 3 of kind, 2 of zone, 3 of rarity.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import compress
from struct import Struct
from sys import byteorder
from typing import NamedTuple

VERSION = 2
MOST_UNITS = 96
_COMMON = 1
_NUMBERS, _MEANINGS, _ZONE, _TITLE = 6 << 5, 1 << 5, 3 << 3, 2 << 3
_HEAD = Struct(">BHI")
_LOWEST_BYTES = slice(_HEAD.size + 3, None, 4)


class Kind(IntEnum):
    """What a unit is. All but stems mean the same in every language; stems agree on loan-words."""

    STEM = 0
    NAME = 1
    CONCEPT = 2
    PLACE = 3
    ACTOR = 4
    THING = 5
    NUMBER = 6


NAMES = frozenset({Kind.NAME, Kind.PLACE, Kind.ACTOR})
"""Units of these kinds name somebody, something or some place."""


class Zone(IntEnum):
    """Where a unit stands for the first time."""

    BODY = 0
    LEAD = 1
    TITLE = 2


_WEIGHTS = (0, 10, 30, 50, 70, 90, 115, 140)
"""What a unit of rarity 0…7 weighs, in hundredths: whole numbers, so that sums do not depend on their order."""


def _column(weigh: Callable[[int], int], wanted: Callable[[int], bool]) -> tuple[int, ...]:
    """What units add to a sum, by their kind, zone and rarity as packed."""
    return tuple(weigh(_WEIGHTS[value & 7]) if wanted(value) else 0 for value in range(256))


_SQUARES = _column(lambda weight: weight * weight, lambda _: True)
_AS_NAMES = _column(int, lambda value: value >> 5 == Kind.NAME)
_AS_NUMBERS = _column(int, lambda value: value >> 5 == Kind.NUMBER)
_AS_LEAD = _column(int, lambda value: bool(value & _ZONE))
_AS_HEADLINE = _column(int, lambda value: value & _ZONE == _TITLE)


_IS_MEANING = bytes(value >= _MEANINGS for value in range(256))
_IS_STEM = bytes(value < _MEANINGS for value in range(256))
_IS_HEADLINE = bytes(value & _ZONE == _TITLE for value in range(256))


def squares(values: Iterable[int]) -> int:
    """The sum of squared weights of units as packed, in ten-thousandths."""
    return sum(map(_SQUARES.__getitem__, values))


def numbers_weight(values: Iterable[int]) -> int:
    """The weights of those that are numbers, in hundredths."""
    return sum(map(_AS_NUMBERS.__getitem__, values))


def lead_weight(values: Iterable[int]) -> int:
    """The weights of those that stand in title or lead, in hundredths."""
    return sum(map(_AS_LEAD.__getitem__, values))


def headline_weight(values: Iterable[int]) -> int:
    """The weights of those that stand in the title, in hundredths."""
    return sum(map(_AS_HEADLINE.__getitem__, values))


_BITS = 15
_FIELD = (1 << _BITS) - 1
_IN_ONE = tuple(
    names | numbers << _BITS | lead << 2 * _BITS | headline << 3 * _BITS
    for names, numbers, lead, headline in zip(_AS_NAMES, _AS_NUMBERS, _AS_LEAD, _AS_HEADLINE, strict=True)
)
"""Four columns in one number, so that one addition adds them all: 96 units of 140 stay below 2¹⁴."""


def weights_in_one(values: Iterable[int]) -> tuple[int, int, int, int]:
    """The weights of names without an id, of numbers, in title or lead, and in the title, in hundredths."""
    packed = sum(map(_IN_ONE.__getitem__, values))
    return packed & _FIELD, packed >> _BITS & _FIELD, packed >> 2 * _BITS & _FIELD, packed >> 3 * _BITS


_NUMBER_BYTES, _LEAD_BYTES, _HEADLINE_BYTES = bytes(_AS_NUMBERS), bytes(_AS_LEAD), bytes(_AS_HEADLINE)
_HIGH_BYTES, _LOW_BYTES = bytes(square >> 8 for square in _SQUARES), bytes(square & 255 for square in _SQUARES)


def _sum_of_squares(values: bytes) -> int:
    """As `squares`, at the speed of bytes."""
    return (sum(values.translate(_HIGH_BYTES)) << 8) + sum(values.translate(_LOW_BYTES))


class Sums(NamedTuple):
    """Sums over the units of an article: squared weights (ten-thousandths) and weights (hundredths) of meanings, which are
    all units but stems, and of stems.
    """

    meanings: int
    stems: int
    numbers: int
    lead: int
    headline: int
    lead_stems: int
    headline_stems: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The units of an article: 24-bit hash → kind, zone and rarity as packed; `sums` over all of them.

    `meanings` are the hashes of all but `stems`, `headline` of those in the title.
    """

    words: int
    title: int
    units: dict[int, int]
    meanings: frozenset[int]
    stems: frozenset[int]
    headline: frozenset[int]
    sums: Sums

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset([key for key in self.meanings if self.units[key] >= _NUMBERS])

    @property
    def title_numbers(self) -> frozenset[int]:
        return self.numbers & self.headline

    @property
    def title_names(self) -> frozenset[int]:
        """The names in the title, common ones too."""
        return frozenset([key for key in self.headline if self.units[key] >> 5 in NAMES])

    @property
    def opening_names(self) -> frozenset[int]:
        """The names in title and lead, but those that stand in every other article."""
        return frozenset(
            key for key, value in self.units.items() if value & _ZONE and value & 7 > _COMMON and value >> 5 in NAMES
        )


def kind_of(value: int) -> Kind:
    """The kind of a unit as packed."""
    return Kind(value >> 5)


def pack(words: int, title: int, units: list[int]) -> bytes:
    """The bytes of an article of ≤MOST_UNITS units (see `units`)."""
    body = array("I", units)
    if byteorder == "little":
        body.byteswap()
    return _HEAD.pack(VERSION, min(words, 0xFFFF), title) + body.tobytes()


@lru_cache(maxsize=2048)
def unpack(packed: bytes) -> Facts | None:
    """The facts, or None when another version of this program wrote them."""
    if len(packed) < _HEAD.size or packed[0] != VERSION or (len(packed) - _HEAD.size) % 4:
        return None
    _, words, title = _HEAD.unpack_from(packed)
    body = array("I", packed[_HEAD.size :])
    if byteorder == "little":
        body.byteswap()
    keys, values = [unit >> 8 for unit in body], packed[_LOWEST_BYTES]
    meant, rest = values.translate(_IS_MEANING), values.translate(_IS_STEM)
    meanings, stems = list(compress(keys, meant)), list(compress(keys, rest))
    known, unknown = bytes(compress(values, meant)), bytes(compress(values, rest))
    return Facts(
        words=words,
        title=title,
        units=dict(zip(keys, values, strict=True)),
        meanings=frozenset(meanings),
        stems=frozenset(stems),
        headline=frozenset(compress(meanings, known.translate(_IS_HEADLINE))),
        sums=Sums(
            meanings=_sum_of_squares(known),
            stems=_sum_of_squares(unknown),
            numbers=sum(known.translate(_NUMBER_BYTES)),
            lead=sum(known.translate(_LEAD_BYTES)),
            headline=sum(known.translate(_HEADLINE_BYTES)),
            lead_stems=sum(unknown.translate(_LEAD_BYTES)),
            headline_stems=sum(unknown.translate(_HEADLINE_BYTES)),
        ),
    )
