"""The stories of a component: average linkage over its edges, under the operator's rulings.

Single linkage joins two events by one doubtful pair between them; the average over all pairs of two clusters, a missing
edge counting as 0, cannot (Sokal & Michener 1958). Copies are one node, so that a much-copied text has one voice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations

from aggregator.model import Edge, Group, Report, Ruling
from aggregator.stories.choice import canonical
from aggregator.stories.pairs import never_together
from aggregator.stories.scoring import trained

Pair = tuple[int, int]
COPY_JOIN = 0.5


def partition(reports: Sequence[Report], edges: Sequence[Edge], rulings: Sequence[Ruling] = ()) -> tuple[Group, ...]:
    """The stories of one connected component, by their smallest id; each report is in exactly one.

    Edges and rulings on articles that are not among the reports are ignored. A ruling beats any edge and any series; of
    contradicting rulings (a–b, b–c together, a–c apart) must-link wins, as the operator sees its effect at once.
    """
    known = {report.id: report for report in reports}
    if len(known) == 1:
        return (Group(tuple(known)),)
    together = _pairs(((r.a, r.b) for r in rulings if r.together), known)
    apart = (_pairs(((r.a, r.b) for r in rulings if not r.together), known) | _series(reports)) - together
    copies = {_pair(e.a, e.b): e.score for e in edges if e.kind == "copy" and e.a in known and e.b in known}
    scores = {_pair(e.a, e.b): _voice(e) for e in edges if e.a in known and e.b in known}
    texts = link([(i,) for i in sorted(known)], copies, frozenset(), apart, COPY_JOIN)
    stories = link(texts, scores, together, apart, trained().join)
    return tuple(_group(story, texts, known) for story in stories)


def bond() -> float:
    """What an edge must score above to hold two stories together: the average over edges below it is below it too."""
    return trained().join


def _voice(edge: Edge) -> float:
    return 1.0 if edge.kind == "copy" else edge.score


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _pairs(pairs: Iterable[Pair], known: Mapping[int, Report]) -> frozenset[Pair]:
    return frozenset(_pair(a, b) for a, b in pairs if a in known and b in known and a != b)


def _series(reports: Sequence[Report]) -> frozenset[Pair]:
    """Pairs of one outlet that are issues of a series."""
    shelves: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        shelves[report.source].append(report)
    pairs = (pair for shelf in shelves.values() for pair in combinations(shelf, 2))
    return frozenset(_pair(a.id, b.id) for a, b in pairs if never_together(a, b))


def _group(story: tuple[int, ...], texts: Iterable[tuple[int, ...]], known: Mapping[int, Report]) -> Group:
    copy_of: dict[int, int] = {}
    for text in texts:
        if len(text) > 1 and text[0] in story:
            first = canonical([known[i] for i in text])
            copy_of.update((i, first) for i in text if i != first)
    return Group(story, copy_of)


def link(
    nodes: Sequence[tuple[int, ...]],
    scores: Mapping[Pair, float],
    together: Iterable[Pair],
    apart: Iterable[Pair],
    threshold: float,
) -> list[tuple[int, ...]]:
    """Average linkage of nodes (disjoint id tuples) while the best average is above the threshold.

    The score of two nodes is the mean of the edges between them. Ties go to the smallest ids. Returns sorted tuples.
    """
    home = {i: n for n, node in enumerate(nodes) for i in node}
    bonds = _Bonds(len(nodes), _between(scores, home), {_pair(home[a], home[b]) for a, b in apart})
    for a, b in sorted(together):
        bonds.merge(home[a], home[b])
    bonds.link(threshold)
    members: dict[int, list[int]] = defaultdict(list)
    for i, node in home.items():
        members[bonds.find(node)].append(i)
    return sorted(tuple(sorted(ids)) for ids in members.values())


def _between(scores: Mapping[Pair, float], home: Mapping[int, int]) -> dict[Pair, float]:
    edges: dict[Pair, list[float]] = defaultdict(list)
    for (a, b), score in scores.items():
        if home[a] != home[b]:
            edges[_pair(home[a], home[b])].append(score)
    return {pair: sum(sorted(found)) / len(found) for pair, found in edges.items()}


class _Bonds:
    """The clusters while they grow: sums of scores between them, sizes, and who may not join whom."""

    def __init__(self, count: int, scores: Mapping[Pair, float], apart: Iterable[Pair]) -> None:
        self.parent = list(range(count))
        self.size = [1] * count
        self.sums: list[dict[int, float]] = [{} for _ in range(count)]
        self.banned: list[set[int]] = [set() for _ in range(count)]
        for (a, b), score in scores.items():
            self.sums[a][b] = self.sums[b][a] = score
        for a, b in apart:
            self.banned[a].add(b)
            self.banned[b].add(a)

    def find(self, node: int) -> int:
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def average(self, a: int, b: int) -> float:
        return self.sums[a].get(b, 0.0) / (self.size[a] * self.size[b])

    def merge(self, a: int, b: int) -> int:
        """Joins the clusters of two nodes into the one with the smaller number, and returns it."""
        a, b = _pair(self.find(a), self.find(b))
        if a == b:
            return a
        self.parent[b] = a
        self.size[a] += self.size[b]
        for other, total in self.sums[b].items():
            self.sums[other].pop(b)
            if other != a:
                self.sums[a][other] = self.sums[other][a] = self.sums[a].get(other, 0.0) + total
        for other in self.banned[b]:
            self.banned[other].discard(b)
            if other != a:
                self.banned[other].add(a)
                self.banned[a].add(other)
        return a

    def link(self, threshold: float) -> None:
        queue = [(-self.average(a, b), a, b) for a, row in enumerate(self.sums) for b in row if a < b]
        heapify(queue)
        while queue:
            value, a, b = heappop(queue)
            if -value <= threshold:
                return
            stale = self.parent[a] != a or self.parent[b] != b or self.average(a, b) != -value
            if stale or b in self.banned[a]:
                continue
            joined = self.merge(a, b)
            for other in self.sums[joined]:
                first, second = _pair(joined, other)
                heappush(queue, (-self.average(first, second), first, second))
