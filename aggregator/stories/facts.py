"""What the scorer keeps of an article, in a few hundred bytes.

Layout, big endian: version (1 byte), words of the text (2), hash of the title's skeleton (4), then the units, weightiest
first, 4 bytes each: 24 bits of hash, 3 of kind, 2 of zone, 3 of rarity.
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


class Zone(IntEnum):
    """Where a unit stands for the first time."""

    BODY = 0
    LEAD = 1
    TITLE = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """Units by their 24-bit hash; the value holds kind, zone and rarity as packed (see `kind_of` …)."""

    words: int
    title: int
    units: dict[int, int]


def kind_of(value: int) -> int:
    """The kind of a packed unit."""
    return value >> 5


def zone_of(value: int) -> int:
    """The zone of a packed unit."""
    return value >> 3 & 3


def rarity_of(value: int) -> int:
    """The rarity 0…7 of a packed unit."""
    return value & 7


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
    if len(packed) < _HEAD.size or packed[0] != VERSION:
        return None
    _, words, title = _HEAD.unpack_from(packed)
    body = array("I", packed[_HEAD.size :])
    if byteorder == "little":
        body.byteswap()
    return Facts(words, title, {unit >> 8: unit & 0xFF for unit in body})
