"""The story of an article, from its source to a subscriber: collect → place → publish.

    config → schedule → fetch → parse → normalise → (sketch, match topics) → store → place in a story → publish → serve

Only this module knows the order. Network, clock and configuration come from `Tools` (bootstrap.py)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aggregator import normalise, parse, publish, store, stories, topics
from aggregator.errors import CannotCompare, FetchError, ParseError
from aggregator.model import Batch, Claim, Document, Edge, Failure, Group, Job, Outcome, Polled, Prepared

if TYPE_CHECKING:
    from aggregator.bootstrap import Tools


async def collect(claim: Claim, tools: "Tools") -> Outcome:
    """Poll one feed; whatever comes of it is committed at once, fenced by the claim's lease."""
    try:
        document = await tools.fetch(claim)
        batch = None if claim.knows(document) else await read(document, claim, tools)
    except (FetchError, ParseError) as error:
        return await tools.write(keep, claim, Failure.of(error), None, tools)
    return await tools.write(keep, claim, document, batch, tools)


async def read(document: Document, claim: Claim, tools: "Tools") -> Batch:
    """Prepare a document's articles in another process; entries without text wait for their pages."""
    job = tools.job(document, claim)
    batch = await tools.prepare(job)
    if batch.wanted:
        batch = await tools.prepare(replace(job, pages=await tools.read_pages(batch.wanted, claim)))
    return batch


def prepare(job: Job, rules: topics.Rules) -> Batch:
    """Document → the articles that are new or changed, with their features and topics. Pure, runs in the pool."""
    read = partial(parse.read, job.document, job.feed, timezone=job.source.timezone)
    look = normalise.Window.from_bytes(job.window).look(read, delta=job.document.is_delta).first(job.most)
    reading, fresh, window = look.reading, look.fresh, look.window.to_bytes()
    batch = Batch(reading.facts, entries=look.entries, unseen=len(fresh), gap=look.gap, window=window,
                  route=reading.route, rules=job.rules, waiting=look.waiting)  # fmt: skip
    if job.feed.content == "page" and job.pages is None:
        return replace(batch, wanted=tuple(item.entry.link for item in fresh if item.entry.link))
    whole = [replace(item, entry=parse.with_page(item.entry, job.pages, job.source.timezone)) for item in fresh]
    found, learned = normalise.articles(whole, job, reading.facts)
    features = (stories.describe(a.title, a.text, a.language) for a in found)
    matches = (topics.match_article(rules, a, job.source.country) for a in found)
    prepared = tuple(Prepared(*parts) for parts in zip(found, features, matches, strict=True))
    return replace(batch, prepared=prepared, boilerplate=learned)


def keep(db: "store.Db", claim: Claim, answer: Document | Failure, batch: Batch | None, tools: "Tools") -> Outcome:
    """One transaction: articles, what was learned of the feed, validators or the failure, and the next due time."""
    now, counts = tools.now(), (0, 0)
    if batch is not None:
        counts = store.articles.ingest(db, claim, batch, now, batch.rules, normalise.material)
    store.feeds.finish(db, claim, now, tools.pace(claim, Polled.of(now, claim, answer, batch)), answer, batch)
    return Outcome.of(claim, answer, batch, *counts)


def place(db: "store.Db", tools: "Tools", limit: int = 1000, hidden: Collection[int] = ()) -> int:
    """Give waiting articles their stories, in the order of their time, and mark the feeds that change."""
    store.placing.begin(db)
    waiting = store.placing.unplaced(db, limit, hidden, tools.now(), tools.live.config.site.hold)
    known, before = store.reports.Reports(db, tools.live.trust, hidden), store.edges.at(db, waiting)
    judged = store.edges.judgeable(db, before) | store.candidates.meet(db, known.of(waiting), stories.reach)
    store.edges.replace(db, before, judged, evidence(judged, known))
    parts = store.edges.components(db, waiting, before, stories.bond())
    changed = store.placing.settle(db, [g for part in parts for g in groups(part, known)], tools.now(), waiting)
    store.placing.mark_placed(db, waiting)
    store.entries.refresh(db, changed, tools.now(), tools.live.topic_ids)
    return len(waiting)


def evidence(pairs: Iterable[tuple[int, int]], known: "store.reports.Reports") -> Iterator[Edge]:
    """The edges of the pairs that share enough. Errors: CannotCompare, by a fault of ours."""
    for one, other in known.pairs(pairs):
        try:
            yield from filter(None, [stories.compare(one, other)])
        except Exception as error:
            raise CannotCompare(one.id, other.id) from error


def groups(part: "store.edges.Component", known: "store.reports.Reports") -> list[tuple[Group, int]]:
    """The stories of a component, each with its canonical article."""
    reports = {report.id: report for report in known.of(part.ids)}
    found = stories.partition(tuple(reports.values()), part.edges, part.rulings)
    standing = [[reports[member] for member in part.standing(group.members)] for group in found]
    return [(g, stories.canonical(s, pinned=part.pin(g.members))) for g, s in zip(found, standing, strict=True)]


def publish_feed(db: "store.Db", name: str, tools: "Tools") -> bool:
    """Render a feed from what stands in it; True when its bytes changed."""
    standing = store.publications.standing(db, name, tools.live.tag, tools.now())
    feed = tools.live.publication(name, standing, tools.now())
    return store.publications.store(db, name, publish.render(feed), tools.now())
