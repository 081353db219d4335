"""Reads a title and a text for the rules: the mark of each token, where lead and sentences end, and where tokens stand.

Positions count tokens over the title, one gap, and the text; a span is [start, end) of positions. Everything but the
marks is worked out on demand, for most texts never ask.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any

from aggregator.topics.asides import asides, has_asides
from aggregator.topics.letters import LINE_END, PARAGRAPH, TOKEN, UPPER
from aggregator.topics.marks import STOP, Chunks, Marks, hidden

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
class Passage:
    """A title or a text: its pieces between white space, and the marks of each."""

    source: str
    pieces: Sequence[str]
    rows: list[Marks]
    firsts: list[int] = field(default_factory=list)
    starts: Sequence[int] = ()

    def span(self, start: int, end: int) -> Span:
        """The characters [start, end) from the token at position `start` to the one before `end`."""
        first = self._token(start)
        return first if end - start == 1 else (first[0], self._token(end - 1)[1])

    def piece(self, at: int) -> int:
        """The piece in which the token at a position stands."""
        if not self.firsts:
            self.firsts += accumulate(map(len, self.rows), initial=0)
        return bisect_right(self.firsts, at) - 1

    def goes_on(self, at: int) -> bool:
        """Whether the piece after the one with the token at a position begins in lower case."""
        following = self.piece(at) + 1
        return following < len(self.pieces) and self.pieces[following].lstrip(_OPENING)[:1].islower()

    def _token(self, at: int) -> Span:
        piece = self.piece(at)
        start, text = self._start(piece), self.pieces[piece]
        if len(self.rows[piece]) == 1 and text.isalnum():
            return start, start + len(text)
        found = next(islice(TOKEN.finditer(text), at - self.firsts[piece], None), None)
        return (start + found.start(), start + found.end()) if found else (start, start + 1)

    def _start(self, piece: int) -> int:
        """Where a piece begins. Pieces stand in the source in this order, only white space between them."""
        if not self.starts:
            self.starts = _starts(self.source, self.pieces)
        return self.starts[piece]


def _starts(source: str, pieces: Sequence[str]) -> Sequence[int]:
    joined = " ".join(pieces)
    if len(joined) - 2 * joined.count(LINE_END) == len(source) and joined.replace(PARAGRAPH, "\n") == source:
        return _Regular(joined, pieces)
    starts = []
    at = 0
    for piece in pieces:
        at = source.find("\n" if piece == LINE_END else piece, at)
        starts.append(at)
        at += 1
    return starts


class _Regular(Sequence[int]):
    """Starts in a text with one blank or one line's end between pieces, as nearly all texts are: reckoned, not looked for."""

    __slots__ = ("_before", "_joined")

    def __init__(self, joined: str, pieces: Sequence[str]) -> None:
        self._joined = joined
        self._before = list(accumulate(map(len, pieces), initial=0))

    def __len__(self) -> int:
        return len(self._before) - 1

    def __getitem__(self, piece: Any) -> Any:
        start = self._before[piece] + piece
        return start - 2 * self._joined.count(LINE_END, 0, start)


def read(chunks: Chunks, source: str) -> Passage:
    """A passage as the rules see it."""
    source = source.replace(LINE_END, "\n")
    pieces = source.replace("\n", PARAGRAPH).split()
    return Passage(source, pieces, list(map(chunks.__getitem__, pieces)))


def read_body(chunks: Chunks, text: str) -> Passage:
    """A text without what an agency puts before it, and without lines about other articles: their words mean nothing."""
    passage = read(chunks, text)
    lines = passage.source.split("\n")
    if has_asides(lines):
        _hide_asides(passage.rows, lines)
    dateline = _DATELINE.match(text)
    if dateline:
        _hide(passage.rows, 0, len(dateline[0].replace("\n", PARAGRAPH).split()))
    return passage


def lead(passage: Passage) -> int:
    """The position after the first 70 words of a text; dashes and line ends that stand alone are none."""
    rows = passage.rows
    counted, end = 0, LEAD_WORDS
    while counted < end < len(rows):
        part = rows[counted:end]
        counted, end = end, end + part.count(()) + part.count(_ALONE)
    return sum(map(len, rows[:end]))


_ALONE: Marks = (STOP,)


def _hide_asides(rows: list[Marks], lines: Sequence[str]) -> None:
    at = 0
    for line, aside in zip(lines, asides(lines), strict=True):
        length = len(line.split())
        if aside:
            _hide(rows, at, at + length)
        at += length + 1


def _hide(rows: list[Marks], start: int, end: int) -> None:
    rows[start:end] = map(hidden, rows[start:end])
