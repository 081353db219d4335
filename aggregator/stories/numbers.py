"""Numbers as values: 3 450 = 3,450 = 3.450 = «3,45 тыс.» = 3.45 thousand, and 1.2 GW = 1 200 МВт.

The value is written with six significant digits, so that it can be a key. Clock times and digits inside words (COP29,
h2) are left out. A number's weight says how little an agreement on it can be chance: years and small or round counts
stand in half of all articles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_SPACE = "\u0020\u00a0\u2009\u202f"
_SCALES = {
    "t": (1e12, "трлн|триллион|trillion|trilyon"),
    "g": (1e9, r"млрд|миллиард|billion|milyard|milyar|mlrd|bn\b|ГВт|гигаватт|GW|QVt|gigawatt|qiqavat|gigavat"),
    "m": (1e6, r"млн|миллион|million|milyon|mln|mn\b"),
    "k": (1e3, r"тыс|мың|thousand|bin|min\b"),
    "w": (1e6, "МВт|мегаватт|MW|MVt|megawatt|meqavat|megavat"),
    "v": (1e3, "кВт|киловатт|kW|kVt|kilowatt|kilovat"),
}
_COUNTED_IN_THOUSANDS = "wv"
_MORE_GROUPS = rf"[0-9]{{0,2}}(?:[{_SPACE},.’'][0-9]{{3}})+(?![0-9])(?:[.,][0-9]{{1,2}}(?![0-9]))?"
_DIGITS = rf"[0-9](?:{_MORE_GROUPS}|[0-9]*(?:[.,][0-9]+)?)"
_SCALE_OF = {word.removesuffix(r"\b"): name for name, (_, words) in _SCALES.items() for word in words.split("|")}
_SCALE = "|".join(words for _, words in _SCALES.values())
# A digit comes first, neither a choice nor a look-behind, so that the scan skips everything else at full speed.
_NUMBER = re.compile(
    rf"(?P<low>{_DIGITS})(?P<clock>:[0-5][0-9])?"
    rf"(?:\s?(?:[-–—]|до|to|ila)\s?\$?(?P<high>{_DIGITS}))?"
    rf"(?:[{_SPACE}-]?(?P<scale>{_SCALE})|(?P<short>[mb])\b)?"
)
_GROUPED = re.compile(rf"[0-9]{{1,3}}(?:[{_SPACE},.’'][0-9]{{3}})+(?:[.,][0-9]{{1,2}})?")
_SEPARATORS = re.compile(rf"[{_SPACE},.’']")
_YEARS = range(1950, 2051)
_BY_DIGITS = (0.15, 0.4, 0.6, 0.85, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Number:
    """A value as a key ("3450", "1.2e+09"); `weight` 0…1."""

    key: str
    weight: float


def numbers(text: str) -> Iterator[Number]:
    """All numbers of a text in order."""
    for figure in figures(text):
        yield from valued(figure)


def figures(text: str) -> list[str]:
    """The numbers of a text as they are written, with their scales; ranges as one."""
    return [
        match.group()
        for match in _NUMBER.finditer(text)
        if not ((start := match.start()) and (text[start - 1].isalnum() or text[start - 1] == "_"))
    ]


@lru_cache(maxsize=8192)
def valued(figure: str) -> tuple[Number, ...]:
    """What a figure stands for: nothing when it is a time of day, both ends of a range in one scale ("2,4–2,9 млрд")."""
    match = _NUMBER.match(figure)
    if match is None or match["clock"]:
        return ()
    scale = _SCALE_OF[match["scale"]] if match["scale"] else match["short"]
    return tuple(number(digits, scale) for digits in (match["low"], match["high"]) if digits)


@lru_cache(maxsize=8192)
def number(digits: str, scale: str | None = None) -> Number:
    """The number that digits with separators stand for; `scale` one of t, g (or b), m, k, w, v."""
    factor = 1e9 if scale == "b" else _SCALES[scale][0] if scale else 1.0
    value = _value(digits, scaled=scale is not None and scale not in _COUNTED_IN_THOUSANDS) * factor
    return Number(f"{value:.6g}", _weight(value, digits))


def _value(digits: str, *, scaled: bool) -> float:
    """A single group of three is thousands, except after a zero or before a scale word ("2.125 billion", but 1,200 MW)."""
    separators = _SEPARATORS.findall(digits)
    if not separators:
        return float(digits)
    if _GROUPED.fullmatch(digits) and not (scaled and len(separators) == 1) and digits[0] != "0":
        return _grouped(digits)
    whole, _, part = digits.replace(",", ".").partition(".")
    return float(f"{_SEPARATORS.sub('', whole)}.{_SEPARATORS.sub('', part) or 0}")


def _grouped(digits: str) -> float:
    *groups, tail = _SEPARATORS.split(digits)
    return float("".join(groups) + (tail if len(tail) == 3 else f".{tail}"))


def _weight(value: float, digits: str) -> float:
    if value in _YEARS and digits.isdigit():
        return 0.3
    if value < 100 and digits.isdigit():
        return 0.15 if value <= 12 or value % 5 == 0 else 0.3
    return _BY_DIGITS[len(f"{value:.6g}".replace(".", "").split("e")[0].strip("0"))]
