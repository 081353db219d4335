"""Our reading of a document beside feedparser's, field by field: what shadow mode shows an operator of his own sources.

feedparser runs in the guarded child, on the same bytes made UTF-8, and its values become entries by the same rules; so a
difference is one of reading, not of taste. Compared is what matters: addresses and dates to the letter, titles and bodies
as the text a reader sees.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aggregator.errors import ParseError
from aggregator.model import Document, Entry, Feed, Reading
from aggregator.text.html import escape, to_text

LONGEST = 200
"""Characters of a value that are shown."""
_BOTH = ("fast", "repaired")
_SKIPPED = {"tolerant": "feedparser itself read it"}
_OTHER_KIND = "feedparser reads no such documents"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that the two readers saw otherwise; `entry` is the title of the entry, empty for the feed's own facts."""

    field: str
    entry: str
    ours: str
    feedparser: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one document. `skipped` says why it was not compared; `ours`, `feedparser` why that one could not read
    it. `compared` counts values by field; `only_ours`, `only_feedparser` count entries without a counterpart.
    """

    url: str
    route: str = ""
    entries: int = 0
    skipped: str = ""
    ours: str = ""
    feedparser: str = ""
    only_ours: int = 0
    only_feedparser: int = 0
    compared: Mapping[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()


def _moment(seconds: int | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


FIELDS: Mapping[str, Callable[[Entry], str]] = {
    "id": lambda entry: entry.id or "",
    "link": lambda entry: entry.link or "",
    "title": lambda entry: to_text(entry.title if entry.title_is_html else escape(entry.title)).replace("\n", " "),
    "content": lambda entry: " ".join(to_text(entry.html or entry.summary).split()),
    "published": lambda entry: _moment(entry.published),
    "updated": lambda entry: _moment(entry.updated),
    "author": lambda entry: " ".join((entry.author or "").split()),
    "language": lambda entry: (entry.language or "").lower(),
    "categories": lambda entry: ", ".join(entry.categories),
    "enclosures": lambda entry: ", ".join(media.url for media in entry.enclosures),
}
"""What is compared of an entry, as the text that is compared."""


def compare(document: Document, feed: Feed, timezone: str) -> Comparison:
    """Read `document` both ways. Raises nothing: who cannot read it is told in the comparison."""
    from aggregator.parse.route import read_by_feedparser, read_document

    ours = _tried(lambda: read_document(document, feed, timezone, frozenset()))
    if isinstance(ours, Reading) and ours.route not in _BOTH:
        return Comparison(document.url, ours.route, len(ours.entries), skipped=_SKIPPED.get(ours.route, _OTHER_KIND))
    theirs = _tried(lambda: read_by_feedparser(document, timezone))
    if isinstance(ours, Reading) and isinstance(theirs, Reading):
        return _beside(document.url, ours, theirs)
    return Comparison(
        document.url,
        ours.route if isinstance(ours, Reading) else "",
        len(ours.entries) if isinstance(ours, Reading) else 0,
        ours="" if isinstance(ours, Reading) else ours,
        feedparser="" if isinstance(theirs, Reading) else theirs,
        only_feedparser=len(theirs.entries) if isinstance(theirs, Reading) else 0,
    )


def _tried(read: Callable[[], Reading]) -> Reading | str:
    """The reading, or why there is none."""
    try:
        return read()
    except ParseError as error:
        return str(error)


def _beside(url: str, ours: Reading, theirs: Reading) -> Comparison:
    pairs, only_ours, only_theirs = _paired(ours.entries, theirs.entries)
    facts = [
        Difference(f"feed {name}", "", getattr(ours.facts, name) or "", getattr(theirs.facts, name) or "")
        for name in ("title", "link")
    ]
    entries = [
        Difference(name, _short(one.title), said(one), said(other))
        for one, other in pairs
        for name, said in FIELDS.items()
    ]
    return Comparison(
        url,
        ours.route,
        len(ours.entries),
        only_ours=only_ours,
        only_feedparser=only_theirs,
        compared=Counter(one.field for one in (*facts, *entries)),
        differences=tuple(_shown(one) for one in (*facts, *entries) if one.ours != one.feedparser),
    )


def _paired(ours: tuple[Entry, ...], theirs: tuple[Entry, ...]) -> tuple[list[tuple[Entry, Entry]], int, int]:
    """Entries that stand at the same place; where there are more on one side, those of the same id, link or title."""
    if len(ours) == len(theirs):
        return list(zip(ours, theirs, strict=True)), 0, 0
    waiting: dict[str, list[Entry]] = {}
    for other in theirs:
        waiting.setdefault(_name(other), []).append(other)
    pairs = [(one, waiting[_name(one)].pop(0)) for one in ours if waiting.get(_name(one))]
    return pairs, len(ours) - len(pairs), len(theirs) - len(pairs)


def _name(entry: Entry) -> str:
    return entry.id or entry.link or entry.title


def _shown(one: Difference) -> Difference:
    """The values from a little before they part."""
    first = next(
        (at for at, pair in enumerate(zip(one.ours, one.feedparser, strict=False)) if pair[0] != pair[1]), None
    )
    start = max(0, (min(len(one.ours), len(one.feedparser)) if first is None else first) - 40)
    return Difference(one.field, one.entry, _short(one.ours, start), _short(one.feedparser, start))


def _short(text: str, start: int = 0) -> str:
    cut = text[start : start + LONGEST]
    return ("…" if start else "") + cut + ("…" if start + LONGEST < len(text) else "")
