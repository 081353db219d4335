"""How likely two articles report one event: a few signals, one logistic regression.

The signals are shares of rarity-weighted units (see `units`), so that long and short texts compare. Stems are compared
within one language only by the signal of their own; across languages only loan-words meet there.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, sqrt

from aggregator.stories.facts import Facts, Kind, kind_of, rarity_of, zone_of

SIGNALS = (
    "bias",
    "overlap",
    "stems",
    "names",
    "numbers",
    "title",
    "lead_min",
    "lead_max",
    "hours",
    "same_source",
    "same_language",
    "passages",
)
_RARITY = (0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.3, 1.6)


def unit_weight(value: int) -> float:
    """What an agreement on a packed unit weighs."""
    return _RARITY[rarity_of(value)]


_WEIGHT = tuple(unit_weight(value) for value in range(256))
_SQUARE = tuple(weight * weight for weight in _WEIGHT)
_KIND = tuple(kind_of(value) for value in range(256))
_ZONE = tuple(zone_of(value) for value in range(256))


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained regression; `digest` names the data it was trained on."""

    weights: tuple[float, ...]
    floor: float
    join: float


@lru_cache(maxsize=1)
def trained() -> Weights:
    """The shipped weights."""
    data = json.loads(files(__package__).joinpath("data", "weights.json").read_text(encoding="utf-8"))
    return Weights(tuple(data["weights"][name] for name in SIGNALS), data["floor"], data["join"])


@dataclass(frozen=True, slots=True)
class Context:
    """What two reports tell beside their facts: seconds apart, the same outlet, the same language, shared sketch hashes."""

    apart: int
    same_source: bool
    same_language: bool
    passages: float


def signals(a: Facts, b: Facts, context: Context) -> tuple[float, ...]:
    """The signals of a pair in the order of SIGNALS; symmetric in a and b."""
    shared = a.units.keys() & b.units.keys()
    overlap = _cosine(a, b, shared, stems=False)
    stems = _cosine(a, b, shared, stems=True)
    names = sum(_WEIGHT[a.units[u]] for u in shared if _KIND[a.units[u]] == Kind.NAME)
    numbers = sum(_WEIGHT[a.units[u]] for u in shared if _KIND[a.units[u]] == Kind.NUMBER)
    leads = sorted((_covered(a, shared), _covered(b, shared)))
    return (
        1.0,
        overlap,
        stems,
        min(names, 4.0),
        min(numbers, 4.0),
        _titles(a, b, shared),
        leads[0],
        leads[1],
        context.apart / 3600 / 72,
        float(context.same_source),
        float(context.same_language),
        context.passages,
    )


def _cosine(a: Facts, b: Facts, shared: set[int], *, stems: bool) -> float:
    def mass(units: dict[int, int], keys: set[int]) -> float:
        return sum(_SQUARE[units[u]] for u in keys if (_KIND[units[u]] == Kind.STEM) is stems)

    whole = sqrt(mass(a.units, set(a.units)) * mass(b.units, set(b.units)))
    return mass(a.units, shared) / whole if whole else 0.0


def _covered(facts: Facts, shared: set[int]) -> float:
    """The share of one article's title and lead that the other has anywhere."""
    whole = sum(_WEIGHT[v] for v in facts.units.values() if _ZONE[v] and _KIND[v] != Kind.STEM)
    met = sum(_WEIGHT[facts.units[u]] for u in shared if _ZONE[facts.units[u]] and _KIND[facts.units[u]] != Kind.STEM)
    return met / whole if whole else 0.0


def _titles(a: Facts, b: Facts, shared: set[int]) -> float:
    return sum(_WEIGHT[a.units[u]] for u in shared if _ZONE[a.units[u]] == 2 == _ZONE[b.units[u]])


def probability(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    """The logistic of the weighted signals."""
    logit = sum(weight * value for weight, value in zip(weights, values, strict=True))
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, logit))))
