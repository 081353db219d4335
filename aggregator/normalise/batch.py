"""The articles of one document together: their template is learned from all of them before any of it is cut."""

from collections.abc import Sequence

from aggregator.model import Article, FeedFacts, Job
from aggregator.normalise.article import body, made, title_of, whole_text
from aggregator.normalise.boilerplate import Boilerplate
from aggregator.normalise.identity import Identified


def articles(items: Sequence[Identified], job: Job, facts: FeedFacts) -> tuple[tuple[Article, ...], bytes]:
    """The articles that `items` of the job's document are, and what is known of its source's template then (packed)."""
    bodies = [body(item.entry, job.source, facts) for item in items]
    known = Boilerplate.from_bytes(job.boilerplate).keeping(job.kept)
    titles = [title_of(item.entry) for item in items]
    known, texts = known.learn_and_cut([whole_text(title, html) for title, html in zip(titles, bodies, strict=True)])
    found = tuple(
        made(item, job.source, html, text, now=job.now, languages=job.languages, facts=facts)
        for item, html, text in zip(items, bodies, texts, strict=True)
    )
    return found, known.to_bytes()
