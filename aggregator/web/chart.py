"""Geometry of the small charts: numbers in, rectangles out. The templates draw them as SVG."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aggregator.store.reading import Volume

WIDTH, HEIGHT = 320.0, 120.0
DAYS = 14
_GAP = 0.25  # of a column's width


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a column: one language on one day."""

    language: str
    reports: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A day (since the epoch) with its pieces, from the bottom up."""

    day: int
    x: float
    width: float
    total: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns of `top` reports at most, drawn in WIDTH × HEIGHT; `languages` with their sums, biggest first."""

    columns: tuple[Column, ...]
    languages: tuple[tuple[str, int], ...]
    top: int
    total: int


def chart(volumes: Iterable[Volume], today: int, order: Sequence[str], days: int = DAYS) -> Chart:
    """The last `days` days up to `today`, stacked by language: those of `order` first, in its order."""
    counts: Counter[tuple[int, str]] = Counter()
    for volume in volumes:
        if today - days < volume.day <= today:
            counts[volume.day, volume.language] += volume.reports
    sums: Counter[str] = Counter()
    for (_, language), number in counts.items():
        sums[language] += number
    stacked = sorted(sums, key=lambda code: (order.index(code) if code in order else len(order), code))
    top = max((sum(counts[day, code] for code in stacked) for day in range(today - days + 1, today + 1)), default=0)
    step = WIDTH / days
    columns = tuple(
        _column(day, index * step, step * (1 - _GAP), counts, stacked, nice(top))
        for index, day in enumerate(range(today - days + 1, today + 1))
    )
    return Chart(columns, tuple(sums.most_common()), nice(top), sum(sums.values()))


def _column(
    day: int, x: float, width: float, counts: Counter[tuple[int, str]], languages: Sequence[str], top: int
) -> Column:
    bars, level = [], HEIGHT
    for language in languages:
        number = counts[day, language]
        height = number / top * HEIGHT if top else 0.0
        level -= height
        if number:
            bars.append(Bar(language, number, round(x, 2), round(level, 2), round(width, 2), round(height, 2)))
    return Column(day, round(x, 2), round(width, 2), sum(bar.reports for bar in bars), tuple(bars))


def nice(top: int) -> int:
    """The smallest of 2, 4, 6, 8, 10, 20, 30 … 100, 200 … that holds `top`: a scale whose middle is a whole number."""
    scale = 1
    while True:
        for step in range(2, 11):
            if step * scale >= top and step * scale % 2 == 0:
                return step * scale
        scale *= 10


@dataclass(frozen=True, slots=True)
class Share:
    """A source with its number of reports and its length beside the biggest one, in percent."""

    source: str
    reports: int
    percent: float


def shares(volumes: Iterable[Volume], most: int = 8) -> tuple[Share, ...]:
    """The sources with the most reports."""
    sums: Counter[str] = Counter()
    for volume in volumes:
        sums[volume.source] += volume.reports
    biggest = max(sums.values(), default=1)
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    return tuple(Share(source, number, round(100 * number / biggest, 1)) for source, number in ranked)
