"""The two indexes of articles by hash, packed: a row holds the postings of many hashes.

A row a posting costs 24 bytes in SQLite and 85 in PostgreSQL, a packed one eight and a few: 28 bits of a hash (25 of a clue)
choose the row and the place in it, others meet by chance. Only the one placer writes them (placing.py), so no two writers meet.

A posting is one integer, rest of the hash, time and article, and a row is sorted: lists of them are cut by hash and time,
and counted, at C's speed. What a posting says of an article may be out of date, or another hash's: whoever follows it
compares the articles themselves.
"""

import json
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, select

from aggregator.model import Seconds
from aggregator.store.engine import AnyRow, Db, chunks
from aggregator.store.tables import CLUE, SKETCH

STEP = 2 * 3600
"""Seconds by which postings tell time."""

_BEGIN = 1_000_000_000 // STEP
"""Step 0, of 2001; what is older stands in it, and in the last one, of 2061, what is younger."""

_ARTICLE_BITS, _STEP_BITS, _REST_BITS = 32, 18, 14
_ARTICLE, _STEP, _REST = (1 << _ARTICLE_BITS) - 1, (1 << _STEP_BITS) - 1, (1 << _REST_BITS) - 1
_AT = _ARTICLE_BITS + _STEP_BITS
_PLACE = (1 << _AT) - 1


@dataclass(frozen=True, slots=True)
class Index:
    """A table of packed postings, of 2 to the `bits` rows: so many that each is a few hundred bytes."""

    table: Table
    bits: int


COPIES, STORIES = Index(SKETCH, 14), Index(CLUE, 11)


def place(when: Seconds, article: int) -> int:
    """Time and id of an article in one, as they stand in its postings."""
    return step(when) << _ARTICLE_BITS | article


def step(when: Seconds) -> int:
    """The step of a time."""
    return min(max(when // STEP - _BEGIN, 0), _STEP)


def step_of(place: int) -> int:
    return place >> _ARTICLE_BITS


def article_of(place: int) -> int:
    return place & _ARTICLE


class Rows:
    """The rows of an index that the hashes of a batch fall into, read at once and written at once."""

    def __init__(self, db: Db, index: Index, hashes: Iterable[int]) -> None:
        self._db, self._index = db, index
        mask = (1 << index.bits) - 1
        wanted = sorted({hash_ & mask for hash_ in hashes})
        self._rows = {number: _unpacked(packed) for number, packed in _read(db, index.table, wanted)}
        self._changed: set[int] = set()

    def add(self, hashes: Iterable[int], place: int) -> None:
        """An article, where it does not stand yet."""
        rows, bits = self._rows, self._index.bits
        mask = (1 << bits) - 1
        for hash_ in hashes:
            number, posting = hash_ & mask, (hash_ >> bits & _REST) << _AT | place
            row = rows.get(number)
            if row is None:
                rows[number] = array("Q", (posting,))
            elif (at := bisect_left(row, posting)) == len(row) or row[at] != posting:
                row.insert(at, posting)
            else:
                continue
            self._changed.add(number)

    def shared(self, hashes: Iterable[int], since: int, until: int) -> Counter[int]:
        """place → how many of the hashes it stands under, from one step to another (inclusive). All were added before."""
        rows, bits = self._rows, self._index.bits
        mask, first, end = (1 << bits) - 1, since << _ARTICLE_BITS, until + 1 << _ARTICLE_BITS
        found: Counter[int] = Counter()
        for hash_ in hashes:
            row = rows[hash_ & mask]
            if len(row) > 1:
                rest = (hash_ >> bits & _REST) << _AT
                low = bisect_left(row, rest | first)
                high = bisect_left(row, rest + end, low)
                if high - low > 1:
                    found.update(map(_PLACE.__and__, row[low:high]))
        return found

    def write(self) -> None:
        """Write the rows that changed."""
        rows = self._rows
        _write(self._db, self._index.table, [(number, rows[number].tobytes()) for number in sorted(self._changed)])
        self._changed.clear()


def _unpacked(packed: bytes) -> "array[int]":
    row = array("Q")
    row.frombytes(packed)
    return row


def _read(db: Db, table: Table, numbers: list[int]) -> Sequence[AnyRow]:
    if not numbers:
        return ()
    given: Any = numbers
    if db.dialect.name == "sqlite":
        given, some = json.dumps(numbers), "(SELECT value FROM json_each(?))"
    else:
        some = "(SELECT unnest(%s::integer[]))"
    query = f"SELECT number, postings FROM {table.name} WHERE number IN {some}"  # noqa: S608 - our names
    return db.exec_driver_sql(query, (given,)).all()


def _write(db: Db, table: Table, rows: Sequence[tuple[int, bytes]]) -> None:
    if not rows:
        return
    into = f"INSERT INTO {table.name} (number, postings)"
    new = "ON CONFLICT (number) DO UPDATE SET postings = excluded.postings"
    if db.dialect.name == "sqlite":
        db.exec_driver_sql(f"{into} VALUES (?, ?) {new}", list(rows))
    else:
        columns = tuple(map(list, zip(*rows, strict=True)))
        db.exec_driver_sql(f"{into} SELECT * FROM unnest(%s::integer[], %s::bytea[]) {new}", columns)  # noqa: S608


def forget(db: Db, index: Index, before: Seconds, numbers: range) -> None:
    """Drop what is older from some rows. The caller is the one placer (placing.begin)."""
    query = select(index.table).where(index.table.c.number.between(numbers.start, numbers.stop - 1))
    rows = [(number, _younger(packed, before), len(packed)) for number, packed in db.execute(query).all()]
    _write(db, index.table, [(number, left) for number, left, size in rows if 0 < len(left) < size])
    empty = [number for number, left, _ in rows if not left]
    for part in chunks(empty):
        db.execute(delete(index.table).where(index.table.c.number.in_(part)))


def _younger(packed: bytes, since: Seconds) -> bytes:
    first = step(since)
    return array("Q", [one for one in _unpacked(packed) if one >> _ARTICLE_BITS & _STEP >= first]).tobytes()
