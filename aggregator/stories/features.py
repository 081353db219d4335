"""An article as the features by which its copies and its story are found and judged."""

from heapq import nlargest

from aggregator.model import Features
from aggregator.stories.facts import pack
from aggregator.stories.guards import title_skeleton
from aggregator.stories.shingles import sketch, words
from aggregator.stories.units import Unit, read

MOST_CLUES = 8
_AS_CLUE = (2, 4, 5, 6, 6, 6, 5)
"""By kind: ids first; stems far behind, as they seldom meet in a retelling or in another language."""


def describe(title: str, text: str, language: str) -> Features:
    """Sketch, clues and facts of an article: pure, the same on every machine. `text` is free of boilerplate.

    A text that only repeats the title is none: titles alone make neither copies nor stories.
    """
    tokens = words(text)
    if tokens == words(title):
        tokens = []
    found = read(title, text, language)
    return Features(
        sketch=sketch(tokens, language),
        clues=clues(found),
        facts=pack(len(tokens), title_skeleton(title), [unit for _, unit in found]),
    )


def clues(found: list[tuple[int, Unit]]) -> tuple[int, ...]:
    """56-bit hashes of the ≤8 units by which other reports of the event may be found, best first."""
    best = nlargest(MOST_CLUES, [(weight * _AS_CLUE[unit >> 5 & 7], unit >> 8) for weight, unit in found])
    return tuple(key for _, key in best)
