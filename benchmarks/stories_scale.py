# ruff: noqa: SLF001 - measures steps of rooms that nobody else may call
"""CPU and bytes of stories per article, on archives of ten thousand to two million articles, on SQLite and PostgreSQL.

A newsroom of STORIES_A_DAY (environment; 1,000) articles a day that has run for days or years. The last four days are
texts in five languages: words of the labelled newsrooms as often as they stand there, for every fourth word one of 21,000
invented stems a language, names and numbers; 12 % edited copies, 25 % retellings. They were entered into the indexes by
the program, 50 at a time. What is older stands in the tables with drawn hashes, as far as retention keeps it, loaded at
once. Then 400 articles arrive, 200 at a time, a step of placing after the other, and 400 that `pipeline.place` takes
whole. CPU is that of this process and, with PostgreSQL, of the server's process that serves it.

Run: python -m benchmarks.stories_scale [--sizes 10000 100000 1000000 2000000] [--postgresql URL] [--only-postgresql]
"""

import argparse
import os
import pickle
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import sqlalchemy

from aggregator import pipeline, store, stories
from aggregator.model import Article, Features, Prepared
from aggregator.store import Store, articles
from aggregator.store.codec import Texts, pack_integers, pack_texts
from aggregator.store.postings import COPIES, STORIES, Index, Rows, place
from aggregator.store.retention import CLUE_DAYS, DAY, SKETCH_DAYS
from aggregator.stories.lexicon import lexicon
from benchmarks.stories_stream import Piece, stream

NOW = 1_790_000_000
A_DAY = int(os.environ.get("STORIES_A_DAY", "1000"))
REAL_DAYS = 4
BODY_DAYS = 90
ARRIVING, BATCH = 400, 200
CACHE = Path(tempfile.gettempdir(), f"aggregator-stories-scale-{A_DAY}-{ARRIVING}.pickle")


def prepared(number: int, piece: Piece, when: int) -> Prepared:
    article = Article(
        source=f"s{number % 200}", key=str(number), url=None, url_key=None, title=piece.title, html="", text=piece.text,
        language=piece.language, published=when, updated=None, digest=b"",
    )  # fmt: skip
    return Prepared(article, stories.describe(piece.title, piece.text, piece.language), ())


