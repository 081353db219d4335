"""Placing articles into stories: who waits, and which story a group of reports becomes."""

import hashlib
from base64 import b32encode
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from aggregator.model import Group, Seconds
from aggregator.store.among import among
from aggregator.store.engine import AnyRow, Db, chunks, insert_all, lock, new_ids
from aggregator.store.tables import ARTICLE, ENTRY, STORY


def begin(db: Db) -> None:
    """Become the one placer until the transaction ends."""
    lock(db, "place")


def unplaced(db: Db, limit: int, hidden: Collection[int] = (), now: Seconds = 0, hold: Seconds = 0) -> tuple[int, ...]:
    """Ids of articles that wait for their story, in the order of their time; never one of the `hidden`, and with `hold`
    none that was first seen less than so long before `now`.

    First seen further ahead than the hold is a clock that was wrong: the article waits no longer for it.
    They are locked: who changes one of them meanwhile comes after us, and it waits once more.
    """
    query = select(ARTICLE.c.id).where(ARTICLE.c.placed.is_(False)).order_by(ARTICLE.c.occurred, ARTICLE.c.id)
    if hold:
        query = query.where(or_(ARTICLE.c.first_seen <= now - hold, ARTICLE.c.first_seen > now + hold))
    query = query.limit(limit + len(hidden)).with_for_update()
    return tuple(id_ for id_ in db.execute(query).scalars() if id_ not in hidden)[:limit]


def mark_placed(db: Db, ids: Sequence[int]) -> None:
    """The articles have been considered, even one whose features are gone."""
    if ids:
        db.execute(_PLACED, {"ids": ids})


# ---------------------------------------------------------------- groups → stories


def settle(
    db: Db, groups: Sequence[tuple[Group, int]], now: Seconds, among: Collection[int] | None = None
) -> tuple[int, ...]:
    """Give each group (with its canonical article) a story; returns the ids of the stories touched.

    A story's id goes where its canonical article goes; of several in one group the one that was published first stays
    and the others become its aliases. A published canonical stays canonical unless the caller's choice was pinned.
    Touched are those that changed and, of the others, those of the articles `among`; all of them without it.
    """
    rows = _articles(db, [i for group, _ in groups for i in group.members])
    held = {row.story for row in rows.values() if row.story is not None}
    stories = {s.id: s for s in db.execute(_STORIES, {"ids": held}).all()} if held else {}
    owned = _owned(groups, rows, stories)
    kept = {index: sorted(mine, key=_seniority) for index, mine in owned.items()}
    kept |= _returning(db, {i: [rows[m] for m in g.members] for i, (g, _) in enumerate(groups) if i not in kept})
    fresh = _new_stories(db, [rows[chosen] for index, (_, chosen) in enumerate(groups) if index not in kept], now)
    retired = [(other, mine[0].id) for mine in kept.values() for other in mine[1:]]
    for other, survivor in retired:
        _retire(db, other, survivor)
    told = [(group, chosen, kept.get(index)) for index, (group, chosen) in enumerate(groups)]
    placed = [(group, chosen, mine[0] if mine else None) for group, chosen, mine in told]
    homes = [before.id if before is not None else fresh[chosen] for _, chosen, before in placed]
    moved = _assign(db, homes, placed, rows)
    chosen = _choose(db, placed, rows)
    touched = {*fresh.values(), *moved, *chosen, *(id_ for other, heir in retired for id_ in (other.id, heir))}
    others = held if among is None else {rows[i].story for i in among if i in rows and rows[i].story is not None}
    return tuple(sorted(touched | others))


def _articles(db: Db, ids: Iterable[int]) -> dict[int, AnyRow]:
    return {row.id: row for row in db.execute(_ARTICLES, {"ids": list(ids)}).all()}


def _seniority(story: AnyRow) -> tuple[float, int]:
    return (float("inf") if story.entered is None else story.entered, story.id)


def _owned(
    groups: Sequence[tuple[Group, int]], rows: Mapping[int, AnyRow], stories: Mapping[int, AnyRow]
) -> Mapping[int, list[AnyRow]]:
    """Index of a group → the stories it keeps."""
    where = {member: index for index, (group, _) in enumerate(groups) for member in group.members}
    first: dict[int, int] = {}
    for id_ in sorted(rows):
        first.setdefault(rows[id_].story, id_)
    owned: dict[int, list[AnyRow]] = defaultdict(list)
    for story in stories.values():
        owned[where.get(story.canonical, where[first[story.id]])].append(story)
    return owned


def _returning(db: Db, leaving: Mapping[int, Sequence[AnyRow]]) -> dict[int, list[AnyRow]]:
    """Index of a group that left its story → the retired story that comes back with the report it was named after.

    Its public id lives again; of several the one that was published first, which the others lead to from now on.
    """
    held = {row.story for rows in leaving.values() for row in rows if row.story is not None}
    named = {slug(row.source, row.key): index for index, rows in leaving.items() for row in rows} if held else {}
    aliases = db.execute(_ALIASES, {"ids": held}).all() if held else ()
    found: dict[int, list[AnyRow]] = {}
    for story in sorted(aliases, key=_seniority):
        index = named.get(story.slug.partition("-")[0])
        if index is not None and found.setdefault(index, [story])[0] is not story:
            _retire(db, story, found[index][0].id)
    return found


