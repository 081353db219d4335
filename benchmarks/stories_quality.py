"""Copies and stories on the labelled newsroom: precision, recall and F1 of pairs, at several densities.

Run: python -m benchmarks.stories_quality [folder of *.jsonl | --all | --blind | --confusions]
("held out": the half that was not trained on)
--all: the held-out halves of three newsrooms in one stream, also with tables missing and with articles cut.
--blind: the three newsrooms that trained nothing, whole, cut to the first paragraph and to the first sentence.
--confusions: which stories of those were joined wrongly, and the signals of their likest pair.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aggregator.model import Report
from aggregator.stories.pairs import judge
from aggregator.stories.scoring import SIGNALS
from benchmarks.stories_newsroom import (
    FIFTH,
    FOLDER,
    FOURTH,
    SIXTH,
    Item,
    Score,
    candidates,
    copy_pairs,
    edges,
    everything,
    is_training,
    newsroom,
    placed,
    reports,
    retimed,
    scored,
    shortened,
    some_tables,
    story_pairs,
    true_pairs,
)

SEEDS = (11, 12, 13, 14, 15)


def across(pairs: set[tuple[int, int]], items: Sequence[Item]) -> set[tuple[int, int]]:
    """The pairs of two languages."""
    return {(a, b) for a, b in pairs if items[a - 1].language != items[b - 1].language}


def measured(items: Sequence[Item], streams: Sequence[Sequence[Report]]) -> dict[str, Score]:
    """Scores summed over streams of the same items."""
    truth, copies = true_pairs(items), true_pairs(items, copies=True)
    total = dict.fromkeys(("candidates", "copies", "stories", "across", "series"), Score(0, 0, 0))
    series = {(i, j) for i, j in true_pairs([_series(item) for item in items]) if items[i - 1].kind == "bulletin"}
    for stream in streams:
        offered = candidates(stream)
        groups = placed(stream, edges(stream, offered))
        found = story_pairs(groups)
        total["candidates"] += scored({(i + 1, j + 1) for i, j in offered}, truth)
        total["copies"] += scored(copy_pairs(groups), copies)
        total["stories"] += scored(found, truth)
        total["across"] += scored(across(found, items), across(truth, items))
        total["series"] += Score(0, len(found & series), 0)
    return total


def _series(item: Item) -> Item:
    """The item with its outlet as its story, so that pairs of bulletins of one outlet come out."""
    return Item(item.id, item.outlet, "", "", "", 0, f"{item.outlet} {item.kind}", None, item.kind)


def all_together() -> None:
    """The halves of three newsrooms that trained nothing, in one stream of 60 a day."""
    items = [item for item in everything() if not is_training(item)]

    def tell(label: str, chosen: Sequence[Item], stretches: Sequence[float] = (1.0,)) -> None:
        found = reports(chosen)
        result = measured(chosen, [retimed(chosen, found, 60.0, seed, stretches) for seed in SEEDS])
        print(f"\nthree newsrooms ({len(chosen)} articles), {label}")
        for key in ("copies", "stories", "across"):
            print(f"  {key:8} {result[key]}")
        print(f"  series merged: {result['series'].wrong}")

    tell("60 a day", items)
    tell("gaps ×1/2/4", items, (1.0, 2.0, 4.0))
    with some_tables(0.6, seed=77):
        tell("40 % of names and concepts unknown", items)
    tell("half of the articles cut to the first paragraph", shortened(items, 0.5, seed=3))


_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-zа-я])")
BLIND = {"fourth": FOURTH, "fifth": FIFTH, "sixth": SIXTH}
READINGS: dict[str, Callable[[Item], Item]] = {
    "whole": lambda item: item,
    "first paragraph": lambda item: replace(item, text=item.text.split("\n")[0]),
    "first sentence": lambda item: replace(item, text=_SENTENCE.split(item.text.split("\n")[0])[0]),
}


def blind() -> None:
    """The newsrooms that trained nothing."""
    for name, folder in BLIND.items():
        for reading, cut in READINGS.items():
            items = [cut(item) for item in newsroom(folder)]
            found = reports(items)
            for per_day in (60.0, 120.0):
                result = measured(items, [retimed(items, found, per_day, seed) for seed in SEEDS])
                print(f"\n{name} ({len(items)} articles), {reading}, {per_day:.0f} a day")
                for key in ("candidates", "copies", "stories", "across"):
                    print(f"  {key:10} {result[key]}")
                print(f"  series merged: {result['series'].wrong}")


def confusions() -> None:
    """Pairs of stories that were joined wrongly in whole texts at 120 a day, and their likest pair of articles."""
    for name, folder in BLIND.items():
        items = newsroom(folder)
        found, truth = reports(items), true_pairs(items)
        wrong: Counter[tuple[int, int]] = Counter()
        for seed in SEEDS:
            stream = retimed(items, found, 120.0, seed)
            wrong.update(story_pairs(placed(stream, edges(stream, candidates(stream)))) - truth)
        for told in _likest(items, found, wrong):
            print(f"{name}: {told}")


def _likest(items: Sequence[Item], found: Sequence[Report], wrong: Counter[tuple[int, int]]) -> list[str]:
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for (a, b), times in wrong.items():
        one, other = items[a - 1], items[b - 1]
        verdict = judge(found[a - 1], replace(found[b - 1], when=found[a - 1].when))
        values = " ".join(f"{key} {value:.2f}" for key, value in zip(SIGNALS, verdict.signals, strict=False))
        told = f"{one.story}/{other.story} ×{times}: {one.title} | {other.title} | {verdict.score:.2f}: {values}"
        best[one.story, other.story] = max(best.get((one.story, other.story), (0.0, "")), (verdict.score, told))
    return [told for _, told in best.values()]


def main() -> None:
    for option, task in (("--all", all_together), ("--blind", blind), ("--confusions", confusions)):
        if option in sys.argv:
            task()
            return
    items = newsroom(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    held_out = [item for item in items if not is_training(item)]
    for name, chosen in (("held out", held_out), ("all", items)):
        found = reports(chosen)
        settings: list[tuple[str, list[Sequence[Report]]]] = [("as it is", [found])]
        for per_day in (60.0, 120.0):
            for stretches in ((1.0,), (1.0, 2.0, 4.0)):
                label = f"{per_day:.0f} a day, gaps ×{'/'.join(f'{s:.0f}' for s in stretches)}"
                settings.append((label, [retimed(chosen, found, per_day, seed, stretches) for seed in SEEDS]))
        for label, streams in settings:
            result = measured(chosen, streams)
            print(f"\n{name} ({len(chosen)} articles), {label}: candidates recall {result['candidates'].recall:.3f}")
            for key in ("copies", "stories", "across"):
                print(f"  {key:8} {result[key]}")
            print(f"  series merged: {result['series'].wrong}")


if __name__ == "__main__":
    main()