def material() -> tuple[list[Piece], list[Prepared], list[Piece]]:
    """Four days of articles, described, and those that arrive then; kept in a file, as they take a while."""
    if not CACHE.exists():
        count = A_DAY * REAL_DAYS
        pieces = list(stream(count + 2 * ARRIVING + BATCH, 7, A_DAY // 2))
        CACHE.write_bytes(pickle.dumps(pieces))
    pieces = pickle.loads(CACHE.read_bytes())
    recent, arriving = pieces[: A_DAY * REAL_DAYS], pieces[A_DAY * REAL_DAYS :]
    return recent, [prepared(n, piece, 0) for n, piece in enumerate(recent)], arriving


# ---------------------------------------------------------------- filling


@dataclass(slots=True)
class Loader:
    """Bulk loading past the program: a million articles in a minute."""

    url: sqlalchemy.URL
    connection: Any = field(init=False)

    def __post_init__(self) -> None:
        if self.url.get_backend_name() == "sqlite":
            import sqlite3

            self.connection = sqlite3.connect(str(self.url.database), isolation_level=None)
            self.connection.execute("PRAGMA synchronous=OFF")
        else:
            address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self.connection = psycopg.connect(address, autocommit=True)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        names = ", ".join(columns)
        if isinstance(self.connection, psycopg.Connection):
            with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(columns))
        self.connection.execute("BEGIN")
        self.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        self.connection.execute("COMMIT")

    def settled(self) -> None:
        """Statistics, as any database has after a while."""
        self.connection.execute("ANALYZE")
        self.connection.close()


def fill(url: sqlalchemy.URL, size: int, recent: Sequence[Prepared]) -> list[tuple[int, int, Features]]:
    """An archive of `size` articles up to NOW; returns those that the program is still to enter: id, time, features."""
    loader, rng = Loader(url), random.Random(size)
    first_real = max(0, size - len(recent))

    def when(number: int) -> int:
        return NOW - (size - number) * DAY // A_DAY

    def hashes(count: int) -> list[int]:
        return [rng.getrandbits(64) - (1 << 63) for _ in range(count)]

    def of(number: int) -> Prepared:
        return recent[number - first_real]

    columns = ("id", "source", "feed", "key", "title", "language", "published", "first_seen", "occurred", "digest",
               "revisions", "rules", "placed", "pinned", "story")  # fmt: skip
    loader.load("article", columns, (
        (n + 1, f"s{n % 200}", 1, str(n), of(n).article.title if n >= first_real else "An older article of some length",
         of(n).article.language if n >= first_real else "ru", when(n), when(n), when(n), b"", 0, 1, True, False, n + 1)
        for n in range(size)
    ))  # fmt: skip
    clues = sum(len(one.features.clues) for one in recent) // len(recent)
    for index, days, count in ((COPIES, SKETCH_DAYS, 24), (STORIES, CLUE_DAYS, clues)):
        older = range(max(0, size - days * A_DAY), first_real)
        loader.load(index.table.name, ("number", "postings"), packed_rows(index, (
            (value, place(when(n), n + 1)) for n in older for value in hashes(count)
        )))  # fmt: skip
    kept = max(0, size - BODY_DAYS * A_DAY)
    some, packed = recent[0].features, pack_texts(Texts("", recent[0].article.text))
    loader.load("facts", ("article", "sketch", "clues", "facts"), (
        (n + 1, pack_integers(f.sketch), pack_integers(f.clues), f.facts)
        for n in range(kept, size) for f in [of(n).features if n >= first_real else some]
    ))  # fmt: skip
    loader.load("body", ("article", "blob"), (
        (n + 1, pack_texts(Texts("", of(n).article.text)) if n >= first_real else packed) for n in range(kept, size)
    ))  # fmt: skip
    loader.settled()
    return [(n + 1, when(n), of(n).features) for n in range(first_real, size)]


def packed_rows(index: Index, postings: Iterable[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """All rows of an index, as Rows would have written them."""
    rows = Rows.__new__(Rows)
    rows._index, rows._rows, rows._changed = index, {}, set()
    for hash_, at in postings:
        rows.add((hash_,), at)
    return [(number, row.tobytes()) for number, row in sorted(rows._rows.items())]


def enter(opened: Store, late: Sequence[tuple[int, int, Features]]) -> None:
    """The last days, as they came: a transaction for fifty."""
    for start in range(0, len(late), 50):
        some = late[start : start + 50]
        with opened.writing() as db:
            for index, name in ((COPIES, "sketch"), (STORIES, "clues")):
                rows = Rows(db, index, (hash_ for _, _, features in some for hash_ in getattr(features, name)))
                for id_, when, features in some:
                    rows.add(getattr(features, name), place(when, id_))
                rows.write()


# ---------------------------------------------------------------- measuring


def cpu(server: int | None) -> float:
    """CPU seconds of this process and of the server's."""
    spent = time.process_time()
    if server is not None:
        fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


@dataclass(slots=True)
class Bill:
    """Microseconds of CPU an article, by step."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, server: int | None) -> Iterator[None]:
        begin = cpu(server)
        yield
        self.steps[name] = self.steps.get(name, 0.0) + (cpu(server) - begin) / ARRIVING * 1e6


def arrive(opened: Store, size: int, pieces: Sequence[Piece]) -> tuple[Bill, int, int]:
    """What the articles cost, how many pairs were compared and how many edges came out."""
    bill, compared, joined = Bill(), 0, 0
    for piece in pieces[:BATCH]:
        stories.describe(piece.title, piece.text, piece.language)
    begin = size + 1
    for start in range(BATCH, BATCH + ARRIVING, BATCH):
        with opened.writing() as db:
            server = serving(opened, db)
            with bill.step("describe", None):
                made = [prepared(begin + n, piece, NOW) for n, piece in enumerate(pieces[start : start + BATCH])]
            ids = stored(db, begin, made, bill, server)
            known = store.reports.Reports(db, {})
            waiting = known.of(ids)
            with bill.step("candidates", server):
                pairs = store.candidates.meet(db, waiting, stories.reach)
            with bill.step("read them", server):
                met = list(known.pairs(pairs))
            with bill.step("compare", server):
                edges = [edge for one, other in met if (edge := stories.compare(one, other))]
            store.placing.mark_placed(db, ids)
            compared, joined, begin = compared + len(met), joined + len(edges), begin + len(made)
    placed_whole(opened, begin, pieces[BATCH + ARRIVING :], bill)
    return bill, compared, joined


def placed_whole(opened: Store, begin: int, pieces: Sequence[Piece], bill: Bill) -> None:
    """Some more, all that `pipeline.place` does with them."""
    live = SimpleNamespace(trust={}, topic_ids=(), config=SimpleNamespace(site=SimpleNamespace(hold=0)))
    tools: Any = SimpleNamespace(live=live, now=lambda: NOW)
    for start in range(0, len(pieces), BATCH):
        made = [prepared(begin + n, piece, NOW) for n, piece in enumerate(pieces[start : start + BATCH])]
        with opened.writing() as db:
            begin = stored(db, begin, made, Bill(), None).stop
        with opened.writing() as db, bill.step("place", serving(opened, db)):
            pipeline.place(db, tools)


def serving(opened: Store, db: store.Db) -> int | None:
    """The server's process of this transaction."""
    return None if opened.is_sqlite else int(db.execute(sqlalchemy.text("SELECT pg_backend_pid()")).scalar_one())


def stored(db: store.Db, begin: int, made: Sequence[Prepared], bill: Bill, server: int | None) -> range:
    """Articles as a poll stores them; what stories need of them is a step of the bill."""
    ids, claim = range(begin, begin + len(made)), SimpleNamespace(feed=1, source="s")
    rows: list[dict[str, Any]] = [
        articles._row(id_, one.article, claim, NOW, 1)  # type: ignore[arg-type]
        for id_, one in zip(ids, made, strict=True)
    ]
    store.engine.insert_all(db, store.tables.ARTICLE, rows)
    bodies = [articles._body(id_, one) for id_, one in zip(ids, made, strict=True)]
    store.engine.insert_all(db, store.tables.BODY, bodies)
    with bill.step("rows", server):
        articles._index(db, list(zip(ids, made, strict=True)))
    return ids


def bytes_of(url: sqlalchemy.URL, table: str) -> int:
    """Pages of a table and its indexes."""
    with sqlalchemy.create_engine(url).connect() as db:
        if url.get_backend_name() == "sqlite":
            names = "SELECT name FROM sqlite_master WHERE tbl_name = :table"
            query = f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})"
        else:
            query = "SELECT pg_total_relation_size(CAST(:table AS text))"
        return int(db.execute(sqlalchemy.text(query), {"table": table}).scalar() or 0)


STEPS = ("describe", "rows", "candidates", "read them", "compare", "place")


def measured(
    url: sqlalchemy.URL, size: int, recent: Sequence[Prepared], arriving: Sequence[Piece]
) -> tuple[float, float]:
    """Prints a row of the table; returns µs of placing an article and bytes of the indexes for one in their windows."""
    opened = Store(url.render_as_string(hide_password=False))
    store.schema.ensure(opened)
    enter(opened, fill(url, size, recent))
    sizes = {name: bytes_of(url, name) for name in ("sketch", "clue", "facts")}
    bill, compared, joined = arrive(opened, size, arriving)
    opened.close()
    index = sizes["sketch"] / min(size, SKETCH_DAYS * A_DAY) + sizes["clue"] / min(size, CLUE_DAYS * A_DAY)
    steps = " | ".join(f"{bill.steps[name]:.0f}" for name in STEPS)
    print(
        f"| {url.get_backend_name()} | {size:,} | {steps} | {compared / ARRIVING:.1f} | {joined / ARRIVING:.2f} "
        f"| {index:.0f} | {(sizes['sketch'] + sizes['clue']) / size:.0f} |",
        flush=True,
    )
    return bill.steps["candidates"] + bill.steps["read them"] + bill.steps["compare"], index


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000, 2_000_000])
    given.add_argument("--postgresql", metavar="URL", help="a server where databases may be made and dropped")
    given.add_argument("--only-postgresql", action="store_true")
    options = given.parse_args()
    lexicon()
    _, recent, arriving = material()
    print("| database | articles | " + " | ".join(STEPS) + " | pairs | edges | bytes in window | bytes, all |")
    print("|---" * 12 + "|")
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for size in options.sizes:
        if not options.only_postgresql:
            with tempfile.TemporaryDirectory(prefix="stories-scale-") as directory:
                url = sqlalchemy.make_url(f"sqlite:///{directory}/scale.db")
                found["sqlite"].append(measured(url, size, recent, arriving))
        if options.postgresql:
            with database(sqlalchemy.make_url(options.postgresql)) as url:
                found["postgresql"].append(measured(url, size, recent, arriving))
    for name, rows in found.items():
        (first, _), (last, _) = rows[0], rows[-1]
        print(f"{name}: candidates and scoring {first:.0f} → {last:.0f} µs, {last / first:.2f} times the first")


@contextmanager
def database(server: sqlalchemy.URL) -> Iterator[sqlalchemy.URL]:
    """A new database on a server, dropped afterwards."""
    name, driver = f"stories_scale_{os.getpid()}", server.set(drivername="postgresql+psycopg")
    admin = sqlalchemy.create_engine(driver, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    try:
        yield driver.set(database=name)
    finally:
        with admin.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))


if __name__ == "__main__":
    main()
