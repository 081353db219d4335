"""Articles: what a poll adds or changes, and the words an operator has on one of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from aggregator.model import Article, Batch, Claim, Match, Prepared, Seconds
from aggregator.store.codec import (
    Texts,
    pack_extras,
    pack_hits,
    pack_integers,
    pack_texts,
    unpack_texts,
)
from aggregator.store.engine import AnyRow, Db, chunks, insert_all, insert_missing, new_ids, upsert
from aggregator.store.tables import ARTICLE, BODY, FACTS, MATCH, REVISION, SIGHTING, SOURCE

Material = Callable[[str, str, str, str], bool]
"""(old title, old text, new title, new text) → did the content change in earnest?"""


def ingest(db: Db, claim: Claim, batch: Batch, now: Seconds, rules: int, material: Material) -> tuple[int, int]:
    """Store a batch: new articles, revisions of known ones, sightings of another source's; counts of the first two.

    Idempotent: storing a batch again adds nothing.
    """
    prepared = batch.prepared
    known = _by_key(db, claim.source, [item.article.key for item in prepared])
    known |= _by_link(db, claim.source, [item.article for item in prepared if item.article.key not in known])
    changed = [(known[p.article.key], p) for p in prepared if _differs(known.get(p.article.key), p.article)]
    unknown = [item for item in prepared if item.article.key not in known]
    elsewhere = _sightings(db, claim.source, unknown)
    insert_missing(db, SIGHTING, [_sighting(p.article, article, now) for p, article in elsewhere])
    seen_elsewhere = {item.article.key for item, _ in elsewhere}
    new = [item for item in unknown if item.article.key not in seen_elsewhere]
    ids = tuple(new_ids(db, ARTICLE, len(new)))
    _add(db, claim, list(zip(ids, new, strict=True)), now, rules)
    revised = sum(_revise(db, row, item, now, rules, material) for row, item in changed)
    if batch.boilerplate is not None and batch.boilerplate != claim.boilerplate:
        upsert(db, SOURCE, [{"id": claim.source, "boilerplate": batch.boilerplate}])
    return len(ids), revised


# ---------------------------------------------------------------- identity


_SOME: Any = bindparam("some", expanding=True)
_OF_SOURCE = select(ARTICLE).where(ARTICLE.c.source == bindparam("from"))
_OF_KEYS = _OF_SOURCE.where(ARTICLE.c.key.in_(_SOME))
_OF_LINKS = _OF_SOURCE.where(ARTICLE.c.url_key.in_(_SOME))
_HOLDERS = (
    select(ARTICLE.c.id, ARTICLE.c.source, ARTICLE.c.title, ARTICLE.c.url_key)
    .where(ARTICLE.c.url_key.in_(_SOME))
    .order_by(ARTICLE.c.id.desc())
)


def _by_key(db: Db, source: str, keys: Sequence[str]) -> dict[str, AnyRow]:
    found: dict[str, AnyRow] = {}
    for part in chunks(keys):
        found |= {row.key: row for row in db.execute(_OF_KEYS, {"from": source, "some": part}).all()}
    return found


def _by_link(db: Db, source: str, articles: Sequence[Article]) -> dict[str, AnyRow]:
    """Those known by their link alone (key "u:…") that this source brought under another key once.

    A guid serves no longer when several entries claimed it, or when the publisher stopped writing it.
    """
    wanted = {article.url_key: article.key for article in articles if article.key.startswith("u:") and article.url_key}
    found: dict[str, list[AnyRow]] = {}
    for part in chunks(wanted):
        for row in db.execute(_OF_LINKS, {"from": source, "some": part}).all():
            found.setdefault(wanted[row.url_key], []).append(row)
    return {key: rows[0] for key, rows in found.items() if len(rows) == 1}


def _differs(row: AnyRow | None, article: Article) -> bool:
    return row is not None and row.digest != article.digest


def _sightings(db: Db, source: str, items: Sequence[Prepared]) -> list[tuple[Prepared, int]]:
    """Items whose address another source brought already, or this one under another id and the same title.

    An address that several items of one document share tells nothing (live blogs, section pages).
    """
    times = Counter(item.article.url_key for item in items)
    unique = [item for item in items if item.article.url_key and times[item.article.url_key] == 1]
    holders: dict[str, AnyRow] = {}
    for part in chunks(item.article.url_key for item in unique):
        holders |= {row.url_key: row for row in db.execute(_HOLDERS, {"some": part}).all()}
    pairs = [(item, holders.get(item.article.url_key or "")) for item in unique]
    return [(item, row.id) for item, row in pairs if row is not None and _same_article(row, source, item.article)]


def _same_article(row: AnyRow, source: str, article: Article) -> bool:
    return bool(row.source != source or row.title == article.title)


def _sighting(article: Article, holder: int, now: Seconds) -> dict[str, Any]:
    return {"source": article.source, "key": article.key, "article": holder, "seen": now}


# ---------------------------------------------------------------- new ones


def _add(db: Db, claim: Claim, items: list[tuple[int, Prepared]], now: Seconds, rules: int) -> None:
    insert_all(db, ARTICLE, [_row(id_, item.article, claim, now, rules) for id_, item in items])
    insert_all(db, BODY, [_body(id_, item) for id_, item in items])
    _index(db, items)


def _row(id_: int, article: Article, claim: Claim, now: Seconds, rules: int) -> dict[str, Any]:
    return {
        "id": id_, "feed": claim.feed, "first_seen": now, "occurred": min(article.published, now),
        "revisions": 0, "rules": rules, "placed": False, "pinned": False,
    } | _content(article)  # fmt: skip


def _content(article: Article) -> dict[str, Any]:
    return {
        "source": article.source, "key": article.key, "url": article.url, "url_key": article.url_key,
        "title": article.title, "language": article.language, "published": article.published,
        "updated": article.updated, "digest": article.digest, "author": article.author,
        "extras": pack_extras(article.categories, article.enclosures),
    }  # fmt: skip


def _body(id_: int, item: Prepared) -> dict[str, Any]:
    return {"article": id_, "blob": pack_texts(_texts(item))}


def _texts(item: Prepared) -> Texts:
    return Texts(item.article.html, item.article.text)


def _index(db: Db, items: Sequence[tuple[int, Prepared]]) -> None:
    """What stories and topics look articles up by; placing enters them into the indexes of stories (candidates.py)."""
    insert_all(db, FACTS, [_facts(id_, item) for id_, item in items])
    insert_all(db, MATCH, [row for id_, item in items for row in match_rows(id_, item.matches)])


def _unindex(db: Db, article: int) -> None:
    """Forget what an article was found by. Its old postings age: who follows one compares what the article is now."""
    for table in (FACTS, MATCH):
        db.execute(delete(table).where(table.c.article == article))


def _facts(id_: int, item: Prepared) -> dict[str, Any]:
    features = item.features
    packed = {"sketch": pack_integers(features.sketch), "clues": pack_integers(features.clues)}
    return {"article": id_, "facts": features.facts} | packed


def match_rows(id_: int, matches: Sequence[Match]) -> Iterator[dict[str, Any]]:
    """Rows of article_topic."""
    for match in matches:
        yield {"article": id_, "topic": match.topic, "score": match.score, "why": pack_hits(match.hits)}


# ---------------------------------------------------------------- known ones


def _revise(db: Db, row: AnyRow, item: Prepared, now: Seconds, rules: int, material: Material) -> bool:
    """Store the new state and keep the old one; only a material change moves `updated` and is placed anew."""
    blob = db.execute(select(BODY.c.blob).where(BODY.c.article == row.id)).scalar()
    before = unpack_texts(blob) if blob else Texts("", "")
    article = item.article
    visible = (row.title, before.text) != (article.title, article.text)
    earnest = visible and material(row.title, before.text, article.title, article.text)
    content = _content(article) | {"published": row.published, "updated": row.updated}
    if visible:
        _keep_revision(db, row, blob, now)
        content["revisions"] = row.revisions + 1
    if earnest:
        content |= {"updated": _corrected(row, article, now), "placed": False, "rules": rules}
        _unindex(db, row.id)
        _index(db, [(row.id, item)])
    db.execute(update(ARTICLE).where(ARTICLE.c.id == row.id).values(content))
    upsert(db, BODY, [_body(row.id, item)])
    return visible


def _corrected(row: AnyRow, article: Article, now: Seconds) -> Seconds:
    """When a correction was made: as its source says, unless that was before the state it corrects."""
    said, before = min(article.updated or now, now), row.updated or row.published
    return said if said > before else now


def _keep_revision(db: Db, row: AnyRow, blob: bytes | None, now: Seconds) -> None:
    kept = {"article": row.id, "number": row.revisions + 1, "replaced": now, "title": row.title, "blob": blob}
    insert_missing(db, REVISION, [kept])
