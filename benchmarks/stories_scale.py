# ruff: noqa: SLF001 - measures steps of rooms that nobody else may call
"""CPU and bytes of stories per article, on archives of ten thousand to a million articles, on SQLite and PostgreSQL.

A newsroom of STORIES_A_DAY (environment; 1,000) articles a day that has run for days or years. The last four days are
texts in five languages: words of the labelled newsrooms as often as they stand there, for every fourth word one of 21,000
invented stems a language, names and numbers; 12 % edited copies, 25 % retellings. What is older stands in the tables with
drawn hashes, as far as retention keeps it. Then 1,000 articles arrive, 200 at a time: described, written to the indexes,
compared. CPU is that of this process and, with PostgreSQL, of the server's process that serves it.

Run: python -m benchmarks.stories_scale [--sizes 10000 100000 1000000] [--postgresql URL]
"""

import argparse
import json
import os
import pickle
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import sqlalchemy

from aggregator import store, stories
from aggregator.model import Article, Prepared
from aggregator.store import Store, articles
from aggregator.store.codec import Texts, pack_integers, pack_texts
from aggregator.store.retention import CLUE_DAYS, DAY, SKETCH_DAYS
from aggregator.stories.lexicon import lexicon, lines
from benchmarks import words

NOW = 1_790_000_000
A_DAY = int(os.environ.get("STORIES_A_DAY", "1000"))
REAL_DAYS = 4
BODY_DAYS = 90
ARRIVING, BATCH = 1_000, 200
COPIES, RETELLINGS = 0.12, 0.25
LANGUAGES = ("ru", "kk", "az", "tr", "en")
ROOT = Path(__file__).parent.parent
NEWSROOMS = (ROOT / "aggregator/demo/newsroom", ROOT / "tests/corpus/stories", ROOT / "tests/corpus/stories/third")
CACHE = Path(tempfile.gettempdir(), f"aggregator-stories-scale-{A_DAY}.pickle")


