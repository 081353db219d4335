"""The live rules: one row is active, articles remember under which row they were matched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from aggregator.model import Match, Seconds, StoredArticle
from aggregator.store.articles import match_rows
from aggregator.store.codec import unpack_texts
from aggregator.store.engine import Db, chunks, get_meta, insert_all, lock, set_meta
from aggregator.store.reading import stored, with_body
from aggregator.store.tables import ARTICLE, BODY, ENTRY, MATCH, RULES, STORY

_SETTLED = "rules of the feeds"
"""Name of the number of the rules that the entries of all stories follow."""


def active(db: Db) -> tuple[int, str] | None:
    """(number, digest) of the live rules."""
    row = db.execute(select(RULES.c.id, RULES.c.digest).where(RULES.c.active)).first()
    return None if row is None else (row.id, row.digest)


def content(db: Db, digest: str) -> bytes | None:
    """The stored rules of a digest."""
    return db.execute(select(RULES.c.content).where(RULES.c.digest == digest)).scalar()


def replaced(db: Db, digest: str) -> Seconds | None:
    """When the rules that are live took the place of those with this digest; None when these are live or never were."""
    known = db.execute(select(RULES.c.active).where(RULES.c.digest == digest)).scalar()
    if known is None or known:
        return None
    return db.execute(select(RULES.c.activated).where(RULES.c.active)).scalar()


def activate(db: Db, digest: str, data: bytes, now: Seconds) -> int:
    """Make these the live rules; returns their number. One process at a time."""
    lock(db, "rules")
    number = db.execute(select(RULES.c.id).where(RULES.c.digest == digest)).scalar()
    db.execute(update(RULES).where(RULES.c.active, RULES.c.digest != digest).values(active=False))
    if number is None:
        row = {"digest": digest, "content": data, "activated": now, "active": True}
        key = db.execute(RULES.insert().values(row)).inserted_primary_key
        assert key is not None  # an INSERT of one row always has one
        return int(key[0])
    db.execute(update(RULES).where(RULES.c.id == number).values(active=True, activated=now, content=data))
    return int(number)


def outdated(db: Db, rules: int, after: int, limit: int, *, waiting: bool = False) -> list[StoredArticle]:
    """A page of the articles with an id above `after` that were matched under other rules, with their texts.

    One whose text was pruned keeps the topics it has: its title alone would lose them. `waiting`: only those that have
    no story yet.
    """
    query = with_body().where(_other(rules), ARTICLE.c.id > after, BODY.c.article.is_not(None))
    if waiting:
        query = query.where(ARTICLE.c.placed.is_(False))
    query = query.order_by(ARTICLE.c.id).limit(limit)
    return [stored(row, ()) for row in db.execute(query)]


def _other(rules: int) -> ColumnElement[bool]:
    return or_(ARTICLE.c.rules < rules, ARTICLE.c.rules > rules)


def rematch(db: Db, rules: int, matches: Mapping[int, Sequence[Match]]) -> tuple[int, ...]:
    """Replace the topics of these articles; returns those whose topics changed.

    One that was revised since it was read here is under these rules by its new text already.
    """
    still = select(ARTICLE.c.id).where(_other(rules))
    ids = [i for part in chunks(matches) for i in db.execute(still.where(ARTICLE.c.id.in_(part))).scalars()]
    before = _topics(db, ids)
    for part in chunks(ids):
        db.execute(delete(MATCH).where(MATCH.c.article.in_(part)))
        db.execute(update(ARTICLE).where(ARTICLE.c.id.in_(part)).values(rules=rules))
    insert_all(db, MATCH, [row for id_ in ids for row in match_rows(id_, matches[id_])])
    return tuple(id_ for id_ in ids if before.get(id_, set()) != {match.topic for match in matches[id_]})


def _topics(db: Db, ids: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for part in chunks(ids):
        for row in db.execute(select(MATCH.c.article, MATCH.c.topic).where(MATCH.c.article.in_(part))):
            found.setdefault(row.article, set()).add(row.topic)
    return found


# ---------------------------------------------------------------- feeds follow, all at once


def is_settled(db: Db, rules: int) -> bool:
    """Whether the feeds follow these rules already; before the first rules nothing stands in them."""
    held = get_meta(db, _SETTLED)
    return held == str(rules)


def settled(db: Db, rules: int) -> None:
    """Remember that the feeds follow these rules."""
    set_meta(db, _SETTLED, str(rules))


def unsettled(db: Db, live: Sequence[str]) -> tuple[int, ...]:
    """Stories whose place in some live topic is not what the matches of their reports say."""
    wanted = _pairs_of_matches(db, live)
    held = _pairs_of_entries(db, live)
    return tuple(sorted({story for story, _ in wanted ^ held}))


def _pairs_of_matches(db: Db, live: Sequence[str]) -> set[tuple[int, str]]:
    query = select(ARTICLE.c.story, MATCH.c.topic).join(ARTICLE, ARTICLE.c.id == MATCH.c.article)
    query = query.join(STORY, and_(STORY.c.id == ARTICLE.c.story, STORY.c.alias_of.is_(None)))
    query = query.where(ARTICLE.c.withdrawn.is_(None), MATCH.c.topic.in_(live)).distinct()
    return {(row.story, row.topic) for row in db.execute(query)}


def _pairs_of_entries(db: Db, live: Sequence[str]) -> set[tuple[int, str]]:
    query = select(ENTRY.c.story, ENTRY.c.topic).join(
        STORY, and_(STORY.c.id == ENTRY.c.story, STORY.c.alias_of.is_(None))
    )
    query = query.where(ENTRY.c.withdrawn.is_(None), ENTRY.c.topic.in_(live))
    return {(row.story, row.topic) for row in db.execute(query)}


# ---------------------------------------------------------------- the archive, as rules are tried on it


@dataclass(frozen=True, slots=True)
class Archived:
    """An article as rules see it, with the matches it has: topic → (score, why, packed). `text` is None when pruned."""

    id: int
    title: str
    text: str | None
    language: str
    source: str
    url: str | None
    story: int | None
    withdrawn: bool
    held: Mapping[str, tuple[float, str]]


def archived(db: Db, after: int, limit: int) -> list[Archived]:
    """A page of all articles with an id above `after`."""
    columns = (ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.language, ARTICLE.c.source, ARTICLE.c.url, ARTICLE.c.story)
    query = select(*columns, ARTICLE.c.withdrawn, BODY.c.blob).join(BODY, BODY.c.article == ARTICLE.c.id, isouter=True)
    rows = list(db.execute(query.where(ARTICLE.c.id > after).order_by(ARTICLE.c.id).limit(limit)))
    held: dict[int, dict[str, tuple[float, str]]] = {row.id: {} for row in rows}
    for part in chunks(held):
        for match in db.execute(select(MATCH).where(MATCH.c.article.in_(part))):
            held[match.article][match.topic] = (match.score, match.why)
    return [
        Archived(
            row.id, row.title, unpack_texts(row.blob).text if row.blob else None, row.language, row.source, row.url,
            row.story, row.withdrawn is not None, held[row.id],
        )
        for row in rows
    ]  # fmt: skip
