"""CPU of the stories stage: describe per article, compare per pair (rejected early, scored, copies), partition.

Run: .venv/bin/python benchmarks/stories_cost.py
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations

from stories_newsroom import candidates, components, edges, newsroom, reports

from aggregator.model import Report
from aggregator.stories import compare, partition
from aggregator.stories.facts import unpack
from aggregator.stories.shingles import shingles, sketch, words
from aggregator.stories.units import memories, read

ROUNDS = 5


def best(task: Callable[[], object], count: int) -> float:
    """Microseconds for one of `count` things, the best of a few rounds of CPU time."""
    spent = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        task()
        spent.append(time.process_time() - begin)
    return min(spent) / count * 1e6


def say(label: str, task: Callable[[], object], count: int) -> None:
    """Prints what one of `count` things costs."""
    print(f"{label:44} {best(task, count):7.1f} µs ({count})")


def main() -> None:
    items = newsroom()
    tokens = [words(item.text) for item in items]
    print(f"{len(items)} articles of {sum(map(len, tokens)) / len(items):.0f} words")
    memories.cache_clear()
    begin = time.process_time()
    found = reports(items)
    print(f"describe, cold memo of words {(time.process_time() - begin) / len(items) * 1e6:.1f} µs")
    say("describe", lambda: reports(items), len(items))
    say("  words", lambda: [words(i.text) for i in items], len(items))
    say("  sketch", lambda: [sketch(t, "ru") for t in tokens], len(items))
    say("  units", lambda: [read(i.title, i.text, i.language) for i in items], len(items))
    for name in ("facts", "sketch", "clues"):
        size = sum(len(getattr(report.features, name)) for report in found) / len(found)
        print(f"{name}: {size:.1f} {'bytes' if name == 'facts' else 'rows'} an article")

    def unpacked() -> None:
        unpack.cache_clear()
        for report in found:
            unpack(report.features.facts)

    say("unpack", unpacked, len(found))
    offered = sorted(candidates(found))
    joined = edges(found, offered)
    kinds = {(e.a, e.b): e.kind for e in joined}
    print(f"{len(offered)} candidate pairs, {len(offered) / len(found):.1f} an article, {len(joined)} edges")
    for kind in (None, "story", "copy"):
        chosen = [(found[i], found[j]) for i, j in offered if kinds.get((i + 1, j + 1)) == kind]
        say(f"compare → {kind or 'nothing'}", partial(compared, chosen), len(chosen))
    everyone = [(a, b) for a, b in combinations(found, 2) if (a.id, b.id) not in kinds]
    say("compare any unrelated pair", partial(compared, everyone), len(everyone))
    copies = [(found[a - 1], found[b - 1]) for (a, b), kind in kinds.items() if kind == "copy"]

    def copies_cold() -> None:
        shingles.cache_clear()
        compared(copies)

    say("compare → copy, shingles not remembered", copies_cold, len(copies))
    say("compare all candidates, an article", lambda: edges(found, offered), len(found))
    shelves = [(s, [e for e in joined if e.a in {r.id for r in s}]) for s in components(found, joined)]
    largest = max(shelves, key=lambda shelf: len(shelf[0]))
    say("partition of all components, an article", lambda: [partition(s, e) for s, e in shelves], len(found))
    say(
        f"partition of the largest ({len(largest[0])} articles, {len(largest[1])} edges)",
        lambda: partition(*largest),
        1,
    )


def compared(pairs: Sequence[tuple[Report, Report]]) -> None:
    """Compares the pairs."""
    for a, b in pairs:
        compare(a, b)


if __name__ == "__main__":
    main()
