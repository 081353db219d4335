"""Story → Item: which report stands for it, how much of it we quote, who else has it, and why it is here."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aggregator.errors import NotFound
from aggregator.model import Also, Item, Site, Source, StoredArticle, StoredStory
from aggregator.publish import clean
from aggregator.publish.excerpts import excerpt, paragraphs
from aggregator.publish.words import MERGED, MERGED_TEXT, localised, say
from aggregator.text.html import escape

_MOST_TERMS = 8
_LONGEST_TERM = 60
_OPERATORS = frozenset("~@&|*=:")


def item(
    story: StoredStory,
    *,
    sources: Mapping[str, Source],
    site: Site,
    topic_titles: Mapping[str, Mapping[str, str]],
    tag: str,
    language: str | None = None,
) -> Item:
    """A story as an entry: its canonical report, or its first one in `language` when it has one.

    `sources` and `topic_titles` are keyed by id. Only topics with a title here are named, so leave private ones out of
    what anybody may read. `tag` is the beginning of our tag: URIs. A story that became an alias of another is an entry
    that leads there. NotFound when every report was withdrawn.
    """
    page = f"{site.base_url.rstrip('/')}/stories/{story.slug}"
    standing = [report for report in story.reports if report.withdrawn is None]
    if not standing:
        return _alias(story, page, site, tag)
    shown = next((report for report in standing if language and report.language == language), standing[0])
    html, full = _content(shown, sources)
    topics = sorted({match.topic for report in standing for match in report.topics} & set(topic_titles))
    name, home = _publisher(shown, sources, site)
    return clean.item(
        Item(
            id=tag + story.slug,
            title=shown.title or _beginning(shown),
            url=shown.url,
            html=html,
            language=shown.language,
            published=shown.published,
            updated=max(story.updated, shown.published),
            entered=story.entered,
            source_name=name,
            source_url=home,
            page=page,
            author=shown.author,
            categories=(*(localised(topic_titles[topic], site.languages) for topic in topics), *_why(standing, topics)),
            topics=tuple(topics),
            enclosures=shown.enclosures,
            also=_also(standing, shown, sources),
            full=full,
        )
    )


def _alias(story: StoredStory, page: str, site: Site, tag: str) -> Item:
    if story.alias_of is None:
        raise NotFound(f"story {story.slug} has no report left")
    language = site.languages[0] if site.languages else "en"
    survivor = f"{site.base_url.rstrip('/')}/stories/{story.alias_of}"
    html = f'<p>{say(MERGED_TEXT, language)}: <a href="{escape(survivor)}">{escape(survivor)}</a></p>'
    return clean.item(
        Item(
            id=tag + story.slug, title=say(MERGED, language), url=survivor, html=html, language=language,
            published=story.entered, updated=max(story.updated, story.entered), entered=story.entered,
            source_name=site.title, source_url=f"{site.base_url.rstrip('/')}/", page=page,
        )
    )  # fmt: skip


def _content(report: StoredArticle, sources: Mapping[str, Source]) -> tuple[str, bool]:
    """The HTML to publish, and whether it is the whole article. Without a word from the operator it is an excerpt.

    An excerpt is made of the text, from which the site's boilerplate is gone; the html may still hold it.
    """
    source = sources.get(report.source)
    if source is not None and source.publish == "full":
        return report.html or paragraphs(tuple(report.text.split("\n"))), True
    return paragraphs(excerpt(report.text)), False


def _beginning(report: StoredArticle) -> str:
    """Something like a title for a report without one (messages of a channel have none)."""
    return " ".join(excerpt(report.text, 80)[:1])


def _publisher(report: StoredArticle, sources: Mapping[str, Source], site: Site) -> tuple[str, str]:
    """Name and home page of the true source. Never the address that we poll: it may hold the operator's secret."""
    source = sources.get(report.source)
    if source is not None:
        return source.name, source.url
    parts = urlsplit(clean.link(report.url) or "")
    return (
        report.source,
        f"{parts.scheme}://{parts.netloc}/" if parts.netloc else f"{site.base_url.rstrip('/')}/sources",
    )


def _why(reports: Iterable[StoredArticle], topics: Iterable[str]) -> list[str]:
    """The terms that brought the story into its topics, the weightiest first."""
    named = set(topics)
    points: dict[str, float] = {}
    for report in reports:
        for match in report.topics:
            for hit in match.hits if match.topic in named else ():
                if not _OPERATORS & set(hit.term) and len(hit.term) <= _LONGEST_TERM:
                    points[hit.term] = max(points.get(hit.term, 0), hit.points)
    best = sorted((term for term in points if points[term] > 0), key=lambda term: (-points[term], term))
    return best[:_MOST_TERMS]


def _also(reports: Iterable[StoredArticle], shown: StoredArticle, sources: Mapping[str, Source]) -> tuple[Also, ...]:
    """The other outlets that have the story, one line each, in the order in which they had it.

    An outlet with several reports is represented by one that can be followed, then by one in the language shown.
    """
    by_outlet: dict[str, StoredArticle] = {}
    for report in sorted(reports, key=lambda r: (r.published, r.id)):
        held = by_outlet.get(report.source)
        if report.source != shown.source and (held is None or _better(report, held, shown.language)):
            by_outlet[report.source] = report
    return tuple(
        Also(sources[r.source].name if r.source in sources else r.source, r.title, r.url or "", r.language)
        for r in by_outlet.values()
    )


def _better(new: StoredArticle, held: StoredArticle, language: str) -> bool:
    return (new.url is not None, new.language == language) > (held.url is not None, held.language == language)
