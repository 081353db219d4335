"""What keeps look-alikes apart: texts from one template with other numbers or names, and issues of a series."""

import re
from collections.abc import Mapping
from functools import lru_cache
from zlib import crc32

from aggregator.stories.facts import PARTS, Facts
from aggregator.stories.numbers import numbers
from aggregator.stories.shingles import words

FEW_NUMBERS = 3
NUMBERS_SHARED = 0.4
ISSUE_NUMBERS_SHARED = 0.8
TEMPLATE_STEMS = 0.5
_CALENDAR = """
январ феврал март апрел май мая мае июн июл август сентябр октябр ноябр декабр
қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан
yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr
ocak şubat nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
january february march april june july august september october november december
понедельник вторник среда среду среды четверг пятниц суббот воскресень
дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі
bazar çərşənbə cümə şənbə pazartesi salı çarşamba perşembe cuma cumartesi pazar
monday tuesday wednesday thursday friday saturday sunday
"""
_MONTHS = words(_CALENDAR)
_SHORTEST_MONTH = 4
_SHORT_DAYS = frozenset(month for month in _MONTHS if len(month) < _SHORTEST_MONTH)
_LONG_DAYS = tuple(month for month in _MONTHS if len(month) >= _SHORTEST_MONTH)
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=1024)
def number_weights(text: str) -> dict[str, float]:
    """The values of all numbers of a text, with what an agreement on each means."""
    return {number.key: number.weight for number in numbers(text)}


@lru_cache(maxsize=2048)
def title_skeleton(title: str) -> int:
    """32 bits of the title's words without numbers, month names and week days; 0 when fewer than two words are left."""
    kept = [word for word in words(title) if not _dated(word)]
    return crc32(" ".join(kept).encode()) if len(kept) > 1 else 0


def _dated(word: str) -> bool:
    return bool(_DIGIT.search(word)) or word in _SHORT_DAYS or word.startswith(_LONG_DAYS)


def numbers_agree(a: Mapping[str, float], b: Mapping[str, float]) -> bool:
    """Whether the numbers of two texts may come from one: 0.4 of the smaller set is shared, by weight, and one at least.

    By weight, because a template keeps small and round ones (АИ-92, 100 kilograms, 24 hours) from issue to issue.
    """
    fewer, more = sorted((a, b), key=lambda numbers: (len(numbers), sorted(numbers)))
    if not fewer:
        return True
    shared = [weight for key, weight in fewer.items() if key in more]
    return bool(shared) and (len(fewer) < FEW_NUMBERS or sum(shared) >= NUMBERS_SHARED * sum(fewer.values()))


def other_issue(a: Facts, b: Facts) -> bool:
    """Whether two titles differ in numbers only ("… on 14 May"): no copies, whatever outlets they are from."""
    return a.title == b.title != 0 and a.title_numbers != b.title_numbers


def is_series(a: Facts, b: Facts, stems: float, *, same_source: bool, same_language: bool) -> bool:
    """Whether two articles are issues of a series (rates, weather, fuel prices, port bulletins); `stems` is their cosine.

    Either one outlet repeats a title, months and numbers aside, over other numbers; or two texts of one language are made
    from one template: most words are the same, most numbers are not.
    """
    if is_column(a, b, same_source=same_source):
        return other_issue(a, b) or _agreed(a, b) < ISSUE_NUMBERS_SHARED
    return same_language and stems >= TEMPLATE_STEMS and _agreed(a, b) < NUMBERS_SHARED


def is_column(a: Facts, b: Facts, *, same_source: bool) -> bool:
    """Whether one outlet used one title for two texts: never one story, unless they are copies."""
    return same_source and a.title == b.title != 0


def _agreed(a: Facts, b: Facts) -> float:
    """The share of the numbers of the article with fewer that the other has, by weight; 1 when it has none."""
    fewer, more = (a, b) if (a.sums[3], sorted(a.numbers)) <= (b.sums[3], sorted(b.numbers)) else (b, a)
    shared = sum(PARTS[fewer.units[key]][3] for key in fewer.numbers & more.numbers)
    return shared / fewer.sums[3] if fewer.sums[3] else 1.0
