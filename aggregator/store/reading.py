"""Queries of pages, readers and scripts: stories with their reports, articles, counts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from aggregator.model import Edge, Match, Seconds, StoredArticle, StoredStory
from aggregator.store.codec import Texts, unpack_extras, unpack_hits, unpack_texts
from aggregator.store.engine import AnyRow, Db, chunks
from aggregator.store.tables import ARTICLE, BODY, EDGE, ENTRY, MATCH, REVISION, SIGHTING, STORY

DAY = 24 * 3600

LONGEST_STORY = 60 * DAY
"""A story that entered longer ago gets no reports any more; the charts need not look at it."""


def article(db: Db, id_: int) -> StoredArticle | None:
    """One article with its texts and topics."""
    row = db.execute(with_body().where(ARTICLE.c.id == id_)).first()
    return None if row is None else stored(row, _matches(db, [id_]).get(id_, ()))


def articles(
    db: Db,
    *,
    topic: str | None = None,
    since: Seconds | None = None,
    query: str | None = None,
    source: str | None = None,
    limit: int | None = None,
    texts: bool = False,
    after: int = 0,
) -> Iterator[StoredArticle]:
    """Stored articles, copies and withdrawn ones included, in the order of their ids; all of them without `limit`.

    `query` is looked for in titles, letter case aside. `texts` brings the bodies along.
    """
    conditions = [ARTICLE.c.id > after]
    if since is not None:
        conditions.append(ARTICLE.c.published >= since)
    if source is not None:
        conditions.append(ARTICLE.c.source == source)
    if topic is not None:
        conditions.append(ARTICLE.c.id.in_(select(MATCH.c.article).where(MATCH.c.topic == topic)))
    base = with_body() if texts else select(ARTICLE)
    wanted, left, position = (query or "").casefold(), limit, after
    while left is None or left > 0:
        page = list(db.execute(base.where(*conditions, ARTICLE.c.id > position).order_by(ARTICLE.c.id).limit(1000)))
        matches = _matches(db, [row.id for row in page])
        for row in page:
            position = row.id
            if wanted in row.title.casefold() and (left is None or left > 0):
                left = None if left is None else left - 1
                yield stored(row, matches.get(row.id, ()))
        if len(page) < 1000:
            return


def with_body() -> Select[Any]:
    """Articles with their texts."""
    return select(ARTICLE, BODY.c.blob).join(BODY, BODY.c.article == ARTICLE.c.id, isouter=True)


def stored(row: AnyRow, matches: Sequence[Match]) -> StoredArticle:
    """A row of `with_body()`, or of the article table alone, as a model."""
    texts = _texts(row)
    categories, enclosures = unpack_extras(row.extras)
    return StoredArticle(
        id=row.id, source=row.source, key=row.key, url=row.url, title=row.title, language=row.language,
        published=row.published, updated=row.updated, first_seen=row.first_seen, revisions=row.revisions,
        author=row.author, categories=categories, enclosures=enclosures, story=row.story, copy_of=row.copy_of,
        pinned=row.pinned, withdrawn=row.withdrawn, topics=tuple(matches), html=texts.html, text=texts.text,
    )  # fmt: skip


def _texts(row: AnyRow) -> Texts:
    blob = getattr(row, "blob", None)
    return unpack_texts(blob) if blob else Texts("", "")


def _matches(db: Db, ids: Sequence[int]) -> dict[int, tuple[Match, ...]]:
    found: dict[int, list[Match]] = defaultdict(list)
    for part in chunks(ids):
        for row in db.execute(select(MATCH).where(MATCH.c.article.in_(part)).order_by(MATCH.c.topic)):
            found[row.article].append(Match(row.topic, row.score, unpack_hits(row.why)))
    return {id_: tuple(matches) for id_, matches in found.items()}


# ---------------------------------------------------------------- stories


def stories(db: Db, ids: Sequence[int]) -> dict[int, StoredStory]:
    """Stories with all reports that still stand: the canonical one first (with its texts), the others by time."""
    rows = {s.id: s for part in chunks(ids) for s in db.execute(select(STORY).where(STORY.c.id.in_(part)))}
    canonical = {row.canonical for row in rows.values()}
    members: dict[int, list[AnyRow]] = defaultdict(list)
    for part in chunks(rows):
        standing = and_(ARTICLE.c.story.in_(part), ARTICLE.c.withdrawn.is_(None))
        for row in db.execute(with_body().where(standing).order_by(ARTICLE.c.occurred, ARTICLE.c.id)):
            members[row.story].append(row)
    matches = _matches(db, [row.id for group in members.values() for row in group])
    names = _slugs(db, [s.alias_of for s in rows.values() if s.alias_of is not None])
    found: dict[int, StoredStory] = {}
    for id_, row in rows.items():
        group = sorted(members[id_], key=lambda member: member.id not in canonical)
        if group or row.alias_of is not None:
            reports = tuple(stored(member, matches.get(member.id, ())) for member in group)
            entered = row.entered if row.entered is not None else row.created
            alias = names.get(row.alias_of) if row.alias_of is not None else None
            found[id_] = StoredStory(id_, row.slug, entered, row.updated, reports, 0, alias)
    return found


def _slugs(db: Db, ids: Sequence[int]) -> dict[int, str]:
    query = select(STORY.c.id, STORY.c.slug)
    return {row.id: row.slug for part in chunks(ids) for row in db.execute(query.where(STORY.c.id.in_(part)))}


def story_by_slug(db: Db, slug: str) -> StoredStory | None:
    """A story by its public id; an alias has no reports and names its survivor."""
    id_ = db.execute(select(STORY.c.id).where(STORY.c.slug == slug)).scalar()
    return None if id_ is None else stories(db, [id_]).get(id_)


def is_story(db: Db, slug: str) -> bool:
    """Whether there is, or was, such a story: one whose reports were all withdrawn has no other trace."""
    return db.execute(select(STORY.c.id).where(STORY.c.slug == slug)).first() is not None


def story_ids(
    db: Db,
    topic: str,
    *,
    language: str | None = None,
    sources: Sequence[str] = (),
    since: Seconds | None = None,
    before: int | None = None,
    limit: int = 50,
    within: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Stories of a topic (or "all"), newest entry first; `before` is the entry number of the last page's end.

    `within` are the only stories to consider.
    """
    wanted = _Wanted(topic, language, tuple(sources), since, before, None if within is None else tuple(within))
    return tuple(row.story for row in _entries(db, wanted, limit))


