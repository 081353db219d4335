"""An article as the features by which its copies and its story are found and judged."""

from hashlib import blake2b

from aggregator.model import Features
from aggregator.stories.facts import Kind, pack, packed_unit
from aggregator.stories.guards import title_skeleton
from aggregator.stories.shingles import sketch, words
from aggregator.stories.units import Found, read

MOST_CLUES = 8
_AS_CLUE = {Kind.STEM: 0.4, Kind.NAME: 0.8, Kind.PLACE: 1.2, Kind.ACTOR: 1.2, Kind.THING: 1.2}


def describe(title: str, text: str, language: str) -> Features:
    """Sketch, clues and facts of an article: pure, the same on every machine. `text` is free of boilerplate."""
    tokens = words(text)
    found = read(title, text, language)
    units = [packed_unit(item.unit.hash, item.unit.kind, item.zone, item.unit.rarity) for item in found]
    return Features(
        sketch=sketch(tokens, language),
        clues=tuple(_clue(item.unit.key) for item in clues(found)),
        facts=pack(len(tokens), title_skeleton(title), units),
    )


def clues(found: list[Found]) -> list[Found]:
    """The ≤8 weightiest units, ids first; stems far behind, as they seldom meet in a retelling or in another language."""
    return sorted(found, key=_weight_as_clue)[:MOST_CLUES]


def _weight_as_clue(item: Found) -> tuple[float, str]:
    return -item.weight * _AS_CLUE.get(item.unit.kind, 1.0), item.unit.key


def _clue(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