def _new_stories(db: Db, articles: Sequence[AnyRow], now: Seconds) -> dict[int, int]:
    """Article → a new story whose public id is minted from it; a second story of that article gets a suffix."""
    ids = dict(zip((article.id for article in articles), new_ids(db, STORY, len(articles)), strict=True))
    minted = {article.id: slug(article.source, article.key) for article in articles}
    taken = {name for part in chunks(minted.values()) for name in db.execute(_TAKEN, {"slugs": part}).scalars().all()}
    rows: list[dict[str, Any]] = [
        {
            "id": ids[article.id], "slug": _free(db, minted[article.id], taken), "canonical": article.id,
            "created": now, "updated": article.published,
        }
        for article in articles
    ]  # fmt: skip
    insert_all(db, STORY, rows)
    return ids


def _free(db: Db, minted: str, taken: Collection[str]) -> str:
    if minted not in taken:  # LIKE reads every story, so only for a name that is
        return minted
    similar = set(db.execute(select(STORY.c.slug).where(STORY.c.slug.startswith(minted))).scalars())
    names = chain([minted], (f"{minted}-{number}" for number in count(2)))
    return next(name for name in names if name not in similar)


def slug(source: str, key: str) -> str:
    """A public id: 13 letters of a hash of what identifies the article, the same in every database."""
    digest = hashlib.blake2b(f"{source}\0{key}".encode(), digest_size=8).digest()
    return b32encode(digest).decode().rstrip("=").lower()


def _retire(db: Db, story: AnyRow, survivor: int) -> None:
    """A published story becomes an alias; one that nobody saw disappears."""
    db.execute(update(STORY).where(STORY.c.alias_of == story.id).values(alias_of=survivor))
    if story.entered is not None:
        db.execute(update(STORY).where(STORY.c.id == story.id).values(alias_of=survivor, canonical=None))
    else:
        db.execute(delete(ENTRY).where(ENTRY.c.story == story.id))
        db.execute(update(ARTICLE).where(ARTICLE.c.story == story.id).values(story=survivor))
        db.execute(delete(STORY).where(STORY.c.id == story.id))


Placed = tuple[Group, int, AnyRow | None]
"""A group, the canonical article that was chosen for it, and the story it keeps."""


def _assign(db: Db, homes: Sequence[int], groups: Sequence[Placed], rows: Mapping[int, AnyRow]) -> set[int]:
    """Write where articles stand now; returns the stories that won or lost one, or whose copies changed.

    `placed` is not ours: one that waits has its edges still to come.
    """
    moved = [
        (member, home, group.copy_of.get(member))
        for home, (group, _, _) in zip(homes, groups, strict=True)
        for member in group.members
        if (rows[member].story, rows[member].copy_of) != (home, group.copy_of.get(member))
    ]
    if moved:
        db.execute(_MOVE, [{"member": member, "home": home, "copy": copy} for member, home, copy in moved])
    left = {rows[member].story for member, _, _ in moved} - {None}
    return left.union(home for _, home, _ in moved)


def _choose(db: Db, groups: Sequence[Placed], rows: Mapping[int, AnyRow]) -> set[int]:
    """Write the canonical articles of stories that are kept; returns those whose canonical changed."""
    changed = [
        {"kept": story.id, "chosen": chosen}
        for group, chosen, story in groups
        if story is not None
        and (story.canonical, story.alias_of) != (chosen, None)
        and (rows[chosen].pinned or not _frozen(story, group, rows))
    ]
    if changed:
        db.execute(_CANONICAL, changed)
    return {row["kept"] for row in changed}


def _frozen(story: AnyRow, group: Group, rows: Mapping[int, AnyRow]) -> bool:
    """Whether its canonical was published, still stands and is in the group."""
    current = rows.get(story.canonical) if story.entered is not None else None
    return current is not None and current.withdrawn is None and current.id in group.members


# ---------------------------------------------------------------- statements, built once

_ARTICLES = select(
    ARTICLE.c.id, ARTICLE.c.source, ARTICLE.c.key, ARTICLE.c.story, ARTICLE.c.copy_of, ARTICLE.c.published,
    ARTICLE.c.withdrawn, ARTICLE.c.pinned,
).where(among(ARTICLE.c.id))  # fmt: skip
_STORIES = select(STORY).where(among(STORY.c.id))
_ALIASES = select(STORY).where(among(STORY.c.alias_of))
_PLACED = update(ARTICLE).where(among(ARTICLE.c.id)).values(placed=True)
_TAKEN = select(STORY.c.slug).where(STORY.c.slug.in_(bindparam("slugs", expanding=True)))
_MOVE = (
    update(ARTICLE)
    .where(ARTICLE.c.id == bindparam("member"))
    .values(story=bindparam("home"), copy_of=bindparam("copy"))
)
_CANONICAL = update(STORY).where(STORY.c.id == bindparam("kept")).values(canonical=bindparam("chosen"), alias_of=None)
