"""Publications: which feeds are dirty, what stands in them, and the rendered bytes that servers hand out."""

from collections.abc import Sequence
from typing import Any

import zstandard
from sqlalchemy import and_, delete, func, or_, select, update

from aggregator.model import Rendering, Seconds, Standing, StoredStory, Tombstone
from aggregator.store import hub
from aggregator.store.engine import AnyRow, Db, insert_missing, next_number, upsert
from aggregator.store.entries import mark_dirty
from aggregator.store.reading import stories
from aggregator.store.tables import ENTRY, MATCH, META, PUBLICATION, RENDERING, STORY, SUBSCRIPTION, TOKEN

REAPPEAR = 7 * 24 * 3600
"""A corrected or withdrawn entry stands in the current feed again for so long."""

GONE = 90 * 24 * 3600
"""A removed topic answers 410 for so long."""


POSTPONED = 310
"""Nobody puts a rendering off for longer than this (seconds)."""


def sync(db: Db, topics: Sequence[str], now: Seconds) -> None:
    """Make the live topics exist; a removed one is gone from now on, a returning one comes back dirty."""
    rows = {row.id: row for row in db.execute(select(PUBLICATION))}
    new = [topic for topic in topics if topic not in rows or rows[topic].gone is not None]
    mark_dirty(db, new, now)
    db.execute(update(PUBLICATION).where(PUBLICATION.c.id.in_(topics)).values(gone=None))
    removed = and_(PUBLICATION.c.id.not_in(topics), PUBLICATION.c.gone.is_(None))
    db.execute(update(PUBLICATION).where(removed).values(gone=now, dirty=None))


def is_renamed(db: Db, old: str, new: str) -> bool:
    """Whether `new` is nothing yet but another name of `old`."""
    return set(db.execute(select(PUBLICATION.c.id).where(PUBLICATION.c.id.in_((old, new)))).scalars()) == {old}


def rename(db: Db, old: str, new: str) -> None:
    """Follow `formerly` of a topic that is new: its entries keep their numbers and times under the new id."""
    if not is_renamed(db, old, new):
        return
    db.execute(
        update(PUBLICATION).where(PUBLICATION.c.id == old).values(id=new, gone=func.coalesce(PUBLICATION.c.gone, 0))
    )
    for table in (ENTRY, MATCH):
        db.execute(update(table).where(table.c.topic == old).values(topic=new))
    db.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.publication == old).values(publication=new))
    db.execute(update(TOKEN).where(TOKEN.c.scope == old).values(scope=new))
    db.execute(update(META).where(META.c.name == f"entries of {old}").values(name=f"entries of {new}"))
    db.execute(delete(RENDERING).where(RENDERING.c.publication == old))


def postpone(db: Db, publication: str, until: Seconds) -> None:
    """Render a dirty feed no earlier than this."""
    waits = and_(PUBLICATION.c.id == publication, PUBLICATION.c.dirty.is_not(None))
    db.execute(update(PUBLICATION).where(waits).values(dirty=until))


def dirty(db: Db, before: Seconds) -> tuple[str, ...]:
    """Publications that wait to be rendered since `before` or earlier; a time far ahead was written under a wrong clock."""
    due = or_(PUBLICATION.c.dirty <= before, PUBLICATION.c.dirty > before + POSTPONED)
    waiting = and_(due, PUBLICATION.c.gone.is_(None))
    return tuple(db.execute(select(PUBLICATION.c.id).where(waiting).order_by(PUBLICATION.c.id)).scalars())


def is_gone(db: Db, publication: str, now: Seconds) -> bool:
    since = db.execute(select(PUBLICATION.c.gone).where(PUBLICATION.c.id == publication)).scalar()
    return since is not None and now - since <= GONE


def current(db: Db, publication: str, now: Seconds, limit: int = 50) -> tuple[StoredStory, ...]:
    """A feed: the last `limit` entries, and older ones corrected in the last seven days; newest first."""
    return _stories(db, _standing(db, publication, now, limit))


