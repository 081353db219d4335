"""Small makers of what the store is given, so that a test names only what matters to it."""

import hashlib
from typing import Any

from aggregator import store
from aggregator.model import Article, Batch, Claim, Features, Feed, FeedFacts, Match, Pace, Prepared
from aggregator.store import Db, Store

NOW = 1_790_000_000


def article(key: str, **given: Any) -> Article:
    url = given.pop("url", f"https://paper.example/{key}")
    text = given.pop("text", f"Text of {key}")
    content = {
        "source": "paper", "key": f"g:{key}", "url": url, "url_key": given.pop("url_key", url.split("//")[1] if url else None),
        "title": f"Title of {key}", "html": f"<p>{text}</p>", "text": text, "language": "en",
        "published": NOW - 600, "updated": None,
    } | given  # fmt: skip
    content.setdefault("digest", hashlib.blake2b(repr(sorted(content.items())).encode(), digest_size=8).digest())
    return Article(**content)


def prepared(key: str, *, topics: tuple[str, ...] = (), sketch: tuple[int, ...] = (), **given: Any) -> Prepared:
    matches = tuple(Match(topic, 5.0) for topic in topics)
    return Prepared(article(key, **given), Features(sketch, (), b""), matches)


def batch(*items: Prepared, **given: Any) -> Batch:
    return Batch(FeedFacts(title="Paper"), items, len(items), len(items), window=b"w" * 16, **given)


def add_feeds(db: Db, *feeds: tuple[str, str], host: str = "paper.example", now: int = NOW) -> None:
    store.feeds.sync(db, [(Feed(source, url), host) for source, url in feeds], now)


def one_claim(opened: Store, source: str = "paper", now: int = NOW) -> Claim:
    """A claim of a feed of its own, under a run of its own."""
    with opened.writing() as db:
        add_feeds(db, (source, f"https://{source}.example/feed"), host=f"{source}.example", now=now)
        run = store.runs.begin(db, now)
        (claim,) = store.feeds.claim(db, run, now)
    return claim


def ingest(opened: Store, claim: Claim, *items: Prepared, now: int = NOW, material: bool = True) -> tuple[int, int]:
    with opened.writing() as db:
        return store.articles.ingest(db, claim, batch(*items), now, 1, lambda *_: material)


def pace(due: int = NOW + 3600) -> Pace:
    return Pace(due=due)
