"""Who an entry is: its key within the source, its digest, and the memory of the last document.

Key, in this order: the guid; the URL's key; title and date. A prefix tells the kinds apart ("g:", "u:", "t:"). A guid
or link that stands at several different entries of one document identifies none of them.
"""

import hashlib
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from aggregator.model import Entry
from aggregator.normalise.plain import plain_title, scrub
from aggregator.text.fold import fold
from aggregator.text.html import to_text
from aggregator.text.urls import clean
from aggregator.text.urls import key as url_key

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry with its identity within the source. `digest`: 8 bytes that change when anything but a date does."""

    key: str
    digest: bytes
    entry: Entry


def identify(entries: Sequence[Entry]) -> tuple[Identified, ...]:
    """The entries of one document with their keys, all different, in document order.

    Entries without any content are dropped, and so is an entry that stands twice (same guid, link, title and date; for
    one without guid and link: same content): the first stays. Different entries that share even title and date all
    get their digest added to the key, so that no one of them can take another's place in a later document.
    """
    items = [(entry, digest(entry)) for entry in entries if not _is_empty(entry)]
    guids = [(entry.id or "").strip() for entry, _ in items]
    if all(guids) and len(set(guids)) == len(guids):
        return tuple(
            Identified(_bounded("g:", guid), mark, entry) for guid, (entry, mark) in zip(guids, items, strict=True)
        )
    return _identify_apart(items)


def _identify_apart(items: list[tuple[Entry, bytes]]) -> tuple[Identified, ...]:
    """`identify` where guids are missing or repeated."""
    unique = list({_signature(entry, mark): (entry, mark) for entry, mark in reversed(items)}.values())[::-1]
    guids = Counter((entry.id or "").strip() for entry, _ in unique)
    links = Counter(_link(entry) for entry, _ in unique)
    keys = [_key(entry, guids, links) for entry, _ in unique]
    shared = Counter(keys)
    return tuple(
        Identified(key if shared[key] == 1 else f"{key}-{mark.hex()}", mark, entry)
        for key, (entry, mark) in zip(keys, unique, strict=True)
    )


def _signature(entry: Entry, mark: bytes) -> tuple[object, ...]:
    guid, link = (entry.id or "").strip(), _link(entry)
    title = entry.title.strip()
    return guid, link, title, entry.published, None if title and (guid or link) else mark


def _key(entry: Entry, guids: Counter[str], links: Counter[str]) -> str:
    guid = (entry.id or "").strip()
    if guid and guids[guid] == 1:
        return _bounded("g:", guid)
    link = _link(entry)
    if link and links[link] == 1:
        return _bounded("u:", link)
    title = fold(plain_title(entry.title, is_html=entry.title_is_html)) or to_text(entry.html or entry.summary)[:500]
    when = entry.published if entry.published is not None else entry.updated
    return "t:" + _hash(f"{title}\x1f{'' if when is None else when}", 16).hex()


def _link(entry: Entry) -> str:
    """The key of the entry's link; empty when it has none that could be published."""
    return url_key(entry.link) if entry.link and clean(entry.link) else ""


def _is_empty(entry: Entry) -> bool:
    return not (entry.link or entry.enclosures or entry.title.strip() or entry.html.strip() or entry.summary.strip())


def _bounded(kind: str, value: str) -> str:
    """A key of at most LONGEST_KEY characters that any database can hold."""
    value = scrub(value)
    if len(value) + len(kind) <= LONGEST_KEY:
        return kind + value
    return f"{kind}{value[:200]}#{_hash(value, 16).hex()}"


def digest(entry: Entry) -> bytes:
    """8 bytes of BLAKE2b over everything of `entry` but its dates; tracking parameters of its link do not count."""
    link = entry.link or ""
    parts = [
        entry.id or "",
        clean(link) or link,
        entry.title,
        entry.html,
        entry.summary,
        entry.author or "",
        entry.language or "",
        *entry.categories,
        *(f"{media.url} {media.type} {media.length}" for media in entry.enclosures),
    ]
    return _hash("\x1f".join(parts), 8)


def _hash(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


@lru_cache(maxsize=8192)
def _mark(key: str) -> int:
    return int.from_bytes(_hash(key, 8), "little")


@dataclass(frozen=True, slots=True)
class Window:
    """What is remembered of a feed's last document: for each entry 8 bytes of its key's hash and 8 of its digest."""

    marks: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, identified: Sequence[Identified]) -> "Window":
        """The memory of a document."""
        return cls({_mark(one.key): int.from_bytes(one.digest, "little") for one in identified})

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Window":
        """The memory that `to_bytes` packed. Raises ValueError when it is no multiple of 16 bytes."""
        if len(packed) % 16:
            raise ValueError("a window has 16 bytes an entry")
        return cls(dict(struct.iter_unpack("<QQ", packed)))

    def to_bytes(self) -> bytes:
        """16 bytes an entry, in document order."""
        flat = [number for pair in self.marks.items() for number in pair]
        return struct.pack(f"<{len(flat)}Q", *flat)

    def fresh(self, identified: Sequence[Identified]) -> tuple[Identified, ...]:
        """Those that the last document did not hold, or held with other content."""
        marks = self.marks
        return tuple(one for one in identified if marks.get(_mark(one.key)) != int.from_bytes(one.digest, "little"))

    def overlaps(self, identified: Sequence[Identified]) -> bool:
        """Whether any entry stood in the last document too; if not, entries may have passed unseen between the two."""
        return any(_mark(one.key) in self.marks for one in identified)

    def __len__(self) -> int:
        return len(self.marks)
