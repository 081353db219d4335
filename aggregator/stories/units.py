"""A text as units that mean the same in five languages: names, ids, concepts, numbers, and stems of all other words."""

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, pairwise
from sys import byteorder

from aggregator.stories.alphabet import MARK, as_text, has_digits, letters_of, spaced, tokens
from aggregator.stories.facts import Kind, Zone
from aggregator.stories.lexicon import lexicon
from aggregator.stories.meanings import ODD, Unit, Words, counted, named, reading, words_of
from aggregator.stories.numbers import figures

LEAD_LETTERS = 420
_WRITTEN = re.compile(r"[\w\u0300-\u036f]+(?:['’ʼ`][\w\u0300-\u036f]+)*|[.!?:…\n«\"“]")
_REPEATED = (0, 20, 23, 26, 29, 32)
"""What the weight of a unit is multiplied by that stands so often in a text; the last also when more often."""
_ZONED = tuple((value & 7) * (5 + 2 * (value >> 3 & 3)) for value in range(256))
_WEIGHTS = sorted({zoned * often for zoned in _ZONED for often in _REPEATED})
"""All weights that there are. A text keeps their places in this list, a byte each, so that bytes do the sorting."""
_RANKED = [bytes([_WEIGHTS.index(zoned * often) for zoned in _ZONED]) for often in _REPEATED]
"""By how often a unit stands in a text: its packed byte → the rank of its weight."""
_OFTEN = len(_REPEATED) - 1
_BY_KIND = (1, 64, 80, 96, 96, 96, 80, 0)
"""As clues: ids first. Stems after all others, and only where those are few: they are no meanings, without which no story
is made (scoring.py); looked for by stems, thirty articles were compared for one that shared a meaning.
"""
_FEW_CLUES = 10
_RARE_ENOUGH = 4
_AS_CLUE = bytes(
    _BY_KIND[value >> 5] if (value & 7) + (value >> 5 == Kind.NUMBER) >= _RARE_ENOUGH else 0 for value in range(256)
)
_STEM_AS_CLUE = _BY_KIND[Kind.STEM]
_NO_MEANINGS = bytes(value for value, factor in enumerate(_AS_CLUE) if factor <= _STEM_AS_CLUE)
_LOWEST_BYTES = slice(0 if byteorder == "little" else 3, None, 4)
_IN_LEAD, _IN_TITLE = Zone.LEAD << 3, Zone.TITLE << 3


@dataclass(frozen=True, slots=True)
class Told:
    """What an article speaks of: units with their zones in the order of their first appearance, the title's first, and
    the ranks of their weights (rarer, earlier and repeated ones weigh more); the words of its text, folded, as hashes.
    """

    units: list[Unit]
    ranks: bytes
    words: list[int]

    def weightiest(self) -> list[Unit]:
        """By weight; of equal ones the first."""
        order = sorted(range(len(self.units)), key=self.ranks.__getitem__, reverse=True)
        return [self.units[n] for n in order]

    def cut_to(self, most: int) -> "Told":
        """With the `most` weightiest units; of equal ones the first."""
        if len(self.units) <= most:
            return self
        order = sorted(self.ranks)
        least = order[-most]
        equal = most - (len(order) - bisect_right(order, least))
        rest = self.ranks.split(bytes([least]), equal)[-1]
        end = len(self.ranks) - len(rest)
        kept = self.ranks[:end].translate(_AT_LEAST[least]) + rest.translate(_AT_LEAST[least + 1])
        return Told(list(compress(self.units, kept)), bytes(compress(self.ranks, kept)), self.words)


_AT_LEAST = [bytes(rank >= least for rank in range(256)) for least in range(len(_WEIGHTS) + 1)]


def read(title: str, text: str, language: str) -> Told:
    """What an article speaks of. A text that only repeats the title has no words."""
    parts = (title, *_lead_and_body(text))
    spelt = [spaced(part) for part in parts]
    heading, lead, body = [part.split() for part in spelt]
    words, known = [*heading, MARK, *lead, *body], words_of(language)
    records = array("I", b"".join(map(known.__getitem__, words)))
    begin, end = len(heading) + 1, len(heading) + 1 + len(lead)
    units, phrases = _mentions(words, records[1::2].tolist(), begin, known)
    zones = units[:begin], units[begin:end], units[end:]
    for n, phrase in phrases:
        zones[(n >= begin) + (n >= end)].append(phrase)
    for zone, part, bare in zip(zones, parts, spelt, strict=True):
        if has_digits(bare):
            zone.extend(chain.from_iterable(map(counted, figures(part))))
    said, folded = records[: 2 * begin : 2], records[2 * begin :: 2]
    return Told(*_weighed(*zones), _own_words(said, folded))


def _own_words(title: Sequence[int], text: Sequence[int]) -> list[int]:
    """The words of a text without marks; none when they are those of the title."""
    words = list(filter(None, text))
    return [] if len(words) < len(title) and words == list(filter(None, title)) else words


