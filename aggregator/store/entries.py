"""Which stories stand in which topics: numbered as they enter, touched as they change, withdrawn at the end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select, update

from aggregator.model import Seconds
from aggregator.store.engine import AnyRow, Db, chunks, get_meta, insert_all, insert_missing, next_number, set_meta
from aggregator.store.tables import ARTICLE, ENTRY, MATCH, PUBLICATION, STORY

EVERYTHING = "all"
"""The feed of every story, matched or not."""

FRESH = 48 * 3600
"""An older story that enters late goes into archive and pages, not into the current feed."""


def refresh(db: Db, stories: Iterable[int], now: Seconds, live: Sequence[str]) -> None:
    """Bring the entries of these stories up to date in the `live` topics and mark the feeds that change dirty."""
    wanted = sorted(set(stories))
    rows = {r.id: r for part in chunks(wanted) for r in db.execute(select(STORY).where(STORY.c.id.in_(part)))}
    members = _members(db, wanted)
    topics = _topics(db, members, set(live))
    held = _entries(db, wanted)
    late = get_meta(db, "published") is not None
    dirty: set[str] = set()
    for story in sorted(rows.values(), key=lambda s: (_occurred(members[s.id]), s.id)):
        current = {entry.topic: entry for entry in held[story.id]}
        if story.alias_of is not None:
            dirty |= set(current)
            continue
        dirty |= _enter(db, story, topics[story.id] - set(current), members[story.id], now, late)
        dirty |= _touch(db, story, current, topics[story.id], members[story.id], now)
    mark_dirty(db, dirty, now)


def _members(db: Db, stories: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    columns = (
        ARTICLE.c.id, ARTICLE.c.story, ARTICLE.c.occurred, ARTICLE.c.published, ARTICLE.c.updated,
        ARTICLE.c.withdrawn, ARTICLE.c.reason,
    )  # fmt: skip
    for part in chunks(stories):
        for row in db.execute(select(*columns).where(ARTICLE.c.story.in_(part))):
            found[row.story].append(row)
    return found


def _topics(db: Db, members: Mapping[int, list[AnyRow]], live: set[str]) -> Mapping[int, set[str]]:
    """The topics of each story: any report that still stands brings its own."""
    story_of = {m.id: m.story for rows in members.values() for m in rows if m.withdrawn is None}
    found: dict[int, set[str]] = defaultdict(set)
    for story in set(story_of.values()):
        found[story].add(EVERYTHING)
    for part in chunks(story_of):
        for row in db.execute(select(MATCH.c.article, MATCH.c.topic).where(MATCH.c.article.in_(part))):
            if row.topic in live:
                found[story_of[row.article]].add(row.topic)
    return found


def _entries(db: Db, stories: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for part in chunks(stories):
        for row in db.execute(select(ENTRY).where(ENTRY.c.story.in_(part))):
            found[row.story].append(row)
    return found


def _occurred(members: Sequence[AnyRow]) -> Seconds:
    return min((member.occurred for member in members), default=0)


def _changed(members: Sequence[AnyRow], canonical: int | None) -> Seconds:
    """When the story last changed in earnest: its canonical report was published or corrected."""
    chosen = [m for m in members if m.id == canonical] or list(members)
    return max((m.updated or m.published for m in chosen), default=0)


def _enter(db: Db, story: AnyRow, topics: set[str], members: Sequence[AnyRow], now: Seconds, late: bool) -> set[str]:
    current = not late or _occurred(members) >= now - FRESH
    rows = [
        {
            "topic": topic, "number": next_number(db, f"entries of {topic}"), "story": story.id, "entered": now,
            "updated": min(now, _changed(members, story.canonical)), "current": current,
        }
        for topic in sorted(topics)
    ]  # fmt: skip
    insert_all(db, ENTRY, rows)
    if rows and story.entered is None:
        db.execute(update(STORY).where(STORY.c.id == story.id).values(entered=now))
    return topics


def _touch(
    db: Db, story: AnyRow, held: Mapping[str, AnyRow], topics: set[str], members: Sequence[AnyRow], now: Seconds
) -> set[str]:
    """Entries that stay, go or come back."""
    updated = min(now, _changed(members, story.canonical))
    for topic, entry in held.items():
        stays = topic in topics
        values = {
            "updated": max(entry.updated, updated) if stays else entry.updated,
            "withdrawn": None if stays else (entry.withdrawn or now),
            "reason": None if stays else _why_gone(members),
        }
        where = (ENTRY.c.topic == topic, ENTRY.c.number == entry.number)
        db.execute(update(ENTRY).where(*where).values(values))
    return set(held)


def _why_gone(members: Sequence[AnyRow]) -> str:
    reasons = [member.reason for member in members if member.withdrawn is not None and member.reason]
    return reasons[0] if reasons else "no longer in this topic"


def mark_dirty(db: Db, topics: Iterable[str], now: Seconds) -> None:
    """These feeds must be rendered again."""
    names = sorted(set(topics))
    insert_missing(db, PUBLICATION, [{"id": name, "version": 0, "rendered": 0} for name in names])
    for part in chunks(names):
        values = {"dirty": func.coalesce(PUBLICATION.c.dirty, now)}
        db.execute(update(PUBLICATION).where(PUBLICATION.c.id.in_(part)).values(values))


def published(db: Db, now: Seconds) -> None:
    """Remember that this store has published: from now on late entries do not flood the feeds."""
    if get_meta(db, "published") is None:
        set_meta(db, "published", str(now))


def stories_of(db: Db, articles: Sequence[int]) -> tuple[int, ...]:
    """The stories of these articles."""
    found = [
        story
        for part in chunks(articles)
        for story in db.execute(select(ARTICLE.c.story).where(ARTICLE.c.id.in_(part))).scalars()
    ]
    return tuple(sorted({story for story in found if story is not None}))
