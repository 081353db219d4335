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
_following = {name: re.compile(rb"\s*(?=<%s[\s/>])" % name) for name in set(_names.values())}


@dataclass(frozen=True, slots=True)
class Pieces:
    """A document in pieces: `spans` of `body` are its items, `marks` their hashes, 8 bytes each.

    A mark stands for what an item means: the root's tag (namespaces, bases) and the document's address are part of it.
    """

    name: bytes
    body: bytes
    spans: tuple[tuple[int, int], ...]
    marks: tuple[int, ...]

    def unknown(self, known: Set[int]) -> list[bytes]:
        """The items without a `known` mark."""
        return [
            self.body[start:end] for (start, end), mark in zip(self.spans, self.marks, strict=True) if mark not in known
        ]

    def rest(self, known: Set[int], content_type: str) -> bytes | None:
        """The document without its `known` items; None when reading that might say other things than the whole does."""
        items = self.unknown(known)
        if len(items) == len(self.spans) or not all(is_sound(item, self.name) for item in items):
            return None
        rest = b"".join((self.body[: self.spans[0][0]], *items, self.body[self.spans[-1][1] :]))
        return rest if is_sure(rest, content_type) else None

    @property
    def are_sound(self) -> bool:
        return all(is_sound(item, self.name) for item in self.unknown(frozenset()))


def pieces_of(body: bytes, url: str) -> Pieces | None:
    """The pieces of an RSS, RDF or Atom feed or a sitemap from `url`; None when they cannot be told apart cheaply."""
    root = _root.search(body, 0, _HEAD)
    if root is None:
        return None
    name = _names[root[1]]
    end = b"</%s>" % name
    first, last = _first(body, root.end(), name), body.rfind(end)
    if not 0 <= first < last or not _is_plain(body[: root.start()], body[root.end() : first], body[last:]):
        return None
    spans = _spans(body, first, last + len(end), name, end)
    if spans is None:
        return None
    seed = hashlib.sha1(_VERSION + root[0] + url.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    view = memoryview(body)
    return Pieces(name, body, tuple(spans), tuple(_mark(seed.copy(), view[start:stop]) for start, stop in spans))


def _first(body: bytes, start: int, name: bytes) -> int:
    """Where the first item begins: not in a comment or section. -1 when it begins late or never."""
    found = _opens[name].search(body, start, _HEAD)
    if found is None or body.find(b"<!", start, found.start()) < 0:
        return found.start() if found else -1
    return next((one.start() for one in _starts[name].finditer(body, start, _HEAD) if one[1]), -1)


def _is_plain(before: bytes, head: bytes, tail: bytes) -> bool:
    """Whether what stands around the items holds only closed sections and comments, and a document type without more."""
    before, head = _sections.sub(b"", before), _sections.sub(b"", head)
    return b"<!--" not in before and b"[" not in before and b"<!" not in head and b"<!" not in tail


def _spans(body: bytes, position: int, last: int, name: bytes, end: bytes) -> list[tuple[int, int]] | None:
    following, find, size = _following[name], body.find, len(end)
    spans = []
    while True:
        stop = find(end, position) + size
        spans.append((position, stop))
        if stop >= last:
            return spans
        gap = following.match(body, stop)
        if gap is None:
            return None
        position = gap.end()


def _mark(seed: "hashlib._Hash", item: memoryview) -> int:
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
