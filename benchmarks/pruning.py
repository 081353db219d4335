"""What ageing costs at millions of articles, and what PostgreSQL's partitions would spare: `python -m benchmarks.pruning`.

A database as it stands after a hundred days of so many articles, with the texts, facts and postings that are still kept.
One day more is pruned as the program does it: what each row costs, the longest transaction (others wait for it on SQLite),
how long VACUUM takes and what sizes remain. Beside it, on PostgreSQL, the same rows in tables that are partitioned where
they could be: texts by ranges of ids, postings by time; filled, read by the program's own query, and dropped whole.
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Table, text

from aggregator.bootstrap import open_store
from aggregator.store import Db, Store, retention
from aggregator.store.candidates import _postings
from aggregator.store.tables import ARTICLE, BODY, CLUE, FACTS, SKETCH
from benchmarks.store_scale import databases, fill

DAYS, KEPT = 100, 90
PARTS = 10
"""Partitions of the texts, and of the postings: three days each."""

HASHES = {SKETCH: 24, CLUE: 20}
"""Rows of an article, as the sample newsroom has them."""

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
        for table, days in ((SKETCH, retention.SKETCH_DAYS + 1), (CLUE, retention.CLUE_DAYS + 1)):
            first = articles - articles * days // DAYS
            _fill_postings(db, opened, table, first, articles, when)
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


def _fill_postings(db: Db, opened: Store, table: Table, first: int, last: int, when: str) -> None:
    """In the order of the key, as a table that has grown for months is read; one hash in three is shared by a few."""
    mixed = "((n * 24 + k) * 2654435761 % 9007199254740881)"
    shared = f"CASE WHEN k % 3 = 0 THEN {mixed} / 1000 * 1000 ELSE {mixed} END"
    ks = (
        _series(opened, 1, HASHES[table])
        .replace("s(n)", "t(k)")
        .replace("SELECT n FROM s) AS s", "SELECT k FROM t) AS t")
    )
    ks = ks.replace("SELECT n + 1 FROM s WHERE n <", "SELECT k + 1 FROM t WHERE k <")
    hash_ = shared if opened.is_sqlite else shared.replace("%", "%%")
    found = f"SELECT {hash_}, {when}, n FROM {_series(opened, first + 1, last)}, {ks} ORDER BY 1"
    db.exec_driver_sql(f"INSERT INTO {table.name} (hash, occurred, article) {found}")


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
    """The same rows once more, in parts: `body` by ranges of ids, `sketch` by time."""
    with opened.writing() as db:
        run = db.exec_driver_sql
        low, high = run("SELECT min(article), max(article) FROM body").one()
        run("CREATE TABLE parted_body (article BIGINT PRIMARY KEY, blob BYTEA NOT NULL) PARTITION BY RANGE (article)")
        for part, (since, until) in enumerate(_bounds(low, high + 1)):
            run(f"CREATE TABLE parted_body_{part} PARTITION OF parted_body FOR VALUES FROM ({since}) TO ({until})")
        run(
            "CREATE TABLE parted_sketch (hash BIGINT, occurred BIGINT, article BIGINT, PRIMARY KEY (hash, occurred, article)) "
            "PARTITION BY RANGE (occurred)"
        )
        low, high = run("SELECT min(occurred), max(occurred) FROM sketch").one()
        for part, (since, until) in enumerate(_bounds(low, high + 1)):
            run(f"CREATE TABLE parted_sketch_{part} PARTITION OF parted_sketch FOR VALUES FROM ({since}) TO ({until})")
        for table in ("body", "sketch"):
            run(f"INSERT INTO parted_{table} SELECT * FROM {table}")
    with opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("VACUUM (ANALYZE) parted_body, parted_sketch")


def _bounds(low: int, high: int) -> list[tuple[int, int]]:
    cuts = [low + (high - low) * part // PARTS for part in range(PARTS + 1)]
    return list(pairwise(cuts))


def side_by_side(opened: Store, now: int) -> dict[str, tuple[float, float]]:
    """Plain and in parts: the program's own look-up of copies, storing an article's rows, dropping what is oldest."""
    found: dict[str, tuple[float, float]] = {}
    with opened.reading() as db:
        some = [
            [row[0] for row in db.execute(text("SELECT hash FROM sketch WHERE article = :a"), {"a": article})]
            for article in _newest(db)
        ]
    asked = some, [now] * len(some)
    found["postings of 50 articles, ms"] = _both(opened, lambda db: _postings(db, SKETCH, *asked, 30 * 86400))
    fresh = f"SELECT (random() * 9e15)::bigint, {now - 1}, n FROM generate_series(-24 * 50, -1) AS s(n)"
    found["store 1200 postings, ms"] = _both(
        opened, lambda db: db.exec_driver_sql(f"INSERT INTO sketch {fresh} ON CONFLICT DO NOTHING")
    )
    return found


def _newest(db: Db) -> list[int]:
    return list(db.execute(text("SELECT id FROM article ORDER BY id DESC LIMIT 50")).scalars())


def _both(opened: Store, work: Callable[[Db], Any]) -> tuple[float, float]:
    """Milliseconds on the plain table and on the partitioned one, in turns; the tables change names meanwhile."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(14):
        parted = turn % 2
        with opened.engine.connect() as db, db.begin() as transaction:
            if parted:
                db.exec_driver_sql("ALTER TABLE sketch RENAME TO plain_sketch")
                db.exec_driver_sql("ALTER TABLE parted_sketch RENAME TO sketch")
            work(db)  # the first time plans and warms
            began = time.perf_counter()
            work(db)
            taken[parted].append((time.perf_counter() - began) * 1000)
            transaction.rollback()
    return statistics.median(taken[0]), statistics.median(taken[1])


def drop_a_part(opened: Store) -> dict[str, float]:
    """Milliseconds for the oldest partition of each."""
    found = {}
    for table in ("body", "sketch"):
        with opened.writing() as db:
            rows = db.exec_driver_sql(f"SELECT count(*) FROM parted_{table}_0").scalar_one()
            began = time.perf_counter()
            db.exec_driver_sql(f"DROP TABLE parted_{table}_0")
        found[f"drop a part of {table} ({rows} rows), ms"] = (time.perf_counter() - began) * 1000
    return found


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
                print("\n| | plain | in parts |\n|---|---:|---:|")
                for name, (plain, parted) in side_by_side(opened, now).items():
                    print(f"| {name} | {plain:.2f} | {parted:.2f} |")
                for name, taken in drop_a_part(opened).items():
                    print(f"| {name} | | {taken:.1f} |")
            opened.close()


if __name__ == "__main__":
    main()
