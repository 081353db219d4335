"""Publication → JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import json
from collections.abc import Sequence
from typing import Any

from aggregator.model import Enclosure, Item, Publication
from aggregator.publish import addresses
from aggregator.publish.body import Content
from aggregator.publish.tags import feed_id
from aggregator.publish.times import rfc3339

Json = dict[str, Any]


def json_feed(publication: Publication, contents: Sequence[Content]) -> bytes:
    """The feed as JSON Feed 1.1. What it has no words for stands under "_aggregator": true source, reasons, reports."""
    feed: Json = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": publication.title,
        "home_page_url": addresses.page(publication),
        "feed_url": addresses.own(publication, "json"),
        "description": publication.subtitle or None,
        "language": publication.language,
        "authors": [{"name": publication.title, "url": addresses.page(publication)}],
        "hubs": [{"type": "WebSub", "url": publication.hub}] if publication.hub else None,
        "_aggregator": {"id": feed_id(publication.tag, publication.id)},
        "items": list(map(_item, publication.items, contents)),
    }
    return json.dumps(_present(feed), ensure_ascii=False, separators=(",", ":")).encode()


def _present(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def _item(item: Item, content: Content) -> Json:
    """Both `url` and `external_url` lead to the publisher: readers differ in which one they open."""
    return _present(
        {
            "id": item.id,
            "url": item.url or item.page,
            "external_url": item.url,
            "title": item.title,
            "content_html": content.html,
            "summary": " ".join(content.summary) or None,
            "image": next((file.url for file in item.enclosures if file.type.startswith("image/")), None),
            "date_published": rfc3339(item.published),
            "date_modified": rfc3339(item.updated),
            "authors": [{"name": item.author} if item.author else {"name": item.source_name, "url": item.source_url}],
            "tags": list(item.categories) or None,
            "language": item.language or None,
            "attachments": [_attachment(file) for file in item.enclosures] or None,
            "_aggregator": _extension(item),
        }
    )


def _attachment(file: Enclosure) -> Json:
    return _present({"url": file.url, "mime_type": file.type, "size_in_bytes": file.length or None})


def _extension(item: Item) -> Json:
    also = [
        _present({"source": o.source, "title": o.title, "url": o.url or None, "language": o.language or None})
        for o in item.also
    ]
    return {
        "source": {"name": item.source_name, "url": item.source_url},
        "page": item.page,
        "topics": list(item.topics),
        "also": also,
    }
