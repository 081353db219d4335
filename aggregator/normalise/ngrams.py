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
_MEAN = 128
_UNSIGNED = bytes((step + _MEAN) % 256 for step in range(256))


@dataclass(frozen=True, slots=True)
class _Table:
    """`rows[place[gram] * len(languages):]`: log probabilities of a gram, a step for each language, around their mean, which
    is _MEAN.
    """

    languages: tuple[str, ...]
    priors: tuple[float, ...]
    place: Mapping[bytes, int]
    rows: bytes


def probabilities(script: str, sample: str) -> dict[str, float]:
    """How likely `sample` (lower case) is in each language of the script ("cyrillic", "latin"); their sum is 1.

    As in py3langid a gram counts with the logarithm of its frequency, and the square root of the length tempers all.
    """
    table, text = _tables()[script], sample.encode("utf-8", "surrogatepass")
    width, rows, scores = len(table.languages), table.rows, list(table.priors)
    for count, places in _by_count(table.place, text).items():
        weight, mean = math.log1p(count) / _STEPS, _MEAN * len(places)
        columns = zip(*[rows[place * width : place * width + width] for place in places], strict=True)
        scores = [score + weight * (sum(column) - mean) for score, column in zip(scores, columns, strict=True)]
    calm, top = 1 / math.sqrt(len(text) or 1), max(scores)
    weights = [math.exp((score - top) * calm) for score in scores]
    total = sum(weights)
    return {language: weight / total for language, weight in zip(table.languages, weights, strict=True)}


def _by_count(place: Mapping[bytes, int], text: bytes) -> dict[int, list[int]]:
    """How often → the places of the grams that stand so often in `text`."""
    counts: dict[bytes, int] = {}
    for length in range(2, _LONGEST + 1):
        for start in range(len(text) - length + 1):
            if (gram := text[start : start + length]) in place:
                counts[gram] = counts.get(gram, 0) + 1
    found: dict[int, list[int]] = {}
    for gram, count in counts.items():
        found.setdefault(count, []).append(place[gram])
    return found


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
        rows = data[position:end].translate(_UNSIGNED)
        tables[head["script"]] = _Table(tuple(head["languages"]), tuple(head["priors"]), place, rows)
        position = end
    return tables
