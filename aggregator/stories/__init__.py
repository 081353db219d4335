"""Copies and stories: which articles are one text, and which report one event.

describe → (the store finds candidates by shared sketch hashes and clues) → compare → edges → partition → groups.
Everything here is pure: an edge depends on its two reports only, a story on all edges of its component.
"""

from aggregator.stories.choice import canonical
from aggregator.stories.clusters import bond, partition
from aggregator.stories.explanation import Explanation, explain
from aggregator.stories.features import describe
from aggregator.stories.pairs import (
    CLUES_SHARED,
    COPY_WINDOW,
    MAX_CANDIDATES,
    MIN_SHARED,
    RULE_VERSION,
    STORY_WINDOW,
    compare,
    needed_shared,
)
from aggregator.stories.reach import reach
from aggregator.stories.shingles import Passage

__all__ = [
    "CLUES_SHARED",
    "COPY_WINDOW",
    "MAX_CANDIDATES",
    "MIN_SHARED",
    "RULE_VERSION",
    "STORY_WINDOW",
    "Explanation",
    "Passage",
    "bond",
    "canonical",
    "compare",
    "describe",
    "explain",
    "needed_shared",
    "partition",
    "reach",
]
