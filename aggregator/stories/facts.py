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


WEIGHTS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.15, 1.4)
"""What a unit of rarity 0…7 weighs."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A packed unit, opened: what an agreement on it weighs, and what and where it is."""

    kind: Kind
    zone: Zone
    weight: float
    square: float


MARKS = tuple(
    Mark(Kind(value >> 5), Zone(min(value >> 3 & 3, 2)), WEIGHTS[value & 7], WEIGHTS[value & 7] ** 2)
    if value >> 5 < len(Kind)
    else Mark(Kind.STEM, Zone.BODY, 0.0, 0.0)
    for value in range(256)
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The units of an article by hash, and sums over them that every pair needs.

    `meanings` and `stems` are sums of squares (for cosines). All others are sums of weights: `lead` and `headline` of what
    is no stem, `counted` of all numbers.
    """

    words: int
    title: int
    units: dict[int, Mark]
    numbers: frozenset[int]
    title_numbers: frozenset[int]
    meanings: float
    stems: float
    lead: float
    headline: float
    counted: float


def packed_unit(key: int, kind: Kind, zone: Zone, rarity: int) -> int:
    """One unit as an unsigned 32-bit integer; `key` is any hash, of which 24 bits stay."""
    return (key & 0xFFFFFF) << 8 | kind << 5 | zone << 3 | rarity


def pack(words: int, title: int, units: list[int]) -> bytes:
    """The bytes of an article; units beyond the first MOST_UNITS are dropped."""
    body = array("I", units[:MOST_UNITS])
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
    units = {unit >> 8: MARKS[unit & 0xFF] for unit in body}
    meant = [mark for mark in units.values() if mark.kind]
    numbers = frozenset(key for key, mark in units.items() if mark.kind is Kind.NUMBER)
    return Facts(
        words=words,
        title=title,
        units=units,
        numbers=numbers,
        title_numbers=frozenset(key for key in numbers if units[key].zone is Zone.TITLE),
        meanings=sum(mark.square for mark in meant),
        stems=sum(mark.square for mark in units.values() if not mark.kind),
        lead=sum(mark.weight for mark in meant if mark.zone),
        headline=sum(mark.weight for mark in meant if mark.zone is Zone.TITLE),
        counted=sum(units[key].weight for key in numbers),
    )
