"""Shingles of four folded words, and the sketch that finds texts which share them.

The sketch keeps the smallest hashes of a text (bottom-K, Broder 1997): of two texts of which one holds the other, the
smaller one's share of the larger one's sketch is about its share of the larger text, whatever their lengths.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from unicodedata import is_normalized, normalize
from zlib import crc32

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


def sketch(tokens: list[str], language: str) -> tuple[int, ...]:
    """The ≤24 smallest 64-bit hashes (unsigned, ascending). The language seeds them, so that languages never meet."""
    seed = crc32(language.encode())
    encoded = "\n".join(tokens).encode().split(b"\n")
    grams = list(map(b" ".join, zip(encoded, encoded[1:], encoded[2:], encoded[3:], strict=False)))
    ranked = dict(zip(map(crc32, grams, repeat(seed)), grams, strict=False))
    return tuple([_signed(high, crc32(ranked[high][::-1], seed)) for high in sorted(ranked)[:SKETCH_SIZE]])


def _signed(high: int, low: int) -> int:
    """32 bits of checksum would collide at 100,000 articles; those of the reversed bytes below them make 64."""
    value = high << 32 | low
    return value - (1 << 64) if value >> 63 else value


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
