"""A feed's items as they stand in its bytes: what an earlier poll read to the letter need not be read again.

Of fifty items one is new as a rule. Items are told apart without parsing: each ends with its end tag, and each begins where
the one before ended. That is sound only if no end tag stands in a CDATA section or comment, so every item is looked at once,
before it is remembered: one start tag, sections closed, no comment or instruction outside them. What is then known by its
hash has been looked at, and a document of head, unknown items and tail is well-formed if the whole one is.
"""

import hashlib
import re
from collections.abc import Set
from dataclasses import dataclass

from aggregator.parse.encoding import is_sure

_HEAD = 16_384
_VERSION = b"1"
_root = re.compile(rb"<(rss|rdf:RDF|feed|urlset)(?=[\s>])[^<>]*>")
_names = {b"rss": b"item", b"rdf:RDF": b"item", b"feed": b"entry", b"urlset": b"url"}
_section = rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>"
_sections = re.compile(_section, re.S)
_starts = {name: re.compile(_section + rb"|(<%s[\s>])" % name, re.S) for name in set(_names.values())}
_opens = {name: re.compile(rb"<%s[\s/>]" % name) for name in set(_names.values())}
_blank = re.compile(rb"\s*")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A document in pieces: `head`, `items`, `tail`; `marks` are the items' hashes, 8 bytes each.

    A mark stands for what an item means: the root's tag (namespaces, bases) and the document's address are part of it.
    """

    name: bytes
    head: bytes
    items: tuple[bytes, ...]
    tail: bytes
    marks: tuple[int, ...]

    def unknown(self, known: Set[int]) -> list[bytes]:
        return [item for item, mark in zip(self.items, self.marks, strict=True) if mark not in known]

    def rest(self, known: Set[int], content_type: str) -> bytes | None:
        """The document without its `known` items; None when reading that might say other things than the whole does."""
        items = self.unknown(known)
        if len(items) == len(self.items) or not all(is_sound(item, self.name) for item in items):
            return None
        rest = b"".join((self.head, *items, self.tail))
        return rest if is_sure(rest, content_type) else None

    @property
    def are_sound(self) -> bool:
        return all(is_sound(item, self.name) for item in self.items)


def pieces_of(body: bytes, url: str) -> Pieces | None:
    """The pieces of an RSS, RDF or Atom feed or a sitemap from `url`; None when they cannot be told apart cheaply."""
    root = _root.search(body, 0, _HEAD)
    if root is None:
        return None
    name = _names[root[1]]
    starts = (found.start() for found in _starts[name].finditer(body, root.end(), _HEAD) if found[1])
    first, end = next(starts, -1), b"</%s>" % name
    last = body.rfind(end)
    if not 0 <= first < last or not _is_plain(body[: root.start()], body[root.end() : first], body[last:]):
        return None
    items = _items(body, first, last + len(end), _opens[name], end)
    if items is None:
        return None
    seed = hashlib.sha1(_VERSION + root[0] + url.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return Pieces(
        name, body[:first], tuple(items), body[last + len(end) :], tuple(_mark(seed.copy(), item) for item in items)
    )


def _is_plain(before: bytes, head: bytes, tail: bytes) -> bool:
    """Whether what stands around the items holds only closed sections and comments, and a document type without more."""
    before, head = _sections.sub(b"", before), _sections.sub(b"", head)
    return b"<!--" not in before and b"[" not in before and b"<!" not in head and b"<!" not in tail


def _items(body: bytes, position: int, last: int, start: re.Pattern[bytes], end: bytes) -> list[bytes] | None:
    items = []
    while position < last:
        stop = body.find(end, position) + len(end)
        if not start.match(body, position):
            return None
        items.append(body[position:stop])
        position = stop if start.match(body, stop) else stop + len(_blank.match(body, stop)[0])  # type: ignore[index]
    return items


def _mark(seed: "hashlib._Hash", item: bytes) -> int:
    """SHA-1 is what processors are fast at; whoever forges a collision hides an item of his own."""
    seed.update(item)
    return int.from_bytes(seed.digest()[:8], "little")


def is_sound(item: bytes, name: bytes) -> bool:
    """Whether `item` is one element whose end tag is its own."""
    if item.count(b"<" + name) != 1:
        return False
    text = _outside_sections(item)
    return text is not None and b"<!" not in text and b"<?" not in text


def _outside_sections(item: bytes) -> bytes | None:
    """`item` without its CDATA sections; None when one is not closed."""
    if b"<!" not in item:
        return item
    kept, position = [], 0
    while (start := item.find(b"<![CDATA[", position)) >= 0:
        end = item.find(b"]]>", start)
        if end < 0:
            return None
        kept.append(item[position:start])
        position = end + 3
    return b"".join((*kept, item[position:]))
