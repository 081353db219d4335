"""What a site's template puts around every text: learned per source by counting lines, cut from every text.

A line counts in its normal form: lower case, numbers → 0, punctuation and spaces gone; one over 200 characters to the
letter. It is boilerplate when it stands in at least 3 articles and 2 % of them, wherever it stands. Two kinds of line repeat
although they are content. Long prose (background paragraphs) needs 10 %. Lines that agree only because their numbers became
0 need 25 %, and of these only short ones that are no sentence are cut (views, dates), above and below a text, unless they
are a table or all there is (rates, weather). Until a source has 20 articles, a short list of phrases (see adverts) serves for
what stands above and below a text; those that leave no doubt serve for ever, for templates change.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from aggregator.normalise.adverts import (
    LONGEST_ADVERT,
    ends_sentence,
    is_advert,
    is_certain_advert,
    is_heading,
    looks_like_headline,
)

FEWEST = 3
SHARE = 0.02
SHARE_OF_PROSE = 0.10
SHARE_OF_NUMBERS = 0.25
COLD = 20
LONG_LINE = 200
TABLE = 4
AN_ARTICLE = 200
A_LIST = 2
MOST_HEADINGS = 50
MEMORY = 1024
MOST_LINES = 3000
_REPEATED_ARTICLE = 500

_UNSPOKEN = b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t"
_SIGNS = "«»—–“”„‘’…№•·©®"
_NO_NUMBERS = bytes.maketrans(b"123456789", b"000000000")
_HEADER = struct.Struct("<BII")
_VERSION = 1


Mark = tuple[int, int | None]
"""A line's marks: with numbers → 0, 0 for no words; with its numbers, None when it has none."""

