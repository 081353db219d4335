"""The articles of one document together: their template is learned from all of them before any of it is cut."""

from collections.abc import Sequence
from dataclasses import replace

from aggregator.model import Article, FeedFacts, Seconds, Source
from aggregator.normalise.article import article, full_text
from aggregator.normalise.boilerplate import Boilerplate
from aggregator.normalise.identity import Identified


def articles(
    items: Sequence[Identified],
    source: Source,
    boilerplate: bytes,
    *,
    now: Seconds,
    languages: Sequence[str],
    facts: FeedFacts,
) -> tuple[tuple[Article, ...], bytes]:
    """The articles that `items` are, and what is known of the source's template afterwards (packed)."""
    known = Boilerplate.from_bytes(boilerplate)
    drafts = [article(item, source, known, now=now, languages=languages, facts=facts) for item in items]
    texts = [full_text(draft.html) for draft in drafts]
    known = known.learn(texts)
    found = tuple(replace(draft, text=known.cut(text)) for draft, text in zip(drafts, texts, strict=True))
    return found, known.to_bytes()
