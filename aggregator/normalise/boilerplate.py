"""What a site's template puts around every text: learned per source by counting lines, cut from every text.

A line counts in its normal form: lower case, numbers → 0, punctuation gone. It is boilerplate when it stands in at
least 3 articles and 2 % of them. Two kinds of line look alike although they are content, so they need 10 %: lines that
agree only because numbers became 0 (rates, weather), and long prose (background paragraphs). Until a source has 20
articles, a short list of phrases (see adverts) serves for what stands above and below a text.
"""

import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from aggregator.normalise.adverts import is_advert, is_heading, looks_like_headline

FEWEST = 3
SHARE = 0.02
SHARE_OF_CONTENT_LIKE = 0.10
COLD = 20
LONG_LINE = 200
TABLE = 4
MEMORY = 1024
MOST_LINES = 3000
_REPEATED_ARTICLE = 500

_number = re.compile(r"\d+(?:[.,:/ -]\d+)*")
_punctuation = re.compile(r"[^\w\n]+|_+")
_HEADER = struct.Struct("<BI")
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
    counts: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def empty(cls) -> "Boilerplate":
        """Nothing known yet."""
        return cls()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Boilerplate":
        """What `to_bytes` packed; anything else (none, or another version's) is forgotten and learned anew."""
        if len(packed) < _HEADER.size or packed[0] != _VERSION or (len(packed) - _HEADER.size) % 8:
            return cls()
        _, articles = _HEADER.unpack_from(packed)
        numbers = struct.unpack_from(f"<{(len(packed) - _HEADER.size) // 8}Q", packed, _HEADER.size)
        return cls(articles, MappingProxyType({number >> 16: number & 0xFFFF for number in numbers}))

    def to_bytes(self) -> bytes:
        """At most 24 kB: 8 bytes a line."""
        numbers = [mark << 16 | count for mark, count in self.counts.items()]
        return _HEADER.pack(_VERSION, self.articles) + struct.pack(f"<{len(numbers)}Q", *numbers)

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
        doubtful = [self._is_doubtful(line, mark) for line, mark in zip(lines, marks, strict=True)]
        if sum(doubtful) >= TABLE:
            doubtful = [False] * len(lines)
        kept = [
            not (doubt or self._is_learned(line, mark))
            for line, mark, doubt in zip(lines, marks, doubtful, strict=True)
        ]
        if not any(kept) and _outweighs(lines, doubtful):
            kept = doubtful
        _drop_lists(lines, kept, [self._heads_list(line, mark) for line, mark in zip(lines, marks, strict=True)])
        if self.articles < COLD:
            _drop_adverts(lines, kept)
        return kept

    def _share(self, mark: int | None, share: float) -> bool:
        count = self.counts.get(mark, 0) if mark else 0
        return count >= FEWEST and count >= share * self.articles

    def _is_learned(self, line: str, mark: _Line) -> bool:
        """Whether the line, numbers included, is the template's."""
        return self._share(
            mark.general if mark.exact is None else mark.exact,
            SHARE_OF_CONTENT_LIKE if len(line) > LONG_LINE else SHARE,
        )

    def _is_doubtful(self, line: str, mark: _Line) -> bool:
        """Whether the line is the template's only if its numbers are none of the article's own."""
        return (
            mark.exact is not None
            and self._share(mark.general, SHARE_OF_CONTENT_LIKE)
            and not self._is_learned(line, mark)
        )

    def _heads_list(self, line: str, mark: _Line) -> bool:
        return is_heading(line) and (self.articles < COLD or self.counts.get(mark.general, 0) > 1)


def _marks(text: str) -> list[_Line]:
    lowered = text.lower()
    general = _normal(_number.sub("0", lowered)).split("\n")
    if "0" not in "".join(general):
        return [_Line(_mark(line)) for line in general]
    return [
        _Line(_mark(line), _mark("=" + _normal(whole))) if "0" in line else _Line(_mark(line))
        for line, whole in zip(general, lowered.split("\n"), strict=True)
    ]


def _normal(text: str) -> str:
    return _punctuation.sub(" ", text)


def _mark(line: str) -> int:
    """48 bits: CRC-32 and length. A wrong cut costs one line of one article, so nothing stronger is paid for."""
    words = line.strip().encode("utf-8", "surrogatepass")
    return zlib.crc32(words) << 16 | len(words) & 0xFFFF if words else 0


def _distinct(text: str) -> list[int]:
    """The marks of a text, each once, in an order of their own."""
    return sorted({mark for line in _marks(text) for mark in (line.general, line.exact) if mark})


def _bounded(articles: int, counts: dict[int, int]) -> tuple[int, Mapping[int, int]]:
    """Halve everything past MEMORY articles, so that a new template is learned soon; keep repeated and late lines."""
    while articles > MEMORY:
        articles //= 2
        counts = {mark: count // 2 for mark, count in counts.items() if count > 1}
    excess = max(0, len(counts) - MOST_LINES)
    for mark in sorted(counts, key=lambda mark: counts[mark] > 1)[:excess]:
        del counts[mark]
    return articles, MappingProxyType(counts)


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


def _drop_adverts(lines: list[str], kept: list[bool]) -> None:
    """Drop adverts above the first and below the last line that is none."""
    present = [index for index, keep in enumerate(kept) if keep]
    for side in (present, present[::-1]):
        for index in side:
            if not is_advert(lines[index]):
                break
            kept[index] = False
