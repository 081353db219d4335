"""What keeps look-alikes apart: texts from one template with other numbers or names, and issues of a series."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from zlib import crc32

from aggregator.model import Report
from aggregator.stories.numbers import numbers
from aggregator.stories.shingles import words

FEW_NUMBERS = 3
NUMBERS_SHARED = 0.4
_MONTHS = (
    "январ феврал март апрел май мая мае июн июл август сентябр октябр ноябр декабр "
    "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан "
    "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr "
    "ocak şubat nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık "
    "january february march april june july august september october november december "
    "понедельник вторник сред четверг пятниц суббот воскресень "
    "дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі "
    "bazar çərşənbə cümə şənbə pazartesi salı çarşamba perşembe cuma cumartesi pazar "
    "monday tuesday wednesday thursday friday saturday sunday"
).split()
_SHORTEST_MONTH = 4
_SHORT_DAYS = frozenset(month.replace("ı", "i").replace("ə", "e") for month in _MONTHS if len(month) < _SHORTEST_MONTH)
_LONG_DAYS = tuple(month.replace("ı", "i").replace("ə", "e") for month in _MONTHS if len(month) >= _SHORTEST_MONTH)
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=1024)
def number_keys(text: str) -> frozenset[str]:
    """The values of all numbers of a text."""
    return frozenset(number.key for number in numbers(text))


@lru_cache(maxsize=2048)
def title_skeleton(title: str) -> int:
    """32 bits of the title's words without numbers, month names and week days; 0 when fewer than two words are left."""
    kept = [word for word in words(title) if not _dated(word)]
    return crc32(" ".join(kept).encode()) if len(kept) > 1 else 0


def _dated(word: str) -> bool:
    return bool(_DIGIT.search(word)) or word in _SHORT_DAYS or word.startswith(_LONG_DAYS)


def numbers_agree(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether two sets of numbers may come from one text: the smaller is tiny and met, or 0.4 of it is shared."""
    smaller = min(len(a), len(b))
    if not smaller:
        return True
    return len(a & b) >= (1 if smaller < FEW_NUMBERS else NUMBERS_SHARED * smaller)


def series_pairs(reports: Sequence[Report]) -> frozenset[tuple[int, int]]:
    """The pairs (smaller id first) among the reports that are issues of one series."""
    shelves: dict[tuple[str, int], list[Report]] = defaultdict(list)
    for report in reports:
        shelves[report.source, title_skeleton(report.title)].append(report)
    return frozenset(
        (min(a.id, b.id), max(a.id, b.id))
        for (_, skeleton), shelf in shelves.items()
        if skeleton
        for a, b in combinations(shelf, 2)
        if all_numbers(a) != all_numbers(b)
    )


def all_numbers(report: Report) -> frozenset[str]:
    """The numbers of title and text."""
    return number_keys(report.title) | number_keys(report.text)
