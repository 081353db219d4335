"""Numbers as values: 3 450 = 3,450 = 3.450 = «3,45 тыс.» = 3.45 thousand, and 1.2 GW = 1 200 МВт.

The value is written with six significant digits, so that it can be a key. Clock times are left out; years are marked,
because everybody writes the current year.
"""

import re
from dataclasses import dataclass

_SPACE = "\u0020\u00a0\u2009\u202f"
_SCALES = (
    (1e12, "трлн|триллион|trillion|trilyon"),
    (1e9, "млрд|миллиард|billion|milyard|milyar|mlrd|bn\\b"),
    (1e6, "млн|миллион|million|milyon|mln|mn\\b"),
    (1e3, "тыс|тысяч|мың|thousand|bin|min\\b"),
    (1e9, "ГВт|гигаватт|GW|QVt|gigawatt|qiqavat|gigavat"),
    (1e6, "МВт|мегаватт|MW|MVt|megawatt|meqavat|megavat"),
    (1e3, "кВт|киловатт|kW|kVt|kilowatt|kilovat"),
)
_NUMBER = rf"\d{{1,3}}(?:[{_SPACE},.’']\d{{3}})+(?:[.,]\d{{1,2}})?(?!\d)|\d+(?:[.,]\d+)?"
_SCALE = "|".join(f"(?P<s{i}>{words})" for i, (_, words) in enumerate(_SCALES))
_SCALED = re.compile(
    rf"(?<![\w])(?P<clock>[0-2]?\d:[0-5]\d)|"
    rf"(?P<low>{_NUMBER})(?:\s?(?:[-–—]|до|to|ila)\s?\$?(?P<high>{_NUMBER}))?"
    rf"(?:[{_SPACE}-]?(?:{_SCALE})|(?P<m>m)\b|(?P<b>b)\b)?"
)
_GROUPED = re.compile(rf"\d{{1,3}}(?:[{_SPACE},.’']\d{{3}})+(?:[.,]\d{{1,2}})?")
_SEPARATORS = re.compile(rf"[{_SPACE},.’']")
_YEARS = range(1950, 2051)


@dataclass(frozen=True, slots=True)
class Number:
    """A value found at text[start:end); `weight` 0…1 says how much an agreement on it means."""

    key: str
    weight: float
    start: int
    end: int


def numbers(text: str) -> tuple[Number, ...]:
    """All numbers of a text in order; both ends of a range share its scale ("2,4–2,9 млрд")."""
    found: list[Number] = []
    for match in _SCALED.finditer(text):
        if match["clock"]:
            continue
        scale = _scale(match)
        ends = [(match["low"], match.start("low"))]
        if match["high"]:
            ends.append((match["high"], match.start("high")))
        found += [_number(digits, scale, start, match.end()) for digits, start in ends]
    return tuple(found)


def _scale(match: re.Match[str]) -> float:
    name = match.lastgroup
    if name == "m":
        return 1e6
    if name == "b":
        return 1e9
    return _SCALES[int(name[1:])][0] if name and name[0] == "s" else 1.0


def _number(digits: str, scale: float, start: int, end: int) -> Number:
    value = _value(digits, scaled=scale > 1) * scale
    return Number(f"{value:.6g}", _weight(value, digits), start, end)


def _value(digits: str, *, scaled: bool) -> float:
    """A single group of three is thousands, except before a scale word ("2.125 billion") or after a zero."""
    separators = _SEPARATORS.findall(digits)
    if not separators:
        return float(digits)
    if _GROUPED.fullmatch(digits) and not (scaled and len(separators) == 1) and digits[0] != "0":
        return _grouped(digits, separators)
    return float(_SEPARATORS.sub(".", digits, count=1).replace(",", "."))


def _grouped(digits: str, separators: list[str]) -> float:
    tail = _SEPARATORS.split(digits)[-1]
    if len(tail) == 3:
        return float(_SEPARATORS.sub("", digits))
    return float(_SEPARATORS.sub("", digits[: -len(tail) - 1]) + "." + tail)


def _weight(value: float, digits: str) -> float:
    if value in _YEARS and digits.isdigit():
        return 0.3
    significant = len(f"{value:.6g}".replace(".", "").split("e")[0].strip("0"))
    if significant < 3 and value < 100 and digits.isdigit():
        return 0.15 if value <= 12 else 0.3 - 0.15 * (value % 5 == 0)
    return (0.0, 0.4, 0.6, 0.85, 1.0, 1.0, 1.0)[significant] if value else 0.15
