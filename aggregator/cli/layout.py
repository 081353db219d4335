"""Tables as lines of text: nothing is ever cut, whatever the width."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

GAP = 2
SAMPLE = 500
"""Rows that decide how wide the columns are; a longer cell further down pushes only its own row."""
NARROW = 30
"""The last column is wrapped where it has at least so much room; else it goes on a line of its own."""
INDENT = " " * 4

Row = Sequence[str]


def lay_out(titles: Row, rows: Iterable[Row], width: int | None = None) -> Iterator[str]:
    """The lines of a table, its heading first. Without a `width` each row is one line, as long as it takes.

    Within a width the last column is wrapped; where even that leaves too little room, the columns that do not fit
    stand beneath the others, indented. A word longer than the room is left whole: terminals break it, and an address
    can still be copied.
    """
    left = iter(rows)
    sample = list(islice(left, SAMPLE))
    sizes = [max(map(_size, column)) for column in zip(titles, *sample, strict=True)]
    for row in chain([titles], sample, left):
        yield from _lines([cell.replace("\n", " ").replace("\t", " ") for cell in row], sizes, width)


def _lines(row: Row, sizes: Sequence[int], width: int | None) -> Iterator[str]:
    if width is None or sum(sizes) + GAP * (len(sizes) - 1) <= width:
        yield _joined(row, sizes)
        return
    ahead = sum(sizes[:-1]) + GAP * (len(sizes) - 1)
    if width - ahead >= NARROW:
        first, *more = textwrap.wrap(row[-1], width - ahead, break_long_words=False, break_on_hyphens=False) or [""]
        yield _joined([*row[:-1], first], sizes)
        yield from (" " * ahead + line for line in more)
        return
    fit = _fitting(sizes, width)
    yield _joined(row[:fit], sizes)
    beneath = (" " * GAP).join(filter(None, row[fit:]))
    yield from textwrap.wrap(
        beneath, width, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
    )


def _fitting(sizes: Sequence[int], width: int) -> int:
    """How many columns stand side by side; one at least, and never the last."""
    fit = 1
    while fit < len(sizes) - 1 and sum(sizes[: fit + 1]) + GAP * fit <= width:
        fit += 1
    return fit


def _joined(row: Row, sizes: Sequence[int]) -> str:
    cells = (cell + " " * max(0, size - _size(cell)) for cell, size in zip(row, sizes, strict=False))
    return (" " * GAP).join(cells).rstrip()


def _size(cell: str) -> int:
    """Columns of a terminal: letters of East Asia take two, marks none."""
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)
