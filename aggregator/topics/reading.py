"""Reads a title and a text for the rules: a row of marks for each piece between white space, and where tokens stand.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions. Everything but the
rows is worked out on demand, for most texts never ask.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any, Literal

from aggregator.topics.asides import asides, has_asides
from aggregator.topics.letters import LINE_END, PARAGRAPH, TOKEN, UPPER
from aggregator.topics.marks import ALONE, EMPTY, Chunks, Rows, hidden

Span = tuple[int, int]

_OPENING = "«„“”\"'(-–—"

LEAD_WORDS = 70
"""Words of the opening, counted between white space."""
MOST_CHARACTERS = 200_000
"""How much of a text is read; the longest reports have a tenth of that."""

_DATELINE = re.compile(
    rf"\s*[{UPPER}]{{3,}}(?:[ -][{UPPER}]{{2,}}){{0,3}}(?:,[^—–\n]{{1,30}})?(?:\.? ?[/(]?[^/()\n—–]{{1,40}}[/)]?)?\.? ?[—–-] "
    rf"|\s*[{UPPER}]\w+[.,] (?:\d{{1,2}} \w+[.,] )?[{UPPER}]{{3,}}[.:]?\s"
)


@dataclass(slots=True)
class Reading:
    """A title, a line's end, and a text: the pieces of `source` and their rows, with one row of nothing behind them.

    `gap` is the piece between title and text; `spaced` is the source with room around its lines' ends.
    """

    source: str
    spaced: str
    pieces: list[str]
    rows: Rows
    gap: int
    _firsts: list[int] = field(default_factory=list)
    _starts: Sequence[int] = ()

    def body(self) -> int:
        """The position of the text's first token."""
        return self.gap + 1 + sum([row[0] for row in self.rows[: self.gap] if row])

    def rest(self) -> int:
        """The position after the first 70 words of the text; dashes and lines' ends that stand alone are none."""
        rows, counted = self.rows, self.gap + 1
        end = counted + LEAD_WORDS
        while counted < end < len(rows):
            part = rows[counted:end]
            counted, end = end, end + part.count(EMPTY) + part.count(ALONE)
        return sum([1 + row[0] if row else 1 for row in rows[: min(end, len(self.pieces))]])

    def place(self, start: int, end: int) -> tuple[str, Literal["title", "text"], int, int]:
        """The form that stands from the token at position `start` to the one before `end`, and where: the characters
        [first, last) of the title or of the text.
        """
        first, last = self._token(start)
        if end - start > 1:
            last = self._token(end - 1)[1]
        form, body = self.source[first:last], self._start(self.gap) + 1
        return (form, "title", first, last) if first < body else (form, "text", first - body, last - body)

    def _token(self, at: int) -> Span:
        """The characters of the source that a token stands for."""
        if not self._firsts:
            self._firsts += accumulate([1 + row[0] if row else 1 for row in self.rows], initial=0)
        piece = bisect_right(self._firsts, at) - 1
        start, text = self._start(piece), self.pieces[piece]
        if text.isalnum():
            return start, start + len(text)
        found = next(islice(TOKEN.finditer(text), at - self._firsts[piece], None), None)
        return (start + found.start(), start + found.end()) if found else (start, start + 1)

    def _start(self, piece: int) -> int:
        """Where a piece begins. Pieces stand in the source in this order, only white space between them."""
        if not self._starts:
            self._starts = _starts(self.source.replace(LINE_END, "\n"), self.spaced, self.pieces)
        return self._starts[piece]


def goes_on(pieces: Sequence[str], piece: int) -> bool:
    """Whether the piece after one begins in lower case, as no sentence does."""
    if piece + 1 == len(pieces):
        return False
    following = pieces[piece + 1]
    first = following[0]
    return first.islower() or (first in _OPENING and following.lstrip(_OPENING)[:1].islower())


def _starts(source: str, spaced: str, pieces: Sequence[str]) -> Sequence[int]:
    ends = list(accumulate(map(len, pieces), initial=0))
    if ends[-1] + len(pieces) - 1 == len(spaced):
        return _Regular(spaced, ends)
    starts = []
    at = 0
    for piece in pieces:
        at = source.find("\n" if piece == LINE_END else piece, at)
        starts.append(at)
        at += 1
    return starts


class _Regular(Sequence[int]):
    """Starts in a text with one blank or one line's end between pieces, as nearly all texts are: reckoned, not looked for."""

    __slots__ = ("_before", "_spaced")

    def __init__(self, spaced: str, before: list[int]) -> None:
        self._spaced = spaced
        self._before = before

    def __len__(self) -> int:
        return len(self._before) - 1

    def __getitem__(self, piece: Any) -> Any:
        start = self._before[piece] + piece
        ends = self._spaced.count(LINE_END, 0, start)
        return start - 2 * ends - (self._spaced[start] == LINE_END)


def read(chunks: Chunks, title: str, text: str) -> Reading:
    """A title and a text as the rules see them.

    What an agency puts before its report, and lines about other articles, are there, but their words mean nothing.
    """
    source = f"{title[:MOST_CHARACTERS]}\n{text[:MOST_CHARACTERS]}"
    heading, text = (part[:MOST_CHARACTERS].replace(LINE_END, "\n") for part in (title, text))
    spaced = f"{heading}\n{text}".replace("\n", PARAGRAPH)
    pieces = spaced.split()
    rows = [*map(chunks.__getitem__, pieces), None]
    reading = Reading(source, spaced, pieces, rows, len(heading.replace("\n", PARAGRAPH).split()))
    _hide_asides(reading, text)
    dateline = _DATELINE.match(text)
    if dateline:
        _hide(rows, reading.gap + 1, len(dateline[0].replace("\n", PARAGRAPH).split()))
    return reading


def _hide_asides(reading: Reading, text: str) -> None:
    lines = text.split("\n")
    if not has_asides(lines):
        return
    at = reading.gap + 1
    for line, aside in zip(lines, asides(lines), strict=True):
        length = len(line.split())
        if aside:
            _hide(reading.rows, at, length)
        at += length + 1


def _hide(rows: Rows, start: int, count: int) -> None:
    rows[start : start + count] = map(hidden, rows[start : start + count])
