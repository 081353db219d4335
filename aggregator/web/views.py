"""What the pages show: stories, reports, topics and sources as plain data, chosen for one reader's language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aggregator import publish
from aggregator.model import Hit, Seconds, StoredArticle, StoredStory
from aggregator.web.public import Public

EXCERPT = 220
"""Characters of an excerpt in a list; the story's page shows more."""

_MOST_TERMS = 8
_LONGEST_TERM = 32
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report. `lang` is "" when the language is unknown; `same` are outlets with the same text: (name, link)."""

    id: int
    source: str
    title: str
    url: str | None
    lang: str
    published: Seconds
    excerpt: tuple[str, ...]
    revisions: int = 0
    same: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story in a list: the report that speaks the reader's language in front, one headline for each other one."""

    slug: str
    first: ReportView
    others: tuple[ReportView, ...]
    reports: int
    languages: tuple[str, ...]
    topics: tuple[tuple[str, str], ...]
    entered: Seconds
    number: int


@dataclass(frozen=True, slots=True)
class TopicReason:
    """A topic of a story with the words that brought it there: (form in the text, its term, points)."""

    id: str
    title: str
    points: float
    terms: tuple[tuple[str, str, float], ...]


def report(article: StoredArticle, public: Public, length: int = EXCERPT) -> ReportView:
    return ReportView(
        id=article.id,
        source=public.source_name(article.source),
        title=article.title or " ".join(publish.excerpt(article.text, 80)[:1]) or "…",
        url=web_link(article.url),
        lang="" if article.language == "und" else article.language,
        published=article.published,
        excerpt=publish.excerpt(article.text, length),
        revisions=article.revisions,
    )


def web_link(url: str | None) -> str | None:
    """An address that a browser may be led to: whatever happened before, never a script."""
    return url if url is not None and url.startswith(("http://", "https://")) else None


def preferred(story: StoredStory, language: str) -> StoredArticle:
    """The report to show first: the canonical one, or the first in the reader's language that is no copy."""
    speaking = [one for one in story.reports if one.language == language]
    if story.canonical.language == language or not speaking:
        return story.canonical
    return next((one for one in speaking if one.copy_of is None), speaking[0])


def story(found: StoredStory, public: Public, language: str) -> StoryView:
    """A story as it stands in lists."""
    first = preferred(found, language)
    by_language: dict[str, StoredArticle] = {}
    for one in found.reports:
        if one.language != first.language:
            by_language.setdefault(one.language, one)
    others = sorted(by_language.values(), key=lambda one: language_order(one.language, public.site.languages))
    languages = sorted(
        {r.language for r in found.reports}, key=lambda code: language_order(code, public.site.languages)
    )
    return StoryView(
        slug=found.slug,
        first=report(first, public),
        others=tuple(report(one, public, 0) for one in others),
        reports=len(found.reports),
        languages=tuple(languages),
        topics=topic_links(found, public, language),
        entered=found.entered,
        number=found.number,
    )


def stories(found: Iterable[StoredStory], public: Public, language: str) -> tuple[StoryView, ...]:
    return tuple(story(one, public, language) for one in found if one.reports)


def topic_links(found: StoredStory, public: Public, language: str) -> tuple[tuple[str, str], ...]:
    """(id, title) of the public topics, in the order of the site."""
    named = set(found.topics)
    return tuple((topic, public.title(topic, language)) for topic in public.topics if topic in named)


def language_order(code: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(code) if code in order else len(order), code)


# ---------------------------------------------------------------- one story


@dataclass(frozen=True, slots=True)
class LanguageView:
    """All reports in one language, copies gathered under the text they repeat."""

    lang: str
    reports: tuple[ReportView, ...]


def by_language(found: StoredStory, public: Public, language: str) -> tuple[LanguageView, ...]:
    """The reports side by side: the reader's language first, then the site's order."""
    groups: dict[str, list[StoredArticle]] = {}
    for one in found.reports:
        groups.setdefault(one.language, []).append(one)
    order = (language, *(code for code in public.site.languages if code != language))
    return tuple(
        LanguageView("" if code == "und" else code, _without_copies(groups[code], public))
        for code in sorted(groups, key=lambda code: language_order(code, order))
    )


def _without_copies(articles: Sequence[StoredArticle], public: Public) -> tuple[ReportView, ...]:
    """Reports in the order of their time; a copy whose original is among them is only named under it."""
    present = {one.id for one in articles}
    copies: dict[int, list[StoredArticle]] = {}
    for one in articles:
        if one.copy_of in present and one.copy_of is not None:
            copies.setdefault(one.copy_of, []).append(one)
    shown = sorted((one for one in articles if one.copy_of not in present), key=lambda one: (one.published, one.id))
    return tuple(_with_copies(one, copies.get(one.id, ()), public) for one in shown)


def _with_copies(article: StoredArticle, copies: Sequence[StoredArticle], public: Public) -> ReportView:
    view = report(article, public, 420)
    same = tuple((public.source_name(copy.source), web_link(copy.url)) for copy in copies)
    return ReportView(
        view.id, view.source, view.title, view.url, view.lang, view.published, view.excerpt, view.revisions, same
    )


def reasons(found: StoredStory, public: Public, language: str) -> tuple[TopicReason, ...]:
    """The public topics of a story and the words that decided, weightiest topic first."""
    points: dict[str, float] = {}
    hits: dict[str, list[Hit]] = {}
    for one in found.reports:
        for match in one.topics:
            if match.topic in public.topics:
                points[match.topic] = max(points.get(match.topic, 0.0), match.score)
                hits.setdefault(match.topic, []).extend(match.hits)
    ranked = sorted(points, key=lambda topic: (-points[topic], topic))
    return tuple(TopicReason(t, public.title(t, language), points[t], terms(hits[t])) for t in ranked)


def terms(hits: Iterable[Hit]) -> tuple[tuple[str, str, float], ...]:
    """Each form once, with its term and its points at best."""
    best: dict[str, Hit] = {}
    for hit in hits:
        held = best.get(hit.form.casefold())
        if hit.points > 0 and _is_short(hit.form) and (held is None or hit.points > held.points):
            best[hit.form.casefold()] = hit
    ranked = sorted(best.values(), key=lambda hit: (-hit.points, hit.form))
    return tuple((hit.form, hit.term, hit.points) for hit in ranked[:_MOST_TERMS])


def _is_short(form: str) -> bool:
    """Long ones are all that lies between two words of an expression: they say nothing at a glance."""
    return len(form) <= _LONGEST_TERM and len(form.split()) <= _MOST_WORDS


def figures(keys: Iterable[str], most: int = 5) -> tuple[float, ...]:
    """Numbers that agree ("4.45e+08"), small ones left out: they agree by chance."""
    found = []
    for key in keys:
        try:
            value = float(key)
        except ValueError:
            continue
        if value >= 10:
            found.append(int(value) if value == int(value) else value)
    return tuple(sorted(found, reverse=True)[:most])
