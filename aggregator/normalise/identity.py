"""Who an entry is: its key within the source, and its digest.

Key, in this order: the guid; the URL's key; title and date. A prefix tells the kinds apart ("g:", "u:", "t:"). A guid
or link that stands at several different entries of one document identifies none of them, then and later; but an entry
keeps the key under which the document before knew it (window.py).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from aggregator.model import Entry
from aggregator.normalise.plain import plain_title, scrub
from aggregator.text.fold import fold
from aggregator.text.html import to_text
from aggregator.text.urls import clean
from aggregator.text.urls import key as url_key

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry with its identity within the source. `digest`: 8 bytes that change when anything but a date does.

    `link`: mark of its link's key, 0 when it has none; `raw`: mark of its bytes in the document, 0 when not known.
    """

    key: str
    digest: bytes
    entry: Entry
    link: int = 0
    raw: int = 0


Row = tuple[int, int, int]
"""What is remembered of an entry beside its key: digest, and marks of its link and of its bytes (0: none)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What identities were given before: `rows` by the mark of the key; `contested`: marks of keys that several different
    entries of one document claimed, which no entry shall be given again.
    """

    rows: Mapping[int, Row] = field(default_factory=dict)
    contested: AbstractSet[int] = frozenset()


class Identities(NamedTuple):
    """The entries of a document with their keys; marks of the keys that several of them claimed, and none before."""

    items: tuple[Identified, ...]
    contested: AbstractSet[int]


_NOTHING = Known()


def identify(entries: Sequence[Entry], known: Known = _NOTHING) -> tuple[Identified, ...]:
    """The entries of one document with their keys, all different, in document order. See `identities`."""
    return identities(entries, known).items


def identities(entries: Sequence[Entry], known: Known = _NOTHING, raws: Sequence[int] = ()) -> Identities:
    """The entries of one document with their keys, all different, in document order; `raws`: marks of their bytes.

    Entries without any content are dropped, and so is an entry that stands twice (same guid, link, title and date; for
    one without guid and link: same content): the first stays. A key that an entry had in the document before stays its
    own, whatever others claim it now. Different entries that share even title and date all get their digest added to the
    key, so that no one of them can take another's place in a later document.
    """
    claims = [_Claim(entry, raw) for entry, raw in _paired(entries, raws) if not _is_empty(entry)]
    guids = [claim.guid for claim in claims]
    if all(guids) and len(set(guids)) == len(guids) and not known.contested and _keep_guids(claims, known.rows):
        return Identities(tuple(claim.under(_bounded("g:", claim.guid)) for claim in claims), frozenset())
    return _apart(list({claim.signature: claim for claim in reversed(claims)}.values())[::-1], known)


def _paired(entries: Sequence[Entry], raws: Sequence[int]) -> list[tuple[Entry, int]]:
    return list(zip(entries, raws, strict=True)) if raws else [(entry, 0) for entry in entries]


def _keep_guids(claims: Sequence["_Claim"], rows: Mapping[int, Row]) -> bool:
    """Whether no entry went by another key than its guid before."""
    return not rows or all(
        mark_of(_bounded("g:", claim.guid)) in rows or not any(mark_of(key) in rows for key in claim.options())
        for claim in claims
    )


class _Claim:
    """An entry and the keys it may go by."""

    __slots__ = ("_title", "digest", "entry", "guid", "link", "raw")

    def __init__(self, entry: Entry, raw: int) -> None:
        self.entry, self.raw, self.guid = entry, raw, (entry.id or "").strip()
        self.link = _link_key(entry.link) if entry.link else ""
        self.digest = digest(entry)
        self._title = ""

    @property
    def signature(self) -> tuple[object, ...]:
        title = self.entry.title.strip()
        mark = None if title and (self.guid or self.link) else self.digest
        return self.guid, self.link, title, self.entry.published, mark

    @property
    def title(self) -> str:
        """The key that title and date make."""
        self._title = self._title or _title_key(self.entry)
        return self._title

    @property
    def last(self) -> str:
        """The key that no other entry has."""
        return f"{self.title}-{self.digest.hex()}"

    def addresses(self) -> Iterator[str]:
        """The keys that guid and link make."""
        if self.guid:
            yield _bounded("g:", self.guid)
        if self.link:
            yield _bounded("u:", self.link)

    def options(self) -> Iterator[str]:
        """All of them, the best first."""
        yield from self.addresses()
        yield self.title
        yield self.last

    def under(self, key: str) -> Identified:
        return Identified(key, self.digest, self.entry, mark_of(self.link) if self.link else 0, self.raw)


def _apart(claims: list[_Claim], known: Known) -> Identities:
    """Keys where guids are missing, repeated, or were once."""
    times = Counter(key for claim in claims for key in claim.addresses())
    contested = {mark_of(key) for key, count in times.items() if count > 1} | known.contested
    found = _held(claims, known.rows, contested)
    taken = set(found.values())
    titled = []
    for claim in claims:
        if claim not in found:
            free = (key for key in claim.addresses() if mark_of(key) not in contested and key not in taken)
            found[claim] = next(free, "")
            titled += [] if found[claim] else [claim]
    titles = Counter(claim.title for claim in titled)
    contested |= {mark_of(key) for key, count in titles.items() if count > 1}
    for claim in titled:
        alone = mark_of(claim.title) not in contested and claim.title not in taken
        found[claim] = claim.title if alone else claim.last
    return Identities(tuple(claim.under(found[claim]) for claim in claims), contested - known.contested)


def _held(claims: list[_Claim], rows: Mapping[int, Row], contested: AbstractSet[int]) -> dict[_Claim, str]:
    """The entries that were known before, under which key. A contested one is an entry's own only if its content, or
    its link alone among all, is that of before.
    """
    held: dict[_Claim, str] = {}
    taken: set[str] = set()
    for proof in (_has_content, _has_link, _is_alone) if rows else ():
        for claim in claims:
            for key in claim.options() if claim not in held else ():
                row = rows.get(mark_of(key))
                if row is not None and key not in taken and proof(claim, key, row, contested):
                    held[claim] = key
                    taken.add(key)
                    break
    return held


def _has_content(claim: _Claim, _key: str, row: Row, _contested: AbstractSet[int]) -> bool:
    return row[0] == int.from_bytes(claim.digest, "little")


def _has_link(claim: _Claim, _key: str, row: Row, contested: AbstractSet[int]) -> bool:
    _, link, _ = row
    return bool(link) and link == mark_of(claim.link) and mark_of("u:" + claim.link) not in contested


def _is_alone(_claim: _Claim, key: str, _row: Row, contested: AbstractSet[int]) -> bool:
    return mark_of(key) not in contested


@lru_cache(maxsize=2048)
def _link_key(link: str) -> str:
    return url_key(link) if clean(link) else ""


def _title_key(entry: Entry) -> str:
    title = fold(plain_title(entry.title, is_html=entry.title_is_html)) or to_text(entry.html or entry.summary)[:500]
    when = entry.published if entry.published is not None else entry.updated
    return "t:" + _hash(f"{title}\x1f{'' if when is None else when}", 16).hex()


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
def mark_of(key: str) -> int:
    """8 bytes of a key's hash."""
    return int.from_bytes(_hash(key, 8), "little")