Why = Literal["", "template", "numbers", "list", "advert"]
"""Why a line is cut: learned as the template's; learned but for its numbers; of a list under a known heading; a known
phrase at an edge. Empty: it stays."""


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """What is known of a source's template. Immutable; `articles` were learned from, fading as newer ones come.

    `counts`: mark of a line → in how many of them it stood, the most recently seen last. `keep`: marks of lines that the
    operator wants to stay whatever is learned; they are not packed.
    """

    articles: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    keep: frozenset[int] = frozenset()

    @classmethod
    def empty(cls) -> "Boilerplate":
        """Nothing known yet."""
        return cls()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Boilerplate":
        """What `to_bytes` packed; anything else (none, or another version's) is forgotten and learned anew."""
        if len(packed) < _HEADER.size or packed[0] != _VERSION:
            return cls()
        _, articles, size = _HEADER.unpack_from(packed)
        numbers = struct.unpack_from(f"<{size}Q{size}H", packed, _HEADER.size)
        return cls(articles, dict(zip(numbers[:size], numbers[size:], strict=True)))

    def to_bytes(self) -> bytes:
        """At most 30 kB: 10 bytes a line."""
        size = len(self.counts)
        header = _HEADER.pack(_VERSION, self.articles, size)
        return header + struct.pack(f"<{size}Q{size}H", *self.counts.keys(), *self.counts.values())

    def keeping(self, lines: Iterable[str]) -> "Boilerplate":
        """The same knowledge, but these lines (whatever their numbers, case and punctuation) stay."""
        return replace(self, keep=frozenset(general for line in lines for general, _ in _marks(line) if general))

    def keeps(self, line: str) -> bool:
        """Whether the operator wants this line to stay."""
        return any(general in self.keep for general, _ in _marks(line))

    def learn(self, texts: Sequence[str]) -> "Boilerplate":
        """With these articles counted as well: their whole texts, before anything is cut, in any order."""
        return self._counted(texts, [_marks(text) for text in texts])

    def learn_and_cut(self, texts: Sequence[str]) -> tuple["Boilerplate", list[str]]:
        """`learn`, and what `cut` leaves of the same texts then: each is looked at once."""
        marks = [_marks(text) for text in texts]
        known = self._counted(texts, marks)
        return known, [known.cut_marked(text, made) for text, made in zip(texts, marks, strict=True)]

    def cut(self, text: str) -> str:
        """`text` (lines of paragraphs) without the boilerplate known by now."""
        return self.cut_marked(text, _marks(text))

    def verdicts(self, text: str) -> list[tuple[str, Why]]:
        """Each line of `text`, and why it is cut if it is."""
        lines = text.split("\n")
        return list(zip(lines, self._judged(lines, _marks(text)), strict=True))

    def _counted(self, texts: Sequence[str], marks: Sequence[list[Mark]]) -> "Boilerplate":
        counts, articles = dict(self.counts), self.articles
        for text, made in sorted(zip(texts, marks, strict=True), key=lambda pair: (-len(pair[0]), pair[0])):
            seen = sorted({mark for line in made for mark in line if mark})  # in an order of their own
            if not seen or (len(text) > _REPEATED_ARTICLE and all(mark in counts for mark in seen)):
                continue
            articles += 1
            for mark in seen:
                counts[mark] = counts.pop(mark, 0) + 1
        return Boilerplate(*_bounded(articles, counts), self.keep)

    def cut_marked(self, text: str, marks: list[Mark]) -> str:
        """`cut`, when the marks of the text's lines are at hand."""
        if not text:
            return text
        lines = text.split("\n")
        why = self._judged(lines, marks)
        return "\n".join(line for line, cut in zip(lines, why, strict=True) if not cut) if any(why) else text

    def _judged(self, lines: list[str], marks: list[Mark]) -> list[Why]:
        """For each line why it is cut."""
        counts = self.counts
        known = [index for index, mark in enumerate(marks) if counts.get(mark[0], 0) >= FEWEST]
        why: list[Why] = [""] * len(lines)
        for index in known:
            if self._is_learned(lines[index], marks[index]):
                why[index] = "template"
        doubtful = {index for index in known if self._is_doubtful(lines[index], marks[index])}
        headings = [index for index, line in enumerate(lines) if len(line) <= LONGEST_ADVERT and is_heading(line)]
        headings = headings if self.articles < COLD else headings[:MOST_HEADINGS]
        _drop_lists(lines, why, [index for index in headings if self._heads_list(index, lines, marks, why)])
        numbers = doubtful if len(doubtful) < TABLE else set[int]()
        _drop_edges(why, lambda index: self._at_edge(lines[index], index in numbers))
        if all(why) and _outweighs(lines, doubtful):
            why = ["" if index in doubtful else "template" for index in range(len(lines))]
        return ["" if mark[0] in self.keep else cut for cut, mark in zip(why, marks, strict=True)] if self.keep else why

    def _at_edge(self, line: str, numbers: bool) -> Why:
        if numbers:
            return "numbers"
        known = is_advert(line) if self.articles < COLD else is_certain_advert(line)
        return "advert" if known else ""

    def _share(self, mark: int | None, share: float) -> bool:
        count = self.counts.get(mark, 0) if mark else 0
        return count >= FEWEST and count >= share * self.articles

    def _is_learned(self, line: str, mark: Mark) -> bool:
        """Whether the line, numbers included, is the template's."""
        general, exact = mark
        return self._share(general if exact is None else exact, SHARE_OF_PROSE if len(line) > LONG_LINE else SHARE)

    def _is_doubtful(self, line: str, mark: Mark) -> bool:
        """Whether the line is the template's only if its numbers are none of the article's own (views, dates)."""
        general, exact = mark
        if exact is None or len(line) > LONGEST_ADVERT or ends_sentence(line):
            return False
        return self._share(general, SHARE_OF_NUMBERS) and not self._is_learned(line, mark)

    def _heads_list(self, index: int, lines: list[str], marks: list[Mark], why: list[Why]) -> bool:
        """Whether the known heading at `index` heads a list: of a source that is well known, one seen before, or a new
        template's: an article above, nothing but headlines below.
        """
        general = marks[index][0]
        if general in self.keep:
            return False
        if self.articles < COLD or self.counts.get(general, 0) > 1:
            return True
        above = sum(len(line) for line, cut in zip(lines[:index], why, strict=False) if not cut)
        below = [cut or not ends_sentence(line) for line, cut in zip(lines[index + 1 :], why[index + 1 :], strict=True)]
        return above >= AN_ARTICLE and (not below or (len(below) >= A_LIST and all(below)))


