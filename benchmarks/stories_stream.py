"""A stream of invented articles with a realistic vocabulary: events, edited copies and retellings in five languages.

Words of the labelled newsrooms as often as they stand there, for every fourth word one of 21,000 invented stems a language.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from aggregator.stories.lexicon import lines
from benchmarks import words

COPIES, RETELLINGS = 0.12, 0.25
LANGUAGES = ("ru", "kk", "az", "tr", "en")
ROOT = Path(__file__).parent.parent
NEWSROOMS = (ROOT / "aggregator/demo/newsroom", ROOT / "tests/corpus/stories", ROOT / "tests/corpus/stories/third")


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


def stream(count: int, seed: int, memory: int) -> Iterator[Piece]:
    """Articles one after another; copies and retellings are of the `memory` articles before."""
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
        recent = [*recent[-memory:], piece]
        yield piece
