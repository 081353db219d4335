"""Bringing stories under new rules: a page of articles at a time, by id, so that it can be broken off and go on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from aggregator.model import Features, Seconds
from aggregator.store.codec import pack_integers, unpack_integers, unpack_texts
from aggregator.store.engine import Db, chunks, get_meta, lock, set_meta
from aggregator.store.tables import ARTICLE, BODY, FACTS

_STATE = "stories rule"
_DONE = "done"


@dataclass(frozen=True, slots=True)
class Stale:
    """An article whose features and edges are of other rules; `features` as they are stored."""

    id: int
    title: str
    text: str
    language: str
    occurred: Seconds
    features: Features


def begin(db: Db, rule: int, after: int = 0) -> None:
    """All articles above an id are to be judged (again) under this rule version."""
    set_meta(db, _STATE, f"{rule} {after}")


def position(db: Db, rule: int) -> int | None:
    """The id up to which all is judged under this rule version; None when everything is."""
    known, _, after = (get_meta(db, _STATE) or "0 0").partition(" ")
    if known != str(rule):
        return 0
    return None if after == _DONE else int(after)


def page(db: Db, after: int, limit: int) -> list[Stale]:
    """The next articles that can still be judged: those whose text and facts were not pruned."""
    query = (
        select(
            ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.language, ARTICLE.c.occurred, BODY.c.blob,
            FACTS.c.sketch, FACTS.c.clues, FACTS.c.facts,
        )
        .join(BODY, BODY.c.article == ARTICLE.c.id)
        .join(FACTS, FACTS.c.article == ARTICLE.c.id)
        .where(ARTICLE.c.id > after)
        .order_by(ARTICLE.c.id)
        .limit(limit)
    )  # fmt: skip
    return [
        Stale(
            row.id, row.title, unpack_texts(row.blob).text, row.language, row.occurred,
            Features(unpack_integers(row.sketch), unpack_integers(row.clues), bytes(row.facts)),
        )
        for row in db.execute(query)
    ]  # fmt: skip


def keep(db: Db, rule: int, after: int, stale: Sequence[Stale], found: Mapping[int, Features]) -> None:
    """Store the features of a page that began `after` an id; its articles wait for their stories anew.

    Nothing happens when another process has gone on meanwhile. A page without articles ends the work. An article that
    was revised since the page was read keeps what its new text came to.
    """
    lock(db, "stories rule")
    if position(db, rule) != after:
        return
    set_meta(db, _STATE, f"{rule} {stale[-1].id if stale else _DONE}")
    current = _current(db, [one.id for one in stale])
    changed = [one for one in stale if current.get(one.id) == one.features.facts and found[one.id] != one.features]
    if changed:
        db.execute(_FACTS, [_packed(one.id, found[one.id]) for one in changed])
    for part in chunks(one.id for one in stale):
        db.execute(update(ARTICLE).where(ARTICLE.c.id.in_(part)).values(placed=False))


def _current(db: Db, ids: Iterable[int]) -> dict[int, bytes]:
    query = select(FACTS.c.article, FACTS.c.facts)
    return {
        r.article: bytes(r.facts) for part in chunks(ids) for r in db.execute(query.where(FACTS.c.article.in_(part)))
    }


def _packed(article: int, features: Features) -> dict[str, object]:
    packed = {"new_sketch": pack_integers(features.sketch), "new_clues": pack_integers(features.clues)}
    return {"stale": article, "new_facts": features.facts} | packed


_FACTS = (
    update(FACTS)
    .where(FACTS.c.article == bindparam("stale"))
    .values(sketch=bindparam("new_sketch"), clues=bindparam("new_clues"), facts=bindparam("new_facts"))
)
