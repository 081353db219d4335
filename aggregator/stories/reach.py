"""Where to look for reports that may resemble one."""

from aggregator.model import Reach, Report
from aggregator.stories.pairs import CLUES_SHARED, COPY_WINDOW, MAX_CANDIDATES, STORY_WINDOW, needed_shared

MOST_FOR_A_STORY = 50
"""Fewer tear large stories apart, as an edge that was not looked for counts as none: of eighty retellings among 160 other
articles the largest story held, for five events, 80, 61, 68, 56 and 21; with 24 it held 43, 27, 32, 40 and 19.
"""


def reach(report: Report) -> Reach:
    """Windows, and how many hashes a copy and how many clues a story shares at least.

    One shared hash is enough to be looked at: how many are needed depends on the shorter of two texts, and which of
    them is placed first must not matter (`compare` judges the pair).
    """
    shortest_needs = needed_shared(0)
    return Reach(
        copy_window=COPY_WINDOW,
        story_window=STORY_WINDOW,
        needed=shortest_needs if report.features.sketch else 0,
        most=MAX_CANDIDATES,
        clues=CLUES_SHARED,
        most_stories=MOST_FOR_A_STORY,
    )
