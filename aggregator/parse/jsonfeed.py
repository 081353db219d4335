"""JSON Feed 1.0 and 1.1 (jsonfeed.org): the same drafts as everyone's, filled from JSON of any shape."""

import json
from collections.abc import Mapping
from typing import Any

from aggregator.errors import ParseError
from aggregator.model import Entry, FeedFacts, Reading
from aggregator.parse.draft import Context, Draft, paragraphs, web_address
from aggregator.parse.facts import plain
from aggregator.parse.limits import check_entries, check_json
from aggregator.parse.values import clean, scalar

_VERSION = "jsonfeed.org/version/"


def read_jsonfeed(data: bytes, context: Context) -> Reading:
    """The feed in `data` (UTF-8); ParseError when it is broken JSON or JSON of another kind."""
    check_json(data)
    try:
        feed = json.loads(data)
    except RecursionError:
        raise ParseError("the document is refused as hostile: JSON nested too deeply") from None
    except ValueError as error:
        raise ParseError(f"broken JSON: {error}") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("this JSON is no JSON Feed: it has no list of items")
    if _VERSION not in clean(feed.get("version")):
        raise ParseError("this JSON is no JSON Feed: its version does not name https://jsonfeed.org/version/")
    facts = _facts(feed, context)
    context = context.speaking(facts.language).by(", ".join(_authors(feed)) or None)
    return Reading(
        facts, tuple(_entry(item, context) for item in check_entries(feed["items"]) if isinstance(item, dict)), "json"
    )


def _facts(feed: Mapping[str, Any], context: Context) -> FeedFacts:
    hubs = [hub for hub in _list(feed.get("hubs")) if isinstance(hub, dict)]
    hub = next((hub for hub in hubs if clean(hub.get("type")).lower() == "websub"), hubs[0] if hubs else {})
    return FeedFacts(
        title=plain(clean(feed.get("title"))),
        link=web_address(clean(feed.get("home_page_url")), context.url),
        language=clean(feed.get("language")).strip() or None,
        hub=web_address(clean(hub.get("url")), context.url),
        self_url=web_address(clean(feed.get("feed_url")), context.url),
        next=web_address(clean(feed.get("next_url")), context.url),
    )


def _entry(item: Mapping[str, Any], context: Context) -> Entry:
    """`url` is the item's own page; `external_url`, what it writes about, only stands in for it."""
    draft = Draft(context.url)
    draft.id = scalar(item.get("id")).strip() or None
    draft.language = clean(item.get("language")).strip() or None
    draft.link(0, clean(item.get("url")))
    draft.link(1, clean(item.get("external_url")))
    draft.title(0, clean(item.get("title")), html=False)
    draft.body(0, clean(item.get("content_html")) or paragraphs(clean(item.get("content_text"))))
    draft.body(2, paragraphs(clean(item.get("summary"))))
    draft.date(draft.published, 0, clean(item.get("date_published")))
    draft.date(draft.updated, 0, clean(item.get("date_modified")))
    for name in _authors(item):
        draft.author(0, name)
    for tag in _list(item.get("tags")):
        draft.category(clean(tag))
    _media(draft, item)
    return draft.finish(context)


def _media(draft: Draft, item: Mapping[str, Any]) -> None:
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict):
            get = attachment.get
            draft.media(clean(get("url")), clean(get("mime_type")), scalar(get("size_in_bytes")))
    draft.preview(clean(item.get("image")) or clean(item.get("banner_image")))


def _authors(holder: Mapping[str, Any]) -> list[str]:
    """1.1 has a list of authors, 1.0 had one author."""
    found = [*_list(holder.get("authors")), holder.get("author")]
    names = [clean(author.get("name")) for author in found if isinstance(author, dict)]
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
