"""The story of an article, from its source to a subscriber: collect → place → publish.

    config → schedule → fetch → parse → normalise → (sketch, match topics) → store → place in a story → publish → serve

Only this module knows the order of the stages. What needs the network, the clock or the operator's configuration
comes from `Tools` (bootstrap.py).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator import normalise, parse, publish, schedule, store, stories, topics
from aggregator.errors import FetchError, ParseError
from aggregator.model import Batch, Claim, Document, Edge, Failure, Group, Job, Outcome, Polled, Prepared, Report

if TYPE_CHECKING:
    from aggregator.bootstrap import Tools
    from aggregator.store.placing import Component, Db


async def collect(claim: Claim, tools: "Tools") -> Outcome:
    """Poll one feed; whatever comes of it is committed at once, fenced by the claim's lease."""
    try:
        document = await tools.fetch(claim)
        batch = None if claim.knows(document) else await read(document, claim, tools)
    except (FetchError, ParseError) as error:
        failure = Failure.of(error)
        return await tools.write(lambda db: keep_failure(db, claim, failure, tools))
    return await tools.write(lambda db: keep(db, claim, document, batch, tools))


async def read(document: Document, claim: Claim, tools: "Tools") -> Batch:
    """Prepare a document's articles in another process; entries without text wait for their pages."""
    job = tools.job(document, claim)
    batch = await tools.prepare(job)
    if batch.wanted:
        batch = await tools.prepare(replace(job, pages=await tools.read_pages(batch.wanted, claim)))
    return batch


def prepare(job: Job, rules: topics.Rules) -> Batch:
    """Document → the articles that are new or changed, with their features and topics. Pure, runs in the pool."""
    reading = parse.read(job.document, job.feed, timezone=job.source.timezone)
    items = normalise.identify(reading.entries)
    before, window = normalise.Window.from_bytes(job.window), normalise.Window.of(items)
    fresh, gap = before.fresh(items), bool(job.window and items) and not before.overlaps(items)
    batch = Batch(reading.facts, (), len(items), len(fresh), gap, window.to_bytes(), route=reading.route)
    if job.feed.content == "page" and job.pages is None:
        return replace(batch, wanted=tuple(item.entry.link for item in fresh if item.entry.link))
    whole = [replace(item, entry=parse.with_page(item.entry, job.pages or {})) for item in fresh]
    found, boilerplate = normalise.articles(
        whole, job.source, job.boilerplate, now=job.now, languages=job.languages, facts=reading.facts
    )
    describe, match = stories.describe, topics.match
    prepared = [
        Prepared(a, describe(a.title, a.text, a.language), match(rules, title=a.title, text=a.text,
                 language=a.language, source=a.source, country=job.source.country)) for a in found
    ]  # fmt: skip
    return replace(batch, prepared=tuple(prepared), boilerplate=boilerplate)


def keep(db: "Db", claim: Claim, document: Document, batch: Batch | None, tools: "Tools") -> Outcome:
    """One transaction: articles, what was learned of the source, validators and the next due time."""
    now = tools.now()
    changes = store.feeds.succeeded(claim, document, now)
    polled = Polled(now, floor=document.fresh_for or 0, validators=document.validators.any)
    outcome = Outcome(claim.source, claim.configured_url, "not_modified" if document.not_modified else "unchanged")
    if batch is not None:
        stored = store.articles.ingest(db, claim, batch, now, tools.rules_id, normalise.material)
        changes |= store.feeds.read(batch, document, now)
        polled = replace(polled, new=batch.unseen, entries=batch.entries, gap=batch.gap, facts=batch.facts)
        counts = {"entries": batch.entries, "new": len(stored.new), "updated": len(stored.revised), "gap": batch.gap}
        outcome = replace(outcome, state="ok", **counts)
    store.feeds.finish(db, claim, now, tools.pace(claim, polled), changes)
    return outcome


def keep_failure(db: "Db", claim: Claim, failure: Failure, tools: "Tools") -> Outcome:
    """One transaction: why nothing came, and when to try again. Articles and validators stay as they are."""
    now = tools.now()
    polled = Polled(now, failure=failure.kind, status=failure.status, retry_after=failure.retry_after)
    store.feeds.finish(db, claim, now, tools.pace(claim, polled), store.feeds.failed(failure, now))
    return Outcome(claim.source, claim.configured_url, "failed", failure=failure)


def place(db: "Db", tools: "Tools", limit: int = 200) -> int:
    """Give waiting articles their stories, in the order of their time, and mark the feeds that change."""
    store.placing.begin(db)
    waiting = store.placing.unplaced(db, limit)
    touched = store.placing.neighbours(db, waiting) | set(waiting)
    for report in store.placing.reports(db, waiting, tools.trust).values():
        store.placing.replace_edges(db, report.id, evidence(db, report, tools))
    components = store.placing.components(db, touched)
    changed = store.placing.settle(db, [pair for one in components for pair in groups(db, one, tools)], tools.now())
    store.placing.mark_placed(db, waiting)
    store.entries.refresh(db, changed, tools.now(), tools.topic_ids)
    return len(waiting)


def evidence(db: "Db", report: Report, tools: "Tools") -> list[Edge]:
    """The edges of one report to those that share text or clues with it."""
    found = store.placing.candidates(db, report, stories.needed_shared(len(report.text.split())), stories)
    others = store.placing.reports(db, found, tools.trust).values()
    edges = (stories.compare(*sorted((report, other), key=lambda one: one.id)) for other in others)
    return [edge for edge in edges if edge is not None]


def groups(db: "Db", component: "Component", tools: "Tools") -> list[tuple[Group, int]]:
    """The stories of a component, each with its canonical article."""
    reports = store.placing.reports(db, component.ids, tools.trust)
    parted = stories.partition(tuple(reports.values()), component.edges, component.rulings)
    return [(group, canonical(group, component, reports)) for group in parted]


def publish_feed(db: "Db", name: str, tools: "Tools") -> bool:
    """Render one feed from what stands in it; True when its bytes changed."""
    now = tools.now()
    items = tuple(publish.item(story, **tools.site_facts()) for story in store.publications.current(db, name, now))
    return store.publications.store(db, name, publish.render(tools.publication(name, items)), now)
