"""Placing articles into stories: candidates by the two indexes, components of the graph of edges, stories of groups."""

import hashlib
from base64 import b32encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update

from aggregator.model import Edge, Features, Group, Reach, Report, Ruling, Seconds
from aggregator.store.codec import unpack_integers, unpack_texts
from aggregator.store.engine import AnyRow, Db, chunks, lock, new_ids, upsert
from aggregator.store.tables import ARTICLE, BODY, CLUE, EDGE, ENTRY, FACTS, RULING, SKETCH, STORY


@dataclass(frozen=True, slots=True)
class Component:
    """Articles that edges or an operator's word hold together."""

    ids: tuple[int, ...]
    edges: tuple[Edge, ...]
    rulings: tuple[Ruling, ...]
    pinned: frozenset[int]
    withdrawn: frozenset[int]

    def standing(self, members: Sequence[int]) -> list[int]:
        """Those that were not withdrawn; all of them when none is left."""
        return [member for member in members if member not in self.withdrawn] or list(members)

    def pin(self, members: Sequence[int]) -> int | None:
        """The one an operator pinned."""
        return next(iter(self.pinned.intersection(members)), None)


def begin(db: Db) -> None:
    """Become the one placer until the transaction ends."""
    lock(db, "place")


def unplaced(db: Db, limit: int) -> tuple[int, ...]:
    """Ids of articles that wait for their story, in the order of their time.

    They are locked: who changes one of them meanwhile comes after us, and it waits once more.
    """
    query = select(ARTICLE.c.id).where(ARTICLE.c.placed.is_(False)).order_by(ARTICLE.c.occurred, ARTICLE.c.id)
    return tuple(db.execute(query.limit(limit).with_for_update()).scalars())


def reports(db: Db, ids: Iterable[int], trust: Mapping[str, int]) -> dict[int, Report]:
    """The articles as the stories stage sees them; one whose features were pruned resembles nothing."""
    found: dict[int, Report] = {}
    columns = (ARTICLE.c.id, ARTICLE.c.source, ARTICLE.c.language, ARTICLE.c.title, ARTICLE.c.occurred)
    joined = ARTICLE.join(FACTS, FACTS.c.article == ARTICLE.c.id, isouter=True)
    joined = joined.join(BODY, BODY.c.article == ARTICLE.c.id, isouter=True)
    for part in chunks(ids):
        query = select(*columns, FACTS.c.sketch, FACTS.c.clues, FACTS.c.facts, BODY.c.blob).select_from(joined)
        for row in db.execute(query.where(ARTICLE.c.id.in_(part)).order_by(ARTICLE.c.occurred, ARTICLE.c.id)):
            found[row.id] = _report(row, trust)
    return found


def _report(row: AnyRow, trust: Mapping[str, int]) -> Report:
    features = Features()
    if row.facts is not None:
        features = Features(unpack_integers(row.sketch), unpack_integers(row.clues), bytes(row.facts))
    text = unpack_texts(row.blob).text if row.blob else ""
    return Report(row.id, row.source, row.language, row.title, text, row.occurred, features, trust.get(row.source, 50))


def candidates(db: Db, report: Report, reach: Reach) -> tuple[int, ...]:
    """Articles that share enough hashes of the sketch (copies) or clues (stories), most shared first in each.

    Those that an edge joins to it already are among them: the indexes forget sooner (retention.py) than an operator's
    word or a correction may come.
    """
    sketch, clues = report.features.sketch, report.features.clues
    copies = _sharing(db, SKETCH, report, sketch, reach.copy_window, reach.needed, reach.most)
    stories = _sharing(db, CLUE, report, clues, reach.story_window, 1, reach.most)
    return copies + stories + tuple(sorted(_judgeable(db, report.id)))


def _sharing(
    db: Db, index: Table, report: Report, hashes: Sequence[int], window: Seconds, needed: int, most: int
) -> tuple[int, ...]:
    if not hashes:
        return ()
    shared = func.count().label("shared")
    near = ARTICLE.c.occurred.between(report.when - window, report.when + window)
    query = (
        select(index.c.article, shared)
        .join(ARTICLE, ARTICLE.c.id == index.c.article)
        .where(index.c.hash.in_(hashes), index.c.article != report.id, near)
        .group_by(index.c.article, ARTICLE.c.occurred)
        .having(shared >= needed)
        .order_by(shared.desc(), func.abs(ARTICLE.c.occurred - report.when), index.c.article)
        .limit(most)
    )
    return tuple(row.article for row in db.execute(query))


# ---------------------------------------------------------------- edges and components


def neighbours(db: Db, ids: Sequence[int]) -> set[int]:
    """Articles one step away by an edge or a must-link."""
    found: set[int] = set()
    for part in chunks(ids, 250):
        for table, extra in ((EDGE, None), (RULING, RULING.c.together)):
            touch = or_(table.c.a.in_(part), table.c.b.in_(part))
            query = select(table.c.a, table.c.b).where(touch if extra is None else and_(touch, extra))
            for row in db.execute(query):
                found |= {row.a, row.b}
    return found


def _judgeable(db: Db, article: int) -> set[int]:
    """The other ends of an article's edges, as far as a pair can still be judged: both have their facts."""
    ends = _ends(db, article)
    kept = select(FACTS.c.article)
    found = {
        i for part in chunks([article, *ends]) for i in db.execute(kept.where(FACTS.c.article.in_(part))).scalars()
    }
    return found & ends if article in found else set()


def _ends(db: Db, article: int) -> set[int]:
    query = select(EDGE.c.a, EDGE.c.b).where(or_(EDGE.c.a == article, EDGE.c.b == article))
    return {row.b if row.a == article else row.a for row in db.execute(query)}


