"""What is known of a source's template, and an operator's word on it: lines that are never to be cut."""

import json
from collections.abc import Callable, Sequence

from sqlalchemy import bindparam, select, update

from aggregator.errors import NotFound
from aggregator.model import Features
from aggregator.store.codec import Texts, pack_integers, pack_texts, unpack_texts
from aggregator.store.engine import Db, chunks, upsert
from aggregator.store.tables import ARTICLE, BODY, FACTS, SOURCE

Recut = Callable[[str, str, str], str]
"""(title, complete HTML, text as it is stored) → the text as it should be."""

Describe = Callable[[str, str, str], Features]
"""(title, text, language) → what stories compare."""


def lines(packed: str | None) -> tuple[str, ...]:
    """The lines of the column `kept`."""
    return tuple(json.loads(packed)) if packed else ()


def of(db: Db, source: str) -> tuple[bytes, tuple[str, ...]]:
    """What was learned of the source's template (packed), and the lines to be kept; empty when nothing is known yet."""
    row = db.execute(select(SOURCE.c.boilerplate, SOURCE.c.kept).where(SOURCE.c.id == source)).first()
    return (row.boilerplate or b"", lines(row.kept)) if row else (b"", ())


def keep(db: Db, source: str, line: str) -> None:
    """Never cut `line` from the source's texts."""
    _, kept = of(db, source)
    _write(db, source, dict.fromkeys((*kept, line)))


def cut(db: Db, source: str, line: str) -> None:
    """Undo `keep`. Errors: NotFound."""
    _, kept = of(db, source)
    if line not in kept:
        raise NotFound(f"{line!r} is none of the lines that are kept for {source}")
    _write(db, source, [one for one in kept if one != line])


def _write(db: Db, source: str, kept: Sequence[str] | dict[str, None]) -> None:
    upsert(db, SOURCE, [{"id": source, "kept": json.dumps(list(kept), ensure_ascii=False) if kept else None}])


def latest(db: Db, source: str, limit: int) -> list[Texts]:
    """The texts of the source's newest articles, the newest first."""
    query = select(BODY.c.blob).join(ARTICLE, ARTICLE.c.id == BODY.c.article).where(ARTICLE.c.source == source)
    return [unpack_texts(blob) for blob in db.execute(query.order_by(ARTICLE.c.id.desc()).limit(limit)).scalars()]


def recut(db: Db, source: str, limit: int, text: Recut, describe: Describe) -> int:
    """Cut the source's newest articles anew; returns how many change. Those become what they would be if they came now:
    what stories compare is made of the new text, and they wait to be matched with the topics and placed again.
    """
    columns = (ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.language, BODY.c.blob)
    query = select(*columns).join(BODY, BODY.c.article == ARTICLE.c.id).where(ARTICLE.c.source == source)
    bodies, facts = [], []
    for row in db.execute(query.order_by(ARTICLE.c.id.desc()).limit(limit)):
        texts = unpack_texts(row.blob)
        new = text(row.title, texts.html, texts.text)
        if new != texts.text:
            bodies.append({"article": row.id, "blob": pack_texts(Texts(texts.html, new))})
            facts.append({"id": row.id} | _packed(describe(row.title, new, row.language)))
    upsert(db, BODY, bodies)
    if facts:
        db.execute(update(FACTS).where(FACTS.c.article == bindparam("id")), facts)
    for part in chunks([row["article"] for row in bodies]):
        db.execute(update(ARTICLE).where(ARTICLE.c.id.in_(part)).values(rules=0, placed=False))
    return len(bodies)


def _packed(features: Features) -> dict[str, bytes]:
    return {
        "sketch": pack_integers(features.sketch),
        "clues": pack_integers(features.clues),
        "facts": features.facts,
    }
