"""Which articles may resemble which: looked for in the two indexes, for all articles of a batch at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from heapq import nsmallest

from aggregator.model import Reach, Report
from aggregator.store.engine import Db
from aggregator.store.postings import COPIES, STORIES, Rows, article_of, place, step, step_of

Pair = tuple[int, int]


def meet(db: Db, reports: Sequence[Report], reach: Callable[[Report], Reach]) -> set[Pair]:
    """Enter reports into the indexes one after the other, and pair each (a < b) with those before it that share enough
    hashes of the sketch (copies) or clues (stories) with it, within their windows, to the step of two hours.

    Of many, the nearest to each report: most shared hashes first, then nearest in time, then the smallest id. How many
    are entered together does not matter.
    """
    copies = Rows(db, COPIES, (hash_ for report in reports for hash_ in report.features.sketch))
    stories = Rows(db, STORIES, (clue for report in reports for clue in report.features.clues))
    found: set[Pair] = set()
    for report in reports:
        one, own = reach(report), place(report.when, report.id)
        copies.add(report.features.sketch, own)
        stories.add(report.features.clues, own)
        texts = _nearest(copies, report, report.features.sketch, one.copy_window, one.needed, one.most)
        events = _nearest(stories, report, report.features.clues, one.story_window, one.clues, one.most_stories)
        found.update([_pair(report.id, other) for other in (*texts, *events)])
    copies.write()
    stories.write()
    return found


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _nearest(rows: Rows, report: Report, hashes: Sequence[int], window: int, needed: int, most: int) -> list[int]:
    shared = rows.shared(hashes, step(report.when - window), step(report.when + window))
    shared.pop(place(report.when, report.id), None)
    enough = {one: count for one, count in shared.items() if count >= needed}
    chosen = enough if len(enough) <= most else _best(enough, step(report.when), most)
    return [article_of(one) for one in chosen]


def _best(shared: Mapping[int, int], when: int, most: int) -> Collection[int]:
    """The places that share most, the nearest in time first among equals."""
    return nsmallest(most, shared, key=lambda one: (-shared[one], abs(step_of(one) - when), article_of(one)))