def listed(
    db: Db,
    topic: str,
    *,
    language: str | None = None,
    sources: Sequence[str] = (),
    since: Seconds | None = None,
    before: int | None = None,
    limit: int = 50,
    within: Sequence[int] | None = None,
) -> tuple[StoredStory, ...]:
    """`story_ids` with the stories themselves, each with its place in the topic."""
    wanted = _Wanted(topic, language, tuple(sources), since, before, None if within is None else tuple(within))
    rows = _entries(db, wanted, limit)
    found = stories(db, [row.story for row in rows])
    places = [(found[row.story], row) for row in rows if row.story in found]
    return tuple(StoredStory(s.id, s.slug, e.entered, e.updated, s.reports, e.number) for s, e in places)


@dataclass(frozen=True, slots=True)
class _Wanted:
    topic: str
    language: str | None
    sources: tuple[str, ...]
    since: Seconds | None
    before: int | None
    within: tuple[int, ...] | None


def _entries(db: Db, wanted: _Wanted, limit: int) -> list[AnyRow]:
    """`topic` may be several ("a+b"): the stories of any of them, in the order in which they came in at all."""
    several = wanted.topic.split("+")
    topic = wanted.topic if len(several) == 1 else "all"
    conditions: list[Any] = [ENTRY.c.topic == topic, ENTRY.c.withdrawn.is_(None), STORY.c.alias_of.is_(None)]
    if len(several) > 1:
        theirs = ENTRY.alias()
        standing = select(theirs.c.story).where(theirs.c.topic.in_(several), theirs.c.withdrawn.is_(None))
        conditions.append(ENTRY.c.story.in_(standing))
    if wanted.before is not None:
        conditions.append(ENTRY.c.number < wanted.before)
    if wanted.since is not None:
        conditions.append(or_(ENTRY.c.entered >= wanted.since, ENTRY.c.updated >= wanted.since))
    if wanted.language or wanted.sources:
        reports = select(ARTICLE.c.story).where(ARTICLE.c.story.is_not(None), ARTICLE.c.withdrawn.is_(None))
        reports = reports.where(ARTICLE.c.language == wanted.language) if wanted.language else reports
        reports = reports.where(ARTICLE.c.source.in_(wanted.sources)) if wanted.sources else reports
        conditions.append(ENTRY.c.story.in_(reports))
    query = select(ENTRY.c.story, ENTRY.c.number, ENTRY.c.entered, ENTRY.c.updated)
    query = query.join(STORY, STORY.c.id == ENTRY.c.story).where(*conditions).order_by(ENTRY.c.number.desc())
    if wanted.within is None:
        return list(db.execute(query.limit(limit)))
    rows = [row for part in chunks(wanted.within) for row in db.execute(query.where(ENTRY.c.story.in_(part)))]
    return sorted(rows, key=lambda row: -row.number)[:limit]


@dataclass(frozen=True, slots=True)
class Text:
    """What a search reads of an article."""

    id: int
    title: str
    text: str
    language: str