def _standing(db: Db, publication: str, now: Seconds, limit: int) -> list[AnyRow]:
    present = (
        select(ENTRY.c.number, ENTRY.c.story, ENTRY.c.entered, ENTRY.c.updated)
        .join(STORY, STORY.c.id == ENTRY.c.story)
        .where(ENTRY.c.topic == publication, ENTRY.c.withdrawn.is_(None), STORY.c.alias_of.is_(None))
        .order_by(ENTRY.c.number.desc())
    )
    rows = list(db.execute(present.where(ENTRY.c.current).limit(limit)))
    if len(rows) == limit:
        corrected = and_(
            ENTRY.c.number < rows[-1].number, ENTRY.c.updated >= now - REAPPEAR, ENTRY.c.updated > ENTRY.c.entered
        )
        rows += db.execute(present.where(corrected).limit(limit))
    return rows


def standing(db: Db, publication: str, tag: str, now: Seconds) -> Standing:
    """All that a feed shows now, to be rendered and stored in this transaction; `tag` begins our tag: URIs.

    It is clean from here on: whoever changes it meanwhile waits for our commit and marks it dirty again.
    """
    db.execute(update(PUBLICATION).where(PUBLICATION.c.id == publication).values(dirty=None))
    rows, sealed = _standing(db, publication, now, 50), sealed_pages(db, publication)
    return Standing(
        _stories(db, rows),
        tombstones(db, publication, tag, now),
        sealed,
        tail=_tail(db, publication, sealed, {row.number for row in rows}),
        served=hub.is_served(db, now),
    )


def _tail(db: Db, publication: str, sealed: int, shown: set[int], size: int = 50) -> int:
    """The last entry's number when an entry stands neither in a sealed page nor in the feed: it came late, or its story
    was merged into another.
    """
    after = and_(ENTRY.c.topic == publication, ENTRY.c.number > sealed * size)
    rows = list(db.execute(select(ENTRY.c.number, ENTRY.c.withdrawn).where(after)))
    missing = [row.number for row in rows if row.withdrawn is None and row.number not in shown]
    return max((row.number for row in rows), default=0) if missing else 0


def archive_page(
    db: Db, publication: str, page: int, size: int = 50, *, upto: int | None = None
) -> tuple[StoredStory, ...]:
    """Entries (page-1)·size+1 … page·size (or `upto`) in order of number, newest first; withdrawn ones are missing."""
    numbers = ENTRY.c.number.between((page - 1) * size + 1, min(page * size, upto or page * size))
    query = select(ENTRY.c.number, ENTRY.c.story, ENTRY.c.entered, ENTRY.c.updated).where(
        ENTRY.c.topic == publication, ENTRY.c.withdrawn.is_(None), numbers
    )
    return _stories(db, list(db.execute(query.order_by(ENTRY.c.number.desc()))))


def sealed_pages(db: Db, publication: str, size: int = 50) -> int:
    """How many archive pages are full, counted from the oldest entry."""
    return last_number(db, publication) // size


def last_number(db: Db, publication: str) -> int:
    """The number of the entry that came last, 0 when there is none."""
    return db.execute(select(func.max(ENTRY.c.number)).where(ENTRY.c.topic == publication)).scalar() or 0


def _stories(db: Db, entries: Sequence[AnyRow]) -> tuple[StoredStory, ...]:
    found = stories(db, [entry.story for entry in entries])
    places = [(found[e.story], e) for e in entries if e.story in found]
    return tuple(StoredStory(s.id, s.slug, e.entered, e.updated, s.reports, e.number, s.alias_of) for s, e in places)


def tombstones(db: Db, publication: str, tag: str, now: Seconds) -> tuple[Tombstone, ...]:
    """Entries withdrawn in the last seven days; `tag` is the beginning of our tag: URIs."""
    recent = and_(ENTRY.c.topic == publication, ENTRY.c.withdrawn >= now - REAPPEAR)
    query = select(STORY.c.slug, ENTRY.c.withdrawn, ENTRY.c.reason).join(STORY, STORY.c.id == ENTRY.c.story)
    rows = db.execute(query.where(recent).order_by(ENTRY.c.withdrawn.desc(), STORY.c.slug))
    return tuple(Tombstone(f"{tag}{row.slug}", row.withdrawn, row.reason or "") for row in rows)


