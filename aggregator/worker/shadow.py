"""Shadow mode: a share of a round's documents is read by feedparser as well, and the two readings are compared.

So an operator can see on his own sources whether the fast path may be trusted. Comparing never changes what is stored.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aggregator.errors import ParseError
from aggregator.model import Batch, Job
from aggregator.parse import Comparison
from aggregator.worker.pool import Pool

MOST_SHOWN = 200
"""Differences that a report lists; all are counted."""


@dataclass(slots=True)
class Shadow:
    """The comparisons of a round: of `share` per cent of the documents that are read, evenly spread."""

    share: float
    done: list[tuple[str, Comparison]] = field(default_factory=list)
    _due: float = 0.0

    def beside(self, pool: Pool) -> Callable[[Job], Awaitable[Batch]]:
        """`pool.prepare`, with a comparison after it when it is a document's turn."""

        async def prepare(job: Job) -> Batch:
            wanted = job.pages is None and self._is_due()
            try:
                return await pool.prepare(job)
            finally:
                if wanted:
                    await self._compare(pool, job)

        return prepare

    def _is_due(self) -> bool:
        self._due += self.share
        if self._due < 100:
            return False
        self._due -= 100
        return True

    async def _compare(self, pool: Pool, job: Job) -> None:
        try:
            found = await pool.compare(job)
        except ParseError as error:
            found = Comparison(job.document.url, skipped=str(error))
        self.done.append((job.source.id, found))

    def as_json(self) -> dict[str, object]:
        """Keys as documented in docs/parsing.md."""
        both = [one for _, one in self.done if not (one.skipped or one.ours or one.feedparser)]
        compared: Counter[str] = Counter()
        for one in both:
            compared.update(one.compared)
        differing = Counter(difference.field for one in both for difference in one.differences)
        shown = [
            {
                "source": source,
                "url": one.url,
                "entry": d.entry,
                "field": d.field,
                "ours": d.ours,
                "feedparser": d.feedparser,
            }
            for source, one in self.done
            for d in one.differences
        ]
        return {
            "share": self.share, "documents": len(both), "entries": sum(one.entries for one in both),
            "only_ours": sum(one.only_ours for one in both),
            "only_feedparser": sum(one.only_feedparser for one in both),
            "fields": {name: {"compared": count, "different": differing[name]} for name, count in compared.items()},
            "differences": shown[:MOST_SHOWN],
            "unread": [
                {"source": source, "url": one.url, "ours": one.ours or None, "feedparser": one.feedparser or None}
                for source, one in self.done if one.ours or one.feedparser
            ],
            "skipped": dict(Counter(one.skipped for _, one in self.done if one.skipped)),
        }  # fmt: skip