def without_title(text: str, title: str) -> str:
    """`text` without the line that repeats its title, if that is among the first three: below it the text begins."""
    head = text.split("\n", 3)
    near = [index for index, line in enumerate(head[:3]) if len(line) < 2 * len(title) + 10]
    wanted = _normal_mark(title) if near and len(head) > 1 else (0, None)
    for index in near if wanted[0] else ():
        if _normal_mark(head[index]) == wanted:
            return "\n".join((*head[:index], *head[index + 1 :]))
    return text


def _normal_mark(line: str) -> Mark:
    return _normal_marks(line.replace("\n", " "))[0]


def _marks(text: str) -> list[Mark]:
    """The marks of a text's lines. A long one is marked as it stands: if a template holds it, it is to the letter."""
    if len(text) <= LONG_LINE:
        return _normal_marks(text)
    lines = text.split("\n")
    short = iter(_normal_marks("\n".join([line for line in lines if len(line) <= LONG_LINE])))
    return [
        next(short) if len(line) <= LONG_LINE else (_mark(line.encode("utf-8", "surrogatepass")), None)
        for line in lines
    ]


def _normal_marks(text: str) -> list[Mark]:
    """The marks of lines in normal form. Bytes, because translating and deleting them costs a tenth of what patterns do."""
    text = text.lower()
    for sign in _SIGNS:
        text = text.replace(sign, "")
    normal = text.encode("utf-8", "surrogatepass").translate(None, _UNSPOKEN)
    general = normal.translate(_NO_NUMBERS)
    if b"0" not in general:
        return [(_mark(line), None) for line in general.split(b"\n")]
    while b"00" in general:
        general = general.replace(b"00", b"0")
    return [
        (_mark(line), _mark(b"=" + exact) if b"0" in line else None)
        for line, exact in zip(general.split(b"\n"), normal.split(b"\n"), strict=True)
    ]


def _mark(line: bytes) -> int:
    """48 bits: CRC-32 and length. A wrong cut costs one line of one article, so nothing stronger is paid for."""
    return zlib.crc32(line) << 16 | len(line) & 0xFFFF if line else 0


def _bounded(articles: int, counts: dict[int, int]) -> tuple[int, dict[int, int]]:
    """Halve everything past MEMORY articles, so that a new template is learned soon; keep repeated and late lines."""
    while articles > MEMORY:
        articles //= 2
        counts = {mark: count // 2 for mark, count in counts.items() if count > 1}
    excess = max(0, len(counts) - MOST_LINES)
    for mark in sorted(counts, key=lambda mark: counts[mark] > 1)[:excess] if excess else ():
        del counts[mark]
    return articles, counts


def _outweighs(lines: list[str], doubtful: set[int]) -> bool:
    """Whether the doubtful lines are more than half of a text of which nothing else would stay."""
    return 2 * sum(len(lines[index]) for index in doubtful) > sum(map(len, lines))


def _drop_lists(lines: list[str], why: list[Why], headings: list[int]) -> None:
    """From a heading such as "Most read" drop the headlines that follow: to the end, unless an article goes on."""
    for start in headings:
        if why[start] == "list":
            continue  # the list above it ends where its own would
        end = start + 1
        while end < len(lines) and (why[end] or looks_like_headline(lines[end], below=lines[start])):
            end += 1
        why[start:end] = ["list"] * (end - start)


def _drop_edges(why: list[Why], judge: Callable[[int], Why]) -> None:
    """Drop the lines of the template above the first and below the last line that is none."""
    present = [index for index, cut in enumerate(why) if not cut]
    for side in (present, present[::-1]):
        for index in side:
            why[index] = judge(index)
            if not why[index]:
                break
