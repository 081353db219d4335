"""From an identified entry to an article: everything normalising does, in order."""

from collections.abc import Sequence
from typing import Final

from aggregator.model import Article, Enclosure, Entry, FeedFacts, Seconds, Source
from aggregator.normalise.boilerplate import Boilerplate, without_title
from aggregator.normalise.clean import clean_html
from aggregator.normalise.identity import Identified
from aggregator.normalise.language import language_of
from aggregator.normalise.plain import plain, plain_title
from aggregator.text.html import to_text
from aggregator.text.urls import absolute, clean, key

EARLIEST: Final[Seconds] = 631_152_000
"""1990-01-01T00:00:00Z: before it there was no web, so an earlier date is a clock's default."""
AHEAD: Final[Seconds] = 48 * 3600
LONGEST_TEXT = 1_000_000
_LONGEST_TITLE = 500
_FIRST_WORDS = 120
_LONGEST_NAME = 200
_MOST_CATEGORIES = 64
_LARGEST_FILE = 2**53


def article(
    item: Identified,
    source: Source,
    boilerplate: Boilerplate,
    *,
    now: Seconds,
    languages: Sequence[str],
    facts: FeedFacts = FeedFacts(),  # noqa: B008 (frozen)
) -> Article:
    """The article that `item` of `source` is. Pure: the same arguments give the same article.

    `now` bounds the dates and stands in for an impossible one (`dated` is False then); `languages` are those the site
    is configured for, others become "und"; `facts` are those of the document (its language is a hint).
    """
    html = body(item.entry, source, facts)
    return made(
        item,
        source,
        html,
        boilerplate.cut(whole_text(title_of(item.entry), html)),
        now=now,
        languages=languages,
        facts=facts,
    )


def body(entry: Entry, source: Source, facts: FeedFacts) -> str:
    """The sanitised HTML of an entry: its richest body, else its summary."""
    return clean_html(entry.html if entry.html.strip() else entry.summary, _base(entry, source, facts))


def _base(entry: Entry, source: Source, facts: FeedFacts) -> str:
    return entry.base or entry.link or facts.link or source.url


def made(
    item: Identified, source: Source, html: str, text: str, *, now: Seconds, languages: Sequence[str], facts: FeedFacts
) -> Article:
    """The article whose `body` is `html` and whose text, its boilerplate cut, is `text`."""
    entry = item.entry
    title = title_of(entry)
    url = clean(entry.link) if entry.link else None
    published, updated, dated = _dates(entry, now)
    return Article(
        source=source.id,
        key=item.key,
        url=url,
        url_key=key(entry.link) if entry.link and url else None,
        title=title or _first_words(text),
        html=html,
        text=text,
        language=language_of(title, text, (source.language, entry.language, facts.language), languages),
        published=published,
        updated=updated,
        digest=item.digest,
        author=plain(entry.author, _LONGEST_NAME) or None,
        categories=_categories(entry.categories),
        enclosures=_enclosures(entry.enclosures, _base(entry, source, facts)) if entry.enclosures else (),
        dated=dated,
    )


def full_text(html: str) -> str:
    """The plain text of sanitised `html`, nothing cut."""
    return to_text(html)[:LONGEST_TEXT]


def title_of(entry: Entry) -> str:
    """The plain title of an entry; empty when it has none."""
    return _shortened(plain_title(entry.title, is_html=entry.title_is_html), _LONGEST_TITLE)


def whole_text(title: str, html: str) -> str:
    """`full_text` without the article's own title above it: what `Boilerplate` learns from and cuts."""
    text = full_text(html)
    return without_title(text, title) if "\n" in text else text


def _first_words(text: str) -> str:
    """A title for an entry that has none (channel posts): the start of its text."""
    return _shortened(text.partition("\n")[0], _FIRST_WORDS)


def _shortened(line: str, longest: int) -> str:
    if len(line) <= longest:
        return line
    head = line[:longest]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:–—-") + "…"


def _dates(entry: Entry, now: Seconds) -> tuple[Seconds, Seconds | None, bool]:
    """(published, updated, dated): only dates between 1990 and now + 48 h are believed."""
    published, updated = _believed(entry.published, now), _believed(entry.updated, now)
    first = published if published is not None else updated
    if first is None:
        return now, None, False
    return first, updated if updated is not None and updated > first else None, True


def _believed(date: Seconds | None, now: Seconds) -> Seconds | None:
    return date if date is not None and EARLIEST <= date <= now + AHEAD else None


def _categories(written: Sequence[str]) -> tuple[str, ...]:
    names = (plain(name, _LONGEST_NAME) for name in written[:_MOST_CATEGORIES])
    return tuple(dict.fromkeys(name for name in names if name))


def _enclosures(written: Sequence[Enclosure], base: str) -> tuple[Enclosure, ...]:
    """Each http(s) address once, with a media type that looks like one and a length that is none below zero."""
    kept: dict[str, Enclosure] = {}
    for media in written[:_MOST_CATEGORIES]:
        url = absolute(media.url, base)
        if url:
            kept.setdefault(url, Enclosure(url, _media_type(media.type), min(max(0, media.length), _LARGEST_FILE)))
    return tuple(kept.values())


def _media_type(written: str) -> str:
    kind = written.partition(";")[0].strip().lower()
    main, _, sub = kind.partition("/")
    return kind if main.isalpha() and sub.replace("-", "").replace("+", "").replace(".", "").isalnum() else ""
