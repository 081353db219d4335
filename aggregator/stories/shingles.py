"""Shingles of four folded words, and the sketch that finds texts which share them.

The sketch keeps the smallest hashes of a text (bottom-K, Broder 1997): of two texts of which one holds the other, the
smaller one's share of the larger one's sketch is about its share of the larger text, whatever their lengths.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import is_normalized, normalize

SHINGLE_WORDS = 4
SKETCH_SIZE = 24
_WORD = re.compile(r"\w+")

Shingle = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of words that two texts share: its text in the first, and where it stands in both."""

    text: str
    start_a: int
    end_a: int
    start_b: int
    end_b: int


def fold(text: str) -> str:
    """Lower case without what editors change silently (ё, dotless i); quotes and dashes are no words anyway."""
    composed = text if is_normalized("NFC", text) else normalize("NFC", text)
    return composed.lower().replace("ё", "е").replace("i\u0307", "i").replace("ı", "i").replace("ə", "e")


def words(text: str) -> list[str]:
    """The folded words and digits of a text."""
    return _WORD.findall(fold(text))


def _grams(tokens: list[str]) -> Iterator[Shingle]:
    return zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False)


@lru_cache(maxsize=1024)
def shingles(text: str) -> frozenset[int]:
    """All shingles of a text by their hashes of this process; none when it has fewer than four words."""
    return frozenset(map(hash, _grams(words(text))))


def sketch(words: list[int]) -> tuple[int, ...]:
    """The ≤24 smallest 64-bit hashes (signed, ascending) of shingles of words, which are given as hashes themselves."""
    hashes = list(map(_shingle, zip(words, words[1:], words[2:], words[3:], strict=False)))
    bound = _low(len(hashes))
    few = {one for one in hashes if one < bound}
    return tuple(sorted(few if len(few) >= SKETCH_SIZE else set(hashes))[:SKETCH_SIZE])


def _low(count: int) -> int:
    """A bound below which about twice as many of `count` even hashes lie as a sketch takes: sorting those is enough."""
    return (2 * SKETCH_SIZE << 64) // max(count, 2 * SKETCH_SIZE) - (1 << 63)


def hash_of_four(words: tuple[int, int, int, int]) -> int:
    """What Python ≥3.8 makes of a tuple of four small numbers on machines of 64 bits: xxHash, cut short.

    Signed, as the store has no other. Only for an interpreter that computes hashes in another way.
    """
    total = _PRIMES[4]
    for word in words:
        total = (total + word * _PRIMES[1]) & _ALL_BITS
        total = ((total << 31 | total >> 33) * _PRIMES[0]) & _ALL_BITS
    total = (total + (len(words) ^ (_PRIMES[4] ^ 3527539))) & _ALL_BITS
    value = total - (1 << 64) if total >> 63 else total
    return 1546275796 if value == -1 else value


_ALL_BITS = (1 << 64) - 1
_PRIMES = (
    11400714785074694791,
    14029467366897019727,
    1609587929392839161,
    9650029242287828579,
    2870177450012600261,
)
_SAMPLE = (1, 1 << 16, 1 << 31, (1 << 32) - 1)
_shingle: Callable[[tuple[int, int, int, int]], int] = hash if hash(_SAMPLE) == hash_of_four(_SAMPLE) else hash_of_four


def shared_passages(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """How many hashes two sketches share."""
    return len(set(a).intersection(b))


def containment(a: frozenset[int], b: frozenset[int]) -> float:
    """The share of the smaller set that the larger one holds (Broder 1997), 0 when either is empty."""
    smaller = min(len(a), len(b))
    return len(a & b) / smaller if smaller else 0.0


def passages(a: str, b: str) -> tuple[Passage, ...]:
    """What two texts share, longest stretches first found in the order of the first text, without overlaps."""
    spans_a, spans_b = _spans(a), _spans(b)
    places = {gram: i for i, gram in reversed(list(enumerate(_grams([word for word, _, _ in spans_b]))))}
    grams_a = list(_grams([word for word, _, _ in spans_a]))
    found: list[Passage] = []
    i = 0
    while i < len(grams_a):
        j = places.get(grams_a[i])
        if j is None:
            i += 1
            continue
        length = _common(spans_a, spans_b, i, j)
        last_a, last_b = spans_a[i + length - 1], spans_b[j + length - 1]
        found.append(Passage(a[spans_a[i][1] : last_a[2]], spans_a[i][1], last_a[2], spans_b[j][1], last_b[2]))
        i += length
    return tuple(found)


def _spans(text: str) -> list[tuple[str, int, int]]:
    """Words with their offsets in the text as it is: folding may change lengths, so each word is folded alone."""
    return [(folded, m.start(), m.end()) for m in _WORD.finditer(text) for folded in words(m.group())]


def _common(a: list[tuple[str, int, int]], b: list[tuple[str, int, int]], i: int, j: int) -> int:
    length = 0
    while i + length < len(a) and j + length < len(b) and a[i + length][0] == b[j + length][0]:
        length += 1
    return length
