"""An article as the features by which its copies and its story are found and judged."""

from aggregator.model import Features
from aggregator.stories.facts import MOST_UNITS, pack
from aggregator.stories.guards import title_skeleton
from aggregator.stories.shingles import sketch
from aggregator.stories.units import clues, read

MOST_CLUES = 20


def describe(title: str, text: str, language: str) -> Features:
    """Sketch, clues and facts of an article: pure, the same on every machine. `text` is free of boilerplate.

    A text that only repeats the title is none: titles alone make neither copies nor stories. A clue that the facts have
    no room for would lead to articles without telling what is shared with them.
    """
    found = read(title, text, language)
    kept = found.cut_to(MOST_UNITS)
    return Features(
        sketch=sketch(found.words),
        clues=clues(found, kept, MOST_CLUES),
        facts=pack(len(found.words), title_skeleton(title), kept.units),
    )
