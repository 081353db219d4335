"""What keeps look-alikes apart: texts from one template with other numbers or names, and issues of a series."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import sqrt
from zlib import crc32

from aggregator.stories.facts import Facts, Kind, headline_weight, numbers_weight, squares
from aggregator.stories.meanings import named
from aggregator.stories.numbers import numbers
from aggregator.stories.scoring import same_stems
from aggregator.stories.shingles import words

FEW_NUMBERS = 3
NUMBERS_SHARED = 0.4
ISSUE_NUMBERS_SHARED = 0.8
TEMPLATE_STEMS = 0.5
TEMPLATE_NUMBERS = 50
"""Weight of numbers, in hundredths, that makes a text one to be filled in: not a year or two small counts in a headline."""
SHORT_TEXT = 40
SAME_DEEDS = 0.06
"""Cosine over stems, concepts and things; the least of a true pair of one language that was found is .07."""
_DEEDS = frozenset({Kind.STEM, Kind.CONCEPT, Kind.THING})
RIVALS_WEIGHT = 50
"""Of an actor that one headline names and the other article nowhere, in hundredths: not "the government"."""
_CONTRARIES = (
    ("growth", "decline"),
    ("raise", "decline"),
    ("open", "close"),
    ("launch", "close"),
    ("launch", "suspend"),
    ("suspend", "resume"),
    ("ban", "allow"),
    ("approve", "reject"),
)
"""Not win and lose, appoint and resign, buy and sell: those are two sides of one event."""
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


@lru_cache(maxsize=8192)
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


def is_series(a: Facts, b: Facts, *, same_source: bool, same_language: bool) -> bool:
    """Whether two articles are issues of a series (rates, weather, fuel prices, port bulletins).

    Either one outlet repeats a title, months and numbers aside, over other numbers, or another does over mostly other
    ones (the weather of two days); or two texts of one language are made from one template: most words are the same, and
    most numbers or all names they open with are not.
    """
    if is_column(a, b, same_source=same_source):
        return other_issue(a, b) or _agreed(a, b) < ISSUE_NUMBERS_SHARED
    if other_issue(a, b) and _agreed(a, b) < NUMBERS_SHARED:
        return True
    if not same_language or same_stems(a, b) < TEMPLATE_STEMS:
        return False
    counted = min(a.sums.numbers, b.sums.numbers) >= TEMPLATE_NUMBERS
    return (counted and _agreed(a, b) < NUMBERS_SHARED) or _of_others(a, b)


def _of_others(a: Facts, b: Facts) -> bool:
    """Whether both articles open with names that the other mentions nowhere (the weather of two cities), or titles that
    say the same of other names do: a template may open with the name of its source. (Not any two titles: newsrooms put
    another headline over a copy, with names of their own.)
    """
    if _apart(a.opening_names, b.opening_names, a, b):
        return True
    return _matter(a) == _matter(b) != frozenset() and _apart(a.title_names, b.title_names, a, b)


def _matter(article: Facts) -> frozenset[int]:
    """What a title says besides names and numbers."""
    return article.headline - article.title_names - article.numbers


def _apart(ours: frozenset[int], theirs: frozenset[int], a: Facts, b: Facts) -> bool:
    return bool(ours and theirs) and ours.isdisjoint(b.units) and theirs.isdisjoint(a.units)


def names_alone(a: Facts, b: Facts) -> bool:
    """Whether two short texts of one language share who and how many, and hardly a word of what happened.

    "The president received the premier", "the president congratulated the premier": names and a date make no event.
    """
    if min(a.words, b.words) >= SHORT_TEXT:
        return False
    shared = [value for key, value in a.units.items() if key in b.units]
    return _deeds(shared) < SAME_DEEDS * sqrt(_deeds(a.units.values()) * _deeds(b.units.values()))


def of_other_deeds(a: Facts, b: Facts) -> bool:
    """Whether two headlines name actors, or deeds, that exclude each other.

    Each names an actor that the other article nowhere mentions ("Tokayev called Erdogan", "Tokayev called Aliyev"; "the
    company's deal with Chevron", "… with Lukoil"), or one opens, raises, bans what the other closes, lowers, allows.
    Among 784 true pairs of the labelled newsrooms no headlines did, among 225 false ones that looked like one story ten.
    """
    return (_lonely_actors(a, b) and _lonely_actors(b, a)) or _contrary(a, b) or _contrary(b, a)


def _lonely_actors(a: Facts, b: Facts) -> bool:
    lonely = [a.units[key] for key in a.headline - b.meanings]
    return headline_weight([value for value in lonely if value >> 5 == Kind.ACTOR]) >= RIVALS_WEIGHT


def _contrary(a: Facts, b: Facts) -> bool:
    return any(
        one in a.headline and other in b.headline and other not in a.units and one not in b.units
        for one, other in _contraries()
    )


@lru_cache(maxsize=1)
def _contraries() -> tuple[tuple[int, int], ...]:
    return tuple((named("=" + one) >> 8, named("=" + other) >> 8) for one, other in _CONTRARIES)


def _deeds(values: Iterable[int]) -> int:
    return squares([value for value in values if value >> 5 in _DEEDS])


def is_column(a: Facts, b: Facts, *, same_source: bool) -> bool:
    """Whether one outlet used one title for two texts: never one story, unless they are copies."""
    return same_source and a.title == b.title != 0


def _agreed(a: Facts, b: Facts) -> float:
    """The share of the numbers of the article with fewer that the other has, by weight; 1 when it has none."""
    fewer, more = (a, b) if a.sums.numbers <= b.sums.numbers else (b, a)
    shared = numbers_weight([fewer.units[key] for key in fewer.numbers & more.numbers])
    return shared / fewer.sums.numbers if fewer.sums.numbers else 1.0