def texts(
    db: Db, *, since: Seconds, below: int | None = None, above: int | None = None, limit: int = 200
) -> tuple[Text, ...]:
    """Articles that stand in a story and were published since: `above` an id in rising order, else `below` one in
    falling order.
    """
    query = select(ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.language, BODY.c.blob)
    query = query.join(BODY, BODY.c.article == ARTICLE.c.id)
    query = query.where(ARTICLE.c.published >= since, ARTICLE.c.story.is_not(None), ARTICLE.c.withdrawn.is_(None))
    if above is not None:
        query = query.where(ARTICLE.c.id > above).order_by(ARTICLE.c.id)
    else:
        query = query.where(ARTICLE.c.id < below) if below is not None else query
        query = query.order_by(ARTICLE.c.id.desc())
    return tuple(
        Text(row.id, row.title, unpack_texts(row.blob).text, row.language) for row in db.execute(query.limit(limit))
    )


def stories_of(db: Db, ids: Sequence[int]) -> tuple[int, ...]:
    """The stories that these articles stand in."""
    query = select(ARTICLE.c.story).where(ARTICLE.c.story.is_not(None), ARTICLE.c.withdrawn.is_(None)).distinct()
    found = {story for part in chunks(ids) for story in db.execute(query.where(ARTICLE.c.id.in_(part))).scalars()}
    return tuple(sorted(found))


def edges(db: Db, ids: Sequence[int]) -> tuple[Edge, ...]:
    """The evidence among these articles."""
    known = set(ids)
    rows = (row for part in chunks(ids) for row in db.execute(select(EDGE).where(EDGE.c.a.in_(part))))
    return tuple(Edge(row.a, row.b, row.kind, row.score, row.evidence) for row in rows if row.b in known)


# ---------------------------------------------------------------- counts and the small print


def standing(db: Db, since: Seconds) -> dict[str, tuple[int, int]]:
    """topic → how many stories stand in it, and how many of them were reported since: by the time of the article that
    stands for them, as a first round brings weeks at once.
    """
    recent = func.sum(case((ARTICLE.c.occurred >= since, 1), else_=0))
    query = select(ENTRY.c.topic, func.count(), recent).join(STORY, STORY.c.id == ENTRY.c.story)
    query = query.join(ARTICLE, ARTICLE.c.id == STORY.c.canonical)
    query = query.where(ENTRY.c.withdrawn.is_(None), STORY.c.alias_of.is_(None)).group_by(ENTRY.c.topic)
    return {row[0]: (int(row[1]), int(row[2])) for row in db.execute(query)}


@dataclass(frozen=True, slots=True)
class Volume:
    """How many reports of a topic's stories one source published in a language on a day (days since the epoch, UTC)."""

    topic: str
    day: int
    language: str
    source: str
    reports: int


def volume(db: Db, topics: Sequence[str], since: Seconds) -> tuple[Volume, ...]:
    """Reports a day, by topic, language and source, published since."""
    day = (ARTICLE.c.published - ARTICLE.c.published % DAY) / DAY
    query = select(ENTRY.c.topic, day.label("day"), ARTICLE.c.language, ARTICLE.c.source, func.count().label("n"))
    query = query.join(ARTICLE, ARTICLE.c.story == ENTRY.c.story)
    query = query.where(ENTRY.c.topic.in_(topics), ENTRY.c.withdrawn.is_(None), ARTICLE.c.withdrawn.is_(None))
    query = query.where(ARTICLE.c.published >= since, ENTRY.c.entered >= since - LONGEST_STORY)
    query = query.group_by(ENTRY.c.topic, "day", ARTICLE.c.language, ARTICLE.c.source)
    return tuple(Volume(row.topic, int(row.day), row.language, row.source, row.n) for row in db.execute(query))


def counts(db: Db) -> dict[str, Any]:
    """articles, stories, copies, revisions, sightings, and topics {id: stories}."""
    standing = select(ENTRY.c.topic, func.count()).join(STORY, STORY.c.id == ENTRY.c.story)
    standing = standing.where(ENTRY.c.withdrawn.is_(None), STORY.c.alias_of.is_(None)).group_by(ENTRY.c.topic)
    return {
        "articles": _count(db, select(func.count(ARTICLE.c.id))),
        "stories": _count(db, select(func.count(func.distinct(ARTICLE.c.story)))),
        "copies": _count(db, select(func.count(ARTICLE.c.copy_of))),
        "revisions": _count(db, select(func.count(REVISION.c.article))),
        "sightings": _count(db, select(func.count(SIGHTING.c.article))),
        "topics": {row[0]: row[1] for row in db.execute(standing)},
    }


def _count(db: Db, query: Select[Any]) -> int:
    return int(db.execute(query).scalar_one())


def revisions(db: Db, article_id: int) -> tuple[tuple[int, Seconds, str, str], ...]:
    """(number, replaced at, title, text) of each earlier state, oldest first."""
    query = select(REVISION).where(REVISION.c.article == article_id).order_by(REVISION.c.number)
    rows = db.execute(query)
    return tuple((r.number, r.replaced, r.title, unpack_texts(r.blob).text if r.blob else "") for r in rows)
