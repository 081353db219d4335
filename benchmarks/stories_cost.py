"""CPU of the stories stage: describe per article, compare per pair (rejected early, scored, copies), partition.

Run: python -m benchmarks.stories_cost
"""

import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import combinations

from aggregator import normalise, parse
from aggregator.model import Report
from aggregator.stories import compare, describe, meanings, partition
from aggregator.stories.alphabet import tokens
from aggregator.stories.facts import MOST_UNITS, pack, unpack
from aggregator.stories.shingles import shingles, sketch
from aggregator.stories.units import clues, read
from benchmarks.origin import Origin
from benchmarks.stages import _job
from benchmarks.stories_newsroom import candidates, components, edges, newsroom, reports

ROUNDS = 5
REMEMBERED = meanings.MOST_WORDS


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
    describing()
    items = newsroom()
    found = reports(items)
    print(f"\nthe sample newsroom: {len(items)} articles of {average(len(i.text.split()) for i in items):.0f} words")
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


def describing() -> None:
    """What features cost, on texts of the origin: words that were never seen before, and all of them remembered."""
    meanings.MOST_WORDS = 10**9
    articles = written(40)
    early, rest = articles[:200], articles[200:]
    print(f"the origin: {len(rest)} articles of {average(len(text.split()) for _, text, _ in rest):.0f} words")
    every(early)
    before = meanings.remembered()
    begin = time.process_time()
    every(rest)
    first = (time.process_time() - begin) / len(rest) * 1e6
    news = (meanings.remembered() - before) / len(rest)
    print(f"describe, {news:.0f} words an article never seen before {first:.1f} µs")
    some = rest[::4]
    told = [read(*article) for article in some]
    kept = [one.cut_to(MOST_UNITS) for one in told]
    say("describe, all words remembered", lambda: every(some), len(some))
    say("  cut into words", lambda: [tokens(text) for _, text, _ in some], len(some))
    say("  sketch, given the words", lambda: [sketch(one.words) for one in told], len(some))
    say("  units, cut into words included", lambda: [read(*article) for article in some], len(some))
    say("  the weightiest units", lambda: [one.cut_to(MOST_UNITS) for one in told], len(some))
    say("  clues", lambda: [clues(*pair, 20) for pair in zip(told, kept, strict=True)], len(some))
    say("  packing", lambda: [pack(0, 0, one.units) for one in kept], len(some))
    memory()


def memory() -> None:
    """What a full memory of words weighs: two generations."""
    meanings.forget()
    meanings.MOST_WORDS = REMEMBERED
    texts = [(title, text, language) for title, text, language in written(80)]
    tracemalloc.start()
    every(texts)
    weighs = tracemalloc.get_traced_memory()[0]
    meanings.forget()
    weighs -= tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"two generations of up to {REMEMBERED} words: {weighs / 1e6:.1f} MB")


def every(articles: Sequence[tuple[str, str, str]]) -> None:
    """Describes them."""
    for article in articles:
        describe(*article)


def written(feeds: int) -> list[tuple[str, str, str]]:
    """Title, text and language of the articles in some feeds of the origin."""
    now = int(time.time())
    found: list[tuple[str, str, str]] = []
    for number, body in enumerate(Origin(feeds).bodies(0)):
        job = _job(number, body.plain, body.content_type, now)
        read_document = partial(parse.read, job.document, job.feed, timezone=job.source.timezone)
        look = normalise.Window.from_bytes(job.window).look(read_document)
        kept, _ = normalise.articles(list(look.fresh), job, look.reading.facts)
        found += [(article.title, article.text, article.language) for article in kept]
    return found


def average(values: Iterable[int]) -> float:
    """The mean of some numbers."""
    counted = list(values)
    return sum(counted) / len(counted)


def compared(pairs: Sequence[tuple[Report, Report]]) -> None:
    """Compares the pairs."""
    for a, b in pairs:
        compare(a, b)


if __name__ == "__main__":
    main()
