"""How likely two articles report one event: a few signals, one logistic regression.

The signals are shares and sums of rarity-weighted units (see `units`). Meanings are everything but stems: ids, concepts,
names and numbers, which compare in all languages. Stems tell texts of one template (`guards`), and how much of a text
has no meaning to us: in a text of which the tables know two words, an agreement on both is no likeness. As a signal of
their own they paid nothing.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, sqrt
from operator import mul
from typing import NamedTuple

from aggregator.stories.facts import Facts, Kind, Sums, headline_weight, squares, weights_in_one

SIGNALS = (
    "bias",
    "meanings",
    "names",
    "numbers",
    "numbers_conflict",
    "title",
    "lead_less",
    "lead_more",
    "headline_less",
    "headline_more",
    "days",
    "same_source",
    "title_conflict",
)
MOST_AGREEMENT = 2.5
ENOUGH_NUMBERS = 2.0
FEWEST_MEANINGS = 4
LEAST_AGREEMENT = 10_000
"""Shared meanings, and the sum of their squared weights (half a rare name's), below which nothing is a story: no true
pair that would be found comes near, and half of all candidates fall here.
"""
BRIEF_WORDS = 40
"""A text below it speaks of little, as a first paragraph does: one shared meaning less will do."""
UNREAD = 0.1
"""What a stem adds to the whole of which the agreed meanings are a share, and ..."""
DOUBT, DOUBT_SQUARED = 50, 20_000
"""... what any whole has besides, in hundredths and ten-thousandths: one agreement in a short text is not everything."""
MOST_CONFLICT = 2.5
_DAY = 86_400
_IDS = frozenset({Kind.PLACE, Kind.ACTOR})
_ID_WEIGHTS = tuple(headline_weight([value]) if value >> 5 in _IDS else 0 for value in range(256))


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained regression. `floor`: no edge below; `join`: clusters join above it on average."""

    weights: tuple[float, ...]
    floor: float
    join: float


class Shared(NamedTuple):
    """The meanings that two articles share: `mine` as the first has them, packed, `theirs` as the second; their squared
    weights; the weight of what stands in both titles.
    """

    mine: list[int]
    theirs: list[int]
    squares: int
    title: int


@lru_cache(maxsize=1)
def trained() -> Weights:
    """The shipped weights, written by benchmarks/stories_train.py."""
    data = json.loads(files(__package__).joinpath("data", "weights.json").read_text(encoding="utf-8"))
    return Weights(tuple(data["weights"][name] for name in SIGNALS), data["floor"], data["join"])


def agreement(a: Facts, b: Facts) -> Shared | None:
    """What the meanings of two articles have in common; None when it is too little to make a story of any two."""
    keys = a.meanings & b.meanings
    if len(keys) < FEWEST_MEANINGS - (min(a.words, b.words) < BRIEF_WORDS):
        return None
    mine = [a.units[key] for key in keys]
    mass = squares(mine)
    if mass < LEAST_AGREEMENT:
        return None
    titles = keys & a.headline & b.headline
    return Shared(mine, [b.units[key] for key in keys], mass, headline_weight([a.units[key] for key in titles]))


def same_stems(a: Facts, b: Facts) -> float:
    """The cosine of the stems of two texts of one language: their likeness as texts."""
    shared = squares([a.units[key] for key in a.stems & b.stems])
    return shared / sqrt(a.sums.stems * b.sums.stems) if shared else 0.0


def signals(a: Facts, b: Facts, shared: Shared, *, apart: int, same_source: bool) -> tuple[float, ...]:
    """The signals of a pair in the order of SIGNALS, the same for (a, b) and (b, a); `apart` in seconds."""
    ours, others = a.sums, b.sums
    names, counted, lead_a, headline_a = weights_in_one(shared.mine)
    _, _, lead_b, headline_b = weights_in_one(shared.theirs)
    leads = lead_a / _lead(ours), lead_b / _lead(others)
    headlines = headline_a / _headline(ours), headline_b / _headline(others)
    numbers = counted / 100
    return (
        1.0,
        shared.squares / sqrt(_meanings(ours) * _meanings(others)),
        min(names / 100, MOST_AGREEMENT),
        min(numbers, MOST_AGREEMENT),
        _conflict(numbers, min(ours.numbers, others.numbers) / 100),
        min(shared.title / 100, MOST_AGREEMENT),
        min(leads),
        max(leads),
        min(headlines),
        max(headlines),
        apart / _DAY,
        float(same_source),
        _title_conflict(a, b),
    )


def _title_conflict(a: Facts, b: Facts) -> float:
    """The weight of places and actors in a headline that the other article nowhere names, the lesser of both ways.

    When both headlines have some, two events of one kind are told (the floods of two regions, one company's deals with
    two others). Only ids, which compare in all languages; skeletons of names differ between spellings.
    """
    mine = _alone(a, b)
    return min(mine / 100, _alone(b, a) / 100, MOST_CONFLICT) if mine else 0.0


def _alone(a: Facts, b: Facts) -> int:
    return sum(map(_ID_WEIGHTS.__getitem__, map(a.units.__getitem__, a.headline - b.meanings)))


def _meanings(sums: Sums) -> float:
    return sums.meanings + UNREAD * sums.stems + DOUBT_SQUARED


def _lead(sums: Sums) -> float:
    return sums.lead + UNREAD * sums.lead_stems + DOUBT


def _headline(sums: Sums) -> float:
    return sums.headline + UNREAD * sums.headline_stems + DOUBT


def _conflict(agreed: float, counted: float) -> float:
    """0 when all numbers of the text with fewer agree, or it has hardly any; 1 when it has enough and none agrees."""
    return min(counted, ENOUGH_NUMBERS) / ENOUGH_NUMBERS * (1.0 - agreed / counted) if counted else 0.0


def probability(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    """The logistic function of the weighted signals."""
    logit = sum(map(mul, values, weights))
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, logit))))
