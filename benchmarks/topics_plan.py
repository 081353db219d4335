"""`python -m benchmarks.topics_plan`: what it costs to try edited rules on an archive, beside the plain reading of it.

Fills a SQLite archive with articles of 220 words (and the sample newsroom, every hundredth), then runs the look that
`aggregator topics plan` takes. CPU seconds of this process.
"""

import argparse
import hashlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from aggregator import config as configuration
from aggregator import store, topics
from aggregator.model import Article, Batch, Features, Feed, FeedFacts, Prepared
from aggregator.planning import look
from aggregator.store import Store
from benchmarks.topics import ROOT, Piece, invented_articles, newsroom

NOW = 1_790_000_000
PAGE = 1000


def pieces(count: int) -> Iterator[Piece]:
    """`count` articles: one in a hundred from the newsroom, the others invented, each with a word of its own."""
    news = [piece for half in newsroom().values() for piece in half]
    plain = invented_articles(2000)
    for number in range(count):
        source = news if number % 100 == 0 else plain
        piece = source[number // 100 % len(news) if source is news else number % len(plain)]
        yield replace(piece, text=f"{piece.text} no{number}")


def prepared(number: int, piece: Piece) -> Prepared:
    key = str(number)
    article = Article(
        "paper", key, f"https://paper.example/{key}", f"paper.example/{key}", piece.title, f"<p>{piece.text}</p>",
        piece.text, piece.language, NOW - number, None, hashlib.blake2b(key.encode(), digest_size=8).digest(),
    )  # fmt: skip
    return Prepared(article, Features((), (), b""), ())


def fill(opened: Store, count: int) -> None:
    with opened.writing() as db:
        store.feeds.sync(db, [(Feed("paper", "https://paper.example/feed"), "paper.example")], NOW)
        (claim,) = store.feeds.claim(db, store.runs.begin(db, NOW), NOW)
    rows = (prepared(number, piece) for number, piece in enumerate(pieces(count)))
    while page := tuple(islice(rows, PAGE)):
        batch = Batch(FeedFacts(title="Paper"), page, len(page), len(page), window=b"w" * 16)
        with opened.writing() as db:
            store.articles.ingest(db, claim, batch, NOW, 1, lambda *_: True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.topics_plan", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    given = parser.parse_args()
    loaded = configuration.load(ROOT / "config")
    rules = topics.compile_rules(loaded.topics, loaded.lists)
    with tempfile.TemporaryDirectory(prefix="topics-plan-") as directory:
        opened = Store(f"sqlite:///{Path(directory) / 'archive.db'}")
        store.schema.ensure(opened)
        fill(opened, given.articles)
        begun = time.process_time()
        after = 0
        with opened.reading() as db:
            while page := store.rules.archived(db, after, PAGE):
                after = page[-1].id
        read = time.process_time() - begun
        begun = time.process_time()
        plan = look(opened, loaded, rules, {topic.id for topic in loaded.topics})
        seconds = time.process_time() - begun
        opened.close()
    print(
        f"{plan.articles:,} articles: {seconds:.1f} s CPU for the look, {read:.1f} s of it to read them; "
        f"{len(plan.changes):,} assignments found"
    )


if __name__ == "__main__":
    main()
