"""feedparser's reading of what no strict parser reads, as a Reading: its values, our rules."""

from typing import Any

from aggregator.errors import ParseError
from aggregator.model import Entry, FeedFacts, Reading
from aggregator.parse import guard
from aggregator.parse.draft import Context, Draft, is_absolute, looks_like_html, web_address
from aggregator.parse.facts import plain
from aggregator.parse.values import cleaned
from aggregator.text.html import escape

_HTML = ("text/html", "application/xhtml+xml")
_RELATIONS = {"hub": "hub", "self": "self_url", "next": "next", "prev-archive": "next"}


def read_tolerantly(data: bytes, context: Context) -> Reading:
    """What feedparser makes of `data` (UTF-8); ParseError when that is no feed, or nothing at all.

    Of a document beyond its cap it gets the first items, which are the newest nearly everywhere.
    """
    answer = cleaned(guard.ask("feed", _capped(data), url=context.url))
    if not answer["version"] or not (answer["entries"] or answer["feed"].get("title")):
        raise ParseError("no feed was found in it")
    atom = answer["version"].startswith("atom")
    facts = _facts(answer["feed"], context)
    context = context.speaking(facts.language).by((answer["feed"]["author"] or None) if atom else None)
    return Reading(facts, tuple(_entry(entry, context, atom) for entry in answer["entries"]), "tolerant")


def _capped(data: bytes) -> bytes:
    if len(data) <= guard.MOST_BYTES:
        return data
    head = data[: guard.MOST_BYTES]
    end = max(head.rfind(b"</item>"), head.rfind(b"</entry>"))
    if end < 0:
        raise ParseError("at more than 2 MB it is too large for the tolerant reader")
    return head[: end + 8]


def _facts(feed: dict[str, Any], context: Context) -> FeedFacts:
    related: dict[str, Any] = {}
    for link in feed["links"]:
        key, address = _RELATIONS.get(link.get("rel", "")), web_address(link.get("href", ""), context.url)
        if key and address:
            related.setdefault(key, address)
    return FeedFacts(
        title=plain(feed["title"]),
        link=web_address(feed["link"], context.url),
        language=feed["language"] or None,
        ttl=_number(feed["ttl"]),
        update_period=feed["sy_updateperiod"] or None,
        update_frequency=_number(feed["sy_updatefrequency"]),
        **related,
    )


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _entry(entry: dict[str, Any], context: Context, atom: bool) -> Entry:
    draft = Draft(context.url)
    draft.id = entry["id"].strip() or None
    draft.language = entry["language"] or None
    _link(draft, entry, context)
    title = entry["title"]
    draft.title(0, title["value"], html=_is_html(title, atom))
    _bodies(draft, entry, atom)
    _times(draft, entry, atom)
    _media(draft, entry)
    for name in entry["authors"] if len(entry["authors"]) > 1 else [entry["author"]]:
        draft.author(0, name)
    for name in entry["categories"]:
        draft.category(name)
    return draft.finish(context)


def _link(draft: Draft, entry: dict[str, Any], context: Context) -> None:
    """feedparser offers a guid as link when there is no other: only one that is an address may be; and the base for none."""
    link = entry["link"]
    if is_absolute(link) if link == entry["id"] else link != context.url:
        draft.link(0, link)


def _bodies(draft: Draft, entry: dict[str, Any], atom: bool) -> None:
    for rank, detail in [*((0, content) for content in entry["contents"]), (2 if atom else 1, entry["summary"])]:
        text = detail["value"]
        draft.body(rank, text if _is_html(detail, atom) else escape(text))


def _is_html(detail: dict[str, str], atom: bool) -> bool:
    """Outside Atom always; there also what claims to be text but holds tags or references (see atomtext.construct)."""
    return not atom or detail["type"] in _HTML or looks_like_html(detail["value"])


def _times(draft: Draft, entry: dict[str, Any], atom: bool) -> None:
    """feedparser calls dc:date an update; in RSS it is when an item appeared."""
    draft.date(draft.published, 0, entry["published"])
    draft.date(draft.published, 1, entry["created"])
    updated = entry["updated"]
    if atom or entry["published"] or entry["created"]:
        draft.date(draft.updated, 0, updated)
    if not atom:
        draft.date(draft.published, 2, updated)


def _media(draft: Draft, entry: dict[str, Any]) -> None:
    for link in entry["links"]:
        if link.get("rel") == "enclosure":
            draft.media(link.get("href", ""), link.get("type"), link.get("length"))
    for media in entry["media"]:
        draft.media(media.get("url", ""), media.get("type"), media.get("filesize"))
    for media in entry["thumbnails"]:
        draft.preview(media.get("url", ""))
    draft.preview(entry["image"])
