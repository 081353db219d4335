"""A feed's items as they stand in its bytes: what an earlier poll read to the letter need not be read again.

Of fifty items one is new as a rule. Items are told apart without parsing: each ends with its end tag, and each begins where
the one before ended. That is sound only if no end tag stands in a CDATA section or comment, so every item is looked at once,
before it is remembered: one start tag, sections closed, no comment or instruction outside them. What is then known by its
mark has been looked at, and a document of head, unknown items and tail is well-formed if the whole one is.
"""

import re
import zlib
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from aggregator.parse.encoding import is_sure

_HEAD = 16_384
_MOST_ITEMS = 50_000
_LONGEST_GUESS = 65_536
_VERSION = b"2"
_root = re.compile(rb"<(rss|rdf:RDF|feed|urlset)(?=[\s>])[^<>]*>")
_names = {b"rss": b"item", b"rdf:RDF": b"item", b"feed": b"entry", b"urlset": b"url"}
_section = rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>"
_sections = re.compile(_section, re.S)
_starts = {name: re.compile(_section + rb"|(<%s[\s>])" % name, re.S) for name in set(_names.values())}
_telling = {name: re.compile(rb"<(?:[!?]|%s)" % name) for name in set(_names.values())}
"""What must not stand in an item outside sections."""
_gap = re.compile(rb"\s+")
_opens = {name: re.compile(rb"<%s[\s/>]" % name) for name in set(_names.values())}


@dataclass(frozen=True, slots=True)
class Pieces:
    """A document in pieces: `head`, `items` without white space around them, `tail`; `marks` of the items, 8 bytes each.

    A mark stands for what an item means: the root's tag (namespaces, bases) and the document's address are part of it.
    """

    name: bytes
    head: bytes
    items: tuple[bytes, ...]
    tail: bytes
    marks: tuple[int, ...]

    def unknown(self, known: Set[int]) -> list[bytes]:
        """The items without a `known` mark."""
        return [item for item, mark in zip(self.items, self.marks, strict=True) if mark not in known]

    def rest(self, items: Sequence[bytes], content_type: str) -> bytes | None:
        """The document with only these of its items; None when reading that might say other things than the whole does."""
        if len(items) == len(self.items) or not all(is_sound(item, self.name) for item in items):
            return None
        end = b"</%s>" % self.name
        rest = b"".join((_without_contents(self.head), *[item + end for item in items], self.tail))
        return rest if is_sure(rest, content_type) else None

    @property
    def are_sound(self) -> bool:
        """Whether each is an element of its own; of known ones that was seen before."""
        return all(is_sound(item, self.name) for item in self.items)


def pieces_of(body: bytes, url: str, known: Collection[int] = ()) -> Pieces | None:
    """The pieces of an RSS, RDF or Atom feed or a sitemap from `url`; None when they cannot be told apart cheaply.

    `known`: marks that may be met again, best in the order in which they would be: it spares a search, and changes nothing.
    """
    root = _root.search(body, 0, _HEAD)
    if root is None:
        return None
    name = _names[root[1]]
    first = _first(body, root.end(), name)
    if first < 0:
        return None
    seed = zlib.crc32(_VERSION + root[0] + url.encode("utf-8", "surrogatepass"))
    head, (items, marks, last) = body[:first], _items(body, first, b"</%s>" % name, seed, known)
    tail = body[last:]
    if not 0 < len(items) <= _MOST_ITEMS or not _is_plain(head[: root.start()], head[root.end() :], tail):
        return None
    return Pieces(name, head, tuple(items), tail, tuple(marks))


def _items(
    body: bytes, position: int, end: bytes, seed: int, known: Collection[int]
) -> tuple[list[bytes], list[int], int]:
    """The items from `position` on, their marks, and where the last one ends."""
    order = [*known]
    following = dict(pairwise(order))
    guess = order[0] if order else 0
    items: list[bytes] = []
    marks: list[int] = []
    while len(items) <= _MOST_ITEMS:
        stop = position + min(guess >> 32, _LONGEST_GUESS)
        item, mark = (body[position:stop], guess) if body.startswith(end, stop) else (b"", 0)
        if not mark or _mark(item, seed) != mark:
            stop = body.find(end, position)
            if stop < 0:
                break
            item = body[position:stop]
            mark = _mark(item, seed)
        items.append(item)
        marks.append(mark)
        guess = following.get(mark, guess)
        position += len(item) + len(end)
        if gap := _gap.match(body, position):
            position = gap.end()
    return items, marks, position


def _first(body: bytes, start: int, name: bytes) -> int:
    """Where the first item begins: not in a comment or section. -1 when it begins late or never."""
    found = _opens[name].search(body, start, _HEAD)
    if found is None or body.find(b"<!", start, found.start()) < 0:
        return found.start() if found else -1
    return next((one.start() for one in _starts[name].finditer(body, start, _HEAD) if one[1]), -1)


def _without_contents(head: bytes) -> bytes:
    """RSS 1.0 lists its items by address in the channel (section 5.3.5), which nobody reads: half of a rest's elements."""
    start = head.find(b"<items>")
    end = head.find(b"</items>", start)
    if start < 0 or end < 0 or b"<!" in head:
        return head
    return head[:start] + head[end + len(b"</items>") :]


def _is_plain(before: bytes, head: bytes, tail: bytes) -> bool:
    """Whether what stands around the items holds only closed sections and comments, and a document type without more."""
    before, head = _sections.sub(b"", before), _sections.sub(b"", head)
    return b"<!--" not in before and b"[" not in before and b"<!" not in head and b"<!" not in tail


def _mark(item: bytes, seed: int) -> int:
    """CRC-32 and length. An edit of the same length goes unseen once in four billion, until the next; a new item would
    have to meet one of those known in both. Whoever forges a mark hides an item of his own.
    """
    return zlib.crc32(item, seed) | len(item) << 32


def is_sound(item: bytes, name: bytes) -> bool:
    """Whether `item` is one element but for its end tag, and the end tag that follows is its own."""
    if not _opens[name].match(item):
        return False
    position, telling = 1, _telling[name]
    while found := telling.search(item, position):
        if not item.startswith(b"<![CDATA[", found.start()):
            return False
        position = item.find(b"]]>", found.end()) + 3
        if position < 3:
            return False
    return True
