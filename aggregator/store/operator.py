"""An operator's words on articles and stories; each marks what must be placed or rendered again."""

from collections.abc import Sequence

from sqlalchemy import select, update

from aggregator.errors import NotFound
from aggregator.model import Ruling, Seconds
from aggregator.store.edges import add_ruling
from aggregator.store.engine import Db
from aggregator.store.tables import ARTICLE, RULING, STORY


def withdraw(db: Db, article: int, reason: str, now: Seconds) -> None:
    """Take an article out of all feeds (Atom shows a tombstone when its story has no other report). Errors: NotFound."""
    _mark(db, article, withdrawn=now, reason=reason, placed=False)


def restore(db: Db, article: int, reason: str) -> None:
    """Undo `withdraw` and `pin`. Errors: NotFound."""
    _mark(db, article, withdrawn=None, reason=reason, pinned=False, placed=False)


def pin(db: Db, article: int, reason: str) -> None:
    """Make an article its story's canonical report; another one's pin in the story ends. Errors: NotFound."""
    story = db.execute(select(ARTICLE.c.story).where(ARTICLE.c.id == article)).scalar()
    if story is not None:
        db.execute(update(ARTICLE).where(ARTICLE.c.story == story).values(pinned=False))
    _mark(db, article, pinned=True, reason=reason, placed=False)


def _mark(db: Db, article: int, **values: object) -> None:
    if db.execute(update(ARTICLE).where(ARTICLE.c.id == article).values(values)).rowcount != 1:
        raise NotFound(f"there is no article {article}; `aggregator articles --query WORD` finds ids")


def rule(db: Db, articles: Sequence[int], reason: str, now: Seconds, *, together: bool) -> None:
    """Say of the first article and each of the others that they are, or are not, one story. Errors: NotFound."""
    first, *others = articles
    known = set(db.execute(select(ARTICLE.c.id).where(ARTICLE.c.id.in_(articles))).scalars())
    for missing in sorted(set(articles) - known):
        raise NotFound(f"there is no article {missing}")
    for other in others:
        add_ruling(db, Ruling(first, other, together), reason, now)
    db.execute(update(ARTICLE).where(ARTICLE.c.id.in_(articles)).values(placed=False))


def ruling(db: Db, a: int, b: int) -> tuple[bool, str, Seconds] | None:
    """What was said of two articles: together or not, why, when."""
    pair = (RULING.c.a == min(a, b), RULING.c.b == max(a, b))
    row = db.execute(select(RULING.c.together, RULING.c.reason, RULING.c.at).where(*pair)).first()
    return None if row is None else (row.together, row.reason, row.at)


def members(db: Db, story: int | str) -> tuple[int, ...]:
    """Articles of a story named by number or public id, canonical first. Errors: NotFound."""
    named = STORY.c.id == int(story) if str(story).isdigit() else STORY.c.slug == str(story)
    row = db.execute(select(STORY.c.id, STORY.c.canonical, STORY.c.alias_of).where(named)).first()
    if row is None:
        raise NotFound(f"there is no story {story}")
    wanted = row.alias_of if row.alias_of is not None else row.id
    ids = db.execute(select(ARTICLE.c.id).where(ARTICLE.c.story == wanted).order_by(ARTICLE.c.occurred)).scalars()
    return tuple(sorted(ids, key=lambda article: article != row.canonical))
