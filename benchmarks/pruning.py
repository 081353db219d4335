"""What ageing costs at millions of articles, and what PostgreSQL's partitions would spare: `python -m benchmarks.pruning`.

A database as it stands after a hundred days of so many articles, with the texts, facts and postings that are still kept.
One day more is pruned as the program does it: what each row costs, the longest transaction (others wait for it on SQLite),
how long VACUUM takes and what sizes remain. Beside it, on PostgreSQL, the same texts in a table that is partitioned by
ranges of ids, of which the oldest part is dropped whole.
"""

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

from sqlalchemy import text

from aggregator.bootstrap import open_store
from aggregator.store import Db, Store, retention
from aggregator.store.postings import COPIES, STORIES, Index, Rows, place
from aggregator.store.tables import ARTICLE, BODY, CLUE, FACTS, SKETCH
from benchmarks.store_scale import databases, fill

DAYS, KEPT = 100, 90
PARTS = 10
"""Partitions of the texts."""

HASHES = {COPIES: 24, STORIES: 12}
"""Postings of an article, as the sample newsroom has them."""

SHOWN = (ARTICLE, BODY, FACTS, SKETCH, CLUE)


def build(opened: Store, articles: int, size: int, now: int) -> None:
    """`articles` spread evenly over DAYS; texts of `size` bytes that do not compress."""
    step = DAYS * 86400 / articles
    when = f"{now} - cast(({articles} - n) * {step} as bigint)"
    blob = f"randomblob({size})" if opened.is_sqlite else _blob(size)
    short = "randomblob(400)" if opened.is_sqlite else _blob(400)
    with opened.writing() as db:
        db.exec_driver_sql("PRAGMA cache_size=-400000" if opened.is_sqlite else "SET LOCAL synchronous_commit=off")
        indexes = sorted(ARTICLE.indexes, key=lambda index: str(index.name))
        for index in indexes:
            index.drop(db)
        fill(db, ARTICLE, articles, {
            "id": "n", "source": "'s' || (n % 2000)", "key": "'g:' || n", "url_key": "'h.example/' || n",
            "url": "'https://h.example/' || n", "title": "'Title of article number ' || n", "language": "'en'",
            "published": when, "first_seen": when, "occurred": when, "rules": "1", "placed": "true", "story": "n",
        })  # fmt: skip
        for index in indexes:
            index.create(db)
        first = articles - articles * (KEPT + 1) // DAYS
        series = _series(opened, first + 1, articles)
        db.exec_driver_sql(f"INSERT INTO body (article, blob) SELECT n, {blob} FROM {series}")
        db.exec_driver_sql(
            f"INSERT INTO facts (article, sketch, clues, facts) SELECT n, {short}, {_empty(opened)}, {_empty(opened)} FROM {series}"
        )
        for postings, days in ((COPIES, retention.SKETCH_DAYS + 1), (STORIES, retention.CLUE_DAYS + 1)):
            _fill_postings(db, postings, articles - articles * days // DAYS, now, articles)
    with opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("ANALYZE" if opened.is_sqlite else "VACUUM (ANALYZE)")
    if opened.is_sqlite:
        opened.close()
        with closing(sqlite3.connect(str(opened.url.database))) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _blob(size: int) -> str:
    """Bytes that PostgreSQL cannot compress, made cheaply: one random string cut at a place that depends on n."""
    digits = "".join(f"sha256('{part}:'::bytea || int8send(n)) ||" for part in range(size // 32))
    return digits.removesuffix(" ||")


def _empty(opened: Store) -> str:
    return "x''" if opened.is_sqlite else "''::bytea"


def _series(opened: Store, low: int, high: int) -> str:
    if opened.is_sqlite:
        return f"(WITH RECURSIVE s(n) AS (SELECT {low} UNION ALL SELECT n + 1 FROM s WHERE n < {high}) SELECT n FROM s) AS s"
    return f"generate_series({low}::bigint, {high}) AS s(n)"


def _fill_postings(db: Db, index: Index, since: int, until: int, articles: int) -> None:
    """Of the articles from one to another; one hash in three is shared by a few."""
    chance, rows = random.Random(articles), Rows(db, index, ())
    begin, each = until - DAYS * 86400, DAYS * 86400 / articles
    for n in range(since, articles):
        mine = [chance.getrandbits(60) // (1000 if k % 3 == 0 else 1) for k in range(HASHES[index])]
        rows.add(mine, place(int(begin + n * each), n + 1))
    rows.write()


# ---------------------------------------------------------------- what is measured


@contextmanager
def stopwatch(found: dict[str, float], name: str) -> Iterator[None]:
    """Adds seconds under a name."""
    began = time.perf_counter()
    yield
    found[name] = found.get(name, 0.0) + time.perf_counter() - began


def rows(opened: Store) -> dict[str, int]:
    with opened.reading() as db:
        return {t.name: int(db.exec_driver_sql(f"SELECT count(*) FROM {t.name}").scalar_one()) for t in SHOWN}


def sizes(opened: Store) -> dict[str, str]:
    """MB of each table and of its indexes."""
    with opened.reading() as db:
        if opened.is_sqlite:
            return {}  # Python's own SQLite knows no dbstat
        query = text("SELECT pg_table_size(CAST(:n AS regclass)) / 1e6, pg_indexes_size(CAST(:n AS regclass)) / 1e6")
        return {t.name: " + ".join(f"{size:.0f}" for size in db.execute(query, {"n": t.name}).one()) for t in SHOWN}


def prune_a_day(opened: Store, now: int) -> dict[str, float]:
    """Another day has passed: the program's own pruning, a transaction a step; then what autovacuum would do."""
    before, found, longest, total, steps = rows(opened), dict[str, float](), 0.0, 0.0, 0
    for step in retention.steps(now + 86400, KEPT):
        mark = retention.Mark()
        while not mark.done:
            began = time.perf_counter()
            with opened.writing() as db:
                mark = step(db, mark)
            taken = time.perf_counter() - began
            longest, total, steps = max(longest, taken), total + taken, steps + 1
    after = rows(opened)
    gone = sum(before.values()) - sum(after.values())
    if not opened.is_sqlite:
        with (
            opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db,
            stopwatch(found, "vacuum"),
        ):
            db.exec_driver_sql("VACUUM body, facts, sketch, clue")
    return {
        "rows dropped": gone, "texts among them": before["body"] - after["body"], "seconds": total,
        "µs a row": total / gone * 1e6, "transactions": steps, "longest transaction, ms": longest * 1000,
    } | {f"VACUUM, {name}": value for name, value in _vacuumed(found, gone)}  # fmt: skip


def _vacuumed(found: dict[str, float], gone: int) -> list[tuple[str, float]]:
    return [("seconds", found["vacuum"]), ("µs a row", found["vacuum"] / gone * 1e6)] if "vacuum" in found else []


# ---------------------------------------------------------------- PostgreSQL's partitions


def partition(opened: Store) -> None:
    """The same texts once more, in parts by ranges of ids."""
    with opened.writing() as db:
        run = db.exec_driver_sql
        low, high = run("SELECT min(article), max(article) FROM body").one()
        run("CREATE TABLE parted_body (article BIGINT PRIMARY KEY, blob BYTEA NOT NULL) PARTITION BY RANGE (article)")
        for part, (since, until) in enumerate(_bounds(low, high + 1)):
            run(f"CREATE TABLE parted_body_{part} PARTITION OF parted_body FOR VALUES FROM ({since}) TO ({until})")
        run("INSERT INTO parted_body SELECT * FROM body")
    with opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("VACUUM (ANALYZE) parted_body")


def _bounds(low: int, high: int) -> list[tuple[int, int]]:
    cuts = [low + (high - low) * part // PARTS for part in range(PARTS + 1)]
    return list(pairwise(cuts))


def drop_a_part(opened: Store) -> dict[str, float]:
    """Milliseconds for the oldest part."""
    with opened.writing() as db:
        rows = db.exec_driver_sql("SELECT count(*) FROM parted_body_0").scalar_one()
        began = time.perf_counter()
        db.exec_driver_sql("DROP TABLE parted_body_0")
    return {f"drop a part of body ({rows} rows), ms": (time.perf_counter() - began) * 1000}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pruning", description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000_000)
    parser.add_argument("--bytes", type=int, default=1024, help="of a text, compressed")
    parser.add_argument("--database", nargs="*", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    given = parser.parse_args()
    now = int(time.time())
    with tempfile.TemporaryDirectory(prefix="pruning-") as home, databases(given.database, Path(home)) as urls:
        for kind, url in urls.items():
            opened, began = open_store(url), time.perf_counter()
            build(opened, given.articles, given.bytes, now)
            print(f"\n{kind}: {given.articles} articles, built in {time.perf_counter() - began:.0f} s", flush=True)
            before, counts = sizes(opened), rows(opened)
            for day in (1, 2, 3):
                told = prune_a_day(opened, now + (day - 1) * 86400)
                print(f"  day {day}: " + ", ".join(f"{name} {value:,.1f}" for name, value in told.items()), flush=True)
            after, left = sizes(opened), rows(opened)
            print("\n| table | rows | MB: table + indexes | rows after three days | MB |\n|---|---:|---:|---:|---:|")
            for name in counts:
                print(
                    f"| {name} | {counts[name]:,} | {before.get(name, '')} | {left[name]:,} | {after.get(name, '')} |"
                )
            if not opened.is_sqlite:
                partition(opened)
                for name, taken in drop_a_part(opened).items():
                    print(f"\n{name}: {taken:.1f}")
            opened.close()


if __name__ == "__main__":
    main()
