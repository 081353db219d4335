"""Articles as the stories stage sees them: each read once, its text only when somebody asks for it."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import bindparam, select

from aggregator.model import Features, Report
from aggregator.store.among import among
from aggregator.store.codec import unpack_integers, unpack_texts
from aggregator.store.engine import AnyRow, Db
from aggregator.store.tables import ARTICLE, BODY, FACTS

_REPORT = (
    select(
        ARTICLE.c.id, ARTICLE.c.source, ARTICLE.c.language, ARTICLE.c.title, ARTICLE.c.occurred,
        FACTS.c.sketch, FACTS.c.clues, FACTS.c.facts,
    )
    .join(FACTS, FACTS.c.article == ARTICLE.c.id, isouter=True)
    .where(among(ARTICLE.c.id))
)  # fmt: skip
_TEXT = select(BODY.c.blob).where(BODY.c.article == bindparam("id"))


class Reports:
    """What one transaction reads of articles. `hidden` ones do not exist for it.

    One whose features were pruned resembles nothing.
    """

    def __init__(self, db: Db, trust: Mapping[str, int], hidden: Collection[int] = ()) -> None:
        self._db = db
        self._trust = trust
        self._hidden = frozenset(hidden)
        self._held: dict[int, Report] = {}

    def of(self, ids: Iterable[int]) -> list[Report]:
        """The reports of these ids, as far as there are any, in this order."""
        wanted, held = list(ids), self._held
        missing = {id_ for id_ in wanted if id_ not in held and id_ not in self._hidden}
        for row in self._db.execute(_REPORT, {"ids": sorted(missing)}).all() if missing else ():
            held[row.id] = _Lazy(row, self._trust.get(row.source, 50), self._db)
        return [held[id_] for id_ in wanted if id_ in held]

    def pairs(self, pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[Report, Report]]:
        """The reports of each pair, without the pairs that lack one; in the order of time, as what is near is remembered."""
        wanted = set(pairs)
        self.of({id_ for pair in wanted for id_ in pair})
        held = ((self._held[a], self._held[b]) for a, b in wanted if a in self._held and b in self._held)
        return iter(sorted(held, key=lambda both: (min(both[0].when, both[1].when), both[0].id, both[1].id)))


def whole(db: Db, ids: Iterable[int], trust: Mapping[str, int]) -> dict[int, Report]:
    """Reports that outlive the transaction, by id."""
    return {
        r.id: Report(r.id, r.source, r.language, r.title, r.text, r.when, r.features, r.trust)
        for r in Reports(db, trust).of(ids)
    }


class _Lazy(Report):
    """A report that reads its text when it is first asked for: most pairs are judged without."""

    __slots__ = ("_db", "_text")
    _db: Db
    _text: str | None

    def __init__(self, row: AnyRow, trust: int, db: Db) -> None:
        features = Features()
        if row.facts is not None:
            features = Features(unpack_integers(row.sketch), unpack_integers(row.clues), bytes(row.facts))
        put = object.__setattr__  # frozen, as every report is
        for name, value in zip(_FIELDS, (row.id, row.source, row.language, row.title, row.occurred), strict=True):
            put(self, name, value)
        put(self, "features", features)
        put(self, "trust", trust)
        put(self, "_db", db)
        put(self, "_text", None)

    def __repr__(self) -> str:
        """Without the text: a log may be written when the transaction is over."""
        return f"Report({self.id}, {self.source!r}, {self.title!r})"

    @property
    def text(self) -> str:
        if self._text is None:
            blob = self._db.execute(_TEXT, {"id": self.id}).scalar()
            object.__setattr__(self, "_text", unpack_texts(blob).text if blob else "")
        return self._text or ""


_FIELDS = ("id", "source", "language", "title", "when")
