"""What a site's template puts around every text: learned per source by counting lines, cut from every text.

A line counts in its normal form: lower case, numbers → 0, punctuation and spaces gone. It is boilerplate when it stands
in at least 3 articles and 2 % of them, wherever it stands. Two kinds of line repeat although they are content. Long
prose (background paragraphs) needs 10 %. Lines that agree only because their numbers became 0 need 25 %, and of these
only short ones that are no sentence are cut (views, dates), above and below a text, unless they are a table or all there
is (rates, weather). Until a source has 20 articles, a short list of phrases (see adverts) serves for what stands above and
below a text.
"""

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aggregator.normalise.adverts import LONGEST_ADVERT, ends_sentence, is_advert, is_heading, looks_like_headline

FEWEST = 3
SHARE = 0.02
SHARE_OF_PROSE = 0.10
SHARE_OF_NUMBERS = 0.25
COLD = 20
LONG_LINE = 200
TABLE = 4
MEMORY = 1024
MOST_LINES = 3000
_REPEATED_ARTICLE = 500

_UNSPOKEN = b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t"
_SIGNS = "«»—–“”„‘’…№•·©®"
_NO_NUMBERS = bytes.maketrans(b"123456789", b"000000000")
_HEADER = struct.Struct("<BII")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's marks: `general` with numbers → 0; `exact` with its numbers, None when it has none; 0 for no words."""

    general: int
    exact: int | None = None


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """What is known of a source's template. Immutable; `articles` were learned from, fading as newer ones come.

    `counts`: mark of a line → in how many of them it stood, the most recently seen last.
    """

    articles: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)

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
        marks = struct.unpack_from(f"<{size}Q", packed, _HEADER.size)
        counts = struct.unpack_from(f"<{size}H", packed, _HEADER.size + 8 * size)
        return cls(articles, dict(zip(marks, counts, strict=True)))

    def to_bytes(self) -> bytes:
        """At most 30 kB: 10 bytes a line."""
        size = len(self.counts)
        header = _HEADER.pack(_VERSION, self.articles, size)
        return header + struct.pack(f"<{size}Q{size}H", *self.counts.keys(), *self.counts.values())

    def learn(self, texts: Sequence[str]) -> "Boilerplate":
        """With these articles counted as well: their whole texts, before anything is cut, in any order."""
        counts, articles = dict(self.counts), self.articles
        for text in sorted(texts, key=lambda text: (-len(text), text)):
            seen = _distinct(text)
            if not seen or (len(text) > _REPEATED_ARTICLE and all(mark in counts for mark in seen)):
                continue
            articles += 1
            for mark in seen:
                counts[mark] = counts.pop(mark, 0) + 1
        return Boilerplate(*_bounded(articles, counts))

    def cut(self, text: str) -> str:
        """`text` (lines of paragraphs) without the boilerplate known by now."""
        if not text:
            return text
        lines = text.split("\n")
        kept = self._kept(lines, _marks(text))
        return text if all(kept) else "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)

    def _kept(self, lines: list[str], marks: list[_Line]) -> list[bool]:
        """For each line whether it stays."""
        doubtful = [self._is_doubtful(line, mark) for line, mark in zip(lines, marks, strict=True)]
        kept = [not self._is_learned(line, mark) for line, mark in zip(lines, marks, strict=True)]
        _drop_lists(lines, kept, [self._heads_list(line, mark) for line, mark in zip(lines, marks, strict=True)])
        numbers = doubtful if sum(doubtful) < TABLE else [False] * len(lines)
        _drop_edges(kept, lambda index: numbers[index] or (self.articles < COLD and is_advert(lines[index])))
        return doubtful if not any(kept) and _outweighs(lines, doubtful) else kept

    def _share(self, mark: int | None, share: float) -> bool:
        count = self.counts.get(mark, 0) if mark else 0
        return count >= FEWEST and count >= share * self.articles

    def _is_learned(self, line: str, mark: _Line) -> bool:
        """Whether the line, numbers included, is the template's."""
        return self._share(
            mark.general if mark.exact is None else mark.exact,
            SHARE_OF_PROSE if len(line) > LONG_LINE else SHARE,
        )

    def _is_doubtful(self, line: str, mark: _Line) -> bool:
        """Whether the line is the template's only if its numbers are none of the article's own (views, dates)."""
        if mark.exact is None or len(line) > LONGEST_ADVERT or ends_sentence(line):
            return False
        return self._share(mark.general, SHARE_OF_NUMBERS) and not self._is_learned(line, mark)

    def _heads_list(self, line: str, mark: _Line) -> bool:
        return is_heading(line) and (self.articles < COLD or self.counts.get(mark.general, 0) > 1)


def _marks(text: str) -> list[_Line]:
    """The marks of a text's lines. Bytes, because translating and deleting them costs a tenth of what patterns do."""
    text = text.lower()
    for sign in _SIGNS:
        text = text.replace(sign, "")
    normal = text.encode("utf-8", "surrogatepass").translate(None, _UNSPOKEN)
    general = normal.translate(_NO_NUMBERS)
    while b"00" in general:
        general = general.replace(b"00", b"0")
    return [
        _Line(_mark(line), _mark(b"=" + exact) if b"0" in line else None)
        for line, exact in zip(general.split(b"\n"), normal.split(b"\n"), strict=True)
    ]


def _mark(line: bytes) -> int:
    """48 bits: CRC-32 and length. A wrong cut costs one line of one article, so nothing stronger is paid for."""
    return zlib.crc32(line) << 16 | len(line) & 0xFFFF if line else 0


def _distinct(text: str) -> list[int]:
    """The marks of a text, each once, in an order of their own."""
    return sorted({mark for line in _marks(text) for mark in (line.general, line.exact) if mark})


def _bounded(articles: int, counts: dict[int, int]) -> tuple[int, dict[int, int]]:
    """Halve everything past MEMORY articles, so that a new template is learned soon; keep repeated and late lines."""
    while articles > MEMORY:
        articles //= 2
        counts = {mark: count // 2 for mark, count in counts.items() if count > 1}
    excess = max(0, len(counts) - MOST_LINES)
    for mark in sorted(counts, key=lambda mark: counts[mark] > 1)[:excess]:
        del counts[mark]
    return articles, counts


def _outweighs(lines: list[str], doubtful: list[bool]) -> bool:
    """Whether the doubtful lines are more than half of a text of which nothing else would stay."""
    weight = sum(len(line) for line, doubt in zip(lines, doubtful, strict=True) if doubt)
    return 2 * weight > sum(map(len, lines))


def _drop_lists(lines: list[str], kept: list[bool], headings: list[bool]) -> None:
    """From a heading such as "Most read" drop the headlines that follow: to the end, unless an article goes on."""
    for start in [index for index, heading in enumerate(headings) if heading]:
        end = start + 1
        while end < len(lines) and (not kept[end] or looks_like_headline(lines[end], below=lines[start])):
            end += 1
        kept[start:end] = [False] * (end - start)


def _drop_edges(kept: list[bool], is_template: Callable[[int], bool]) -> None:
    """Drop the lines of the template above the first and below the last line that is none."""
    present = [index for index, keep in enumerate(kept) if keep]
    for side in (present, present[::-1]):
        for index in side:
            if not is_template(index):
                break
            kept[index] = False
