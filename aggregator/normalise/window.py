"""The memory of a feed's last document: what is neither new nor changed is not looked at again."""

import struct
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice

from aggregator.model import Reading
from aggregator.normalise.identity import Identified, Identities, Known, Row, identities, mark_of

MOST_CONTESTED = 256
_HEADER = struct.Struct("<BH")
_VERSION = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What a document came to, as `reading` says. `fresh`: entries that the one before did not hold, or held with other content.

    `entries`: how many it holds; `waiting`: those that `first` put off; `gap`: it shares none with the one before, so some may
    have passed unseen between them.
    """

    reading: Reading
    fresh: tuple[Identified, ...]
    entries: int
    gap: bool
    window: "Window"
    waiting: int = 0

    def first(self, most: int | None) -> "Look":
        """The look with at most so many fresh entries; the others wait, unknown to the window, for the next document."""
        if most is None or len(self.fresh) <= most:
            return self
        later = {mark_of(one.key) for one in self.fresh[most:]}
        rows = {key: row for key, row in self.window.rows.items() if key not in later}
        window = Window(rows, self.window.contested)
        return replace(self, fresh=self.fresh[:most], window=window, waiting=len(later))


@dataclass(frozen=True)
class Window:
    """For each entry of the last document: mark of its key → its digest and the marks of its link and bytes.

    `contested`: marks of keys that several entries claimed once, the latest MOST_CONTESTED.
    """

    rows: Mapping[int, Row] = field(default_factory=dict)
    contested: tuple[int, ...] = ()

    @classmethod
    def of(cls, identified: Sequence[Identified]) -> "Window":
        """The memory of a document."""
        return cls({mark_of(one.key): _row(one) for one in identified})

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Window":
        """The memory that `to_bytes` packed. Another version's is forgotten; ValueError when it is cut short."""
        if len(packed) < _HEADER.size or packed[0] != _VERSION:
            return cls()
        _, contested = _HEADER.unpack_from(packed)
        size, rest = divmod(len(packed) - _HEADER.size - 8 * contested, 32)
        if rest or size < 0:
            raise ValueError("a window has 32 bytes an entry")
        numbers = struct.unpack_from(f"<{contested + 4 * size}Q", packed, _HEADER.size)
        keys, *row = (numbers[start : start + size] for start in (contested + size * column for column in range(4)))
        return cls(dict(zip(keys, zip(*row, strict=True), strict=True)), numbers[:contested])

    def to_bytes(self) -> bytes:
        """32 bytes an entry, 8 a contested key; column after column, for numbers of one kind are read at once."""
        numbers = (*self.contested, *self.rows, *chain.from_iterable(zip(*self.rows.values(), strict=True)))
        return _HEADER.pack(_VERSION, len(self.contested)) + struct.pack(f"<{len(numbers)}Q", *numbers)

    @cached_property
    def raw(self) -> AbstractSet[int]:
        """Marks of the items' bytes in document order, for the parser to leave out what is known."""
        return dict.fromkeys(raw for _, _, raw in self.rows.values() if raw).keys()

    def look(self, read: Callable[[AbstractSet[int]], Reading], *, delta: bool = False) -> Look:
        """What is new in a document; `read(known)` reads it, and may leave out the items whose bytes have a known mark.

        A `delta` holds only what is new or changed (RFC 3229): the other entries still stand in the feed, so there is no gap.
        """
        look = self._look(read)
        if not delta:
            return look
        rows = {**look.window.rows, **{key: row for key, row in self.rows.items() if key not in look.window.rows}}
        kept = dict(islice(rows.items(), max(len(self.rows), len(look.window.rows))))
        return replace(look, gap=False, window=Window(kept, look.window.contested))

    def _look(self, read: Callable[[AbstractSet[int]], Reading]) -> Look:
        known = self.raw
        reading = read(known)
        if len(reading.marks) > len(reading.entries):
            present = frozenset(reading.marks)
            left_out = {key: row for key, row in self.rows.items() if row[2] in present}
            found = identities(reading.entries, self._known, [mark for mark in reading.marks if mark not in known])
            if not found.contested and not any(_meets(item, left_out) for item in found.items):
                return self._seen(reading, found, left_out)
            reading = read(frozenset())  # who is who needs all of them
        return self._seen(reading, identities(reading.entries, self._known, reading.marks), {})

    @property
    def _known(self) -> Known:
        return Known(self.rows, frozenset(self.contested))

    def _seen(self, reading: Reading, found: Identities, left_out: dict[int, Row]) -> Look:
        items, entries = found.items, len(left_out) + len(found.items)
        is_new = bool(self.rows) and entries > 0 and not left_out and not self.overlaps(items)
        contested = (*sorted(found.contested), *self.contested)[:MOST_CONTESTED]
        window = Window({mark_of(one.key): _row(one) for one in items} | left_out, contested)
        return Look(reading, self.fresh(items), entries, is_new, window)

    def fresh(self, identified: Sequence[Identified]) -> tuple[Identified, ...]:
        """Those that the last document did not hold, or held with other content."""
        rows = self.rows
        return tuple(
            one for one in identified if (row := rows.get(mark_of(one.key))) is None or row[0] != _number(one.digest)
        )

    def overlaps(self, identified: Sequence[Identified]) -> bool:
        """Whether any entry stood in the last document too."""
        return any(mark_of(one.key) in self.rows for one in identified)

    def __len__(self) -> int:
        return len(self.rows)


def _row(one: Identified) -> Row:
    return _number(one.digest), one.link, one.raw


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "little")


def _meets(item: Identified, left_out: Mapping[int, Row]) -> bool:
    """Whether an entry that was left out may claim the same key."""
    by_link = item.key.startswith("u:") and item.link in {link for _, link, _ in left_out.values()}
    return mark_of(item.key) in left_out or by_link