def _lead_and_body(text: str) -> tuple[str, str]:
    """Both parts of a text, cut at a space where there is one."""
    if len(text) <= LEAD_LETTERS:
        return text, ""
    cut = text.rfind(" ", 0, LEAD_LETTERS)
    return (text[:cut], text[cut:]) if cut > 0 else (text[:LEAD_LETTERS], text[LEAD_LETTERS:])


def _mentions(
    words: list[bytes], units: list[Unit], begin: int, known: Words
) -> tuple[list[Unit], list[tuple[int, Unit]]]:
    """The units of words with those of odd ones, and of the phrases that neighbours make with their places."""
    odd = [n for n, unit in enumerate(units) if unit == ODD]
    names, parts = _names(words, odd, begin), []
    for n in odd:
        word = words[n]
        units[n], part = known.odd[word]
        if word in names:
            units[n] = known.name(word)
        if part:
            parts.append((n, part))
    phrases = lexicon().phrases
    found = [(n, phrases.get((before, part))) for (m, before), (n, part) in pairwise(parts) if m == n - 1]
    return units, [(n, named(phrase)) for n, phrase in found if phrase]


def _names(words: Sequence[bytes], places: Iterable[int], begin: int) -> set[bytes]:
    """The words at some places of the text, which begins at one, that stand inside sentences: a capital makes a name."""
    return {words[n] for n in places if n > begin and words[n - 1] != MARK}


def _weighed(heading: list[Unit], lead: list[Unit], body: list[Unit]) -> tuple[list[Unit], bytes]:
    """Units with their zones, where each appears first, and the ranks of their weights."""
    counts = Counter(filter(None, heading))
    in_title = len(counts)
    counts.update(filter(None, lead))
    in_lead = len(counts)
    counts.update(filter(None, body))
    units = list(counts)
    units[:in_title] = [unit | _IN_TITLE for unit in units[:in_title]]
    units[in_title:in_lead] = [unit | _IN_LEAD for unit in units[in_title:in_lead]]
    packed = _packed(units)
    ranks = bytearray(packed.translate(_RANKED[1]))
    for n, often in enumerate(counts.values()):
        if often > 1:
            ranks[n] = _RANKED[min(often, _OFTEN)][packed[n]]
    return units, bytes(ranks)


def _packed(units: list[Unit]) -> bytes:
    """Kind, zone and rarity of each unit."""
    return array("I", units).tobytes()[_LOWEST_BYTES]


def clues(found: Told, kept: Told, most: int) -> tuple[int, ...]:
    """The hashes of those of the `kept` units by which other reports of the event may be found, best first.

    None that stands in one of thirty articles or more: it leads to all of them. Of equal ones the larger hash, so that
    two reports of one event choose the same. Where less than ten meanings were found, stems fill up to ten.
    """
    rows = list(zip(_packed(kept.units).translate(_AS_CLUE), kept.ranks, kept.units, strict=True))
    best = sorted([(_WEIGHTS[rank] * factor, unit >> 8) for factor, rank, unit in rows if factor > _STEM_AS_CLUE])
    best = best[-most:]
    few = _FEW_CLUES - len(_packed(found.units).translate(_AS_CLUE, _NO_MEANINGS))
    if few > 0:
        stems = [rank << 32 | unit for factor, rank, unit in rows if factor == _STEM_AS_CLUE]
        best = [(0, stem >> 8 & 0xFFFFFF) for stem in sorted(stems)[-few:]] + best
    return tuple(dict.fromkeys([key for _, key in reversed(best)]))


def keys(title: str, text: str, language: str) -> dict[int, str]:
    """The keys of an article's units by their hash (unit >> 8): what people see instead of hashes."""
    return {hash_: key for hash_, (key, _) in forms(title, text, language).items()}


def forms(title: str, text: str, language: str) -> dict[int, tuple[str, str]]:
    """The keys of an article's units, and how each stands in it first, by hash (unit >> 8)."""
    found: dict[int, tuple[str, str]] = {}
    heading = _as_written(title)
    told = [*heading, (MARK, ""), *_as_written(text)]
    words = [word for word, _ in told]
    names = _names(words, range(len(words)), len(heading) + 1)
    part, before = "", ""
    for word, written in told:
        key, unit, ours = reading(letters_of(word), language, as_name=word in names)
        if unit:
            found.setdefault(unit >> 8, (as_text(key), written))
        phrase = lexicon().phrases.get((part, ours or ""))
        if phrase:
            found.setdefault(named(phrase) >> 8, (phrase, f"{before} {written}"))
        part, before = ours or "", written
    return found


def _as_written(text: str) -> list[tuple[bytes, str]]:
    """The words and marks of a text, and how each is written in it."""
    return [(word, token) for token in _WRITTEN.findall(text) for word in tokens(token)]
