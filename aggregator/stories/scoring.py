"""How likely two articles report one event: a few signals, one logistic regression.

The signals are shares and sums of rarity-weighted units (see `units`). Meanings are everything but stems: ids, concepts,
names and numbers, which compare in all languages; stems compare within a language, and on loan-words across.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, sqrt

from aggregator.stories.facts import Facts, Kind, Zone

SIGNALS = (
    "bias",
    "meanings",
    "stems",
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
    "same_language",
)
MOST_AGREEMENT = 2.5
ENOUGH_NUMBERS = 2.0
FEWEST_SHARED = 3
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained regression. `floor`: no edge below; `join`: clusters join above it on average."""

    weights: tuple[float, ...]
    floor: float
    join: float


@dataclass(frozen=True, slots=True)
class Shared:
    """What two articles agree on: the keys, and sums of squares (meanings, stems) and weights (names, numbers, title).

    `lead` and `headline` hold, for the first and the second article, how much of theirs the other has anywhere.
    """

    keys: frozenset[int]
    meanings: float
    stems: float
    names: float
    numbers: float
    title: float
    lead: tuple[float, float]
    headline: tuple[float, float]


@lru_cache(maxsize=1)
def trained() -> Weights:
    """The shipped weights, written by benchmarks/stories_train.py."""
    data = json.loads(files(__package__).joinpath("data", "weights.json").read_text(encoding="utf-8"))
    return Weights(tuple(data["weights"][name] for name in SIGNALS), data["floor"], data["join"])


def agreement(a: Facts, b: Facts, keys: frozenset[int]) -> Shared:
    """Sums over the shared keys."""
    meanings = stems = names = numbers = title = 0.0
    lead_a = lead_b = headline_a = headline_b = 0.0
    for key in sorted(keys):
        mine, theirs = a.units[key], b.units[key]
        if not mine.kind:
            stems += mine.square
            continue
        meanings += mine.square
        if mine.kind is Kind.NAME:
            names += mine.weight
        elif mine.kind is Kind.NUMBER:
            numbers += mine.weight
        if mine.zone:
            lead_a += mine.weight
            headline_a += mine.weight if mine.zone is Zone.TITLE else 0.0
        if theirs.zone:
            lead_b += theirs.weight
            headline_b += theirs.weight if theirs.zone is Zone.TITLE else 0.0
        if mine.zone is Zone.TITLE is theirs.zone:
            title += mine.weight
    return Shared(keys, meanings, stems, names, numbers, title, (lead_a, lead_b), (headline_a, headline_b))


def signals(
    a: Facts, b: Facts, shared: Shared, *, apart: int, same_source: bool, same_language: bool
) -> tuple[float, ...]:
    """The signals of a pair in the order of SIGNALS, the same for (a, b) and (b, a); `apart` in seconds."""
    return (
        1.0,
        _share(shared.meanings, sqrt(a.meanings * b.meanings)),
        _share(shared.stems, sqrt(a.stems * b.stems)),
        min(shared.names, MOST_AGREEMENT),
        min(shared.numbers, MOST_AGREEMENT),
        _conflict(shared.numbers, min(a.counted, b.counted)),
        min(shared.title, MOST_AGREEMENT),
        *sorted((_share(shared.lead[0], a.lead), _share(shared.lead[1], b.lead))),
        *sorted((_share(shared.headline[0], a.headline), _share(shared.headline[1], b.headline))),
        apart / _DAY,
        float(same_source),
        float(same_language),
    )


def _conflict(agreed: float, counted: float) -> float:
    """0 when all numbers of the text with fewer agree, or it has hardly any; 1 when it has enough and none agrees."""
    return min(counted, ENOUGH_NUMBERS) / ENOUGH_NUMBERS * (1.0 - agreed / counted) if counted else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def probability(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    """The logistic function of the weighted signals."""
    logit = sum(weight * value for weight, value in zip(weights, values, strict=True))
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, logit))))
