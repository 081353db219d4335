"""Which stories stand in which topics: numbered as they enter, touched as they change, withdrawn at the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from sqlalchemy import bindparam, func, select, update

from aggregator.model import Seconds
from aggregator.store import stuck
from aggregator.store.among import among
from aggregator.store.engine import AnyRow, Db, chunks, get_meta, insert_all, insert_missing, next_number, set_meta
from aggregator.store.tables import ARTICLE, ENTRY, FEED, MATCH, PUBLICATION, STORY

EVERYTHING = "all"
"""The feed of every story, matched or not."""

FRESH = 48 * 3600
"""An older story that enters late goes into archive and pages, not into the current feed."""


def refresh(db: Db, stories: Iterable[int], now: Seconds, live: Sequence[str]) -> None:
    """Bring the entries of these stories up to date in the `live` topics and mark the feeds that change dirty."""
    wanted = sorted(set(stories))
    rows = db.execute(_STORIES, {"ids": wanted}).all()
    members = _members(db, wanted)
    topics = _topics(db, members, set(live))
    held = _entries(db, wanted)
    ordered = sorted(rows, key=lambda s: (_occurred(members[s.id]), s.id))
    standing = [story for story in ordered if story.alias_of is None]
    missing = {story.id: topics[story.id] - {entry.topic for entry in held[story.id]} for story in standing}
    _enter(db, [story for story in standing if missing[story.id]], missing, members, now)
    _touch(db, [(story, entry) for story in standing for entry in held[story.id]], topics, members, now)
    mark_dirty(db, {entry.topic for row in ordered for entry in held[row.id]}.union(*missing.values()), now)


def _members(db: Db, stories: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in db.execute(_MEMBERS, {"ids": stories}).all():
        found[row.story].append(row)
    return found


def _topics(db: Db, members: Mapping[int, list[AnyRow]], live: set[str]) -> Mapping[int, set[str]]:
    """The topics of each story: any report that still stands brings its own."""
    story_of = {m.id: m.story for rows in members.values() for m in rows if m.withdrawn is None}
    found: dict[int, set[str]] = defaultdict(set)
    for story in set(story_of.values()):
        found[story].add(EVERYTHING)
    for article, topic in db.execute(_TOPICS, {"ids": list(story_of)}).all():
        if topic in live:
            found[story_of[article]].add(topic)
    return found


def _entries(db: Db, stories: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in db.execute(_ENTRIES, {"ids": stories}).all():
        found[row.story].append(row)
    return found


def _occurred(members: Sequence[AnyRow]) -> Seconds:
    return min((member.occurred for member in members), default=0)


def _changed(members: Sequence[AnyRow], canonical: int | None) -> Seconds:
    """When the story last changed in earnest: its canonical report was published or corrected."""
    chosen = [m for m in members if m.id == canonical] or list(members)
    return max((m.updated or m.published for m in chosen), default=0)


def _enter(
    db: Db, stories: Sequence[AnyRow], topics: Mapping[int, set[str]], members: Mapping[int, list[AnyRow]], now: Seconds
) -> None:
    """New entries, numbered in the order of the stories."""
    late = get_meta(db, "published") is not None
    wanted = Counter(topic for story in stories for topic in topics[story.id])
    numbers = {topic: count(next_number(db, f"entries of {topic}", wanted[topic])) for topic in sorted(wanted)}
    rows = [
        {
            "topic": topic, "number": next(numbers[topic]), "story": story.id, "entered": now,
            "updated": min(now, _changed(members[story.id], story.canonical)),
            "current": not late or _occurred(members[story.id]) >= now - FRESH,
        }
        for story in stories
        for topic in sorted(topics[story.id])
    ]  # fmt: skip
    insert_all(db, ENTRY, rows)
    new = [story.id for story in stories if story.entered is None]
    if new:
        db.execute(_ENTERED, {"ids": new, "now": now})


def _touch(
    db: Db,
    entries: Sequence[tuple[AnyRow, AnyRow]],
    topics: Mapping[int, set[str]],
    members: Mapping[int, list[AnyRow]],
    now: Seconds,
) -> None:
    """Entries that stay, go or come back; written only where something changes."""
    changed = []
    for story, entry in entries:
        stays, reports = entry.topic in topics[story.id], members[story.id]
        updated = max(entry.updated, min(now, _changed(reports, story.canonical))) if stays else entry.updated
        withdrawn = None if stays else (entry.withdrawn or now)
        reason = None if stays else _why_gone(reports)
        if (updated, withdrawn, reason) != (entry.updated, entry.withdrawn, entry.reason):
            changed.append({"of": entry.topic, "nr": entry.number, "upd": updated, "gone": withdrawn, "why": reason})
    if changed:
        db.execute(_CHANGE, changed)


_STORIES = select(STORY).where(among(STORY.c.id))
_MEMBERS = select(
    ARTICLE.c.id, ARTICLE.c.story, ARTICLE.c.occurred, ARTICLE.c.published, ARTICLE.c.updated, ARTICLE.c.withdrawn,
    ARTICLE.c.reason,
).where(among(ARTICLE.c.story))  # fmt: skip
_TOPICS = select(MATCH.c.article, MATCH.c.topic).where(among(MATCH.c.article))
_ENTRIES = select(ENTRY).where(among(ENTRY.c.story))
_ENTERED = update(STORY).where(among(STORY.c.id)).values(entered=bindparam("now"))
_CHANGE = (
    update(ENTRY)
    .where(ENTRY.c.topic == bindparam("of"), ENTRY.c.number == bindparam("nr"))
    .values(updated=bindparam("upd"), withdrawn=bindparam("gone"), reason=bindparam("why"))
)


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


def is_first_round(db: Db) -> bool:
    """Whether this store has never published, and a feed that is to be read was never asked."""
    waiting = select(FEED.c.id).where(FEED.c.active, FEED.c.gone.is_(False), FEED.c.polled.is_(None))
    return get_meta(db, "published") is None and db.execute(waiting.limit(1)).first() is not None


def published(db: Db, now: Seconds) -> None:
    """Remember that this store has published: from now on late entries do not flood the feeds.

    Only when every feed was asked once and what it brought is placed, however long that takes; or after two days.
    """
    if get_meta(db, "published") is not None:
        return
    aged = db.execute(select(ENTRY.c.number).where(ENTRY.c.entered < now - FRESH).limit(1)).first() is not None
    unplaced = db.execute(select(ARTICLE.c.id).where(ARTICLE.c.placed.is_(False))).scalars()
    if aged or not (is_first_round(db) or set(unplaced) - stuck.ids(db, now)):
        set_meta(db, "published", str(now))


def stories_of(db: Db, articles: Sequence[int]) -> tuple[int, ...]:
    """The stories of these articles."""
    found = [
        story
        for part in chunks(articles)
        for story in db.execute(select(ARTICLE.c.story).where(ARTICLE.c.id.in_(part))).scalars()
    ]
    return tuple(sorted({story for story in found if story is not None}))
