"""The evidence between articles as a graph: edges at articles, edges replaced, and the parts that hold together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import ColumnElement, Select, bindparam, delete, or_, select

from aggregator.model import Edge, Ruling, Seconds
from aggregator.store.among import among
from aggregator.store.engine import AnyRow, Db, upsert
from aggregator.store.tables import ARTICLE, EDGE, FACTS, RULING

Pair = tuple[int, int]


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


# ---------------------------------------------------------------- the edges of a batch


def at(db: Db, ids: Iterable[int]) -> dict[Pair, Edge]:
    """All edges with an end among these articles."""
    wanted = list(ids)
    rows = [row for query in _AT for row in db.execute(query, {"ids": wanted}).all()]
    return {(row.a, row.b): Edge(row.a, row.b, row.kind, row.score, row.evidence) for row in rows}


def judgeable(db: Db, pairs: Iterable[Pair]) -> set[Pair]:
    """Those of the pairs that can still be judged: both articles have their facts.

    The indexes forget sooner (retention.py) than an operator's word or a correction may come.
    """
    wanted = set(pairs)
    ends = sorted({end for pair in wanted for end in pair})
    kept = set(db.execute(_FACTS, {"ids": ends}).scalars().all() if ends else ())
    return {(a, b) for a, b in wanted if a in kept and b in kept}


def replace(db: Db, before: Mapping[Pair, Edge], judged: Iterable[Pair], found: Iterable[Edge]) -> None:
    """Make `found` all that stands between the `judged` pairs; what stood `before` is written only where it changes."""
    after = {(edge.a, edge.b): edge for edge in found}
    gone = [pair for pair in judged if pair in before and pair not in after]
    if gone:
        db.execute(_DROP, [{"one": a, "other": b} for a, b in gone])
    changed = [edge for pair, edge in after.items() if before.get(pair) != edge]
    rows = [{"a": e.a, "b": e.b, "kind": e.kind, "score": e.score, "evidence": e.evidence} for e in changed]
    upsert(db, EDGE, sorted(rows, key=lambda row: (row["a"], row["b"])))


def add_ruling(db: Db, ruling: Ruling, reason: str, now: Seconds) -> None:
    """Write an operator's word on two articles; it replaces an earlier one."""
    a, b = sorted((ruling.a, ruling.b))
    upsert(db, RULING, [{"a": a, "b": b, "together": ruling.together, "reason": reason, "at": now}])


# ---------------------------------------------------------------- components


def components(
    db: Db, placed: Iterable[int], before: Mapping[Pair, Edge] = MappingProxyType({}), bond: float = -1.0
) -> tuple[Component, ...]:
    """The connected components around articles, and around those whose edges with them stood `before`; by smallest id.

    Only edges above `bond`, edges of copies and an operator's word connect: weaker ones join no two stories by
    themselves, though those within a component count there.
    """
    wanted = sorted({*placed, *(end for edge in before.values() if _holds(edge, bond) for end in (edge.a, edge.b))})
    homes = _walk(db, wanted, bond)
    members = defaultdict(list)
    for id_ in sorted(homes.parent):
        members[homes.find(id_)].append(id_)
    edges, rulings = _within(db, homes, EDGE), _within(db, homes, RULING)
    pinned, withdrawn = (frozenset(db.execute(query, {"ids": list(homes.parent)}).scalars().all()) for query in _MARKED)
    return tuple(
        Component(
            tuple(members[home]),
            tuple(Edge(row.a, row.b, row.kind, row.score) for row in edges[home]),
            tuple(Ruling(row.a, row.b, row.together) for row in rulings[home]),
            pinned.intersection(members[home]), withdrawn.intersection(members[home]),
        )
        for home in dict.fromkeys(homes.find(seed) for seed in wanted)
    )  # fmt: skip


def _holds(edge: Edge, bond: float) -> bool:
    return edge.kind == "copy" or edge.score > bond


class _Homes:
    """Disjoint sets of articles (Galler & Fischer 1964)."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.parent = {id_: id_ for id_ in ids}

    def find(self, id_: int) -> int:
        parent = self.parent
        while parent[id_] != id_:
            parent[id_] = id_ = parent[parent[id_]]
        return id_

    def join(self, a: int, b: int) -> None:
        one, other = sorted((self.find(a), self.find(b)))
        self.parent[other] = one


def _walk(db: Db, seeds: Sequence[int], bond: float) -> _Homes:
    """Breadth first from all seeds at once: a query a step, not one a component."""
    homes, frontier = _Homes(seeds), set(seeds)
    while frontier:
        steps = list(_steps(db, sorted(frontier), bond))
        frontier = {end for pair in steps for end in pair} - homes.parent.keys()
        homes.parent.update((id_, id_) for id_ in frontier)
        for a, b in steps:
            homes.join(a, b)
    return homes


def _steps(db: Db, ids: Iterable[int], bond: float) -> Iterator[Pair]:
    wanted = list(ids)
    for query in (*_STRONG, *_TOGETHER):
        for row in db.execute(query, {"ids": wanted, "bond": bond}).all():
            yield row.a, row.b


def _within(db: Db, homes: _Homes, table: object) -> Mapping[int, list[AnyRow]]:
    """Root of a component → the rows of a table of pairs that lie in it."""
    query = _INSIDE[table is RULING]
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in db.execute(query, {"ids": list(homes.parent)}).all():
        if row.b in homes.parent and homes.find(row.a) == homes.find(row.b):
            found[homes.find(row.a)].append(row)
    return found


# ---------------------------------------------------------------- statements, built once


def _strong(end: ColumnElement[int]) -> Select[Pair]:
    bond = or_(EDGE.c.kind == "copy", EDGE.c.score > bindparam("bond"))
    return select(EDGE.c.a, EDGE.c.b).where(among(end), bond)


_AT = tuple(select(EDGE).where(among(end)) for end in (EDGE.c.a, EDGE.c.b))
_FACTS = select(FACTS.c.article).where(among(FACTS.c.article))
_MARKED = tuple(
    select(ARTICLE.c.id).where(among(ARTICLE.c.id), mark)
    for mark in (ARTICLE.c.pinned, ARTICLE.c.withdrawn.is_not(None))
)
_DROP = delete(EDGE).where(EDGE.c.a == bindparam("one"), EDGE.c.b == bindparam("other"))
_STRONG = tuple(_strong(end) for end in (EDGE.c.a, EDGE.c.b))
_TOGETHER = tuple(
    select(RULING.c.a, RULING.c.b).where(among(end), RULING.c.together) for end in (RULING.c.a, RULING.c.b)
)
_INSIDE = (
    select(EDGE.c.a, EDGE.c.b, EDGE.c.kind, EDGE.c.score).where(among(EDGE.c.a)),
    select(RULING.c.a, RULING.c.b, RULING.c.together).where(among(RULING.c.a)),
)
