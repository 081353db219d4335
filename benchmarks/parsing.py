"""Parsing and normalising beside feedparser, in one run. `python -m benchmarks.parsing [--feeds 10] [--entries 50]`

The large feeds of the generator (benchmarks/documents.py), each read in turns by us and by feedparser (as it comes, and
without sanitising and resolving): CPU of the best of several rounds each. "changed" is what a poll costs whose document
has one new entry on top: bytes to articles, language and boilerplate included; feedparser only parses. "unchanged" is
what the bytes of the last poll cost. Then where the time of a first import goes, in µs an entry.
"""

import argparse
import io
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

from aggregator import normalise, parse
from aggregator.model import Document, Feed, Job, Source
from aggregator.normalise.article import body, full_text, made
from aggregator.normalise.language import language_of
from benchmarks.documents import Outlet, World

NOW = 1_795_000_000
LANGUAGES = ("ru", "kk", "az", "tr", "en")


def best(works: dict[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, float]:
    """CPU ms of each work (run `repeat` times a round), the best of the rounds, which are taken in turns."""
    found: dict[str, float] = {}
    for _ in range(rounds):
        for name, (work, repeat) in works.items():
            start = time.process_time()
            for _ in range(repeat):
                work()
            spent = (time.process_time() - start) * 1000 / repeat
            found[name] = min(found.get(name, spent), spent)
    return found


class Poll:
    """A feed that was polled once and has one new entry now."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet, self.feed = outlet, Feed(str(outlet.number), outlet.url)
        self.source = Source(str(outlet.number), outlet.title, outlet.address, "KZ", outlet.language)
        before, self.now = outlet.body(0), outlet.body(1)
        self.first = Document(outlet.url, body=before.plain, content_type=before.content_type)
        self.document = Document(outlet.url, body=self.now.plain, content_type=self.now.content_type)
        self.look = normalise.Window().look(partial(parse.read, self.first, self.feed))
        self.window = self.look.window.to_bytes()
        _, self.boilerplate = normalise.articles(self.look.fresh, self.job(self.first), self.look.reading.facts)

    def job(self, document: Document, boilerplate: bytes = b"") -> Job:
        return Job(document, self.feed, self.source, LANGUAGES, NOW, boilerplate=boilerplate)

    def changed(self) -> int:
        look = normalise.Window.from_bytes(self.window).look(partial(parse.read, self.document, self.feed))
        look.window.to_bytes()
        found, _ = normalise.articles(look.fresh, self.job(self.document, self.boilerplate), look.reading.facts)
        return len(found)

    def side_by_side(self, rounds: int) -> dict[str, float]:
        import feedparser

        assert self.changed() == 1
        plain = self.document.body
        bare = partial(feedparser.parse, sanitize_html=False, resolve_relative_uris=False)
        return best(
            {
                "changed": (self.changed, 5),
                "unchanged": (lambda: self.document.digest, 20),
                "feedparser": (lambda: feedparser.parse(io.BytesIO(plain)), 1),
                "not sanitising": (lambda: bare(io.BytesIO(plain)), 1),
            },
            rounds,
        )

    def stages(self, rounds: int) -> dict[str, float]:
        """µs an entry of what a first import does."""
        items, facts = self.look.fresh, self.look.reading.facts
        bodies = [body(item.entry, self.source, facts) for item in items]
        texts = [full_text(html) for html in bodies]
        pairs = [(item, html, text) for item, html, text in zip(items, bodies, texts, strict=True)]
        hints = (self.source.language, None, facts.language)

        def rest() -> None:
            for item, html, text in pairs:
                made(item, self.source, html, text, now=NOW, languages=LANGUAGES, facts=facts)

        works: dict[str, Callable[[], object]] = {
            "parse": lambda: parse.read(self.first, self.feed),
            "identity": lambda: normalise.identify(self.look.reading.entries),
            "clean": lambda: [body(item.entry, self.source, facts) for item in items],
            "text": lambda: [full_text(html) for html in bodies],
            "boilerplate": lambda: normalise.Boilerplate.empty().learn_and_cut(texts),
            "language": lambda: [language_of(i.entry.title, text, hints, LANGUAGES) for i, _, text in pairs],
            "rest": rest,
        }
        spent = best({name: (work, 3) for name, work in works.items()}, rounds)
        spent["rest"] -= spent["language"]
        return {name: ms * 1000 / len(items) for name, ms in spent.items()}


def outlets(feeds: int, entries: int) -> Iterator[Outlet]:
    """Feeds of all languages and forms, alternately."""
    world = World("parsing", NOW, 40)
    for number in range(feeds):
        outlet = Outlet.invent(world, number, "http://127.0.0.1")
        outlet.size, outlet.language = entries, LANGUAGES[number % len(LANGUAGES)]
        outlet.form, outlet.encoding = ("rss", "rss", "atom", "rss", "rdf", "rss")[number % 6], "utf-8"
        yield outlet


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, default=10)
    options.add_argument("--entries", type=int, default=50)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    polls = [Poll(outlet) for outlet in outlets(chosen.feeds, chosen.entries)]
    sums: dict[str, float] = defaultdict(float)
    print(
        "| feed | KB | changed ms | unchanged ms | feedparser ms | not sanitising ms | ratio | ratio, not sanitising |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for poll in polls:
        spent = poll.side_by_side(chosen.rounds) | {"bytes": float(len(poll.document.body))}
        for name, value in spent.items():
            sums[name] += value / len(polls)
        print(_row(f"{poll.outlet.form}, {poll.outlet.language}", spent), flush=True)
    print(_row("mean", sums))
    stages: dict[str, float] = defaultdict(float)
    for poll in polls:
        for name, value in poll.stages(chosen.rounds).items():
            stages[name] += value / len(polls)
    print(f"\n| {' | '.join(stages)} | all, µs an entry |\n|{'---:|' * (len(stages) + 1)}")
    print(f"| {' | '.join(f'{value:.0f}' for value in stages.values())} | {sum(stages.values()):.0f} |")


def _row(name: str, spent: dict[str, float]) -> str:
    theirs = spent["feedparser"], spent["not sanitising"]
    ratios = " | ".join(f"{one / spent['changed']:.1f}" for one in theirs)
    return (
        f"| {name} | {spent['bytes'] / 1000:.0f} | {spent['changed']:.2f} | {spent['unchanged']:.3f} "
        f"| {theirs[0]:.1f} | {theirs[1]:.1f} | {ratios} |"
    )


if __name__ == "__main__":
    main()
