"""The articles of one document together: their template is learned from all of them before any of it is cut."""

from collections.abc import Sequence
from dataclasses import replace

from aggregator.model import Article, FeedFacts, Job
from aggregator.normalise.article import article, full_text
from aggregator.normalise.boilerplate import Boilerplate
from aggregator.normalise.identity import Identified


def articles(items: Sequence[Identified], job: Job, facts: FeedFacts) -> tuple[tuple[Article, ...], bytes]:
    """The articles that `items` of the job's document are, and what is known of its source's template then (packed)."""
    known = Boilerplate.from_bytes(job.boilerplate)
    drafts = [article(item, job.source, known, now=job.now, languages=job.languages, facts=facts) for item in items]
    texts = [full_text(draft.html) for draft in drafts]
    known = known.learn(texts)
    found = tuple(replace(draft, text=known.cut(text)) for draft, text in zip(drafts, texts, strict=True))
    return found, known.to_bytes()
