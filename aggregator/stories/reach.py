"""Where to look for reports that may resemble one."""

from aggregator.model import Reach, Report
from aggregator.stories.pairs import CLUES_SHARED, COPY_WINDOW, MAX_CANDIDATES, STORY_WINDOW, needed_shared


def reach(report: Report) -> Reach:
    """Windows, and how many hashes a copy and how many clues a story shares at least.

    One shared hash is enough to be looked at: how many are needed depends on the shorter of two texts, and which of
    them is placed first must not matter (`compare` judges the pair).
    """
    shortest_needs = needed_shared(0)
    return Reach(
        COPY_WINDOW, STORY_WINDOW, shortest_needs if report.features.sketch else 0, MAX_CANDIDATES, CLUES_SHARED
    )
