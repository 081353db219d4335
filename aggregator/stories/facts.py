"""What the scorer keeps of an article, in a few hundred bytes.

Layout, big endian: version (1 byte), words of the text (2), hash of the title's skeleton (4), then the units,
weightiest first, 4 bytes each: 24 bits of hash, 3 of kind, 2 of zone, 3 of rarity.
"""

from array import array
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from struct import Struct
from sys import byteorder

VERSION = 1
MOST_UNITS = 96
_HEAD = Struct(">BHI")


class Kind(IntEnum):
    """What a unit is. All but stems mean the same in every language; stems agree on loan-words."""

    STEM = 0
    NAME = 1
    CONCEPT = 2
    PLACE = 3
    ACTOR = 4
    THING = 5
    NUMBER = 6

    @property
    def is_name(self) -> bool:
        """Whether units of this kind name somebody, something or some place."""
        return self in (Kind.NAME, Kind.PLACE, Kind.ACTOR)


class Zone(IntEnum):
    """Where a unit stands for the first time."""

    BODY = 0
    LEAD = 1
    TITLE = 2


_WEIGHTS = (0, 10, 30, 50, 70, 90, 115, 140)
"""What a unit of rarity 0…7 weighs, in hundredths: whole numbers, so that sums do not depend on their order."""

Parts = tuple[int, int, int, int, int, int]
"""What one unit adds to the sums over an article: squares of meanings and of stems (in ten-thousandths), weights of names,
of numbers, of what is no stem in title and lead, and in the title (in hundredths)."""


def _parts(value: int) -> Parts:
    kind, zone, weight = value >> 5, value >> 3 & 3, _WEIGHTS[value & 7]
    if kind == Kind.STEM:
        return 0, weight * weight, 0, 0, 0, 0
    name, number = (weight if kind == which else 0 for which in (Kind.NAME, Kind.NUMBER))
    return weight * weight, 0, name, number, weight if zone else 0, weight if zone == Zone.TITLE else 0


PARTS = tuple(map(_parts, range(256)))


@dataclass(frozen=True, slots=True)
class Facts:
    """The units of an article: 24-bit hash → kind, zone and rarity as packed; `sums` of their PARTS."""

    words: int
    title: int
    units: dict[int, int]
    keys: frozenset[int]
    numbers: frozenset[int]
    title_numbers: frozenset[int]
    sums: Parts


def kind_of(value: int) -> Kind:
    """The kind of a unit as packed."""
    return Kind(value >> 5)


def pack(words: int, title: int, units: list[int]) -> bytes:
    """The bytes of an article of 64-bit units (see `units`); those beyond the first MOST_UNITS are dropped."""
    body = array("I", [unit >> 8 & 0xFFFFFF00 | unit & 0xFF for unit in units[:MOST_UNITS]])
    if byteorder == "little":
        body.byteswap()
    return _HEAD.pack(VERSION, min(words, 0xFFFF), title) + body.tobytes()


@lru_cache(maxsize=8192)
def unpack(packed: bytes) -> Facts | None:
    """The facts, or None when another version of this program wrote them."""
    if len(packed) < _HEAD.size or packed[0] != VERSION or (len(packed) - _HEAD.size) % 4:
        return None
    _, words, title = _HEAD.unpack_from(packed)
    body = array("I", packed[_HEAD.size :])
    if byteorder == "little":
        body.byteswap()
    units = {unit >> 8: unit & 0xFF for unit in body}
    numbers = frozenset(key for key, value in units.items() if value >> 5 == Kind.NUMBER)
    return Facts(
        words=words,
        title=title,
        units=units,
        keys=frozenset(units),
        numbers=numbers,
        title_numbers=frozenset(key for key in numbers if units[key] >> 3 & 3 == Zone.TITLE),
        sums=total([PARTS[value] for value in units.values()]),
    )


def total(rows: list[Parts]) -> Parts:
    """The sums of parts, column by column."""
    if not rows:
        return 0, 0, 0, 0, 0, 0
    squares, stems, names, counts, lead, headline = map(sum, zip(*rows, strict=True))
    return squares, stems, names, counts, lead, headline
