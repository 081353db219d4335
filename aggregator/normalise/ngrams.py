"""The last word on nearly even languages: which byte n-grams a language has more of than the others of its script.

ngrams.bin is distilled from the model of py3langid (BSD-3-Clause; Marco Lui, Adrien Barbaresi; see ngrams.LICENSE) by
benchmarks/language_distil.py. It decides as well for short news titles (tests/corpus/normalise), loads in hundredths of a
second instead of tenths, and takes 3 MB of each process instead of 140.
"""

import json
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("ngrams.bin")
_STEPS = 16
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class _Table:
    """`rows[place[gram] * len(languages):]`: log probabilities of a gram, a step for each language, around their mean."""

    languages: tuple[str, ...]
    priors: tuple[float, ...]
    place: Mapping[bytes, int]
    rows: memoryview


def probabilities(script: str, sample: str) -> dict[str, float]:
    """How likely `sample` (lower case) is in each language of the script ("cyrillic", "latin"); their sum is 1.

    As in py3langid a gram counts with the logarithm of its frequency, and the square root of the length tempers all.
    """
    table, text = _tables()[script], sample.encode("utf-8", "surrogatepass")
    width, rows, scores = len(table.languages), table.rows, list(table.priors)
    for place, count in _counts(table.place, text).items():
        weight = math.log1p(count) / _STEPS
        row = rows[place * width : (place + 1) * width]
        scores = [score + weight * step for score, step in zip(scores, row, strict=True)]
    calm, top = 1 / math.sqrt(len(text) or 1), max(scores)
    weights = [math.exp((score - top) * calm) for score in scores]
    total = sum(weights)
    return {language: weight / total for language, weight in zip(table.languages, weights, strict=True)}


def _counts(place: Mapping[bytes, int], text: bytes) -> dict[int, int]:
    counts: dict[int, int] = {}
    for length in range(2, _LONGEST + 1):
        for start in range(len(text) - length + 1):
            found = place.get(text[start : start + length])
            if found is not None:
                counts[found] = counts.get(found, 0) + 1
    return counts


@lru_cache(maxsize=1)
def _tables() -> dict[str, _Table]:
    data = zlib.decompress(_FILE.read_bytes())
    (length,) = struct.unpack_from("<I", data)
    position, tables = 4 + length, {}
    for head in json.loads(data[4:position]):
        place = {}
        for number in range(head["grams"]):
            size = data[position]
            place[data[position + 1 : position + 1 + size]] = number
            position += 1 + size
        end = position + head["grams"] * len(head["languages"])
        rows = memoryview(data[position:end]).cast("b")
        tables[head["script"]] = _Table(tuple(head["languages"]), tuple(head["priors"]), place, rows)
        position = end
    return tables
