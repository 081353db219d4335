"""Only what is new (RFC 3229, with the instance manipulation "feed"): a feed without the entries that a client has.

Entries are told apart by their bytes, so one that changed in anything comes again.
"""

from collections.abc import Iterator
from hashlib import blake2b

SIZE = 8
"""Bytes of a mark."""

_ENTRIES = {"atom": (b"<entry", b"</entry>"), "rss": (b"<item>", b"</item>")}
"""Texts are escaped in our feeds, so these bytes are found nowhere but around entries."""


def marks(format_: str, body: bytes) -> bytes:
    """The marks of a feed's entries, one after another; none for a format without deltas (JSON Feed)."""
    return b"".join(_mark(body[start:end]) for start, end in _entries(format_, body))


def delta(format_: str, body: bytes, known: bytes) -> bytes:
    """The feed without the entries whose marks are `known`; its own data and its tombstones stay."""
    held = {known[at : at + SIZE] for at in range(0, len(known), SIZE)}
    kept, at = [], 0
    for start, end in _entries(format_, body):
        kept.append(body[at:start])
        if _mark(body[start:end]) not in held:
            kept.append(body[start:end])
        at = end
    return b"".join((*kept, body[at:]))


def _entries(format_: str, body: bytes) -> Iterator[tuple[int, int]]:
    """Where each entry begins and ends. By `find`, which is ten times faster than a pattern here."""
    if format_ not in _ENTRIES:
        return
    opening, closing = _ENTRIES[format_]
    start = body.find(opening)
    while start >= 0:
        end = body.find(closing, start) + len(closing)
        yield start, end
        start = body.find(opening, end)


def _mark(entry: bytes) -> bytes:
    return blake2b(entry, digest_size=SIZE).digest()
