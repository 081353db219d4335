"""`python -m benchmarks.topics`: what topic rules cost and how well they judge, beside what else could be used.

Side by side in one run: cost at 7, 100 and 1,000 topics (compiled cold, loaded from the cache, an article matched)
beside a Python `re` alternation and SQLite FTS5 over the same terms; quality of the shipped topics beside the very same
rules with words as written and with Snowball stems, and beside FTS5. Ratios hold on any machine, seconds do not.
"""

import argparse
import json
import random
import re
import sqlite3
import time
import tomllib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from aggregator import config as configuration
from aggregator.model import TermList, Topic
from aggregator.topics import Rules, compile_rules, compiling, forms, match
from aggregator.topics.grammar import TermError, Word, parse_term
from aggregator.topics.letters import fold
from aggregator.topics.russian import russian_forms
from aggregator.topics.vocabulary import Vocabulary
from benchmarks.words import LANGUAGES, vocabulary

ROOT = Path(__file__).parents[1]
SNOWBALL = {"ru": "russian", "tr": "turkish", "az": "turkish", "en": "english"}
"""Snowball knows no Kazakh; Turkish is the nearest it has to Azerbaijani."""
WEIGHTS = {"strong": 5.0, "medium": 3.0, "weak": 1.0}


@dataclass(frozen=True, slots=True)
class Piece:
    title: str
    text: str
    language: str
    country: str
    topics: frozenset[str]