def replace_edges(db: Db, article: int, edges: Sequence[Edge]) -> None:
    """Make these the edges of an article that is placed (anew); one that can no longer be judged stays as it is."""
    for part in chunks(sorted(_judgeable(db, article)), 250):
        this, that = (EDGE.c.a == article, EDGE.c.b.in_(part)), (EDGE.c.b == article, EDGE.c.a.in_(part))
        db.execute(delete(EDGE).where(or_(and_(*this), and_(*that))))
    upsert(db, EDGE, [{"a": e.a, "b": e.b, "kind": e.kind, "score": e.score, "evidence": e.evidence} for e in edges])


def components(db: Db, seeds: Iterable[int]) -> tuple[Component, ...]:
    """The connected components around the seeds."""
    done: set[int] = set()
    found: list[Component] = []
    for seed in sorted(set(seeds)):
        if seed not in done:
            component = _component(db, seed)
            done |= set(component.ids)
            found.append(component)
    return tuple(found)


def _component(db: Db, seed: int) -> Component:
    ids, frontier = {seed}, {seed}
    while frontier:
        frontier = neighbours(db, sorted(frontier)) - ids
        ids |= frontier
    edges: list[Edge] = []
    rulings: list[Ruling] = []
    for part in chunks(sorted(ids)):
        rows = db.execute(select(EDGE).where(EDGE.c.a.in_(part)))
        edges += [Edge(row.a, row.b, row.kind, row.score, row.evidence) for row in rows]
        rows = db.execute(select(RULING).where(RULING.c.a.in_(part)))
        rulings += [Ruling(row.a, row.b, row.together) for row in rows]
    pinned, withdrawn = _marked(db, ids, ARTICLE.c.pinned), _marked(db, ids, ARTICLE.c.withdrawn.is_not(None))
    return Component(tuple(sorted(ids)), tuple(edges), tuple(rulings), pinned, withdrawn)


def _marked(db: Db, ids: Iterable[int], mark: ColumnElement[bool]) -> frozenset[int]:
    query = select(ARTICLE.c.id).where(mark)
    return frozenset(i for part in chunks(ids) for i in db.execute(query.where(ARTICLE.c.id.in_(part))).scalars())


def add_ruling(db: Db, ruling: Ruling, reason: str, now: Seconds) -> None:
    """Write an operator's word on two articles; it replaces an earlier one."""
    a, b = sorted((ruling.a, ruling.b))
    upsert(db, RULING, [{"a": a, "b": b, "together": ruling.together, "reason": reason, "at": now}])


# ---------------------------------------------------------------- groups → stories


def settle(db: Db, groups: Sequence[tuple[Group, int]], now: Seconds) -> tuple[int, ...]:
    """Give each group (with its canonical article) a story; returns the ids of all stories touched.

    A story's id goes where its canonical article goes; of several in one group the one that was published first stays
    and the others become its aliases. A published canonical stays canonical unless the caller's choice was pinned.
    """
    members = [i for group, _ in groups for i in group.members]
    rows = {r.id: r for part in chunks(members) for r in db.execute(select(ARTICLE).where(ARTICLE.c.id.in_(part)))}
    held = {row.story for row in rows.values() if row.story is not None}
    stories = {s.id: s for part in chunks(held) for s in db.execute(select(STORY).where(STORY.c.id.in_(part)))}
    owned = _owned(groups, rows, stories)
    touched = set(held)
    for index, (group, canonical) in enumerate(groups):
        mine = sorted(owned[index], key=_seniority)
        story = mine[0].id if mine else _new_story(db, rows[canonical], now)
        for other in mine[1:]:
            _retire(db, other, story)
        _assign(db, story, group, rows)
        _set_canonical(db, story, mine[0] if mine else None, group, canonical, rows)
        touched.add(story)
    return tuple(sorted(touched))


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


def _new_story(db: Db, article: AnyRow, now: Seconds) -> int:
    """A story whose public id is minted from its first article; a second story of that article gets a suffix."""
    (id_,) = new_ids(db, STORY, 1)
    minted = slug(article.source, article.key)
    taken = set(db.execute(select(STORY.c.slug).where(STORY.c.slug == minted)).scalars())
    if taken:  # LIKE reads every story, so only then
        taken |= set(db.execute(select(STORY.c.slug).where(STORY.c.slug.startswith(minted))).scalars())
    names = chain([minted], (f"{minted}-{number}" for number in count(2)))
    row = {
        "id": id_,
        "slug": next(name for name in names if name not in taken),
        "canonical": article.id,
        "created": now,
        "updated": article.published,
    }
    db.execute(STORY.insert().values(row))
    return id_


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


def _assign(db: Db, story: int, group: Group, rows: Mapping[int, AnyRow]) -> None:
    for member in group.members:
        row, copy = rows[member], group.copy_of.get(member)
        if (row.story, row.copy_of) != (
            story,
            copy,
        ):  # `placed` is not ours: one that waits has its edges still to come
            db.execute(update(ARTICLE).where(ARTICLE.c.id == member).values(story=story, copy_of=copy))


def _set_canonical(
    db: Db, story: int, before: AnyRow | None, group: Group, chosen: int, rows: Mapping[int, AnyRow]
) -> None:
    current = rows.get(before.canonical) if before is not None and before.entered is not None else None
    frozen = current is not None and current.withdrawn is None and current.id in group.members
    if frozen and not rows[chosen].pinned:
        return
    db.execute(update(STORY).where(STORY.c.id == story).values(canonical=chosen, alias_of=None))


def mark_placed(db: Db, ids: Sequence[int]) -> None:
    """The articles have been considered, even one whose features are gone."""
    for part in chunks(ids):
        db.execute(update(ARTICLE).where(ARTICLE.c.id.in_(part)).values(placed=True))
