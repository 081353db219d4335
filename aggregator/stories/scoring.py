"""How likely two articles report one event: a few signals, one logistic regression.

The signals are shares and sums of rarity-weighted units (see `units`). Meanings are everything but stems: ids, concepts,
names and numbers, which compare in all languages. Stems only tell texts of one template (`guards`): as a signal they
paid nothing.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, sqrt
from operator import mul

from aggregator.stories.facts import PARTS, Facts, Parts, total

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
)
MOST_AGREEMENT = 2.5
ENOUGH_NUMBERS = 2.0
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained regression. `floor`: no edge below; `join`: clusters join above it on average."""

    weights: tuple[float, ...]
    floor: float
    join: float


@dataclass(frozen=True, slots=True)
class Shared:
    """What two articles agree on: the keys, and the sums of their parts.

    `mine` as the first article has them; `lead` and `headline` as the second has them; `title` stands in both titles.
    """

    keys: frozenset[int] = frozenset()
    mine: Parts = (0, 0, 0, 0, 0, 0)
    lead: int = 0
    headline: int = 0
    title: int = 0


NO_AGREEMENT = Shared()


@lru_cache(maxsize=1)
def trained() -> Weights:
    """The shipped weights, written by benchmarks/stories_train.py."""
    data = json.loads(files(__package__).joinpath("data", "weights.json").read_text(encoding="utf-8"))
    return Weights(tuple(data["weights"][name] for name in SIGNALS), data["floor"], data["join"])


def agreement(a: Facts, b: Facts, keys: frozenset[int]) -> Shared:
    """Sums over the shared keys."""
    mine = [PARTS[a.units[key]] for key in keys]
    theirs = [PARTS[b.units[key]] for key in keys]
    title = sum([one[5] for one, other in zip(mine, theirs, strict=True) if other[5]])
    return Shared(keys, total(mine), sum([parts[4] for parts in theirs]), sum([parts[5] for parts in theirs]), title)


def same_stems(a: Facts, b: Facts, shared: Shared) -> float:
    """The cosine of the stems of two texts of one language: their likeness as texts."""
    return _share(shared.mine[1], sqrt(a.sums[1] * b.sums[1]))


def signals(a: Facts, b: Facts, shared: Shared, *, apart: int, same_source: bool) -> tuple[float, ...]:
    """The signals of a pair in the order of SIGNALS, the same for (a, b) and (b, a); `apart` in seconds."""
    _, _, names, counts, lead_a, headline_a = shared.mine
    return (
        1.0,
        _share(shared.mine[0], sqrt(a.sums[0] * b.sums[0])),
        min(names / 100, MOST_AGREEMENT),
        min(counts / 100, MOST_AGREEMENT),
        _conflict(counts / 100, min(a.sums[3], b.sums[3]) / 100),
        min(shared.title / 100, MOST_AGREEMENT),
        *sorted((_share(lead_a, a.sums[4]), _share(shared.lead, b.sums[4]))),
        *sorted((_share(headline_a, a.sums[5]), _share(shared.headline, b.sums[5]))),
        apart / _DAY,
        float(same_source),
    )


def _conflict(agreed: float, counted: float) -> float:
    """0 when all numbers of the text with fewer agree, or it has hardly any; 1 when it has enough and none agrees."""
    return min(counted, ENOUGH_NUMBERS) / ENOUGH_NUMBERS * (1.0 - agreed / counted) if counted else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def probability(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    """The logistic function of the weighted signals."""
    logit = sum(map(mul, values, weights))
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, logit))))