def newsroom() -> dict[str, list[Piece]]:
    """The sample newsroom: the half that rules were tuned on, and the half whose texts nobody read for it."""
    directory = ROOT / "aggregator" / "demo" / "newsroom"
    outlets = tomllib.loads((directory / "outlets.toml").read_text("utf-8"))["outlet"]
    countries = {outlet["id"]: outlet["country"] for outlet in outlets}
    halves: dict[str, list[Piece]] = {"tuned": [], "held out": []}
    for path in sorted(directory.glob("*.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            half = "tuned" if zlib.crc32((row["story"] or row["id"]).encode()) % 2 == 0 else "held out"
            text = "\n".join(row["paragraphs"])
            piece = Piece(row["title"], text, row["lang"], countries[row["outlet"]], frozenset(row["topics"]))
            halves[half].append(piece)
    return halves


def corpus(name: str) -> list[Piece]:
    """A labelled set of tests/corpus/topics."""
    rows = map(json.loads, (ROOT / "tests/corpus/topics" / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [
        Piece(r["title"], r.get("text", r.get("html")), r["lang"], r.get("country", "KZ"), frozenset(r["topics"]))
        for r in rows
    ]


# ---------------------------------------------------------------- cost


def invented_topics(count: int) -> list[Topic]:
    """Topics of 60 terms in five languages, words drawn evenly from vocabularies of 21,000 stems."""
    rng = random.Random(count)
    return [
        Topic(f"t{number}", {}, {language: _terms(rng, language) for language in LANGUAGES}) for number in range(count)
    ]


def _terms(rng: random.Random, language: str) -> dict[str, tuple[str, ...]]:
    stems = [stem for stem in vocabulary(language).stems if len(stem) > 3]
    phrases = [f"{rng.choice(stems)} {rng.choice(stems)}" for _ in range(6)]
    near = [f"{rng.choice(stems)} ~5 {rng.choice(stems)}" for _ in range(2)]
    return {"strong": tuple(phrases), "medium": (*near, rng.choice(stems)), "weak": tuple(rng.choices(stems, k=3))}


def invented_articles(count: int) -> list[Piece]:
    """Articles of 220 words whose words are as frequent as in news."""
    rng = random.Random(count)
    found = []
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        words = vocabulary(language).words(rng, 228)
        text = ". ".join(" ".join(words[at : at + 16]) for at in range(8, 228, 16))
        found.append(Piece(" ".join(words[:8]), text, language, "KZ", frozenset()))
    return found


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds an article: with the words that are new to it, and when all are remembered."""

    new: float
    again: float


def best(work: Callable[[], object], times: int = 5) -> float:
    """The least CPU seconds of several runs: what the machine's other guests do not add to."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def cost_of_compiling(topics: Sequence[Topic], lists: Sequence[TermList]) -> tuple[float, float, bytes]:
    """Seconds to compile cold and to load what was compiled, and that."""
    forms.patterns.cache_clear()
    parse_term.cache_clear()
    russian_forms.cache_clear()
    begun = time.process_time()
    encoded = compile_rules(topics, lists).to_bytes()
    cold = time.process_time() - begun
    return cold, best(lambda: Rules.from_bytes(encoded)), encoded


def cost_of_rules(encoded: bytes, pieces: Sequence[Piece]) -> Cost:
    """Every second article is read first, so that of the others the words are new that are new in news."""
    rules = Rules.from_bytes(encoded)

    def run(some: Sequence[Piece]) -> None:
        for piece in some:
            match(rules, title=piece.title, text=piece.text, language=piece.language, country=piece.country)

    run(pieces[::2])
    others = pieces[1::2]
    new = best(lambda: run(others), 1)
    return Cost(new / len(others) * 1e6, best(lambda: run(others)) / len(others) * 1e6)


def plain_phrases(topic: Topic) -> Iterator[tuple[str, str, str]]:
    """(language, weight, words) of the terms that are plain words and phrases, alternatives spelt out."""
    for language, weights in topic.terms.items():
        for weight, terms in weights.items():
            for term in terms:
                try:
                    sides = parse_term(term).sides
                except TermError:
                    continue
                parts = [part for side in sides for part in side.parts]
                if len(parts) == 1 and parts[0].phrases:
                    for phrase in parts[0].phrases:
                        yield language, weight, " ".join(choice[0].text for choice in phrase)


def alternation(topics: Sequence[Topic]) -> re.Pattern[str]:
    words = sorted({words for topic in topics for _, _, words in plain_phrases(topic)}, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b", re.IGNORECASE)


def cost_of_alternation(pattern: re.Pattern[str], pieces: Sequence[Piece]) -> float:
    """Microseconds an article, of as few as tell: the longer the pattern, the fewer."""
    some = pieces[: max(5, min(len(pieces), 1_000_000 // len(pattern.pattern)))]
    return best(lambda: [pattern.findall(f"{piece.title}\n{piece.text}") for piece in some], 2) / len(some) * 1e6


def cost_of_fts(topics: Sequence[Topic], pieces: Sequence[Piece]) -> float:
    """Microseconds an article: its share of indexing all and asking each topic's terms of them."""
    queries = [_query(words for _, _, words in plain_phrases(topic)) for topic in topics]

    def run() -> None:
        db = _indexed(pieces)
        for query in filter(None, queries):
            db.execute("SELECT rowid FROM a WHERE a MATCH ?", (query,)).fetchall()

    return best(run, 2) / len(pieces) * 1e6


def _query(phrases: Iterable[str]) -> str:
    return " OR ".join('"' + words.replace('"', " ") + '"' for words in dict.fromkeys(phrases))


def _indexed(pieces: Sequence[Piece]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE a USING fts5(title, text, tokenize = 'unicode61 remove_diacritics 2')")
    rows = [(number, piece.title, piece.text) for number, piece in enumerate(pieces)]
    db.executemany("INSERT INTO a (rowid, title, text) VALUES (?, ?, ?)", rows)
    return db


def tell_costs(sizes: Sequence[int]) -> None:
    loaded = configuration.load(ROOT / "config")
    news = [piece for half in newsroom().values() for piece in half]
    plain = invented_articles(600)
    print("| topics | terms | compile cold | cached | texts | new words | remembered | `re` alternation | FTS5 |")
    print("|---:|---:|---:|---:|---|---:|---:|---:|---:|")
    for size in sizes:
        topics = [*loaded.topics, *invented_topics(size - len(loaded.topics))]
        terms = sum(len(terms) for topic in topics for weights in topic.terms.values() for terms in weights.values())
        cold, cached, encoded = cost_of_compiling(topics, loaded.lists)
        pattern = alternation(topics)
        for name, pieces in (("dense: the newsroom, 121 words", news), ("general: invented, 228 words", plain)):
            ours, fts = cost_of_rules(encoded, pieces), cost_of_fts(topics, pieces)
            by_pattern = cost_of_alternation(pattern, pieces)
            print(
                f"| {size:,} | {terms:,} | {cold:.2f} s | {cached * 1000:.0f} ms | {name} | {ours.new:.0f} µs"
                f" | {ours.again:.0f} µs | {by_pattern:.0f} µs ({by_pattern / ours.again:.1f}×)"
                f" | {fts:.0f} µs ({fts / ours.again:.1f}×) |",
                flush=True,
            )


# ---------------------------------------------------------------- quality

Judge = Callable[[Sequence[Piece]], list[set[str]]]


def by_rules(topics: Sequence[Topic], lists: Sequence[TermList]) -> Judge:
    rules = compile_rules(topics, lists)

    def judge(pieces: Sequence[Piece]) -> list[set[str]]:
        return [
            {m.topic for m in match(rules, title=p.title, text=p.text, language=p.language, country=p.country)}
            for p in pieces
        ]

    return judge


@contextmanager
def words_as_written() -> Iterator[None]:
    """The same engine and rules, but no word has any form but its own."""

    def exact(word: Word, *_: object, **__: object) -> tuple[forms.Pattern, ...]:
        return ((fold(word.text), "*" if word.kind == "prefix" else ""),)

    with patch.object(compiling, "patterns", exact):
        yield


@contextmanager
def snowball_stems() -> Iterator[None]:
    """The same engine and rules over stems: a word of a term meets every word of its stem, whatever its language."""
    import snowballstemmer

    stemmers = {name: snowballstemmer.stemmer(name) for name in sorted(set(SNOWBALL.values()))}

    def stem(word: Word, language: str, **_: object) -> tuple[forms.Pattern, ...]:
        own = [SNOWBALL[language]] if language in SNOWBALL else list(stemmers) if language == forms.ANY else []
        if word.kind in {"exact", "prefix"} or not own:
            return ((fold(word.text), "*" if word.kind == "prefix" else ""),)
        return tuple({(f"{name}:{fold(stemmers[name].stemWord(word.text.lower()))}", "") for name in own})

    plain = Vocabulary._inflected  # noqa: SLF001

    def inflected(self: Vocabulary, token: str) -> list[int]:
        found = plain(self, token)
        for name, stemmer in stemmers.items():
            pairs = self._stems.get(f"{name}:{fold(stemmer.stemWord(token.lower()))}", "").split()
            found += map(int, pairs[::2])
        lower = self._lower if not token[:1].islower() else frozenset()
        return [slot for slot in found if slot not in lower]

    with (
        patch.object(compiling, "patterns", stem),
        patch.object(Vocabulary, "_inflected", inflected),
        patch.object(Vocabulary, "may_know", lambda *_: True),  # a word does not begin as its stem's name does
    ):
        yield


def by_fts(topics: Sequence[Topic], lists: Sequence[TermList]) -> Judge:
    """FTS5 over the same words and phrases, each counted once, twice in a title; figures of lists it cannot ask."""
    region = {entry.name: entry.countries for entry in lists}

    def judge(pieces: Sequence[Piece]) -> list[set[str]]:
        db = _indexed(pieces)
        points = {(topic.id, number): 0.0 for topic in topics for number in range(len(pieces))}
        for topic in topics:
            for weight, phrase in {(weight, phrase) for _, weight, phrase in plain_phrases(topic)}:
                quoted = _query([phrase])
                titled = {row[0] for row in db.execute("SELECT rowid FROM a WHERE a MATCH ?", (f"title : {quoted}",))}
                for (number,) in db.execute("SELECT rowid FROM a WHERE a MATCH ?", (quoted,)):
                    points[topic.id, number] += WEIGHTS.get(weight, 0.0) * (2 if number in titled else 1)
        homes = {topic.id: {c for need in topic.require_any for c in region.get(need[1:], ())} for topic in topics}
        return [
            {
                t.id
                for t in topics
                if points[t.id, number] >= t.min_score and (not homes[t.id] or piece.country in homes[t.id])
            }
            for number, piece in enumerate(pieces)
        ]

    return judge


def judges(
    topics: Sequence[Topic], lists: Sequence[TermList]
) -> dict[str, Callable[[Sequence[Piece]], list[set[str]]]]:
    def under(world: Callable[[], object]) -> Judge:
        def judge(pieces: Sequence[Piece]) -> list[set[str]]:
            with world():  # type: ignore[attr-defined]
                return by_rules(topics, lists)(pieces)

        return judge

    return {
        "rules that know forms": by_rules(topics, lists),
        "the same rules, Snowball stems": under(snowball_stems),
        "the same rules, words as written": under(words_as_written),
        "FTS5, the same words and phrases": by_fts(topics, lists),
    }


def f1(rows: Iterable[tuple[set[str], frozenset[str]]]) -> tuple[float, float, float]:
    """Precision, recall, F1 over all assignments."""
    hit = wrong = missed = 0
    for given, wanted in rows:
        hit, wrong, missed = hit + len(given & wanted), wrong + len(given - wanted), missed + len(wanted - given)
    return hit / max(1, hit + wrong), hit / max(1, hit + missed), 2 * hit / max(1, 2 * hit + wrong + missed)


def tell_quality() -> None:
    loaded = configuration.load(ROOT / "config")
    sets = {
        "70 short items": corpus("dev"),
        "articles written unseen": corpus("fresh"),
        **{f"blind batch {letter}": corpus(f"blind_{letter}") for letter in "abcde"},
        **newsroom(),
    }
    print("| texts | judge | precision | recall | F1 | " + " | ".join(LANGUAGES) + " |")
    print("|---|---|---:|---:|---:|" + "---:|" * len(LANGUAGES))
    for name, pieces in sets.items():
        for judge, judged in judges(loaded.topics, loaded.lists).items():
            rows = list(zip(judged(pieces), pieces, strict=True))
            precision, recall, score = f1((given, piece.topics) for given, piece in rows)
            own = [
                f1((given, piece.topics) for given, piece in rows if piece.language.partition("-")[0] == language)[2]
                for language in LANGUAGES
            ]
            cells = " | ".join(f"{value:.3f}" for value in (precision, recall, score, *own))
            print(f"| {name} ({len(pieces)}) | {judge} | {cells} |", flush=True)


def tell_topics(names: Sequence[str]) -> None:
    """Precision, recall and F1 of each topic over sets of tests/corpus/topics, by the shipped rules."""
    loaded = configuration.load(ROOT / "config")
    judged = by_rules(loaded.topics, loaded.lists)
    sets = [(pieces, judged(pieces)) for pieces in map(corpus, names)]
    print("| topic | " + " | ".join(f"{name} (P / R / F1)" for name in names) + " |")
    print("|---|" + "---|" * len(names))
    for topic in [item.id for item in loaded.topics]:
        scores = (
            f1((given & {topic}, piece.topics & {topic}) for given, piece in zip(found, pieces, strict=True))
            for pieces, found in sets
        )
        print(f"| {topic} | " + " | ".join(" / ".join(f"{value:.2f}" for value in score) for score in scores) + " |")


def tell_concepts() -> None:
    """Headlines of one concept in five languages side by side: + where the topic is found (or rightly none), - where not."""
    loaded = configuration.load(ROOT / "config")
    rules = compile_rules(loaded.topics, loaded.lists)
    countries = {"az": "AZ", "tr": "TR"}
    print("| topic | concept | " + " | ".join(LANGUAGES) + " |")
    print("|---|---|" + "---|" * len(LANGUAGES))
    for row in map(json.loads, (ROOT / "tests/corpus/topics/concepts.jsonl").read_text("utf-8").splitlines()):
        marks_of = []
        for language in LANGUAGES:
            country = countries.get(language, "KZ")
            found = match(rules, title=row.get(language, ""), text="", language=language, country=country)
            given = {item.topic for item in found}
            right = row["topic"] in given if row["topic"] else not given
            marks_of.append("+" if right else "-")
        print(f"| {row['topic'] or 'none'} | {row['concept']} | " + " | ".join(marks_of) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.topics", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[7, 100, 1000])
    parser.add_argument("--only", choices=["cost", "quality", "topics", "concepts"])
    given = parser.parse_args()
    if given.only in (None, "cost"):
        tell_costs(given.sizes)
    if given.only in (None, "quality"):
        tell_quality()
    if given.only in (None, "topics"):
        tell_topics([f"blind_{letter}" for letter in "abcde"])
    if given.only in (None, "concepts"):
        tell_concepts()


if __name__ == "__main__":
    main()
