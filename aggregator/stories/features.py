"""An article as the features by which its copies and its story are found and judged."""

from aggregator.model import Features
from aggregator.stories.facts import MOST_UNITS, pack
from aggregator.stories.guards import title_skeleton
from aggregator.stories.shingles import sketch, words
from aggregator.stories.units import clues, read

MOST_CLUES = 20


def describe(title: str, text: str, language: str) -> Features:
    """Sketch, clues and facts of an article: pure, the same on every machine. `text` is free of boilerplate.

    A text that only repeats the title is none: titles alone make neither copies nor stories. A clue that the facts have
    no room for would lead to articles without telling what is shared with them.
    """
    tokens = words(text)
    if tokens == words(title):
        tokens = []
    found = read(title, text, language)
    kept = found.weightiest()[:MOST_UNITS]
    known = {unit >> 8 for unit in kept}
    return Features(
        sketch=sketch(tokens, language),
        clues=tuple([clue for clue in clues(found, MOST_CLUES) if clue in known]),
        facts=pack(len(tokens), title_skeleton(title), kept),
    )