# ---------------------------------------------------------------- rendered bytes


def store(db: Db, publication: str, renderings: Sequence[Rendering], now: Seconds) -> bool:
    """Keep the bytes whose ETag is new, and give the publication a new version then. Returns whether it did.

    A format that did not change keeps its bytes and its date: a strong ETag stands for the very same bytes.
    """
    held = _held(db, publication)
    changed = [one for one in renderings if one.format not in held or held[one.format][0] != one.etag]
    upsert(db, RENDERING, [_rendering(publication, one, held.get(one.format, ("", b""))[1]) for one in changed])
    values: dict[str, Any] = {"dirty": None, "rendered": now}
    if changed:
        values["version"] = next_number(db, "version")
        hub.owe(db, publication, (one.format for one in changed), values["version"], now)
    insert_missing(db, PUBLICATION, [{"id": publication, "version": 0, "rendered": now}])
    db.execute(update(PUBLICATION).where(PUBLICATION.c.id == publication).values(values))
    return bool(changed)


def _held(db: Db, publication: str) -> dict[str, tuple[str, bytes]]:
    """ETag and past of each stored format."""
    columns = (RENDERING.c.format, RENDERING.c.etag, RENDERING.c.past)
    query = select(*columns).where(RENDERING.c.publication == publication)
    return {row.format: (row.etag, row.past or b"") for row in db.execute(query)}


def _rendering(publication: str, rendering: Rendering, past: bytes) -> dict[str, Any]:
    packed = zstandard.ZstdCompressor(level=3).compress(rendering.body)
    return {
        "publication": publication, "format": rendering.format, "media_type": rendering.media_type,
        "etag": rendering.etag, "last_modified": rendering.last_modified, "body": rendering.body, "zstd": packed,
        "past": _remember(rendering, past) if rendering.marks else None,
    }  # fmt: skip


REMEMBERED = 24
"""Versions of a feed whose marks are kept, to tell a client what is new since any of them."""


def _remember(rendering: Rendering, past: bytes) -> bytes:
    """The marks of this version before those of earlier ones: an ETag (16 bytes), their length (2), the marks."""
    versions = [(bytes.fromhex(rendering.etag), rendering.marks), *_versions(past)][:REMEMBERED]
    return b"".join(etag + len(marks).to_bytes(2, "big") + marks for etag, marks in versions)


def _versions(past: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at < len(past):
        size = int.from_bytes(past[at + 16 : at + 18], "big")
        found.append((past[at : at + 16], past[at + 18 : at + 18 + size]))
        at += 18 + size
    return found


def past(db: Db, publication: str, format_: str) -> dict[str, bytes]:
    """ETag → marks of the versions that a feed lately had, this one among them (see model.Rendering)."""
    wanted = and_(RENDERING.c.publication == publication, RENDERING.c.format == format_)
    packed = db.execute(select(RENDERING.c.past).where(wanted)).scalar()
    return {etag.hex(): marks for etag, marks in _versions(packed or b"")}


def rendering(db: Db, publication: str, format_: str) -> tuple[Rendering, bytes] | None:
    """The stored bytes and their zstd form."""
    wanted = and_(RENDERING.c.publication == publication, RENDERING.c.format == format_)
    row = db.execute(select(RENDERING).where(wanted)).first()
    if row is None:
        return None
    return Rendering(row.format, row.media_type, bytes(row.body), row.etag, row.last_modified), bytes(row.zstd)


def versions(db: Db, since: int) -> dict[str, int]:
    """Publications whose version is newer than `since`: what a server asks once a second."""
    query = select(PUBLICATION.c.id, PUBLICATION.c.version).where(PUBLICATION.c.version > since)
    return {row.id: row.version for row in db.execute(query)}