@dataclass(frozen=True, slots=True)
class Piece:
    """An article of the stream, with what a retelling of its event repeats."""

    language: str
    title: str
    text: str
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def news() -> dict[str, Counter[str]]:
    """The words of the labelled newsrooms by language, as often as they stand there."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(path for folder in NEWSROOMS for path in folder.glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            found[row["lang"]].update(re.findall(r"[^\W\d_]+", " ".join(row["paragraphs"]).lower()))
    return found


@lru_cache(maxsize=8)
def vocabulary(language: str) -> tuple[list[str], list[float]]:
    """Words and their cumulated weights: those of news, and for a quarter of a text 21,000 invented stems (Zipf)."""
    invented, rng = words.vocabulary(language), random.Random(language)
    known = news()[language]
    tail = [stem + rng.choice(invented.endings) for stem in invented.stems]
    share = sum(known.values()) / 3 / sum(1 / (rank + 50) for rank in range(len(tail)))
    weights = [float(count) for count in known.values()] + [share / (rank + 50) for rank in range(len(tail))]
    return [*known, *tail], list(accumulate(weights))


def drawn(rng: random.Random, language: str, count: int) -> list[str]:
    """Words as frequent as their ranks."""
    ranked, weights = vocabulary(language)
    return rng.choices(ranked, cum_weights=weights, k=count)


@lru_cache(maxsize=8)
def places(language: str) -> list[str]:
    """Forms of the gazetteer in a language, as names."""
    column = LANGUAGES.index(language)
    cells = (line.split(";")[2 + column] for line in lines("gazetteer.txt"))
    forms = (cell.split(",")[0].strip(" *=") for cell in cells)
    return [form.capitalize() for form in forms if len(form) > 3]


def told(
    rng: random.Random, language: str, names: Sequence[str], numbers: Sequence[str], before: Piece | None = None
) -> Piece:
    """A text of about 115 words around names and numbers; a retelling has words of the one before."""
    size = int(min(400, max(40, rng.lognormvariate(4.65, 0.45))))
    text = drawn(rng, language, size)
    for word in before.text.split()[2:62:2] if before else ():
        text.insert(rng.randrange(1, len(text)), word.strip("."))
    for name in (*names, *names[:2]):
        text.insert(rng.randrange(1, len(text)), name)
    for number in numbers:
        text.insert(rng.randrange(1, len(text)), number)
    ends = range(13, len(text), 14)
    for end in ends:
        text[end] += "."
    title = " ".join([names[0], *(before.title.split()[1:4] if before else ()), *text[3:7]])
    return Piece(language, title.capitalize(), " ".join(text).capitalize(), tuple(names), tuple(numbers))


def event(rng: random.Random) -> Piece:
    """A new event: one or two known places or firms, two persons, three numbers."""
    language = rng.choice(LANGUAGES)
    known = [rng.choice(places(language)) for _ in range(2)]
    people = [words.person(rng, language).split()[-1], rng.choice(words.vocabulary(language).stems).capitalize()]
    numbers = [str(rng.choice((rng.randint(13, 99), rng.randint(100, 9999), rng.randint(2, 12)))) for _ in range(3)]
    return told(rng, language, [*known, *people], numbers)


def stream(count: int, seed: int) -> Iterator[Piece]:
    """Articles one after another; copies and retellings follow their originals within a day."""
    rng, recent = random.Random(seed), list[Piece]()
    for _ in range(count):
        chance, before = rng.random(), rng.choice(recent) if recent else None
        if before and chance < COPIES:
            text = before.text.split(" ")
            kept = text[: int(len(text) * rng.uniform(0.6, 1.0))]
            piece = Piece(before.language, " ".join(rng.sample(text, 6)), " ".join(kept), before.names, before.numbers)
        elif before and chance < COPIES + RETELLINGS:
            piece = told(rng, before.language, before.names, before.numbers, before)
        else:
            piece = event(rng)
        recent = [*recent[-(A_DAY // 2) :], piece]
        yield piece


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
        pieces = list(stream(count + ARRIVING + BATCH, 7))
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


def fill(url: sqlalchemy.URL, size: int, recent: Sequence[Prepared]) -> None:
    """An archive of `size` articles up to NOW."""
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
    for table, name, days, count in (("sketch", "sketch", SKETCH_DAYS, 24), ("clue", "clues", CLUE_DAYS, 20)):
        since = max(0, size - days * A_DAY)
        rows = [
            (value, when(n), n + 1)
            for n in range(since, size)
            for value in (set(getattr(of(n).features, name)) if n >= first_real else hashes(count))
        ]
        loader.load(table, ("hash", "occurred", "article"), sorted(rows))
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
    begin, claim = size + 1, SimpleNamespace(feed=1, source="s")
    for start in range(BATCH, len(pieces), BATCH):
        batch = pieces[start : start + BATCH]
        with opened.writing() as db:
            server = None if opened.is_sqlite else db.execute(sqlalchemy.text("SELECT pg_backend_pid()")).scalar()
            with bill.step("describe", None):
                made = [prepared(begin + n, piece, NOW) for n, piece in enumerate(batch)]
            ids = range(begin, begin + len(made))
            store.engine.insert_all(db, store.tables.ARTICLE, [
                articles._row(id_, one.article, claim, NOW, 1) for id_, one in zip(ids, made, strict=True)
            ])  # fmt: skip
            store.engine.insert_all(db, store.tables.BODY, [
                articles._body(id_, one) for id_, one in zip(ids, made, strict=True)
            ])  # fmt: skip
            with bill.step("rows", server):
                articles._index(db, [(id_, NOW, one) for id_, one in zip(ids, made, strict=True)])
            known = store.reports.Reports(db, {})
            waiting = known.of(ids)
            with bill.step("candidates", server):
                pairs = store.candidates.pairs(db, waiting, stories.reach)
            with bill.step("read them", server):
                met = list(known.pairs(pairs))
            with bill.step("compare", server):
                edges = [edge for one, other in met if (edge := stories.compare(one, other))]
            compared, joined, begin = compared + len(met), joined + len(edges), begin + len(made)
    return bill, compared, joined


def bytes_of(url: sqlalchemy.URL, table: str) -> int:
    """Pages of a table and its indexes."""
    with sqlalchemy.create_engine(url).connect() as db:
        if url.get_backend_name() == "sqlite":
            names = "SELECT name FROM sqlite_master WHERE tbl_name = :table"
            query = f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})"
        else:
            query = "SELECT pg_total_relation_size(CAST(:table AS text))"
        return int(db.execute(sqlalchemy.text(query), {"table": table}).scalar() or 0)


def measured(url: sqlalchemy.URL, size: int, recent: Sequence[Prepared], arriving: Sequence[Piece]) -> None:
    opened = Store(url.render_as_string(hide_password=False))
    store.schema.ensure(opened)
    fill(url, size, recent)
    sizes = {name: bytes_of(url, name) for name in ("sketch", "clue", "facts")}
    bill, compared, joined = arrive(opened, size, arriving)
    opened.close()
    in_index, in_clues = min(size, SKETCH_DAYS * A_DAY), min(size, CLUE_DAYS * A_DAY)
    steps = " | ".join(f"{bill.steps[name]:.0f}" for name in ("describe", "rows", "candidates", "read them", "compare"))
    index = sizes["sketch"] / in_index + sizes["clue"] / in_clues
    print(
        f"| {url.get_backend_name()} | {size:,} | {steps} | **{sum(bill.steps.values()):.0f}** | {compared / ARRIVING:.1f} "
        f"| {joined / ARRIVING:.2f} | {index:.0f} | {(sizes['sketch'] + sizes['clue']) / size:.0f} |",
        flush=True,
    )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    given.add_argument("--postgresql", metavar="URL", help="a server where databases may be made and dropped")
    options = given.parse_args()
    lexicon()
    _, recent, arriving = material()
    print("| database | articles | describe | rows | candidates | read them | compare | µs | pairs | edges | bytes in window"
          " | bytes, all |\n|---|---|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="stories-scale-") as directory:
            measured(sqlalchemy.make_url(f"sqlite:///{directory}/scale.db"), size, recent, arriving)
        if options.postgresql:
            with database(sqlalchemy.make_url(options.postgresql)) as url:
                measured(url, size, recent, arriving)


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
