"""The shipped topics, the labelled texts they are measured on, and the measure: F1 by topic and by language."""

import json
import tomllib
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import Scope, TermList, Topic, TopicTest
from aggregator.topics import Rules, compile_rules, match

ROOT = Path(__file__).parents[3]


def _test(item: Any) -> TopicTest:
    return (
        TopicTest(item) if isinstance(item, str) else TopicTest(item["title"], item.get("text", ""), item.get("lang"))
    )


def _by_language(table: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(terms) for language, terms in table.items()}


def _topic(path: Path) -> Topic:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    tests = table.get("tests", {})
    return Topic(
        path.stem,
        table["title"],
        {language: _by_language(weights) for language, weights in table["terms"].items()},
        table.get("min_score", 5.0),
        _by_language(table.get("minus", {})),
        _by_language(table.get("none", {})),
        tuple(table.get("require_any", ())),
        Scope(**_by_language(table.get("scope", {}))),
        match=tuple(map(_test, tests.get("match", ()))),
        reject=tuple(map(_test, tests.get("reject", ()))),
    )


@dataclass(frozen=True)
class Shipped:
    """config/topics/, read and compiled."""

    topics: tuple[Topic, ...]
    lists: tuple[TermList, ...]
    rules: Rules

    def topics_of(self, title: str, text: str = "", language: str = "", country: str = "KZ") -> set[str]:
        found = match(self.rules, title=title, text=text, language=language, country=country)
        return {item.topic for item in found}


@pytest.fixture(scope="session")
def shipped() -> Shipped:
    directory = ROOT / "config" / "topics"
    tables = tomllib.loads((directory / "_lists.toml").read_text(encoding="utf-8"))
    lists = tuple(
        TermList(
            name, _by_language({k: v for k, v in table.items() if k != "countries"}), tuple(table.get("countries", ()))
        )
        for name, table in tables.items()
    )
    topics = tuple(_topic(path) for path in sorted(directory.glob("[!_]*.toml")))
    return Shipped(topics, lists, compile_rules(topics, lists))


@dataclass(frozen=True)
class Labelled:
    """A text and the topics that a careful reader gave it."""

    id: str
    title: str
    text: str
    language: str
    country: str
    topics: frozenset[str]


@pytest.fixture(scope="session")
def development() -> tuple[Labelled, ...]:
    lines = (ROOT / "tests/corpus/topics/dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return tuple(Labelled(r["id"], r["title"], r["html"], r["lang"], "KZ", frozenset(r["topics"])) for r in rows)


@pytest.fixture(scope="session")
def written() -> tuple[Labelled, ...]:
    """Short texts written to find what the rules lack: subjects without their standard names, and their look-alikes."""
    return _own("own.jsonl")


@pytest.fixture(scope="session")
def concepts() -> tuple[dict[str, Any], ...]:
    """Headlines of one concept in five languages, with its topic ("" for near misses); `open` has languages that fail."""
    lines = (ROOT / "tests/corpus/topics/concepts.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(map(json.loads, lines))


@pytest.fixture(scope="session")
def blind() -> dict[str, tuple[Labelled, ...]]:
    """Five batches, each labelled before the rules were tried on it; docs/topics.md tells what the first tries gave.

    The rules were mended after each first look: all five are development sets now, and only those looks tell the truth.
    """
    return {letter: _own(f"blind_{letter}.jsonl") for letter in "abcde"}


@pytest.fixture(scope="session")
def fresh() -> tuple[Labelled, ...]:
    """Articles and near-topic traps in five languages, written before anybody looked how the rules would do on them.

    The first look gave F1 0.857 for f001 to f094 and, the rules mended, 0.907 for g001 to g074, and, mended again, 0.816
    for k001 to k053, two sentences each that avoid the usual names. All was mended since: a development set now.
    """
    return _own("fresh.jsonl")


def _own(name: str) -> tuple[Labelled, ...]:
    rows = map(json.loads, (ROOT / "tests/corpus/topics" / name).read_text(encoding="utf-8").splitlines())
    return tuple(
        Labelled(r["id"], r["title"], r["text"], r["lang"], r["country"], frozenset(r["topics"])) for r in rows
    )


@pytest.fixture(scope="session")
def newsroom() -> dict[str, tuple[Labelled, ...]]:
    """The sample newsroom in two halves, by a hash of the story. The rules were tuned on the texts of one.

    Nobody read the texts of the other for it, but its totals decided between a few variants of rules: it flatters a
    little, and articles written elsewhere are the fairer test.
    """
    directory = ROOT / "aggregator" / "demo" / "newsroom"
    outlets = tomllib.loads((directory / "outlets.toml").read_text(encoding="utf-8"))["outlet"]
    countries = {outlet["id"]: outlet["country"] for outlet in outlets}
    halves: dict[str, list[Labelled]] = {"tuned": [], "held out": []}
    for path in sorted(directory.glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            half = "tuned" if zlib.crc32((row["story"] or row["id"]).encode()) % 2 == 0 else "held out"
            text = "\n".join(row["paragraphs"])
            country = countries[row["outlet"]]
            halves[half].append(Labelled(row["id"], row["title"], text, row["lang"], country, frozenset(row["topics"])))
    return {half: tuple(rows) for half, rows in halves.items()}


@dataclass(frozen=True)
class Measure:
    """True positives, false positives and false negatives."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else 1.0

    def __str__(self) -> str:
        return (
            f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}  ({self.tp} tp, {self.fp} fp, {self.fn} fn)"
        )


def measure(shipped: Shipped, rows: Iterable[Labelled]) -> dict[str, Measure]:
    """Measures under "all", under each topic and under each language."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        given = shipped.topics_of(row.title, row.text, row.language, row.country)
        for topic in given | row.topics:
            outcome = "tp" if topic in given & row.topics else "fp" if topic in given else "fn"
            for key in ("all", topic, row.language.partition("-")[0]):
                counts[key][outcome] += 1
    return {key: Measure(count["tp"], count["fp"], count["fn"]) for key, count in sorted(counts.items())}


@pytest.fixture(scope="session")
def measures(
    shipped: Shipped,
    development: tuple[Labelled, ...],
    written: tuple[Labelled, ...],
    fresh: tuple[Labelled, ...],
    blind: dict[str, tuple[Labelled, ...]],
    newsroom: dict[str, tuple[Labelled, ...]],
) -> dict[str, dict[str, Measure]]:
    """All measures; `pytest -s tests/unit/topics/test_topics_shipped.py` prints them."""
    sets = {"development": development, "written": written, "fresh": fresh, **newsroom}
    sets |= {f"blind {letter}": rows for letter, rows in blind.items()}
    found = {name: measure(shipped, rows) for name, rows in sets.items()}
    for name, table in found.items():
        print(f"\n{name}, {len(sets[name])} texts")
        for key, value in table.items():
            print(f"  {key:22} {value}")
    return found
